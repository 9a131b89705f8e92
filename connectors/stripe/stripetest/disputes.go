package stripetest

import (
	"net/http"
	"slices"
	"strings"
)

// dispute is a payment that the buyer's bank takes back, or asks about (a warning).
type dispute struct {
	id, status, reason string
	charge             *charge
	amount             int64
	created            int64
}

func (d *dispute) key() string { return d.id }
func (d *dispute) at() int64   { return d.created }

func (d *dispute) view(a *Account) object {
	return object{
		"id": d.id, "object": "dispute", "amount": d.amount, "balance_transactions": []any{}, "charge": d.charge.id, "created": d.created,
		"currency": d.charge.currency, "evidence": object{}, "evidence_details": object{"due_by": d.created + 86400*9, "has_evidence": false, "past_due": false, "submission_count": 0},
		"is_charge_refundable": strings.HasPrefix(d.status, "warning"), "livemode": a.live, "metadata": object{}, "payment_intent": d.charge.intent.id,
		"payment_method_details": object{"card": object{"brand": "visa", "network_reason_code": "10.4"}, "type": "card"},
		"reason":                 d.reason, "status": d.status,
	}
}

func disputeRoutes() []route {
	return []route{
		{http.MethodGet, "/v1/disputes", texts("charge", "payment_intent").listing().dated(), func(r request) (object, error) {
			return page(r, "/v1/disputes", r.a.disputes, func(d *dispute) bool {
				return r.is("charge", d.charge.id) && r.is("payment_intent", d.charge.intent.id)
			})
		}},
		one[*dispute]("/v1/disputes/{id}", "dispute"),
	}
}

// Dispute lets the buyer's bank dispute what was sold: a charge, an intent, a session, an invoice. amount is
// decimal, "" all of it; a warning is an inquiry that moves no money yet.
func (a *Account) Dispute(id, amount string, warning bool) (disputeID string, err error) {
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
	if amount == "" {
		n = c.amount
	}
	if c.status != "succeeded" || c.disputed || n <= 0 || n > c.amount {
		return "", refuse("invalid", "charge %s cannot be disputed for %s", c.id, formatAmount(n, c.currency))
	}
	d := &dispute{id: a.s.newID("dp_", 24), status: "needs_response", reason: "fraudulent", charge: c, amount: n, created: a.s.now().Unix()}
	if warning {
		d.status = "warning_needs_response"
	}
	c.disputed = true
	a.disputes = append(a.disputes, d)
	a.things[d.id] = d
	a.together(func() {
		a.emit("charge.dispute.created", d.view(a), nil)
		if !warning {
			a.emit("charge.dispute.funds_withdrawn", d.view(a), nil)
		}
	})
	return d.id, nil
}

// UpdateDispute moves a dispute to a state that does not end it: under_review, warning_under_review, or from
// a warning to needs_response.
func (a *Account) UpdateDispute(disputeID, status string) error {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	d, err := a.openDispute(disputeID)
	if err != nil {
		return err
	}
	if !slices.Contains([]string{"needs_response", "under_review", "warning_under_review"}, status) {
		return refuse("invalid", "%q is no state that a dispute passes through", status)
	}
	before := d.view(a)
	d.status = status
	a.emitChange("charge.dispute.updated", before, d.view(a))
	return nil
}

// CloseDispute ends a dispute: won, lost, or warning_closed for a warning that came to nothing.
func (a *Account) CloseDispute(disputeID, status string) error {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	d, err := a.openDispute(disputeID)
	if err != nil {
		return err
	}
	warning := strings.HasPrefix(d.status, "warning")
	if warning != (status == "warning_closed") || !warning && status != "won" && status != "lost" {
		return refuse("invalid", "a dispute that is %s does not end as %q", d.status, status)
	}
	before := d.view(a)
	d.status = status
	a.together(func() {
		a.emit("charge.dispute.closed", d.view(a), changed(before, d.view(a)))
		if status == "won" {
			a.emit("charge.dispute.funds_reinstated", d.view(a), nil)
		}
	})
	return nil
}

// openDispute finds a dispute that has not ended.
func (a *Account) openDispute(id string) (*dispute, error) {
	d, ok := find[*dispute](a, id)
	if !ok || slices.Contains([]string{"won", "lost", "warning_closed"}, d.status) {
		return nil, refuse("not_found", "no open dispute %s", id)
	}
	return d, nil
}
