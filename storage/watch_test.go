package storage

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/internal/testdb"
	"grapevine/rewards"
	"grapevine/webhooks"
)

func TestTheBacklogTellsWhatWaitsAndWhere(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		r.decide(r.order("o1"))
		_, err := s.Put(s.ctx, []connectors.Delivery{delivery(r.shop.Domain, 1), delivery(r.shop.Domain, 2)})
		s.no(err)
		s.raw("UPDATE events SET due_at = {hourago}")
		s.raw("UPDATE jobs SET run_at = {hourago}")
		s.raw("UPDATE jobs SET state = 'dead' WHERE kind = 'codes'")
		s.raw("UPDATE lanes SET next_at = {hourago}")
		b, err := s.Backlog(s.ctx)
		s.no(err)
		about(t, "the oldest event", b.OldestEvent, time.Hour)
		about(t, "the oldest job", b.OldestDue, time.Hour)
		if got, want := fmt.Sprint(b.Events, b.Due, b.Dead, b.Shops), "map[pending:2] map[fulfil:1 offer:1] map[codes:1] map[active:1]"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if len(b.Late) != 1 || b.Late[0].ShopID != r.shop.ID {
			t.Errorf("late: %+v", b.Late)
		}
		stock, err := s.Stock(s.ctx)
		s.no(err)
		about(t, "the oldest reward under way", stock.OldestIssuing, time.Hour)
		if got, want := fmt.Sprint(stock.Rewards, stock.Waiting), "map[issuing:1] map[fulfil:1 offer:1]"; got != want || stock.Schema == 0 {
			t.Errorf("got %s at schema %d, want %s", got, stock.Schema, want)
		}
		s.raw("UPDATE shops SET status = 'parked'")
		if b, err = s.Backlog(s.ctx); err != nil || len(b.Late) != 0 || b.OldestDue != 0 {
			t.Errorf("a shop that is not called is late: %+v, %v", b.Late, err)
		}
	})
}

func about(t *testing.T, what string, got, want time.Duration) {
	t.Helper()
	if (got - want).Abs() > time.Minute {
		t.Errorf("%s is %s old, want %s", what, got, want)
	}
}

func TestOfManyLateShopsTheLatestAreNamed(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		first := s.shop()
		s.raw(`INSERT INTO shops (shop_id, platform, domain, status, since, installed_at, created_at)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30)
SELECT 'shop_' || i, 'shopify', 's' || i || '.example', 'active', since, installed_at, created_at FROM n, shops WHERE shop_id = '` + first.ID + `'`)
		s.raw("INSERT INTO lanes (shop_id, next_at, lease_until, paused_until) SELECT shop_id, {hourago}, {hourago}, {hourago} FROM shops WHERE shop_id <> '" + first.ID + "'")
		s.raw("INSERT INTO jobs (shop_id, id, kind, subject, run_at) SELECT shop_id, 'job_' || shop_id, 'codes', 'p', {hourago} FROM shops WHERE shop_id <> '" + first.ID + "'")
		b, err := s.Backlog(s.ctx)
		s.no(err)
		if len(b.Late) != webhooks.LateShops || b.LateRest.Age < 59*time.Minute {
			t.Fatalf("%d shops are named, the rest is %s late", len(b.Late), b.LateRest.Age)
		}
	})
}

func TestTheEndOfALedgerIsLookedAt(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		for i := range 3 {
			r.decide(r.order(fmt.Sprint("o", i)))
		}
		look := func() (found []string) {
			next, shops, err := s.CheckLedgers(s.ctx, "", func(shopID, text string) { found = append(found, text) })
			s.no(err)
			if next != "" || len(shops) != 1 || shops[0] != r.shop.ID {
				t.Fatalf("looked at %v, next %q", shops, next)
			}
			return found
		}
		if found := look(); len(found) != 0 {
			t.Fatalf("a right ledger: %v", found)
		}
		s.raw("UPDATE ledger_heads SET seq = seq + 1")
		if found := look(); len(found) != 1 {
			t.Errorf("a head without its row: %v", found)
		}
	})
}

