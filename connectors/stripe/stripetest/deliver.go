package stripetest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"grapevine/internal/simshop"
)

const (
	senders     = 4
	maxTries    = 7
	sendTimeout = 5 * time.Second
)

// delivery is one event on its way to one endpoint. Its body never changes.
type delivery struct {
	event    *event
	endpoint *endpoint
	body     []byte
	state    string // held, lost, pending, delivered, failed, taken
	tries    int
}

// deliverer sends deliveries from a few workers, and again what was not answered with 2xx. Its lock is
// taken with the server's held, never the other way round.
type deliverer struct {
	s      *Server
	unit   time.Duration
	client *http.Client
	ctx    context.Context // ends the sending when the server closes
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu      sync.Mutex
	wake    *sync.Cond
	rng     *rand.Rand
	hold    bool
	lose    float64
	started bool
	closed  bool
	sent    []*delivery // in the order of what happened
	held    []*delivery
	ready   []*delivery
	timers  map[*time.Timer]struct{}
	active  int           // ready, under way, or waiting for a retry
	quiet   chan struct{} // closed when active falls to zero
}

func newDeliverer(s *Server, o Options) *deliverer {
	ctx, cancel := context.WithCancel(context.Background())
	d := &deliverer{
		s: s, unit: o.RetryUnit, ctx: ctx, cancel: cancel, hold: o.HoldPost, timers: map[*time.Timer]struct{}{},
		rng: rand.New(rand.NewPCG(uint64(o.Seed), 0x1057)),
		client: &http.Client{
			Timeout: sendTimeout, Transport: &http.Transport{MaxIdleConnsPerHost: senders},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	d.wake = sync.NewCond(&d.mu)
	return d
}

// add takes what one event has to deliver.
func (d *deliverer) add(all []*delivery) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, x := range all {
		if d.lose > 0 && d.rng.Float64() < d.lose {
			x.state = "lost"
			continue
		}
		d.sent = append(d.sent, x)
		d.hand(x)
	}
}

// hand keeps a delivery back or gives it to the workers, which start with the first one.
func (d *deliverer) hand(x *delivery) {
	if d.closed {
		return
	}
	if d.hold {
		x.state = "held"
		d.held = append(d.held, x)
		return
	}
	if !d.started {
		d.started = true
		for range senders {
			d.wg.Go(d.work)
		}
	}
	if d.active == 0 {
		d.quiet = make(chan struct{})
	}
	d.active++
	x.state = "pending"
	d.ready = append(d.ready, x)
	d.wake.Signal()
}

// work sends until the server closes.
func (d *deliverer) work() {
	for {
		d.mu.Lock()
		for len(d.ready) == 0 && !d.closed {
			d.wake.Wait()
		}
		if d.closed {
			d.mu.Unlock()
			return
		}
		x := d.ready[0]
		d.ready = d.ready[1:]
		d.mu.Unlock()
		d.finish(x, d.send(x))
	}
}

// finish books a try and plans the next one, if there is to be any.
func (d *deliverer) finish(x *delivery, good bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	x.tries++
	switch {
	case good:
		x.state = "delivered"
	case x.tries >= maxTries || d.closed:
		x.state = "failed"
	default:
		d.retry(x)
		return
	}
	if d.active--; d.active == 0 {
		close(d.quiet)
	}
}

func (d *deliverer) retry(x *delivery) {
	var timer *time.Timer
	timer = time.AfterFunc(d.unit<<(x.tries-1), func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.timers, timer)
		d.ready = append(d.ready, x)
		d.wake.Signal()
	})
	d.timers[timer] = struct{}{}
}

// send tries once.
func (d *deliverer) send(x *delivery) bool {
	letter, open := d.s.letter(x)
	if !open {
		return false
	}
	req, err := http.NewRequestWithContext(d.ctx, http.MethodPost, letter.URL, bytes.NewReader(letter.Body))
	if err != nil {
		return false
	}
	req.Header = letter.Header
	resp, err := d.client.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	// The status is what counts; the body is read so that the connection can be used again.
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<16))
	return resp.StatusCode >= 200 && resp.StatusCode < 300
}

