package rewards

import "time"

// VerdictUndo takes back the verdict that stands. It is kept among the decisions of an order, and never
// stands itself.
const VerdictUndo Verdict = "undo"

// ReviewEntry is one decision of a person about an order, as it is kept for ever.
type ReviewEntry struct {
	ID      string // "rev_…"
	Verdict Verdict
	Actor   string // "user:…", "token:…"
	Reason  string // the person's words
	At      time.Time
	// The engine's word on the order before the decision.
	WasOutcome Outcome
	WasReason  Reason
}

// Standing returns the verdicts that stand after these decisions, oldest first: an undo takes the last one
// back, and the one before it counts again. history is in the order of the decisions.
func Standing(history []ReviewEntry) []ReviewEntry {
	var stands []ReviewEntry
	for _, e := range history {
		switch {
		case e.Verdict != VerdictUndo:
			stands = append(stands, e)
		case len(stands) > 0:
			stands = stands[:len(stands)-1]
		}
	}
	return stands
}

// NextReview tells what a verdict makes of the decisions so far. review is what the order is to be judged with,
// nil where no verdict is left. changed is false where the verdict stands already. Kind Invalid, code
// bad_verdict, for a verdict that there is not; Conflict, code nothing_to_undo, where none stands.
func NextReview(history []ReviewEntry, verdict Verdict, actor, reason string, at time.Time) (review *Review, changed bool, err error) {
	stands := Standing(history)
	switch verdict {
	case VerdictApprove, VerdictReject:
		if n := len(stands); n > 0 && stands[n-1].Verdict == verdict {
			return stands[n-1].review(), false, nil
		}
		return &Review{Verdict: verdict, Actor: actor, Reason: reason, At: at}, true, nil
	case VerdictUndo:
		if len(stands) == 0 {
			return nil, false, Errorf(Conflict, "nothing_to_undo", "no verdict of a person stands")
		}
		if stands = stands[:len(stands)-1]; len(stands) == 0 {
			return nil, true, nil
		}
		return stands[len(stands)-1].review(), true, nil
	}
	return nil, false, Errorf(Invalid, "bad_verdict", "%.40q is none of approve, reject, undo", verdict)
}

// Outdated tells whether a dispute that is under way began after an approval: whoever gave it did not know, and
// may give it again.
func (f Facts) Outdated(r Review) bool {
	return r.Verdict == VerdictApprove && f.Order.Disputed && r.At.Before(f.DisputedAt)
}

func (e ReviewEntry) review() *Review {
	return &Review{Verdict: e.Verdict, Actor: e.Actor, Reason: e.Reason, At: e.At}
}

// QueueStatus says which orders a listing of the review queue holds.
type QueueStatus string

// The listings of the queue.
const (
	QueueHeld     QueueStatus = "held"     // a person must look
	QueueRejected QueueStatus = "rejected" // could be approved
	QueueReviewed QueueStatus = "reviewed" // a person decided something about it, whatever stands now
)

// ReviewFilter finds orders of the queue; empty fields do not count, an empty Status is QueueHeld.
type ReviewFilter struct {
	Status     QueueStatus
	Reason     Reason // of the verdict on the order
	AdvocateID string // who would be rewarded
}

// QueuedOrder is an order of the review queue.
type QueuedOrder struct {
	StoredOrder
	// Since is when the order came to be held, as far as is known: a reward that is held knows when it
	// came to be so, an order without one when it was last judged. Zero where it is not held.
	Since time.Time
}

// AtStake is what the order's grants are worth in a currency: of an order that stands what it costs now, of
// another what approving it would give, if the order is as it was placed.
func (d Decision) AtStake(currency string) (Money, error) {
	if d.Stands() {
		return d.Cost(currency)
	}
	return d.asked(currency)
}