// TestFiguresReadNoHistory looks at PostgreSQL's plans once there is history: none may walk a table whose
// rows stay.
func TestFiguresReadNoHistory(t *testing.T) {
	t.Parallel()
	s := openStore(t, testdb.Postgres(t))
	r := s.referred(codeProgram())
	r.decide(r.order("o1"))
	id := r.shop.ID
	s.raw(`INSERT INTO events (shop_id, id, platform, topic, received_at, status, due_at)
SELECT '` + id + `', event_id(now()) + n, 'shopify', 'orders/create', now(), 'done', now() FROM generate_series(1, 30000) n`)
	s.raw(`INSERT INTO rewards SELECT (jsonb_populate_record(r, jsonb_build_object('id', 'rw_' || n, 'status', 'redeemed', 'code', 'C' || n, 'code_folded', 'c' || n, 'rule', 'r' || n))).*
FROM rewards r, generate_series(1, 30000) n`)
	s.raw("ANALYZE")
	var week string
	_, err := s.read(s.ctx).scan(&week, "SELECT tableoid::regclass::text FROM events LIMIT 1")
	s.no(err)
	walksHistory := regexp.MustCompile(`Seq Scan on (` + week + `|rewards|ledger|attempts|orders|reward_history)\b`)
	bound := map[string][]any{eventsOpen: {webhooks.BacklogCap, webhooks.BacklogCap}, lateShops: {webhooks.LateShops}}
	for _, sql := range []string{eventsOpen, oldestPending, oldestConfirming, dueJobs, deadJobs, lateShops, openRewards, oldestIssuing} {
		var plan []string
		_, err := s.read(s.ctx).scan(&plan, "EXPLAIN (COSTS OFF) "+sql, bound[sql]...)
		s.no(err)
		text := strings.Join(plan, "\n")
		if walksHistory.MatchString(text) {
			t.Errorf("%s\nwalks along history:\n%s", sql, text)
		}
	}
}

func TestDecisionsTellHowLongTheirEventsWaited(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		_, err := s.Put(s.ctx, []connectors.Delivery{delivery(r.shop.Domain, 1)})
		s.no(err)
		_, err = s.Work(s.ctx, "w", 10, confirming(r.shop.ID, "o1"))
		s.no(err)
		s.raw("UPDATE events SET due_at = {hourago}")
		r.decide(r.order("o1"))
		if lags := s.Inner().Decided; lags.Total != 1 || lags.Sum < 3500 || lags.Count[len(lags.Count)-2] != 0 {
			t.Errorf("got %+v", lags)
		}
	})
}

func TestAShopThatIsNotCalledMakesNoEventLate(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		_, err := s.Put(s.ctx, []connectors.Delivery{delivery(r.shop.Domain, 1)})
		s.no(err)
		_, err = s.Work(s.ctx, "w", 10, confirming(r.shop.ID, "o1"))
		s.no(err)
		s.raw("UPDATE events SET due_at = {hourago}")
		b, err := s.Backlog(s.ctx)
		s.no(err)
		about(t, "the oldest event that is pending", b.OldestEvent, 0)
		about(t, "the oldest whose order is to be read", b.OldestConfirming, time.Hour)
		s.raw("UPDATE shops SET status = 'parked'")
		b, err = s.Backlog(s.ctx)
		s.no(err)
		if b.OldestEvent != 0 || b.OldestConfirming != 0 || b.Events[webhooks.EventConfirming] != 1 {
			t.Errorf("parked: %s, %s, %v", b.OldestEvent, b.OldestConfirming, b.Events)
		}
	})
}

func TestWhatIsInDoubtIsNoDeadLetter(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r, _ := s.inDoubt()
		r.raw("UPDATE jobs SET run_at = {hourago} WHERE kind = 'fulfil'")
		told := func(doubt int64) {
			t.Helper()
			b, err := s.Backlog(s.ctx)
			s.no(err)
			stock, err := s.Stock(s.ctx)
			s.no(err)
			if len(b.Dead) != 0 || b.InDoubt != doubt || stock.OldestIssuing != 0 {
				t.Errorf("dead %v, in doubt %d, on its way for %s", b.Dead, b.InDoubt, stock.OldestIssuing)
			}
		}
		told(1)
		list, _, err := s.Jobs(s.ctx, r.shop.ID, webhooks.JobFilter{State: webhooks.JobDead}, rewards.Page{})
		s.no(err)
		_, err = s.CloseJob(s.ctx, r.shop.ID, list[0].ID)
		s.no(err)
		told(0)
	})
}

func TestEachWaitHasItsBound(t *testing.T) {
	t.Parallel()
	var l lagCounts
	if len(l.counts) != len(lagBounds)+1 {
		t.Fatalf("%d counts for %d bounds", len(l.counts), len(lagBounds))
	}
	for _, wait := range []time.Duration{-time.Second, 5 * time.Millisecond, time.Hour, 2 * time.Hour} {
		l.add(wait)
	}
	got := l.read()
	if got.Total != 4 || got.Count[0] != 2 || got.Count[len(lagBounds)-1] != 3 || got.Sum != 10800.005 {
		t.Errorf("got %+v", got)
	}
}
