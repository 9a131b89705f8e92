package metrics

import (
	"context"
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
	err     error
}

func (f *figuresOf) set(pending int64, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pending, f.err = pending, err
}

func (f *figuresOf) EventCounts(context.Context) (map[webhooks.EventStatus]int64, time.Duration, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return map[webhooks.EventStatus]int64{webhooks.EventPending: f.pending, webhooks.EventDead: 2}, 90 * time.Second, f.err
}

func (f *figuresOf) JobCounts(context.Context) (due, waiting, dead int64, err error) {
	return 3, 4, 5, nil
}

func (f *figuresOf) ShopCounts(context.Context) (map[string]int64, error) {
	return map[string]int64{"active": 6, "parked": 1}, nil
}

func (f *figuresOf) RewardCounts(context.Context) (map[rewards.Status]int64, error) {
	return map[rewards.Status]int64{rewards.StatusIssued: 7}, nil
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
	m, err := New(Options{Stats: s, Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Version: "1.2.3", Now: now})
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
	wants(t, scrape(t, m),
		`grapevine_build_info{version="1.2.3"} 1`,
		`grapevine_webhooks_received_total{platform="shopify",status="200"} 2`,
		`grapevine_webhooks_received_total{platform="shopify",status="401"} 1`,
		`grapevine_webhook_ack_seconds_bucket{platform="shopify",le="0.25"} 2`,
		`grapevine_webhook_ack_seconds_count{platform="shopify"} 3`,
		`grapevine_events_ended_total{status="done"} 7`,
		`grapevine_shop_jobs_total{kind="fulfil",outcome="done"} 1`,
		`grapevine_shop_retries_total{kind="fulfil"} 1`,
		`grapevine_shop_retries_total{kind="confirm"} 1`)
}

func TestGaugesAreReadAtMostOnceInAWhile(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	f := &figuresOf{pending: 1}
	m := newMetrics(t, f, func() time.Time { return now })
	wants(t, scrape(t, m), `grapevine_events{status="pending"} 1`, `grapevine_events{status="dead"} 2`,
		`grapevine_event_oldest_pending_seconds 90`, `grapevine_jobs{state="due"} 3`, `grapevine_jobs{state="waiting"} 4`, `grapevine_jobs{state="dead"} 5`,
		`grapevine_shops{status="parked"} 1`, `grapevine_rewards{status="issued"} 7`, `grapevine_database_up 1`)
	f.set(9, nil)
	now = now.Add(4 * time.Second)
	wants(t, scrape(t, m), `grapevine_events{status="pending"} 1`)
	now = now.Add(time.Second)
	wants(t, scrape(t, m), `grapevine_events{status="pending"} 9`)
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

func TestTwoProgramsDoNotShareFigures(t *testing.T) {
	t.Parallel()
	a, b := newMetrics(t, &figuresOf{}, time.Now), newMetrics(t, &figuresOf{}, time.Now)
	a.Digested(webhooks.EventDone, 1)
	if strings.Contains(scrape(t, b), `grapevine_events_ended_total{`) {
		t.Error("b counts what a did")
	}
}
