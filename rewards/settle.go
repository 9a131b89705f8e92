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
	find     func(program string) (Program, bool)
	facts    Facts
	decision Decision
	eligible Eligible
}

// settle works on the order's live reward, and makes a new one where one is deserved and none is there.
func (s *settling) settle(live *Reward, closed bool) error {
	d := s.decision
	if live != nil && live.Status.Granted() {
		return s.shrink(*live)
	}
	if live != nil && (live.belongsTo(d) && d.Stands() || d.Outcome == OutcomeHeld && !d.Reckoned()) {
		return s.adjust(*live)
	}
	if live != nil {
		r := *live
		if err := s.reverse(&r, d.Reason); err != nil {
			return err
		}
		s.change(live.Status, r)
	}
	if !d.Stands() || !d.Reckoned() || closed {
		return nil
	}
	return s.create()
}

// create inserts the reward of a decision that stands, with its reservation.
func (s *settling) create() error {
	d := s.decision
	p, _ := s.find(d.Program)
	i := slices.IndexFunc(d.Candidates, func(c Candidate) bool { return c.Won })
	j := slices.IndexFunc(s.facts.Claims, func(c Claim) bool { return c.Code == d.Candidates[i].Code })
	none := Money{Currency: d.Value.Currency}
	r := Reward{
		ID: s.book.Mint.ID("rw_"), OrderID: s.facts.Order.ID, AdvocateID: d.Advocate, CustomerID: s.facts.Claims[j].CustomerID,
		Beneficiary: ForAdvocate, Rule: p.Name, Program: p.Name, Version: p.Version, Spec: p.Reward,
		Value: d.Value, Net: d.Net, Given: none, Loss: none, CreatedAt: s.book.Now,
	}
	s.advance(&r)
	if err := s.post(r, ProgramAccount(r.Program), PendingAccount(r.AdvocateID), r.Net, "earned"); err != nil {
		return err
	}
	s.change("", r)
	return nil
}

// adjust judges a reward anew that the shop has not heard of.
func (s *settling) adjust(was Reward) error {
	r, d := was, s.decision
	if !d.Reckoned() {
		r.Status, r.Reason = StatusHeld, d.Reason
		s.update(was, r)
		return nil
	}
	net, err := s.affordable(r, d.Net)
	if err != nil {
		return err
	}
	r.Value, r.Net, r.Version = d.Value, net, d.Version
	s.advance(&r)
	if err := s.postDifference(r, ProgramAccount(r.Program), PendingAccount(r.AdvocateID), was.Net, net); err != nil {
		return err
	}
	s.update(was, r)
	return nil
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
	p, _ := s.find(r.Program)
	if net.Minor <= r.Net.Minor || p.Budget.Minor == 0 {
		return net, nil
	}
	free, err := p.Budget.Sub(s.book.budgetUsed(p))
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
		if !d.ReleaseAt.IsZero() {
			s.confirm(r.OrderID, d.ReleaseAt)
		}
	default:
		r.intend(s.book.Mint, s.book.Now)
		s.fulfil(r.ID)
	}
}

// intend fixes all that a later look needs to recognise the reward in the shop.
func (r *Reward) intend(mint Mint, now time.Time) {
	r.Status, r.Reason, r.Given = StatusIssuing, ReasonNone, r.Net
	life := r.Spec.Expires
	if r.Spec.Kind == KindStoreCredit {
		life = cmp.Or(life, creditLife)
	} else if r.Code == "" {
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
	if d.Outcome == OutcomeHeld {
		return nil
	}
	if !d.Stands() {
		r.Void, r.Net.Minor, r.Reason = true, 0, d.Reason
	} else if r.Void && r.Next() != StepNone { // deserved again: a new reward may follow once this one is gone
		s.confirm(r.OrderID, s.book.Now.Add(again))
	} else if !r.Void {
		p, _ := s.find(r.Program)
		net, err := p.Net(r.Value, s.eligible)
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

// follow does at once what needs no step in the shop, and asks for the step otherwise. A reward that the
// shop refused is not there, one that was used cannot be taken back: what it was too much is lost.
func (s *settling) follow(r *Reward, was Reward) error {
	switch r.Status {
	case StatusFailed:
		if r.Void {
			return s.reverse(r, r.Reason)
		}
		r.Given = r.Net
		return s.postDifference(*r, ProgramAccount(r.Program), PendingAccount(r.AdvocateID), was.Given, r.Given)
	case StatusRedeemed:
		return s.lose(r)
	}
	if r.Next() != StepNone {
		s.fulfil(r.ID)
	}
	return nil
}

// redeem marks the rewards whose own code the buyer used on this order.
func (s *settling) redeem() error {
	for _, applied := range s.facts.Order.Codes {
		folded, ok := FoldCode(applied.Code)
		if !ok {
			continue
		}
		was, ok := s.book.RewardCodes[folded]
		if !ok || was.Status != StatusIssued || slices.ContainsFunc(s.Rewards, func(c RewardChange) bool { return c.Reward.ID == was.ID }) {
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
