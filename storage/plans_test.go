package storage

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"grapevine/internal/testdb"
	"grapevine/rewards"
	"grapevine/webhooks"
)

const (
	oldWeeks     = 20
	oldEvents    = 1000    // in each old week
	doneThisWeek = 100_000 // and dead as many times, where nobody may sweep them yet
)

// explained is a PostgreSQL that writes down the plan of everything that it runs, and counts no table by itself.
type explained struct {
	*referred
	read int // of the server's log
	old  []string
}

func explaining(t *testing.T, p rewards.Program) *explained {
	t.Helper()
	server := testdb.Own(t, testdb.Options{Settings: map[string]string{
		"autovacuum": "off", "session_preload_libraries": "auto_explain", "auto_explain.log_min_duration": "0",
		"auto_explain.log_analyze": "on", "auto_explain.log_buffers": "on", "auto_explain.log_timing": "off",
	}})
	return &explained{referred: openStore(t, server.Database(t)).referred(p)}
}

// openExplained is one with years of events of which it knows nothing: no statistics, no vacuum, and a reader who
// began before all that was done.
func openExplained(t *testing.T) *explained {
	t.Helper()
	e := explaining(t, creditProgram())
	s := e.store
	for w := range oldWeeks {
		e.old = append(e.old, s.week(time.Duration(w+2)*7*day))
	}
	s.raw("ANALYZE events")
	for range 8 { // plans are made while the tables are known to be empty, and kept
		s.event(e.shop.ID, 0, "pending")
		if n, err := s.Work(s.ctx, "w", 10, all(webhooks.EventDone)); n != 1 || err != nil {
			t.Fatalf("worked %d, %v", n, err)
		}
	}
	for w := range oldWeeks {
		s.fill("done", time.Duration(w+2)*7*day, oldEvents)
	}
	s.fill("pending", min(10*time.Minute, intoWeek(time.Now())/2), doneThisWeek)
	reader := s.writer.WithContext(s.ctx).Begin()
	if err := reader.Exec("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ").Error; err != nil {
		t.Fatal(err)
	}
	if err := reader.Exec("SELECT count(*) FROM shops").Error; err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { reader.Rollback() })
	s.raw("UPDATE events SET status = 'done', finished_at = now() WHERE status = 'pending'")
	return e
}

// intoWeek is how long ago the week began by which events are stored: on Monday, in UTC.
func intoWeek(at time.Time) time.Duration {
	at = at.UTC()
	midnight := at.Truncate(day)
	return at.Sub(midnight.AddDate(0, 0, -(int(at.Weekday())+6)%7))
}

// fill writes events that came so long ago.
func (s *store) fill(status string, ago time.Duration, n int) {
	s.t.Helper()
	us := -ago.Microseconds()
	s.raw(`INSERT INTO events (shop_id, id, platform, topic, body, received_at, due_at, status, finished_at, order_id, customer_id)
SELECT shop_id, event_id({after}) + n, 'shopify', 't', '\x00', {after}, {after}, ?, {after}, 'x' || n, 'y' || n FROM shops CROSS JOIN generate_series(1, ?) n`, us, us, us, status, us, n)
}

var logged = regexp.MustCompile(`(?m)^[^\t\n].*LOG:  duration: .* plan:$`)

// plans are those of the statements about events that f has run.
func (e *explained) plans(f func()) []string {
	e.t.Helper()
	return e.plansOf(" on events", f)
}

// plansOf are those plans of what f has run that say so.
func (e *explained) plansOf(saying string, f func()) (plans []string) {
	e.t.Helper()
	e.log()
	f()
	for _, p := range logged.Split(e.log(), -1)[1:] {
		if query, plan, _ := strings.Cut(p, "\n\t"); strings.Contains(plan, saying) {
			plans = append(plans, query+plan)
		}
	}
	if len(plans) == 0 {
		e.t.Fatal("nothing was written down")
	}
	return plans
}

