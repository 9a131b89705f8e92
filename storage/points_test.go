package storage

import (
	"slices"
	"sync"
	"testing"
	"time"

	"grapevine/rewards"
	"grapevine/rewards/fairness"
)

// keptProgram gives the advocate a reward that is kept here, at once.
func keptProgram(name string, spec rewards.RewardSpec) rewards.Program {
	p := creditProgram()
	p.Name, p.Rules[0].Reward = name, spec
	p.Fairness = fairness.Settings{PerDay: 1000, PerMonth: 1000, Strangers: 1000} // its pace is not what is tried
	return p
}

// pointsProgram gives 100 points an order; 100 are worth $5 of store credit.
func pointsProgram() rewards.Program {
	p := keptProgram("points", rewards.RewardSpec{Kind: rewards.KindPoints, Amount: rewards.Money{Minor: 100, Currency: rewards.UnitPoints}, Expires: 90 * 24 * time.Hour})
	p.Points = &rewards.PointsPlan{Per: 100, Worth: usd(500), Kind: rewards.KindStoreCredit, Minimum: 50}
	return p
}

// sound demands that no check finds a breach.
func (s *store) sound() {
	s.t.Helper()
	if ids, text := s.broken(); len(ids) != 0 {
		s.t.Fatalf("breaches of %v:\n%s", ids, text)
	}
}

// refund has the shop tell that an order's money went back.
func (r *referred) refund(o rewards.Order) {
	r.t.Helper()
	o.UpdatedAt, o.Payment = o.UpdatedAt.Add(time.Second), rewards.PaymentRefunded
	r.decide(o)
}

// refundPart has the shop tell that a part of an order's money went back.
func (r *referred) refundPart(o rewards.Order, minor int64) {
	r.t.Helper()
	o.UpdatedAt, o.Payment, o.MoneyBack = o.UpdatedAt.Add(time.Second), rewards.PaymentPartiallyRefunded, usd(minor)
	r.decide(o)
}

func points(n int64) rewards.Money { return rewards.Money{Minor: n, Currency: rewards.UnitPoints} }

func TestPointsAreExchangedForARewardInTheShop(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(pointsProgram())
		r.decide(r.order("o1"), r.order("o2"))
		balances, err := s.Points(s.ctx, r.shop.ID, r.advocate.ID)
		s.no(err)
		end := r.the("o1").ExpiresAt
		want := rewards.PointsBalance{Program: "points", Unused: points(200), Worth: usd(1000), Minimum: 50, Ends: []rewards.PointsEnd{{At: end, Points: 200}}}
		if len(balances) != 1 || !same(balances[0], want) {
			t.Fatalf("got %+v\nwant %+v", balances, want)
		}

		made, err := s.ExchangePoints(s.ctx, r.shop.ID, r.advocate.ID, "points", 150, "token:tok_1")
		s.no(err)
		if made.Value != usd(750) || made.OrderID != "" || made.Spec.Kind != rewards.KindStoreCredit || made.CustomerID != "c-anna" || path(made) != ">issuing " || made.History[0].Actor != "token:tok_1" {
			t.Fatalf("got %+v", made)
		}
		balances, err = s.Points(s.ctx, r.shop.ID, r.advocate.ID)
		s.no(err)
		if len(balances) != 1 || balances[0].Unused != points(50) {
			t.Fatalf("got %+v", balances)
		}
		used := []rewards.Status{r.the("o1").Status, r.the("o2").Status}
		slices.Sort(used)
		if !slices.Equal(used, []rewards.Status{rewards.StatusIssued, rewards.StatusRedeemed}) {
			t.Fatalf("the rewards in points are %v", used)
		}
		s.sound()
		if got := r.issue(); got.ID != made.ID || got.Status != rewards.StatusIssued {
			t.Fatalf("got %+v", got)
		}
		s.sound()
	})
}

// same compares balances; times are compared as instants.
func same(a, b rewards.PointsBalance) bool {
	return a.Program == b.Program && a.Unused == b.Unused && a.Worth == b.Worth && a.Minimum == b.Minimum &&
		slices.EqualFunc(a.Ends, b.Ends, func(x, y rewards.PointsEnd) bool { return x.At.Equal(y.At) && x.Points == y.Points })
}

func TestAnExchangeThatCannotBeIsRefused(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		p := pointsProgram()
		p.Budget = usd(600)
		r := s.referred(p)
		r.decide(r.order("o1"), r.order("o2"))
		ask := func(advocate, program string, n int64) error {
			_, err := s.ExchangePoints(s.ctx, r.shop.ID, advocate, program, n, "user:cli")
			return err
		}
		s.kind(ask("adv_nobody", "points", 100), rewards.NotFound, "advocate_not_found")
		s.kind(ask(r.advocate.ID, "nothing", 100), rewards.NotFound, "program_not_found")
		s.kind(ask(r.advocate.ID, "points", 0), rewards.Invalid, "bad_points")
		s.kind(ask(r.advocate.ID, "points", 49), rewards.Invalid, "below_minimum")
		s.kind(ask(r.advocate.ID, "points", 201), rewards.Conflict, "budget_exhausted")
		s.kind(ask(r.advocate.ID, "points", 150), rewards.Conflict, "budget_exhausted")
		s.no(ask(r.advocate.ID, "points", 100))
		s.kind(ask(r.advocate.ID, "points", 100), rewards.Conflict, "budget_exhausted")
		s.raw("UPDATE advocates SET status = 'blocked'")
		s.kind(ask(r.advocate.ID, "points", 100), rewards.Conflict, "advocate_blocked")
		_, err := s.Points(s.ctx, r.shop.ID, "adv_nobody")
		s.kind(err, rewards.NotFound, "advocate_not_found")
		s.sound()
	})
}

