package stripetest

import (
	"net/http"
	"strings"

	"grapevine/internal/simshop"
)

// invoice is a finalised invoice. Tax comes on top; credit lowers what is due, not the total.
type invoice struct {
	id, number, status string // open, paid
	reason             string // subscription_create, subscription_cycle, manual
	currency           string
	customer           *customer
	sub                *subscription
	lines              []*line
	tax, shipping      int64
	buyer              simshop.Buyer // of the session; the customer else
	before, after      int64         // credit notes before and after it was paid
	starting, ending   int64         // the customer's balance
	discount           *discount
	charge             *charge
	outOfBand          bool
	created, paidAt    int64
	start, end         int64 // the period
	metadata           map[string]string
}

func (in *invoice) key() string { return in.id }
func (in *invoice) at() int64   { return in.created }

func (in *invoice) off() (sum int64) {
	for _, l := range in.lines {
		sum += l.off
	}
	return sum
}

func (in *invoice) total() int64 {
	sum := in.shipping
	for _, l := range in.lines {
		sum += l.total()
	}
	return sum
}

// due is what is left to be paid once the customer's balance was counted in.
func (in *invoice) due() int64 { return in.total() + in.starting - in.ending - in.before }

func (in *invoice) view(a *Account) object {
	subtotal, total, due := subtotal(in.lines), in.total(), in.due()
	paid := int64(0)
	if in.status == "paid" {
		paid = due
	}
	out := object{
		"id": in.id, "object": "invoice", "account_country": a.s.opts.Country, "account_name": a.s.opts.Name, "amount_due": due, "amount_paid": paid,
		"amount_remaining": due - paid, "amount_shipping": in.shipping, "application": nil, "attempt_count": 1, "attempted": true, "auto_advance": false,
		"billing_reason": in.reason, "charge": nil, "collection_method": "charge_automatically", "created": in.created, "currency": in.currency,
		"customer": in.customer.id, "customer_address": orNilObject(in.customer.address), "customer_email": orNil(in.customer.email),
		"customer_name": orNil(in.customer.name), "customer_phone": nil, "customer_shipping": nil, "pre_payment_credit_notes_amount": in.before, "post_payment_credit_notes_amount": in.after, "description": nil, "discount": nil,
		"discounts": []any{}, "due_date": nil, "effective_at": in.created, "ending_balance": in.ending, "from_invoice": nil, "lines": listOf(a, "/v1/invoices/"+in.id+"/lines", in.items()),
		"livemode": a.live, "metadata": stringMap(in.metadata), "number": in.number, "paid": in.status == "paid", "paid_out_of_band": in.outOfBand,
		"payment_intent": nil, "period_end": in.end, "period_start": in.start, "starting_balance": in.starting, "status": in.status,
		"status_transitions": object{"finalized_at": in.created, "marked_uncollectible_at": nil, "paid_at": orNull(in.paidAt), "voided_at": nil},
		"subscription":       nil, "subscription_details": object{"metadata": nil}, "subtotal": subtotal, "subtotal_excluding_tax": subtotal,
		"tax": nil, "total": total, "total_discount_amounts": []any{}, "total_excluding_tax": total - in.tax, "total_tax_amounts": []any{},
	}
	in.details(a, out)
	return withNulls(out, `account_tax_ids application_fee_amount custom_fields customer_tax_exempt default_payment_method
		default_source footer hosted_invoice_url invoice_pdf last_finalization_error latest_revision
		next_payment_attempt on_behalf_of quote receipt_number rendering shipping_cost shipping_details
		statement_descriptor test_clock transfer_data webhooks_delivered_at`)
}

