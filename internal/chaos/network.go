package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// network makes the proxies of a run.
type network struct{ server *toxiproxy.ApiServer }

func newNetwork() *network {
	zerolog.SetGlobalLevel(zerolog.Disabled) // toxics trace through a logger of their own
	return &network{toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())}
}

// line is a connection that can be disturbed: between a process and its database, or between the processes
// and a shop.
type line struct {
	proxy *toxiproxy.Proxy
	at    string // where it listens: what the proxy says of that is written anew whenever it begins again
	mu    sync.Mutex
	toxic atomic.Int64 // numbers names
}

// line begins to listen on loopback for what goes to an address there.
func (n *network) line(name, upstream string) (*line, error) {
	l := &line{proxy: toxiproxy.NewProxy(n.server, name, "127.0.0.1:0", upstream)}
	if err := l.proxy.Start(); err != nil {
		return nil, fmt.Errorf("a proxy for %s: %w", name, err)
	}
	l.at = l.proxy.Listen
	return l, nil
}

func (l *line) address() string { return l.at }

// down refuses and cuts all connections, until up.
func (l *line) down() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.proxy.Stop()
}

func (l *line) up() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.proxy.Enabled {
		return nil
	}
	return l.proxy.Start()
}

// poison is a toxic: its type and attributes as toxiproxy names them.
type poison struct {
	Type       string           `json:"type"`
	Name       string           `json:"name"`
	Stream     string           `json:"stream"` // upstream or downstream
	Attributes map[string]int64 `json:"attributes"`
}

// poisons are what the kinds of faults do to a line. toxiproxy's slicer is not among them: taking it off can wait for ever
// for a connection that stands still.
var poisons = map[string][]poison{
	linkSlow:   {{Type: "latency", Stream: "downstream", Attributes: map[string]int64{"latency": 40, "jitter": 30}}},
	linkNarrow: {{Type: "bandwidth", Stream: "downstream", Attributes: map[string]int64{"rate": 24}}},
	linkSilent: {{Type: "timeout", Stream: "downstream", Attributes: map[string]int64{"timeout": 0}}},
	shopSlow:   {{Type: "latency", Stream: "downstream", Attributes: map[string]int64{"latency": 600, "jitter": 300}}},
	shopSilent: {{Type: "timeout", Stream: "downstream", Attributes: map[string]int64{"timeout": 0}}},
	shopReset:  {{Type: "reset_peer", Stream: "downstream", Attributes: map[string]int64{"timeout": 5}}},
}

// poison adds toxics; the function that it returns takes them off again.
func (l *line) poison(toxics []poison) (func(), error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var names []string
	for _, t := range toxics {
		t.Name = fmt.Sprintf("%s-%d", t.Type, l.toxic.Add(1))
		text, err := json.Marshal(t)
		if err != nil {
			return nil, err
		}
		if _, err := l.proxy.Toxics.AddToxicJson(bytes.NewReader(text)); err != nil {
			return nil, fmt.Errorf("toxic %s: %w", text, err)
		}
		names = append(names, t.Name)
	}
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		for _, name := range names {
			_ = l.proxy.Toxics.RemoveToxic(context.Background(), name) // gone already: all were taken off at the end
		}
	}, nil
}

// heal takes everything off.
func (l *line) heal() error {
	l.mu.Lock()
	l.proxy.Toxics.ResetToxics(context.Background())
	l.mu.Unlock()
	return l.up()
}
