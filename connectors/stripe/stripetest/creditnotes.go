package stripetest

import (
	"net/http"
)

// creditNote takes an amount off an invoice. What was paid of it goes back to the card, to the customer's
// balance, or outside of Stripe.
type creditNote struct {
	id, how string // refund, balance, out_of_band; "" before the invoice was paid
	invoice *invoice
	amount  int64
	refund  *refund
	created int64
}

func (n *creditNote) key() string { return n.id }
func (n *creditNote) at() int64   { return n.created }

func (n *creditNote) view(a *Account) object {
	kind, back := "post_payment", any(nil)
	if n.how == "" {
		kind = "pre_payment"
	}
	if n.refund != nil {
		back = n.refund.id
	}
	out := object{
		"id": n.id, "object": "credit_note", "amount": n.amount, "created": n.created, "currency": n.invoice.currency, "customer": n.invoice.customer.id,
		"customer_balance_transaction": nil, "invoice": n.invoice.id, "livemode": a.live, "metadata": object{}, "out_of_band_amount": nil, "reason": nil,
		"refund": back, "status": "issued", "subtotal": n.amount, "total": n.amount, "type": kind, "voided_at": nil,
	}
	if n.how == "out_of_band" {
		out["out_of_band_amount"] = n.amount
	}
	return out
}

func creditNoteRoutes() []route {
	return []route{
		{http.MethodGet, "/v1/credit_notes", texts("invoice", "customer").listing(), func(r request) (object, error) {
			return page(r, "/v1/credit_notes", r.a.notes, func(n *creditNote) bool {
				return r.is("invoice", n.invoice.id) && r.is("customer", n.invoice.customer.id)
			})
		}},
		one[*creditNote]("/v1/credit_notes/{id}", "credit_note"),
	}
}

// CreditNote takes a decimal amount off an invoice, as the merchant might in the dashboard. how says where the
// money goes if the invoice was paid: refund, balance, out_of_band. Of an open invoice less is due afterwards.
func (a *Account) CreditNote(invoiceID, amount, how string) (id string, err error) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	in, ok := find[*invoice](a, invoiceID)
	if !ok {
		return "", refuse("not_found", "no invoice %s", invoiceID)
	}
	n := &creditNote{id: a.s.newID("cn_", 24), invoice: in, created: a.s.now().Unix()}
	if n.amount, err = parseAmount(amount, in.currency); err != nil {
		return "", err
	}
	if n.amount <= 0 || n.amount > in.total()-in.before-in.after {
		return "", refuse("invalid", "%s cannot be taken off invoice %s", amount, in.id)
	}
	if err := a.credit(n, how); err != nil {
		return "", err
	}
	a.notes = append(a.notes, n)
	a.things[n.id] = n
	a.emit("credit_note.created", n.view(a), nil)
	return n.id, nil
}

// credit brings the money of a credit note to where it goes.
func (a *Account) credit(n *creditNote, how string) (err error) {
	in := n.invoice
	if in.status != "paid" {
		if n.amount > in.due() {
			return refuse("invalid", "%s is more than is due of %s", formatAmount(n.amount, in.currency), in.id)
		}
		in.before += n.amount
		return nil
	}
	switch n.how = how; how {
	case "refund":
		if in.charge == nil {
			return refuse("invalid", "no card paid invoice %s", in.id)
		}
		n.refund, err = a.giveBack(in.charge, n.amount)
	case "balance":
		before := in.customer.view(a)
		a.changeBalance(in.customer, in.currency, -n.amount, "credit_note", in.id)
		a.emitChange("customer.updated", before, in.customer.view(a))
	case "out_of_band":
	default:
		return refuse("invalid", "%q is no way for a credit note of a paid invoice", how)
	}
	if err == nil {
		in.after += n.amount
	}
	return err
}
