package stripetest

import (
	"maps"
	"strings"

	"grapevine/internal/simshop"
)

// SessionInput is what somebody buys once, at a checkout page.
type SessionInput struct {
	Buyer    simshop.Buyer
	Items    []Item
	Code     string // typed at the checkout: an active promotion code
	Link     string // client_reference_id
	Metadata map[string]string
	Shipping string // decimal; "": none
	Tax      string // decimal, on top of the prices; "": none
	Included bool   // the tax is inside the prices
	Currency string // "": the account's
	Delayed  bool   // paid by a method whose answer comes days later
	Reserved bool   // the card is asked only: see Capture
	Invoiced bool   // an invoice is made of the payment (invoice_creation)
	Late     bool   // that invoice comes after everything else: see MakeInvoice
	Open     bool   // the buyer has not gone through it yet: see Complete
}

// Sale is what came of a session. What there is not is "".
type Sale struct {
	Session       string
	Customer      string
	PaymentIntent string
	Charge        string
	Invoice       string
	Subscription  string
	Currency      string // lower case
	Total         string // decimal, of the session
}

// PlaceSession lets a buyer go through a checkout page. A code that she cannot use is an error.
func (a *Account) PlaceSession(in SessionInput) (Sale, error) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	s, fresh, err := a.newSession(in)
	if err != nil {
		return Sale{}, err
	}
	a.together(func() {
		if fresh {
			a.emit("customer.created", s.customer.view(a), nil)
		}
		if !in.Open {
			a.complete(s)
		}
	})
	return a.sale(s), nil
}

// newSession prices a basket and opens a session for it. fresh tells that the customer is new.
func (a *Account) newSession(in SessionInput) (s *session, fresh bool, err error) {
	s = &session{
		mode: "payment", status: "open", payment: "unpaid", currency: strings.ToLower(in.Currency), link: in.Link, created: a.s.now().Unix(),
		metadata: maps.Clone(in.Metadata), buyer: in.Buyer, delayed: in.Delayed, reserved: in.Reserved, invoiced: in.Invoiced, late: in.Late,
	}
	if s.currency == "" {
		s.currency = a.currency
	}
	if s.lines, err = a.linesOf(in.Items, s.currency); err != nil {
		return nil, false, err
	}
	if s.shipping, err = parseAmount(in.Shipping, s.currency); err != nil {
		return nil, false, err
	}
	if s.tax, err = parseAmount(in.Tax, s.currency); err != nil {
		return nil, false, err
	}
	known := a.knownCustomer(in.Buyer)
	var p *promo
	if in.Code != "" {
		if p, err = a.usable(in.Code, known, s.currency, s.lines); err != nil {
			return nil, false, err
		}
	}
	if !in.Buyer.Guest {
		s.customer, fresh = a.customerFor(in.Buyer)
	}
	mode := "test"
	if a.live {
		mode = "live"
	}
	s.id = a.s.newID("cs_"+mode+"_", 58)
	if p != nil {
		s.discount = a.newDiscount(p, s.customer)
		s.discount.session = s.id
		p.coupon.takeOff(s.lines, s.currency)
	}
	addTax(s.lines, s.tax, in.Included)
	a.sessions = append(a.sessions, s)
	a.things[s.id] = s
	return s, fresh, nil
}

// PlaceSetup lets a buyer leave a means of payment at a checkout page (mode setup): nothing is bought.
func (a *Account) PlaceSetup(b simshop.Buyer) (Sale, error) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	s := &session{
		id: a.s.newID("cs_test_", 58), mode: "setup", status: "complete", payment: "no_payment_required", created: a.s.now().Unix(), buyer: b,
	}
	if a.live {
		s.id = strings.Replace(s.id, "_test_", "_live_", 1)
	}
	s.customer, _ = a.customerFor(b)
	a.sessions = append(a.sessions, s)
	a.things[s.id] = s
	a.emit("checkout.session.completed", s.view(a), nil)
	return Sale{Session: s.id, Customer: s.customer.id}, nil
}

// knownCustomer is whom a code's terms are about; nil: a guest, or somebody new.
func (a *Account) knownCustomer(b simshop.Buyer) *customer {
	if b.Guest {
		return nil
	}
	for i := len(a.customers) - 1; i >= 0; i-- {
		if c := a.customers[i]; !c.deleted && c.email == b.Email && b.Email != "" {
			return c
		}
	}
	return nil
}

// complete brings a session to its end: the buyer pays, or promises to.
func (a *Account) complete(s *session) {
	s.status = "complete"
	total := s.total()
	switch {
	case total == 0:
		s.payment = "no_payment_required"
	case s.delayed:
		s.paid = a.take(total, s.currency, s.customer, s.buyer, nil, true)
	case s.reserved:
		s.paid = a.take(total, s.currency, s.customer, s.buyer, nil, false)
		s.paid.reserved, s.paid.intent.status = true, "requires_capture"
	default:
		s.payment = "paid"
		s.paid = a.take(total, s.currency, s.customer, s.buyer, nil, false)
	}
	if s.discount != nil {
		a.redeem(s.discount)
	}
	if s.invoiced && s.customer != nil && !s.delayed && !s.late {
		a.invoiceOf(s)
	}
	if s.paid != nil {
		a.emit("payment_intent.created", s.paid.intent.view(a), nil)
		a.tellPayment(s.paid)
	}
	a.emit("checkout.session.completed", s.view(a), nil)
}

