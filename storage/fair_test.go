package storage

import (
	"strings"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
	"grapevine/webhooks"
)

// backlogged gives a shop so many due jobs to read orders, and 2,000 that are not due for days.
func (s *store) backlogged(shop connectors.Installed, due int) {
	s.t.Helper()
	numbers := "SELECT g AS n FROM generate_series(1, ?) g"
	if s.lite {
		numbers = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ?) SELECT n FROM c"
	}
	for name, after := range map[string]time.Duration{"due": -time.Hour, "later": 48 * time.Hour} {
		n := map[string]int{"due": due, "later": 2000}[name]
		s.raw(`INSERT INTO jobs (shop_id, id, kind, subject, priority, run_at) SELECT ?, 'job_' || ? || n, 'confirm', ? || n, 2, {after} FROM (`+numbers+`) AS v`,
			shop.ID, name, name, after.Microseconds(), n)
	}
	s.raw("UPDATE lanes SET next_at = {after} WHERE shop_id = ?", -time.Hour.Microseconds(), shop.ID)
	if !s.lite {
		s.raw("ANALYZE jobs")
	}
}

// turn is one stay of a worker at the shop that has waited longest: at most three jobs.
func (s *store) turn() (shop string, done int) {
	s.t.Helper()
	lane, err := s.Lease(s.ctx, "w", time.Minute)
	s.no(err)
	for done < 3 {
		jobs, err := s.Begin(s.ctx, lane, 1)
		if rewards.KindOf(err) == rewards.NotFound {
			break
		}
		s.no(err)
		s.no(s.Done(s.ctx, lane, jobs[0]))
		done++
	}
	s.no(s.Release(s.ctx, lane, 0))
	return lane.Shop.ID, done
}

func (s *store) asks(shop connectors.Installed, jobs ...rewards.JobRequest) {
	s.t.Helper()
	s.no(s.write(s.ctx, "asking", func(x *txn) error { return x.enqueue(shopJobs(shop.ID, jobs)) }))
}

func TestAShopWithManyJobsDoesNotDelayOneWithThree(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		big, small := s.shop(), s.shop()
		s.backlogged(big, 100_000)
		for range 3 {
			if shop, _ := s.turn(); shop != big.ID {
				t.Fatal("the turn of the only shop with jobs went to another")
			}
		}
		for _, subject := range []string{"o1", "o2", "o3"} {
			s.asks(small, rewards.JobRequest{Kind: rewards.JobConfirm, Subject: subject})
		}
		var turns []string
		for left := 3; left > 0; {
			shop, done := s.turn()
			turns = append(turns, map[string]string{big.ID: "big", small.ID: "small"}[shop])
			if shop == small.ID {
				left -= done
			}
		}
		if got := strings.Join(turns, " "); got != "small" && got != "big small" {
			t.Errorf("turns went to %s", got)
		}
	})
}

func TestWhatAPersonWaitsForOvertakesABacklog(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		shop := s.shop()
		s.backlogged(shop, 1000) // for an hour
		lane := s.lane(shop.ID)
		aged := func(kind rewards.JobKind, age time.Duration) {
			s.asks(shop, rewards.JobRequest{Kind: kind, Subject: "x"})
			s.raw("UPDATE jobs SET run_at = {after} WHERE subject = 'x' AND kind = ?", -age.Microseconds(), string(kind))
		}
		begins := func() rewards.JobKind {
			t.Helper()
			jobs, err := s.Begin(s.ctx, lane, 1)
			s.no(err)
			if jobs[0].Kind != rewards.JobConfirm {
				s.no(s.Done(s.ctx, lane, jobs[0]))
			}
			return jobs[0].Kind
		}
		for _, step := range []struct {
			kind rewards.JobKind
			age  time.Duration
			want rewards.JobKind
		}{
			{rewards.JobCodes, time.Second, rewards.JobConfirm},
			{rewards.JobCodes, 20 * time.Second, rewards.JobCodes}, // 20 s x 512 against 3600 s x 2
			{rewards.JobOffer, 20 * time.Second, rewards.JobOffer},
			{rewards.JobFulfil, 10 * time.Minute, rewards.JobConfirm},
			{rewards.JobFulfil, 40 * time.Minute, rewards.JobFulfil},
			{rewards.JobPoll, time.Hour, rewards.JobConfirm},
			{rewards.JobPoll, 3 * time.Hour, rewards.JobPoll}, // and nothing waits for ever
		} {
			s.raw("DELETE FROM jobs WHERE subject = 'x'")
			aged(step.kind, step.age)
			if got := begins(); got != step.want {
				t.Errorf("%s, due for %v: began %s, want %s", step.kind, step.age, got, step.want)
			}
		}
	})
}

