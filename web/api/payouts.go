package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"grapevine/rewards"
	"grapevine/web/problem"
)

// newPayout is the body that makes a list of payments.
type newPayout struct {
	Kind     string    `json:"kind"`
	Program  string    `json:"program"`
	Until    time.Time `json:"until"` // earned before it
	Currency string    `json:"currency"`
}

// paid is the body that books a list as paid.
type paid struct {
	Reference string `json:"reference"`
}

func (a *API) createPayout(ctx context.Context, c call) (answer, error) {
	var in newPayout
	if err := decode(c.body, &in); err != nil {
		return answer{}, err
	}
	var wrong []problem.Field
	if in.Kind != string(rewards.KindCash) && in.Kind != string(rewards.KindDonation) {
		wrong = append(wrong, problem.Field{Field: "/kind", Code: "unknown_value", Detail: "has to be cash or donation"})
	}
	if in.Program != "" && !programForm.fits(in.Program) {
		wrong = append(wrong, problem.Field{Field: "/program", Code: "malformed", Detail: "is not of the form that names of programmes have"})
	}
	if _, known := rewards.Exponent(in.Currency); in.Currency != "" && !known {
		wrong = append(wrong, problem.Field{Field: "/currency", Code: "unknown_value", Detail: "is not in ISO 4217"})
	}
	if len(wrong) > 0 {
		return answer{}, problem.Refuse("bad_field", wrong...)
	}
	p, err := a.payments.CreatePayout(ctx, c.shop, rewards.PayoutWanted{Kind: rewards.RewardKind(in.Kind), Program: in.Program, Until: in.Until, Currency: in.Currency}, c.actor())
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusCreated, viewPayout(p)}, nil
}

func (a *API) listPayouts(ctx context.Context, c call) (answer, error) {
	page, err := c.query.page()
	if err != nil {
		return answer{}, err
	}
	var f rewards.PayoutFilter
	if f.Kind, err = oneOf(c.query, "kind", []rewards.RewardKind{rewards.KindCash, rewards.KindDonation}); err != nil {
		return answer{}, err
	}
	if f.Status, err = oneOf(c.query, "status", []rewards.PayoutStatus{rewards.PayoutOpen, rewards.PayoutPaid, rewards.PayoutCancelled}); err != nil {
		return answer{}, err
	}
	found, next, err := a.payouts.Payouts(ctx, c.shop, f, page)
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusOK, viewList(found, next, viewPayoutHead)}, nil
}

func (a *API) showPayout(ctx context.Context, c call) (answer, error) {
	p, err := a.payouts.Payout(ctx, c.shop, c.id)
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusOK, viewPayout(p)}, nil
}

// exportPayout answers with what is left of each line, which is then what the owner was told to pay.
func (a *API) exportPayout(ctx context.Context, c call) (answer, error) {
	if err := noBody(c); err != nil {
		return answer{}, err
	}
	p, err := a.payments.ExportPayout(ctx, c.shop, c.id)
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusOK, viewPayout(p)}, nil
}

func (a *API) payPayout(ctx context.Context, c call) (answer, error) {
	var in paid
	if err := decode(c.body, &in); err != nil {
		return answer{}, err
	}
	in.Reference = strings.TrimSpace(in.Reference)
	if in.Reference == "" || !printable(in.Reference, 100) {
		return answer{}, problem.Refuse("bad_field", problem.Field{Field: "/reference", Code: "required", Detail: "is needed: your own reference of the payment, at most 100 characters and no controls"})
	}
	p, err := a.payments.PayPayout(ctx, c.shop, c.id, in.Reference, c.actor())
	if err != nil {
		return answer{}, closed(err, p)
	}
	return answer{http.StatusOK, viewPayout(p)}, nil
}

func (a *API) cancelPayout(ctx context.Context, c call) (answer, error) {
	if err := noBody(c); err != nil {
		return answer{}, err
	}
	p, err := a.payments.CancelPayout(ctx, c.shop, c.id, c.actor())
	if err != nil {
		return answer{}, closed(err, p)
	}
	return answer{http.StatusOK, viewPayout(p)}, nil
}

// closed tells when and by whom a list was closed before.
func closed(err error, p rewards.Payout) error {
	if p.ClosedAt.IsZero() {
		return err
	}
	return problem.Tell(err, is("closed_at", p.ClosedAt.UTC().Format(time.RFC3339)), is("closed_by", p.ClosedBy), is("reference", p.Reference))
}

// is names how one thing stands.
func is(member, value string) problem.Field {
	return problem.Field{Field: member, Code: "is", Detail: value}
}

// noBody refuses a body that says something to a call that takes nothing.
func noBody(c call) error {
	if len(c.body) == 0 {
		return nil
	}
	var none struct{}
	return decode(c.body, &none)
}

func (a *API) listDonations(ctx context.Context, c call) (answer, error) {
	found, err := a.payouts.Donations(ctx, c.shop)
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusOK, viewList(found, "", viewDonations)}, nil
}
