package api

import (
	"context"
	"net/http"

	"grapevine/web/words"
	"grapevine/webhooks"
)

func (a *API) showEvent(ctx context.Context, c call) (answer, error) {
	e, err := a.events.Event(ctx, c.shop, c.id)
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusOK, viewEvent(e)}, nil
}

func (a *API) listEvents(ctx context.Context, c call) (answer, error) {
	p, err := c.query.page()
	if err != nil {
		return answer{}, err
	}
	f := webhooks.EventFilter{ShopID: c.shop}
	if f.OrderID, err = c.query.match("order", platformID); err != nil {
		return answer{}, err
	}
	f.Status, err = oneOf(c.query, "status", words.Events())
	if err != nil {
		return answer{}, err
	}
	found, next, err := a.events.Events(ctx, f, p)
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusOK, viewList(found, next, viewEvent)}, nil
}

// replayEvent answers 202: the event is pending again, and worked on soon.
func (a *API) replayEvent(ctx context.Context, c call) (answer, error) {
	if len(c.body) > 0 {
		var none struct{}
		if err := decode(c.body, &none); err != nil {
			return answer{}, err
		}
	}
	e, err := a.events.Replay(ctx, c.shop, c.id)
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusAccepted, viewEvent(e)}, nil
}
