package connectortest

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/internal/simshop"
	"grapevine/rewards"
)

// capabilities carries out all that is claimed, and asks for all that is not.
func capabilities(tb testing.TB, f Fixture) {
	can := f.open(tb).Capabilities()
	for _, d := range deeds() {
		if !d.claimed(can) {
			continue
		}
		run(tb, d.name, func(tb testing.TB) {
			s := f.open(tb)
			a, r, err := s.carry(d.prepare(s))
			s.no(d.name, err)
			d.holds(s, a, r)
			s.found(a, r)
		})
	}
	for name, d := range unclaimed(can) {
		run(tb, name+" is refused, because it is not claimed", func(tb testing.TB) {
			s := f.open(tb)
			_, err := s.Do(s.ctx(), s.shop, key, d(s))
			if err == nil {
				tb.Fatal("it was carried out")
			}
			ce := s.callError("doing it", err)
			if kind := rewards.KindOf(err); kind != rewards.Invalid && kind != rewards.Internal || ce.Unclear || ce.Throttled || ce.Park != "" {
				tb.Errorf("got %v (%s), %+v", err, kind, ce)
			}
			if len(s.codes()) > 0 {
				tb.Errorf("the shop has %v", s.codes())
			}
		})
	}
	run(tb, "what a friend pays follows the offer", func(tb testing.TB) { f.open(tb).friendPays() })
	run(tb, "what a reward's owner pays follows the reward", func(tb testing.TB) { f.open(tb).ownerPays() })
	run(tb, "a code that was used cannot be withdrawn unspent", func(tb testing.TB) { f.open(tb).spent() })
	run(tb, "codes that are added twice are added once", func(tb testing.TB) {
		s := f.open(tb)
		o, id := s.published(annasCode)
		r := s.must(rewards.AddCodes{OfferID: id, Offer: o, Codes: []string{annasCode, bensCode}})
		if len(r.Refused) > 0 {
			tb.Errorf("refused: %v", r.Refused)
		}
		s.onlyCodes(seedCode, annasCode, bensCode)
		s.live(annasCode, true)
		s.live(bensCode, true)
	})
}

// found expects that what was done is found, under the same name.
func (s *stage) found(a rewards.Action, r connectors.Receipt) {
	s.tb.Helper()
	again, err := s.Find(s.ctx(), s.shop, a)
	if err != nil || again.ExternalID != r.ExternalID || again.Taken != r.Taken || again.Spent != r.Spent || !reflect.DeepEqual(again.Refused, r.Refused) {
		s.tb.Errorf("what was done is found as %+v (%v), the receipt was %+v", again, err, r)
	}
}

// unclaimed are the issues of what a platform says it does not carry.
func unclaimed(can connectors.Capabilities) map[string]func(*stage) rewards.Action {
	all := map[string]func(*stage) rewards.Action{}
	for _, kind := range []rewards.RewardKind{rewards.KindStoreCredit, rewards.KindGiftCard, rewards.KindTag, rewards.KindProduct} {
		if slices.Contains(can.Rewards, kind) {
			continue
		}
		all["a reward of the kind "+string(kind)] = func(s *stage) rewards.Action {
			r := s.owed(kind, s.customer("anna"))
			if kind == rewards.KindProduct {
				r = s.unpriced(r, rewards.Discount{})
				r.Spec.ProductID = "7001"
			}
			return s.step(r, rewards.StepIssue)
		}
	}
	if !can.FreeShipping {
		all["free shipping"] = func(s *stage) rewards.Action {
			return s.step(s.unpriced(s.owed(rewards.KindDiscountCode, s.customer("anna")), rewards.Discount{FreeShipping: true}), rewards.StepIssue)
		}
	}
	if !can.Scopes {
		all["a code for one product"] = func(s *stage) rewards.Action {
			d := rewards.Discount{Percent: 1000, Products: []string{"7001"}}
			return s.step(s.unpriced(s.owed(rewards.KindDiscountCode, s.customer("anna")), d), rewards.StepIssue)
		}
	}
	return all
}

