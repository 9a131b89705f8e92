package main

import (
	"fmt"
	"strings"

	"grapevine/rewards"
	"grapevine/web/words"
)

// queuedView is an order of the queue as commands print it.
type queuedView struct {
	OrderID  string       `json:"order_id"`
	Name     string       `json:"name"`
	PlacedAt string       `json:"placed_at"`
	Outcome  string       `json:"outcome"`
	Reason   string       `json:"reason"`
	Program  string       `json:"program"`
	Advocate string       `json:"advocate"`
	Points   int          `json:"points"`
	Signals  []signalView `json:"signals"`
	AtStake  string       `json:"at_stake"`
	Since    string       `json:"held_since,omitempty"`
	Grants   []grantView  `json:"grants"`
	Checks   []checkView  `json:"checks,omitempty"`
	Rewards  []heldView   `json:"rewards"`
	Reviews  []reviewView `json:"reviews"`
}

type signalView struct {
	Rule     string `json:"rule"`
	Verdict  string `json:"verdict"`
	Points   int    `json:"points"`
	Evidence string `json:"evidence"`
}

type grantView struct {
	Rule  string `json:"rule"`
	For   string `json:"for"`
	Kind  string `json:"kind"`
	Value string `json:"value,omitempty"`
	Net   string `json:"net,omitempty"`
}

type checkView struct {
	Name     string `json:"name"`
	Passed   bool   `json:"passed"`
	Evidence string `json:"evidence"`
}

// heldView is a reward of an order in review.
type heldView struct {
	ID     string `json:"id"`
	Rule   string `json:"rule"`
	Status string `json:"status"`
}

type reviewView struct {
	Verdict string `json:"verdict"`
	Actor   string `json:"actor"`
	Reason  string `json:"reason"`
	At      string `json:"at"`
}

func viewQueued(q rewards.QueuedOrder) queuedView {
	d, o := q.Decision, q.Facts.Order
	v := queuedView{
		OrderID: q.OrderID, Name: o.Name, PlacedAt: when(o.PlacedAt), Outcome: string(d.Outcome), Reason: string(d.Reason), Program: d.Program,
		Advocate: d.Advocate, Points: d.Points, Since: when(q.Since), Signals: []signalView{}, Grants: []grantView{}, Rewards: []heldView{}, Reviews: []reviewView{},
	}
	if stake, err := d.AtStake(o.Currency); err == nil && d.Reckoned {
		v.AtStake = stake.String()
	}
	for _, s := range d.Signals {
		v.Signals = append(v.Signals, signalView{s.Rule, string(s.Verdict), s.Points, s.Evidence})
	}
	for _, g := range d.Grants {
		shown := grantView{Rule: g.Rule, For: string(g.For), Kind: string(g.Kind)}
		if g.Value.Minor != 0 {
			shown.Value, shown.Net = g.Value.String(), rewards.Money{Minor: g.Net.Minor, Currency: g.Value.Currency}.String()
		}
		v.Grants = append(v.Grants, shown)
	}
	for _, r := range q.Rewards {
		v.Rewards = append(v.Rewards, heldView{r.ID, r.Rule, string(r.Status)})
	}
	for _, e := range q.Reviews {
		v.Reviews = append(v.Reviews, reviewView{string(e.Verdict), e.Actor, e.Reason, when(e.At)})
	}
	return v
}

// print shows an order with all that the verdict rests on, and what can be done about it.
func (c *oneOrder) print(io streams, o rewards.StoredOrder) error {
	v := viewQueued(rewards.QueuedOrder{StoredOrder: o})
	for _, k := range o.Decision.Checks {
		v.Checks = append(v.Checks, checkView(k))
	}
	if c.JSON {
		return io.asJSON(v)
	}
	var b strings.Builder
	says := words.Verdict(o.Decision.Outcome)
	if o.Decision.Reason != "" {
		says = words.For(string(o.Decision.Reason))
	}
	fmt.Fprintf(&b, "order %s %s: %s\n  %s %s\n", v.OrderID, v.Name, strings.TrimSpace(v.Outcome+" "+v.Reason), says.Says, says.Do)
	fmt.Fprintf(&b, "  programme  %s\n  advocate   %s\n  at stake   %s\n", v.Program, v.Advocate, v.AtStake)
	for _, k := range v.Checks {
		mark := "ok  "
		if !k.Passed {
			mark = "FAIL"
		}
		fmt.Fprintf(&b, "  check   %s  %s: %s\n", mark, k.Name, k.Evidence)
	}
	for _, s := range v.Signals {
		fmt.Fprintf(&b, "  signal  %s (%d points)  %s: %s\n", s.Verdict, s.Points, s.Rule, s.Evidence)
	}
	for _, r := range v.Rewards {
		fmt.Fprintf(&b, "  reward  %s  %s by %s\n", r.ID, r.Status, r.Rule)
	}
	for _, e := range v.Reviews {
		fmt.Fprintf(&b, "  %s by %s on %s: %s\n", e.Verdict, e.Actor, e.At, e.Reason)
	}
	for _, verb := range c.choices(o) {
		fmt.Fprintf(&b, "To %s: grapevine review %s --shop %s %s --reason TEXT\n", verb, verb, c.Shop, v.OrderID)
	}
	_, err := fmt.Fprint(io.out, b.String())
	return err
}

// choices are the decisions that would change something.
func (c *oneOrder) choices(o rewards.StoredOrder) (verbs []rewards.Verdict) {
	if o.Decision.Outcome == rewards.OutcomeNone {
		return nil
	}
	stands := rewards.Standing(o.Reviews)
	for _, v := range []rewards.Verdict{rewards.VerdictApprove, rewards.VerdictReject} {
		if len(stands) == 0 || stands[len(stands)-1].Verdict != v {
			verbs = append(verbs, v)
		}
	}
	if len(stands) > 0 {
		verbs = append(verbs, rewards.VerdictUndo)
	}
	return verbs
}
