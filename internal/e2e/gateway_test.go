package e2e

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
)

// gateway stands before a simulated shop: it can be shut, and it can refuse calls that name something.
type gateway struct {
	t       *testing.T
	address string
	handler http.Handler

	mu      sync.Mutex
	server  *http.Server
	refuses string // what a refused call's body holds; "": none
	refusal string // the answer to it
}

// newGateway opens a gateway to a simulated shop.
func newGateway(t *testing.T, sim simulated) *gateway {
	t.Helper()
	target, err := url.Parse(sim.URL())
	if err != nil {
		t.Fatal(err)
	}
	g := &gateway{t: t, address: freeAddress(t)}
	through := httputil.NewSingleHostReverseProxy(target)
	g.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		if refusal := g.refuse(string(body)); refusal != "" {
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, refusal)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		through.ServeHTTP(w, r)
	})
	g.open()
	t.Cleanup(g.shut)
	return g
}

func (g *gateway) url() string { return "http://" + g.address }

func (g *gateway) refuse(body string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.refuses != "" && strings.Contains(body, g.refuses) {
		return g.refusal
	}
	return ""
}

// refuseCalls answers every call whose body holds a text with this answer; "" ends it.
func (g *gateway) refuseCalls(text, answer string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.refuses, g.refusal = text, answer
}

func (g *gateway) open() {
	g.t.Helper()
	var l net.Listener
	eventually(g.t, patience, "listening on "+g.address, func() (bool, any) {
		var err error
		l, err = net.Listen("tcp", g.address)
		return err == nil, err
	})
	server := &http.Server{Handler: g.handler}
	g.mu.Lock()
	g.server = server
	g.mu.Unlock()
	go func() { _ = server.Serve(l) }() // ends with shut
}

// shut refuses all connections from now on.
func (g *gateway) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.server.Close()
}
