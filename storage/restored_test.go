package storage

import (
	"fmt"
	"testing"
	"time"

	"grapevine/rewards"
	"grapevine/webhooks"
)

// inDoubt is a shop whose database was restored, and an order of the time that was lost with its reward.
func (s *store) inDoubt() (*referred, rewards.Order) {
	s.t.Helper()
	r := s.referred(creditProgram())
	_, err := s.Restore(s.ctx, time.Now().Add(-time.Hour))
	s.no(err)
	r.raw("UPDATE memos SET at = {after} WHERE name = 'restored'", time.Hour.Microseconds())
	s.no(s.loadRestored(s.ctx))
	r.lane = s.lane(r.shop.ID)
	o := r.order("o1")
	r.decide(o)
	return r, o
}

// fulfilJob tells how the job of an order's reward stands.
func (r *referred) fulfilJob(orderID string) string {
	r.t.Helper()
	list, _, err := r.Jobs(r.ctx, r.shop.ID, webhooks.JobFilter{Subject: r.the(orderID).ID}, rewards.Page{})
	r.no(err)
	if len(list) != 1 {
		r.t.Fatalf("%d jobs", len(list))
	}
	return fmt.Sprint(list[0].State, " ", list[0].Code)
}

func TestARewardInDoubtIsNotGivenWithoutAPerson(t *testing.T) {
	t.Parallel()
	partly := func(o *rewards.Order) {
		o.UpdatedAt, o.Payment, o.MoneyBack = o.UpdatedAt.Add(time.Second), rewards.PaymentPartiallyRefunded, usd(2250)
	}
	wholly := func(o *rewards.Order) {
		o.UpdatedAt, o.Payment = o.UpdatedAt.Add(2*time.Second), rewards.PaymentRefunded
	}
	for name, tc := range map[string]struct {
		change []func(*rewards.Order)
		net    int64
		step   rewards.StepKind
	}{
		"nothing changes":                 {nil, 1000, rewards.StepIssue},
		"a part is refunded":              {[]func(*rewards.Order){partly}, 500, rewards.StepIssue},
		"all is refunded":                 {[]func(*rewards.Order){wholly}, 0, rewards.StepDrop},
		"a part is refunded and then all": {[]func(*rewards.Order){partly, wholly}, 0, rewards.StepDrop},
	} {
		t.Run(name, func(t *testing.T) {
			eachStore(t, func(t *testing.T, s *store) {
				r, o := s.inDoubt()
				for _, change := range tc.change {
					change(&o)
					r.decide(o)
				}
				if got := r.fulfilJob("o1"); got != "dead restored_unclear" {
					t.Fatalf("the job is %s", got)
				}
				got := r.the("o1")
				if got.Status != rewards.StatusIssuing || got.Net.Minor != tc.net || got.Next() != tc.step {
					t.Fatalf("got %s, %s, next %q", got.Status, got.Net, got.Next())
				}
				if ids, text := s.broken(); len(ids) != 0 {
					t.Fatal(text)
				}
				list, _, err := s.Jobs(s.ctx, r.shop.ID, webhooks.JobFilter{State: webhooks.JobDead}, rewards.Page{})
				s.no(err)
				_, err = s.RetryJob(s.ctx, r.shop.ID, list[0].ID)
				s.no(err)
				if tc.step == rewards.StepDrop { // the books let go of it without a call
					s.no(s.Step(s.ctx, r.lane, r.begin(rewards.JobFulfil), rewards.StepResult{Step: tc.step}))
					if got := r.the("o1"); got.Status != rewards.StatusReversed {
						t.Fatalf("got %s", got.Status)
					}
					return
				}
				if got := r.issue(); got.Status != rewards.StatusIssued {
					t.Fatalf("got %s", got.Status)
				}
			})
		})
	}
}

func TestAJobInDoubtIsClosed(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r, o := s.inDoubt()
		list, _, err := s.Jobs(s.ctx, r.shop.ID, webhooks.JobFilter{State: webhooks.JobDead}, rewards.Page{})
		s.no(err)
		for range 2 {
			closed, err := s.CloseJob(s.ctx, r.shop.ID, list[0].ID)
			s.no(err)
			if closed.State != webhooks.JobDead || closed.Code != CodeRestoredGiven {
				t.Fatalf("got %+v", closed)
			}
		}
		o.UpdatedAt, o.Payment = o.UpdatedAt.Add(time.Second), rewards.PaymentRefunded
		r.decide(o)
		if got := r.fulfilJob("o1"); got != "dead restored_given" {
			t.Fatalf("the job is %s", got)
		}
		other, _, err := s.Jobs(s.ctx, r.shop.ID, webhooks.JobFilter{State: webhooks.JobDue}, rewards.Page{})
		s.no(err)
		_, err = s.CloseJob(s.ctx, r.shop.ID, other[0].ID)
		s.kind(err, rewards.Conflict, "not_in_doubt")
		_, err = s.CloseJob(s.ctx, r.shop.ID, "job_none")
		s.kind(err, rewards.NotFound, "job_not_found")
	})
}

// A note may let the next try of a credit send without a look, which has a number: that try may have come between the
// backup and the restoring.
func TestTheTryThatWasToComeWhenTheBackupWasMadeIsCounted(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		r.decide(r.order("o1"))
		j := r.begin(rewards.JobFulfil)
		s.no(s.Retry(s.ctx, r.lane, j, rewards.Errorf(rewards.Unavailable, "not_seen_yet", "no"), 0, true, "memo"))
		_, err := s.Restore(s.ctx, time.Now().Add(-time.Hour))
		s.no(err)
		r.lane = s.lane(r.shop.ID)
		if again := r.begin(rewards.JobFulfil); again.ID != j.ID || again.Attempts != j.Attempts+2 || !again.Unclear || again.Note != "memo" {
			t.Fatalf("after try %d comes %+v", j.Attempts, again)
		}
	})
}
