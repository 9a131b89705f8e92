package api

import (
	"context"
	"net/http"
)

func (a *API) showShop(ctx context.Context, c call) (answer, error) {
	s, err := a.shops.Shop(ctx, c.shop)
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusOK, viewShop(s)}, nil
}
