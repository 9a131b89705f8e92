package storage

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
	"grapevine/webhooks"
)

func TestAnOrderBecomesARewardThatIsIssued(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		r.decide(r.order("o1"))
		o, err := r.Order(r.ctx, r.shop.ID, "o1")
		r.no(err)
		if o.Decision.Outcome != rewards.OutcomeRewarded || o.Status != "paid" || len(o.Rewards) != 1 {
			t.Fatalf("got %+v", o)
		}
		issued := r.issue()
		if issued.Status != rewards.StatusIssued || issued.Tries != 1 || path(issued) != ">issuing issuing>issued " || issued.History[0].Actor != "engine" {
			t.Fatalf("got %+v", issued)
		}
		entries, _, err := r.Ledger(r.ctx, r.shop.ID, rewards.LedgerFilter{RewardID: issued.ID}, rewards.Page{})
		r.no(err)
		sum := int64(0)
		for _, e := range entries {
			sum += e.Amount.Minor
		}
		if len(entries) != 4 || sum != 0 || entries[0].Account != rewards.IssuedAccount(r.advocate.ID) {
			t.Fatalf("got %+v", entries)
		}
		p, err := r.Program(r.ctx, r.shop.ID, "give10")
		r.no(err)
		if p.BudgetUsed != usd(1000) || s.count("SELECT count(*) FROM jobs WHERE kind IN ('confirm', 'fulfil')") != 0 {
			t.Fatalf("budget %v", p.BudgetUsed)
		}
		if s.count("SELECT count(*) FROM attempts WHERE outcome = 'done' AND kind = 'fulfil'") != 1 || s.count("SELECT count(*) FROM attempts") != 1 {
			t.Fatal("the call's try is not kept, or a read's is")
		}
		r.decide(r.order("o1")) // the same again
		if s.count("SELECT count(*) FROM rewards") != 1 || s.count("SELECT count(*) FROM ledger") != 4 {
			t.Fatal("the same order earned twice")
		}
	})
}

func TestABudgetOfTenRewardsGivesExactlyTen(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		p := busyProgram()
		p.Budget = usd(10_000)
		shops := []*referred{s.referred(p), s.referred(p)}
		var wg sync.WaitGroup
		for _, r := range shops {
			var orders []rewards.Order
			for i := range 50 {
				orders = append(orders, r.order(fmt.Sprint("o", i)))
			}
			for _, c := range r.confirm(orders...) {
				wg.Go(func() {
					if err := r.Decide(r.ctx, r.lane, []webhooks.Confirmed{c}); err != nil {
						t.Error(err)
					}
				})
			}
		}
		wg.Wait()
		for _, r := range shops {
			got := s.count("SELECT count(*) FROM rewards WHERE shop_id = ? AND status = 'issuing'", r.shop.ID)
			refused := s.count("SELECT count(*) FROM orders WHERE shop_id = ? AND reason = 'budget_exhausted'", r.shop.ID)
			if got != 10 || refused != 40 {
				t.Errorf("%d rewards, %d refused", got, refused)
			}
			if s.count("SELECT budget_used_minor FROM offers WHERE shop_id = ?", r.shop.ID) != 10_000 {
				t.Error("the budget was not counted")
			}
		}
	})
}

func TestOneOrderJudgedByManyAtOnceEarnsOnce(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		c := r.confirm(r.order("o1"))
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				if err := r.Decide(r.ctx, r.lane, c); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if s.count("SELECT count(*) FROM rewards") != 1 || s.count("SELECT count(*) FROM ledger") != 2 {
			t.Fatal("one order earned more than once")
		}
	})
}

func TestStoreCreditsOfOneCustomerNeverExpireAtTheSameSecond(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(busyProgram())
		var orders []rewards.Order
		for i := range 30 {
			orders = append(orders, r.order(fmt.Sprint("o", i)))
		}
		r.decide(orders[:20]...)
		r.decide(orders[20:]...)
		if s.count("SELECT count(DISTINCT expires_at) FROM rewards") != 30 {
			t.Fatal("two credits cannot be told apart")
		}
	})
}