func TestNoPointIsExchangedTwice(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(pointsProgram())
		r.decide(r.order("o1"), r.order("o2"), r.order("o3"))
		const tries = 12
		errs := make([]error, tries)
		var all sync.WaitGroup
		for i := range tries {
			all.Go(func() {
				_, errs[i] = s.ExchangePoints(s.ctx, r.shop.ID, r.advocate.ID, "points", 70, "user:cli")
			})
		}
		all.Wait()
		made := 0
		for _, err := range errs {
			if err == nil {
				made++
			} else {
				s.kind(err, rewards.Conflict, "not_enough_points")
			}
		}
		if made != 4 { // 4 × 70 of 300
			t.Fatalf("%d exchanges were made", made)
		}
		balances, err := s.Points(s.ctx, r.shop.ID, r.advocate.ID)
		s.no(err)
		if len(balances) != 1 || balances[0].Unused != points(20) {
			t.Fatalf("got %+v", balances)
		}
		if n := s.count("SELECT count(DISTINCT expires_at) FROM rewards WHERE kind = 'store_credit'"); n != 4 {
			t.Fatalf("the credits have %d expiries: they cannot be told apart", n)
		}
		s.sound()
	})
}

func TestARefundAfterTheExchangeIsARecordedLoss(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(pointsProgram())
		o := r.order("o1")
		r.decide(o)
		made, err := s.ExchangePoints(s.ctx, r.shop.ID, r.advocate.ID, "points", 60, "user:cli")
		s.no(err)
		r.refund(o)
		got := r.the("o1")
		if got.Status != rewards.StatusRedeemed || got.Loss != points(60) || got.Used != points(0) || got.Net != points(0) {
			t.Fatalf("got %+v", got.Reward)
		}
		kept, err := s.Reward(s.ctx, r.shop.ID, made.ID)
		s.no(err)
		if kept.Status != rewards.StatusIssuing || kept.Net != usd(300) {
			t.Fatalf("what the points were exchanged for is %+v", kept.Reward)
		}
		s.sound()
	})
}

func TestPointsThatRanOutAreNotExchanged(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(pointsProgram())
		r.decide(r.order("o1"), r.order("o2"))
		s.raw("UPDATE rewards SET expires_at = {hourago} WHERE order_id = 'o1'")
		balances, err := s.Points(s.ctx, r.shop.ID, r.advocate.ID)
		s.no(err)
		if len(balances) != 1 || balances[0].Unused != points(100) {
			t.Fatalf("got %+v", balances)
		}
		_, err = s.ExchangePoints(s.ctx, r.shop.ID, r.advocate.ID, "points", 101, "user:cli")
		s.kind(err, rewards.Conflict, "not_enough_points")
	})
}

func TestAnErasedAdvocatesExchangeIsDropped(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(pointsProgram())
		r.decide(r.order("o1"))
		made, err := s.ExchangePoints(s.ctx, r.shop.ID, r.advocate.ID, "points", 100, "user:cli")
		s.no(err)
		r.apply(rewards.CustomerErased{CustomerID: "c-anna"}, "c-anna")
		got, err := s.Reward(s.ctx, r.shop.ID, made.ID)
		s.no(err)
		if got.Status != rewards.StatusReversed || got.CustomerID == "c-anna" {
			t.Fatalf("got %+v", got.Reward)
		}
		_, err = s.ExchangePoints(s.ctx, r.shop.ID, r.advocate.ID, "points", 100, "user:cli")
		s.kind(err, rewards.Conflict, "advocate_retired")
		s.sound()
	})
}

func TestAnExchangeTakesNothingOfWhatAnAdvocateMayEarn(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		p := pointsProgram()
		p.PerAdvocate = 2
		r := s.referred(p)
		r.decide(r.order("o1"))
		_, err := s.ExchangePoints(s.ctx, r.shop.ID, r.advocate.ID, "points", 100, "user:cli")
		s.no(err)
		r.decide(r.order("o2"), r.order("o3"))
		rewarded := 0
		for _, id := range []string{"o2", "o3"} {
			o, err := s.Order(s.ctx, r.shop.ID, id)
			s.no(err)
			if o.Decision.Outcome == rewards.OutcomeRewarded {
				rewarded++
			}
		}
		if rewarded != 1 {
			t.Fatalf("%d of 2 orders were rewarded behind the first", rewarded)
		}
		s.sound()
	})
}