// log is what the server has written since it was last asked.
func (e *explained) log() string {
	e.t.Helper()
	var dir string
	_, err := e.direct(e.ctx).scan(&dir, "SELECT current_setting('data_directory')")
	e.no(err)
	text, err := os.ReadFile(filepath.Join(filepath.Dir(dir), "log"))
	e.no(err)
	text = text[e.read:]
	e.read += len(text)
	return string(text)
}

var (
	touchedTable = regexp.MustCompile(`(?m)^.* (?:Scan|Scan Backward) (?:using \S+ )?on (events_\w+)[^(\n]*\(.*\(actual rows=.*$`)
	hitPages     = regexp.MustCompile(`Buffers: shared hit=(\d+)`)
)

// touched are the partitions that a plan has looked into.
func touched(plan string) (names []string) {
	for _, m := range touchedTable.FindAllStringSubmatch(plan, -1) {
		if !slices.Contains(names, m[1]) {
			names = append(names, m[1])
		}
	}
	return names
}

// byIndexOnly demands that no plan reads a partition from one end to the other, but one that it found empty.
func (e *explained) byIndexOnly(plans []string) {
	e.t.Helper()
	for _, p := range plans {
		for line := range strings.Lines(p) {
			if strings.Contains(line, "Seq Scan on events") && !strings.Contains(line, "cost=0.00..0.00 ") {
				e.t.Errorf("a table of events is read as a whole: %s\n%s", line, p)
			}
		}
	}
}

// thisWeekOnly demands that the plans that say so look at no old week.
func (e *explained) thisWeekOnly(plans []string, saying ...string) {
	e.t.Helper()
	for _, say := range saying {
		found := false
		for _, p := range plans {
			if !strings.Contains(p, say) {
				continue
			}
			found = true
			for _, name := range touched(p) {
				if slices.Contains(e.old, name) {
					e.t.Errorf("%s is looked into:\n%s", name, p)
				}
			}
		}
		if !found {
			e.t.Errorf("no statement says %q", say)
		}
	}
}

func pagesOf(plan string) (n int) {
	if m := hitPages.FindStringSubmatch(plan); m != nil {
		fmt.Sscan(m[1], &n)
	}
	return n
}

