package connectortest

import (
	"errors"
	"slices"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
)

// deed is one action, with what must be there before it and what the shop must hold after it, exactly once.
type deed struct {
	name    string
	claimed func(connectors.Capabilities) bool
	prepare func(s *stage) rewards.Action
	holds   func(s *stage, a rewards.Action, r connectors.Receipt)
}

// The names of what the deeds leave in a shop.
const (
	program    = "give10get10"
	rewardID   = "rw_k3v9x2m8qat4c7np"
	rewardCode = "GV-7Q2M-XK4P-9WTB"
	seedCode   = "GV-SEED-4RNW-8YTC"
	annasCode  = "ANNA-7Q2M"
	bensCode   = "BEN-44XY"
	tag        = "VIP"
)

// deeds are all actions that a platform may be asked for.
func deeds() []deed {
	return slices.Concat(offerDeeds(), codeDeeds(), creditDeeds(), cardDeeds(), tagDeeds())
}

func always(connectors.Capabilities) bool { return true }

func carries(kind rewards.RewardKind) func(connectors.Capabilities) bool {
	return func(c connectors.Capabilities) bool { return slices.Contains(c.Rewards, kind) }
}

// money is an amount in the shop's currency.
func (s *stage) money(decimal string) rewards.Money {
	s.tb.Helper()
	m, err := rewards.ParseMoney(decimal, s.shop.Currency)
	s.no("reading "+decimal, err)
	return m
}

// began is when everything here began: long enough ago to be valid by any clock.
func began() time.Time { return time.Now().UTC().Add(-time.Hour).Truncate(time.Second) }

// offer is a programme's discount of 10 %.
func (s *stage) offer() rewards.PublishOffer {
	none := s.money("0")
	return rewards.PublishOffer{
		Program: program, Title: "Give 10 %, get 10", Seed: seedCode, StartsAt: began(),
		Discount: rewards.Discount{Percent: 1000, Amount: none, Minimum: none},
	}
}

// published is an offer that is in the shop, with these codes.
func (s *stage) published(codes ...string) (rewards.PublishOffer, string) {
	s.tb.Helper()
	o := s.offer()
	id := s.must(o).ExternalID
	if len(codes) > 0 {
		s.must(rewards.AddCodes{OfferID: id, Offer: o, Codes: codes})
	}
	return o, id
}

// owed is a reward of 5.00 that is to be issued to a customer.
func (s *stage) owed(kind rewards.RewardKind, customer string) rewards.Reward {
	s.tb.Helper()
	worth, none := s.money("5.00"), s.money("0")
	r := rewards.Reward{
		ID: rewardID, Program: program, CustomerID: customer, Beneficiary: rewards.ForAdvocate, Code: rewardCode,
		Spec:  rewards.RewardSpec{Kind: kind, Amount: worth},
		Value: worth, Net: worth, Given: worth, Loss: none, Used: none, Status: rewards.StatusIssuing,
		CreatedAt: began(), ExpiresAt: began().Add(180 * 24 * time.Hour),
	}
	switch kind {
	case rewards.KindDiscountCode:
		r.Spec.Amount, r.Spec.Discount = none, rewards.Discount{Amount: worth, Minimum: none}
	case rewards.KindTag:
		r.Spec.Amount, r.Spec.Tag = none, tag
		r.Value, r.Net, r.Given = none, none, none
	}
	return r
}

// unpriced makes a discount code of another value of a reward.
func (s *stage) unpriced(r rewards.Reward, d rewards.Discount) rewards.Reward {
	none := s.money("0")
	d.Amount, d.Minimum = none, none
	r.Spec.Discount, r.Value, r.Net, r.Given = d, none, none, none
	return r
}

// step is what a reward's next step means in the shop.
func (s *stage) step(r rewards.Reward, step rewards.StepKind) rewards.Action {
	s.tb.Helper()
	a, err := r.Action(step)
	s.no("finding the action for "+string(step), err)
	return a
}

