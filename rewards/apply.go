package rewards

import (
	"reflect"
	"slices"
	"time"
)

// engine is the actor of everything that happens by rule.
const engine = "engine"

// Apply judges an order as the shop tells it now and settles the verdict with what was rewarded before.
// trouble is "" for an order that could be read; otherwise the order is held for that reason, detail
// says more, and only o.ID (and o.Deleted) need be set. What Change holds is to be stored all or
// nothing; the book itself is kept current for the next order of the batch.
//
// A state that is older than the stored one changes nothing, and what waits for a later look asks for it
// again: the job that led here is over. The same state again changes nothing but
// what time has ripened. Kind Invalid for an order without an id, or amounts that leave int64.
func (b *Book) Apply(o Order, trouble Reason, detail string) (Change, error) {
	if o.ID == "" {
		return Change{}, Errorf(Invalid, "no_order_id", "an order without an id cannot be judged")
	}
	stored, seen := b.Records[o.ID]
	if seen && !o.UpdatedAt.IsZero() && o.UpdatedAt.Before(stored.Facts.Order.UpdatedAt) {
		return Change{Record: stored, Effect: b.waiting(o.ID, stored.Decision)}, nil
	}
	return b.decide(o, stored, seen, trouble, detail)
}

// Review judges an order again after a person decided about it; nil takes the last decision back. What was
// given meanwhile follows: an approval that is undone takes back what it gave, a rejection what was on its
// way. Kind NotFound for an order that was never judged, Conflict, code not_reviewable, for one that no
// person can change: it carries no code or link of ours, or it was imported.
func (b *Book) Review(orderID string, r *Review) (Change, error) {
	stored, seen := b.Records[orderID]
	if !seen {
		return Change{}, Errorf(NotFound, "order_not_found", "there is no order %.80q", orderID)
	}
	if stored.Decision.Outcome == OutcomeNone && stored.Facts.Review == nil {
		return Change{}, Errorf(Conflict, "not_reviewable", "order %s was never referred: there is nothing to decide", orderID)
	}
	stored.Facts.Review = r
	return b.decide(stored.Facts.Order, stored, true, stored.Facts.Trouble, stored.Facts.Detail)
}

func (b *Book) decide(o Order, stored Record, seen bool, trouble Reason, detail string) (Change, error) {
	live := b.liveRewards(o.ID)
	facts := b.facts(o, stored, seen, live, trouble, detail)
	facts.Pin = stored.pinned(live)
	rules := newRulebook(b.Versions, facts, facts.Pin)
	d := b.judge(rules, &facts, stored, live)

	s := settling{book: b, rules: rules, facts: facts, decision: d}
	p, _ := rules.named(d.Program)
	s.eligible, _ = facts.Order.EligibleFor(p.Qualify.Scope) // an error was judged already
	if err := s.settle(live); err != nil {
		return Change{}, err
	}
	if err := s.redeem(); err != nil {
		return Change{}, err
	}
	s.alert(p)
	if facts.Basis == (Money{}) && s.granted() {
		facts.Basis = s.eligible.Original
	}
	rec := Record{Facts: facts, Eligible: s.eligible, Decision: d}
	shadows := b.shadows(facts)
	b.remember(rec, s.Effect)
	return Change{Record: rec, Effect: s.Effect, Shadows: shadows}, nil
}

// liveRewards returns the order's rewards that count.
func (b *Book) liveRewards(orderID string) (live []Reward) {
	for _, r := range b.Rewards[orderID] {
		if r.Status.Live() {
			live = append(live, r)
		}
	}
	return live
}

// closed tells that a person revoked the reward of a rule without a replacement: the order then gets no
// other by it, unless it turns out to be another advocate's.
func (b *Book) closed(orderID string, d Decision, g Grant) (closed bool) {
	for _, r := range b.Rewards[orderID] {
		if r.Beneficiary == g.For && r.Rule == g.Rule && r.belongsTo(d) {
			closed = r.Status == StatusRevoked && r.ReplacedBy == ""
		}
	}
	return closed
}

// soon is how long after an old state a look that was due is taken again.
const soon = 10 * time.Second

// again is how long a reward that is on its way out, but is deserved again, waits to be judged anew.
const again = 10 * time.Minute

