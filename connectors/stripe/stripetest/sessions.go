package stripetest

import (
	"net/http"

	"grapevine/internal/simshop"
)

// session is a checkout session. What is bought, by whom, and how it stands.
type session struct {
	id, mode, currency string
	status             string // open, complete, expired
	payment            string // paid, unpaid, no_payment_required
	link               string // client_reference_id
	created            int64
	metadata           map[string]string
	buyer              simshop.Buyer
	customer           *customer // nil: a guest
	lines              []*line
	back               []int // lines that were given back
	shipping, tax      int64
	discount           *discount
	paid               *charge // or pending, or failed
	invoice            *invoice
	sub                *subscription
	invoiced, late     bool // an invoice is made of the payment, after everything else
	delayed, reserved  bool
	interval           string // of the subscription
}

func (s *session) key() string { return s.id }
func (s *session) at() int64   { return s.created }

func (s *session) off() (sum int64) {
	for _, l := range s.lines {
		sum += l.off
	}
	return sum
}

func (s *session) total() int64 {
	sum := s.shipping
	for _, l := range s.lines {
		sum += l.total()
	}
	return sum
}

// charge is the charge by which the session was paid; nil: none.
func (s *session) charge() *charge {
	if s.paid == nil && s.invoice != nil {
		return s.invoice.charge
	}
	return s.paid
}

func (s *session) view(a *Account) object {
	out := object{
		"id": s.id, "object": "checkout.session", "allow_promotion_codes": true, "amount_subtotal": subtotal(s.lines), "amount_total": s.total(),
		"automatic_tax": object{"enabled": false, "status": nil}, "billing_address_collection": nil, "cancel_url": "https://example.com/cancel",
		"client_reference_id": orNil(s.link), "created": s.created, "currency": s.currency, "custom_fields": []any{}, "customer": nil,
		"customer_creation": nil, "customer_details": nil, "customer_email": nil, "expires_at": s.created + 86400, "invoice": nil,
		"livemode": a.live, "locale": nil, "metadata": stringMap(s.metadata), "mode": s.mode, "payment_intent": nil, "payment_link": nil,
		"payment_method_types": []any{"card"}, "payment_status": s.payment, "shipping_cost": nil, "shipping_details": nil, "shipping_options": []any{},
		"status": s.status, "subscription": nil, "success_url": "https://example.com/success", "ui_mode": "hosted", "url": nil,
		"setup_intent": nil, "recovered_from": nil, "total_details": object{"amount_discount": s.off(), "amount_shipping": s.shipping, "amount_tax": s.tax},
	}
	withNulls(out, neverSet)
	if s.mode == "setup" {
		out["amount_subtotal"], out["amount_total"], out["currency"], out["total_details"] = nil, nil, nil, nil
	}
	if s.mode == "payment" {
		out["invoice_creation"] = object{"enabled": s.invoiced, "invoice_data": object{"metadata": object{}}}
		out["customer_creation"] = "always"
		if s.buyer.Guest {
			out["customer_creation"] = "if_required"
		}
	}
	if s.status == "open" {
		out["url"] = "https://checkout.stripe.com/c/pay/" + s.id
		out["customer_email"] = orNil(s.buyer.Email)
		return out
	}
	s.finished(out)
	return out
}

// neverSet are the fields of a session that the simulator leaves empty.
const neverSet = `after_expiration client_secret consent consent_collection currency_conversion invoice_creation
	payment_method_collection payment_method_configuration_details shipping_address_collection submit_type`

// finished adds what a session tells once the buyer has gone through it.
func (s *session) finished(out object) {
	address := addressOf(s.buyer)
	out["customer_details"] = object{
		"address": orNilObject(address), "email": orNil(s.buyer.Email), "name": orNil(fullName(s.buyer)), "phone": nil,
		"tax_exempt": "none", "tax_ids": []any{},
	}
	if s.customer != nil {
		out["customer"] = s.customer.id
	}
	if s.paid != nil {
		out["payment_intent"] = s.paid.intent.id
	}
	if s.invoice != nil {
		out["invoice"] = s.invoice.id
	}
	if s.sub != nil {
		out["subscription"] = s.sub.id
	}
	if address != nil && s.mode == "payment" {
		out["shipping_details"] = object{"address": address, "name": orNil(fullName(s.buyer)), "phone": nil}
	}
	if s.shipping > 0 {
		out["shipping_cost"] = object{"amount_subtotal": s.shipping, "amount_tax": 0, "amount_total": s.shipping, "shipping_rate": "shr_flat"}
	}
}

// breakdown is what total_details.breakdown expands to.
func (s *session) breakdown(a *Account) object {
	out := object{"discounts": []any{}, "taxes": []any{}}
	if s.discount != nil {
		out["discounts"] = []any{object{"amount": s.off(), "discount": s.discount.view(a)}}
	}
	return out
}

// item is a line as the API shows it.
type item struct {
	*line
	session *session
}

func (i item) key() string { return i.id }
func (i item) at() int64   { return i.session.created }

func (i item) view(*Account) object {
	kind, recurring := "one_time", any(nil)
	if i.session.mode == "subscription" {
		kind, recurring = "recurring", object{"interval": i.session.interval, "interval_count": 1, "usage_type": "licensed"}
	}
	return object{
		"id": i.id, "object": "item", "amount_discount": i.off, "amount_subtotal": i.subtotal, "amount_tax": i.tax, "amount_total": i.total(),
		"currency": i.session.currency, "description": i.title, "quantity": i.quantity,
		"price": object{
			"id": i.price, "object": "price", "active": true, "currency": i.session.currency, "product": i.product, "type": kind,
			"recurring": recurring, "unit_amount": i.unit, "metadata": object{},
		},
	}
}

func (s *session) items() []item {
	var out []item
	for _, l := range s.lines {
		out = append(out, item{l, s})
	}
	return out
}

func sessionRoutes() []route {
	const path = "/v1/checkout/sessions"
	filters := texts("customer", "customer_details.email", "payment_intent", "payment_link", "status", "subscription")
	return []route{
		{http.MethodGet, path, filters.listing().dated(), func(r request) (object, error) {
			return page(r, path, r.a.sessions, r.wantsSession)
		}},
		one[*session](path+"/{id}", "checkout.session"),
		{http.MethodGet, path + "/{id}/line_items", spec{}.listing(), func(r request) (object, error) {
			s, ok := find[*session](r.a, r.ids[0])
			if !ok {
				return nil, missing("checkout.session", r.ids[0], "id")
			}
			return cut(r, path+"/"+s.id+"/line_items", s.items())
		}},
		{http.MethodPost, path + "/{id}/expire", reading(), func(r request) (object, error) {
			s, ok := find[*session](r.a, r.ids[0])
			if !ok {
				return nil, missing("checkout.session", r.ids[0], "id")
			}
			if s.status != "open" {
				return nil, badRequest("", "", "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a status of `%s`.", s.status)
			}
			r.a.expire(s)
			return s.view(r.a), nil
		}},
	}
}

func (r request) wantsSession(s *session) bool {
	v := s.view(r.a)
	for _, param := range []string{"customer", "payment_intent", "payment_link", "status", "subscription"} {
		if r.has(param) && v[param] != r.text(param) {
			return false
		}
	}
	return r.is("customer_details.email", s.buyer.Email)
}

func (a *Account) expire(s *session) {
	s.status = "expired"
	a.emit("checkout.session.expired", s.view(a), nil)
}
