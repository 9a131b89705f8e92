package connectortest

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// fault is one trouble with one call.
type fault struct {
	name   string
	how    trouble
	effect bool // the call is carried out all the same
	status int
	header map[string]string
	body   string

	// What the connector has to make of it.
	park      string // why the shop cannot be called; "any": for whatever reason
	throttled bool
}

// trouble is how a call goes wrong.
type trouble int

const (
	answered  trouble = iota + 1 // with another status and body
	cut                          // the connection ends without an answer
	truncated                    // the answer ends in its middle
	silent                       // no answer before the caller's time is up
)

// after is what a throttled call is told to wait.
const after = 7

// page is what a shop's gateway answers with when it is in trouble.
const page = "<!DOCTYPE html><html><head><title>One moment</title></head><body><h1>We will be back soon</h1></body></html>"

// faults are all troubles with one call. Those with an effect break the answer of a call that was carried out.
func faults() []fault {
	html := map[string]string{"Content-Type": "text/html; charset=utf-8"}
	all := []fault{
		{name: "429 with Retry-After", how: answered, status: 429, header: map[string]string{"Retry-After": strconv.Itoa(after)}, throttled: true},
		{name: "401", how: answered, status: 401, park: "token_refused"},
		{name: "403", how: answered, status: 403, park: "any"},
		{name: "an answer cut in its middle", how: truncated, effect: true},
	}
	for _, effect := range []bool{false, true} {
		when := " before the effect"
		if effect {
			when = " after the effect"
		}
		for _, f := range []fault{
			{name: "500", how: answered, status: 500},
			{name: "a page with 503", how: answered, status: 503, header: html, body: page},
			{name: "504", how: answered, status: 504},
			{name: "a page with 200", how: answered, status: 200, header: html, body: page},
			{name: "a connection that is cut", how: cut},
			{name: "silence beyond the deadline", how: silent},
		} {
			f.name += when
			f.effect = effect
			all = append(all, f)
		}
	}
	return all
}

// refuses tells whether the answer says that the call was not carried out.
func (f fault) refuses() bool { return f.throttled || f.park != "" }

// call is one call of the shop's API as it went by.
type call struct {
	method, path, body string
	key                string // the key by which the shop knows a repetition, "" if it has none
	write              bool
	carried            bool // out by the shop, with a 2xx
}

// faultline stands between a connector and a shop's API. It passes everything on as it is, but for the calls
// that it is told to break.
type faultline struct {
	URL    string
	target string
	writes func(r *http.Request, body []byte) bool
	client *http.Transport

	mu    sync.Mutex
	calls []call
	plan  *fault
	nth   int           // which call is broken, from 0; all from it on where lasting
	last  bool          // that one alone
	held  chan struct{} // closed when a silent call is held
}

// newFaultline stands in front of the shop at target, until the test ends.
func newFaultline(tb testing.TB, target string, writes func(*http.Request, []byte) bool) *faultline {
	tb.Helper()
	l := &faultline{target: target, writes: writes, client: &http.Transport{DisableCompression: true}}
	server := httptest.NewServer(l)
	l.URL = server.URL
	tb.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		l.client.CloseIdleConnections()
	})
	return l
}

// breakCall has the nth call from now on broken; lasting has all calls from then on broken.
func (l *faultline) breakCall(nth int, f fault, lasting bool) (held <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls, l.plan, l.nth, l.last, l.held = nil, &f, nth, !lasting, make(chan struct{})
	return l.held
}

// mend ends all trouble and forgets what went by.
func (l *faultline) mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls, l.plan = nil, nil
}

// passed are the calls that went by since the last breakCall or mend.
func (l *faultline) passed() []call {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.calls)
}

// note counts a call and tells what is to become of it.
func (l *faultline) note(r *http.Request, body []byte) (i int, f *fault, held chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i = len(l.calls)
	l.calls = append(l.calls, call{
		method: r.Method, path: r.URL.RequestURI(), body: string(body), key: r.Header.Get("Idempotency-Key"), write: l.writes(r, body),
	})
	if l.plan != nil && (i == l.nth || i > l.nth && !l.last) {
		f = l.plan
	}
	return i, f, l.held
}

func (l *faultline) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	i, f, held := l.note(r, body)
	if f == nil {
		l.pass(w, l.forward(r, body, i))
		return
	}
	var right *reply
	if f.effect {
		right = l.forward(r, body, i)
	}
	switch f.how {
	case answered:
		for name, value := range f.header {
			w.Header().Set(name, value)
		}
		if w.Header().Get("Content-Type") == "" {
			w.Header().Set("Content-Type", "application/json")
		}
		w.WriteHeader(f.status)
		_, _ = io.WriteString(w, cmp.Or(f.body, "{}")) // the caller may have gone
	case truncated:
		w.Header().Set("Content-Length", strconv.Itoa(len(right.body)))
		copyHeader(w.Header(), right.header)
		w.WriteHeader(right.status)
		_, _ = w.Write(right.body[:len(right.body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case silent:
		l.hold(held)
		<-r.Context().Done()
	default:
		panic(http.ErrAbortHandler)
	}
}

func (l *faultline) hold(held chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-held:
	default:
		close(held)
	}
}

// reply is what the shop answered.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// forward asks the shop, under the name by which the connector called, so that addresses in its answers lead
// back here. It does not end with the caller: a shop does not notice that nobody waits any more.
func (l *faultline) forward(r *http.Request, body []byte, i int) *reply {
	ctx := context.WithoutCancel(r.Context())
	req, err := http.NewRequestWithContext(ctx, r.Method, l.target+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	req.Host, req.Header = r.Host, r.Header.Clone()
	res, err := l.client.RoundTrip(req)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if i < len(l.calls) {
		l.calls[i].carried = res.StatusCode < 300
	}
	return &reply{res.StatusCode, res.Header, answer}
}

func (l *faultline) pass(w http.ResponseWriter, a *reply) {
	copyHeader(w.Header(), a.header)
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // the caller may have gone
}

// copyHeader leaves out what belongs to one connection alone.
func copyHeader(to, from http.Header) {
	for name, values := range from {
		if !strings.EqualFold(name, "Connection") && !strings.EqualFold(name, "Content-Length") && !strings.EqualFold(name, "Transfer-Encoding") {
			to[name] = values
		}
	}
}

// impatient is a context whose time is up when the channel is closed.
type impatient struct {
	context.Context
	up <-chan struct{}
}

// Done is closed when the time is up.
func (c impatient) Done() <-chan struct{} { return c.up }

// Err tells that it is.
func (c impatient) Err() error {
	select {
	case <-c.up:
		return context.DeadlineExceeded
	default:
		return nil
	}
}