func TestEventsAreFoundByIndexHoweverManyThereAre(t *testing.T) {
	t.Parallel()
	e := openExplained(t)
	confirm := func(ctx context.Context, tx webhooks.InboxTx, events []webhooks.Event) ([]webhooks.Digested, error) {
		out := make([]webhooks.Digested, len(events))
		var jobs []webhooks.ShopJob
		for i, ev := range events {
			out[i] = webhooks.Digested{Status: webhooks.EventConfirming, OrderID: fmt.Sprint("o", ev.ID)}
			jobs = append(jobs, webhooks.ShopJob{ShopID: ev.ShopID, JobRequest: rewards.JobRequest{Kind: rewards.JobConfirm, Subject: out[i].OrderID}})
		}
		return out, tx.Enqueue(ctx, jobs)
	}
	work := func(f webhooks.DigestFunc, want int) func() {
		return func() {
			if n, err := e.Work(e.ctx, "w", 10, f); n != want || err != nil {
				t.Fatalf("worked %d, %v", n, err)
			}
		}
	}
	for range 60 {
		e.event(e.shop.ID, 0, "pending")
	}
	t.Run("a claim, and the end of its events", func(t *testing.T) {
		e.t = t
		first := e.plans(work(all(webhooks.EventDone), 10))
		second := e.plans(work(all(webhooks.EventDone), 10))
		e.byIndexOnly(append(first, second...))
		for _, p := range append(first, second...) {
			if strings.Contains(p, "SKIP LOCKED") && (strings.Contains(p, "->  Sort") || strings.Contains(p, "Bitmap")) {
				t.Errorf("due events are sorted:\n%s", p)
			}
		}
		e.thisWeekOnly(second, "UPDATE events AS e SET status = v.status")
		for _, p := range second {
			if n := pagesOf(p); strings.Contains(p, "SKIP LOCKED") && n > 8*(oldWeeks+8) {
				t.Errorf("a claim of 10 events looks at %d pages:\n%s", n, p)
			}
		}
	})
	t.Run("one that is tried alone", func(t *testing.T) {
		e.t = t
		_, err := e.Work(e.ctx, "w", 5, func(context.Context, webhooks.InboxTx, []webhooks.Event) ([]webhooks.Digested, error) {
			return nil, rewards.Errorf(rewards.Internal, "poison", "no")
		})
		e.kind(err, rewards.Internal, "poison")
		plans := e.plans(func() {
			if n, err := e.WorkSuspect(e.ctx, "w", 3, all(webhooks.EventDone)); n != 1 || err != nil {
				t.Fatalf("worked %d, %v", n, err)
			}
		})
		e.byIndexOnly(plans)
		e.thisWeekOnly(plans, "FOR UPDATE OF e SKIP LOCKED", "UPDATE events SET attempts")
	})
	t.Run("those that wait for orders", func(t *testing.T) {
		e.t = t
		work(confirm, 10)()
		jobs, err := e.Begin(e.ctx, e.referred.lane, 10)
		e.no(err)
		plans := e.plans(func() {
			var orders []webhooks.Confirmed
			for _, j := range jobs {
				o := e.order(j.Subject)
				o.Codes = nil
				orders = append(orders, webhooks.Confirmed{Job: j, Order: o})
			}
			e.no(e.Decide(e.ctx, e.referred.lane, orders))
		})
		e.byIndexOnly(plans)
	})
	t.Run("what people ask for", func(t *testing.T) {
		e.t = t
		e.raw("ANALYZE events") // what people ask is planned by statistics, which are a minute old at most
		id := e.event(e.shop.ID, 0, "dead")
		for _, shopID := range []string{e.shop.ID, ""} {
			plans := e.plans(func() {
				_, err := e.Event(e.ctx, shopID, id)
				e.no(err)
				_, err = e.EventBody(e.ctx, shopID, id)
				e.no(err)
				_, err = e.Replay(e.ctx, shopID, id)
				e.no(err)
			})
			e.byIndexOnly(plans)
			e.thisWeekOnly(plans, "SELECT", "UPDATE events SET status = 'pending'")
		}
		e.byIndexOnly(e.plans(func() {
			_, _, err := e.Events(e.ctx, webhooks.EventFilter{ShopID: e.shop.ID}, rewards.Page{Limit: 20})
			e.no(err)
			_, _, err = e.Events(e.ctx, webhooks.EventFilter{ShopID: e.shop.ID, OrderID: "x7"}, rewards.Page{Limit: 20})
			e.no(err)
			_, _, err = e.EventCounts(e.ctx)
			e.no(err)
		}))
	})
	t.Run("an erased customer's", func(t *testing.T) {
		e.t = t
		erase := func(ctx context.Context, tx webhooks.InboxTx, events []webhooks.Event) ([]webhooks.Digested, error) {
			_, err := tx.Apply(ctx, e.shop.ID, rewards.CustomerErased{CustomerID: "y7", OrderIDs: []string{"x7"}}, time.Time{})
			if err != nil {
				return nil, err
			}
			return all(webhooks.EventDone)(ctx, tx, events)
		}
		e.byIndexOnly(e.plans(work(erase, 10)))
		if n := e.count("SELECT count(*) FROM events WHERE order_id = 'x7' AND (body IS NOT NULL OR customer_id <> '')"); n != 0 {
			t.Fatalf("%d events tell of her", n)
		}
	})
	t.Run("those of a dead worker", func(t *testing.T) {
		e.t = t
		var keys []eventKey
		_, err := e.direct(e.ctx).scan(&keys, "SELECT shop_id AS shop, id FROM events WHERE status = 'pending' AND NOT suspect LIMIT 5")
		e.no(err)
		e.no(e.direct(e.ctx).note(noteRow{ID: "note_dead", Worker: "dead", keys: keys}))
		plans := e.plans(func() {
			if n, err := e.Rescue(e.ctx, true); n != len(keys) || err != nil {
				t.Fatalf("rescued %d of %d, %v", n, len(keys), err)
			}
		})
		e.byIndexOnly(plans)
		e.thisWeekOnly(plans, "UPDATE events AS e SET suspect = true")
	})
}
