package stripetest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"grapevine/connectors/stripe/stripetest"
	"grapevine/internal/simshop"
)

// clock is a time that a test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// sim is a running Stripe with what a test needs to talk to it.
type sim struct {
	*stripetest.Server
	t       *testing.T
	clock   *clock
	key     string
	account string // Stripe-Account; "": none
}

func start(t *testing.T, edit ...func(*stripetest.Options)) *sim {
	t.Helper()
	c := &clock{at: time.Date(2026, 11, 2, 9, 30, 0, 0, time.UTC)}
	opts := stripetest.Options{Now: c.now, Seed: 7, RetryUnit: time.Millisecond}
	for _, e := range edit {
		e(&opts)
	}
	server, err := stripetest.Start(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return &sim{Server: server, t: t, clock: c, key: server.Key()}
}

// as is the same Stripe asked with another key, for another account.
func (s *sim) as(key, account string) *sim {
	out := *s
	out.key, out.account = key, account
	return &out
}

// reply is an answer of the API.
type reply struct {
	t      *testing.T
	status int
	header http.Header
	body   any
	raw    string
}

// send makes a call with headers of its own.
func (s *sim) send(method, path, form string, header map[string]string) reply {
	s.t.Helper()
	var body io.Reader
	if method == http.MethodPost {
		body = strings.NewReader(form)
	} else if form != "" {
		path += "?" + form
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.URL()+path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req.Header.Set("Authorization", "Bearer "+s.key)
	if s.account != "" {
		req.Header.Set("Stripe-Account", s.account)
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return reply{s.t, resp.StatusCode, resp.Header, parse(s.t, raw), string(raw)}
}

// get and post make a call; what is to be sent comes as names and values by turns.
func (s *sim) get(path string, fields ...string) reply {
	s.t.Helper()
	return s.send(http.MethodGet, path, formOf(fields), nil)
}

func (s *sim) post(path string, fields ...string) reply {
	s.t.Helper()
	return s.send(http.MethodPost, path, formOf(fields), nil)
}

// keyed is post under an idempotency key.
func (s *sim) keyed(key, path string, fields ...string) reply {
	s.t.Helper()
	return s.send(http.MethodPost, path, formOf(fields), map[string]string{"Idempotency-Key": key})
}

func formOf(fields []string) string {
	v := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		v.Add(fields[i], fields[i+1])
	}
	return v.Encode()
}

func parse(t *testing.T, raw []byte) any {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("no JSON: %v: %s", err, raw)
	}
	return v
}

// at is what stands at a path ("data.0.id"), as text: null, or absent where there is nothing.
func (r reply) at(path string) string { return at(r.body, path) }

func at(v any, path string) string {
	for part := range strings.SplitSeq(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			next, ok := x[part]
			if !ok {
				return "absent"
			}
			v = next
		case []any:
			i, err := strconv.Atoi(part)
			if part == "#" {
				v = len(x)
				continue
			}
			if err != nil || i >= len(x) {
				return "absent"
			}
			v = x[i]
		default:
			return "absent"
		}
	}
	if v == nil {
		return "null"
	}
	return fmt.Sprint(v)
}

// ok ends the test if the call was refused.
func (r reply) ok() reply {
	r.t.Helper()
	if r.status != http.StatusOK {
		r.t.Fatalf("status %d: %s", r.status, r.raw)
	}
	return r
}

// wants compares what stands at paths: paths and texts by turns.
func (r reply) wants(pairs ...string) reply {
	r.t.Helper()
	wants(r.t, r.body, pairs...)
	return r
}

func wants(t *testing.T, v any, pairs ...string) {
	t.Helper()
	for i := 0; i+1 < len(pairs); i += 2 {
		if got := at(v, pairs[i]); got != pairs[i+1] {
			t.Errorf("%s is %q, want %q", pairs[i], got, pairs[i+1])
		}
	}
}

// refused tells how a call was refused: "400 invalid_request_error resource_missing id".
func (r reply) refused() string {
	return fmt.Sprintf("%d %s %s %s", r.status, r.at("error.type"), r.at("error.code"), r.at("error.param"))
}

// each lists what stands at a path of every element of a list.
func (r reply) each(path string) []string {
	out := []string{}
	data, _ := r.body.(map[string]any)["data"].([]any)
	for _, v := range data {
		out = append(out, at(v, path))
	}
	return out
}

// receiver is a webhook address that keeps what it got and answers as told.
type receiver struct {
	*httptest.Server
	mu  sync.Mutex
	got []received
}

type received struct {
	header http.Header
	body   []byte
	event  any
}

func (r received) at(path string) string { return at(r.event, path) }

// receive starts an address that answers the n-th delivery with status(n).
func receive(t *testing.T, status func(n int) int) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Error(err)
		}
		var event any
		dec := json.NewDecoder(bytes.NewReader(body))
		dec.UseNumber()
		if err := dec.Decode(&event); err != nil {
			t.Errorf("a delivery is no JSON: %v", err)
		}
		r.mu.Lock()
		r.got = append(r.got, received{req.Header, body, event})
		n := len(r.got)
		r.mu.Unlock()
		w.WriteHeader(status(n))
	}))
	t.Cleanup(r.Close)
	return r
}

func fine(int) int { return http.StatusOK }

func (r *receiver) all() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

// types are those of the events that came, sorted.
func (r *receiver) types() []string {
	out := []string{}
	for _, g := range r.all() {
		out = append(out, g.at("type"))
	}
	slices.Sort(out)
	return out
}

// quiet waits until every delivery is answered or given up.
func (s *sim) quiet() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 10*time.Second)
	defer cancel()
	if err := s.WaitQuiet(ctx); err != nil {
		s.t.Fatal(err)
	}
}

// must ends the test on an error.
func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// same compares two values whole.
func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
		t.Errorf("%s is\n%s\nwant\n%s", what, g, w)
	}
}

func buyer(name string) simshop.Buyer {
	return simshop.Buyer{Email: name + "@example.com", FirstName: name, Surname: "Example"}
}

// mugs is a session of pieces at 10.00.
func mugs(by string, n int) stripetest.SessionInput {
	return stripetest.SessionInput{Buyer: buyer(by), Items: []stripetest.Item{{Title: "Mug", Price: "10.00", Quantity: n}}}
}

// code makes a coupon with these terms and a promotion code for it.
func (s *sim) code(code string, terms ...string) (promotion string) {
	s.t.Helper()
	coupon := s.post("/v1/coupons", append([]string{"duration", "once"}, terms...)...).ok().at("id")
	return s.post("/v1/promotion_codes", "coupon", coupon, "code", code).ok().at("id")
}