func TestAnOlderStateOfAnOrderNeverReplacesANewerOne(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		now := r.order("o1")
		refunded := now
		refunded.UpdatedAt, refunded.Payment = now.UpdatedAt.Add(time.Second), rewards.PaymentRefunded
		r.decide(refunded)
		r.decide(now)
		o, err := r.Order(r.ctx, r.shop.ID, "o1")
		r.no(err)
		if o.Status != "refunded" || len(o.Rewards) != 0 {
			t.Fatalf("got %+v", o)
		}
		plain := func(at time.Time, name string) {
			t.Helper()
			_, err := r.Put(r.ctx, []connectors.Delivery{delivery(r.shop.Domain, int(s.n.Add(1)))})
			r.no(err)
			order := rewards.Order{ID: "o2", Name: name, UpdatedAt: at, PlacedAt: at, Currency: "USD"}
			_, err = r.Work(r.ctx, "w", 10, recordPlain(r.shop.ID, order))
			r.no(err)
		}
		plain(now.UpdatedAt, "new")
		plain(now.UpdatedAt.Add(-time.Minute), "old")
		o, err = r.Order(r.ctx, r.shop.ID, "o2")
		r.no(err)
		if o.Facts.Order.Name != "new" || o.Decision.Outcome != rewards.OutcomeNone {
			t.Fatalf("got %+v", o)
		}
	})
}

func TestAWriteUnderALostLeaseIsRefused(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		c := r.confirm(r.order("o1"))
		old, j := r.lane, c[0].Job
		r.lane = s.lane(r.shop.ID) // another took the shop
		cause := rewards.Errorf(rewards.Unavailable, "x", "y")
		for name, write := range map[string]func() error{
			"decide":  func() error { return s.Decide(s.ctx, old, c) },
			"retry":   func() error { return s.Retry(s.ctx, old, j, cause, 0, false, "") },
			"bury":    func() error { return s.Bury(s.ctx, old, j, cause) },
			"done":    func() error { return s.Done(s.ctx, old, j) },
			"step":    func() error { return s.Step(s.ctx, old, j, rewards.StepResult{}) },
			"renew":   func() error { return s.Renew(s.ctx, old, time.Minute) },
			"release": func() error { return s.Release(s.ctx, old, 0) },
			"park":    func() error { return s.Park(s.ctx, old, "token_refused") },
			"begin":   func() error { _, err := s.Begin(s.ctx, old, 1); return err },
			"offer":   func() error { return s.Desk().SaveOffer(s.ctx, old, j, webhooks.Offer{}, false) },
			"codes":   func() error { return s.Desk().SaveCodes(s.ctx, old, j, []string{"A"}, nil) },
		} {
			if err := write(); rewards.KindOf(err) != rewards.Conflict || rewards.CodeOf(err) != "lease_lost" {
				t.Errorf("%s: %v", name, err)
			}
		}
		if s.count("SELECT count(*) FROM orders") != 0 || s.count("SELECT count(*) FROM jobs WHERE kind = 'confirm'") != 1 {
			t.Fatal("something was written all the same")
		}
	})
}

func TestEventsThatWaitForAnOrderEndWithItsDecision(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		_, err := s.Put(s.ctx, []connectors.Delivery{delivery(r.shop.Domain, 1), delivery(r.shop.Domain, 2)})
		s.no(err)
		_, err = s.Work(s.ctx, "w", 10, confirming(r.shop.ID, "o1"))
		s.no(err)
		c := r.confirm(r.order("o1"))
		c[0].Job.Generation-- // asked for again while it was being read
		s.no(s.Decide(s.ctx, r.lane, c))
		if s.count("SELECT count(*) FROM events WHERE status = 'confirming'") != 2 {
			t.Fatal("events ended with a reading from before them")
		}
		c[0].Job.Generation++
		c[0].Trouble, c[0].Order = rewards.ReasonUnreadableOrder, rewards.Order{ID: "o1"}
		s.no(s.Decide(s.ctx, r.lane, r.confirm(r.order("o1"))))
		if s.count("SELECT count(*) FROM events WHERE status = 'done' AND finished_at IS NOT NULL") != 2 {
			t.Fatal("events wait for a decision that was made")
		}
	})
}

