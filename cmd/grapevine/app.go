package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
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
	// drainFor is how long open calls may take to end when the process is told to stop.
	drainFor = 8 * time.Second
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
}

// appOptions are what differs between serve and demo.
type appOptions struct {
	settings *settings
	db       *storage.DB
	log      *slog.Logger
	poll     time.Duration // 0: the pipeline's default
	role     string        // what the process does, for those who watch it
	tracer   webhooks.Tracer
}

func newApp(o appOptions) (*app, error) {
	a := &app{db: o.db, log: o.log}
	platforms, err := o.settings.platforms(o.log)
	if err != nil {
		return nil, err
	}
	if a.metrics, err = metrics.New(metrics.Options{Stats: o.db, Log: o.log, Version: version, Role: o.role, Now: fault.Now}); err != nil {
		return nil, err
	}
	if a.echo, err = web.New(web.Options{Log: o.log, HTTPS: strings.HasPrefix(o.settings.PublicURL, "https://")}); err != nil {
		return nil, err
	}
	jsonAPI, err := api.New(api.Options{
		Advocates: o.db, Orders: o.db, Reviews: o.db, Standings: o.db, Jobs: o.db, Events: o.db, Points: o.db, Payouts: o.db, Payments: o.db, Contests: o.db, Tickets: o.db, Figures: o.db,
		Shops: o.db, Keys: o.db,
		PublicURL: o.settings.PublicURL, Logger: o.log, Now: fault.Now,
	})
	if err != nil {
		return nil, err
	}
	a.pipeline, err = webhooks.New(webhooks.Options{
		Inbox: o.db, Doors: o.db, Lanes: o.db, Work: o.db, Desk: o.db.Desk(), Platforms: platforms, Seal: o.db.Seal,
		Alone: o.db.Alone(), Poll: o.poll, Meter: a.metrics, Tracer: o.tracer, Log: o.log, Now: fault.Now,
	})
	if err != nil {
		return nil, err
	}
	healthy, err := health.New(o.log,
		health.Part{Name: "database", Pinger: o.db},
		health.Part{Name: "schema", Pinger: health.PingFunc(o.db.CheckSchema)},
		health.Part{Name: "worker", Pinger: health.PingFunc(a.working)})
	if err != nil {
		return nil, err
	}
	installs, err := o.settings.pagesForInstalls(o.db, platforms, o.log)
	if err != nil {
		return nil, err
	}
	if installs != nil {
		installs.Mount(a.echo)
	}
	jsonAPI.Mount(a.echo)
	a.pipeline.Mount(a.echo)
	healthy.Mount(a.echo)
	return a, nil
}

// working tells whether the worker looks at the inbox.
func (a *app) working(context.Context) error {
	if fault.Now().Sub(a.pipeline.Beat()) > idleBeat {
		return rewards.Errorf(rewards.Unavailable, "worker_stopped", "the inbox was last looked at %s", when(a.pipeline.Beat()))
	}
	return nil
}

// run serves on the listener and works until ctx ends; then it stops taking calls, finishes those that
// are open, stores what they brought, and ends the worker's jobs in hand.
func (a *app) run(ctx context.Context, l net.Listener) error {
	server := web.NewServer(l.Addr().String(), a.echo)
	server.ErrorLog = slog.NewLogLogger(a.log.Handler(), slog.LevelDebug)
	served := make(chan error, 1)
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	var parts sync.WaitGroup
	parts.Go(func() { served <- server.Serve(l) })
	parts.Go(func() { a.pipeline.Run(work) })
	parts.Go(func() { a.scrub(work) })
	parts.Go(func() { a.leaks(work) })
	parts.Go(func() { a.expire(work) })
	var err error
	select {
	case <-ctx.Done():
	case err = <-served:
		err = fmt.Errorf("serving on %s: %w", l.Addr(), err)
	}
	drain, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), drainFor, errors.New("open calls did not end in time"))
	defer cancel()
	if stopErr := server.Shutdown(drain); stopErr != nil {
		a.log.Warn("calls were cut off", "error", stopErr)
		server.Close()
	}
	stopWork()
	parts.Wait()
	a.pipeline.Close()
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return err
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
