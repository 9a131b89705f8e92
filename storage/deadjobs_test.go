package storage

import (
	"testing"
	"time"

	"grapevine/rewards"
	"grapevine/webhooks"
)

func TestADeadJobIsTriedAgain(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(codeProgram())
		r.decide(r.order("o1"))
		j := r.begin(rewards.JobFulfil)
		s.no(s.Bury(s.ctx, r.lane, j, rewards.Errorf(rewards.Denied, "scope_missing", "no right to write codes")))
		r.raw("UPDATE lanes SET next_at = {after} WHERE shop_id = ?", time.Hour.Microseconds(), r.shop.ID)
		dead, next, err := s.Jobs(s.ctx, r.shop.ID, webhooks.JobFilter{State: webhooks.JobDead}, rewards.Page{})
		s.no(err)
		if len(dead) != 1 || next != "" || dead[0].ID != j.ID || dead[0].Kind != rewards.JobFulfil || dead[0].Code != "scope_missing" ||
			dead[0].Attempts != 1 || dead[0].FirstAt.IsZero() {
			t.Fatalf("got %+v", dead)
		}
		again, err := s.RetryJob(s.ctx, r.shop.ID, j.ID)
		s.no(err)
		if again.State != webhooks.JobDue || again.Attempts != 1 || !again.FirstAt.IsZero() {
			t.Fatalf("got %+v", again)
		}
		if s.count("SELECT count(*) FROM lanes WHERE shop_id = ? AND next_at <= {now}", r.shop.ID) != 1 {
			t.Fatal("nobody goes to the shop for it")
		}
		was := s.count("SELECT generation FROM jobs WHERE id = ?", j.ID)
		if same, err := s.RetryJob(s.ctx, r.shop.ID, j.ID); err != nil || same != again || s.count("SELECT generation FROM jobs WHERE id = ?", j.ID) != was {
			t.Fatalf("a job that is due is changed: %+v, %v", same, err)
		}
		got := r.begin(rewards.JobFulfil)
		if got.ID != j.ID || got.Attempts != 2 || time.Since(got.FirstAt) > time.Minute {
			t.Fatalf("got %+v", got)
		}
		s.no(s.Done(s.ctx, r.lane, got))
		_, err = s.RetryJob(s.ctx, r.shop.ID, j.ID)
		s.kind(err, rewards.NotFound, "job_not_found")
		_, err = s.RetryJob(s.ctx, s.shop().ID, j.ID)
		s.kind(err, rewards.NotFound, "job_not_found")
	})
}

func TestJobsAreListedPageByPage(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(codeProgram())
		r.decide(r.order("o1"), r.order("o2"), r.order("o3"))
		seen := map[string]rewards.JobKind{}
		for page := (rewards.Page{Limit: 2}); ; {
			list, next, err := s.Jobs(s.ctx, r.shop.ID, webhooks.JobFilter{}, page)
			s.no(err)
			for _, j := range list {
				seen[j.ID] = j.Kind
			}
			if page.Cursor = next; next == "" {
				break
			}
		}
		if len(seen) != 5 { // three rewards, the offer, the codes
			t.Fatalf("saw %v", seen)
		}
		one, _, err := s.Jobs(s.ctx, r.shop.ID, webhooks.JobFilter{State: webhooks.JobDue, Subject: r.the("o1").ID}, rewards.Page{})
		s.no(err)
		if len(one) != 1 || one[0].Subject != r.the("o1").ID {
			t.Fatalf("got %+v", one)
		}
		_, _, err = s.Jobs(s.ctx, r.shop.ID, webhooks.JobFilter{State: "lost"}, rewards.Page{})
		s.kind(err, rewards.Invalid, "bad_state")
	})
}
