package simulation

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"grapevine/rewards"
)

// shownRows is how many rows a report carries; all of them go to Options.Rows.
const shownRows = 20

// Row is what was decided about one order: by the programme, and by the one it is compared with.
type Row struct {
	Order    string    `json:"order"`
	Name     string    `json:"name"`
	PlacedAt time.Time `json:"placed_at"`
	Before   *Verdict  `json:"before,omitempty"` // by the programme that is compared with
	After    Verdict   `json:"after"`
	Why      string    `json:"why,omitempty"` // the first check on which they part
}

// Verdict is a decision in short.
type Verdict struct {
	Outcome  rewards.Outcome `json:"outcome"`
	Reason   rewards.Reason  `json:"reason"`
	Advocate string          `json:"advocate,omitempty"`
	Cost     int64           `json:"cost"`    // money, minor units
	Rewards  string          `json:"rewards"` // "advocate 10.00 USD, friend 500 points"
}

func newVerdict(d rewards.Decision, cost int64) Verdict {
	v := Verdict{Outcome: d.Outcome, Reason: d.Reason, Advocate: d.Advocate, Cost: cost}
	if !d.Stands() {
		v.Cost = 0
		return v
	}
	var parts []string
	for _, g := range d.Grants {
		if g.Net.Minor == 0 && g.Value.Minor == 0 {
			parts = append(parts, g.Rule+" "+string(g.Kind))
		} else {
			parts = append(parts, g.Rule+" "+g.Net.String())
		}
	}
	v.Rewards = strings.Join(parts, ", ")
	return v
}

func newRow(f rewards.Facts, verdicts []verdict) Row {
	after := verdicts[0]
	row := Row{Order: f.Order.ID, Name: f.Order.Name, PlacedAt: f.Order.PlacedAt.UTC(), After: newVerdict(after.Decision, after.cost.Minor)}
	if len(verdicts) > 1 {
		was := newVerdict(verdicts[1].Decision, verdicts[1].cost.Minor)
		row.Before = &was
		if row.differs() {
			row.Why = why(verdicts[1].Decision, after.Decision)
		}
	}
	return row
}

func (r Row) differs() bool { return r.Before != nil && *r.Before != r.After }

// why names the first check that passed for one and failed for the other, with what it saw.
func why(was, is rewards.Decision) string {
	passed := map[string]bool{}
	for _, c := range was.Checks {
		passed[c.Name] = c.Passed
	}
	for _, c := range is.Checks {
		if before, ok := passed[c.Name]; ok && before != c.Passed || !ok && !c.Passed {
			return c.Name + ": " + c.Evidence
		}
	}
	now := map[string]bool{}
	for _, c := range is.Checks {
		now[c.Name] = true
	}
	for _, c := range was.Checks {
		if !c.Passed && !now[c.Name] {
			return c.Name + " is not asked for; before: " + c.Evidence
		}
	}
	switch {
	case was.Advocate != is.Advocate:
		return fmt.Sprintf("another advocate: %s, before %s", is.Advocate, was.Advocate)
	case was.Referral != is.Referral:
		return fmt.Sprintf("referral %d of the advocate, before %d", is.Referral, was.Referral)
	}
	return "another amount"
}

// Diff is how the programme differs from the one it is compared with: its own figure less the other's.
type Diff struct {
	Orders    int64  `json:"orders"` // judged differently
	Moves     []Move `json:"moves"`  // most orders first
	Referrals int64  `json:"referrals"`
	Revenue   int64  `json:"revenue"`
	Cost      int64  `json:"cost"`
	Spend     int64  `json:"spend"`
	Rows      []Row  `json:"rows"` // the first of them

	moves map[Move]*Move
}

// Move counts orders that went from one verdict to another.
type Move struct {
	From       rewards.Outcome `json:"from"`
	FromReason rewards.Reason  `json:"from_reason"`
	To         rewards.Outcome `json:"to"`
	ToReason   rewards.Reason  `json:"to_reason"`
	Orders     int64           `json:"orders"`
	Cost       int64           `json:"cost"` // what that changes the cost by
}

// note counts a row that differs.
func (d *Diff) note(r Row) {
	d.Orders++
	if len(d.Rows) < shownRows {
		d.Rows = append(d.Rows, r)
	}
	key := Move{From: r.Before.Outcome, FromReason: r.Before.Reason, To: r.After.Outcome, ToReason: r.After.Reason}
	m := d.moves[key]
	if m == nil {
		if d.moves == nil {
			d.moves = map[Move]*Move{}
		}
		m = &Move{From: key.From, FromReason: key.FromReason, To: key.To, ToReason: key.ToReason}
		d.moves[key] = m
	}
	m.Orders++
	m.Cost += r.After.Cost - r.Before.Cost
}

// sum sets the figures of both sides against each other.
func (d *Diff) sum(after, before Figures) {
	d.Referrals, d.Revenue = after.Referrals-before.Referrals, after.Revenue-before.Revenue
	d.Cost, d.Spend = after.Cost-before.Cost, after.Spend-before.Spend
	d.Moves = make([]Move, 0, len(d.moves))
	for _, m := range d.moves {
		d.Moves = append(d.Moves, *m)
	}
	slices.SortFunc(d.Moves, func(a, b Move) int {
		return cmp.Or(cmp.Compare(b.Orders, a.Orders), cmp.Compare(a.From, b.From), cmp.Compare(a.FromReason, b.FromReason),
			cmp.Compare(a.To, b.To), cmp.Compare(a.ToReason, b.ToReason))
	})
	if d.Rows == nil {
		d.Rows = []Row{}
	}
}
