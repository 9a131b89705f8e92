package stripetest

import (
	"maps"
	"net/http"
	"strings"
	"time"

	"grapevine/internal/simshop"
)

// subscription is a plan that a customer pays again and again.
type subscription struct {
	id, status, currency string
	interval             string // day, week, month, year
	customer             *customer
	items                []Item
	plan                 []*line // one period, without discounts
	taxed                string  // decimal, each period
	included             bool    // the tax is inside the prices
	discount             *discount
	first, latest        *invoice
	start, end           int64 // the current period
	created, ended       int64
	periods              int64
	metadata             map[string]string
}

func (s *subscription) key() string { return s.id }
func (s *subscription) at() int64   { return s.created }

func (s *subscription) view(a *Account) object {
	data := []any{}
	for _, l := range s.plan {
		data = append(data, object{
			"id": strings.Replace(l.id, "li_", "si_", 1), "object": "subscription_item", "created": s.created, "metadata": object{},
			"quantity": l.quantity, "subscription": s.id, "tax_rates": []any{},
			"price": object{"id": l.price, "object": "price", "active": true, "currency": s.currency, "product": l.product, "type": "recurring",
				"unit_amount": l.unit, "metadata": object{}, "recurring": object{"interval": s.interval, "interval_count": 1, "usage_type": "licensed"}},
		})
	}
	out := object{
		"id": s.id, "object": "subscription", "billing_cycle_anchor": s.created, "cancel_at": nil, "cancel_at_period_end": false,
		"canceled_at": orNull(s.ended), "collection_method": "charge_automatically", "created": s.created, "currency": s.currency,
		"current_period_end": s.end, "current_period_start": s.start, "customer": s.customer.id, "description": nil, "discount": nil,
		"ended_at": orNull(s.ended), "latest_invoice": s.latest.id, "livemode": a.live, "metadata": stringMap(s.metadata),
		"start_date": s.created, "status": s.status, "trial_end": nil, "trial_start": nil,
		"items": object{"object": "list", "data": data, "has_more": false, "url": "/v1/subscription_items?subscription=" + s.id},
	}
	if s.discount != nil {
		out["discount"] = s.discount.view(a)
	}
	return withNulls(out, `application application_fee_percent billing_thresholds days_until_due default_payment_method
		default_source next_pending_invoice_item_invoice on_behalf_of pause_collection pending_invoice_item_interval
		pending_setup_intent pending_update schedule test_clock transfer_data`)
}

func subscriptionRoutes() []route {
	return []route{
		{http.MethodGet, "/v1/subscriptions", texts("customer", "status", "price").listing().dated(), func(r request) (object, error) {
			return page(r, "/v1/subscriptions", r.a.subs, func(s *subscription) bool {
				status := r.text("status")
				fits := status == "all" || status == s.status || status == "" && s.status != "canceled" || status == "ended" && s.status == "canceled"
				price := !r.has("price")
				for _, l := range s.plan {
					price = price || l.price == r.text("price")
				}
				return fits && price && r.is("customer", s.customer.id)
			})
		}},
		one[*subscription]("/v1/subscriptions/{id}", "subscription"),
	}
}

// SubscribeInput is what somebody subscribes to at a checkout page.
type SubscribeInput struct {
	Buyer    simshop.Buyer
	Items    []Item // for each period
	Interval string // day, week, month, year; "": month
	Code     string
	Link     string            // client_reference_id
	Metadata map[string]string // of the session and of the subscription
	Tax      string            // decimal, on top, each period; "": none
	Included bool              // the tax is inside the prices
	Currency string            // "": the account's
	Trial    bool              // the first period costs nothing
}

// Subscribe lets a buyer start a subscription at a checkout page and pay its first invoice. A subscription
// always has a customer.
func (a *Account) Subscribe(in SubscribeInput) (Sale, error) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	in.Buyer.Guest = false
	s, fresh, err := a.newSession(SessionInput{
		Buyer: in.Buyer, Items: in.Items, Code: in.Code, Link: in.Link, Metadata: in.Metadata, Tax: in.Tax, Included: in.Included, Currency: in.Currency,
	})
	if err != nil {
		return Sale{}, err
	}
	if s.interval = in.Interval; s.interval == "" {
		s.interval = "month"
	}
	now := a.s.now().Unix()
	sub := &subscription{
		id: a.s.newID("sub_", 24), status: "active", currency: s.currency, interval: s.interval, customer: s.customer, items: in.Items, taxed: in.Tax, included: in.Included,
		created: now, start: now, periods: 1, metadata: maps.Clone(in.Metadata),
	}
	sub.end, sub.plan = sub.after(now), s.lines
	if in.Trial {
		sub.status, s.lines, s.tax = "trialing", trial(s.lines), 0
	}
	s.mode, s.sub = "subscription", sub
	a.subs = append(a.subs, sub)
	a.things[sub.id] = sub
	a.together(func() { a.begin(s, fresh) })
	return a.sale(s), nil
}

// trial is what is billed for lines in a period that costs nothing.
func trial(lines []*line) []*line {
	var out []*line
	for _, l := range lines {
		free := *l
		free.title, free.unit, free.subtotal, free.off, free.tax = "Trial period for "+l.title, 0, 0, 0, 0
		out = append(out, &free)
	}
	return out
}