// waiting asks for the look that the order waits for, if it waits for one at a time.
func (b *Book) waiting(orderID string, d Decision) (e Effect) {
	if d.Outcome == OutcomePending && !d.ReleaseAt.IsZero() {
		at := d.ReleaseAt
		if !at.After(b.Now) {
			at = b.Now.Add(soon)
		}
		e.confirm(orderID, at)
		return e
	}
	for _, r := range b.liveRewards(orderID) {
		if r.Status.Granted() && r.Void && d.Stands() && r.Next() != StepNone {
			e.confirm(orderID, b.Now.Add(again))
			break
		}
	}
	return e
}

// Granted tells whether a reward in this state is on its way to the shop or was there: qualification is
// not judged again, only the amount.
func (s Status) Granted() bool {
	switch s {
	case StatusIssuing, StatusIssued, StatusRedeemed, StatusExpired, StatusFailed:
		return true
	}
	return false
}

func anyGranted(live []Reward) bool {
	return slices.ContainsFunc(live, func(r Reward) bool { return r.Status.Granted() })
}

// facts gathers what the decision rests on: the new state, what sticks from earlier, the claims.
func (b *Book) facts(o Order, stored Record, seen bool, live []Reward, trouble Reason, detail string) Facts {
	f := Facts{Order: o, At: b.Now, Trouble: trouble, Detail: detail, EarlierHere: b.EarlierHere[o.ID], Granted: anyGranted(live)}
	if seen {
		was := stored.Facts
		f.PaidAt, f.Room, f.Review, f.Historic, f.DisputedAt = was.PaidAt, was.Room, was.Review, was.Historic, was.DisputedAt
		if f.Granted {
			f.Basis = was.Basis
		}
		if o.Deleted || trouble != "" && o.PlacedAt.IsZero() { // the shop told nothing: the last state stands
			f.Order, f.Claims, f.EarlierHere, f.Pieces = was.Order, was.Claims, was.EarlierHere, was.Pieces
			f.Order.Deleted = o.Deleted
			return f
		}
		if f.Granted {
			f.Claims, f.EarlierHere = was.Claims, was.EarlierHere
			f.Order.Customer, f.Order.Codes, f.Order.Touches = was.Order.Customer, was.Order.Codes, was.Order.Touches
			f.Order.PlacedAt, f.Order.Test, f.Order.Country = was.Order.PlacedAt, was.Order.Test, was.Order.Country
			f.Order.Risk, f.Order.Trail, f.Order.Renewal = was.Order.Risk, was.Order.Trail, was.Order.Renewal
			if f.Pieces = was.Pieces; f.Pieces == 0 {
				f.Pieces = was.Order.pieces()
			}
		}
	}
	if f.PaidAt.IsZero() && o.Paid() {
		f.PaidAt = b.Now
		if o.PaidAt != nil && o.PaidAt.Before(b.Now) {
			f.PaidAt = *o.PaidAt
		}
	}
	if !o.Disputed {
		f.DisputedAt = time.Time{}
	} else if f.DisputedAt.IsZero() {
		f.DisputedAt = b.Now
	}
	if len(f.Order.Codes) > MaxCodes+1 { // enough to see that they are too many
		f.Order.Codes = slices.Clone(f.Order.Codes[:MaxCodes+1])
	}
	if !f.Granted {
		f.Claims = b.claims(f.Order)
	}
	return f
}

// Rejudge derives the decision again from the stored facts. all holds every version of the shop's
// programmes, rising. The result differs from r.Decision only if what was stored is damaged: the version that
// the decision names judges again, even if another was stored meanwhile that was applied before the order.
func (r Record) Rejudge(all map[string][]Program) Decision {
	return Judge(newRulebook(all, r.Facts, r.Facts.Pin, r.pinned(nil)), r.Facts)
}

// judge asks Judge, and the limits where a new reward is wanted. What the limits left then is kept in
// the facts: a later look cannot change the verdict.
func (b *Book) judge(rules dated, f *Facts, stored Record, live []Reward) Decision {
	was := stored.Decision
	d := Judge(rules, *f)
	if f.Room != nil && (d.Advocate != was.Advocate || d.Program != was.Program) && d.Advocate != "" && was.Advocate != "" {
		f.Room = nil // it was asked for another
		d = Judge(rules, *f)
	}
	counted := f.Room != nil && was.Stands() && was.Reckoned && len(was.Grants) == 0 // it has a number, and asked for nothing
	if !d.Stands() || !d.Reckoned {
		return d
	}
	if counted && len(d.Grants) == 0 {
		return b.number(rules, f, stored, d)
	}
	if f.Room != nil && slices.ContainsFunc(live, func(r Reward) bool { return r.belongsTo(d) }) {
		if b.overtaken(d, f) {
			d = Judge(rules, *f)
		}
		return b.number(rules, f, stored, d)
	}
	if len(d.Grants) > 0 && !slices.ContainsFunc(d.Grants, func(g Grant) bool { return !b.closed(f.Order.ID, d, g) }) {
		return d
	}
	p, _ := rules.named(d.Program)
	room := b.room(p, d, f.Order)
	if counted {
		room.Referrals = f.Room.Referrals
	}
	f.Room = room
	d = Judge(rules, *f) // the number of referrals decides what is asked for
	f.Room.Asked, _ = d.asked(p.Currency)
	return Judge(rules, *f)
}