// issued issues a reward and writes the receipt down.
func (s *stage) issued(r rewards.Reward) rewards.Reward {
	s.tb.Helper()
	receipt := s.must(s.step(r, rewards.StepIssue))
	r.Status, r.ExternalID, r.Refs = rewards.StatusIssued, receipt.ExternalID, receipt.Refs
	if !receipt.ExpiresAt.IsZero() {
		r.ExpiresAt = receipt.ExpiresAt
	}
	return r
}

// reduced is the step that brings an issued reward down to 2.00.
func (s *stage) reduced(r rewards.Reward) rewards.Action {
	s.tb.Helper()
	r.Net = s.money("2.00")
	return s.step(r, rewards.StepReduce)
}

// withdrawn is the step that takes an issued reward away.
func (s *stage) withdrawn(r rewards.Reward) rewards.Action {
	s.tb.Helper()
	r.Net, r.Void = s.money("0"), true
	return s.step(r, rewards.StepWithdraw)
}

// key is what an action is sent under, equal on each try.
const key = rewardID + "/step"

// must carries out an action that has to work.
func (s *stage) must(a rewards.Action) connectors.Receipt {
	s.tb.Helper()
	_, r, err := s.carry(a)
	if err != nil {
		s.tb.Fatalf("%T: %v", a, err)
	}
	return r
}

// carry carries out an action as the pipeline does: where an earlier try may have worked the shop is asked
// first, and the action is sent again only once the shop was seen without it. It returns the action with the
// baseline that it was done on.
func (s *stage) carry(a rewards.Action) (rewards.Action, connectors.Receipt, error) {
	s.tb.Helper()
	a = s.baseline(a)
	r, err := s.Do(s.ctx(), s.shop, key, a)
	if err != nil {
		r, err = s.carryOn(a, err)
	}
	return a, r, err
}

// baseline notes the state of the account that is to be debited.
func (s *stage) baseline(a rewards.Action) rewards.Action {
	s.tb.Helper()
	take, ok := a.(rewards.TakeCredit)
	if !ok || take.After != "" {
		return a
	}
	r, err := s.Find(s.ctx(), s.shop, take)
	if rewards.KindOf(err) != rewards.NotFound {
		s.tb.Fatalf("a debit that was never made is found: %v", err)
	}
	if take.After = r.Refs[rewards.RefNewest]; take.After == "" {
		take.After = "none"
	}
	return take
}

// tries is how often an action is tried in vain.
const tries = 10

// carryOn goes on after a try that failed.
func (s *stage) carryOn(a rewards.Action, err error) (connectors.Receipt, error) {
	s.tb.Helper()
	unclear := false
	for range tries {
		ce := connectors.AsCallError(err)
		kind := rewards.KindOf(err)
		if kind != rewards.Unavailable && !ce.Unclear && ce.Park == "" {
			return connectors.Receipt{}, err
		}
		unclear = unclear || ce.Unclear
		if unclear {
			r, found, err := s.look(a)
			if found || err != nil {
				return r, err
			}
		}
		var r connectors.Receipt
		if r, err = s.Do(s.ctx(), s.shop, key, a); err == nil {
			return r, nil
		}
	}
	return connectors.Receipt{}, err
}

// look asks the shop for what may have been done, so often that it is certain.
func (s *stage) look(a rewards.Action) (r connectors.Receipt, found bool, err error) {
	s.tb.Helper()
	looks := 1
	switch a := a.(type) {
	case rewards.GrantCredit, rewards.TakeCredit:
		looks = 3
	case rewards.TakeGiftCard:
		if !a.Left.IsZero() {
			looks = 3
		}
	}
	for range looks {
		r, err = s.Find(s.ctx(), s.shop, a)
		switch rewards.KindOf(err) {
		case "":
			return r, true, nil
		case rewards.NotFound:
		default:
			return r, false, err
		}
	}
	return connectors.Receipt{}, false, nil
}

// callError is the *connectors.CallError that every error of a call must hold.
func (s *stage) callError(doing string, err error) *connectors.CallError {
	s.tb.Helper()
	var ce *connectors.CallError
	if !errors.As(err, &ce) {
		s.tb.Errorf("%s: the error is no *connectors.CallError: %v", doing, err)
		return connectors.AsCallError(err)
	}
	return ce
}
