package api

import (
	"time"

	"grapevine/rewards"
)

// reviewView is what a person decided about an order.
type reviewView struct {
	Verdict    string     `json:"verdict"`
	Actor      string     `json:"actor"`
	Reason     string     `json:"reason"`
	At         *time.Time `json:"at"`
	WasOutcome string     `json:"was_outcome"`
	WasReason  *string    `json:"was_reason"`
}

func viewReview(e rewards.ReviewEntry) reviewView {
	return reviewView{Verdict: string(e.Verdict), Actor: e.Actor, Reason: e.Reason, At: when(e.At),
		WasOutcome: string(e.WasOutcome), WasReason: some(e.WasReason)}
}

// queuedView is an order of the review queue.
type queuedView struct {
	OrderID  string       `json:"order_id"`
	Name     *string      `json:"name"` // what people call it: "#1001"
	PlacedAt *time.Time   `json:"placed_at"`
	Outcome  string       `json:"outcome"`
	Reason   *string      `json:"reason"`
	Program  *string      `json:"program"`
	Advocate *string      `json:"advocate"`
	Points   int          `json:"points"`
	Signals  []signalView `json:"signals"`
	AtStake  *moneyView   `json:"at_stake"` // null where nothing was reckoned
	Since    *time.Time   `json:"held_since"`
	Review   *reviewView  `json:"review"`
	Reviews  []reviewView `json:"reviews"`
}

func viewQueued(q rewards.QueuedOrder) queuedView {
	o := viewOrder(q.StoredOrder)
	out := queuedView{OrderID: q.OrderID, Name: some(q.Facts.Order.Name), PlacedAt: when(q.Facts.Order.PlacedAt),
		Outcome: o.Decision.Outcome, Reason: o.Decision.Reason, Program: o.Decision.Program, Advocate: o.Decision.Advocate,
		Points: o.Decision.Points, Signals: o.Decision.Signals, Since: when(q.Since), Review: o.Review, Reviews: o.Reviews}
	if stake, err := q.Decision.AtStake(q.Facts.Order.Currency); err == nil && q.Decision.Reckoned {
		out.AtStake = money(stake)
	}
	return out
}
