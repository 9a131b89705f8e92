package metrics

import (
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"grapevine/rewards"
	"grapevine/webhooks"
)

// figuresOf is a Stats that tells what it holds, which tests change.
type figuresOf struct {
	mu      sync.Mutex
	pending int64
	broken  bool // shop_a's ledger
	stocks  int  // how often Stock was asked
	err     error
	slow    error // of Stock and CheckLedgers
}

func (f *figuresOf) set(pending int64, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pending, f.err = pending, err
}

func (f *figuresOf) Backlog(context.Context) (webhooks.Backlog, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return webhooks.Backlog{
		Events:      map[webhooks.EventStatus]int64{webhooks.EventPending: f.pending, webhooks.EventDead: 2},
		OldestEvent: 90 * time.Second, OldestConfirming: 80 * time.Second, InDoubt: 8,
		Due: map[rewards.JobKind]int64{rewards.JobFulfil: 3}, Dead: map[rewards.JobKind]int64{rewards.JobOffer: 5},
		OldestDue: 70 * time.Second,
		Late:      []webhooks.LateShop{{ShopID: "shop_a", Age: 70 * time.Second}, {ShopID: "shop_b", Age: time.Second}},
		LateRest:  webhooks.LateShop{Age: time.Second},
		Shops:     map[string]int64{"active": 6, "parked": 1},
	}, f.err
}

func (f *figuresOf) Stock(context.Context) (webhooks.Stock, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stocks++
	if f.slow != nil {
		return webhooks.Stock{}, f.slow
	}
	return webhooks.Stock{
		Rewards: map[rewards.Status]int64{rewards.StatusIssuing: 7}, OldestIssuing: time.Minute,
		Waiting: map[rewards.JobKind]int64{rewards.JobFulfil: 4}, Schema: 12,
		Chores: []webhooks.ChoreState{{Name: "scrub", Good: time.Unix(1000, 0)}, {Name: "leaks", Code: "db_down"}},
	}, nil
}

func (f *figuresOf) CheckLedgers(_ context.Context, after string, breach func(shopID, text string)) (string, []string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.slow != nil {
		return "", nil, f.slow
	}
	if after == "" {
		if f.broken {
			breach("shop_a", "row 3 was changed")
		}
		return "shop_a", []string{"shop_a"}, nil
	}
	return "", []string{"shop_b"}, nil
}

func (f *figuresOf) Inner() webhooks.Inner {
	return webhooks.Inner{
		Decided: webhooks.Lags{Upper: []float64{1, 5}, Count: []uint64{2, 3}, Total: 4, Sum: 9}, Refused: 2,
		Pools:   []webhooks.Pool{{Name: "work", Open: 4, InUse: 1, Max: 10, Waits: 6, WaitedFor: time.Second}},
		Listens: true, Leads: true,
	}
}

func scrape(t *testing.T, m *Metrics) string {
	t.Helper()
	rec := httptest.NewRecorder()
	m.Handler().ServeHTTP(rec, httptest.NewRequest("GET", "/metrics", nil))
	if rec.Code != 200 {
		t.Fatalf("status %d: %s", rec.Code, rec.Body)
	}
	return rec.Body.String()
}

func wants(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("lacks %s", line)
		}
	}
}

