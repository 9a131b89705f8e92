package storage

import (
	"testing"

	"grapevine/rewards"
)

func TestAnErasureTakesOutTheCodeThatWasBeingReplaced(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(codeProgram())
		r.decide(r.order("1"))
		first := r.issue()
		_, _, err := s.Reissue(s.ctx, r.shop.ID, first.ID, "lost", "user:mia")
		s.no(err)
		s.raw("DELETE FROM jobs WHERE kind = 'fulfil'")
		r.apply(rewards.CustomerErased{CustomerID: "c-anna"}, "c-anna")
		if s.count("SELECT count(*) FROM jobs WHERE kind = 'fulfil' AND state = 'due' AND subject = ?", first.ID) != 1 {
			t.Fatal("her first code lives on in the shop")
		}
		got, err := s.DB.Reward(s.ctx, r.shop.ID, first.ID)
		s.no(err)
		if got.Next() != rewards.StepWithdraw {
			t.Fatalf("next is %q", got.Next())
		}
	})
}

func TestAnErasureThatNamesOnlyOrdersTakesTheirPeopleOut(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		r.decide(r.order("77"), r.order("78"))
		if e := r.apply(rewards.CustomerErased{}, ""); e.Reason != "no_customer" {
			t.Fatalf("nobody was named: %+v", e)
		}
		if e := r.apply(rewards.CustomerErased{OrderIDs: []string{"77"}}, ""); e.Reason != "customer_erased" {
			t.Fatalf("got %+v", e)
		}
		for id, left := range map[string]int64{"77": 0, "78": 1} {
			if n := s.count("SELECT count(*) FROM orders WHERE order_id = ? AND CAST(record AS text) LIKE ? AND customer_id = ? AND email_key <> ''", id, `%"c-`+id+`"%`, "c-"+id); n != left {
				t.Errorf("the buyer of order %s is in %d orders", id, n)
			}
		}
		if s.count("SELECT count(*) FROM orders WHERE CAST(record AS text) LIKE '%c-anna%'") != 2 || s.count("SELECT count(*) FROM advocates WHERE customer_id = 'c-anna'") != 1 {
			t.Error("somebody else was erased")
		}
		if s.count("SELECT count(*) FROM events WHERE body IS NOT NULL") != 1 {
			t.Error("the request, which names him, was kept")
		}
	})
}
