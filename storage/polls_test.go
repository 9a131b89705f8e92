package storage

import (
	"fmt"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
	"grapevine/webhooks"
)

// asked tells which shops have a poll job, and in which state.
func (s *store) asked() string {
	s.t.Helper()
	var rows []string
	_, err := s.direct(s.ctx).scan(&rows, "SELECT s.domain || ' ' || j.state || ' ' || j.subject FROM jobs j JOIN shops s ON s.shop_id = j.shop_id WHERE j.kind = 'poll' ORDER BY s.domain")
	s.no(err)
	return fmt.Sprint(rows)
}

func TestEachActiveShopOfThePlatformsIsAskedOnce(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		keep := func() {
			t.Helper()
			s.no(s.KeepPolling(s.ctx, []string{"woocommerce", "stripe"}))
		}
		keep()
		if s.asked() != "[]" {
			t.Fatal("somebody is asked where nobody is")
		}
		for _, domain := range []string{"a.example", "b.example", "c.example", "d.example"} {
			s.hooked(domain)
		}
		s.shop() // of a platform that cannot be asked
		s.raw("UPDATE shops SET status = 'paused' WHERE domain = 'b.example'")
		s.raw("UPDATE shops SET status = 'parked' WHERE domain = 'c.example'")
		s.raw("UPDATE shops SET status = 'uninstalled' WHERE domain = 'd.example'")
		keep()
		keep()
		if got := s.asked(); got != "[a.example due orders]" {
			t.Fatalf("got %s", got)
		}
		s.raw("UPDATE shops SET status = 'active' WHERE domain = 'b.example'")
		keep()
		if got := s.asked(); got != "[a.example due orders b.example due orders]" {
			t.Fatalf("got %s", got)
		}
		s.raw("UPDATE jobs SET state = 'dead' WHERE shop_id = (SELECT shop_id FROM shops WHERE domain = 'a.example')")
		before := s.count("SELECT sum(generation) FROM jobs")
		keep()
		if got := s.asked(); got != "[a.example dead orders b.example due orders]" || s.count("SELECT sum(generation) FROM jobs") != before {
			t.Fatalf("a person gave one up, and then: %s", got)
		}
		if due, waiting, dead, err := s.JobCounts(s.ctx); due != 0 || waiting != 0 || dead != 1 || err != nil {
			t.Fatalf("%d due, %d waiting, %d dead, %v: what never ends is nothing that waits", due, waiting, dead, err)
		}
	})
}

func TestAJobThatIsLeftForLaterIsAsIfItWereNew(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		s.raw("DELETE FROM jobs")
		s.raw("DELETE FROM attempts")
		s.raw("UPDATE shops SET platform = 'woocommerce'")
		s.no(s.KeepPolling(s.ctx, []string{"woocommerce"}))
		away := rewards.Errorf(rewards.Unavailable, "shop_unavailable", "status 503")
		j := r.begin(rewards.JobPoll)
		s.no(s.Retry(s.ctx, r.lane, j, away, 0, true, "first note"))
		j = r.begin(rewards.JobPoll)
		if j.Attempts != 2 || !j.Unclear || j.Note != "first note" || j.Subject != webhooks.PollSubject {
			t.Fatalf("the second try begins as %+v", j)
		}
		s.no(s.Again(s.ctx, r.lane, j, time.Hour, "second\x00 note"))
		if s.count("SELECT count(*) FROM attempts") != 0 {
			t.Fatal("a job that never ends leaves a row each time")
		}
		if n := s.count("SELECT count(*) FROM jobs WHERE state = 'due' AND attempts = 0 AND first_at IS NULL AND NOT unclear AND last_code = '' AND last_error = '' AND run_at > {after}", (59 * time.Minute).Microseconds()); n != 1 {
			t.Fatal("it is not as if it were new, or not due in an hour")
		}
		s.no(s.Release(s.ctx, r.lane, 0))
		_, err := s.Lease(s.ctx, "w", time.Minute)
		s.kind(err, rewards.NotFound, "nothing_due")
		r.lane = s.lane(r.shop.ID)
		j = r.begin(rewards.JobPoll)
		if j.Attempts != 1 || j.Unclear || j.Note != "second\uFFFD note" || time.Since(j.FirstAt) > time.Minute {
			t.Fatalf("the third try begins as %+v", j)
		}
		s.no(s.write(s.ctx, "asking", func(x *txn) error {
			return x.enqueue(shopJobs(r.shop.ID, []rewards.JobRequest{{Kind: rewards.JobPoll, Subject: webhooks.PollSubject}}))
		}))
		s.no(s.Again(s.ctx, r.lane, j, time.Hour, "third note"))
		jobs, err := s.Begin(s.ctx, r.lane, 1)
		if err != nil || jobs[0].Note != "third note" {
			t.Fatalf("who asked while it was being done waits: %+v, %v", jobs, err)
		}
		s.raw("UPDATE lanes SET token = 'another'")
		s.kind(s.Again(s.ctx, r.lane, jobs[0], 0, "lost"), rewards.Conflict, "lease_lost")
	})
}

