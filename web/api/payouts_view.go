package api

import (
	"time"

	"grapevine/rewards"
)

// payoutHead is a list of payments without its lines.
type payoutHead struct {
	ID         string     `json:"id"`
	Kind       string     `json:"kind"`
	Status     string     `json:"status"`
	Total      *moneyView `json:"total"` // when it was made
	Left       *moneyView `json:"left"`  // of an open list
	Paid       *moneyView `json:"paid"`
	CreatedAt  *time.Time `json:"created_at"`
	CreatedBy  string     `json:"created_by"`
	ExportedAt *time.Time `json:"exported_at"`
	ClosedAt   *time.Time `json:"closed_at"`
	ClosedBy   *string    `json:"closed_by"`
	Reference  *string    `json:"reference"`
}

type payoutView struct {
	payoutHead
	Lines []payoutLineView `json:"lines"`
}

type payoutLineView struct {
	Advocate   *string    `json:"advocate"` // null for a charity
	CustomerID *string    `json:"customer_id"`
	Charity    *string    `json:"charity"`
	Email      *string    `json:"email"` // in an export only
	Amount     *moneyView `json:"amount"`
	Told       *moneyView `json:"told"`
	Left       *moneyView `json:"left"`
	Paid       *moneyView `json:"paid"`
	TakenBack  *moneyView `json:"taken_back"`
	Overpaid   *moneyView `json:"overpaid"`
	Referrals  int        `json:"referrals"`
	Rewards    []string   `json:"rewards"`
}

type donationsView struct {
	Program   string        `json:"program"`
	Goal      *moneyView    `json:"goal"`
	Raised    *moneyView    `json:"raised"` // given and paid
	Charities []charityView `json:"charities"`
}

type charityView struct {
	Charity  string     `json:"charity"`
	Promised *moneyView `json:"promised"`
	Given    *moneyView `json:"given"`
	Paid     *moneyView `json:"paid"`
	Lost     *moneyView `json:"lost"`
}

func viewPayoutHead(p rewards.Payout) payoutHead {
	return payoutHead{ID: p.ID, Kind: string(p.Kind), Status: string(p.Status), Total: money(p.Total), Left: money(p.Left), Paid: money(p.Paid),
		CreatedAt: when(p.CreatedAt), CreatedBy: p.CreatedBy, ExportedAt: when(p.ExportedAt), ClosedAt: when(p.ClosedAt), ClosedBy: some(p.ClosedBy), Reference: some(p.Reference)}
}

func viewPayout(p rewards.Payout) payoutView {
	return payoutView{viewPayoutHead(p), viewList(p.Lines, "", func(l rewards.PayoutLine) payoutLineView {
		return payoutLineView{Advocate: some(l.AdvocateID), CustomerID: some(l.CustomerID), Charity: some(l.Charity), Email: some(l.Email),
			Amount: money(l.Amount), Told: money(l.Told), Left: money(l.Left), Paid: money(l.Paid), TakenBack: money(l.TakenBack()), Overpaid: money(l.Overpaid()),
			Referrals: l.Referrals, Rewards: l.Rewards}
	}).Data}
}

func viewDonations(d rewards.Donations) donationsView {
	return donationsView{Program: d.Program, Goal: money(d.Goal), Raised: money(d.Raised), Charities: viewList(d.Charities, "", func(c rewards.CharityTotal) charityView {
		return charityView{c.Charity, money(c.Promised), money(c.Given), money(c.Paid), money(c.Lost)}
	}).Data}
}