// details adds what only some invoices have.
func (in *invoice) details(a *Account, out object) {
	if in.charge != nil {
		out["charge"], out["payment_intent"] = in.charge.id, in.charge.intent.id
	}
	if in.sub != nil {
		out["subscription"] = in.sub.id
		out["subscription_details"] = object{"metadata": stringMap(in.sub.metadata)}
	}
	if in.discount != nil {
		out["discount"] = in.discount.view(a)
		out["discounts"] = []any{in.discount.id}
		out["total_discount_amounts"] = []any{object{"amount": in.off(), "discount": in.discount.id}}
	}
	if in.shipping > 0 {
		out["shipping_cost"] = object{"amount_subtotal": in.shipping, "amount_tax": 0, "amount_total": in.shipping, "shipping_rate": "shr_flat"}
	}
	if to := addressOf(in.buyer); to != nil {
		out["shipping_details"] = object{"address": to, "name": orNil(fullName(in.buyer)), "phone": nil}
	}
	if in.tax > 0 {
		out["tax"] = in.tax
		out["total_tax_amounts"] = []any{object{"amount": in.tax, "inclusive": in.lines[0].inside, "tax_rate": "txr_1", "taxability_reason": nil, "taxable_amount": subtotal(in.lines) - in.off()}}
	}
}

// invoiceLine is a line of an invoice as the API shows it.
type invoiceLine struct {
	*line
	invoice *invoice
}

func (l invoiceLine) key() string { return strings.Replace(l.id, "li_", "il_", 1) }
func (l invoiceLine) at() int64   { return l.invoice.created }

func (l invoiceLine) view(a *Account) object {
	in := l.invoice
	out := object{
		"id": l.key(), "object": "line_item", "amount": l.subtotal, "amount_excluding_tax": l.subtotal, "currency": in.currency,
		"description": l.title, "discount_amounts": []any{}, "discountable": true, "discounts": []any{}, "livemode": a.live, "metadata": object{},
		"period": object{"start": in.start, "end": in.end}, "proration": false, "quantity": l.quantity, "subscription": nil, "tax_amounts": []any{},
		"type":  "invoiceitem",
		"price": object{"id": l.price, "object": "price", "active": true, "currency": in.currency, "product": l.product, "unit_amount": l.unit, "metadata": object{}},
	}
	if in.sub != nil {
		out["type"], out["subscription"] = "subscription", in.sub.id
	}
	if in.discount != nil {
		out["discount_amounts"] = []any{object{"amount": l.off, "discount": in.discount.id}}
	}
	if l.tax > 0 {
		out["tax_amounts"] = []any{object{"amount": l.tax, "inclusive": l.inside, "tax_rate": "txr_1"}}
	}
	return out
}

func (in *invoice) items() []invoiceLine {
	var out []invoiceLine
	for _, l := range in.lines {
		out = append(out, invoiceLine{l, in})
	}
	return out
}

func invoiceRoutes() []route {
	return []route{
		{http.MethodGet, "/v1/invoices", texts("customer", "subscription", "status", "collection_method").listing().dated(), func(r request) (object, error) {
			return page(r, "/v1/invoices", r.a.invoices, func(in *invoice) bool {
				v := in.view(r.a)
				for _, param := range []string{"customer", "subscription", "status", "collection_method"} {
					if r.has(param) && v[param] != r.text(param) {
						return false
					}
				}
				return true
			})
		}},
		one[*invoice]("/v1/invoices/{id}", "invoice"),
		{http.MethodGet, "/v1/invoices/{id}/lines", spec{}.listing(), func(r request) (object, error) {
			in, ok := find[*invoice](r.a, r.ids[0])
			if !ok {
				return nil, missing("invoice", r.ids[0], "id")
			}
			return cut(r, "/v1/invoices/"+in.id+"/lines", in.items())
		}},
	}
}

// newInvoice makes a finalised invoice.
func (a *Account) newInvoice(c *customer, lines []*line, currency, reason string, tax int64, d *discount) *invoice {
	now := a.s.now().Unix()
	in := &invoice{
		id: a.s.newID("in_", 24), number: c.invoicePrefix + "-" + a.s.newID("", 4), status: "open", reason: reason, currency: currency, customer: c,
		lines: lines, tax: tax, discount: d, created: now, start: now, end: now, metadata: map[string]string{},
	}
	a.invoices = append(a.invoices, in)
	a.things[in.id] = in
	return in
}

