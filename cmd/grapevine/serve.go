package main

import (
	"context"
	"net"
	"strings"
	"time"

	"grapevine/internal/memory"
	"grapevine/storage"
)

// serveCmd receives, decides and pushes until it is told to stop.
type serveCmd struct {
	Only          string        `env:"GRAPEVINE_ONLY" enum:"all,web,worker" default:"all" placeholder:"ROLE" help:"On PostgreSQL, what this process does: web receives and answers, worker works on what is stored (it answers /healthz and /readyz only), all does both."`
	Listen        string        `env:"GRAPEVINE_LISTEN" default:"127.0.0.1:8080" placeholder:"ADDR" help:"Address for webhooks, API and health."`
	MetricsListen string        `env:"GRAPEVINE_METRICS_LISTEN" default:"127.0.0.1:9464" placeholder:"ADDR" help:"Address for Prometheus metrics, or off."`
	Drain         time.Duration `env:"GRAPEVINE_DRAIN" default:"0s" placeholder:"TIME" help:"After SIGTERM, how long /readyz says 503 before calls are refused, so that a load balancer looks elsewhere: up to 3s."`
	KeepDays      int           `env:"GRAPEVINE_KEEP_EVENTS" default:"90" placeholder:"DAYS" help:"How long webhooks that have ended are kept, with their bodies: 7 to 400 days."`
	Migrate       bool          `help:"On PostgreSQL, bring the schema up to date first."`
}

// drainMost leaves open calls their time within that of a whole stop.
const drainMost = 3 * time.Second

// Run serves until the process is told to stop.
func (c *serveCmd) Run(ctx context.Context, s *settings, io streams) error {
	if err := c.check(s); err != nil {
		return err
	}
	outliveLogs()
	memory.Tune(ctx)
	log := s.newLog(io.err)
	db, err := s.open(ctx, true, c.Migrate, log)
	if err != nil {
		return err
	}
	watch, endTraces := tracer(ctx, c.Only, log)
	defer endTraces()
	a, err := newApp(appOptions{settings: s, db: db, log: log, role: role(c.Only), keep: c.keep(), drain: c.Drain, tracer: watch})
	if err != nil {
		db.Close()
		return err
	}
	defer a.close()
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return misuse("GRAPEVINE_LISTEN: %w", err)
	}
	a.serveMetrics(ctx, c.MetricsListen)
	log.Info("ready", "listen", l.Addr().String(), "version", version, "role", c.Only)
	err = a.run(ctx, l)
	log.Info("stopped")
	return err
}

func (c *serveCmd) keep() time.Duration { return time.Duration(c.KeepDays) * 24 * time.Hour }

// check refuses settings that do not go together, before anything is opened.
func (c *serveCmd) check(s *settings) error {
	switch {
	case c.Only != string(roleAll) && strings.HasPrefix(s.DatabaseURL, "sqlite:"):
		return misuse("serve --only %s: one process serves an SQLite file, and does all of it. Leave --only (GRAPEVINE_ONLY) away, or use PostgreSQL (GRAPEVINE_DATABASE_URL)", c.Only)
	case c.Drain < 0 || c.Drain > drainMost:
		return misuse("GRAPEVINE_DRAIN is %s: set 0s to %s", c.Drain, drainMost)
	case c.keep() < storage.MinKeepEvents || c.keep() > storage.MaxKeepEvents:
		return misuse("GRAPEVINE_KEEP_EVENTS is %d: set 7 to 400", c.KeepDays)
	}
	return nil
}
