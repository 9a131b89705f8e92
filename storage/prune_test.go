package storage

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
	"grapevine/webhooks"
)

var everyStatus = []string{"pending", "confirming", "done", "ignored", "held", "quarantined", "dead"}

// pruned calls Prune until there is no more to drop.
func (s *store) pruned(keep Keep) (all Pruned) {
	s.t.Helper()
	for range 100 {
		p, err := s.Prune(s.ctx, keep)
		s.no(err)
		all.Weeks, all.Events, all.Seen, all.Attempts, all.Installs, all.Calls = all.Weeks+p.Weeks, all.Events+p.Events, all.Seen+p.Seen, all.Attempts+p.Attempts, all.Installs+p.Installs, all.Calls+p.Calls
		if !p.More {
			return all
		}
	}
	s.t.Fatal("there is always more")
	return all
}

func (s *store) statuses() (list []string) {
	s.t.Helper()
	_, err := s.direct(s.ctx).scan(&list, "SELECT status FROM events ORDER BY received_at, id")
	s.no(err)
	return list
}

func TestEventsThatHaveEndedGoInTheirTimeAndOthersStay(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		shop := s.shop()
		ids := map[string]string{}
		for _, ago := range []time.Duration{100 * day, 80 * day} {
			if !s.lite {
				s.week(ago)
			}
			for _, status := range everyStatus {
				ids[fmt.Sprint(status, int(ago/day))] = s.event(shop.ID, ago, status)
			}
		}
		want := Pruned{Events: 2}
		if !s.lite {
			want.Weeks = 1
		}
		if did := s.pruned(Keep{}); did != want {
			t.Fatalf("dropped %+v, want %+v", did, want)
		}
		open := []string{"pending", "confirming", "held", "quarantined", "dead"}
		if left := s.statuses(); !slices.Equal(left, slices.Concat(open, everyStatus)) {
			t.Fatalf("left %v", left)
		}
		_, err := s.Event(s.ctx, shop.ID, ids["done100"])
		s.kind(err, rewards.NotFound, "event_not_found")
		_, err = s.Replay(s.ctx, shop.ID, ids["done100"])
		s.kind(err, rewards.NotFound, "event_not_found")
		for _, status := range open {
			e, err := s.Replay(s.ctx, shop.ID, ids[status+"100"])
			if s.no(err); e.Status != webhooks.EventPending {
				t.Fatalf("got %+v", e)
			}
		}
		if n, err := s.Work(s.ctx, "w", 50, all(webhooks.EventDone)); n != 6 || err != nil {
			t.Fatalf("worked %d, %v", n, err)
		}
		if did := s.pruned(Keep{}); did != (Pruned{Events: 5}) {
			t.Fatalf("dropped %+v", did)
		}
		if did := s.pruned(Keep{Events: MinKeepEvents}); did.Events != 3 {
			t.Fatalf("dropped %+v", did)
		}
		if left := s.statuses(); !slices.Equal(left, open[1:]) {
			t.Fatalf("left %v", left)
		}
	})
}

func TestEventsOfNoWeekGoRowByRow(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		shop := s.shop()
		const many = 2*pruneAtOnceLite + 10
		for i := range 30 {
			s.event(shop.ID, 200*day, everyStatus[4+i%3]) // held, quarantined, dead
		}
		for range many {
			s.event(shop.ID, 100*day, "done")
		}
		s.event(shop.ID, day, "done")
		if did := s.pruned(Keep{}); did != (Pruned{Events: many}) {
			t.Fatalf("dropped %+v", did)
		}
		if n := s.count("SELECT count(*) FROM events"); n != 31 {
			t.Fatalf("%d are left", n)
		}
	})
}

func TestARepetitionIsKnownLongerThanItsEvent(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		shop := s.shop()
		d := []connectors.Delivery{delivery(shop.Domain, 1)}
		_, err := s.Put(s.ctx, d)
		s.no(err)
		_, err = s.Work(s.ctx, "w", 1, all(webhooks.EventDone))
		s.no(err)
		s.raw("UPDATE events SET received_at = {after}", -(399 * day).Microseconds())
		s.raw("UPDATE seen SET at = {after}", -(399 * day).Microseconds())
		s.raw("INSERT INTO events (shop_id, platform, topic, received_at, due_at, status) VALUES (?, 'shopify', 't', {now}, {now}, 'held')", shop.ID)
		if !s.lite { // as if it had lain in a week that is gone
			s.raw("WITH e AS (DELETE FROM events WHERE status = 'done' RETURNING *) INSERT INTO events (shop_id, id, platform, topic, received_at, due_at, status) SELECT shop_id, 7, platform, topic, received_at, due_at, status FROM e")
		}
		if did := s.pruned(Keep{}); did.Events != 1 || did.Seen != 0 {
			t.Fatalf("dropped %+v", did)
		}
		if n, err := s.Put(s.ctx, d); n != 0 || err != nil {
			t.Fatalf("%d were taken for new, %v", n, err)
		}
		s.raw("UPDATE seen SET at = {after}", -(401 * day).Microseconds())
		if did := s.pruned(Keep{}); did != (Pruned{Seen: 1}) {
			t.Fatalf("dropped %+v", did)
		}
		if n, err := s.Put(s.ctx, d); n != 1 || err != nil {
			t.Fatalf("%d were taken for new, %v", n, err)
		}
	})
}

func TestWhatElseIsOldGoes(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		shop := s.shop()
		s.raw("DELETE FROM jobs")
		s.raw("INSERT INTO jobs (shop_id, id, kind, subject, run_at) VALUES (?, 'job_open', 'confirm', 'o1', {now})", shop.ID)
		for _, a := range []struct {
			id, job string
			ago     time.Duration
		}{{"old", "job_gone", 91 * day}, {"young", "job_gone", 89 * day}, {"open", "job_open", 91 * day}} {
			s.raw("INSERT INTO attempts (shop_id, id, job_id, kind, subject, n, started_at) VALUES (?, ?, ?, 'confirm', 'o1', 1, {after})", shop.ID, a.id, a.job, -a.ago.Microseconds())
		}
		for i, ago := range []time.Duration{31 * day, 29 * day} {
			s.raw("INSERT INTO installs (platform, domain, created_at, expires_at, state_hash) VALUES ('shopify', 'x', {after}, {after}, ?)", -ago.Microseconds(), -ago.Microseconds(), []byte{byte(i)})
		}
		for i, ago := range []time.Duration{25 * time.Hour, 23 * time.Hour} {
			s.raw("INSERT INTO idempotency (shop_id, key, request_hash, created_at) VALUES (?, ?, ?, {after})", shop.ID, fmt.Sprint("k", i), []byte{1}, -ago.Microseconds())
		}
		if did := s.pruned(Keep{}); did != (Pruned{Attempts: 1, Installs: 1, Calls: 1}) {
			t.Fatalf("dropped %+v", did)
		}
		for sql, want := range map[string]int64{
			"SELECT count(*) FROM attempts WHERE id IN ('young', 'open')": 2, "SELECT count(*) FROM installs": 1, "SELECT count(*) FROM idempotency WHERE key = 'k1'": 1,
		} {
			if n := s.count(sql); n != want {
				t.Errorf("%s: %d, want %d", sql, n, want)
			}
		}
		s.sound()
	})
}

func TestATimeThatIsTooShortOrTooLongIsRefused(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		for _, keep := range []time.Duration{-1, MinKeepEvents - 1, MaxKeepEvents + 1} {
			_, err := s.Prune(s.ctx, Keep{Events: keep})
			s.kind(err, rewards.Invalid, "bad_setting")
		}
	})
}
