// Package metrics counts what the program does and answers Prometheus on a listener of its own.
//
// Counters are fed by the pipeline as it works (webhooks.Meter). Gauges are read from the database when
// somebody asks, at most once in a few seconds, however many ask.
package metrics

import (
	"errors"
	"log/slog"
	"net/http"
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
	// Keep is how long the figures from the database serve; 5 s if 0.
	Keep time.Duration
	Now  func() time.Time // required
}

// Metrics is one program's figures, in a registry of its own.
type Metrics struct {
	registry *prometheus.Registry
	log      *slog.Logger

	received  *prometheus.CounterVec
	ack       *prometheus.HistogramVec
	digested  *prometheus.CounterVec
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
	m.received = counter("webhooks_received_total", "Webhooks that were answered.", "platform", "status")
	m.ack = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "grapevine_webhook_ack_seconds", Help: "Time until a webhook was answered.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 3, 5},
	}, []string{"platform"})
	m.digested = counter("events_ended_total", "Events by the way they ended; confirming ones wait for their order.", "status")
	m.called = counter("shop_jobs_total", "Jobs that were tried in shops, by what came of it.", "kind", "outcome")
	m.callTimes = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "grapevine_shop_job_seconds", Help: "Time that a job took, with all its calls to the shop.",
		Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
	}, []string{"kind"})
	m.retried = counter("shop_retries_total", "Jobs that have to be tried again.", "kind")
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "grapevine_build_info", Help: "Always 1.",
		ConstLabels: prometheus.Labels{"version": o.Version}})
	build.Set(1)
	m.registry.MustRegister(m.received, m.ack, m.digested, m.called, m.callTimes, m.retried, build,
		newGauges(o), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m, nil
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "grapevine_" + name, Help: help}, labels)
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

// Digested counts n events that ended in one way.
func (m *Metrics) Digested(status webhooks.EventStatus, n int) {
	m.digested.WithLabelValues(string(status)).Add(float64(n))
}

// Called counts a job that was tried in a shop. Every outcome that leaves the job due is a retry too.
func (m *Metrics) Called(kind rewards.JobKind, outcome string, took time.Duration) {
	m.called.WithLabelValues(string(kind), outcome).Inc()
	m.callTimes.WithLabelValues(string(kind)).Observe(took.Seconds())
	if outcome == "retry" || outcome == "throttled" {
		m.retried.WithLabelValues(string(kind)).Inc()
	}
}