func TestAnOrderThatCannotBeReadIsHeldWithItsEvents(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		_, err := s.Put(s.ctx, []connectors.Delivery{delivery(r.shop.Domain, 1)})
		s.no(err)
		_, err = s.Work(s.ctx, "w", 10, confirming(r.shop.ID, "o1"))
		s.no(err)
		j := r.begin(rewards.JobConfirm)
		s.no(s.Bury(s.ctx, r.lane, j, rewards.Errorf(rewards.Unavailable, "shop_unavailable", "status 503")))
		o, err := s.Order(s.ctx, r.shop.ID, "o1")
		s.no(err)
		if o.Decision.Outcome != rewards.OutcomeHeld || o.Decision.Reason != rewards.ReasonUnreadableOrder {
			t.Fatalf("got %+v", o.Decision)
		}
		list, _, err := s.Events(s.ctx, webhooks.EventFilter{Status: webhooks.EventHeld, OrderID: "o1"}, rewards.Page{})
		s.no(err)
		if len(list) != 1 || list[0].Reason != "unreadable_order" {
			t.Fatalf("got %+v", list)
		}
		if _, _, dead, err := s.JobCounts(s.ctx); dead != 1 || err != nil {
			t.Fatalf("%d dead jobs, %v", dead, err)
		}
		r.decide(r.order("o1")) // the shop is back
		if s.count("SELECT count(*) FROM rewards WHERE status = 'issuing'") != 1 {
			t.Fatal("a readable order stays held")
		}
	})
}

func TestARewardThatTheShopCannotTakeFailsAndIsReissued(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(codeProgram())
		r.decide(r.order("o1"))
		j := r.begin(rewards.JobFulfil)
		s.no(s.Bury(s.ctx, r.lane, j, rewards.Errorf(rewards.Unavailable, "shop_unavailable", "status 503")))
		failed := r.the("o1")
		if failed.Status != rewards.StatusFailed || failed.Reason != rewards.ReasonCouponFailed {
			t.Fatalf("got %+v", failed)
		}
		fresh, created, err := s.Reissue(s.ctx, r.shop.ID, failed.ID, "she asked", "token:tok_1")
		s.no(err)
		again, twice, err := s.Reissue(s.ctx, r.shop.ID, failed.ID, "she asked again", "token:tok_1")
		s.no(err)
		if !created || twice || again.ID != fresh.ID || fresh.Replaces != failed.ID {
			t.Fatalf("created %v, %v: %+v", created, twice, again)
		}
		old, err := s.Reward(s.ctx, r.shop.ID, failed.ID)
		s.no(err)
		last := old.History[len(old.History)-1]
		if old.Status != rewards.StatusRevoked || last.Reason != "she asked" || last.Actor != "token:tok_1" {
			t.Fatalf("got %+v", old)
		}
		issued := r.issue()
		if issued.ID != fresh.ID || issued.Status != rewards.StatusIssued {
			t.Fatalf("got %+v", issued)
		}
	})
}

func TestTriesAreCommittedBeforeTheCallAndForgottenWhenNothingHappened(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(codeProgram())
		r.decide(r.order("o1"))
		j := r.begin(rewards.JobFulfil)
		if j.Unclear || j.Attempts != 1 || r.the("o1").Tries != 1 {
			t.Fatalf("got %+v, tries %d", j, r.the("o1").Tries)
		}
		again := r.begin(rewards.JobFulfil) // the process died in between
		if !again.Unclear || again.Attempts != 2 || !again.FirstAt.Equal(j.FirstAt) || s.count("SELECT count(*) FROM attempts WHERE outcome = 'lost'") != 1 {
			t.Fatalf("got %+v", again)
		}
		s.no(s.Retry(s.ctx, r.lane, again, rewards.Errorf(rewards.Unavailable, "shop_resting", "later"), 0, false, "memo"))
		last := r.begin(rewards.JobFulfil)
		if last.Unclear || last.Note != "memo" || r.the("o1").Tries != 1 {
			t.Fatalf("got %+v, tries %d", last, r.the("o1").Tries)
		}
		s.no(s.Retry(s.ctx, r.lane, last, rewards.Errorf(rewards.Unavailable, "shop_unavailable", "later"), time.Hour, true, ""))
		if _, err := s.Begin(s.ctx, r.lane, 10); err == nil {
			t.Log("another job was due") // the offer's
		}
		if s.count("SELECT count(*) FROM jobs WHERE kind = 'fulfil' AND run_at > {after} AND unclear", (50*time.Minute).Microseconds()) != 1 {
			t.Fatal("the job does not wait")
		}
	})
}

