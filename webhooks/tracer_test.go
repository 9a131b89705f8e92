package webhooks_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"grapevine/internal/testdb"
	"grapevine/internal/tracing"
)

// album is an exporter that keeps what it is given.
type album struct {
	mu    sync.Mutex
	spans []sdk.ReadOnlySpan
}

func (a *album) ExportSpans(_ context.Context, spans []sdk.ReadOnlySpan) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.spans = append(a.spans, spans...)
	return nil
}

func (a *album) Shutdown(context.Context) error { return nil }

// ways lists each trace's spans as "name < parent's name", in the order of their beginning.
func (a *album) ways() map[trace.TraceID][]string {
	slices.SortFunc(a.spans, func(x, y sdk.ReadOnlySpan) int { return x.StartTime().Compare(y.StartTime()) })
	names := map[trace.SpanID]string{}
	for _, s := range a.spans {
		names[s.SpanContext().SpanID()] = s.Name()
	}
	out := map[trace.TraceID][]string{}
	for _, s := range a.spans {
		id := s.SpanContext().TraceID()
		out[id] = append(out[id], strings.TrimSuffix(s.Name()+" < "+names[s.Parent().SpanID()], " < "))
	}
	return out
}

func TestAnOrdersWayIsOneTraceFromTheDoorToTheShop(t *testing.T) {
	testdb.Each(t, func(t *testing.T, url string) {
		kept := &album{}
		tracer, err := tracing.New(t.Context(), tracing.Options{Log: slog.New(slog.DiscardHandler), Exporter: kept})
		if err != nil {
			t.Fatal(err)
		}
		w := newWorld(t, fresh(t, url), programSource(codeProgram, ""), twist{tracer: tracer})
		for _, friend := range []string{"ben", "cem", "dot"} { // one may be found by the first look at the shop, which has no trace
			w.buys(friend + "@canary.example")
			w.quiet()
		}
		w.stop() // or its last spans are still open
		tracer.Close()
		want := []string{"receive", "digest < receive", "confirm < digest", "call < confirm", "decide < confirm", "act < decide", "call < act", "step < act"}
		found := false
		for _, way := range kept.ways() {
			found = found || contains(way, want)
		}
		if !found {
			t.Errorf("no trace goes %v; there are %v", want, kept.ways())
		}
		var told strings.Builder
		for _, s := range kept.spans {
			fmt.Fprintln(&told, s.Name(), s.Attributes(), s.Status(), s.Events(), s.Resource())
		}
		for _, canary := range []string{"canary", "example.com", "shpat_", clientSecret, w.code, "Ana"} {
			if strings.Contains(told.String(), canary) {
				t.Errorf("%q shows in\n%s", canary, told.String())
			}
		}
	})
}

// contains tells whether a way goes these steps in this order. It may go some of them again: an order is told of by
// several webhooks.
func contains(way, steps []string) bool {
	for _, s := range way {
		if len(steps) > 0 && s == steps[0] {
			steps = steps[1:]
		}
	}
	return len(steps) == 0
}

func TestWhatIsDecidedTogetherNamesItsNeighbours(t *testing.T) {
	testdb.Each(t, func(t *testing.T, url string) {
		kept := &album{}
		tracer, err := tracing.New(t.Context(), tracing.Options{Log: slog.New(slog.DiscardHandler), Exporter: kept})
		if err != nil {
			t.Fatal(err)
		}
		w := newWorld(t, fresh(t, url), programSource(codeProgram, ""), twist{tracer: tracer})
		for i := range 30 {
			w.buys(fmt.Sprintf("ben%d@canary.example", i))
		}
		w.quiet()
		w.stop() // or its last spans are still open
		tracer.Close()
		linked := 0
		for _, s := range kept.spans {
			for _, l := range s.Links() {
				linked++
				if l.SpanContext.TraceID() == s.SpanContext().TraceID() {
					t.Errorf("%s names its own trace as a neighbour", s.Name())
				}
			}
		}
		if linked == 0 {
			t.Error("30 orders at once, and no span names another trace")
		}
	})
}
