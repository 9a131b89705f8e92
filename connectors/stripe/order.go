package stripe

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	stripego "github.com/stripe/stripe-go/v76"

	"grapevine/connectors"
	"grapevine/rewards"
)

const (
	linePages    = 20 // of 100 lines of one sale
	earlierPages = 3  // of 100 sales of one buyer: more than any programme counts to
	renewalPages = 5  // of 100 invoices of one subscription
	intentPages  = 1
)

// Order reads a sale as it is now, by the id of its session, its invoice or its payment; what comes back is
// under the invoice's id where the sale has one, else under the session's. Kind NotFound: Stripe knows no such
// thing. Code connectors.NotAnOrder: it is no sale. Kind Invalid otherwise: it cannot be reckoned with, the
// code says why, and a person must look.
func (s *Stripe) Order(ctx context.Context, shop connectors.Shop, id string) (rewards.Order, error) {
	c, err := s.caller(shop)
	if err != nil {
		return rewards.Order{}, err
	}
	found, err := c.sale(ctx, id)
	if err != nil {
		return rewards.Order{}, callOf(err)
	}
	o, err := found.reckoned()
	if err != nil {
		return rewards.Order{}, call(fmt.Errorf("order %s: %w", id, err))
	}
	if o.Customer != nil {
		if o.Customer.EarlierOrders, err = c.earlier(ctx, found, *o.Customer); err != nil {
			return rewards.Order{}, err
		}
	}
	return o, nil
}

// reckoned is the order of a sale that was read, which must have amounts where the rules would count on them.
func (s sale) reckoned() (rewards.Order, error) {
	o, err := s.order()
	if err == nil && unsettled(o.Currency) {
		err = rewards.Errorf(rewards.Invalid, nobodyKnows, noteCurrency, o.Currency)
	}
	return o, err
}

// idForm is what ids look like; they become part of an address. How long they are is no part of it, nor of the other
// forms: a repetition that is counted is kept in memory as so many copies.
var idForm = regexp.MustCompile(`^[a-z]{2}_[A-Za-z0-9_]+$`)

// noOrder says of something that exists that it is no sale.
func noOrder(format string, args ...any) error {
	return call(rewards.Errorf(rewards.Invalid, connectors.NotAnOrder, format, args...))
}

// sale reads all that belongs to a sale.
func (c *caller) sale(ctx context.Context, id string) (sale, error) {
	if len(id) > maxID || !idForm.MatchString(id) {
		return sale{}, noOrder("%.40q is no id of Stripe's", id)
	}
	switch kind, _, _ := strings.Cut(id, "_"); kind {
	case "cs":
		b, err := c.session(ctx, id)
		if err != nil {
			return sale{}, err
		}
		return c.ofSession(ctx, b)
	case "in":
		b, err := c.invoice(ctx, id)
		if err != nil {
			return sale{}, err
		}
		return c.ofInvoice(ctx, b, nil)
	case "pi":
		return c.ofIntent(ctx, id)
	}
	return sale{}, noOrder("%.40q is the id of no session, invoice or payment", id)
}

