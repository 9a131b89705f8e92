package main

import (
	"cmp"
	"fmt"
	"strings"

	"grapevine/rewards"
)

// payoutView is a list as commands print it, in the API's words.
type payoutView struct {
	ID         string           `json:"id"`
	Kind       string           `json:"kind"`
	Status     string           `json:"status"`
	Total      *amountView      `json:"total"`
	Left       *amountView      `json:"left"`
	Paid       *amountView      `json:"paid"`
	CreatedAt  string           `json:"created_at"`
	CreatedBy  string           `json:"created_by"`
	ExportedAt string           `json:"exported_at,omitempty"`
	ClosedAt   string           `json:"closed_at,omitempty"`
	ClosedBy   string           `json:"closed_by,omitempty"`
	Reference  string           `json:"reference,omitempty"`
	Lines      []payoutLineView `json:"lines,omitempty"`
}

// payoutLineView is what one payee gets.
type payoutLineView struct {
	Advocate   string      `json:"advocate,omitempty"`
	CustomerID string      `json:"customer_id,omitempty"`
	Charity    string      `json:"charity,omitempty"`
	Email      string      `json:"email,omitempty"`
	Amount     *amountView `json:"amount"`
	Told       *amountView `json:"told"`
	Left       *amountView `json:"left"`
	Paid       *amountView `json:"paid"`
	TakenBack  *amountView `json:"taken_back"`
	Overpaid   *amountView `json:"overpaid"`
	Referrals  int         `json:"referrals"`
	Rewards    []string    `json:"rewards"`
}

func viewPayout(p rewards.Payout) payoutView {
	v := payoutView{ID: p.ID, Kind: string(p.Kind), Status: string(p.Status), Total: viewAmount(p.Total), Left: viewAmount(p.Left), Paid: viewAmount(p.Paid),
		CreatedAt: when(p.CreatedAt), CreatedBy: p.CreatedBy, ExportedAt: when(p.ExportedAt), ClosedAt: when(p.ClosedAt), ClosedBy: p.ClosedBy, Reference: p.Reference}
	for _, l := range p.Lines {
		v.Lines = append(v.Lines, payoutLineView{Advocate: l.AdvocateID, CustomerID: l.CustomerID, Charity: l.Charity, Email: l.Email,
			Amount: viewAmount(l.Amount), Told: viewAmount(l.Told), Left: viewAmount(l.Left), Paid: viewAmount(l.Paid),
			TakenBack: viewAmount(l.TakenBack()), Overpaid: viewAmount(l.Overpaid()), Referrals: l.Referrals, Rewards: l.Rewards})
	}
	return v
}

// donationsView is what a programme's orders brought its charities.
type donationsView struct {
	Program   string        `json:"program"`
	Goal      *amountView   `json:"goal"`
	Raised    *amountView   `json:"raised"`
	Charities []charityView `json:"charities"`
}

type charityView struct {
	Charity  string      `json:"charity"`
	Promised *amountView `json:"promised"`
	Given    *amountView `json:"given"`
	Paid     *amountView `json:"paid"`
	Lost     *amountView `json:"lost"`
}

func viewDonations(d rewards.Donations) donationsView {
	v := donationsView{Program: d.Program, Goal: viewAmount(d.Goal), Raised: viewAmount(d.Raised)}
	for _, c := range d.Charities {
		v.Charities = append(v.Charities, charityView{c.Charity, viewAmount(c.Promised), viewAmount(c.Given), viewAmount(c.Paid), viewAmount(c.Lost)})
	}
	return v
}

// payee names who gets a line.
func payee(l rewards.PayoutLine) string {
	if l.Charity != "" {
		return l.Charity
	}
	return strings.TrimSpace(l.AdvocateID + " " + l.CustomerID)
}

// printPayout prints a list, its lines, and every difference.
func printPayout(io streams, asJSON bool, p rewards.Payout) error {
	v := viewPayout(p)
	if asJSON {
		return io.asJSON(v)
	}
	fmt.Fprintf(io.out, "%s  %s, %s\n  total  %s\n", v.ID, v.Kind, v.Status, v.Total)
	switch p.Status {
	case rewards.PayoutOpen:
		fmt.Fprintf(io.out, "  left   %s\n", v.Left)
	case rewards.PayoutPaid:
		fmt.Fprintf(io.out, "  paid   %s at %s by %s, reference %s\n", v.Paid, v.ClosedAt, v.ClosedBy, v.Reference)
	case rewards.PayoutCancelled:
		fmt.Fprintf(io.out, "  closed at %s by %s\n", v.ClosedAt, v.ClosedBy)
	}
	fmt.Fprintln(io.out)
	err := list(io, false, p.Lines, "No lines.", "PAYEE REFERRALS LISTED TOLD LEFT PAID", func(l rewards.PayoutLine) []string {
		return []string{payee(l), fmt.Sprint(l.Referrals), l.Amount.Decimal(), l.Told.Decimal(), l.Left.Decimal(), l.Paid.Decimal()}
	})
	for _, d := range differences(p) {
		fmt.Fprintln(io.out, d)
	}
	return err
}

// differences tells of each line that is not what it was when the list was made, or when the owner was last
// told what to pay.
func differences(p rewards.Payout) (out []string) {
	if p.Status == rewards.PayoutCancelled {
		return nil
	}
	for _, l := range p.Lines {
		back, over := l.TakenBack(), l.Overpaid()
		if back.Minor == 0 && over.Minor == 0 {
			continue
		}
		text := fmt.Sprintf("! %s: %s of %s were taken back since the list was made, %s is left.", payee(l), back, l.Amount, cmp.Or(nonZero(l.Left), l.Paid.String()))
		switch {
		case over.Minor == 0:
		case p.Status == rewards.PayoutOpen:
			text += " You were told " + l.Told.String() + ": export the list again before you pay it."
		default:
			text += " You were told " + l.Told.String() + ": if you paid that, " + over.String() + " was too much. Get it back, or set it off against the next payment."
		}
		out = append(out, text)
	}
	return out
}

// nonZero is an amount's text, "" for zero.
func nonZero(m rewards.Money) string {
	if m.IsZero() {
		return ""
	}
	return m.String()
}
