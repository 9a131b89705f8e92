package woocommerce

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
)

const (
	refundPages  = 5  // of a hundred
	longestMoney = 8  // of a currency that is not known
	earlierPages = 10 // of a hundred: more orders are as good as all
)

// outline is the order without its amounts. Kind Invalid, code missing_field.
func (b *orderBody) outline() (rewards.Order, error) {
	created := timeOf(b.Created)
	if b.ID <= 0 || b.Status == "" || b.Currency == "" || len(b.Currency) > longestMoney || created.IsZero() {
		return rewards.Order{}, rewards.Errorf(rewards.Invalid, "missing_field", "one of id, status, currency and date_created_gmt is missing")
	}
	o := rewards.Order{
		ID: b.ID.id(), Name: "#" + string(b.Number), PlacedAt: created, UpdatedAt: timeOf(b.Modified), Currency: string(b.Currency),
		MoneyBack: rewards.Money{Currency: string(b.Currency)},
	}
	if b.Number == "" {
		o.Name = "#" + o.ID
	}
	if o.UpdatedAt.Before(created) {
		o.UpdatedAt = created
	}
	b.settle(&o)
	o.Customer = b.buyer()
	b.leaveTrail(&o)
	return o, nil
}

// waiting are the statuses in which an order waits for money, whatever was paid before: a disputed payment or a
// doubtful one is put on hold with its time of payment, and of a deposit that has one the rest is to come.
// Source: WC_Order::is_paid, which knows processing and completed alone; the deposit plugins' own statuses.
var waiting = []text{"pending", "on-hold", "partial-payment", "partially-paid"}

// settle tells where the payment stands. There is no field for it, see the package's comment.
func (b *orderBody) settle(o *rewards.Order) {
	paid := timeOf(b.Paid)
	if paid.IsZero() && b.Status == "completed" {
		if paid = timeOf(b.Completed); paid.IsZero() {
			paid = o.UpdatedAt
		}
	}
	o.Payment = rewards.PaymentPending
	if !paid.IsZero() && !slices.Contains(waiting, b.Status) {
		o.PaidAt, o.Payment = &paid, rewards.PaymentPaid
	}
	switch b.Status {
	case "refunded":
		o.Payment = rewards.PaymentRefunded
	case "failed":
		o.Payment = rewards.PaymentVoided
	case "cancelled", "trash":
		o.Cancelled = true
		if paid.IsZero() {
			o.Payment = rewards.PaymentVoided
		}
	}
}

// buyer is who ordered: with an account, or a guest, of whom only the e-mail address is known. nil where
// neither is.
func (b *orderBody) buyer() *rewards.Person {
	a := b.Billing
	p := &rewards.Person{ID: b.CustomerID.id(), Email: strings.TrimSpace(string(a.Email)), Phone: string(a.Phone), Name: string(a.Name), Surname: string(a.Surname)}
	if p.ID == "" && p.Email == "" {
		return nil
	}
	return p
}

// unpriced takes out of an order what its amounts would have told.
func (b *orderBody) unpriced(o *rewards.Order) {
	o.Codes, o.Lines = nil, nil
	for _, c := range b.Coupons {
		if c.Code != "" {
			o.Codes = append(o.Codes, rewards.AppliedCode{Code: string(c.Code)})
		}
	}
	for _, l := range b.Lines {
		line := rewards.Line{ID: l.ID.id(), ProductID: l.ProductID.id()}
		if n, err := quantity(l.Quantity); err == nil {
			line.Quantity, line.Current = n, n
		}
		o.Lines = append(o.Lines, line)
	}
}

// Order reads an order as it is now, with its refunds. Kind NotFound: the shop has no such order. Invalid: it
// cannot be reckoned with (the code says why) and a person must look.
func (w *WooCommerce) Order(ctx context.Context, shop connectors.Shop, id string) (rewards.Order, error) {
	n, err := number(id)
	if err != nil {
		return rewards.Order{}, call(err)
	}
	for range 2 {
		var b orderBody
		if _, err := w.ask(ctx, shop, request{route: api + "/orders/" + n}, &b); err != nil {
			return rewards.Order{}, err
		}
		if b.ID.id() != n {
			return rewards.Order{}, connectors.Unreadable(false, "the shop answered with another order than %s", n)
		}
		refunds, whole, err := w.refunds(ctx, shop, &b)
		if err != nil {
			return rewards.Order{}, err
		}
		if !whole {
			continue // refunded once more in between
		}
		o, err := b.whole(refunds)
		if err != nil {
			return rewards.Order{}, call(fmt.Errorf("order %s: %w", n, err))
		}
		if o.Customer != nil {
			if o.Customer.EarlierOrders, err = w.earlierOrders(ctx, shop, o); err != nil {
				return rewards.Order{}, err
			}
		}
		return o, nil
	}
	return rewards.Order{}, &connectors.CallError{
		Cause: rewards.Errorf(rewards.Unavailable, "order_changing", "order %s changed while it was read", n), After: time.Second,
	}
}

