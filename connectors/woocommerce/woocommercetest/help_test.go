package woocommercetest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// clock is a clock that a test turns.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: noon} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// open starts a shop; the clock stands at noon unless the options bring another.
func open(t *testing.T, o Options) *Server {
	t.Helper()
	if o.Now == nil {
		o.Now = newClock().now
	}
	s, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// client asks a shop with OAuth 1.0a, written here anew from RFC 5849.
type client struct {
	t      *testing.T
	s      *Server
	base   string // of the shop or of a proxy before it
	token  string
	method string // HMAC-SHA1, HMAC-SHA256
	at     time.Time
	nonce  string
	plain  bool
}

func (s *Server) client(t *testing.T) *client {
	return &client{t: t, s: s, base: s.URL(), token: s.Install().Token, method: "HMAC-SHA256"}
}

func (s *Server) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opts.Now()
}

// answered is an answer of the REST API.
type answered struct {
	status int
	header http.Header
	body   []byte
}

// object is the body as an object.
func (a answered) object(t *testing.T) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal(a.body, &out); err != nil {
		t.Fatalf("%s: %v", a.body, err)
	}
	return out
}

// list is the body as a list of objects.
func (a answered) list(t *testing.T) []map[string]any {
	t.Helper()
	var out []map[string]any
	if err := json.Unmarshal(a.body, &out); err != nil {
		t.Fatalf("%s: %v", a.body, err)
	}
	return out
}

// code is the code of an error document.
func (a answered) code(t *testing.T) string {
	t.Helper()
	code, _ := a.object(t)["code"].(string)
	return fmt.Sprintf("%d %s", a.status, code)
}

// sign adds what OAuth wants to a query.
func (c *client) sign(method, base string, q url.Values) url.Values {
	key, secret, _ := strings.Cut(c.token, ":")
	nonce := c.nonce
	if nonce == "" {
		nonce = rand.Text()
	}
	at := c.at
	if at.IsZero() {
		at = c.s.clock()
	}
	q.Set("oauth_consumer_key", key)
	q.Set("oauth_timestamp", strconv.FormatInt(at.Unix(), 10))
	q.Set("oauth_nonce", nonce)
	q.Set("oauth_signature_method", c.method)
	var pairs []string
	for name, values := range q {
		for _, v := range values {
			pairs = append(pairs, percent(name)+"="+percent(v))
		}
	}
	sort.Strings(pairs)
	text := method + "&" + percent(base) + "&" + percent(strings.Join(pairs, "&"))
	algorithm := map[string]func() hash.Hash{"HMAC-SHA1": sha1.New, "HMAC-SHA256": sha256.New}[c.method]
	if algorithm == nil {
		algorithm = sha256.New
	}
	mac := hmac.New(algorithm, []byte(secret+"&"))
	mac.Write([]byte(text))
	q.Set("oauth_signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return q
}

// percent escapes byte by byte.
func percent(s string) string {
	var b strings.Builder
	for i := range len(s) {
		ch := s[i]
		if ch >= 'a' && ch <= 'z' || ch >= 'A' && ch <= 'Z' || ch >= '0' && ch <= '9' || strings.IndexByte("-._~", ch) >= 0 {
			b.WriteByte(ch)
		} else {
			fmt.Fprintf(&b, "%%%02X", ch)
		}
	}
	return b.String()
}

// do asks for a route such as "orders?per_page=2"; a body is sent as JSON.
func (c *client) do(method, route string, body any) answered {
	c.t.Helper()
	path, query, _ := strings.Cut(route, "?")
	q, err := url.ParseQuery(query)
	if err != nil {
		c.t.Fatal(err)
	}
	address := c.base + "/wp-json/wc/v3/" + path
	if c.plain {
		address = c.base + "/index.php"
		q.Set("rest_route", "/wc/v3/"+path)
	}
	return c.send(method, address+"?"+c.sign(method, address, q).Encode(), body, nil)
}

// send sends a request as it is.
func (c *client) send(method, address string, body any, change func(*http.Request)) answered {
	c.t.Helper()
	var reader io.Reader
	switch body := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(body)
	default:
		b, err := json.Marshal(body)
		if err != nil {
			c.t.Fatal(err)
		}
		reader = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(c.t.Context(), method, address, reader)
	if err != nil {
		c.t.Fatal(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if change != nil {
		change(req)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return answered{resp.StatusCode, resp.Header, b}
}

// must is do that wants success.
func (c *client) must(method, route string, body any) map[string]any {
	c.t.Helper()
	a := c.do(method, route, body)
	if a.status >= 300 {
		c.t.Fatalf("%s %s: %d %s", method, route, a.status, a.body)
	}
	return a.object(c.t)
}

// arrived is what a receiver of webhooks got.
type arrived struct {
	Header http.Header
	Body   string
}

// receiver takes webhooks and answers with a status.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	status func(arrived) int
	got    []arrived
}

// receive starts a receiver that answers 200.
func receive(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		b, err := io.ReadAll(req.Body)
		if err != nil {
			t.Error(err)
		}
		a := arrived{req.Header.Clone(), string(b)}
		r.mu.Lock()
		r.got = append(r.got, a)
		status := http.StatusOK
		if r.status != nil {
			status = r.status(a)
		}
		r.mu.Unlock()
		w.WriteHeader(status)
	}))
	t.Cleanup(r.Close)
	return r
}

// answer sets the status for everything, or for all but pings.
func (r *receiver) answer(ping, delivery int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = func(a arrived) int {
		if strings.HasPrefix(a.Body, "webhook_id=") {
			return ping
		}
		return delivery
	}
}

// take hands out what came, and forgets it.
func (r *receiver) take() []arrived {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := r.got
	r.got = nil
	return out
}

// subscribe makes webhooks by the API for some topics.
func subscribe(t *testing.T, s *Server, address string, topics ...string) {
	t.Helper()
	c := s.client(t)
	for _, topic := range topics {
		c.must(http.MethodPost, "webhooks", map[string]any{"name": topic, "topic": topic, "delivery_url": address, "secret": "s3cret"})
	}
}

// quiet waits until all webhooks are answered.
func quiet(t *testing.T, s *Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := s.WaitQuiet(ctx); err != nil {
		t.Fatal(err)
	}
}

// topics are the topics of what came, with "ping" for pings.
func topics(all []arrived) []string {
	out := []string{}
	for _, a := range all {
		if strings.HasPrefix(a.Body, "webhook_id=") {
			out = append(out, "ping")
		} else {
			out = append(out, a.Header.Get("X-WC-Webhook-Topic"))
		}
	}
	return out
}

// widget is a basket of one article.
func widget(price string, codes ...string) OrderInput {
	return OrderInput{
		Billing: Address{FirstName: "Zed", Email: "zed@example.test"}, Coupons: codes,
		Lines: []LineInput{{Name: "Widget", Price: price}},
	}
}

// place places an order that must succeed.
func place(t *testing.T, s *Server, in OrderInput) string {
	t.Helper()
	o, err := s.PlaceOrder(in)
	if err != nil {
		t.Fatal(err)
	}
	return idText(o.ID)
}
