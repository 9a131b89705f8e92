package stripetest

import (
	"hash/fnv"
	"net/http"
	"slices"

	"grapevine/internal/simshop"
)

// intent is a payment intent. It never tells of a discount.
type intent struct {
	id, currency, status string
	secret               string
	amount               int64
	customer, invoice    string
	charge               *charge
	created              int64
	metadata             map[string]string
}

func (p *intent) key() string { return p.id }
func (p *intent) at() int64   { return p.created }

func (p *intent) view(a *Account) object {
	received := int64(0)
	if p.status == "succeeded" {
		received = p.amount
	}
	capturable, method := int64(0), "automatic"
	if p.status == "requires_capture" {
		capturable, method = p.amount, "manual"
	}
	latest := any(nil)
	if p.charge != nil {
		latest = p.charge.id
	}
	return withNulls(object{
		"id": p.id, "object": "payment_intent", "amount": p.amount, "amount_capturable": capturable, "amount_received": received,
		"capture_method": method, "client_secret": p.secret, "confirmation_method": "automatic", "created": p.created,
		"currency": p.currency, "customer": orNil(p.customer), "description": nil, "invoice": orNil(p.invoice), "last_payment_error": nil,
		"latest_charge": latest, "livemode": a.live, "metadata": stringMap(p.metadata), "next_action": nil, "payment_method_options": object{},
		"payment_method_types": []any{"card"}, "receipt_email": nil, "shipping": nil, "status": p.status, "amount_details": object{"tip": object{}},
	}, `application application_fee_amount automatic_payment_methods canceled_at cancellation_reason on_behalf_of
		payment_method processing review setup_future_usage statement_descriptor statement_descriptor_suffix
		transfer_data transfer_group`)
}

// charge is one try to take money. What was refunded of it adds up.
type charge struct {
	id, currency, status string
	amount, refunded     int64
	customer, invoice    string
	intent               *intent
	buyer                simshop.Buyer
	disputed             bool
	reserved             bool // the card said yes, and no money was taken yet
	created              int64
	metadata             map[string]string
}

func (c *charge) key() string { return c.id }
func (c *charge) at() int64   { return c.created }

func (c *charge) view(a *Account) object {
	address := addressOf(c.buyer)
	if address == nil {
		address = object{"city": nil, "country": nil, "line1": nil, "line2": nil, "postal_code": nil, "state": nil}
	}
	captured := int64(0)
	if c.status == "succeeded" && !c.reserved {
		captured = c.amount
	}
	return withNulls(object{
		"id": c.id, "object": "charge", "amount": c.amount, "amount_captured": captured, "amount_refunded": c.refunded, "application": nil,
		"billing_details": object{"address": address, "email": orNil(c.buyer.Email), "name": orNil(fullName(c.buyer)), "phone": nil},
		"captured":        c.status == "succeeded" && !c.reserved, "created": c.created, "currency": c.currency, "customer": orNil(c.customer),
		"description": nil, "disputed": c.disputed, "failure_code": nil, "failure_message": nil, "fraud_details": object{}, "invoice": orNil(c.invoice),
		"livemode": a.live, "metadata": stringMap(c.metadata), "paid": c.status == "succeeded", "payment_intent": c.intent.id,
		"payment_method_details": object{"card": object{"brand": "visa", "country": "US", "fingerprint": fingerprint(c.buyer.Email), "funding": "credit", "last4": "4242", "network": "visa"}, "type": "card"},
		"receipt_email":          nil, "refunded": c.amount > 0 && c.refunded == c.amount, "status": c.status,
	}, `application_fee application_fee_amount balance_transaction calculated_statement_descriptor
		failure_balance_transaction on_behalf_of outcome payment_method receipt_number receipt_url review shipping
		source_transfer statement_descriptor statement_descriptor_suffix transfer_data transfer_group`)
}

