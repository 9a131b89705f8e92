package tracing

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	sdk "go.opentelemetry.io/otel/sdk/trace"
)

// TestACollectorThatIsDownCostsNothing sends to a port that refuses and to one that takes the call and
// never answers. Neither the work nor the end of the process may wait.
func TestACollectorThatIsDownCostsNothing(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { silent.Close() })
	refusing, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refusing.Close()
	for name, address := range map[string]string{"refuses": refusing.Addr().String(), "hangs": silent.Addr().String()} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://"+address)
			if !Configured() {
				t.Fatal("the environment names a collector")
			}
			tracer, err := New(t.Context(), Options{Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			begun := time.Now()
			for range 20_000 { // ten times what the exporter keeps
				span := tracer.Receive(t.Context(), "shopify")
				if span.Trace() == "" {
					t.Fatal("not sampled")
				}
				span.End(nil)
			}
			worked := time.Since(begun)
			tracer.Close()
			if all := time.Since(begun); worked > 5*time.Second || all-worked > closeFor+time.Second {
				t.Errorf("the work took %s, the end %s", worked, all-worked)
			}
		})
	}
}

func TestNothingIsTracedUnlessACollectorIsNamed(t *testing.T) {
	for name, tc := range map[string]struct {
		env  map[string]string
		want bool
	}{
		"nothing set":       {nil, false},
		"an endpoint":       {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"}, true},
		"one for traces":    {map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://c:4318/v1/traces"}, true},
		"the SDK is off":    {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_SDK_DISABLED": "true"}, false},
		"traces go nowhere": {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_TRACES_EXPORTER": "none"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			for _, k := range []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_SDK_DISABLED", "OTEL_TRACES_EXPORTER"} {
				t.Setenv(k, tc.env[k])
			}
			if got := Configured(); got != tc.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

type broken struct{ sdk.SpanExporter }

func (broken) ExportSpans(context.Context, []sdk.ReadOnlySpan) error { return errors.New("away") }

func TestDroppedSpansAreSaidOnceAMinute(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	now := time.Unix(1000, 0)
	p := &patient{SpanExporter: broken{}, log: slog.New(slog.NewTextHandler(&log, nil)), now: func() time.Time { return now }}
	three := make([]sdk.ReadOnlySpan, 3)
	for range 4 {
		if err := p.ExportSpans(t.Context(), three); err != nil {
			t.Fatalf("the failure is passed on: %v", err)
		}
		now = now.Add(20 * time.Second)
	}
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], "spans=3 ") || !strings.Contains(lines[1], "spans=9 ") {
		t.Errorf("got %q", lines)
	}
}

func TestWhatIsNotSampledLeavesNoTrace(t *testing.T) {
	t.Setenv("OTEL_TRACES_SAMPLER", "always_off")
	tracer, err := New(t.Context(), Options{Log: slog.New(slog.DiscardHandler), Exporter: broken{}})
	if err != nil {
		t.Fatal(err)
	}
	if got := tracer.Receive(t.Context(), "shopify").Trace(); got != "" {
		t.Errorf("the door hands on %q", got)
	}
	for _, from := range []string{"", "nonsense", "00-11111111111111111111111111111111-2222222222222222-00"} {
		if _, span := tracer.Follow(t.Context(), "digest", from); span.Trace() != "" {
			t.Errorf("%q is followed by %q", from, span.Trace())
		}
	}
}