// pays places an order of 80.00 with a code and expects what is asked for it.
func (s *stage) pays(who, code, total string) simshop.Sold {
	s.tb.Helper()
	b := teapot(who)
	b.Code = code
	sold := s.place(b)
	if s.money(sold.Total) != s.money(total) {
		s.tb.Errorf("%s pays %s with the code %s, want %s", who, sold.Total, code, total)
	}
	return sold
}

// friendPays changes an offer under its codes.
func (s *stage) friendPays() {
	o, id := s.published(annasCode)
	s.pays("ben", annasCode, "72.00")
	o.Discount.Percent, o.Discount.Amount, o.Title = 0, s.money("5.00"), "Give 5"
	r := s.must(rewards.ChangeOffer{ExternalID: id, Offer: o})
	if r.ExternalID != "" {
		id = r.ExternalID
	}
	if s.Capabilities().CodesApart {
		s.must(rewards.AddCodes{OfferID: id, Offer: o, Codes: []string{annasCode}})
	}
	s.pays("carla", annasCode, "75.00")
	s.must(rewards.RetireCode{OfferID: id, Code: annasCode})
	b := teapot("dora")
	b.Code = annasCode
	if _, err := s.sim.Place(b); err == nil {
		s.tb.Errorf("the retired code %s still works", annasCode)
	}
}

// ownerPays uses a reward after it was reduced; nobody else can.
func (s *stage) ownerPays() {
	if !carries(rewards.KindDiscountCode)(s.Capabilities()) {
		return
	}
	r := s.issued(s.owed(rewards.KindDiscountCode, s.customer("anna")))
	b := teapot("ben")
	b.Code = rewardCode
	if _, err := s.sim.Place(b); err == nil {
		s.tb.Errorf("ben could use anna's code %s", rewardCode)
	}
	s.must(s.reduced(r))
	s.pays("anna", rewardCode, "78.00")
	b = teapot("anna")
	b.Code = rewardCode
	if _, err := s.sim.Place(b); err == nil {
		s.tb.Errorf("the code %s could be used twice", rewardCode)
	}
}

// spent withdraws a code after its owner used it.
func (s *stage) spent() {
	if !carries(rewards.KindDiscountCode)(s.Capabilities()) {
		return
	}
	r := s.issued(s.owed(rewards.KindDiscountCode, s.customer("anna")))
	s.pays("anna", rewardCode, "75.00")
	if receipt := s.must(s.withdrawn(r)); !receipt.Spent {
		s.tb.Errorf("the receipt does not tell that the code was used: %+v", receipt)
	}
}

// troubled carries out each deed with each of its calls broken in each way, once.
func troubled(tb testing.TB, f Fixture) {
	can := f.open(tb).Capabilities()
	for _, d := range deeds() {
		if !d.claimed(can) {
			continue
		}
		run(tb, d.name, func(tb testing.TB) {
			s := f.open(tb)
			a := s.baseline(d.prepare(s))
			s.line.mend()
			r, err := s.Do(s.ctx(), s.shop, key, a)
			s.no("doing it without trouble", err)
			doing := s.line.passed()
			s.line.mend()
			s.found(a, r)
			looking := s.line.passed()
			for n, c := range doing {
				for _, trouble := range faults() {
					if c.write || !trouble.effect || trouble.how == truncated {
						run(tb, fmt.Sprintf("%s at call %d", trouble.name, n+1), func(tb testing.TB) { f.doTroubled(tb, d, trouble, n) })
					}
				}
			}
			s.findTroubled(tb, a, looking)
		})
	}
}

// doTroubled breaks the nth call of a deed, and has the pipeline's way lead to exactly one effect.
func (f Fixture) doTroubled(tb testing.TB, d deed, trouble fault, n int) {
	s := f.open(tb)
	a := s.baseline(d.prepare(s))
	var r connectors.Receipt
	var err error
	passed := s.broken(trouble, n, false, func(s *stage) error {
		r, err = s.Do(s.ctx(), s.shop, key, a)
		return err
	})
	s.judge("doing it", trouble, n, passed, err)
	if err != nil {
		r, err = s.carryOn(a, err)
		s.no("doing it again", err)
	}
	d.holds(s, a, r)
	s.found(a, r)
}

