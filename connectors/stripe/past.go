package stripe

import (
	"context"
	"slices"
	"time"

	stripego "github.com/stripe/stripe-go/v76"

	"grapevine/connectors"
	"grapevine/rewards"
)

// firstSpan is how much of the past is listed at first; the next spans are as long as they are full.
const firstSpan = 30 * 24 * time.Hour

// opened is before Stripe was: no sale is older.
var opened = time.Date(2010, 1, 1, 0, 0, 0, 0, time.UTC)

// History reads a page of the sales since a moment (the zero time: of all), oldest first: sessions that were
// paid, and paid invoices. cursor is "" for the first page, then what the page before said in Next; since must
// stay the same.
//
// A sale is told as Order tells it, but for EarlierOrders, which is nil: whoever reads all sales can count. The
// account is called patiently: rate limits are waited for.
//
// Every error is a *connectors.CallError. Kind Invalid, code bad_cursor.
func (s *Stripe) History(ctx context.Context, shop connectors.Shop, since time.Time, cursor string) (connectors.HistoryPage, error) {
	c, err := s.caller(shop)
	if err != nil {
		return connectors.HistoryPage{}, err
	}
	now := s.opts.Now().Unix()
	from := max(since.Unix(), opened.Unix())
	w := span{from: from, to: max(from, min(from+int64(firstSpan/time.Second), now)), end: max(from, now)}
	if cursor != "" {
		if w, err = parseSpan(cursor); err != nil {
			return connectors.HistoryPage{}, err
		}
	}
	var page connectors.HistoryPage
	found, whole, err := c.past(ctx, w)
	if err != nil {
		return page, err
	}
	if !whole {
		page.Next = w.halved().String()
		return page, nil
	}
	for _, p := range found {
		if err := s.pastSale(ctx, shop, p.id, &page); err != nil {
			return page, err
		}
	}
	if next, more := w.next(len(found) < perPage/4); more {
		page.Next = next.String()
	}
	return page, nil
}

// pastSale adds one sale to a page.
func (s *Stripe) pastSale(ctx context.Context, shop connectors.Shop, id string, page *connectors.HistoryPage) error {
	var o rewards.Order
	err := patiently(ctx, func() error {
		c, err := s.caller(shop)
		if err != nil {
			return err
		}
		found, err := c.sale(ctx, id)
		if err == nil {
			o, err = found.reckoned()
		}
		return callOf(err)
	})
	switch {
	case err == nil && o.Payment != rewards.PaymentPending && o.Payment != rewards.PaymentVoided:
		page.Orders = append(page.Orders, o)
	case err == nil, isMissing(err), rewards.CodeOf(err) == connectors.NotAnOrder, rewards.CodeOf(err) == invoicePending:
	case rewards.KindOf(err) == rewards.Invalid:
		if page.Skipped == nil {
			page.Skipped = map[string]string{}
		}
		page.Skipped[id] = rewards.CodeOf(err)
	default:
		return within("order "+id, err)
	}
	return nil
}

// pastID is a sale's id with the moment by which sales are put in order.
type pastID struct {
	id string
	at int64
}

// past lists the sales of a span, oldest first, each once. whole is false where there are too many for one
// look.
func (c *caller) past(ctx context.Context, w span) (all []pastID, whole bool, err error) {
	var sessions page[sessionBody]
	err = patiently(ctx, func() error {
		return c.list(ctx, "listing sessions", "", &sessions, func(p stripego.ListParams) error {
			return c.api.CheckoutSessions.List(&stripego.CheckoutSessionListParams{ListParams: p, CreatedRange: w.within(), Status: stripego.String("complete")}).Err()
		})
	})
	if err != nil {
		return nil, false, err
	}
	var invoices page[invoiceBody]
	err = patiently(ctx, func() error {
		return c.list(ctx, "listing invoices", "", &invoices, func(p stripego.ListParams) error {
			return c.api.Invoices.List(&stripego.InvoiceListParams{ListParams: p, CreatedRange: w.within(), Status: stripego.String("paid")}).Err()
		})
	})
	if err != nil {
		return nil, false, err
	}
	if sessions.More || invoices.More {
		if !w.whole() {
			return nil, false, nil
		}
		return nil, false, call(rewards.Errorf(rewards.Invalid, "too_many_sales", "more than %d sales in one second", perPage))
	}
	for i := range sessions.Data {
		b := &sessions.Data[i]
		if b.Mode != "setup" && !b.trial() && b.Invoice.ID == "" { // those with an invoice come as that
			all = append(all, pastID{b.ID, b.Created})
		}
	}
	for _, b := range invoices.Data {
		if !b.trial() {
			all = append(all, pastID{b.ID, b.Created})
		}
	}
	slices.SortStableFunc(all, func(a, b pastID) int { return int(a.at - b.at) })
	return all, true, nil
}
