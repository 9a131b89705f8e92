package storage

import (
	"fmt"
	"testing"
	"time"

	"grapevine/internal/testdb"
	"grapevine/rewards"
)

const reign = 15 * time.Second

func TestOneLeadsUntilItsLeaseRunsOut(t *testing.T) {
	t.Parallel()
	s := openStore(t, testdb.Postgres(t))
	first, err := s.Lead(s.ctx, "chores", "a", reign)
	s.no(err)
	_, err = s.Lead(s.ctx, "chores", "b", reign)
	s.kind(err, rewards.Conflict, "led_by_another")
	_, err = s.Lead(s.ctx, "other", "b", reign)
	s.no(err)
	s.no(s.KeepLead(s.ctx, first, reign))
	if holder, until, err := s.Leads(s.ctx, "chores"); holder != "a" || until.IsZero() || err != nil {
		t.Fatalf("%q leads until %s, %v", holder, until, err)
	}

	s.raw("UPDATE leases SET until = {now}") // it froze
	second, err := s.Lead(s.ctx, "chores", "b", reign)
	s.no(err)
	if second.Token <= first.Token {
		t.Fatalf("token %d after %d", second.Token, first.Token)
	}
	s.kind(s.KeepLead(s.ctx, first, reign), rewards.Conflict, "lease_lost")
	s.kind(s.PlanChores(s.ctx, first, nil), rewards.Conflict, "lease_lost")
	s.no(s.EndLead(s.ctx, first)) // and harms nobody
	_, err = s.Lead(s.ctx, "chores", "c", reign)
	s.kind(err, rewards.Conflict, "led_by_another")

	s.no(s.EndLead(s.ctx, second))
	if holder, _, err := s.Leads(s.ctx, "chores"); holder != "" || err != nil {
		t.Fatalf("%q leads, %v", holder, err)
	}
	_, err = s.Lead(s.ctx, "chores", "c", reign)
	s.no(err)
}

// The lease is the database's: whatever a process believes the time to be, it can neither take what another
// has, nor lose what is its own.
func TestOfManyWhoAskForTheLeadOneGetsIt(t *testing.T) {
	t.Parallel()
	s := openStore(t, testdb.Postgres(t))
	for round := range 10 {
		won := make(chan Lead, 8)
		ended := make(chan error, 8)
		for i := range 8 {
			go func() {
				l, err := s.Lead(s.ctx, "chores", fmt.Sprint(i), reign)
				if err == nil {
					won <- l
				} else if rewards.CodeOf(err) == "led_by_another" {
					err = nil
				}
				ended <- err
			}()
		}
		for range 8 {
			s.no(<-ended)
		}
		if len(won) != 1 {
			t.Fatalf("round %d: %d lead", round, len(won))
		}
		s.no(s.EndLead(s.ctx, <-won))
	}
}

func TestOnSQLiteTheProcessThatHasTheFileLeads(t *testing.T) {
	t.Parallel()
	s := openStore(t, testdb.SQLite(t))
	first, err := s.Lead(s.ctx, "chores", "killed", time.Hour)
	s.no(err)
	second, err := s.Lead(s.ctx, "chores", "next", time.Hour)
	s.no(err)
	if second.Token <= first.Token {
		t.Fatalf("token %d after %d", second.Token, first.Token)
	}
}

func TestAChoreIsRunAndRemembered(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		lead, err := s.Lead(s.ctx, "chores", "a", reign)
		s.no(err)
		plan := map[string]time.Duration{"expire": time.Hour, "prune": 24 * time.Hour}
		s.no(s.PlanChores(s.ctx, lead, plan))
		due := func(want ...string) {
			t.Helper()
			list, err := s.DueChores(s.ctx)
			s.no(err)
			var names []string
			for _, c := range list {
				names = append(names, c.Name)
			}
			if fmt.Sprint(names) != fmt.Sprint(want) {
				t.Fatalf("%v are due, want %v", names, want)
			}
		}
		due("expire", "prune")
		at, err := s.BeginChore(s.ctx, lead, "expire", time.Minute)
		s.no(err)
		if at.IsZero() {
			t.Fatal("nobody knows when it began")
		}
		due("prune")
		_, err = s.BeginChore(s.ctx, lead, "expire", time.Minute)
		s.kind(err, rewards.NotFound, "chore_not_due")
		s.no(s.EndChore(s.ctx, lead, "expire", 7, nil, time.Hour))
		_, err = s.BeginChore(s.ctx, lead, "prune", time.Minute)
		s.no(err)
		s.no(s.EndChore(s.ctx, lead, "prune", 0, rewards.Errorf(rewards.Unavailable, "database_unavailable", "gone"), time.Minute))
		due()

		s.raw("UPDATE chores SET planned_at = {after}, done_at = CASE WHEN done_at IS NULL THEN NULL ELSE {after} END", -5*time.Hour.Microseconds(), -2*time.Hour.Microseconds())
		list, err := s.Chores(s.ctx)
		s.no(err)
		type memory struct {
			name, code string
			did        int64
			tries      int
			hours      time.Duration
			late       bool
		}
		var got []memory
		for _, c := range list {
			got = append(got, memory{c.Name, c.Code, c.Did, c.Tries, c.Since / time.Hour, c.Late()})
		}
		want := []memory{{"expire", "", 7, 0, 2, false}, {"prune", "database_unavailable", 0, 1, 5, false}}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("got %v, want %v", got, want)
		}
		s.raw("UPDATE chores SET planned_at = {after}, done_at = CASE WHEN done_at IS NULL THEN NULL ELSE {after} END", -73*time.Hour.Microseconds(), -4*time.Hour.Microseconds())
		list, err = s.Chores(s.ctx)
		s.no(err)
		if !list[0].Late() || !list[1].Late() {
			t.Fatalf("none is late: %+v", list)
		}

		delete(plan, "prune")
		plan["expire"] = time.Second // more often than before
		s.no(s.PlanChores(s.ctx, lead, plan))
		if n := s.count("SELECT count(*) FROM chores WHERE name = 'expire' AND due_at <= {after}", time.Second.Microseconds()); n != 1 || s.count("SELECT count(*) FROM chores") != 1 {
			t.Fatal("the plan changed and the chores did not")
		}
	})
}

func TestWhoLostTheLeadWritesNothingMore(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		first, err := s.Lead(s.ctx, "chores", "a", reign)
		s.no(err)
		s.no(s.PlanChores(s.ctx, first, map[string]time.Duration{"expire": time.Hour}))
		_, err = s.BeginChore(s.ctx, first, "expire", 0)
		s.no(err)
		s.raw("UPDATE leases SET until = {now}")
		second, err := s.Lead(s.ctx, "chores", "b", reign)
		s.no(err)
		_, err = s.BeginChore(s.ctx, second, "expire", time.Minute) // what the dead one left is due after its wait
		s.no(err)
		s.kind(s.EndChore(s.ctx, first, "expire", 1, nil, time.Hour), rewards.Conflict, "lease_lost")
		_, err = s.BeginChore(s.ctx, first, "expire", 0)
		s.kind(err, rewards.Conflict, "lease_lost")
		if s.count("SELECT count(*) FROM chores WHERE ended_at IS NULL AND tries = 2 AND token = ?", second.Token) != 1 {
			t.Fatal("the old leader wrote")
		}
	})
}
