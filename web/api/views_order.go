package api

import (
	"cmp"
	"time"

	"grapevine/rewards"
	"grapevine/rewards/fairness"
)

type orderView struct {
	OrderID  string       `json:"order_id"`
	Status   string       `json:"status"`
	Eligible *moneyView   `json:"eligible"` // what is left of it; null where the order could not be read
	Decision decisionView `json:"decision"`
	Rewards  []rewardView `json:"rewards"`
	Review   *reviewView  `json:"review"`  // the person's verdict that stands
	Reviews  []reviewView `json:"reviews"` // all that people decided, oldest first
}

type decisionView struct {
	Outcome    string          `json:"outcome"`
	Reason     *string         `json:"reason"`
	Program    *string         `json:"program"`
	Version    *int            `json:"program_version"`
	Candidates []candidateView `json:"candidates"`
	Checks     []checkView     `json:"checks"`
	Advocate   *string         `json:"advocate"` // of the candidate that won
	Variant    *string         `json:"variant"`
	Referral   *int            `json:"referral"` // the how-manieth of the advocate
	Level      *string         `json:"level"`
	Grants     []grantView     `json:"grants"`
	Signals    []signalView    `json:"signals"`
	Points     int             `json:"points"` // of the signals together
	ReleaseAt  *time.Time      `json:"release_at"`
}

// grantView is one reward that the order brings by one rule.
type grantView struct {
	Rule      string     `json:"rule"`
	For       string     `json:"for"`
	Kind      string     `json:"kind"`
	Value     *moneyView `json:"value"` // null for what has no amount
	Net       *moneyView `json:"net"`   // null with value
	Milestone *string    `json:"milestone"`
}

type signalView struct {
	Rule     string `json:"rule"`
	Verdict  string `json:"verdict"`
	Points   int    `json:"points"`
	Evidence string `json:"evidence"`
}

type candidateView struct {
	Code     *string `json:"code"` // null where the friend is bound to the advocate
	Via      string  `json:"via"`  // code, link, bound
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
	OrderID     *string       `json:"order_id"` // null for what points were exchanged for
	Advocate    string        `json:"advocate"`
	Beneficiary string        `json:"beneficiary"`
	Program     string        `json:"program"`
	Rule        string        `json:"rule"`
	Milestone   *string       `json:"milestone"`
	Kind        string        `json:"kind"`
	Value       *moneyView    `json:"value"` // null for what has no amount: a percentage, a product, a tag
	Net         *moneyView    `json:"net"`   // null with value
	Loss        *moneyView    `json:"loss"`
	Used        *moneyView    `json:"used"`     // of what is kept here: exchanged, paid out, redeemed
	Discount    *discountView `json:"discount"` // what a code takes off; null for other kinds
	Product     *string       `json:"product"`  // the platform's id of a product that is free
	Tag         *string       `json:"tag"`
	Charity     *string       `json:"charity"`
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
	out := orderView{OrderID: o.OrderID, Status: o.Status, Eligible: money(o.Eligible.Left),
		Decision: viewDecision(o.Decision), Rewards: viewList(o.Rewards, "", viewReward).Data,
		Reviews: viewList(o.Reviews, "", viewReview).Data}
	if stands := rewards.Standing(o.Reviews); len(stands) > 0 {
		v := viewReview(stands[len(stands)-1])
		out.Review = &v
	}
	return out
}

func viewDecision(d rewards.Decision) decisionView {
	out := decisionView{Outcome: string(d.Outcome), Reason: some(d.Reason), Program: some(d.Program)}
	if d.Version != 0 {
		out.Version = &d.Version
	}
	out.Candidates = viewList(d.Candidates, "", func(c rewards.Candidate) candidateView {
		return candidateView{some(c.Code), cmp.Or(string(c.Via), "code"), c.Advocate, c.Won, some(c.Reason)}
	}).Data
	out.Checks = viewList(d.Checks, "", func(c rewards.Check) checkView { return checkView(c) }).Data
	out.Advocate, out.Variant, out.Level = some(d.Advocate), some(d.Variant), some(d.Level)
	if d.Referral != 0 {
		out.Referral = &d.Referral
	}
	out.Grants = viewList(d.Grants, "", viewGrant).Data
	out.Signals = viewList(d.Signals, "", func(s fairness.Signal) signalView {
		return signalView{s.Rule, string(s.Verdict), s.Points, s.Evidence}
	}).Data
	out.Points, out.ReleaseAt = d.Points, when(d.ReleaseAt)
	return out
}

func viewGrant(g rewards.Grant) grantView {
	out := grantView{Rule: g.Rule, For: string(g.For), Kind: string(g.Kind), Milestone: some(g.Milestone)}
	if g.Value.Minor != 0 {
		out.Value, out.Net = money(g.Value), money(rewards.Money{Minor: g.Net.Minor, Currency: g.Value.Currency})
	}
	return out
}

func viewReward(r rewards.StoredReward) rewardView {
	out := rewardView{ID: r.ID, OrderID: some(r.OrderID), Advocate: r.AdvocateID, Beneficiary: string(r.Beneficiary),
		Program: r.Program, Rule: r.Rule, Milestone: some(r.Milestone),
		Product: some(r.Spec.ProductID), Tag: some(r.Spec.Tag), Charity: some(r.Spec.Charity), Kind: string(r.Spec.Kind), Status: string(r.Status), ReleaseAt: when(r.ReleaseAt), Code: some(r.ShownCode()),
		ExternalID: some(r.ExternalID), Reason: some(r.Reason), ReplacedBy: some(r.ReplacedBy)}
	if r.Spec.Kind == rewards.KindDiscountCode {
		out.Discount = viewDiscount(r.Spec.Discount)
	}
	if r.Priced() {
		out.Value, out.Net = money(r.Value), money(rewards.Money{Minor: r.Net.Minor, Currency: r.Value.Currency})
	}
	if !r.Loss.IsZero() {
		out.Loss = money(r.Loss)
	}
	if !r.Used.IsZero() {
		out.Used = money(r.Used)
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
