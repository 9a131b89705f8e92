package tracing

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"grapevine/rewards"
	"grapevine/webhooks"
)

var _ webhooks.Tracer = (*Tracer)(nil)

// Tracer is a webhooks.Tracer. It is safe for concurrent use.
type Tracer struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
}

const traceparent = "traceparent"

// wire reads and writes W3C traceparents.
var wire propagation.TraceContext

// parse reads a traceparent; what is none gives an invalid context.
func parse(text string) trace.SpanContext {
	if text == "" {
		return trace.SpanContext{}
	}
	return trace.SpanContextFromContext(wire.Extract(context.Background(), propagation.MapCarrier{traceparent: text}))
}

// Receive begins a trace of its own, whatever the request's context carries.
func (t *Tracer) Receive(ctx context.Context, platform string) webhooks.Span {
	_, s := t.tracer.Start(ctx, "receive", trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindServer),
		trace.WithAttributes(attribute.String("grapevine.platform", platform)))
	return span{s}
}

// Follow continues a trace, or that of ctx.
func (t *Tracer) Follow(ctx context.Context, name, from string, links ...string) (context.Context, webhooks.Span) {
	if parent := parse(from); parent.IsValid() {
		ctx = trace.ContextWithRemoteSpanContext(ctx, parent)
	}
	if !trace.SpanContextFromContext(ctx).IsSampled() {
		return webhooks.Untold{}.Follow(ctx, name, from)
	}
	kind := trace.SpanKindInternal
	if name == "call" {
		kind = trace.SpanKindClient
	}
	opts := []trace.SpanStartOption{trace.WithSpanKind(kind)}
	for _, l := range links {
		if other := parse(l); other.IsValid() && l != from {
			opts = append(opts, trace.WithLinks(trace.Link{SpanContext: other}))
		}
	}
	ctx, s := t.tracer.Start(ctx, name, opts...)
	return ctx, span{s}
}

type span struct{ trace.Span }

// Trace is the span's traceparent, "" where it is not sampled.
func (s span) Trace() string {
	if !s.SpanContext().IsSampled() {
		return ""
	}
	carrier := propagation.MapCarrier{}
	wire.Inject(trace.ContextWithSpan(context.Background(), s.Span), carrier)
	return carrier[traceparent]
}

// Tell adds an attribute.
func (s span) Tell(key, value string) {
	if value != "" && s.IsRecording() {
		s.SetAttributes(attribute.String("grapevine."+key, value))
	}
}

// End ends the span. An error's text stays here: it may quote what a shop answered.
func (s span) End(err error) {
	if err != nil {
		s.SetStatus(codes.Error, rewards.CodeOf(err))
	}
	s.Span.End()
}
