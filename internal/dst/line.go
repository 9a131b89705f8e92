package dst

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"regexp"
	"time"

	"grapevine/connectors/shopify/shopifytest"
)

// behind is how far a shop's answers may be behind its state: they come from replicas.
const behind = 5 * time.Second

// line is a process's way to the shops: an http.RoundTripper whose two ends are steps, with what may go wrong
// on it.
type line struct{ p *process }

var operationForm = regexp.MustCompile(`(?m)\b(query|mutation) (\w+)`)

var (
	errRefused = errors.New("dst: connection refused")
	errReset   = errors.New("dst: connection reset")
)

// RoundTrip asks a shop.
func (l line) RoundTrip(r *http.Request) (*http.Response, error) {
	p, w := l.p, l.p.w
	body, err := read(r)
	if err != nil {
		return nil, err
	}
	s := w.shopAt(r.URL.Host)
	if s == nil {
		return nil, fmt.Errorf("dst: there is no shop at %s", r.URL.Host)
	}
	found := operationForm.FindStringSubmatch(string(body))
	name, writes := found[2], found[1] == "mutation"
	label := fmt.Sprintf("call %s %s %s", s.name, name, digest(canonical(body)))
	d := p.step(label)
	if err := r.Context().Err(); err != nil { // it was stopped for too long
		return nil, err
	}
	if w.faults.down[s.name] {
		return nil, errRefused
	}
	if told := httptrace.ContextClientTrace(r.Context()); told != nil && told.WroteHeaders != nil {
		told.WroteHeaders()
	}
	if res := w.faults.before(d); res != nil {
		w.bus.note("%s %s does not arrive: %d", p.name, label, res.StatusCode)
		return res, nil
	}
	if writes {
		p.wroteAhead(s, name, body)
	}
	if name == "OrdersSince" && s.asked.IsZero() {
		s.asked = time.Now()
	}
	if writes {
		s.changed = time.Now()
	} else if d.chance(w.faults.stale) && time.Since(s.changed) < behind {
		w.bus.note("%s answers from before its last change", s.name)
		if err := s.SetFaults(shopifytest.Fault{Operation: name, Kind: shopifytest.FaultStale, Count: 1}); err != nil {
			return nil, err
		}
	}
	res := s.answer(r, body)
	w.bus.note("%s at %s: %d", s.name, name, res.StatusCode)
	d = p.step(label + " answered")
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return w.faults.after(d, res, p, label)
}

// read takes a request's body, which a transport has to close.
func read(r *http.Request) ([]byte, error) {
	defer r.Body.Close()
	return io.ReadAll(r.Body)
}

// canonical is a JSON body with its keys in order.
func canonical(body []byte) string {
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return string(body)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return string(body)
	}
	return string(b)
}

// answer has the simulated shop answer, at once and without a socket.
func (s *shop) answer(r *http.Request, body []byte) *http.Response {
	in := r.Clone(r.Context())
	in.Body, in.RequestURI = io.NopCloser(bytes.NewReader(body)), r.URL.RequestURI()
	rec := httptest.NewRecorder()
	s.handler.ServeHTTP(rec, in)
	res := rec.Result()
	res.Request = r
	return res
}

// bare is an answer without a body of the API's.
func bare(code int, retryAfter string) *http.Response {
	h := http.Header{"Content-Type": {"application/json"}}
	if retryAfter != "" {
		h.Set("Retry-After", retryAfter)
	}
	return &http.Response{StatusCode: code, Status: http.StatusText(code), Header: h, Body: io.NopCloser(bytes.NewReader(nil)), ProtoMajor: 1, ProtoMinor: 1}
}

// before is what keeps a call from the shop.
func (f *faults) before(d dice) *http.Response {
	switch {
	case d.chance(f.throttle):
		return bare(http.StatusTooManyRequests, "2.0")
	case d.chance(f.broken):
		return bare(http.StatusServiceUnavailable, "")
	}
	return nil
}

// after is what happens to an answer on its way back.
func (f *faults) after(d dice, res *http.Response, p *process, label string) (*http.Response, error) {
	switch {
	case d.chance(f.lost):
		p.w.bus.note("%s %s: the answer is lost", p.name, label)
		if d.chance(500) {
			return nil, errReset
		}
		return bare(http.StatusGatewayTimeout, ""), nil
	case d.chance(f.truncated):
		p.w.bus.note("%s %s: the answer is cut off", p.name, label)
		whole, err := io.ReadAll(res.Body)
		if err != nil {
			return nil, err
		}
		res.Body = io.NopCloser(bytes.NewReader(whole[:len(whole)/2]))
	}
	return res, nil
}

// deliver hands a webhook to a process, as a socket would: a process that is stopped takes it in and does not
// answer, one that crashes resets the connection.
func (p *process) deliver(r *http.Request, label string, within time.Duration) (int, error) {
	answer := make(chan int, 1)
	p.calls.Add(1)
	go func() {
		defer p.calls.Done()
		rec := httptest.NewRecorder()
		p.door.ServeHTTP(rec, r)
		p.step(label + fmt.Sprintf(" answered %d", rec.Code))
		answer <- rec.Code
	}()
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case code := <-answer:
		return code, nil
	case <-timer.C:
		return 0, errors.New("no answer in time")
	case <-p.ctx.Done():
		return 0, errReset
	}
}
