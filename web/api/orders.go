package api

import (
	"context"
	"net/http"
)

func (a *API) showOrder(ctx context.Context, c call) (answer, error) {
	o, err := a.orders.Order(ctx, c.shop, c.id)
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusOK, viewOrder(o)}, nil
}
