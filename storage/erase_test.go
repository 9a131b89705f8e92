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
