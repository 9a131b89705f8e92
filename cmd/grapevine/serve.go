package main

import (
	"context"
	"net"

	"grapevine/internal/memory"
)

// serveCmd receives, decides and pushes until it is told to stop.
type serveCmd struct {
	Listen        string `env:"GRAPEVINE_LISTEN" default:"127.0.0.1:8080" placeholder:"ADDR" help:"Address for webhooks, API and health."`
	MetricsListen string `env:"GRAPEVINE_METRICS_LISTEN" default:"127.0.0.1:9464" placeholder:"ADDR" help:"Address for Prometheus metrics, or off."`
	Migrate       bool   `help:"On PostgreSQL, bring the schema up to date first."`
}

// Run serves until the process is told to stop.
func (c *serveCmd) Run(ctx context.Context, s *settings, io streams) error {
	outliveLogs()
	memory.Tune(ctx)
	log := s.newLog(io.err)
	db, err := s.open(ctx, true, c.Migrate, log)
	if err != nil {
		return err
	}
	defer db.Close()
	watch, endTraces := tracer(ctx, "all", log)
	defer endTraces()
	a, err := newApp(appOptions{settings: s, db: db, log: log, role: "all", tracer: watch})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return misuse("GRAPEVINE_LISTEN: %w", err)
	}
	a.serveMetrics(ctx, c.MetricsListen)
	log.Info("ready", "listen", l.Addr().String(), "version", version)
	err = a.run(ctx, l)
	log.Info("stopped")
	return err
}
