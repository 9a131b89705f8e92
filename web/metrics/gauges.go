package metrics

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"grapevine/rewards"
	"grapevine/webhooks"
)

const (
	// slower is how much longer the figures serve that cost more to count, and how much less often ledgers are
	// looked at.
	slower = 12
	// stale is after how many such times without an answer they are not shown any more.
	stale = 10
)

// figures is what was read last. Stock and ledgers have moments of their own, at which they were read, zero before
// the first time.
type figures struct {
	webhooks.Backlog
	webhooks.Stock
	ledger            ledgers
	stockAt, ledgerAt time.Time
}

// gauges is a collector that reads Stats, and remembers the answer for a short while.
type gauges struct {
	stats Stats
	log   *slog.Logger
	keep  time.Duration
	now   func() time.Time

	mu      sync.Mutex
	read    time.Time // of last; zero before the first
	counted time.Time // when Stock and ledgers were asked last, whatever they answered
	last    figures
	ok      bool
	round   round

	events, oldest, oldestRead, jobs, inDoubt             *prometheus.Desc
	oldestJob, late, lateShops                            *prometheus.Desc
	shops, rewards, oldestReward, schema, up              *prometheus.Desc
	ledgerOK, ledgerAt, choreGood, choreFailed, choreLate *prometheus.Desc
}

func newGauges(o Options) *gauges {
	return &gauges{
		stats: o.Stats, log: o.Log, keep: o.Keep, now: o.Now, round: round{bad: map[string]bool{}},
		events:       desc("events", "Events that have not ended well, by status; more than a million pending ones are told as a million, and so are all others together.", "status"),
		oldest:       desc("event_oldest_pending_seconds", "Age of the oldest event that nobody has looked at yet."),
		oldestRead:   desc("event_oldest_confirming_seconds", "Age of the oldest event whose order is still to be read from its shop, in shops that are called."),
		inDoubt:      desc("jobs_in_doubt", "Jobs that wait for a person since the database was restored: their rewards may have been given."),
		jobs:         desc("jobs", "Jobs by kind and state: due now, waiting in all, dead (given up).", "kind", "state"),
		oldestJob:    desc("job_oldest_due_seconds", "How long the job that should have been done first has been waiting, in shops that are called."),
		late:         desc("shop_late_seconds", "How long the oldest due job of a shop has been waiting: the 20 shops that wait longest, and the longest wait of all others as other.", "shop"),
		lateShops:    desc("late_shops", "Shops whose oldest due job has been waiting for more than a minute; more than 20 are told as 20."),
		shops:        desc("shops", "Shops by status; a parked one cannot be called.", "status"),
		rewards:      desc("rewards", "Rewards that have not ended, by status.", "status"),
		oldestReward: desc("reward_oldest_issuing_seconds", "Age of the oldest reward that is on its way into a shop."),
		schema:       desc("schema_version", "Version of the database's schema."),
		up:           desc("database_up", "Whether the database answered when these figures were read."),
		ledgerOK:     desc("ledger_ok", "0 where the end of a shop's ledger does not add up or its chain is broken."),
		ledgerAt:     desc("ledger_checked_timestamp_seconds", "When the ledgers of all shops had been looked at last."),
		choreGood:    desc("chore_last_success_timestamp_seconds", "When periodic work last went well, by its name.", "chore"),
		choreLate:    desc("chore_late", "1 where periodic work has not gone well for three of its turns, and an hour at least.", "chore"),
		choreFailed:  desc("chore_failed", "1 where the last run of periodic work failed.", "chore"),
	}
}

// Describe lists the gauges.
func (g *gauges) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{g.events, g.oldest, g.oldestRead, g.jobs, g.inDoubt, g.oldestJob, g.late, g.lateShops, g.shops, g.rewards,
		g.oldestReward, g.schema, g.up, g.ledgerOK, g.ledgerAt, g.choreGood, g.choreFailed, g.choreLate} {
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
	gauge(g.up, truth(ok))
	if !ok {
		return
	}
	g.sendBacklog(gauge, f.Backlog)
	if g.fresh(f.stockAt) {
		g.sendStock(gauge, f.Stock)
	}
	if g.fresh(f.ledgerAt) {
		gauge(g.ledgerOK, truth(f.ledger.ok))
	}
	if !f.ledger.at.IsZero() {
		gauge(g.ledgerAt, float64(f.ledger.at.Unix()))
	}
}

