package metrics

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"grapevine/rewards"
	"grapevine/webhooks"
)

// readWithin bounds one reading of the figures.
const readWithin = 5 * time.Second

// Stats are the figures that only the database knows.
type Stats interface {
	// EventCounts counts the events that have not ended well (pending, confirming, held, quarantined,
	// dead) by status; oldest is the age of the oldest one that is pending or confirming, zero if none is.
	EventCounts(ctx context.Context) (counts map[webhooks.EventStatus]int64, oldest time.Duration, err error)
	// JobCounts counts the jobs that are due now, all that wait, and those that were given up.
	JobCounts(ctx context.Context) (due, waiting, dead int64, err error)
	// ShopCounts counts the shops by status: active, paused, parked, uninstalled.
	ShopCounts(ctx context.Context) (map[string]int64, error)
	// RewardCounts counts the rewards by status.
	RewardCounts(ctx context.Context) (map[rewards.Status]int64, error)
}

// figures is one reading.
type figures struct {
	events             map[webhooks.EventStatus]int64
	oldest             time.Duration
	due, waiting, dead int64
	shops              map[string]int64
	rewards            map[rewards.Status]int64
}

// gauges is a collector that reads Stats, and remembers the answer for a short while.
type gauges struct {
	stats Stats
	log   *slog.Logger
	keep  time.Duration
	now   func() time.Time

	mu   sync.Mutex
	read time.Time // of last; zero before the first
	last figures
	ok   bool

	events, oldest, jobs, shops, rewards, up *prometheus.Desc
}

func newGauges(o Options) *gauges {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("grapevine_"+name, help, labels, nil)
	}
	return &gauges{
		stats: o.Stats, log: o.Log, keep: o.Keep, now: o.Now,
		events:  desc("events", "Events that have not ended well, by status.", "status"),
		oldest:  desc("event_oldest_pending_seconds", "Age of the oldest event that nobody has worked on yet."),
		jobs:    desc("jobs", "Jobs: due now, waiting in all, given up.", "state"),
		shops:   desc("shops", "Shops by status; a parked one cannot be called.", "status"),
		rewards: desc("rewards", "Rewards by status.", "status"),
		up:      desc("database_up", "Whether the database answered when these figures were read."),
	}
}

// Describe lists the gauges.
func (g *gauges) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{g.events, g.oldest, g.jobs, g.shops, g.rewards, g.up} {
		ch <- d
	}
}

// Collect sends the gauges. Where the database does not answer only grapevine_database_up is sent: old
// figures would look like good ones.
func (g *gauges) Collect(ch chan<- prometheus.Metric) {
	f, ok := g.current()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	if !ok {
		gauge(g.up, 0)
		return
	}
	gauge(g.up, 1)
	for status, n := range f.events {
		gauge(g.events, float64(n), string(status))
	}
	gauge(g.oldest, f.oldest.Seconds())
	gauge(g.jobs, float64(f.due), "due")
	gauge(g.jobs, float64(f.waiting), "waiting")
	gauge(g.jobs, float64(f.dead), "dead")
	for status, n := range f.shops {
		gauge(g.shops, float64(n), status)
	}
	for status, n := range f.rewards {
		gauge(g.rewards, float64(n), string(status))
	}
}

// current returns figures that are at most keep old. Those who ask at the same time share one reading;
// a failed one is kept as long, so that scrapes do not press a database that is down.
func (g *gauges) current() (figures, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.read.IsZero() && g.now().Sub(g.read) < g.keep {
		return g.last, g.ok
	}
	ctx, cancel := context.WithTimeoutCause(context.Background(), readWithin, errors.New("metrics: 5s budget"))
	defer cancel()
	f, err := readFigures(ctx, g.stats)
	if err != nil {
		g.log.Warn("figures not read", "code", rewards.CodeOf(err), "error", err)
	}
	g.read, g.last, g.ok = g.now(), f, err == nil
	return g.last, g.ok
}

func readFigures(ctx context.Context, s Stats) (f figures, err error) {
	if f.events, f.oldest, err = s.EventCounts(ctx); err != nil {
		return f, err
	}
	if f.due, f.waiting, f.dead, err = s.JobCounts(ctx); err != nil {
		return f, err
	}
	if f.shops, err = s.ShopCounts(ctx); err != nil {
		return f, err
	}
	f.rewards, err = s.RewardCounts(ctx)
	return f, err
}