// number gives an order that was reserved before it was paid, or while a person had to look, its place among
// the advocate's referrals anew once it counts: what came to count meanwhile came first. Where the place is
// a dearer one that the budget does not allow, the order keeps what it had.
func (b *Book) number(rules dated, f *Facts, stored Record, d Decision) Decision {
	if f.Granted || f.Room == nil || stored.Counts() || !(Record{Facts: *f, Decision: d}).Counts() {
		return d
	}
	p, _ := rules.named(d.Program)
	was, room := f.Room, b.room(p, d, f.Order)
	if len(b.liveRewards(f.Order.ID)) > 0 { // its own place within the limit it has already
		room.AdvocateUsed = was.AdvocateUsed
	}
	f.Room = room
	next := Judge(rules, *f)
	f.Room.Asked, _ = next.asked(p.Currency)
	if next = Judge(rules, *f); next.Stands() {
		return next
	}
	f.Room = was
	return d
}

// overtaken notes the milestones of this order that another was given since: after a refund another order
// may have reached the same number.
func (b *Book) overtaken(d Decision, f *Facts) bool {
	room := *f.Room
	room.Milestones = slices.Clone(room.Milestones)
	for _, u := range b.AdvocateUsed[UsedKey(d.Program, d.Advocate)] {
		if u.Milestone != "" && u.OrderID != f.Order.ID && slices.ContainsFunc(d.Grants, func(g Grant) bool { return g.Milestone == u.Milestone }) {
			room.Milestones = append(room.Milestones, u.Milestone)
		}
	}
	if len(room.Milestones) == len(f.Room.Milestones) {
		return false
	}
	slices.Sort(room.Milestones)
	f.Room = &room
	return true
}

func (r Reward) belongsTo(d Decision) bool {
	return r.AdvocateID == d.Advocate && r.Program == d.Program
}

// room counts what is used of the limits now. What this order itself has used does not count, nor what
// points were exchanged for.
func (b *Book) room(p Program, d Decision, o Order) *Room {
	key := UsedKey(p.Name, d.Advocate)
	room := Room{BudgetUsed: b.budgetUsed(p), Asked: Money{Currency: p.Currency}}
	orders := map[string]bool{}
	for _, u := range b.AdvocateUsed[key] {
		if u.OrderID != "" && u.OrderID != o.ID && (p.PerAdvocateSpan == 0 || u.At.After(b.Now.Add(-p.PerAdvocateSpan))) {
			orders[u.OrderID] = true
		}
		if u.Milestone != "" && u.OrderID != o.ID && !slices.Contains(room.Milestones, u.Milestone) {
			room.Milestones = append(room.Milestones, u.Milestone)
		}
	}
	slices.Sort(room.Milestones)
	room.AdvocateUsed = len(orders)
	for _, r := range b.liveRewards(o.ID) { // what it has reserved is asked for anew, or goes back
		if r.Program == p.Name && !r.Status.Granted() && IsMoney(r.Net) {
			room.BudgetUsed.Minor -= r.Booked().Pending.Minor
		}
	}
	for _, r := range b.Referrals[key] {
		if r.Counts && r.OrderID != o.ID && (p.CountingPeriod == 0 || r.PlacedAt.After(o.PlacedAt.Add(-p.CountingPeriod))) {
			room.Referrals++
		}
	}
	return &room
}

func (b *Book) budgetUsed(p Program) Money {
	if used := b.BudgetUsed[p.Name]; used.Currency != "" {
		return used
	}
	return Money{Currency: p.Currency}
}

// same tells whether a step left a reward as it was.
func (r Reward) same(was Reward) bool { return reflect.DeepEqual(r, was) }