// session reads a checkout session with all its lines.
func (c *caller) session(ctx context.Context, id string) (*sessionBody, error) {
	var b sessionBody
	err := c.get(ctx, "reading session", &b, func(p stripego.Params) error {
		q := &stripego.CheckoutSessionParams{Params: p}
		q.AddExpand("line_items")
		q.AddExpand("payment_intent")
		q.AddExpand("total_details.breakdown")
		_, err := c.api.CheckoutSessions.Get(id, q)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &b, c.moreItems(ctx, &b)
}

// moreItems reads the lines that a session came without.
func (c *caller) moreItems(ctx context.Context, b *sessionBody) error {
	for n := 0; b.Items != nil && b.Items.More && len(b.Items.Data) > 0; n++ {
		if n >= linePages {
			return call(rewards.Errorf(rewards.Invalid, "too_many_lines", "%s has more than %d lines", b.ID, len(b.Items.Data)))
		}
		var more page[itemBody]
		err := c.list(ctx, "reading a session's lines", b.Items.Data[len(b.Items.Data)-1].ID, &more, func(p stripego.ListParams) error {
			return c.api.CheckoutSessions.ListLineItems(&stripego.CheckoutSessionListLineItemsParams{ListParams: p, Session: stripego.String(b.ID)}).Err()
		})
		if err != nil {
			return err
		}
		b.Items.Data, b.Items.More = append(b.Items.Data, more.Data...), more.More
	}
	return nil
}

// invoice reads an invoice with all its lines.
func (c *caller) invoice(ctx context.Context, id string) (*invoiceBody, error) {
	var b invoiceBody
	err := c.get(ctx, "reading invoice", &b, func(p stripego.Params) error {
		q := &stripego.InvoiceParams{Params: p}
		q.AddExpand("charge")
		q.AddExpand("discounts")
		_, err := c.api.Invoices.Get(id, q)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &b, c.moreLines(ctx, &b)
}

// moreLines reads the lines that an invoice came without.
func (c *caller) moreLines(ctx context.Context, b *invoiceBody) error {
	for n := 0; b.Lines != nil && b.Lines.More && len(b.Lines.Data) > 0; n++ {
		if n >= linePages {
			return call(rewards.Errorf(rewards.Invalid, "too_many_lines", "%s has more than %d lines", b.ID, len(b.Lines.Data)))
		}
		var more page[invoiceLineBody]
		err := c.list(ctx, "reading an invoice's lines", b.Lines.Data[len(b.Lines.Data)-1].ID, &more, func(p stripego.ListParams) error {
			return c.api.Invoices.ListLines(&stripego.InvoiceListLinesParams{ListParams: p, Invoice: stripego.String(b.ID)}).Err()
		})
		if err != nil {
			return err
		}
		b.Lines.Data, b.Lines.More = append(b.Lines.Data, more.Data...), more.More
	}
	return nil
}

// ofSession completes a sale that is known by its session.
func (c *caller) ofSession(ctx context.Context, b *sessionBody) (sale, error) {
	switch {
	case b.Mode == "setup":
		return sale{}, noOrder("%s only keeps a means of payment", b.ID)
	case b.trial():
		return sale{}, noOrder("nothing is billed in %s", b.ID)
	case b.Invoice.ID != "":
		invoice, err := c.invoice(ctx, b.Invoice.ID)
		if err != nil {
			return sale{}, err
		}
		return c.ofInvoice(ctx, invoice, b)
	}
	s := sale{session: b, at: c.at}
	if err := s.invoiced(); err != nil {
		return s, err
	}
	if b.Currency == "" {
		return s, noOrder("%s never came to a price", b.ID)
	}
	err := c.payments(ctx, &s)
	if err == nil {
		s.codes, err = c.sessionCodes(ctx, b)
	}
	return s, err
}

// invoiceWait is how long after a session began the invoice of one that cost nothing is waited for: a day passes
// before a session runs out.
const invoiceWait = 25 * time.Hour

// invoiced refuses a session whose invoice is still to come: as an order of its own it would be counted twice.
// Kind Unavailable, code invoice_pending, until it is there; code connectors.NotAnOrder where nothing was paid,
// because the invoice tells of itself. Whether one is made of what costs nothing is not known.
func (s sale) invoiced() error {
	b := s.session
	switch {
	case !b.awaitsInvoice(), b.PaymentStatus == "no_payment_required" && s.at.Sub(unix(b.Created)) > invoiceWait:
		return nil
	case s.state() != rewards.PaymentPaid:
		return noOrder("the order of %s is the invoice that comes with the payment", b.ID)
	}
	return call(rewards.Errorf(rewards.Unavailable, invoicePending, "the invoice of %s is not there yet", b.ID))
}

// invoicePending is the code of a sale that is paid and has no invoice yet.
const invoicePending = "invoice_pending"

// ofInvoice completes a sale that is known by its invoice. began is the session that it began with, if that is
// known already.
func (c *caller) ofInvoice(ctx context.Context, b *invoiceBody, began *sessionBody) (sale, error) {
	if b.trial() {
		return sale{}, noOrder("nothing is billed in %s", b.ID)
	}
	s := sale{invoice: b, session: began, at: c.at}
	var err error
	if began == nil {
		if s.session, err = c.beginning(ctx, b); err != nil {
			return s, err
		}
	}
	if err = c.payments(ctx, &s); err != nil {
		return s, err
	}
	if err = c.invoiceCodes(ctx, &s); err != nil || b.Subscription.ID == "" {
		return s, err
	}
	s.renewal, err = c.renewal(ctx, b)
	return s, err
}

// ofIntent finds the sale behind a payment.
func (c *caller) ofIntent(ctx context.Context, id string) (sale, error) {
	found, err := c.sessions(ctx, intentPages, func(q *stripego.CheckoutSessionListParams) { q.PaymentIntent = stripego.String(id) })
	if err != nil {
		return sale{}, err
	}
	if len(found) > 0 {
		b, err := c.session(ctx, found[0].ID)
		if err != nil {
			return sale{}, err
		}
		return c.ofSession(ctx, b)
	}
	var intent intentBody
	err = c.get(ctx, "reading payment", &intent, func(p stripego.Params) error {
		_, err := c.api.PaymentIntents.Get(id, &stripego.PaymentIntentParams{Params: p})
		return err
	})
	switch {
	case err != nil:
		return sale{}, err
	case intent.Invoice.ID == "":
		return sale{}, noOrder("%s is the payment of no checkout and no invoice", id)
	}
	b, err := c.invoice(ctx, intent.Invoice.ID)
	if err != nil {
		return sale{}, err
	}
	return c.ofInvoice(ctx, b, nil)
}

// beginning finds the session that an invoice came of: that of its subscription, or of its payment, or of its
// customer. nil: none, as with an invoice that was written by hand.
func (c *caller) beginning(ctx context.Context, b *invoiceBody) (*sessionBody, error) {
	pick := func(q *stripego.CheckoutSessionListParams) { q.Subscription = stripego.String(b.Subscription.ID) }
	fits := func(s sessionBody) bool { return true }
	switch {
	case b.Subscription.ID != "":
	case b.Intent.ID != "":
		pick = func(q *stripego.CheckoutSessionListParams) { q.PaymentIntent = stripego.String(b.Intent.ID) }
	case b.Customer.ID != "":
		pick = func(q *stripego.CheckoutSessionListParams) { // the newest before it: later ones are not looked through
			q.Customer, q.CreatedRange = stripego.String(b.Customer.ID), &stripego.RangeQueryParams{LesserThanOrEqual: b.Created}
		}
		fits = func(s sessionBody) bool { return s.Invoice.ID == b.ID }
	default:
		return nil, nil
	}
	found, err := c.sessions(ctx, intentPages, pick)
	if err != nil {
		return nil, err
	}
	for i := range found {
		if fits(found[i]) {
			return &found[i], nil
		}
	}
	return nil, nil
}

// sessions lists checkout sessions, the newest first, on so many pages at most.
func (c *caller) sessions(ctx context.Context, pages int, pick func(*stripego.CheckoutSessionListParams)) ([]sessionBody, error) {
	return listed(pages, func(b sessionBody) string { return b.ID }, func(after string, out *page[sessionBody]) error {
		return c.list(ctx, "listing sessions", after, out, func(p stripego.ListParams) error {
			q := &stripego.CheckoutSessionListParams{ListParams: p}
			q.AddExpand("data.total_details.breakdown")
			pick(q)
			return c.api.CheckoutSessions.List(q).Err()
		})
	})
}

// listed reads a list, page after page, on so many pages at most.
func listed[T any](pages int, id func(T) string, read func(after string, out *page[T]) error) ([]T, error) {
	var all []T
	after := ""
	for range pages {
		var next page[T]
		if err := read(after, &next); err != nil {
			return all, err
		}
		all = append(all, next.Data...)
		if !next.More || len(next.Data) == 0 {
			break
		}
		after = id(next.Data[len(next.Data)-1])
	}
	return all, nil
}
