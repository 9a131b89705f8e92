package simulation

import (
	"slices"
	"time"

	"grapevine/rewards"
)

// side is one programme of a run with all that it remembers.
type side struct {
	p      rewards.Program
	always bool // its dates lie outside the period and were set aside
	steady bool // see func steady
	// By advocate.
	advocates map[string]*standing
	// By friend: who referred her first.
	bonds map[Key]bond
	// advocateOf tells, by customer id, who is an advocate herself: circles are seen by it.
	advocateOf map[string]string
	budget     rewards.Money // used
	sums       sums
}

// bond is who referred a friend first, and when.
type bond struct {
	by *standing
	at time.Time
}

// standing is what an advocate has behind her.
type standing struct {
	advocate   string
	bond       *rewards.Claim // what binds her friends to her; nil where the programme binds nobody
	referrals  []time.Time    // placed, rising: those that stand
	counted    []time.Time    // the same of those that lift her, see rewards.Record.Counts
	used       []time.Time    // the same of those that brought a reward
	milestones []string
	friendOf   string // the advocate who referred her; "" if nobody did
}

func newSide(p rewards.Program, o Options) *side {
	s := &side{p: p, steady: steady(p), advocates: map[string]*standing{}, bonds: map[Key]bond{}, budget: rewards.Money{Currency: p.Currency}}
	if p.Until != nil && !p.Until.After(o.From) || p.From != nil && !p.From.Before(o.To) {
		s.p.From, s.p.Until, s.always = nil, nil, true
	}
	s.advocateOf = make(map[string]string, len(o.Codes))
	for _, c := range o.Codes {
		if c.CustomerID != "" {
			s.advocateOf[c.CustomerID] = c.AdvocateID
		}
	}
	s.sums.begin(s.p, o.Zone)
	return s
}

// verdict is what one programme says about an order.
type verdict struct {
	rewards.Decision
	won   rewards.Claim
	left  rewards.Money // of the eligible total, in the programme's scope
	cost  rewards.Money
	bound bool // the order concerns it by a bond alone
}

// judge decides about an order and remembers what follows.
func (s *side) judge(f rewards.Facts) verdict {
	friend := friendKey(f.Order.Customer)
	var first *standing
	if b, ok := s.bonds[friend]; ok && b.at.Before(f.Order.PlacedAt) {
		first = b.by
	}
	v := verdict{}
	f.Claims = slices.Clone(f.Claims)
	if first != nil && first.bond != nil {
		v.bound = len(f.Claims) == 0
		f.Claims = append(f.Claims, *first.bond)
	}
	for i := range f.Claims {
		s.fill(&f.Claims[i], f.Order, first)
	}
	v.Decision = s.decide(f)
	for _, c := range f.Claims {
		if c.AdvocateID == v.Advocate {
			v.won = c
			break
		}
	}
	if e, err := f.Order.EligibleFor(s.p.Qualify.Scope); err == nil {
		v.left = e.Left
	}
	v.cost, _ = v.Cost(s.p.Currency)
	if len(f.Claims) > 0 {
		s.sums.add(f, v)
	}
	s.remember(f, v, friend)
	return v
}

// decide judges as rewards.Book does: first whether the order deserves anything, then what the limits leave
// for whom it is.
func (s *side) decide(f rewards.Facts) rewards.Decision {
	rules := rewards.Sole(s.p)
	if s.steady && len(f.Claims) == 1 {
		// Who would win is known, and what she has behind her changes no reward: one look is enough, but where
		// a limit speaks, which must not outweigh what else is wrong.
		f.Room = s.room(f.Claims[0].AdvocateID, f.Order)
		d := rewards.Judge(rules, f)
		switch {
		case d.Stands() && d.Reckoned:
			return s.affordable(rules, f, d)
		case d.Reason != rewards.ReasonCapReached && d.Reason != rewards.ReasonBudgetExhausted:
			return d
		}
		f.Room = nil
	}
	d := rewards.Judge(rules, f)
	if !d.Stands() || !d.Reckoned {
		return d
	}
	f.Room = s.room(d.Advocate, f.Order)
	return s.affordable(rules, f, rewards.Judge(rules, f)) // the number of referrals decides what is asked for
}

