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
	live, closed := b.rewardOf(o.ID)
	facts := b.facts(o, stored, seen, live, trouble, detail)
	find := b.versions(stored.Decision, live, facts)
	d := b.judge(find, &facts, stored, live, closed)

	s := settling{book: b, find: find, facts: facts, decision: d}
	s.eligible, _ = facts.Order.Eligible() // an error was judged already
	if err := s.settle(live, closed); err != nil {
		return Change{}, err
	}
	if err := s.redeem(); err != nil {
		return Change{}, err
	}
	rec := Record{Facts: facts, Eligible: s.eligible, Decision: d}
	b.remember(rec, s.Effect)
	return Change{Record: rec, Effect: s.Effect}, nil
}

// rewardOf returns the order's live reward, nil if there is none. closed tells that a person revoked
// the reward without a replacement: the order then gets no other.
func (b *Book) rewardOf(orderID string) (live *Reward, closed bool) {
	for _, r := range b.Rewards[orderID] {
		if r.Status.Live() {
			return &r, false
		}
		closed = r.Status == StatusRevoked && r.ReplacedBy == ""
	}
	return nil, closed
}

// soon is how long after an old state a look that was due is taken again.
const soon = 10 * time.Second

// again is how long a reward that is on its way out, but is deserved again, waits to be judged anew.
const again = 10 * time.Minute