func newMetrics(t *testing.T, s Stats, now func() time.Time) *Metrics {
	t.Helper()
	m, err := New(Options{Stats: s, Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Version: "1.2.3", Role: "all", Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestCountersTellWhatThePipelineDid(t *testing.T) {
	t.Parallel()
	m := newMetrics(t, &figuresOf{}, time.Now)
	m.Received("shopify", 200, 3*time.Millisecond)
	m.Received("shopify", 200, 300*time.Millisecond)
	m.Received("shopify", 401, time.Millisecond)
	m.Digested(webhooks.EventDone, 5)
	m.Digested(webhooks.EventDone, 2)
	m.Called(rewards.JobFulfil, "done", time.Second)
	m.Called(rewards.JobFulfil, "retry", time.Second)
	m.Called(rewards.JobConfirm, "throttled", time.Second)
	m.Queued(3, 900)
	m.Queued(-2, -600)
	m.Stored(2, 20*time.Millisecond, nil)
	m.Stored(9, time.Second, errors.New("away"))
	m.Waited(-time.Second) // the database's clock is ahead
	m.Waited(time.Minute)
	wants(t, scrape(t, m),
		`grapevine_build_info{role="all",version="1.2.3"} 1`,
		`grapevine_webhooks_received_total{platform="shopify",status="200"} 2`,
		`grapevine_webhooks_received_total{platform="shopify",status="401"} 1`,
		`grapevine_webhook_ack_seconds_bucket{platform="shopify",le="0.25"} 2`,
		`grapevine_webhook_ack_seconds_count{platform="shopify"} 3`,
		`grapevine_events_ended_total{status="done"} 7`,
		`grapevine_shop_jobs_total{kind="fulfil",outcome="done"} 1`,
		`grapevine_shop_retries_total{kind="fulfil"} 1`,
		`grapevine_shop_retries_total{kind="confirm"} 1`,
		`grapevine_door_waiting_deliveries 1`, `grapevine_door_waiting_bytes 300`,
		`grapevine_door_group_deliveries_bucket{le="2"} 1`, `grapevine_door_group_deliveries_sum 11`,
		`grapevine_door_commit_seconds_bucket{outcome="ok",le="0.025"} 1`, `grapevine_door_commit_seconds_count{outcome="error"} 1`,
		`grapevine_event_digest_lag_seconds_bucket{le="0.005"} 1`, `grapevine_event_digest_lag_seconds_sum 60`,
		`grapevine_event_decision_lag_seconds_bucket{le="5"} 3`, `grapevine_event_decision_lag_seconds_count 4`,
		`grapevine_late_writes_refused_total 2`, `grapevine_listening 1`, `grapevine_leader 1`,
		`grapevine_database_connections{pool="work",state="in_use"} 1`, `grapevine_database_connections{pool="work",state="max"} 10`,
		`grapevine_database_connection_waits_total{pool="work"} 6`, `grapevine_database_connection_wait_seconds_total{pool="work"} 1`)
}

func TestGaugesAreReadAtMostOnceInAWhile(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	f := &figuresOf{pending: 1}
	m := newMetrics(t, f, func() time.Time { return now })
	wants(t, scrape(t, m), `grapevine_events{status="pending"} 1`, `grapevine_events{status="dead"} 2`,
		`grapevine_event_oldest_pending_seconds 90`, `grapevine_event_oldest_confirming_seconds 80`, `grapevine_jobs_in_doubt 8`,
		`grapevine_events{status="quarantined"} 0`, `grapevine_jobs{kind="fulfil",state="dead"} 0`, `grapevine_jobs{kind="fulfil",state="due"} 3`, `grapevine_jobs{kind="fulfil",state="waiting"} 4`, `grapevine_jobs{kind="offer",state="dead"} 5`,
		`grapevine_job_oldest_due_seconds 70`, `grapevine_shop_late_seconds{shop="shop_a"} 70`, `grapevine_shop_late_seconds{shop="other"} 1`,
		`grapevine_late_shops 1`, `grapevine_reward_oldest_issuing_seconds 60`, `grapevine_schema_version 12`,
		`grapevine_chore_last_success_timestamp_seconds{chore="scrub"} 1000`, `grapevine_chore_failed{chore="scrub"} 0`, `grapevine_chore_failed{chore="leaks"} 1`,
		`grapevine_shops{status="parked"} 1`, `grapevine_rewards{status="issuing"} 7`, `grapevine_database_up 1`)
	f.set(9, nil)
	now = now.Add(4 * time.Second)
	wants(t, scrape(t, m), `grapevine_events{status="pending"} 1`)
	now = now.Add(time.Second)
	wants(t, scrape(t, m), `grapevine_events{status="pending"} 9`)
	if f.stocks != 1 {
		t.Errorf("what changes slowly was counted %d times within five seconds", f.stocks)
	}
}

func TestABrokenLedgerShowsUntilItIsRightAgain(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_000_000, 0)
	f := &figuresOf{broken: true}
	m := newMetrics(t, f, func() time.Time { return now })
	wants(t, scrape(t, m), `grapevine_ledger_ok 0`)
	f.broken = false
	now = now.Add(time.Minute) // the second shop's turn
	wants(t, scrape(t, m), `grapevine_ledger_ok 0`, `grapevine_ledger_checked_timestamp_seconds 1.00006e+06`)
	now = now.Add(time.Minute)
	wants(t, scrape(t, m), `grapevine_ledger_ok 1`)
}

func TestADatabaseThatIsDownHidesItsFiguresOnly(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	f := &figuresOf{err: rewards.Errorf(rewards.Unavailable, "db_down", "down")}
	m := newMetrics(t, f, func() time.Time { return now })
	m.Received("shopify", 503, time.Millisecond)
	text := scrape(t, m)
	wants(t, text, `grapevine_database_up 0`, `grapevine_webhooks_received_total{platform="shopify",status="503"} 1`)
	if strings.Contains(text, "grapevine_events{") {
		t.Error("figures that were not read are shown")
	}
	f.set(1, nil)
	now = now.Add(5 * time.Second)
	wants(t, scrape(t, m), `grapevine_database_up 1`, `grapevine_events{status="pending"} 1`)
}

func TestWhatTakesTooLongToCountHidesNothingElse(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	f := &figuresOf{pending: 1, slow: rewards.Errorf(rewards.Unavailable, "db_slow", "it took too long")}
	m := newMetrics(t, f, func() time.Time { return now })
	later := func(d time.Duration) string {
		now = now.Add(d)
		return scrape(t, m)
	}
	lacks := func(text string) {
		t.Helper()
		for _, name := range []string{"grapevine_rewards{", "grapevine_reward_oldest_issuing_seconds ", "grapevine_schema_version ", "grapevine_ledger_ok "} {
			if strings.Contains(text, "\n"+name) {
				t.Errorf("%s is shown, and was not read", name)
			}
		}
	}
	text := scrape(t, m)
	wants(t, text, `grapevine_database_up 1`, `grapevine_events{status="pending"} 1`)
	lacks(text)
	wants(t, later(55*time.Second), `grapevine_database_up 1`)
	if f.stocks != 1 {
		t.Errorf("what could not be counted was asked for %d times within a minute", f.stocks)
	}
	f.slow = nil
	wants(t, later(5*time.Second), `grapevine_rewards{status="issuing"} 7`, `grapevine_ledger_ok 1`)
	f.slow = rewards.Errorf(rewards.Unavailable, "db_slow", "it took too long")
	wants(t, later(time.Minute), `grapevine_rewards{status="issuing"} 7`, `grapevine_ledger_ok 1`, `grapevine_database_up 1`)
	lacks(later(9 * time.Minute))
}

func TestTwoProgramsDoNotShareFigures(t *testing.T) {
	t.Parallel()
	a, b := newMetrics(t, &figuresOf{}, time.Now), newMetrics(t, &figuresOf{}, time.Now)
	a.Digested(webhooks.EventDone, 1)
	if strings.Contains(scrape(t, b), `grapevine_events_ended_total{`) {
		t.Error("b counts what a did")
	}
}
