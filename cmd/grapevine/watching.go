package main

import (
	"context"
	"log/slog"
	"os/signal"
	"syscall"

	"grapevine/internal/tracing"
	"grapevine/webhooks"
)

// tracer opens the way to the trace collector that the environment names. Without one nothing is traced;
// settings that cannot be read are a warning: a shop's money does not wait for a picture. end sends what is
// left.
func tracer(ctx context.Context, role string, log *slog.Logger) (t webhooks.Tracer, end func()) {
	if !tracing.Configured() {
		return webhooks.Untold{}, func() {}
	}
	opened, err := tracing.New(ctx, tracing.Options{Log: log, Version: version, Role: role})
	if err != nil {
		log.Warn("no traces: look at the OTEL_… settings", "error", err)
		return webhooks.Untold{}, func() {}
	}
	log.Info("traces are sent to the collector that OTEL_EXPORTER_OTLP_… names")
	return opened, opened.Close
}

// outliveLogs keeps the process alive when whoever reads its log goes away: the system would end it for
// writing to nobody.
func outliveLogs() { signal.Ignore(syscall.SIGPIPE) }
