package simulation

import "grapevine/rewards"

// Live tells how far a run agrees with what was decided when the orders came.
type Live struct {
	Program string `json:"program"`
	Judged  int64  `json:"judged"` // stored decisions of this programme in the period
	Same    int64  `json:"same"`
	// Differ are the first that came out otherwise.
	Differ []LiveRow `json:"differ"`
}

// LiveRow is an order that was decided otherwise when it came.
type LiveRow struct {
	Order     string  `json:"order"`
	Stored    Verdict `json:"stored"`
	Simulated Verdict `json:"simulated"`
	Why       string  `json:"why"`
}

// liveness compares with stored decisions.
type liveness struct{ Live }

func (l *liveness) compare(rec rewards.Record, d rewards.Decision, currency string) {
	was := rec.Decision
	if was.Program != l.Program || was.Outcome == rewards.OutcomeNone {
		return
	}
	l.Judged++
	stored, simulated := short(was, currency), short(d, currency)
	if ripe(stored) == ripe(simulated) {
		l.Same++
		return
	}
	if len(l.Differ) < shownRows {
		l.Differ = append(l.Differ, LiveRow{Order: rec.Facts.Order.ID, Stored: stored, Simulated: simulated, Why: why(was, d)})
	}
}

func short(d rewards.Decision, currency string) Verdict {
	cost, err := d.Cost(currency)
	if err != nil {
		cost = rewards.Money{}
	}
	return newVerdict(d, cost.Minor)
}

// ripe takes the hold out of a verdict: a reward that waited when it was last looked at may be given by the
// end of the period, and one that was given since may have waited then.
func ripe(v Verdict) Verdict {
	if v.Outcome == rewards.OutcomePending && v.Reason == rewards.ReasonInReview {
		v.Outcome, v.Reason = rewards.OutcomeRewarded, rewards.ReasonNone
	}
	if v.Reason == rewards.ReasonCounted {
		v.Reason = rewards.ReasonNone
	}
	return v
}
