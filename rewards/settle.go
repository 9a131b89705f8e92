package rewards

import (
	"cmp"
	"slices"
	"time"
)

// creditLife is how long a store credit lives where the programme names no end: it always has one,
// because the shop tells nothing else by which it could be recognised.
const creditLife = 3650 * 24 * time.Hour

// settling brings an order's rewards in line with its decision.
type settling struct {
	Effect
	book     *Book
	rules    dated
	facts    Facts
	decision Decision
	eligible Eligible
}

// settle works on the order's live rewards, and makes new ones where they are deserved and not there.
func (s *settling) settle(live []Reward) error {
	for _, r := range live {
		if err := s.settleOne(r); err != nil {
			return err
		}
	}
	d := s.decision
	if d.Stands() && d.Reckoned {
		for _, g := range d.Grants {
			if s.there(live, g) || s.book.closed(s.facts.Order.ID, d, g) {
				continue
			}
			if s.facts.Granted && !s.facts.Order.Paid() { // payment was asked of what is on its way, not of this
				continue
			}
			if err := s.create(g); err != nil {
				return err
			}
		}
	}
	if d.Outcome == OutcomePending && !d.ReleaseAt.IsZero() {
		s.confirm(s.facts.Order.ID, d.ReleaseAt)
	}
	return nil
}

// there tells whether a live reward stands where a grant would make one. One that is about to be reversed
// for the decision is not in the way.
func (s *settling) there(live []Reward, g Grant) bool {
	for _, r := range live {
		if r.Beneficiary != g.For || r.Rule != g.Rule {
			continue
		}
		i := slices.IndexFunc(s.Rewards, func(c RewardChange) bool { return c.Reward.ID == r.ID })
		return i < 0 || s.Rewards[i].Reward.Status.Live()
	}
	return false
}

// settleOne brings one reward in line.
func (s *settling) settleOne(live Reward) error {
	d := s.decision
	if live.Status.Granted() {
		return s.shrink(live)
	}
	if d.Outcome == OutcomeHeld && !d.Reckoned {
		return s.suspend(live)
	}
	g, ok := d.Grant(live.Beneficiary, live.Rule)
	stranger := live.Beneficiary == ForFriend && live.CustomerID != s.customer(ForFriend)
	if ok && live.belongsTo(d) && d.Stands() && !stranger {
		return s.adjust(live, g)
	}
	why := cmp.Or(d.Reason, ReasonRefunded)
	if d.Stands() && live.Beneficiary == ForFriend && (stranger || live.CustomerID == "") {
		why = ReasonNoCustomer
	}
	r := live
	if err := s.reverse(&r, why); err != nil {
		return err
	}
	s.change(live.Status, r)
	return nil
}

// create inserts the reward of a grant, with its reservation, as far as the budget goes.
func (s *settling) create(g Grant) error {
	d := s.decision
	p, _ := s.rules.named(d.Program)
	rule := p.Rules[slices.IndexFunc(p.Rules, func(r Rule) bool { return r.Name == g.Rule && r.For == g.For })]
	none := Money{Currency: g.Value.Currency}
	r := Reward{
		ID: s.book.Mint.ID("rw_"), OrderID: s.facts.Order.ID, AdvocateID: d.Advocate, CustomerID: s.customer(g.For),
		Beneficiary: g.For, Rule: g.Rule, Milestone: g.Milestone, Program: p.Name, Version: p.Version, Spec: rule.Reward,
		Value: g.Value, Net: none, Given: none, Loss: none, Used: none, CreatedAt: s.book.Now,
	}
	// A reward that came to nothing when the order asked, and comes to something now, was not asked for.
	var err error
	if r.Net, err = s.affordable(r, g.Net); err != nil || r.Net.Minor == 0 && g.Net.Minor > 0 {
		return err
	}
	s.advance(&r)
	if err := s.post(r, ProgramAccount(r.Program), r.pendingAccount(), r.Net, "earned"); err != nil {
		return err
	}
	s.change("", r)
	return s.giveHere(r)
}

