package shopifytest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

const (
	deliveryWorkers = 4
	maxRetries      = 8 // source: changelog "Updates to webhook retry mechanism", 2024-09-10
)

// deliverer sends deliveries from a few workers, and again what was not answered with 2xx.
type deliverer struct {
	domain    string
	now       func() time.Time
	retryUnit time.Duration
	timeout   time.Duration
	client    *http.Client
	ctx       context.Context // ends the sending when the shop closes
	cancel    context.CancelFunc
	wg        sync.WaitGroup

	mu      sync.Mutex
	wake    *sync.Cond
	url     string
	secret  string
	hold    bool
	lose    float64    // the chance of a new delivery to be lost
	dice    *rand.Rand // of what is lost
	closed  bool
	started bool
	all     []*Delivery
	byID    map[string]*Delivery
	ready   []job
	timers  map[*time.Timer]struct{}
	active  int           // jobs that are ready, under way, or waiting for a retry
	quiet   chan struct{} // closed when active falls to zero
}

// job is one delivery with the number of the try.
type job struct {
	delivery *Delivery
	try      int
}

func newDeliverer(o Options) *deliverer {
	ctx, cancel := context.WithCancel(context.Background())
	d := &deliverer{
		domain: o.Domain, now: o.Now, retryUnit: o.RetryUnit, timeout: o.SendTimeout, ctx: ctx, cancel: cancel,
		url: o.WebhookURL, secret: o.ClientSecret, hold: o.HoldWebhooks, dice: rand.New(rand.NewPCG(o.Seed, 0x1057)),
		byID: map[string]*Delivery{}, timers: map[*time.Timer]struct{}{},
		client: &http.Client{
			Timeout:       o.SendTimeout,
			Transport:     &http.Transport{DialContext: (&net.Dialer{Timeout: time.Second}).DialContext, MaxIdleConnsPerHost: deliveryWorkers},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	d.wake = sync.NewCond(&d.mu)
	return d
}

func (d *deliverer) configure(c Settings) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.url, d.secret, d.hold = c.WebhookURL, c.ClientSecret, c.HoldWebhooks
}

// add takes a new delivery: held, or on its way.
func (d *deliverer) add(delivery *Delivery) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all = append(d.all, delivery)
	d.byID[delivery.WebhookID] = delivery
	if d.lose > 0 && d.dice.Float64() < d.lose {
		delivery.State = "lost"
		return
	}
	if d.hold {
		delivery.State = "held"
		return
	}
	d.enqueue(job{delivery: delivery})
}

// enqueue counts a job and hands it to the workers, which start with the first one.
func (d *deliverer) enqueue(j job) {
	if d.closed {
		return
	}
	if d.url == "" {
		j.delivery.State = "held"
		return
	}
	if !d.started {
		d.started = true
		for range deliveryWorkers {
			d.wg.Go(d.work)
		}
	}
	if d.active == 0 {
		d.quiet = make(chan struct{})
	}
	d.active++
	j.delivery.State = "pending"
	d.ready = append(d.ready, j)
	d.wake.Signal()
}

func (d *deliverer) enqueueNew(delivery *Delivery) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all = append(d.all, delivery)
	d.byID[delivery.WebhookID] = delivery
	d.enqueue(job{delivery: delivery})
}

func (d *deliverer) enqueueAgain(webhookID string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if delivery := d.byID[webhookID]; delivery != nil {
		d.enqueue(job{delivery: delivery})
	}
}

// list copies the deliveries in a state; "" is all.
func (d *deliverer) list(state string) []Delivery {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := []Delivery{}
	for _, delivery := range d.all {
		if state == "" || delivery.State == state {
			c := *delivery
			c.Attempts = slices.Clone(delivery.Attempts)
			out = append(out, c)
		}
	}
	return out
}

func (d *deliverer) take() []Delivery {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := []Delivery{}
	for _, delivery := range d.all {
		if delivery.State == "held" {
			delivery.State = "taken"
			out = append(out, *delivery)
		}
	}
	return out
}