// applyBalance counts the customer's balance in the invoice's currency in: credit lowers what is due, debt
// raises it.
func (a *Account) applyBalance(in *invoice) {
	c := in.customer
	in.starting = c.balances[in.currency]
	in.ending = min(0, in.starting+in.total())
	if c.currency == "" {
		c.currency = in.currency
	}
	if in.starting == in.ending {
		return
	}
	before := c.view(a)
	a.changeBalance(c, in.currency, in.ending-in.starting, "applied_to_invoice", in.id)
	a.emitChange("customer.updated", before, c.view(a))
}

// payer is who pays an invoice.
func (in *invoice) payer() simshop.Buyer {
	return simshop.Buyer{Email: in.customer.email, Surname: in.customer.name}
}

// collect takes the money of an invoice, or marks it paid where there is none to take.
func (a *Account) collect(in *invoice, good bool) {
	due := in.due()
	if due > 0 && !in.outOfBand {
		in.charge = a.take(due, in.currency, in.customer, in.payer(), in, false)
	}
	if !good && in.charge != nil {
		in.charge.status, in.charge.intent.status = "failed", "requires_payment_method"
		a.tellPayment(in.charge)
		a.emit("invoice.payment_failed", in.view(a), nil)
		return
	}
	in.status, in.paidAt = "paid", a.s.now().Unix()
	if in.charge != nil {
		a.tellPayment(in.charge)
	}
	a.emit("invoice.paid", in.view(a), nil)
	a.emit("invoice.payment_succeeded", in.view(a), nil)
}

// invoiceOf makes the invoice of a session that was paid at once: its payment is the session's.
func (a *Account) invoiceOf(s *session) {
	in := a.newInvoice(s.customer, s.lines, s.currency, "manual", s.tax, s.discount)
	s.invoice, in.shipping, in.buyer = in, s.shipping, s.buyer
	in.status, in.paidAt = "paid", in.created
	if in.charge = s.paid; s.paid != nil {
		s.paid.invoice, s.paid.intent.invoice = in.id, in.id
	}
	a.emit("invoice.created", in.view(a), nil)
	a.emit("invoice.finalized", in.view(a), nil)
	a.emit("invoice.paid", in.view(a), nil)
	a.emit("invoice.payment_succeeded", in.view(a), nil)
}

// Bill sends a customer an invoice that belongs to no subscription: of a decimal amount in a currency ("":
// the account's), paid at once by card, or out of band.
func (a *Account) Bill(customerID, amount, currency string, outOfBand bool) (invoiceID string, err error) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	c, ok := find[*customer](a, customerID)
	if !ok || c.deleted {
		return "", refuse("not_found", "no customer %s", customerID)
	}
	if currency = strings.ToLower(currency); currency == "" {
		currency = a.currency
	}
	lines, err := a.linesOf([]Item{{Title: "Service", Price: amount}}, currency)
	if err != nil {
		return "", err
	}
	in := a.newInvoice(c, lines, currency, "manual", 0, nil)
	in.outOfBand = outOfBand
	a.together(func() {
		a.applyBalance(in)
		a.emit("invoice.created", in.view(a), nil)
		a.emit("invoice.finalized", in.view(a), nil)
		a.collect(in, true)
	})
	return in.id, nil
}

// PayInvoice pays an invoice whose payment had failed.
func (a *Account) PayInvoice(invoiceID string) error {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	in, ok := find[*invoice](a, invoiceID)
	if !ok || in.status != "open" {
		return refuse("not_found", "no open invoice %s", invoiceID)
	}
	a.together(func() {
		a.collect(in, true)
		if in.sub != nil {
			a.recover(in.sub)
		}
	})
	return nil
}