// fingerprint is that of a buyer's card: everybody has one card.
func fingerprint(email string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(email)) // a hash takes everything
	b, sum := make([]byte, 16), h.Sum64()
	for i := range b {
		b[i] = alphabet[sum%uint64(len(alphabet))]
		sum = sum/7 ^ sum<<11
	}
	return string(b)
}

// refund is money that went back.
type refund struct {
	id, status string
	charge     *charge
	amount     int64
	created    int64
}

func (f *refund) key() string { return f.id }
func (f *refund) at() int64   { return f.created }

func (f *refund) view(*Account) object {
	return object{
		"id": f.id, "object": "refund", "amount": f.amount, "balance_transaction": nil, "charge": f.charge.id, "created": f.created,
		"currency": f.charge.currency, "metadata": object{}, "payment_intent": f.charge.intent.id, "reason": nil, "receipt_number": nil,
		"source_transfer_reversal": nil, "status": f.status, "transfer_reversal": nil,
	}
}

func paymentRoutes() []route {
	everything := func(r request, customer string) bool { return r.is("customer", customer) }
	return []route{
		{http.MethodGet, "/v1/payment_intents", texts("customer").listing().dated(), func(r request) (object, error) {
			return page(r, "/v1/payment_intents", r.a.intents, func(p *intent) bool { return everything(r, p.customer) })
		}},
		one[*intent]("/v1/payment_intents/{id}", "payment_intent"),
		{http.MethodGet, "/v1/charges", texts("customer", "payment_intent").listing().dated(), func(r request) (object, error) {
			return page(r, "/v1/charges", r.a.charges, func(c *charge) bool {
				return everything(r, c.customer) && r.is("payment_intent", c.intent.id)
			})
		}},
		one[*charge]("/v1/charges/{id}", "charge"),
		{http.MethodGet, "/v1/refunds", texts("charge", "payment_intent").listing().dated(), func(r request) (object, error) {
			return page(r, "/v1/refunds", r.a.refunds, func(f *refund) bool {
				return r.is("charge", f.charge.id) && r.is("payment_intent", f.charge.intent.id)
			})
		}},
		one[*refund]("/v1/refunds/{id}", "refund"),
	}
}

// one is the route that gives one thing by its id.
func one[T thing](path, what string) route {
	return route{http.MethodGet, path, reading(), func(r request) (object, error) {
		t, ok := find[T](r.a, r.ids[0])
		if !ok {
			return nil, missing(what, r.ids[0], "id")
		}
		return t.view(r.a), nil
	}}
}

// take makes a payment of an amount: intent and charge, which succeed, or wait where the method is delayed.
func (a *Account) take(amount int64, currency string, c *customer, b simshop.Buyer, in *invoice, delayed bool) *charge {
	now := a.s.now().Unix()
	p := &intent{id: a.s.newID("pi_", 24), currency: currency, status: "succeeded", amount: amount, created: now, metadata: map[string]string{}}
	p.secret = p.id + a.s.newID("_secret_", 25)
	ch := &charge{id: a.s.newID("ch_", 24), currency: currency, status: "succeeded", amount: amount, intent: p, buyer: b, created: now, metadata: map[string]string{}}
	if delayed {
		p.status, ch.status = "processing", "pending"
	}
	if c != nil {
		p.customer, ch.customer = c.id, c.id
	}
	if in != nil {
		p.invoice, ch.invoice = in.id, in.id
	}
	p.charge = ch
	a.intents, a.charges = append(a.intents, p), append(a.charges, ch)
	a.things[p.id], a.things[ch.id] = p, ch
	return ch
}

// tellPayment tells how a payment went.
func (a *Account) tellPayment(c *charge) {
	switch c.status {
	case "succeeded":
		if c.reserved {
			a.emit("payment_intent.amount_capturable_updated", c.intent.view(a), nil)
			a.emit("charge.succeeded", c.view(a), nil)
			return
		}
		a.emit("payment_intent.succeeded", c.intent.view(a), nil)
		a.emit("charge.succeeded", c.view(a), nil)
	case "pending":
		a.emit("payment_intent.processing", c.intent.view(a), nil)
		a.emit("charge.pending", c.view(a), nil)
	default:
		a.emit("payment_intent.payment_failed", c.intent.view(a), nil)
		a.emit("charge.failed", c.view(a), nil)
	}
}

