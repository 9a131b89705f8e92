package rewards

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Judge gives the verdict on an order. It looks at nothing but its arguments: the same facts and the
// same programmes give the same decision for ever, so a stored decision can be derived again.
//
// All checks are made as far as there is something to check, and each leaves its evidence. Of those that
// fail, one that rejects outweighs one that holds, and that outweighs one that waits; among equals the
// first counts.
func Judge(rules Rulebook, f Facts) Decision {
	t := trial{f: f, rules: rules}
	if slices.ContainsFunc(f.Claims, t.loose) {
		f.Claims = slices.DeleteFunc(slices.Clone(f.Claims), t.loose)
		t.f.Claims = f.Claims
	}
	t.d.Checks = make([]Check, 0, usualChecks)
	if f.Historic {
		t.d.Outcome, t.d.Reason = OutcomeNone, ReasonHistoric
		return t.d
	}
	if !t.readable() {
		t.reviewed()
		return t.end()
	}
	if len(f.Claims) == 0 && t.held == "" {
		t.d.Outcome, t.d.Reason = OutcomeNone, ReasonNoAttribution
		return t.d
	}
	if len(f.Claims) == 0 || !t.winner() {
		t.reviewed()
		return t.end()
	}
	t.people()
	t.origin()
	if t.amounts() {
		t.dispute()
		t.waits()
		t.limits()
		t.fair()
	}
	t.reviewed()
	return t.end()
}

// usualChecks is a little more than the checks that an ordinary order goes through.
const usualChecks = 18

// trial is one judgement under way: what was found so far, and the first reason of each severity.
type trial struct {
	f     Facts
	rules Rulebook
	d     Decision
	p     Program
	won   Claim
	left  Eligible

	rejected, held, waiting Reason
}

func (t *trial) note(name string, passed bool, format string, args ...any) {
	t.d.Checks = append(t.d.Checks, Check{Name: name, Passed: passed, Evidence: fmt.Sprintf(format, args...)})
}

// reject, hold and wait make a check whose failure has that weight.
func (t *trial) reject(why Reason, name string, passed bool, format string, args ...any) {
	t.note(name, passed, format, args...)
	if !passed {
		t.rejected = cmp.Or(t.rejected, why)
	}
}

// doubt is reject for what a person may overrule.
func (t *trial) doubt(why Reason, name string, passed bool, format string, args ...any) {
	passed, format, args = t.overruled(passed, format, args)
	t.reject(why, name, passed, format, args...)
}

func (t *trial) hold(why Reason, name string, passed bool, format string, args ...any) {
	passed, format, args = t.overruled(passed, format, args)
	t.holdFirmly(why, name, passed, format, args...)
}

// overruled turns a failed check into one that passed where a person approved the order.
func (t *trial) overruled(passed bool, format string, args []any) (bool, string, []any) {
	if passed || !t.f.Approved() {
		return passed, format, args
	}
	return true, format + "; approved by %s", append(args, t.f.Review.Actor)
}

// Approved tells whether a person approved the order.
func (f Facts) Approved() bool { return f.Review != nil && f.Review.Verdict == VerdictApprove }

// holdFirmly is for what nobody can approve, because there is nothing to reckon a reward from.
func (t *trial) holdFirmly(why Reason, name string, passed bool, format string, args ...any) {
	t.note(name, passed, format, args...)
	if !passed {
		t.held = cmp.Or(t.held, why)
	}
}

func (t *trial) wait(why Reason, name string, passed bool, format string, args ...any) {
	t.note(name, passed, format, args...)
	if !passed {
		t.waiting = cmp.Or(t.waiting, why)
	}
}

// end draws the sum of the checks.
func (t *trial) end() Decision {
	switch {
	case t.rejected != "":
		t.d.Outcome, t.d.Reason = OutcomeRejected, t.rejected
		for i := range t.d.Grants {
			t.d.Grants[i].Net.Minor = 0
		}
	case t.held != "":
		t.d.Outcome, t.d.Reason = OutcomeHeld, t.held
	case t.waiting != "":
		t.d.Outcome, t.d.Reason = OutcomePending, t.waiting
	default:
		t.d.Outcome = OutcomeRewarded
		if len(t.d.Grants) == 0 {
			t.d.Reason = ReasonCounted
		}
	}
	return t.d
}

