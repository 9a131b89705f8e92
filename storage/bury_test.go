package storage

import (
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/internal/secret"
	"grapevine/rewards"
)

func TestAnIssueThatMayHaveWorkedIsGivenUpWithoutAVerdict(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		gone := rewards.Errorf(rewards.Unavailable, "shop_unavailable", "status 504")
		for order, cause := range map[string]error{"earlier": gone, "now": &connectors.CallError{Cause: gone, Unclear: true}} {
			o := r.order(order)
			r.decide(o)
			j := r.begin(rewards.JobFulfil)
			if j.Unclear = order == "earlier"; j.Unclear {
				s.no(s.Retry(s.ctx, r.lane, j, gone, 0, true, "memo"))
				j = r.begin(rewards.JobFulfil)
			}
			s.no(s.Bury(s.ctx, r.lane, j, cause))
			if got := r.the(order); got.Status != rewards.StatusIssuing || got.Reason != "" {
				t.Fatalf("%s: nobody knows whether the shop has it, and it is %s, %s", order, got.Status, got.Reason)
			}
			if s.count("SELECT count(*) FROM jobs WHERE kind = 'fulfil' AND state = 'dead' AND subject = ?", j.Subject) != 1 {
				t.Fatal("nothing shows that it waits for a person")
			}
			_, _, err := s.Reissue(s.ctx, r.shop.ID, j.Subject, "again", "user:mia")
			s.kind(err, rewards.Conflict, "not_reissuable")
			o.UpdatedAt, o.Payment = o.UpdatedAt.Add(time.Second), rewards.PaymentRefunded
			r.decide(o)
			if back := r.begin(rewards.JobFulfil); back.Subject != j.Subject || !back.Unclear {
				t.Fatalf("the shop is not read before it is called: %+v", back)
			}
			s.raw("DELETE FROM jobs WHERE kind = 'fulfil'")
		}
	})
}

func TestAShopThatComesBackHasAllItsTimeForItsJobs(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		token := secret.Text("fresh")
		for name, back := range map[string]func() error{
			"a new token": func() error { _, err := s.UpdateShop(s.ctx, r.shop.ID, ShopUpdate{Token: &token}); return err },
			"a person":    func() error { _, err := s.ResumeShop(s.ctx, r.shop.ID); return err },
			"a reinstallation": func() error {
				if _, err := s.RemoveShop(s.ctx, r.shop.ID); err != nil {
					return err
				}
				_, err := s.AddShop(s.ctx, NewShop{Platform: "shopify", Domain: r.shop.Domain, Currency: "USD", Token: token})
				return err
			},
		} {
			s.no(s.Park(s.ctx, r.lane, "token_refused"))
			s.raw("UPDATE jobs SET attempts = 30, first_at = {after}, state = CASE WHEN kind = 'codes' THEN 'dead' ELSE 'due' END", -100*time.Hour.Microseconds())
			s.no(back())
			if s.count("SELECT count(*) FROM jobs WHERE kind = 'offer' AND attempts = 0 AND first_at IS NULL AND state = 'due'") != 1 {
				t.Errorf("%s: the time that the shop was away counts", name)
			}
			if s.count("SELECT count(*) FROM jobs WHERE kind = 'codes' AND attempts = 30 AND state = 'dead'") != 1 {
				t.Errorf("%s: a job that was given up came back", name)
			}
		}
	})
}

func TestADamagedOrderDoesNotHoldUpItsShop(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		r.decide(r.order("1"))
		s.raw(`UPDATE orders SET record = '{"facts": 1, "Facts": 1}' WHERE order_id = '1'`)
		s.raw(`INSERT INTO events (shop_id, platform, topic, received_at, order_id, status, due_at)
VALUES (?, 'shopify', 'orders/create', {now}, '1', 'confirming', {now})`, r.shop.ID)
		j := r.confirm(r.order("1"))[0].Job
		s.no(s.Bury(s.ctx, r.lane, j, rewards.Errorf(rewards.Internal, "unreadable_record", "no")))
		if s.count("SELECT count(*) FROM jobs WHERE kind = 'confirm' AND state = 'dead' AND last_code = 'unreadable_record'") != 1 {
			t.Fatal("the job is tried for ever")
		}
		if s.count("SELECT count(*) FROM events WHERE order_id = '1' AND status = 'held' AND reason = 'unreadable_order' AND finished_at IS NOT NULL") != 1 {
			t.Fatal("its event waits for ever")
		}
		if s.count("SELECT count(*) FROM attempts WHERE kind = 'confirm' AND outcome = 'dead'") != 1 {
			t.Fatal("its try has no end")
		}
		if s.count("SELECT count(*) FROM rewards WHERE status = 'issuing'") != 1 {
			t.Fatal("half of what it leads to was stored")
		}
		lost := r.lane
		lost.Token = "lease_other"
		s.kind(s.Bury(s.ctx, lost, j, rewards.Errorf(rewards.Internal, "x", "y")), rewards.Conflict, "lease_lost")
	})
}
