package shopifytest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"grapevine/connectors/shopify/shopifytest"
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

// shop is a running shop with what a test needs to talk to it.
type shop struct {
	*shopifytest.Server
	t     *testing.T
	clock *clock
	token string
}

func start(t *testing.T, edit ...func(*shopifytest.Options)) *shop {
	t.Helper()
	c := &clock{at: time.Date(2026, 11, 2, 9, 30, 0, 0, time.UTC)}
	opts := shopifytest.Options{
		AccessToken: "shpat_test", ClientSecret: "secret", Now: c.now, Seed: 7,
		Bucket: shopifytest.Bucket{Maximum: -1}, RetryUnit: time.Millisecond,
	}
	for _, e := range edit {
		e(&opts)
	}
	server, err := shopifytest.Start(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return &shop{Server: server, t: t, clock: c, token: opts.AccessToken}
}

// document reads one of this package's own documents: those of the connector may change.
func document(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".graphql"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// post sends a GraphQL body and gives the raw answer.
func (s *shop) post(query string, vars map[string]any) (*http.Response, []byte, error) {
	s.t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": vars})
	if err != nil {
		s.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.URL()+"/admin/api/2026-10/graphql.json", bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("X-Shopify-Access-Token", s.token)
	req.Header.Set("Content-Type", "application/json")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	return resp, answer, err
}

// call runs a document; the data must be there.
func (s *shop) call(name string, vars map[string]any) value {
	s.t.Helper()
	resp, body, err := s.post(document(s.t, name), vars)
	if err != nil {
		s.t.Fatal(err)
	}
	v := parse(s.t, body)
	if resp.StatusCode != http.StatusOK || v.at("errors").v != nil {
		s.t.Fatalf("%s: status %d: %s", name, resp.StatusCode, body)
	}
	return v.at("data")
}

// value is a JSON value to walk through.
type value struct {
	t *testing.T
	v any
}

func parse(t *testing.T, b []byte) value {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("answer is no JSON: %v: %s", err, b)
	}
	return value{t, v}
}

// at follows keys (strings) and places (ints); what is not there is nil.
func (v value) at(path ...any) value {
	v.t.Helper()
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, _ := v.v.(map[string]any)
			v.v = m[p]
		case int:
			l, _ := v.v.([]any)
			if p >= len(l) {
				v.v = nil
			} else {
				v.v = l[p]
			}
		}
	}
	return v
}

func (v value) len() int {
	l, _ := v.v.([]any)
	return len(l)
}

// want compares with plain text: numbers and booleans as JSON writes them.
func (v value) want(want string, path ...any) {
	v.t.Helper()
	got, err := json.Marshal(v.at(path...).v)
	if err != nil {
		v.t.Fatal(err)
	}
	text := string(bytes.Trim(got, `"`))
	if text != want {
		v.t.Errorf("%v is %s, want %s", path, text, want)
	}
}

func (v value) text(path ...any) string {
	v.t.Helper()
	s, ok := v.at(path...).v.(string)
	if !ok {
		v.t.Fatalf("%v is %v, want text", path, v.at(path...).v)
	}
	return s
}

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
