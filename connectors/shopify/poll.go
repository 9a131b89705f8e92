package shopify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"grapevine/connectors"
	"grapevine/rewards"
)

// topicOrder is what an order that was asked for is stored under: no topic of Shopify's, its body is a node
// of orders_since.graphql.
const topicOrder = "grapevine/order"

// Rhythm tells how often a shop is asked. Shopify tries a webhook nine times in four hours and then forgets
// it, so an hour is soon enough, and two days find what a long trouble left out. The overlap covers the time
// that the search for orders may be behind.
// Source: shopify.dev, "Best practices for webhooks": run reconciliation jobs.
func (*Shopify) Rhythm() connectors.Rhythm {
	return connectors.Rhythm{Every: time.Hour, Overlap: 10 * time.Minute, Back: 48 * time.Hour}
}

// Changes lists the orders that changed since a moment, the oldest change first, ten a page. An order that
// changes while the listing is read comes again at its end, and none is passed over: a page goes on behind
// the last one's update time, wherever others have moved.
//
// Every error is a *connectors.CallError. Invalid, bad_cursor; Denied, history_hidden as History tells it.
func (s *Shopify) Changes(ctx context.Context, shop connectors.Shop, since time.Time, cursor string) (connectors.ChangesPage, error) {
	at, err := s.placeOf(ctx, shop, since, cursor)
	if err != nil {
		return connectors.ChangesPage{}, err
	}
	vars := at.query("updated_at", "UPDATED_AT")
	var data struct {
		Orders struct {
			Nodes []jsontext.Value `json:"nodes"`
			Page  pageInfo         `json:"pageInfo"`
		} `json:"orders"`
	}
	var page connectors.ChangesPage
	if page.Pace, err = s.ask(ctx, shop, "orders_since", vars, &data); err != nil {
		return page, err
	}
	var last time.Time
	for _, raw := range data.Orders.Nodes {
		d, changed, err := change(raw)
		if err != nil {
			return page, err
		}
		page.Deliveries, last = append(page.Deliveries, d), changed
	}
	if data.Orders.Page.More && len(data.Orders.Nodes) > 0 {
		page.Next = at.next(data.Orders.Page.End, last).String()
	}
	return page, nil
}

// change makes a delivery of one order. Two changes of one second have one update time, so what the order
// says is a part of its id.
func change(raw jsontext.Value) (connectors.Delivery, time.Time, error) {
	var n struct {
		ID        string    `json:"id"`
		UpdatedAt time.Time `json:"updatedAt"`
	}
	if err := json.Unmarshal(raw, &n); err != nil {
		return connectors.Delivery{}, time.Time{}, connectors.Unreadable(false, "%w", err)
	}
	if numberOf(n.ID) == "" || n.UpdatedAt.IsZero() {
		return connectors.Delivery{}, time.Time{}, connectors.Unreadable(false, "the order %.40q has no id or update time", n.ID)
	}
	sum := sha256.Sum256(raw)
	return connectors.Delivery{
		Platform: Name, Topic: topicOrder, TriggeredAt: n.UpdatedAt.UTC(), Body: raw,
		DeliveryID: topicOrder + "/" + numberOf(n.ID) + "/" + n.UpdatedAt.UTC().Format(time.RFC3339Nano) + "/" + hex.EncodeToString(sum[:8]),
	}, n.UpdatedAt, nil
}

// decodeAsked reads an order that was asked for, as History reads it. What the listing could not hold whole
// (further lines, refunds, a line that may be a tip) is asked for once more, by itself: it may carry a code.
func decodeAsked(body []byte) (rewards.Event, error) {
	var n orderNode
	if err := parse(body, &n); err != nil {
		return nil, err
	}
	id := numberOf(n.ID)
	if err := ofType(n.ID, "Order"); err != nil {
		return nil, err
	}
	if id == "" || n.UpdatedAt.IsZero() {
		return nil, rewards.Errorf(rewards.Invalid, "missing_field", "id %.40q or updatedAt", n.ID)
	}
	if !n.fits() {
		return rewards.OrderTouched{OrderID: id, At: n.UpdatedAt.UTC(), Ask: true}, nil
	}
	o, err := n.order()
	if err != nil {
		return nil, err
	}
	return rewards.OrderSeen{Order: o}, nil
}