// customer is whose account in the shop the reward goes to.
func (s *settling) customer(who Beneficiary) string {
	if who == ForFriend {
		if c := s.facts.Order.Customer; c != nil {
			return c.ID
		}
		return ""
	}
	won := slices.IndexFunc(s.facts.Claims, func(c Claim) bool { return c.AdvocateID == s.decision.Advocate })
	return s.facts.Claims[won].CustomerID
}

// suspend holds a reward whose order cannot be reckoned at the moment.
func (s *settling) suspend(was Reward) error {
	r := was
	r.Status, r.Reason = StatusHeld, s.decision.Reason
	s.update(was, r)
	return nil
}

// adjust judges a reward anew that was not sent yet.
func (s *settling) adjust(was Reward, g Grant) error {
	r := was
	net, err := s.affordable(r, g.Net)
	if err != nil {
		return err
	}
	r.Value, r.Net, r.Version = g.Value, net, s.decision.Version
	s.advance(&r)
	if err := s.postDifference(r, ProgramAccount(r.Program), r.pendingAccount(), was.Net, net); err != nil {
		return err
	}
	s.update(was, r)
	return s.giveHere(r)
}

// update records a reward that may be as it was.
func (s *settling) update(was, r Reward) {
	if !r.same(was) {
		s.change(was.Status, r)
	}
}

// affordable keeps a reward that grows (an order edited up during the hold) within the budget: what was
// reserved stays, and it grows by what is free.
func (s *settling) affordable(r Reward, net Money) (Money, error) {
	p, _ := s.rules.named(r.Program)
	if net.Minor <= r.Net.Minor || p.Budget.Minor == 0 || !IsMoney(net) {
		return net, nil
	}
	used, err := s.book.budgetUsed(p).Add(s.Budget[p.Name])
	if err != nil {
		return Money{}, err
	}
	free, err := p.Budget.Sub(used)
	if err != nil {
		return Money{}, err
	}
	grow := max(0, min(net.Minor-r.Net.Minor, free.Minor))
	return r.Net.Add(Money{Minor: grow, Currency: net.Currency})
}

// advance moves a reward that was not sent yet to the state that the decision asks for.
func (s *settling) advance(r *Reward) {
	d := s.decision
	r.Reason, r.ReleaseAt = d.Reason, d.ReleaseAt
	switch d.Outcome {
	case OutcomeHeld:
		r.Status = StatusHeld
	case OutcomePending:
		if r.Status != StatusApproved {
			r.Status = StatusPending
		}
	default:
		r.intend(s.book.Mint, s.book.Now)
		if !r.Spec.Kind.InHouse() {
			s.fulfil(r.ID)
		}
	}
}

// intend fixes all that a later look needs to recognise the reward in the shop.
func (r *Reward) intend(mint Mint, now time.Time) {
	r.Status, r.Reason, r.Given = StatusIssuing, ReasonNone, r.Net
	life := r.Spec.Expires
	switch kind := r.Spec.Kind; {
	case kind == KindStoreCredit:
		life = cmp.Or(life, creditLife)
	case r.Code == "" && (kind.AsCode() || kind == KindGiftCard || kind == KindTicket):
		r.Code = mint.Code()
	}
	if life > 0 {
		r.ExpiresAt = now.Add(life).UTC().Truncate(time.Second)
	}
}

