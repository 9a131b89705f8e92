package tracing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
)

const (
	// exportFor bounds one call to the collector, with its retries. Nobody waits for it but the exporter.
	exportFor = 10 * time.Second
	// closeFor bounds what is sent when the process ends.
	closeFor = 2 * time.Second
	// complainEvery is how often it is said that the collector does not answer.
	complainEvery = time.Minute
)

// Options are what New needs.
type Options struct {
	Log     *slog.Logger // required
	Version string       // of the program
	Role    string       // what the process does: all, web, worker
	// Exporter is where spans go instead of the collector that the environment names; for tests.
	Exporter sdk.SpanExporter
}

// Configured tells whether the environment names a collector.
func Configured() bool {
	if strings.EqualFold(os.Getenv("OTEL_SDK_DISABLED"), "true") || os.Getenv("OTEL_TRACES_EXPORTER") == "none" {
		return false
	}
	return os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != ""
}

// New opens a Tracer. The collector need not be there. Close ends it.
func New(ctx context.Context, o Options) (*Tracer, error) {
	if o.Log == nil {
		return nil, errors.New("tracing: New needs a logger")
	}
	if o.Exporter == nil {
		exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithRetry(otlptracehttp.RetryConfig{
			Enabled: true, InitialInterval: time.Second, MaxInterval: 5 * time.Second, MaxElapsedTime: exportFor}))
		if err != nil {
			return nil, fmt.Errorf("reading the settings of the trace exporter (OTEL_EXPORTER_OTLP_…): %w", err)
		}
		o.Exporter = exporter
	}
	about, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", "grapevine"),
		attribute.String("service.version", o.Version), attribute.String("grapevine.role", o.Role)),
		resource.WithTelemetrySDK(), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("reading OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	// The sampler is the environment's (OTEL_TRACES_SAMPLER): what a trace began with goes for all of it.
	provider := sdk.NewTracerProvider(sdk.WithResource(about),
		sdk.WithBatcher(&patient{SpanExporter: o.Exporter, log: o.Log, now: time.Now}, sdk.WithExportTimeout(exportFor)))
	return &Tracer{provider: provider, tracer: provider.Tracer("grapevine")}, nil
}

// Close sends what is left, for two seconds at most.
func (t *Tracer) Close() {
	ctx, cancel := context.WithTimeoutCause(context.Background(), closeFor, errors.New("the collector does not take the last spans"))
	defer cancel()
	// What is not sent now is lost, and nobody can do anything about it.
	_ = t.provider.Shutdown(ctx)
}

// patient is an exporter whose failures are said once a minute, and are nobody else's business.
type patient struct {
	sdk.SpanExporter
	log *slog.Logger
	now func() time.Time

	mu   sync.Mutex
	said time.Time
	lost int
}

// ExportSpans sends spans, or drops them.
func (p *patient) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	err := p.SpanExporter.ExportSpans(ctx, spans)
	if err == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lost += len(spans)
	if now := p.now(); now.Sub(p.said) >= complainEvery {
		p.log.Warn("spans were dropped: the trace collector does not take them", "spans", p.lost, "error", err)
		p.said, p.lost = now, 0
	}
	return nil
}