// readable tells whether there is an order to judge. An approval cannot stand in for facts that are
// missing, least of all one that was given while they were there.
func (t *trial) readable() bool {
	o := t.f.Order
	if t.f.Trouble != "" {
		t.holdFirmly(t.f.Trouble, "readable", false, "the order could not be read: %s", cmp.Or(t.f.Detail, string(t.f.Trouble)))
		if len(t.f.Claims) == 0 {
			return false
		}
	}
	if len(o.Codes) > MaxCodes {
		t.hold(ReasonTooManyCodes, "codes", false, "more than %d codes", MaxCodes)
	}
	if len(t.f.Claims) == 0 {
		return true
	}
	if o.Deleted {
		t.holdFirmly(ReasonUnreadableOrder, "known", false, "the shop knows this order no more")
	}
	t.reject(ReasonTestOrder, "real", !o.Test, "%s", either(o.Test, "a test order", "a real order"))
	if _, ok := Exponent(o.Currency); !ok {
		t.holdFirmly(ReasonUnknownCurrency, "currency", false, "%.8q is not in ISO 4217", o.Currency)
		return false
	}
	for _, c := range t.f.Claims {
		if c.TookOff.Currency != o.Currency && c.TookOff != (Money{}) {
			t.holdFirmly(ReasonUnreadableOrder, "readable", false, "code %s took %s off an order in %s", c.Code, c.TookOff, o.Currency)
			return false
		}
	}
	return true
}

// reviewed notes what a person decided.
func (t *trial) reviewed() {
	r := t.f.Review
	if r == nil {
		return
	}
	t.reject(ReasonFraudRejected, "review", r.Verdict != VerdictReject, "%s by %s on %s: %s", r.Verdict, r.Actor, stamp(r.At), r.Reason)
}

// dispute checks that nobody asks for the payment back. Once a reward is on its way it stays until the bank
// has decided: an order whose money went back is a refunded one.
func (t *trial) dispute() {
	switch f := t.f; {
	case !f.Order.Disputed:
	case f.Granted:
		t.note("dispute", true, "the buyer's bank has asked for the payment back, and the reward was on its way")
	case f.Review != nil && f.Outdated(*f.Review):
		t.holdFirmly(ReasonDisputed, "dispute", false, "the buyer's bank has asked for the payment back since it was approved by %s", f.Review.Actor)
	default:
		t.hold(ReasonDisputed, "dispute", false, "the buyer's bank has asked for the payment back")
	}
}

// waits checks what passes by itself: payment, then the hold. Once a reward is on its way neither is
// asked again.
func (t *trial) waits() {
	o := t.f.Order
	if t.f.Granted {
		t.note("paid", true, "the reward was on its way; payment is %s now", o.Payment)
		return
	}
	if !o.Paid() || t.f.PaidAt.IsZero() {
		t.wait(ReasonNotPaid, "paid", false, "payment is %s", o.Payment)
		return
	}
	t.note("paid", true, "paid at %s", stamp(t.f.PaidAt))
	t.d.ReleaseAt = t.f.PaidAt.Add(t.p.Hold)
	over := !t.f.At.Before(t.d.ReleaseAt)
	t.wait(ReasonInReview, "hold", over, "a hold of %s %s %s", span(t.p.Hold), either(over, "ended", "ends"), stamp(t.d.ReleaseAt))
}

// limits compares with what was used when the order asked; nothing is compared before it has asked.
func (t *trial) limits() {
	r := t.f.Room
	if r == nil || len(t.d.Grants) == 0 {
		return
	}
	if t.p.PerAdvocate > 0 {
		t.reject(ReasonCapReached, "advocate_limit", r.AdvocateUsed < t.p.PerAdvocate, "%d of %d rewards used", r.AdvocateUsed, t.p.PerAdvocate)
	}
	if t.p.Budget.Minor > 0 {
		sum, err := r.BudgetUsed.Add(r.Asked)
		t.reject(ReasonBudgetExhausted, "budget", err == nil && sum.Minor <= t.p.Budget.Minor,
			"%s used, %s asked for, %s in all", r.BudgetUsed, r.Asked, t.p.Budget)
	}
}

func either(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}

func count(n *int64) string {
	if n == nil {
		return "an unknown number of"
	}
	return fmt.Sprint(*n)
}

// span writes a time span as a programme file does: "14d", "36h0m0s".
func span(d time.Duration) string {
	const day = 24 * time.Hour
	if d >= day && d%day == 0 {
		return fmt.Sprintf("%dd", d/day)
	}
	return d.String()
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