func TestARewardThatIsNoLongerWantedIsDroppedWithoutACall(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(codeProgram())
		o := r.order("o1")
		r.decide(o)
		o.UpdatedAt, o.Payment = o.UpdatedAt.Add(time.Second), rewards.PaymentRefunded
		r.decide(o)
		j := r.begin(rewards.JobFulfil)
		got, _, err := s.Desk().Reward(s.ctx, r.lane, j.Subject)
		s.no(err)
		if got.Next() != rewards.StepDrop {
			t.Fatalf("next is %q, tries %d", got.Next(), got.Tries)
		}
		s.no(s.Step(s.ctx, r.lane, j, rewards.StepResult{Step: rewards.StepDrop}))
		if r.the("o1").Status != rewards.StatusReversed || s.count("SELECT sum(budget_used_minor) FROM offers") != 0 {
			t.Fatalf("got %+v", r.the("o1"))
		}
	})
}

func TestAnOldReadingDoesNotForgetTheEndOfAHold(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		p := creditProgram()
		p.Hold = time.Hour
		r := s.referred(p)
		o := r.order("o1")
		r.decide(o)
		o.UpdatedAt = o.UpdatedAt.Add(-time.Second)
		r.decide(o)
		if r.the("o1").Status != rewards.StatusPending || s.count("SELECT count(*) FROM jobs WHERE kind = 'confirm' AND run_at > {now}") != 1 {
			t.Fatal("nobody looks when the hold is over")
		}
	})
}

func TestWhatCannotBeTakenBackIsARecordedLoss(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		o := r.order("o1")
		r.decide(o)
		r.issue()
		o.UpdatedAt, o.Cancelled = o.UpdatedAt.Add(time.Second), true
		r.decide(o)
		s.no(s.Step(s.ctx, r.lane, r.begin(rewards.JobFulfil), rewards.StepResult{Step: rewards.StepWithdraw, Refused: "credit_missing"}))
		if got := r.the("o1"); got.Status != rewards.StatusRedeemed || got.Loss != usd(1000) || got.Reason != rewards.ReasonCouponFailed {
			t.Fatalf("got %+v", got)
		}
		if ids, text := s.broken(); len(ids) != 0 {
			t.Fatal(text)
		}
	})
}

func TestAnOrderThatWasNotReadYetIsNoUnknownOrder(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		r.no(r.write(r.ctx, "asking", func(x *txn) error {
			return x.enqueue([]webhooks.ShopJob{{ShopID: r.shop.ID, JobRequest: rewards.JobRequest{Kind: rewards.JobConfirm, Subject: "o1"}}})
		}))
		if _, err := s.PauseShop(s.ctx, r.shop.ID); err != nil {
			t.Fatal(err)
		}
		got, err := s.Order(s.ctx, r.shop.ID, "o1")
		if err != nil || got.Decision.Outcome != rewards.OutcomePending || got.Decision.Reason != rewards.ReasonConfirming {
			t.Fatalf("%+v, %v", got.Decision, err)
		}
		if _, err := s.ResumeShop(s.ctx, r.shop.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Order(s.ctx, r.shop.ID, "o1"); rewards.KindOf(err) != rewards.NotFound {
			t.Errorf("an order whose first reading is under way: %v", err)
		}
		for range readsShown {
			j := r.begin(rewards.JobConfirm)
			s.no(s.Retry(s.ctx, r.lane, j, rewards.Errorf(rewards.Unavailable, "shop_unavailable", "status 500"), 0, false, ""))
		}
		got, err = s.Order(s.ctx, r.shop.ID, "o1")
		if err != nil || got.Decision.Outcome != rewards.OutcomeHeld || got.Decision.Reason != rewards.ReasonUnreadableOrder {
			t.Errorf("%+v, %v", got.Decision, err)
		}
		if _, err := s.Order(s.ctx, r.shop.ID, "o2"); rewards.KindOf(err) != rewards.NotFound {
			t.Errorf("an order that nobody named: %v", err)
		}
	})
}
