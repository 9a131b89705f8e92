package woocommerce

import (
	"context"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"grapevine/connectors"
	"grapevine/rewards"
)

// History reads a page of the orders placed since a moment (the zero time: of all), oldest first. cursor is ""
// for the first page, then what the page before said in Next; since must stay the same. Drafts and the trash
// are left out.
//
// An order is told as Order tells it, but for EarlierOrders, which is nil: whoever reads all orders can count.
// The shop is called patiently: where it wants to be left alone it is waited for.
//
// Every error is a *connectors.CallError. Kind Invalid, code bad_cursor.
func (w *WooCommerce) History(ctx context.Context, shop connectors.Shop, since time.Time, cursor string) (connectors.HistoryPage, error) {
	at := place{status: "any", after: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), page: 1}
	if !since.IsZero() {
		at.after = since.UTC().Truncate(time.Second).Add(-time.Second)
	}
	if cursor != "" {
		var err error
		if at, err = parsePlace(cursor); err != nil {
			return connectors.HistoryPage{}, call(err)
		}
	}
	var some []jsontext.Value
	err := patiently(ctx, func() (err error) {
		some, _, err = w.orders(ctx, shop, at, "date")
		return err
	})
	var page connectors.HistoryPage
	if err != nil {
		return page, err
	}
	last := time.Time{}
	for _, raw := range some {
		var b orderBody
		if err := parse(raw, &b); err != nil {
			return connectors.HistoryPage{}, connectors.Unreadable(false, "%w", err)
		}
		if t := timeOf(b.Created); t.After(last) {
			last = t
		}
		if slices.Contains(drafts, b.Status) {
			continue
		}
		if err := w.pastOrder(ctx, shop, &b, &page); err != nil {
			return connectors.HistoryPage{}, err
		}
	}
	if len(some) == orderPage {
		page.Next = at.next(last).String()
	}
	return page, nil
}

// pastOrder adds one order to a page, with its refunds if it has any.
func (w *WooCommerce) pastOrder(ctx context.Context, shop connectors.Shop, b *orderBody, page *connectors.HistoryPage) error {
	var refunds []refundBody
	same := true
	err := patiently(ctx, func() (err error) {
		refunds, same, err = w.refunds(ctx, shop, b)
		return err
	})
	var o rewards.Order
	switch {
	case err != nil:
	case same:
		o, err = b.whole(refunds)
	default: // refunded since the page was read: it is read by itself
		err = patiently(ctx, func() (err error) {
			o, err = w.Order(ctx, shop, b.ID.id())
			return err
		})
		if err == nil && o.Customer != nil {
			o.Customer.EarlierOrders = nil
		}
	}
	switch rewards.KindOf(err) {
	case "":
		page.Orders = append(page.Orders, o)
		return nil
	case rewards.NotFound: // deleted since
		return nil
	case rewards.Invalid:
		if page.Skipped == nil {
			page.Skipped = map[string]string{}
		}
		page.Skipped[b.ID.id()] = rewards.CodeOf(err)
		return nil
	}
	return err
}

// mostWaits bounds how often one call waits for the shop.
const mostWaits = 60

// patiently makes a call again for as long as nothing but the shop's wish to be left alone is in its way.
func patiently(ctx context.Context, do func() error) (err error) {
	for range mostWaits {
		if err = do(); err == nil || !connectors.AsCallError(err).Throttled {
			return err
		}
		timer := time.NewTimer(max(connectors.AsCallError(err).After, 100*time.Millisecond))
		select {
		case <-ctx.Done():
			timer.Stop()
			return err
		case <-timer.C:
		}
	}
	return err
}