// begin makes the first invoice of a subscription, takes its money, and tells all that there is to tell.
func (a *Account) begin(s *session, fresh bool) {
	sub, d := s.sub, s.discount
	inv := a.newInvoice(s.customer, s.lines, s.currency, "subscription_create", s.tax, d)
	inv.sub, sub.first, sub.latest, s.invoice = sub, inv, inv, inv
	if fresh {
		a.emit("customer.created", s.customer.view(a), nil)
	}
	if d != nil {
		d.sub = sub.id
		sub.discount = d
		switch d.coupon.duration {
		case "once":
			sub.discount = nil
		case "repeating":
			d.end = time.Unix(d.start, 0).UTC().AddDate(0, int(d.coupon.months), 0).Unix()
		}
		a.redeem(d)
		a.emit("customer.discount.created", d.view(a), nil)
	}
	a.applyBalance(inv)
	s.status, s.payment = "complete", "paid"
	if s.total() == 0 {
		s.payment = "no_payment_required"
	}
	a.emit("invoice.created", inv.view(a), nil)
	a.emit("invoice.finalized", inv.view(a), nil)
	a.collect(inv, true)
	a.emit("customer.subscription.created", sub.view(a), nil)
	a.emit("checkout.session.completed", s.view(a), nil)
}

// after is the end of a period that starts then.
func (s *subscription) after(start int64) int64 {
	t := time.Unix(start, 0).UTC()
	switch s.interval {
	case "day":
		return t.AddDate(0, 0, 1).Unix()
	case "week":
		return t.AddDate(0, 0, 7).Unix()
	case "year":
		return t.AddDate(1, 0, 0).Unix()
	}
	return t.AddDate(0, 1, 0).Unix()
}

// Renew bills the next period of a subscription, and tells the invoice's id. The clock stays where it is.
func (a *Account) Renew(subscriptionID string) (invoiceID string, err error) {
	return a.renew(subscriptionID, true)
}

// FailRenewal is Renew with a card that is refused: the invoice stays open, the subscription is past due.
func (a *Account) FailRenewal(subscriptionID string) (invoiceID string, err error) {
	return a.renew(subscriptionID, false)
}

func (a *Account) renew(id string, good bool) (string, error) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	s, ok := find[*subscription](a, id)
	if !ok || s.status == "canceled" {
		return "", refuse("not_found", "no subscription %s that goes on", id)
	}
	lines, err := a.linesOf(s.items, s.currency)
	if err != nil {
		return "", err
	}
	for i, l := range lines {
		l.price = s.plan[i].price
	}
	tax, err := parseAmount(s.taxed, s.currency)
	if err != nil {
		return "", err
	}
	var in *invoice
	a.together(func() {
		before := s.view(a)
		s.start, s.end, s.periods = s.end, s.after(s.end), s.periods+1
		if d := s.discount; d != nil && d.end > 0 && s.start >= d.end {
			s.discount = nil
			a.emit("customer.discount.deleted", d.view(a), nil)
		}
		if s.discount != nil {
			s.discount.coupon.takeOff(lines, s.currency)
		}
		addTax(lines, tax, s.included)
		in = a.newInvoice(s.customer, lines, s.currency, "subscription_cycle", tax, s.discount)
		in.sub, in.start, in.end, s.latest = s, s.start, s.end, in
		a.applyBalance(in)
		a.emit("invoice.created", in.view(a), nil)
		a.emit("invoice.finalized", in.view(a), nil)
		a.collect(in, good)
		s.status = "active"
		if in.status != "paid" {
			s.status = "past_due"
		}
		a.emitChange("customer.subscription.updated", before, s.view(a))
	})
	return in.id, nil
}

// ChangePlan moves a subscription to other items in the middle of a period: its invoice (subscription_update)
// gives back a decimal amount for what was not used, on a line below zero, and bills the new items whole. An
// invoice that comes out below zero is paid at once, and the customer's balance has what it is below.
func (a *Account) ChangePlan(subscriptionID string, items []Item, unused string) (invoiceID string, err error) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	s, ok := find[*subscription](a, subscriptionID)
	if !ok || s.status == "canceled" {
		return "", refuse("not_found", "no subscription %s that goes on", subscriptionID)
	}
	lines, err := a.linesOf(items, s.currency)
	if err != nil {
		return "", err
	}
	back, err := parseAmount(unused, s.currency)
	if err != nil {
		return "", err
	}
	if back < 0 || back > subtotal(s.plan) {
		return "", refuse("invalid", "%s was not unused of a plan of %s", unused, formatAmount(subtotal(s.plan), s.currency))
	}
	old := s.plan[0]
	rest := &line{id: a.s.newID("li_", 24), title: "Unused time on " + old.title, price: old.price, product: old.product, unit: -back, quantity: 1, subtotal: -back}
	var in *invoice
	a.together(func() {
		before := s.view(a)
		s.items, s.plan = items, lines
		in = a.newInvoice(s.customer, append([]*line{rest}, lines...), s.currency, "subscription_update", 0, nil)
		in.sub, in.start, in.end, s.latest = s, s.start, s.end, in
		a.applyBalance(in)
		a.emit("invoice.created", in.view(a), nil)
		a.emit("invoice.finalized", in.view(a), nil)
		a.collect(in, true)
		a.emitChange("customer.subscription.updated", before, s.view(a))
	})
	return in.id, nil
}

// recover makes a subscription active again whose invoice was paid late.
func (a *Account) recover(s *subscription) {
	if s.status != "past_due" {
		return
	}
	before := s.view(a)
	s.status = "active"
	a.emitChange("customer.subscription.updated", before, s.view(a))
}

// CancelSubscription ends a subscription at once.
func (a *Account) CancelSubscription(subscriptionID string) error {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	s, ok := find[*subscription](a, subscriptionID)
	if !ok || s.status == "canceled" {
		return refuse("not_found", "no subscription %s that goes on", subscriptionID)
	}
	s.status, s.ended = "canceled", a.s.now().Unix()
	a.emit("customer.subscription.deleted", s.view(a), nil)
	return nil
}
