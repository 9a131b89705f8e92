// Package metrics counts what the program does and answers Prometheus on a listener of its own.
//
// Counters are fed by the pipeline as it works (webhooks.Meter). Gauges are read from the database when
// somebody asks, at most once in a few seconds, however many ask. docs/monitoring.md says of each what to
// do when it is bad.
package metrics

import (
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"grapevine/rewards"
	"grapevine/webhooks"
)

var _ webhooks.Meter = (*Metrics)(nil)

// Options are what New needs.
type Options struct {
	Stats   Stats        // required
	Log     *slog.Logger // required
	Version string       // of the program, for grapevine_build_info
	Role    string       // what the process does (all, web, worker), for grapevine_build_info
	// Keep is how long the figures from the database serve; 5 s if 0. Those that cost more to count serve
	// twelve times as long.
	Keep time.Duration
	Now  func() time.Time // required
}

// Metrics is one program's figures, in a registry of its own.
type Metrics struct {
	registry *prometheus.Registry
	log      *slog.Logger

	received  *prometheus.CounterVec
	ack       *prometheus.HistogramVec
	waiting   prometheus.Gauge
	bytes     prometheus.Gauge
	groups    prometheus.Histogram
	commits   *prometheus.HistogramVec
	digested  *prometheus.CounterVec
	lag       prometheus.Histogram
	called    *prometheus.CounterVec
	callTimes *prometheus.HistogramVec
	retried   *prometheus.CounterVec
}

// New returns Metrics at zero.
func New(o Options) (*Metrics, error) {
	if o.Stats == nil || o.Log == nil || o.Now == nil {
		return nil, errors.New("metrics: New needs stats, a logger and a clock")
	}
	if o.Keep == 0 {
		o.Keep = 5 * time.Second
	}
	m := &Metrics{registry: prometheus.NewRegistry(), log: o.Log}
	m.countDoor()
	m.countWork()
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "grapevine_build_info", Help: "Always 1; says which program runs, and in which role.",
		ConstLabels: prometheus.Labels{"version": o.Version, "role": o.Role}})
	build.Set(1)
	limit := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "grapevine_memory_limit_bytes",
		Help: "Memory that the program keeps itself below (GOMEMLIMIT); a huge number means that there is no limit."},
		func() float64 { return float64(debug.SetMemoryLimit(-1)) })
	m.registry.MustRegister(build, limit, newGauges(o), newInner(o.Stats),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m, nil
}

// countDoor registers what the door counts.
func (m *Metrics) countDoor() {
	m.received = counter("webhooks_received_total", "Webhooks that were answered, by the answer's HTTP status.", "platform", "status")
	m.ack = histograms("webhook_ack_seconds", "Time until a webhook was answered.",
		[]float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 3, 5}, "platform")
	m.waiting = gauge("door_waiting_deliveries", "Deliveries that are not answered yet because they wait for the disk.")
	m.bytes = gauge("door_waiting_bytes", "Size of the bodies of deliveries that wait for the disk.")
	m.groups = prometheus.NewHistogram(prometheus.HistogramOpts{Name: "grapevine_door_group_deliveries",
		Help: "Deliveries that went to the disk together.", Buckets: []float64{1, 2, 4, 8, 16, 32, 64, 128, 256, 512}})
	m.commits = histograms("door_commit_seconds", "Time that the database took for a group of deliveries, by outcome: ok or error.",
		[]float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 3, 10}, "outcome")
	m.registry.MustRegister(m.received, m.ack, m.waiting, m.bytes, m.groups, m.commits)
}

// countWork registers what workers count.
func (m *Metrics) countWork() {
	m.digested = counter("events_ended_total", "Events by the way they ended; confirming ones wait for their order.", "status")
	m.lag = prometheus.NewHistogram(prometheus.HistogramOpts{Name: "grapevine_event_digest_lag_seconds",
		Help: "Time from a webhook's arrival until it was read and its order, if it has no code of ours, recorded.", Buckets: webhooks.LagBounds()})
	m.called = counter("shop_jobs_total", "Jobs that were tried in shops, by what came of it.", "kind", "outcome")
	m.callTimes = histograms("shop_job_seconds", "Time that a job took, with all its calls to the shop.",
		[]float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60}, "kind")
	m.retried = counter("shop_retries_total", "Jobs that have to be tried again.", "kind")
	m.registry.MustRegister(m.digested, m.lag, m.called, m.callTimes, m.retried)
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "grapevine_" + name, Help: help}, labels)
}

func gauge(name, help string) prometheus.Gauge {
	return prometheus.NewGauge(prometheus.GaugeOpts{Name: "grapevine_" + name, Help: help})
}

func histograms(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "grapevine_" + name, Help: help, Buckets: buckets}, labels)
}

// Handler answers GET /metrics.
func (m *Metrics) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorLog: complaints{m.log},
		// The counters are worth having while the database is out of order.
		ErrorHandling: promhttp.ContinueOnError,
		// Scrapes are few; more at a time means that they hang.
		MaxRequestsInFlight: 4,
		Timeout:             10 * time.Second,
	}))
	return mux
}

// complaints writes promhttp's errors into the log.
type complaints struct{ log *slog.Logger }

// Println logs one error.
func (c complaints) Println(v ...any) { c.log.Warn("metrics incomplete", "error", v) }

// Received counts a webhook's answer and how long the sender waited for it.
func (m *Metrics) Received(platform string, status int, took time.Duration) {
	m.received.WithLabelValues(platform, strconv.Itoa(status)).Inc()
	m.ack.WithLabelValues(platform).Observe(took.Seconds())
}

// Queued adds to what waits for the disk.
func (m *Metrics) Queued(deliveries, bytes int) {
	m.waiting.Add(float64(deliveries))
	m.bytes.Add(float64(bytes))
}

// Stored counts a group of deliveries and how long the database took for it.
func (m *Metrics) Stored(deliveries int, took time.Duration, err error) {
	outcome := "ok"
	if err != nil {
		outcome = "error"
	}
	m.groups.Observe(float64(deliveries))
	m.commits.WithLabelValues(outcome).Observe(took.Seconds())
}

// Digested counts n events that ended in one way.
func (m *Metrics) Digested(status webhooks.EventStatus, n int) {
	m.digested.WithLabelValues(string(status)).Add(float64(n))
}

// Waited counts an event that was digested.
func (m *Metrics) Waited(lag time.Duration) { m.lag.Observe(max(lag, 0).Seconds()) }

// Called counts a job that was tried in a shop. Every outcome that leaves the job due is a retry too.
func (m *Metrics) Called(kind rewards.JobKind, outcome string, took time.Duration) {
	m.called.WithLabelValues(string(kind), outcome).Inc()
	m.callTimes.WithLabelValues(string(kind)).Observe(took.Seconds())
	if outcome == "retry" || outcome == "throttled" {
		m.retried.WithLabelValues(string(kind)).Inc()
	}
}