// shrink judges the amount of a reward that the shop has or is about to have. It never grows, and where
// the order cannot be read it is left alone.
func (s *settling) shrink(was Reward) error {
	r, d := was, s.decision
	if d.Outcome == OutcomeHeld && s.unreadable() {
		return nil
	}
	if !d.Stands() {
		if !r.Void || r.Status != StatusRedeemed { // why a used one could not be taken back stays known
			r.Reason = d.Reason
		}
		r.Void, r.Net.Minor = true, 0
	} else if d.Outcome == OutcomeHeld && !r.Void { // an approval was undone: back to where a person must look
		r.Void, r.Net.Minor, r.Reason = true, 0, d.Reason
		s.confirm(r.OrderID, s.book.Now.Add(again))
	} else if r.Void && r.Next() != StepNone { // deserved again: a new reward may follow once this one is gone
		s.confirm(r.OrderID, s.book.Now.Add(again))
	} else if !r.Void {
		p, _ := s.rules.named(r.Program)
		net, err := p.Net(r.Value, s.remaining())
		if err != nil {
			return err
		}
		if net.Minor < r.Net.Minor {
			r.Net, r.Reason = net, ReasonRefunded
			r.Void = net.Minor == 0 && r.Priced()
		}
	}
	if r.same(was) {
		return nil
	}
	if err := s.follow(&r, was); err != nil {
		return err
	}
	s.change(was.Status, r)
	return nil
}

// remaining is what is left of what the rewards were reckoned from.
func (s *settling) remaining() Eligible {
	e := s.eligible
	if basis := s.facts.Basis; basis.Currency == e.Original.Currency && basis.Minor > 0 {
		e.Original, e.Left.Minor = basis, min(e.Left.Minor, basis.Minor)
	}
	return e
}

// granted tells whether a reward is on its way by this change.
func (s *settling) granted() bool {
	return slices.ContainsFunc(s.Rewards, func(c RewardChange) bool { return c.Reward.Status.Granted() && !c.Was.Granted() })
}

// unreadable tells whether the verdict is held because the order's state is not known.
func (s *settling) unreadable() bool {
	return !s.decision.Reckoned || s.facts.Trouble != "" || s.facts.Order.Deleted
}

// follow does at once what needs no step in the shop, and asks for the step otherwise. A reward that the
// shop refused is not there, one that was used cannot be taken back: what it was too much is lost.
func (s *settling) follow(r *Reward, was Reward) error {
	if r.Spec.Kind.InHouse() {
		return s.takeHere(r)
	}
	switch r.Status {
	case StatusFailed:
		if r.Void {
			return s.reverse(r, r.Reason)
		}
		r.Given = r.Net
		return s.postDifference(*r, ProgramAccount(r.Program), r.pendingAccount(), was.Given, r.Given)
	case StatusRedeemed:
		return s.lose(r)
	}
	if r.Next() != StepNone {
		s.fulfil(r.ID)
	}
	return nil
}

// usable tells whether the reward's code may have been used. We may hear that it ended before we hear of an
// order that was placed earlier.
func (r Reward) usable() bool {
	return r.Status == StatusIssued || r.Status == StatusExpired && r.Spec.Kind.AsCode()
}

// redeem marks the rewards whose own code the buyer used on this order.
func (s *settling) redeem() error {
	for _, applied := range s.facts.Order.Codes {
		folded, ok := FoldCode(applied.Code)
		if !ok {
			continue
		}
		was, ok := s.book.RewardCodes[folded]
		if ok && was.Status == StatusRevoked && was.Next() == StepWithdraw {
			if err := s.usedAfterAll(was); err != nil {
				return err
			}
			continue
		}
		if !ok || !was.usable() || slices.ContainsFunc(s.Rewards, func(c RewardChange) bool { return c.Reward.ID == was.ID }) {
			continue
		}
		r := was
		r.Status = StatusRedeemed
		if err := s.lose(&r); err != nil {
			return err
		}
		s.change(was.Status, r)
	}
	return nil
}

// usedAfterAll books a code that was used although it had been replaced: the shop had not let go of it, and
// what it took off is lost.
func (s *settling) usedAfterAll(was Reward) error {
	r := was
	if err := s.retired(&r, StepResult{Spent: true}); err != nil {
		return err
	}
	s.change(was.Status, r)
	return nil
}