// affordable asks the budget for what an order deserves.
func (s *side) affordable(rules rewards.Rulebook, f rewards.Facts, d rewards.Decision) rewards.Decision {
	if s.p.Budget.Minor == 0 {
		return d
	}
	asked := rewards.Money{Currency: s.p.Currency}
	for _, g := range d.Grants {
		if g.Value.Currency == s.p.Currency {
			asked, _ = asked.Add(g.Value) // what leaves int64 is refused by the programme file long before
		}
	}
	f.Room.Asked = asked
	return rewards.Judge(rules, f)
}

// steady tells whether an advocate's number of referrals has no say in what a programme gives.
func steady(p rewards.Program) bool {
	return len(p.Levels) == 0 && !slices.ContainsFunc(p.Rules, func(r rewards.Rule) bool {
		return r.From > 1 || r.To > 0 || r.Every > 1 || r.Milestone
	})
}

func (s *side) room(advocate string, o rewards.Order) *rewards.Room {
	room := &rewards.Room{BudgetUsed: s.budget, Asked: rewards.Money{Currency: s.p.Currency}}
	a := s.advocates[advocate]
	if a == nil {
		return room
	}
	room.AdvocateUsed = len(a.used) - after(a.used, o.PlacedAt, s.p.PerAdvocateSpan)
	room.Referrals = len(a.counted) - after(a.counted, o.PlacedAt, s.p.CountingPeriod)
	room.Milestones = slices.Clone(a.milestones)
	slices.Sort(room.Milestones)
	return room
}

// after finds the first of some rising times that lies inside a span before now; a span of zero is for ever.
func after(times []time.Time, now time.Time, span time.Duration) int {
	if span == 0 {
		return 0
	}
	since := now.Add(-span)
	i, _ := slices.BinarySearchFunc(times, since, func(t, since time.Time) int {
		if t.After(since) {
			return 1
		}
		return -1
	})
	return i
}

// remember notes a referral that counts, and what it uses up.
func (s *side) remember(f rewards.Facts, v verdict, friend Key) {
	if !v.Stands() || !v.Reckoned {
		return
	}
	a := s.of(v.Advocate)
	a.referrals = append(a.referrals, f.Order.PlacedAt)
	if (rewards.Record{Facts: f, Decision: v.Decision}).Counts() {
		a.counted = append(a.counted, f.Order.PlacedAt)
	}
	if len(v.Grants) > 0 {
		a.used = append(a.used, f.Order.PlacedAt)
	}
	for _, g := range v.Grants {
		if g.Milestone != "" && !slices.Contains(a.milestones, g.Milestone) {
			a.milestones = append(a.milestones, g.Milestone)
		}
	}
	s.budget, _ = s.budget.Add(v.cost)
	if _, taken := s.bonds[friend]; friend != 0 && !taken {
		s.bonds[friend] = bond{a, f.Order.PlacedAt}
	}
	if c := v.won; s.p.Attribution.Bind && a.bond == nil {
		a.bond = &rewards.Claim{Via: rewards.ViaBond, AdvocateID: c.AdvocateID, CustomerID: c.CustomerID, EmailKey: c.EmailKey,
			Blocked: c.Blocked, Program: c.Program, Since: c.Since, Group: c.Group}
	}
	if who := f.Order.Customer; who != nil {
		if own := s.advocateOf[who.ID]; own != "" && s.of(own).friendOf == "" {
			s.of(own).friendOf = v.Advocate
		}
	}
}

func (s *side) of(advocate string) *standing {
	a := s.advocates[advocate]
	if a == nil {
		a = &standing{advocate: advocate}
		s.advocates[advocate] = a
	}
	return a
}

func friendKey(p *rewards.Person) Key {
	switch {
	case p == nil:
		return 0
	case p.ID != "":
		return KeyOf(p.ID)
	}
	return KeyOf(p.EmailKey)
}