// The head of each class is found without a look at what is not due.
func TestTheNextJobIsFoundAtTheHeadOfAnIndex(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		shop := s.shop()
		s.backlogged(shop, 2000)
		explain := "EXPLAIN QUERY PLAN "
		if !s.lite {
			explain = "EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF, BUFFERS) "
		}
		args := []any{shop.ID, shop.ID, shop.ID, shop.ID}
		var plan []string
		if s.lite {
			var rows []struct{ Detail string }
			_, err := s.direct(s.ctx).scan(&rows, explain+firstPriority, args...)
			s.no(err)
			for _, r := range rows {
				plan = append(plan, r.Detail)
			}
		} else {
			_, err := s.direct(s.ctx).scan(&plan, explain+firstPriority, args...)
			s.no(err)
		}
		text := strings.Join(plan, "\n")
		if n := strings.Count(text, "jobs_heads"); n != len(priorities) || strings.Contains(text, "Seq Scan on jobs") || strings.Contains(text, "SCAN jobs") || strings.Contains(text, "Removed by Filter") {
			t.Errorf("the plan reads more than heads:\n%s", text)
		}
	})
}

// Shops that are known to be slow are passed over where enough workers are with such.
func TestQuickLeasesPassOverSlowShops(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		slow, quick := s.shop(), s.shop()
		for _, shop := range []connectors.Installed{slow, quick} {
			s.asks(shop, rewards.JobRequest{Kind: rewards.JobConfirm, Subject: "o1"})
		}
		s.raw("UPDATE lanes SET next_at = {after} WHERE shop_id = ?", -time.Minute.Microseconds(), slow.ID)
		lane, err := s.Lease(s.ctx, "w", time.Minute)
		s.no(err)
		if lane.Shop.ID != slow.ID || lane.Slow {
			t.Fatalf("leased %s, slow %v", lane.Shop.ID, lane.Slow)
		}
		lane.Slow = true
		s.no(s.Release(s.ctx, lane, 0))
		s.raw("UPDATE lanes SET next_at = {after} WHERE shop_id = ?", -time.Minute.Microseconds(), slow.ID)
		if lane, err = s.LeaseQuick(s.ctx, "w", time.Minute); err != nil || lane.Shop.ID != quick.ID {
			t.Fatalf("leased %s, %v", lane.Shop.ID, err)
		}
		_, err = s.LeaseQuick(s.ctx, "w", time.Minute)
		s.kind(err, rewards.NotFound, "nothing_due")
		if lane, err = s.Lease(s.ctx, "w", time.Minute); err != nil || lane.Shop.ID != slow.ID || !lane.Slow {
			t.Fatalf("leased %s, slow %v, %v", lane.Shop.ID, lane.Slow, err)
		}
		lane.Slow = false
		s.no(s.Release(s.ctx, lane, 0))
		if n := s.count("SELECT count(*) FROM lanes WHERE slow"); n != 0 {
			t.Fatalf("%d shops are slow", n)
		}
	})
}

// Each write under a lease that was lost is refused and counted.
func TestLateWritesAreRefusedAndCounted(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		j := r.confirm(r.order("o1"))[0].Job
		lost := r.lane
		s.raw("UPDATE lanes SET token = 'another'")
		before, rows := s.Inner().Refused, s.count("SELECT count(*) FROM attempts")+s.count("SELECT sum(attempts) FROM jobs")
		cause := rewards.Errorf(rewards.Unavailable, "shop_unavailable", "status 503")
		writes := map[string]func() error{
			"Begin":   func() error { _, err := s.Begin(s.ctx, lost, 1); return err },
			"Renew":   func() error { return s.Renew(s.ctx, lost, time.Minute) },
			"Release": func() error { return s.Release(s.ctx, lost, 0) },
			"Park":    func() error { return s.Park(s.ctx, lost, "token_refused") },
			"Decide":  func() error { return s.Decide(s.ctx, lost, []webhooks.Confirmed{{Job: j, Order: r.order("o1")}}) },
			"Retry":   func() error { return s.Retry(s.ctx, lost, j, cause, 0, true, "") },
			"Bury":    func() error { return s.Bury(s.ctx, lost, j, cause) },
			"Done":    func() error { return s.Done(s.ctx, lost, j) },
			"Again":   func() error { return s.Again(s.ctx, lost, j, 0, "") },
		}
		for name, write := range writes {
			if err := write(); rewards.CodeOf(err) != "lease_lost" {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n := s.Inner().Refused - before; n != uint64(len(writes)) {
			t.Errorf("%d of %d refused writes were counted", n, len(writes))
		}
		after := s.count("SELECT count(*) FROM attempts") + s.count("SELECT sum(attempts) FROM jobs")
		if after != rows || s.count("SELECT count(*) FROM shops WHERE status <> 'active'") != 0 || s.count("SELECT count(*) FROM orders") != 0 {
			t.Errorf("a late write was written: %d rows and tries, %d before", after, rows)
		}
	})
}