// chargeOf finds the charge that an id means: its own, its intent's, its session's, its invoice's, or the
// first of its subscription.
func (a *Account) chargeOf(id string) (*charge, error) {
	var c *charge
	switch t := a.things[id].(type) {
	case *charge:
		c = t
	case *intent:
		c = t.charge
	case *session:
		c = t.charge()
	case *invoice:
		c = t.charge
	case *subscription:
		c = t.first.charge
	default:
		return nil, refuse("not_found", "nothing was sold as %s", id)
	}
	if c == nil {
		return nil, refuse("invalid", "no money was taken for %s", id)
	}
	return c, nil
}

// giveBack refunds an amount of a charge.
func (a *Account) giveBack(c *charge, amount int64) (*refund, error) {
	switch {
	case c.status != "succeeded":
		return nil, refuse("invalid", "charge %s was not paid", c.id)
	case amount <= 0 || amount > c.amount-c.refunded:
		return nil, refuse("invalid", "%s of %s cannot be given back: %s are left", formatAmount(amount, c.currency), c.id, formatAmount(c.amount-c.refunded, c.currency))
	}
	f := &refund{id: a.s.newID("re_", 24), status: "succeeded", charge: c, amount: amount, created: a.s.now().Unix()}
	a.refunds = append(a.refunds, f)
	a.things[f.id] = f
	before := c.view(a)
	c.refunded += amount
	a.emitChange("charge.refunded", before, c.view(a))
	return f, nil
}

// Refund gives money back: of a charge, or of what was sold as a session, an invoice, a subscription. Lines
// are those of a session.
func (a *Account) Refund(id string, r simshop.Refund) error {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	c, err := a.chargeOf(id)
	if err != nil {
		return err
	}
	amount := c.amount - c.refunded
	switch {
	case r.Amount != "":
		amount, err = parseAmount(r.Amount, c.currency)
	case len(r.Lines) > 0:
		amount, err = a.amountOf(id, r.Lines)
	}
	if err != nil {
		return err
	}
	if _, err := a.giveBack(c, amount); err != nil {
		return err
	}
	if s, ok := find[*session](a, id); ok {
		s.back = append(s.back, r.Lines...)
	}
	return nil
}

// amountOf is what was paid for lines of a session that were not given back yet.
func (a *Account) amountOf(id string, places []int) (int64, error) {
	s, ok := find[*session](a, id)
	if !ok {
		return 0, refuse("invalid", "only the lines of a session can be given back")
	}
	var sum int64
	for _, i := range places {
		if i < 0 || i >= len(s.lines) || slices.Contains(s.back, i) {
			return 0, refuse("invalid", "line %d of %s does not exist or was given back", i, id)
		}
		sum += s.lines[i].total()
	}
	return sum, nil
}

// RefundPartial gives a decimal amount back, and tells the refund's id.
func (a *Account) RefundPartial(id, amount string) (refundID string, err error) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	c, err := a.chargeOf(id)
	if err != nil {
		return "", err
	}
	n, err := parseAmount(amount, c.currency)
	if err != nil {
		return "", err
	}
	f, err := a.giveBack(c, n)
	if err != nil {
		return "", err
	}
	return f.id, nil
}

// FailRefund lets a refund fail late: the money stays with the shop, charge.refund.updated tells of it.
func (a *Account) FailRefund(refundID string) error {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	f, ok := find[*refund](a, refundID)
	if !ok || f.status != "succeeded" {
		return refuse("not_found", "no refund %s that could fail", refundID)
	}
	before := f.view(a)
	f.status = "failed"
	f.charge.refunded -= f.amount
	a.emitChange("charge.refund.updated", before, f.view(a))
	return nil
}