// fresh tells whether what is seldom read may be shown.
func (g *gauges) fresh(at time.Time) bool {
	return !at.IsZero() && g.now().Sub(at) < stale*slower*g.keep
}

type sender func(d *prometheus.Desc, v float64, labels ...string)

// What is none is told as 0, so that the first that dies is seen to be one more.
var (
	openEvents = []webhooks.EventStatus{webhooks.EventPending, webhooks.EventConfirming, webhooks.EventHeld, webhooks.EventQuarantined, webhooks.EventDead}
	jobKinds   = []rewards.JobKind{rewards.JobConfirm, rewards.JobFulfil, rewards.JobOffer, rewards.JobCodes, rewards.JobRetire, rewards.JobPoll}
)

func (g *gauges) sendBacklog(gauge sender, b webhooks.Backlog) {
	for _, status := range openEvents {
		gauge(g.events, float64(b.Events[status]), string(status))
	}
	gauge(g.oldest, b.OldestEvent.Seconds())
	gauge(g.oldestRead, b.OldestConfirming.Seconds())
	gauge(g.inDoubt, float64(b.InDoubt))
	for kind, n := range b.Due {
		gauge(g.jobs, float64(n), string(kind), "due")
	}
	for _, kind := range jobKinds {
		gauge(g.jobs, float64(b.Dead[kind]), string(kind), "dead")
	}
	gauge(g.oldestJob, b.OldestDue.Seconds())
	late := 0
	for _, s := range b.Late {
		gauge(g.late, s.Age.Seconds(), s.ShopID)
		if s.Age > time.Minute {
			late++
		}
	}
	if b.LateRest.Age > 0 {
		gauge(g.late, b.LateRest.Age.Seconds(), "other")
	}
	gauge(g.lateShops, float64(late))
	for status, n := range b.Shops {
		gauge(g.shops, float64(n), status)
	}
}

func (g *gauges) sendStock(gauge sender, s webhooks.Stock) {
	for kind, n := range s.Waiting {
		gauge(g.jobs, float64(n), string(kind), "waiting")
	}
	for status, n := range s.Rewards {
		gauge(g.rewards, float64(n), string(status))
	}
	gauge(g.oldestReward, s.OldestIssuing.Seconds())
	gauge(g.schema, float64(s.Schema))
	for _, c := range s.Chores {
		if !c.Good.IsZero() {
			gauge(g.choreGood, float64(c.Good.Unix()), c.Name)
		}
		gauge(g.choreFailed, truth(c.Code != ""), c.Name)
		gauge(g.choreLate, truth(c.Late), c.Name)
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
	g.read, g.ok = g.now(), g.within(readWithin, "what waits", func(ctx context.Context) (err error) {
		g.last.Backlog, err = g.stats.Backlog(ctx)
		return err
	})
	if g.ok && (g.counted.IsZero() || g.now().Sub(g.counted) >= slower*g.keep) {
		g.count()
	}
	return g.last, g.ok
}

// count reads what is seldom read. Each part has a time of its own and keeps its last figures where it gets no
// answer: that one of them takes too long does not mean that the database is down.
func (g *gauges) count() {
	g.counted = g.now()
	if g.within(stockWithin, "what changes slowly", func(ctx context.Context) error {
		s, err := g.stats.Stock(ctx)
		if err == nil {
			g.last.Stock = s
		}
		return err
	}) {
		g.last.stockAt = g.now()
	}
	if g.within(ledgersWithin, "ledgers", func(ctx context.Context) error {
		l, err := g.round.goOn(ctx, g.stats, g.log, g.now())
		if err == nil {
			g.last.ledger = l
		}
		return err
	}) {
		g.last.ledgerAt = g.now()
	}
}

// within reads a part of the figures, and tells whether it could.
func (g *gauges) within(budget time.Duration, what string, read func(ctx context.Context) error) bool {
	ctx, cancel := context.WithTimeoutCause(context.Background(), budget, fmt.Errorf("metrics: %s budget", budget))
	defer cancel()
	err := read(ctx)
	if err != nil {
		g.log.Warn("figures not read", "which", what, "code", rewards.CodeOf(err), "error", err)
	}
	return err == nil
}
