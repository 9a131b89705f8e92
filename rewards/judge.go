package rewards

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Judge gives the verdict on an order. It looks at nothing but its arguments: the same facts and the
// same programmes give the same decision for ever, so a stored decision can be derived again.
// p finds the version of a programme that was valid when the order was placed.
//
// All checks are made as far as there is something to check, and each leaves its evidence. Of those that
// fail, one that rejects outweighs one that holds, and that outweighs one that waits; among equals the
// first counts.
func Judge(p func(name string) (Program, bool), f Facts) Decision {
	t := trial{f: f, find: p}
	if !t.readable() {
		return t.end()
	}
	if len(f.Claims) == 0 && t.held == "" {
		t.d.Outcome, t.d.Reason = OutcomeNone, ReasonNoAttribution
		return t.d
	}
	if len(f.Claims) == 0 || !t.winner() {
		return t.end()
	}
	t.people()
	if t.amounts() {
		t.waits()
		t.limits()
	}
	return t.end()
}

// trial is one judgement under way: what was found so far, and the first reason of each severity.
type trial struct {
	f    Facts
	find func(name string) (Program, bool)
	d    Decision
	p    Program
	won  Claim
	left Eligible

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

func (t *trial) hold(why Reason, name string, passed bool, format string, args ...any) {
	if !passed && t.f.Approved != "" {
		passed, format, args = true, format+"; approved by %s", append(args, t.f.Approved)
	}
	t.holdFirmly(why, name, passed, format, args...)
}

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
		t.d.Net.Minor = 0
	case t.held != "":
		t.d.Outcome, t.d.Reason = OutcomeHeld, t.held
	case t.waiting != "":
		t.d.Outcome, t.d.Reason = OutcomePending, t.waiting
	default:
		t.d.Outcome = OutcomeRewarded
	}
	return t.d
}

// readable tells whether there is an order to judge. An approval cannot stand in for facts that are
// missing.
func (t *trial) readable() bool {
	o := t.f.Order
	if t.f.Trouble != "" {
		if len(t.f.Claims) == 0 {
			t.holdFirmly(t.f.Trouble, "readable", false, "the order could not be read: %s", cmp.Or(t.f.Detail, string(t.f.Trouble)))
			return false
		}
		t.hold(t.f.Trouble, "readable", false, "the order could not be read: %s", cmp.Or(t.f.Detail, string(t.f.Trouble)))
	}
	if len(o.Codes) > MaxCodes {
		t.hold(ReasonTooManyCodes, "codes", false, "more than %d codes", MaxCodes)
	}
	if len(t.f.Claims) == 0 {
		return true
	}
	if o.Deleted {
		t.hold(ReasonUnreadableOrder, "known", false, "the shop knows this order no more")
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

// people checks the advocate and the friend.
func (t *trial) people() {
	t.reject(ReasonAdvocateBlocked, "advocate", !t.won.Blocked, "%s", either(t.won.Blocked, "the advocate is blocked", "the advocate is in good standing"))
	who := t.f.Order.Customer
	t.note("other_person", true, "%s", either(who == nil, "no customer to compare with the advocate", "the buyer is not the advocate"))
	if t.p.Customers == CustomersAny {
		return
	}
	if who == nil || who.ID == "" && who.EmailKey == "" {
		t.hold(ReasonNoCustomer, "customer", false, "the order has no customer, and the offer is for new ones")
		return
	}
	switch {
	case t.f.EarlierHere > 0 || who.EarlierOrders != nil && *who.EarlierOrders > 0:
		t.reject(ReasonExistingCustomer, "new_customer", false, "%s earlier orders in the shop, %d seen here", count(who.EarlierOrders), t.f.EarlierHere)
	case who.EarlierOrders == nil:
		t.hold(ReasonUnreadableOrder, "new_customer", false, "the shop does not tell how many orders came before; none seen here")
	default:
		t.note("new_customer", true, "0 earlier orders in the shop, 0 seen here")
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
	if r == nil {
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

// winner picks the code that the order belongs to and records why the others lost.
func (t *trial) winner() bool {
	claims := slices.SortedFunc(slices.Values(t.f.Claims), byRank)
	lost, running := ReasonNone, false
	for _, c := range claims {
		prog, why := t.fits(c)
		switch {
		case why != ReasonNone:
			if lost == ReasonNone || lost == ReasonSelfReferral {
				lost = why
			}
		case running:
			why = beaten(c, t.won)
		default:
			running, t.won, t.p = true, c, prog
		}
		t.d.Candidates = append(t.d.Candidates, Candidate{Code: c.Code, Advocate: c.AdvocateID, Won: why == ReasonNone, Reason: why})
	}
	if !running {
		t.reject(lost, "attribution", false, "none of %d codes counts", len(claims))
		return false
	}
	t.d.Program, t.d.Version, t.d.Advocate = t.p.Name, t.p.Version, t.won.AdvocateID
	t.note("attribution", true, "%s took %s off", t.won.Code, t.won.TookOff)
	return true
}

// byRank orders claims as DESIGN.md says: most taken off, older code, alphabet.
func byRank(a, b Claim) int {
	return cmp.Or(cmp.Compare(b.TookOff.Minor, a.TookOff.Minor), a.Since.Compare(b.Since), cmp.Compare(a.Code, b.Code))
}

// fits tells why a claim cannot win, whatever the others are.
func (t *trial) fits(c Claim) (Program, Reason) {
	if who := t.f.Order.Customer; who != nil &&
		(who.ID != "" && who.ID == c.CustomerID || who.EmailKey != "" && who.EmailKey == c.EmailKey) {
		return Program{}, ReasonSelfReferral
	}
	p, ok := t.find(c.Program)
	switch {
	case !ok || !p.Runs(t.f.Order.PlacedAt):
		return p, ReasonProgramOff
	case c.TookOff.Minor <= 0:
		return p, ReasonNotApplied
	}
	return p, ReasonNone
}

func beaten(c, by Claim) Reason {
	switch {
	case c.TookOff.Minor < by.TookOff.Minor:
		return ReasonTookLess
	case c.Since.After(by.Since):
		return ReasonNewerCode
	}
	return ReasonLaterInAlpha
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
