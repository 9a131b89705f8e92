package storage

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/internal/testdb"
	"grapevine/rewards"
	"grapevine/webhooks"
)

const day = 24 * time.Hour

// eachWeekly runs f on a migrated PostgreSQL: SQLite has no partitions.
func eachWeekly(t *testing.T, f func(t *testing.T, s *store)) {
	t.Helper()
	t.Parallel()
	f(t, openStore(t, testdb.Postgres(t)))
}

// week makes the partition of a moment in the past, and tells its name.
func (s *store) week(ago time.Duration) (name string) {
	s.t.Helper()
	_, err := s.direct(s.ctx).scan(&name, "SELECT 'events_' || to_char(date_trunc('week', {after}, 'UTC') AT TIME ZONE 'UTC', 'YYYYMMDD')", -ago.Microseconds())
	s.no(err)
	var bounds struct{ Lo, Hi int64 }
	_, err = s.direct(s.ctx).scan(&bounds, `SELECT event_id(date_trunc('week', {after}, 'UTC')) AS lo, event_id(date_trunc('week', {after}, 'UTC') + interval '7 days') AS hi`,
		-ago.Microseconds(), -ago.Microseconds())
	s.no(err)
	s.raw(fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s PARTITION OF events FOR VALUES FROM (%d) TO (%d)", name, bounds.Lo, bounds.Hi))
	return name
}

// event writes an event that came some time ago, and returns its id.
func (s *store) event(shopID string, ago time.Duration, status string) string {
	s.t.Helper()
	n, us := s.n.Add(1), -ago.Microseconds()
	var id int64
	cols, vals := "shop_id, platform, topic, body, received_at, due_at, status, finished_at, order_id", "?, 'shopify', 'orders/paid', ?, {after}, {after}, ?, {after}, ?"
	args := []any{shopID, []byte{1, 0, '{'}, us, us, status, us, fmt.Sprint("o", n)}
	if !s.lite {
		cols, vals, args = cols+", id", vals+", event_id({after}) + ?", append(args, us, n)
	}
	_, err := s.direct(s.ctx).scan(&id, "INSERT INTO events ("+cols+") VALUES ("+vals+") RETURNING id", args...)
	s.no(err)
	return fmt.Sprint(eventPrefix, id)
}

func (s *store) weeks() (names []string) {
	s.t.Helper()
	_, err := s.direct(s.ctx).scan(&names, "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'events'::regclass ORDER BY 1")
	s.no(err)
	return names
}

func TestAWeekThatWasMissingTakesItsEventsOverWhenItIsMade(t *testing.T) {
	eachWeekly(t, func(t *testing.T, s *store) {
		shop := s.shop()
		if made, err := s.KeepPartitions(s.ctx); made != 0 || err != nil {
			t.Fatalf("%d partitions were missing after the migration, %v", made, err)
		}
		whole := s.weeks()
		this := s.week(0)
		s.raw("DROP TABLE " + this)
		ds := []connectors.Delivery{delivery(shop.Domain, 1), delivery(shop.Domain, 2), delivery(shop.Domain, 3)}
		if n, err := s.Put(s.ctx, ds); n != 3 || err != nil {
			t.Fatalf("stored %d, %v", n, err)
		}
		if n, err := s.Work(s.ctx, "w", 1, all(webhooks.EventHeld)); n != 1 || err != nil {
			t.Fatalf("worked %d, %v", n, err)
		}
		before, _, err := s.Events(s.ctx, webhooks.EventFilter{}, rewards.Page{})
		s.no(err)
		if n := s.count("SELECT count(*) FROM events_rest"); n != 3 {
			t.Fatalf("%d events lie in no week", n)
		}
		if made, err := s.KeepPartitions(s.ctx); made != 1 || err != nil {
			t.Fatalf("made %d, %v", made, err)
		}
		after, _, err := s.Events(s.ctx, webhooks.EventFilter{}, rewards.Page{})
		s.no(err)
		if fmt.Sprint(after) != fmt.Sprint(before) || fmt.Sprint(s.weeks()) != fmt.Sprint(whole) {
			t.Fatalf("got %v in %v, want %v in %v", after, s.weeks(), before, whole)
		}
		if n := s.count("SELECT count(*) FROM " + this); n != 3 {
			t.Fatalf("%d events moved", n)
		}
		if n, err := s.Put(s.ctx, ds); n != 0 || err != nil {
			t.Fatalf("%d were taken for new, %v", n, err)
		}
		if n, err := s.Work(s.ctx, "w", 9, all(webhooks.EventDone)); n != 2 || err != nil {
			t.Fatalf("worked %d, %v", n, err)
		}
	})
}

func TestWhoeverMakesOrDropsWeeksWaitsAMomentOnly(t *testing.T) {
	eachWeekly(t, func(t *testing.T, s *store) {
		shop := s.shop()
		s.week(100 * day)
		s.event(shop.ID, 100*day, "done")
		s.raw("DROP TABLE " + s.week(0))
		err := s.write(s.ctx, "being at work", func(x *txn) error {
			if _, err := x.exec("SELECT 1 FROM events WHERE shop_id = ? {lock}", shop.ID); err != nil {
				return err
			}
			_, err := s.KeepPartitions(s.ctx)
			s.kind(err, rewards.Unavailable, "lock_timeout")
			_, err = s.Prune(s.ctx, Keep{})
			s.kind(err, rewards.Unavailable, "lock_timeout")
			return nil
		})
		s.no(err)
		if made, err := s.KeepPartitions(s.ctx); made != 1 || err != nil {
			t.Fatalf("made %d, %v", made, err)
		}
		if p, err := s.Prune(s.ctx, Keep{}); p.Weeks != 1 || p.Events != 1 || err != nil {
			t.Fatalf("dropped %+v, %v", p, err)
		}
	})
}

func TestSeveralProcessesMakeTheWeeksOnce(t *testing.T) {
	eachWeekly(t, func(t *testing.T, s *store) {
		for _, name := range s.weeks() {
			if name != "events_rest" && name != "events_first" {
				s.raw("DROP TABLE " + name)
			}
		}
		var wg sync.WaitGroup
		var mu sync.Mutex
		total := 0
		for range 4 {
			wg.Go(func() {
				for {
					made, err := s.KeepPartitions(s.ctx)
					mu.Lock()
					total += made
					mu.Unlock()
					if rewards.KindOf(err) == rewards.Unavailable {
						continue
					}
					if err != nil {
						t.Error(err)
					}
					return
				}
			})
		}
		wg.Wait()
		if total != 5 {
			t.Fatalf("made %d", total)
		}
	})
}

// heap writes so many events of a moment some time ago.
func (s *store) heap(shopID string, ago time.Duration, n int, status string) {
	s.t.Helper()
	us := -ago.Microseconds()
	s.raw(`INSERT INTO events (shop_id, id, platform, topic, received_at, due_at, status, finished_at)
SELECT ?, event_id({after}) + 1000 + n, 'shopify', 't', {after}, {after}, ?, {now} FROM generate_series(1, ?::integer) n`, shopID, us, us, us, status, n)
}

func TestAWeekThatWasMissedForLongBeginsLater(t *testing.T) {
	eachWeekly(t, func(t *testing.T, s *store) {
		shop := s.shop()
		next, after := s.week(-7*day), s.week(-14*day)
		s.raw("DROP TABLE " + next)
		s.raw("DROP TABLE " + after)
		var begins time.Duration // until next week's first hour
		var us int64
		_, err := s.direct(s.ctx).scan(&us, "SELECT (extract(epoch FROM date_trunc('week', now(), 'UTC') + interval '7 days 1 hour' - now()) * 1000000)::bigint")
		s.no(err)
		begins = time.Duration(us) * time.Microsecond
		s.heap(shop.ID, -begins, weekMoved+1, "done")
		s.heap(shop.ID, -begins-2*time.Hour, 3, "done")
		if made, err := s.KeepPartitions(s.ctx); made != 2 || err != nil {
			t.Fatalf("made %d, %v", made, err)
		}
		if rest, moved := s.count("SELECT count(*) FROM events_rest"), s.count("SELECT count(*) FROM "+next); rest != weekMoved+1 || moved != 3 {
			t.Fatalf("%d stayed, %d moved", rest, moved)
		}
		if made, err := s.KeepPartitions(s.ctx); made != 0 || err != nil {
			t.Fatalf("made %d again, %v", made, err)
		}
	})
}

func TestAWeekFullOfOpenEventsDoesNotKeepOthersFromGoing(t *testing.T) {
	eachWeekly(t, func(t *testing.T, s *store) {
		shop := s.shop()
		full, young, younger := s.week(120*day), s.week(110*day), s.week(100*day)
		s.heap(shop.ID, 120*day, openMoved+1, "held")
		s.event(shop.ID, 120*day, "done")
		for _, ago := range []time.Duration{110 * day, 100 * day} {
			s.event(shop.ID, ago, "done")
			s.event(shop.ID, ago, "held")
		}
		if did := s.pruned(Keep{}); did.Weeks != 2 || did.Events != 3 {
			t.Fatalf("dropped %+v", did)
		}
		weeks := s.weeks()
		if !slices.Contains(weeks, full) || slices.Contains(weeks, young) || slices.Contains(weeks, younger) {
			t.Fatalf("left %v", weeks)
		}
		if n := s.count("SELECT count(*) FROM events WHERE status = 'held'"); n != openMoved+3 {
			t.Fatalf("%d open events are left", n)
		}
		// A person looks through them: the week goes as any other.
		s.raw("UPDATE events SET status = 'done' WHERE status = 'held' AND id IN (SELECT id FROM " + full + " LIMIT 2)")
		if did := s.pruned(Keep{}); did.Weeks != 1 || slices.Contains(s.weeks(), full) {
			t.Fatalf("dropped %+v, left %v", did, s.weeks())
		}
	})
}

// A week goes while two workers claim what is open in it.
func TestAWeekIsDroppedDuringClaims(t *testing.T) {
	eachWeekly(t, func(t *testing.T, s *store) {
		shop := s.shop()
		s.week(100 * day)
		const open = 300
		for range open {
			s.event(shop.ID, 100*day, "pending")
		}
		s.raw("INSERT INTO events (shop_id, id, platform, topic, received_at, due_at, status, finished_at) SELECT ?, event_id({after}) + 1000 + n, 'shopify', 't', {after}, {after}, 'done', {now} FROM generate_series(1, 2000) n",
			shop.ID, -(100 * day).Microseconds(), -(100 * day).Microseconds(), -(100 * day).Microseconds())
		var mu sync.Mutex
		digested := map[int64]int{}
		f := func(ctx context.Context, tx webhooks.InboxTx, events []webhooks.Event) ([]webhooks.Digested, error) {
			mu.Lock()
			defer mu.Unlock()
			for _, e := range events {
				digested[e.ID]++
			}
			return all(webhooks.EventDone)(ctx, tx, events)
		}
		var wg sync.WaitGroup
		for w := range 2 {
			wg.Go(func() {
				for {
					n, err := s.Work(s.ctx, fmt.Sprint("w", w), 7, f)
					if err != nil {
						t.Error(err)
						return
					}
					if n == 0 {
						return
					}
				}
			})
		}
		var did Pruned
		for did.Weeks == 0 {
			p, err := s.Prune(s.ctx, Keep{})
			if err != nil && rewards.KindOf(err) != rewards.Unavailable {
				t.Fatal(err)
			}
			did.Weeks, did.Events = did.Weeks+p.Weeks, did.Events+p.Events
		}
		wg.Wait()
		for id, n := range digested {
			if n != 1 {
				t.Errorf("event %d was digested %d times", id, n)
			}
		}
		for more := true; more; {
			p, err := s.Prune(s.ctx, Keep{})
			s.no(err)
			did.Events, more = did.Events+p.Events, p.More
		}
		if left := s.count("SELECT count(*) FROM events"); len(digested) != open || left != 0 || did.Events != open+2000 {
			t.Fatalf("%d of %d were digested, %d are left, %d were dropped", len(digested), open, left, did.Events)
		}
	})
}