// broken calls f while the nth call of the shop's API is broken.
func (s *stage) broken(trouble fault, n int, lasting bool, f func(*stage) error) []call {
	held := s.line.breakCall(n, trouble, lasting)
	impatiently := *s
	impatiently.tb = hurried{s.tb, impatient{s.tb.Context(), held}}
	_ = f(&impatiently) // judged by the caller
	passed := s.line.passed()
	s.line.mend()
	return passed
}

// judge checks what a connector makes of a broken call.
func (s *stage) judge(doing string, trouble fault, n int, passed []call, err error) {
	s.tb.Helper()
	if n >= len(passed) {
		return // it found its way without that call
	}
	s.once(doing, passed[:n+1], passed[n+1:])
	c := passed[n]
	earlier := slices.ContainsFunc(passed[:n], func(c call) bool { return c.write && c.carried })
	doubt := c.write && !trouble.refuses()
	if err == nil {
		return // what counts is what the shop holds
	}
	ce := s.callError(doing, err)
	switch kind := rewards.KindOf(err); {
	case trouble.throttled:
		if kind != rewards.Unavailable || !ce.Throttled || ce.After != after*time.Second {
			s.tb.Errorf("%s: a 429 became %v (%s), throttled %v, after %v", doing, err, kind, ce.Throttled, ce.After)
		}
	case trouble.park != "":
		if kind != rewards.Denied || ce.Park == "" || trouble.park != "any" && ce.Park != trouble.park {
			s.tb.Errorf("%s: a %d became %v (%s), park %q", doing, trouble.status, err, kind, ce.Park)
		}
	default:
		if kind != rewards.Unavailable || ce.Park != "" || ce.Throttled {
			s.tb.Errorf("%s: it became %v (%s), park %q, throttled %v", doing, err, kind, ce.Park, ce.Throttled)
		}
	}
	if doubt && !ce.Unclear {
		s.tb.Errorf("%s: the shop may have done it, and the error says that it has not: %v", doing, err)
	}
	if !doubt && !earlier && ce.Unclear {
		s.tb.Errorf("%s: nothing was done, and the error says that something may have been: %v", doing, err)
	}
}

// once expects that no write is sent a second time, but under a key by which the shop knows it again.
func (s *stage) once(doing string, before, then []call) {
	s.tb.Helper()
	for _, c := range then {
		for _, was := range before {
			if c.write && c.method == was.method && c.path == was.path && c.body == was.body && (c.key == "" || c.key != was.key) {
				s.tb.Errorf("%s: %s %s is sent again by itself", doing, c.method, c.path)
			}
		}
	}
}

// findTroubled breaks each call of a look for what was done: trouble must never look like absence.
func (s *stage) findTroubled(tb testing.TB, a rewards.Action, looking []call) {
	run(tb, "and looked for", func(tb testing.TB) {
		s := s.under(tb)
		for n := range looking {
			for _, trouble := range faults() {
				if trouble.effect && trouble.how != truncated {
					continue
				}
				var err error
				passed := s.broken(trouble, n, false, func(s *stage) error {
					_, err = s.Find(s.ctx(), s.shop, a)
					return err
				})
				s.readTroubled(fmt.Sprintf("looking with %s at call %d", trouble.name, n+1), trouble, n, passed, err)
			}
		}
	})
}

// readTroubled checks what became of a question in trouble.
func (s *stage) readTroubled(doing string, trouble fault, n int, passed []call, err error) {
	s.tb.Helper()
	if slices.ContainsFunc(passed, func(c call) bool { return c.write }) {
		s.tb.Errorf("%s: a question writes", doing)
	}
	s.judge(doing, trouble, n, passed, err)
}

// hurried is a test whose context is another.
type hurried struct {
	testing.TB
	ctx impatient
}

// Context is the hurried one.
func (h hurried) Context() context.Context { return h.ctx }