func (d *deliverer) release(order string, times int, seed uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var jobs []job
	for _, delivery := range d.all {
		if delivery.State == "held" {
			for range times {
				jobs = append(jobs, job{delivery: delivery})
			}
		}
	}
	switch order {
	case "reverse":
		slices.Reverse(jobs)
	case "shuffle":
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(jobs), func(i, j int) { jobs[i], jobs[j] = jobs[j], jobs[i] })
	}
	for _, j := range jobs {
		d.enqueue(j)
	}
}

// work sends until the shop closes.
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
		j := d.ready[0]
		d.ready = d.ready[1:]
		copied, url := *j.delivery, d.url
		d.mu.Unlock()
		attempt := Attempt{At: d.now()}
		status, err := d.send(d.ctx, url, copied)
		if attempt.Status = status; err != nil {
			attempt.Error = err.Error()
		}
		d.finish(j, attempt)
	}
}

// finish records a try and plans the next one, if there is to be any.
func (d *deliverer) finish(j job, a Attempt) {
	d.mu.Lock()
	defer d.mu.Unlock()
	j.delivery.Attempts = append(j.delivery.Attempts, a)
	good := a.Status >= 200 && a.Status < 300
	switch {
	case good:
		j.delivery.State = "delivered"
	case j.try >= maxRetries || d.closed:
		j.delivery.State = "failed"
	default:
		d.retry(job{j.delivery, j.try + 1}, d.retryUnit<<j.try)
		return
	}
	if d.active--; d.active == 0 {
		close(d.quiet)
	}
}

func (d *deliverer) retry(j job, after time.Duration) {
	var timer *time.Timer
	timer = time.AfterFunc(after, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.timers, timer)
		d.ready = append(d.ready, j)
		d.wake.Signal()
	})
	d.timers[timer] = struct{}{}
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

// request builds the signed call of a delivery.
func (d *deliverer) request(ctx context.Context, url string, delivery Delivery) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(delivery.Body))
	if err != nil {
		return nil, fmt.Errorf("delivering %s: %w", delivery.Topic, err)
	}
	d.mu.Lock()
	secret := d.secret
	d.mu.Unlock()
	for k, v := range map[string]string{
		"Content-Type": "application/json", "User-Agent": "Shopify-Captain-Hook",
		"X-Shopify-Topic": delivery.Topic, "X-Shopify-Hmac-Sha256": Sign(secret, delivery.Body),
		"X-Shopify-Shop-Domain": d.domain, "X-Shopify-API-Version": APIVersion,
		"X-Shopify-Webhook-Id": delivery.WebhookID, "X-Shopify-Event-Id": delivery.EventID,
		"X-Shopify-Triggered-At": delivery.TriggeredAt.UTC().Format(time.RFC3339Nano),
	} {
		req.Header.Set(k, v)
	}
	return req, nil
}

func (d *deliverer) send(ctx context.Context, url string, delivery Delivery) (int, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, d.timeout, errors.New("shopifytest: no answer in time"))
	defer cancel()
	req, err := d.request(ctx, url, delivery)
	if err != nil {
		return 0, err
	}
	resp, err := d.client.Do(req)
	if err != nil {
		return 0, fmt.Errorf("delivering %s: %w", delivery.Topic, err)
	}
	defer resp.Body.Close()
	// The status is what counts; the body is read so that the connection can be used again.
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<16))
	return resp.StatusCode, nil
}

// WaitQuiet waits until no delivery is on its way or waits for a retry; held ones do not count.
func (s *Shop) WaitQuiet(ctx context.Context) error {
	for {
		s.hooks.mu.Lock()
		active, quiet := s.hooks.active, s.hooks.quiet
		s.hooks.mu.Unlock()
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

// NewRequest builds the signed request of a delivery, to be sent anywhere or altered first.
func (s *Shop) NewRequest(ctx context.Context, url string, d Delivery) (*http.Request, error) {
	return s.hooks.request(ctx, url, d)
}

// Send delivers once, now, to the shop's webhook URL, and tells the status of the answer. The
// record of the delivery stays as it is.
func (s *Shop) Send(ctx context.Context, d Delivery) (int, error) {
	s.hooks.mu.Lock()
	url := s.hooks.url
	s.hooks.mu.Unlock()
	return s.hooks.send(ctx, url, d)
}