func (d *deliverer) close() {
	d.cancel()
	d.mu.Lock()
	d.closed = true
	for timer := range d.timers {
		timer.Stop()
	}
	d.wake.Broadcast()
	d.mu.Unlock()
	d.wg.Wait()
	d.client.CloseIdleConnections()
}

// pending is how many endpoints have not taken an event yet.
func (d *deliverer) pending(e *event) (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, x := range e.deliveries {
		if x.state == "pending" || x.state == "held" {
			n++
		}
	}
	return n
}

// succeeded tells whether every endpoint took an event. What was taken by hand counts as taken.
func (d *deliverer) succeeded(e *event) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, x := range e.deliveries {
		if x.state != "delivered" && x.state != "taken" {
			return false
		}
	}
	return true
}

// letter signs a delivery with the endpoint's secrets of this moment; open is false if the endpoint is not.
func (s *Server) letter(x *delivery) (l simshop.Letter, open bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := http.Header{}
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("User-Agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
	h.Set("Stripe-Signature", Sign(s.now(), x.body, x.endpoint.secrets...))
	return simshop.Letter{URL: x.endpoint.url, Header: h, Body: x.body, Topic: x.event.kind}, !x.endpoint.disabled && !x.endpoint.deleted
}

// Sign is the value of Stripe-Signature: the time, one v1 for each secret (HMAC-SHA256 of time, dot and body,
// keyed with the whole secret), and a v0 that is worth nothing, as in test mode.
func Sign(at time.Time, body []byte, secrets ...string) string {
	t := strconv.FormatInt(at.Unix(), 10)
	var b strings.Builder
	b.WriteString("t=" + t)
	sum := func(key string) string {
		mac := hmac.New(sha256.New, []byte(key))
		mac.Write([]byte(t + "."))
		mac.Write(body)
		return hex.EncodeToString(mac.Sum(nil))
	}
	for _, s := range secrets {
		b.WriteString(",v1=" + sum(s))
	}
	b.WriteString(",v0=" + sum("not a secret"))
	return b.String()
}

// Hold keeps what happens from now on from being sent, or ends that; what was kept stays until it is taken.
func (s *Server) Hold(on bool) {
	s.post.mu.Lock()
	defer s.post.mu.Unlock()
	s.post.hold = on
}

// Take hands out what was kept back, signed now, and forgets it.
func (s *Server) Take() []simshop.Letter {
	s.post.mu.Lock()
	held := s.post.held
	s.post.held = nil
	for _, x := range held {
		x.state = "taken"
	}
	s.post.mu.Unlock()
	out := []simshop.Letter{}
	for _, x := range held {
		l, _ := s.letter(x)
		out = append(out, l)
	}
	return out
}

// Lose loses each webhook of the future with this chance: it is neither sent nor kept, and its event counts
// as not delivered.
func (s *Server) Lose(chance float64) {
	s.post.mu.Lock()
	defer s.post.mu.Unlock()
	s.post.lose = chance
}

// Redeliver sends everything that was ever sent or handed out once more: the same events, under their ids,
// signed anew. What is held back is not sent twice; while webhooks are held, so are these.
func (s *Server) Redeliver() (int, error) {
	s.post.mu.Lock()
	defer s.post.mu.Unlock()
	if s.post.closed {
		return 0, refuse("invalid", "the server is closed")
	}
	n := 0
	for _, x := range s.post.sent {
		if x.state != "held" {
			s.post.hand(&delivery{event: x.event, endpoint: x.endpoint, body: x.body})
			n++
		}
	}
	return n, nil
}

// WaitQuiet waits until no delivery is on its way or waits for a retry.
func (s *Server) WaitQuiet(ctx context.Context) error {
	for {
		s.post.mu.Lock()
		active, quiet := s.post.active, s.post.quiet
		s.post.mu.Unlock()
		if active == 0 {
			return nil
		}
		select {
		case <-quiet:
		case <-ctx.Done():
			return fmt.Errorf("%d webhook deliveries still under way: %w", active, ctx.Err())
		}
	}
}