// A shop that is asked leaves no less room for what else is due, and is asked all the same.
func TestALookAtAShopWaitsItsTurn(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		s.raw("DELETE FROM jobs")
		s.raw("UPDATE shops SET platform = 'woocommerce'")
		s.no(s.KeepPolling(s.ctx, []string{"woocommerce"}))
		s.no(s.write(s.ctx, "asking", func(x *txn) error {
			return x.enqueue(shopJobs(r.shop.ID, []rewards.JobRequest{{Kind: rewards.JobConfirm, Subject: "o1"}, {Kind: rewards.JobConfirm, Subject: "o2"}}))
		}))
		s.raw("UPDATE jobs SET run_at = {after} WHERE kind = 'poll'", -90*time.Second.Microseconds())
		s.raw("UPDATE jobs SET run_at = {after} WHERE subject = 'o1'", -60*time.Second.Microseconds())
		s.raw("UPDATE jobs SET run_at = {after} WHERE subject = 'o2'", -30*time.Second.Microseconds())
		var kinds []rewards.JobKind
		for range 4 {
			jobs, err := s.Begin(s.ctx, r.lane, 1)
			s.no(err)
			kinds = append(kinds, jobs[0].Kind)
			if jobs[0].Kind == rewards.JobPoll { // a page of many
				s.no(s.Again(s.ctx, r.lane, jobs[0], 0, "{}"))
			} else {
				s.no(s.Decide(s.ctx, r.lane, []webhooks.Confirmed{{Job: jobs[0], NoOrder: true, Order: rewards.Order{ID: jobs[0].Subject}}}))
			}
		}
		if got := fmt.Sprint(kinds); got != "[confirm poll confirm poll]" {
			t.Fatalf("the jobs came as %s", got)
		}
	})
}

var _ webhooks.Doors = (*DB)(nil)

// What a poll brings again, or what a webhook brought, is one event.
func TestWhatAPollBringsOnceMoreIsKnown(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		s.hooked("wool.example")
		page := func(ids ...string) (ds []connectors.Delivery) {
			for _, id := range ids {
				ds = append(ds, connectors.Delivery{Platform: "woocommerce", Domain: "wool.example", Topic: "order.updated", DeliveryID: id, Body: []byte("{}")})
			}
			return ds
		}
		for _, step := range []struct {
			ids  []string
			want int
		}{{[]string{"o1@10"}, 1}, {[]string{"o1@10", "o2@11", "o2@11"}, 1}, {[]string{"o1@12", "o2@11"}, 1}, {nil, 0}} {
			if n, err := s.Put(s.ctx, page(step.ids...)); err != nil || n != step.want {
				t.Errorf("%v: %d are new, %v; want %d", step.ids, n, err, step.want)
			}
		}
	})
}
