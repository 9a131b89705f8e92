package main

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"

	"grapevine/internal/fault"
	"grapevine/rewards"
	"grapevine/storage"
	"grapevine/web"
	"grapevine/web/api"
	"grapevine/web/health"
	"grapevine/web/metrics"
	"grapevine/webhooks"
)

const (
	// stopWithin is how long a stop may take in all: whatever has not ended then is left as it is in the database,
	// which is made for that. With the last traces it stays below the 10 s after which orchestrators kill.
	stopWithin = 7 * time.Second
	// shopsWithin is how long shops may take to answer what they were asked before the stop, and what is then left
	// for writing it down.
	shopsWithin = 4 * time.Second
	// shopReads is how many orders of one shop are read at a time: a shop that takes a tenth of a second to answer is
	// asked for forty orders a second. What its rate limit does not allow it refuses, and is left alone for a while.
	shopReads = 4
	// callsWithin is how long open calls may take to end, after the drain.
	callsWithin = 3 * time.Second
	// closeWithin is how long connections may take to be given back.
	closeWithin = 500 * time.Millisecond
	// idleBeat is how long the worker may go without looking at the inbox before it counts as stopped.
	idleBeat = 30 * time.Second
)

// app is the whole program over one database: doors, worker, API, health.
type app struct {
	db       *storage.DB
	log      *slog.Logger
	echo     *echo.Echo
	pipeline *webhooks.Pipeline
	metrics  *metrics.Metrics
	role     role
	holder   string        // this process, in leases
	keep     time.Duration // how long webhooks are kept that have ended
	drain    time.Duration // how long calls are still taken after the process is told to stop
	stopping atomic.Bool
}

// appOptions are what differs between serve and demo.
type appOptions struct {
	settings *settings
	db       *storage.DB
	log      *slog.Logger
	poll     time.Duration // 0: the pipeline's default
	role     role          // roleAll if ""
	keep     time.Duration // 0: the store's default
	drain    time.Duration
	tracer   webhooks.Tracer
}

func newApp(o appOptions) (*app, error) {
	a := &app{db: o.db, log: o.log, role: cmp.Or(o.role, roleAll), holder: rewards.NewID("wrk_"), keep: o.keep, drain: o.drain}
	platforms, err := o.settings.platforms(o.log)
	if err != nil {
		return nil, err
	}
	pages := o.db.Pages()
	if a.metrics, err = metrics.New(metrics.Options{Stats: pages, Log: o.log, Version: version, Role: string(a.role), Now: fault.Now}); err != nil {
		return nil, err
	}
	if a.echo, err = web.New(web.Options{Log: o.log, HTTPS: strings.HasPrefix(o.settings.PublicURL, "https://")}); err != nil {
		return nil, err
	}
	work := webhooks.Options{
		Inbox: o.db, Doors: o.db, Lanes: o.db, Work: o.db, Desk: o.db.Desk(), Platforms: platforms, Seal: o.db.Seal,
		Worker: a.holder, Alone: o.db.Alone(), Reads: shopReads, Led: true, Poll: o.poll, Grace: shopsWithin,
		Meter: a.metrics, Tracer: o.tracer, Log: o.log, Now: fault.Now,
	}
	if !o.db.Alone() {
		work.Others = o.db
	}
	if a.role.receives() {
		work.Digests = 2
	}
	if a.pipeline, err = webhooks.New(work); err != nil {
		return nil, err
	}
	healthy, err := health.New(health.Options{Log: o.log, Role: string(a.role)}, a.parts()...)
	if err != nil {
		return nil, err
	}
	healthy.Mount(a.echo)
	if a.role.receives() {
		err = a.receive(o.settings, platforms)
	}
	return a, err
}

// receive opens the doors, the API and the pages.
func (a *app) receive(s *settings, platforms []webhooks.Platform) error {
	pages := a.db.Pages()
	jsonAPI, err := api.New(api.Options{
		Advocates: pages, Orders: pages, Reviews: pages, Standings: pages, Jobs: pages, Events: pages, Points: pages, Payouts: pages,
		Payments: pages, Contests: pages, Tickets: pages, Figures: pages, Shops: pages, Keys: pages,
		PublicURL: s.PublicURL, Logger: a.log, Now: fault.Now,
	})
	if err != nil {
		return err
	}
	installs, err := s.pagesForInstalls(pages, platforms, a.log)
	if err != nil {
		return err
	}
	a.echo.Use(a.tell)
	if installs != nil {
		installs.Mount(a.echo)
	}
	jsonAPI.Mount(a.echo)
	a.pipeline.Mount(a.echo)
	return nil
}

// working tells whether the worker looks at the inbox.
func (a *app) working(context.Context) error {
	if fault.Now().Sub(a.pipeline.Beat()) > idleBeat {
		return rewards.Errorf(rewards.Unavailable, "worker_stopped", "the inbox was last looked at %s", when(a.pipeline.Beat()))
	}
	return nil
}

// serveMetrics opens the metrics' own address; it ends with ctx. A port that is taken is a warning:
// a shop's money does not wait for a graph.
func (a *app) serveMetrics(ctx context.Context, addr string) {
	if addr == "off" || addr == "" {
		return
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		a.log.Warn("no metrics: set GRAPEVINE_METRICS_LISTEN to a free address, or off", "error", err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", a.metrics.Handler())
	server := web.NewServer(addr, mux)
	go func() { // ends with the process: it holds nothing that could be lost
		<-ctx.Done()
		server.Close()
	}()
	go func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			a.log.Warn("metrics stopped", "error", err)
		}
	}()
}