func (a *Account) sale(s *session) Sale {
	out := Sale{Session: s.id, Currency: s.currency, Total: formatAmount(s.total(), s.currency)}
	if s.customer != nil {
		out.Customer = s.customer.id
	}
	if c := s.charge(); c != nil {
		out.Charge, out.PaymentIntent = c.id, c.intent.id
	}
	if s.invoice != nil {
		out.Invoice = s.invoice.id
	}
	if s.sub != nil {
		out.Subscription = s.sub.id
	}
	return out
}

// session finds a session by its id.
func (a *Account) session(id string) (*session, error) {
	s, ok := find[*session](a, id)
	if !ok {
		return nil, refuse("not_found", "no checkout session %s", id)
	}
	return s, nil
}

// Complete lets the buyer of an open session go through it.
func (a *Account) Complete(sessionID string) (Sale, error) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	s, err := a.session(sessionID)
	if err != nil {
		return Sale{}, err
	}
	if s.status != "open" {
		return Sale{}, refuse("invalid", "session %s is %s", s.id, s.status)
	}
	a.together(func() { a.complete(s) })
	return a.sale(s), nil
}

// Pay lets a delayed payment succeed.
func (a *Account) Pay(sessionID string) error { return a.settle(sessionID, true) }

// FailAsync lets a delayed payment fail.
func (a *Account) FailAsync(sessionID string) error { return a.settle(sessionID, false) }

func (a *Account) settle(sessionID string, good bool) error {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	s, err := a.session(sessionID)
	if err != nil {
		return err
	}
	if s.paid == nil || s.paid.status != "pending" {
		return refuse("invalid", "nothing is to be paid for %s", s.id)
	}
	a.together(func() {
		if !good {
			s.paid.status, s.paid.intent.status = "failed", "requires_payment_method"
			a.emit("checkout.session.async_payment_failed", s.view(a), nil)
			a.tellPayment(s.paid)
			return
		}
		s.payment, s.paid.status, s.paid.intent.status = "paid", "succeeded", "succeeded"
		if s.invoiced && s.customer != nil && !s.late {
			a.invoiceOf(s)
		}
		a.emit("checkout.session.async_payment_succeeded", s.view(a), nil)
		a.tellPayment(s.paid)
	})
	return nil
}

// Capture takes the money of a session that was only reserved (capture_method manual). No event of the session
// tells of it.
func (a *Account) Capture(sessionID string) error {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	s, err := a.session(sessionID)
	if err != nil {
		return err
	}
	if s.paid == nil || !s.paid.reserved {
		return refuse("invalid", "nothing is reserved for %s", s.id)
	}
	a.together(func() {
		s.payment, s.paid.reserved, s.paid.intent.status = "paid", false, "succeeded"
		a.emit("charge.captured", s.paid.view(a), nil)
		a.emit("payment_intent.succeeded", s.paid.intent.view(a), nil)
	})
	return nil
}

// MakeInvoice makes the invoice of a session that was paid and whose invoice was to come late.
func (a *Account) MakeInvoice(sessionID string) (invoiceID string, err error) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	s, err := a.session(sessionID)
	if err != nil {
		return "", err
	}
	if !s.late || s.payment == "unpaid" || s.invoice != nil || s.customer == nil {
		return "", refuse("invalid", "no invoice is to come for %s", s.id)
	}
	a.together(func() { a.invoiceOf(s) })
	return s.invoice.id, nil
}

// Cancel lets an open session expire and a delayed payment fail; of what was paid it gives all back.
func (a *Account) Cancel(id string) error {
	a.s.mu.Lock()
	s, ok := find[*session](a, id)
	waits := ok && s.paid != nil && s.paid.status == "pending"
	if ok && s.status == "open" {
		a.expire(s)
		a.s.mu.Unlock()
		return nil
	}
	a.s.mu.Unlock()
	if waits {
		return a.FailAsync(id)
	}
	return a.Refund(id, simshop.Refund{})
}

// Place is PlaceSession for a basket. Unpaid stands for a delayed method; Stripe knows no orders that are not
// meant, so Test is passed over.
func (a *Account) Place(b simshop.Basket) (simshop.Sold, error) {
	in := SessionInput{Buyer: b.Buyer, Code: b.Code, Link: b.Link, Shipping: b.Shipping, Delayed: b.Unpaid}
	for _, g := range b.Goods {
		in.Items = append(in.Items, Item{Title: g.Title, Price: g.Price, Quantity: g.Quantity})
	}
	sale, err := a.PlaceSession(in)
	if err != nil {
		return simshop.Sold{}, err
	}
	return simshop.Sold{ID: sale.Session, Name: sale.Session, Total: sale.Total}, nil
}
