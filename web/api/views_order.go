package api

import (
	"time"

	"grapevine/rewards"
)

type orderView struct {
	OrderID  string       `json:"order_id"`
	Status   string       `json:"status"`
	Eligible *moneyView   `json:"eligible"` // what is left of it; null where the order could not be read
	Decision decisionView `json:"decision"`
	Rewards  []rewardView `json:"rewards"`
}

type decisionView struct {
	Outcome    string          `json:"outcome"`
	Reason     *string         `json:"reason"`
	Program    *string         `json:"program"`
	Version    *int            `json:"program_version"`
	Candidates []candidateView `json:"candidates"`
	Checks     []checkView     `json:"checks"`
}

type candidateView struct {
	Code     string  `json:"code"`
	Advocate string  `json:"advocate"`
	Won      bool    `json:"won"`
	Reason   *string `json:"reason"`
}

type checkView struct {
	Name     string `json:"name"`
	Passed   bool   `json:"passed"`
	Evidence string `json:"evidence"`
}

type rewardView struct {
	ID          string        `json:"id"`
	OrderID     string        `json:"order_id"`
	Advocate    string        `json:"advocate"`
	Beneficiary string        `json:"beneficiary"`
	Kind        string        `json:"kind"`
	Value       *moneyView    `json:"value"` // null for a percentage and for free shipping
	Net         *moneyView    `json:"net"`   // null with value
	Loss        *moneyView    `json:"loss"`
	Discount    *discountView `json:"discount"` // what a code takes off; null for credit
	Status      string        `json:"status"`
	ReleaseAt   *time.Time    `json:"release_at"`
	Code        *string       `json:"code"`
	ExternalID  *string       `json:"external_id"`
	Reason      *string       `json:"reason"`
	ReplacedBy  *string       `json:"replaced_by"`
	History     []changeView  `json:"history"`
}

// discountView tells what a code takes off: one of percent, amount and free_shipping.
type discountView struct {
	Percent      *string    `json:"percent"` // "10", "12.5"
	Amount       *moneyView `json:"amount"`
	FreeShipping bool       `json:"free_shipping"`
	Minimum      *moneyView `json:"minimum"` // of the order that it is used on
}

type changeView struct {
	At     *time.Time `json:"at"`
	From   *string    `json:"from"` // null for the first
	To     string     `json:"to"`
	Reason *string    `json:"reason"`
	Actor  string     `json:"actor"`
}

func viewOrder(o rewards.StoredOrder) orderView {
	return orderView{OrderID: o.OrderID, Status: o.Status, Eligible: money(o.Eligible.Left),
		Decision: viewDecision(o.Decision), Rewards: viewList(o.Rewards, "", viewReward).Data}
}

func viewDecision(d rewards.Decision) decisionView {
	out := decisionView{Outcome: string(d.Outcome), Reason: some(d.Reason), Program: some(d.Program)}
	if d.Version != 0 {
		out.Version = &d.Version
	}
	out.Candidates = viewList(d.Candidates, "", func(c rewards.Candidate) candidateView {
		return candidateView{c.Code, c.Advocate, c.Won, some(c.Reason)}
	}).Data
	out.Checks = viewList(d.Checks, "", func(c rewards.Check) checkView { return checkView(c) }).Data
	return out
}

func viewReward(r rewards.StoredReward) rewardView {
	out := rewardView{ID: r.ID, OrderID: r.OrderID, Advocate: r.AdvocateID, Beneficiary: string(r.Beneficiary),
		Kind: string(r.Spec.Kind), Status: string(r.Status), ReleaseAt: when(r.ReleaseAt), Code: some(r.Code),
		ExternalID: some(r.ExternalID), Reason: some(r.Reason), ReplacedBy: some(r.ReplacedBy)}
	if r.Spec.Kind == rewards.KindDiscountCode {
		out.Discount = viewDiscount(r.Spec.Discount)
	}
	if out.Discount == nil || out.Discount.Amount != nil {
		out.Value, out.Net = money(r.Value), money(rewards.Money{Minor: r.Net.Minor, Currency: r.Value.Currency})
	}
	if !r.Loss.IsZero() {
		out.Loss = money(r.Loss)
	}
	out.History = viewList(r.History, "", func(h rewards.HistoryEntry) changeView {
		return changeView{when(h.At), some(h.From), string(h.To), some(h.Reason), h.Actor}
	}).Data
	return out
}

func viewDiscount(d rewards.Discount) *discountView {
	out := &discountView{FreeShipping: d.FreeShipping}
	if d.Percent != 0 {
		p := d.Percent.Decimal()
		out.Percent = &p
	}
	if !d.Amount.IsZero() {
		out.Amount = money(d.Amount)
	}
	if !d.Minimum.IsZero() {
		out.Minimum = money(d.Minimum)
	}
	return out
}