// whole is the order with its amounts.
func (b *orderBody) whole(refunds []refundBody) (rewards.Order, error) {
	o, err := b.outline()
	if err != nil {
		return o, err
	}
	parts := make([]refundParts, 0, len(refunds))
	for _, r := range refunds {
		p, err := r.parts(b)
		if err != nil {
			return o, err
		}
		parts = append(parts, p)
	}
	return o, b.price(&o, parts)
}

// refunds reads the refunds of an order that has some. whole is false where they are not those that the order
// names.
func (w *WooCommerce) refunds(ctx context.Context, shop connectors.Shop, b *orderBody) (all []refundBody, whole bool, err error) {
	if len(b.Refunds) == 0 {
		return nil, true, nil
	}
	for page := 1; page <= refundPages; page++ {
		var some list[refundBody]
		query := url.Values{"per_page": {strconv.Itoa(perPage)}, "page": {strconv.Itoa(page)}}
		if _, err := w.ask(ctx, shop, request{route: api + "/orders/" + b.ID.id() + "/refunds", query: query}, &some); err != nil {
			return nil, false, err
		}
		all = append(all, some...)
		if len(some) < perPage {
			break
		}
	}
	for _, r := range all {
		if !slices.ContainsFunc(b.Refunds, func(s refundStub) bool { return s.ID == r.ID }) {
			return nil, false, nil
		}
	}
	return all, len(all) == len(b.Refunds), nil
}

// uncounted are the statuses of orders that came to nothing, and so do not make a customer an old one.
var uncounted = append([]text{"pending", "failed", "cancelled", "trash"}, drafts...)

// earlierOrders counts the buyer's orders before this one that came to something, whatever their status is
// called: of a customer by her account, and where that has none, as of a guest by her e-mail address. Whoever
// bought as a guest and then made an account is no new customer.
func (w *WooCommerce) earlierOrders(ctx context.Context, shop connectors.Shop, o rewards.Order) (*int64, error) {
	n := int64(0)
	var err error
	if id := o.Customer.ID; id != "" {
		n, err = w.countBefore(ctx, shop, o, url.Values{"customer": {id}}, func(e orderBody) bool { return e.CustomerID.id() == id })
	}
	if email := o.Customer.Email; err == nil && n == 0 && email != "" { // the search is looser than an address
		n, err = w.countBefore(ctx, shop, o, url.Values{"search": {email}}, func(e orderBody) bool {
			return strings.EqualFold(strings.TrimSpace(string(e.Billing.Email)), email)
		})
	}
	return &n, err
}

// countBefore counts those of a listing that are hers, were placed before an order and came to something.
func (w *WooCommerce) countBefore(ctx context.Context, shop connectors.Shop, o rewards.Order, query url.Values, hers func(orderBody) bool) (n int64, err error) {
	query.Set("before", o.PlacedAt.Format(timeForm))
	query.Set("dates_are_gmt", "true")
	query.Set("status", "any")
	query.Set("per_page", strconv.Itoa(perPage))
	query.Set("_fields", "id,status,customer_id,billing,date_created_gmt")
	for page := 1; page <= earlierPages; page++ {
		query.Set("page", strconv.Itoa(page))
		var some list[orderBody]
		if _, err := w.ask(ctx, shop, request{route: api + "/orders", query: query}, &some); err != nil {
			return 0, err
		}
		for _, e := range some {
			if hers(e) && e.ID.id() != o.ID && timeOf(e.Created).Before(o.PlacedAt) && !slices.Contains(uncounted, e.Status) {
				n++
			}
		}
		if len(some) < perPage {
			break
		}
	}
	return n, nil
}

// number checks an id of the shop's: digits, and no leading zero.
func number(id string) (string, error) {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || n <= 0 || strconv.FormatInt(n, 10) != id {
		return "", rewards.Errorf(rewards.Invalid, "bad_id", "%.40q is no id of WooCommerce", id)
	}
	return id, nil
}
