package storage

import (
	"fmt"
	"strings"
	"testing"

	"grapevine/rewards"
)

// again reads what is due from the shop, which tells the orders as they are given.
func (r *referred) again(orders ...rewards.Order) {
	r.t.Helper()
	for _, o := range orders {
		if r.count("SELECT count(*) FROM jobs WHERE kind = 'confirm' AND subject = ? AND state = 'due'", o.ID) != 1 {
			r.t.Fatalf("nobody asks for order %s", o.ID)
		}
	}
	r.decide(orders...)
}

func TestABlockedAdvocateLosesWhatIsNotGivenAndGetsItBack(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		p := creditProgram()
		r := s.referred(p)
		given := r.order("given")
		r.decide(given)
		r.issue()
		held := r.risky("held")
		r.decide(held)
		waiting := r.order("waiting")
		waiting.Payment, waiting.PaidAt = rewards.PaymentPending, nil
		r.decide(waiting)
		r.raw("DELETE FROM jobs")
		before := r.balances()

		a, err := s.BlockAdvocate(s.ctx, r.shop.ID, r.advocate.ID, "abuse", "user:mia")
		s.no(err)
		if a.Status != "blocked" || a.Reason != "abuse" || len(a.History) != 1 {
			t.Fatalf("got %+v", a)
		}
		if _, err := s.BlockAdvocate(s.ctx, r.shop.ID, r.advocate.ID, "abuse", "user:mia"); err != nil || s.count("SELECT count(*) FROM advocate_history") != 1 {
			t.Fatalf("blocked twice: %v", err)
		}
		if s.count("SELECT count(*) FROM jobs WHERE kind = 'confirm'") != 2 {
			t.Fatal("other orders than the open ones are asked for")
		}
		r.again(held, waiting)
		new := r.order("new")
		r.decide(new)
		for order, want := range map[string]rewards.Status{"given": rewards.StatusIssued, "held": rewards.StatusReversed, "waiting": rewards.StatusReversed} {
			if got := r.the(order); got.Status != want {
				t.Errorf("while she is blocked the reward of %s is %s (%s)", order, got.Status, got.Reason)
			}
		}
		if o, err := s.Order(s.ctx, r.shop.ID, "new"); err != nil || o.Decision.Reason != rewards.ReasonAdvocateBlocked || len(o.Rewards) != 0 {
			t.Fatalf("got %+v, %v", o, err)
		}

		_, err = s.UnblockAdvocate(s.ctx, r.shop.ID, r.advocate.ID, "a mistake", "user:tom")
		s.no(err)
		r.again(held, waiting)
		if got := r.balances(); fmt.Sprint(got) != fmt.Sprint(before) {
			t.Fatalf("unblocked: %v, before %v", got, before)
		}
		r.again(new)
		if got := r.the("new"); got.Status != rewards.StatusIssuing {
			t.Fatalf("got %+v", got)
		}
		a, err = s.Advocate(s.ctx, r.shop.ID, r.advocate.ID)
		s.no(err)
		var told []string
		for _, c := range a.History {
			told = append(told, fmt.Sprint(c.Change, ": ", c.Reason, " by ", c.Actor))
		}
		if fmt.Sprint(told) != "[block: abuse by user:mia unblock: a mistake by user:tom]" || a.Reason != "" {
			t.Fatalf("the history tells %q, the advocate is %+v", told, a)
		}
		r.sound()
	})
}

func TestAnAdvocateInATeam(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		for _, bad := range []string{"Staff", "a b", "ä", "012345678901234567890123456789012"} {
			_, err := s.SetTeam(s.ctx, r.shop.ID, r.advocate.ID, bad, "user:mia")
			s.kind(err, rewards.Invalid, "bad_team")
		}
		for range 2 {
			a, err := s.SetTeam(s.ctx, r.shop.ID, r.advocate.ID, "staff", "user:mia")
			s.no(err)
			if a.Team != "staff" || len(a.History) != 1 || a.History[0].Value != "staff" {
				t.Fatalf("got %+v", a)
			}
		}
		if a, err := s.SetTeam(s.ctx, r.shop.ID, r.advocate.ID, "", "user:mia"); err != nil || a.Team != "" || len(a.History) != 2 {
			t.Fatalf("got %+v, %v", a, err)
		}
		_, err := s.SetTeam(s.ctx, s.shop().ID, r.advocate.ID, "staff", "user:mia")
		s.kind(err, rewards.NotFound, "advocate_not_found")
		_, err = s.RetireAdvocate(s.ctx, r.shop.ID, r.advocate.ID, "left", "user:mia")
		s.no(err)
		_, err = s.SetTeam(s.ctx, r.shop.ID, r.advocate.ID, "staff", "user:mia")
		s.kind(err, rewards.Conflict, "advocate_retired")
	})
}

func TestWhatWasWrittenAboutAnErasedAdvocateIsForgotten(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		_, err := s.BlockAdvocate(s.ctx, r.shop.ID, r.advocate.ID, "Anna Canary refers herself", "user:mia")
		s.no(err)
		_, _, err = s.RotateCode(s.ctx, r.shop.ID, r.advocate.Code, "user:mia", "Anna Canary told it on television")
		s.no(err)
		r.apply(rewards.CustomerErased{CustomerID: "c-anna"}, "c-anna")
		a, err := s.Advocate(s.ctx, r.shop.ID, r.advocate.ID)
		s.no(err)
		leaks, _, err := s.Leaks(s.ctx, r.shop.ID, rewards.Page{})
		s.no(err)
		if got := fmt.Sprintf("%+v %+v", a, leaks); strings.Contains(got, "Canary") {
			t.Fatal(got)
		}
		if len(a.History) != 2 || a.History[0].Actor != "user:mia" || len(leaks) != 1 || leaks[0].Actor != "user:mia" {
			t.Fatalf("what was done is forgotten too: %+v %+v", a.History, leaks)
		}
	})
}