// waiting asks for the look that the order's reward waits for, if it waits for one at a time.
func (b *Book) waiting(orderID string, d Decision) (e Effect) {
	live, _ := b.rewardOf(orderID)
	switch {
	case live == nil:
	case (live.Status == StatusPending || live.Status == StatusApproved) && !live.ReleaseAt.IsZero():
		at := live.ReleaseAt
		if !at.After(b.Now) {
			at = b.Now.Add(soon)
		}
		e.confirm(orderID, at)
	case live.Status.Granted() && live.Void && d.Stands() && live.Next() != StepNone:
		e.confirm(orderID, b.Now.Add(again))
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

// facts gathers what the decision rests on: the new state, what sticks from earlier, the claims.
func (b *Book) facts(o Order, stored Record, seen bool, live *Reward, trouble Reason, detail string) Facts {
	f := Facts{Order: o, At: b.Now, Trouble: trouble, Detail: detail, EarlierHere: b.EarlierHere[o.ID]}
	f.Granted = live != nil && live.Status.Granted()
	if seen {
		was := stored.Facts
		f.PaidAt, f.Room, f.Approved = was.PaidAt, was.Room, was.Approved
		if o.Deleted || trouble != "" && o.PlacedAt.IsZero() { // the shop told nothing: the last state stands
			f.Order, f.Claims, f.EarlierHere = was.Order, was.Claims, was.EarlierHere
			f.Order.Deleted = o.Deleted
			return f
		}
		if f.Granted {
			f.Claims, f.EarlierHere = was.Claims, was.EarlierHere
			f.Order.Customer, f.Order.Codes = was.Order.Customer, was.Order.Codes
			f.Order.PlacedAt, f.Order.Test = was.Order.PlacedAt, was.Order.Test
		}
	}
	if f.PaidAt.IsZero() && o.Paid() {
		f.PaidAt = b.Now
		if o.PaidAt != nil && o.PaidAt.Before(b.Now) {
			f.PaidAt = *o.PaidAt
		}
	}
	if len(f.Order.Codes) > MaxCodes+1 { // enough to see that they are too many
		f.Order.Codes = slices.Clone(f.Order.Codes[:MaxCodes+1])
	}
	if !f.Granted {
		f.Claims = b.claims(f.Order)
	}
	return f
}

// claims finds the owners of the order's codes. A code that stands there twice counts once, with the sum.
func (b *Book) claims(o Order) []Claim {
	var claims []Claim
	for _, applied := range o.Codes {
		folded, ok := FoldCode(applied.Code)
		if !ok {
			continue
		}
		owner, ok := b.Owners[folded]
		if !ok {
			continue
		}
		owner.Code, owner.TookOff = folded, applied.TookOff
		i := slices.IndexFunc(claims, func(c Claim) bool { return c.Code == folded })
		if i < 0 {
			claims = append(claims, owner)
		} else if sum, err := claims[i].TookOff.Add(applied.TookOff); err == nil {
			claims[i].TookOff = sum
		}
	}
	return claims
}

// versions finds a programme's version for an order: the one that judged it before, or else the one that
// was valid when it was placed.
func (b *Book) versions(was Decision, live *Reward, f Facts) func(string) (Program, bool) {
	name, version := was.Program, was.Version
	if live != nil {
		name, version = live.Program, live.Version
	}
	return pinned(b.Versions, name, version, f)
}

// pinned finds the version valid when the order was placed, but for the named programme this version. A
// shop's clock that runs ahead cannot carry an order into a version that did not exist when it was judged.
func pinned(all map[string][]Program, program string, version int, f Facts) func(string) (Program, bool) {
	placedAt := f.Order.PlacedAt
	if f.At.Before(placedAt) {
		placedAt = f.At
	}
	return func(name string) (Program, bool) {
		for _, p := range all[name] {
			if name == program && p.Version == version {
				return p, true
			}
		}
		return VersionAt(all[name], placedAt)
	}
}

// Rejudge derives the decision again from the stored facts. all holds every version of the shop's
// programmes, rising. The result differs from r.Decision only if what was stored is damaged.
func (r Record) Rejudge(all map[string][]Program) Decision {
	return Judge(pinned(all, r.Decision.Program, r.Decision.Version, r.Facts), r.Facts)
}

// judge asks Judge, and the limits where a new reward is wanted. What the limits left then is kept in
// the facts: a later look cannot change the verdict.
func (b *Book) judge(find func(string) (Program, bool), f *Facts, stored Record, live *Reward, closed bool) Decision {
	d := Judge(find, *f)
	if f.Room != nil && (d.Advocate != stored.Decision.Advocate || d.Program != stored.Decision.Program) && d.Advocate != "" {
		f.Room = nil // it was asked for another
		d = Judge(find, *f)
	}
	if !d.Stands() || !d.Reckoned() || closed || live != nil && live.belongsTo(d) {
		return d
	}
	p, _ := find(d.Program)
	f.Room = b.room(p, d)
	return Judge(find, *f)
}

func (r Reward) belongsTo(d Decision) bool {
	return r.AdvocateID == d.Advocate && r.Program == d.Program
}

// room counts what is used of the limits now.
func (b *Book) room(p Program, d Decision) *Room {
	room := Room{BudgetUsed: b.budgetUsed(p), Asked: d.Value}
	for _, at := range b.AdvocateUsed[UsedKey(p.Name, d.Advocate)] {
		if p.PerAdvocateSpan == 0 || at.After(b.Now.Add(-p.PerAdvocateSpan)) {
			room.AdvocateUsed++
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

// remember brings the book up to date with a change.
func (b *Book) remember(rec Record, e Effect) {
	if b.Records == nil {
		b.Records = map[string]Record{}
	}
	b.Records[rec.Facts.Order.ID] = rec
	for _, c := range e.Rewards {
		b.keep(c)
	}
	for name, delta := range e.Budget {
		if b.BudgetUsed == nil {
			b.BudgetUsed = map[string]Money{}
		}
		b.BudgetUsed[name], _ = b.BudgetUsed[name].Add(delta) // the postings were checked for overflow
	}
}

// keep stores a changed reward and counts or forgets its use of the advocate's limit.
func (b *Book) keep(c RewardChange) {
	if b.Rewards == nil {
		b.Rewards = map[string][]Reward{}
	}
	if b.AdvocateUsed == nil {
		b.AdvocateUsed = map[string][]time.Time{}
	}
	r := c.Reward
	list := slices.Clone(b.Rewards[r.OrderID])
	if i := slices.IndexFunc(list, func(x Reward) bool { return x.ID == r.ID }); i >= 0 {
		list[i] = r
	} else {
		list = append(list, r)
	}
	b.Rewards[r.OrderID] = list
	if known, ok := b.RewardCodes[r.Code]; ok && known.ID == r.ID {
		b.RewardCodes[r.Code] = r
	}
	key := UsedKey(r.Program, r.AdvocateID)
	used := b.AdvocateUsed[key]
	if c.Was == "" {
		b.AdvocateUsed[key] = append(slices.Clone(used), r.CreatedAt)
	} else if c.Was.Live() && !r.Status.Live() {
		if i := slices.IndexFunc(used, r.CreatedAt.Equal); i >= 0 {
			b.AdvocateUsed[key] = slices.Delete(slices.Clone(used), i, i+1)
		}
	}
}

// same tells whether a step left a reward as it was.
func (r Reward) same(was Reward) bool { return reflect.DeepEqual(r, was) }
