package woocommercetest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"

	"grapevine/internal/simshop"
)

// job is a delivery that waits: its payload is built when its turn comes. A parcel was built before and is
// sent as it is.
type job struct {
	webhook, resource int64
	built             *parcel
}

// parcel is a delivery that was built, with the webhook that it is of.
type parcel struct {
	simshop.Letter
	webhook int64
}

// Delivery is one request that the shop sent to a webhook, or tried to.
type Delivery struct {
	WebhookID  int64
	Topic      string // "": a ping
	DeliveryID string
	Body       []byte
	Status     int // 0: no answer
}

// post sends webhooks, one after the other as Action Scheduler does, and never again.
type post struct {
	s       *Server
	client  *http.Client
	ctx     context.Context // ends the sending when the shop closes
	cancel  context.CancelFunc
	wg      sync.WaitGroup
	mu      sync.Mutex
	wake    *sync.Cond
	rng     *rand.Rand
	hold    bool
	early   bool    // what is held is built at once
	loss    float64 // chance
	waiting []job   // on their way
	held    []job
	sent    []parcel // for Redeliver
	log     []Delivery
	active  int // waiting, or being sent
	quiet   chan struct{}
	closed  bool
}

func newPost(s *Server, o Options, seed uint64) *post {
	transport := o.Transport
	if transport == nil {
		transport = &http.Transport{DialContext: (&net.Dialer{Timeout: time.Second}).DialContext}
	}
	p := &post{
		s: s, hold: o.HoldPost, rng: rand.New(rand.NewPCG(seed, 11)),
		client: &http.Client{
			Timeout: o.SendTimeout, Transport: transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.wake = sync.NewCond(&p.mu)
	p.wg.Go(p.work)
	return p
}

// queue takes a job unless the same waits already. The shop's lock is held.
func (p *post) queue(j job) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || slices.Contains(p.waiting, j) || slices.Contains(p.held, j) || p.rng.Float64() < p.loss {
		return
	}
	if !p.hold {
		p.add(j)
		return
	}
	if p.early {
		built, ok := p.s.letter(j)
		if !ok {
			return
		}
		j = job{built: &built}
	}
	p.held = append(p.held, j)
}

// add puts a job on its way. The lock is held.
func (p *post) add(j job) {
	if p.active == 0 {
		p.quiet = make(chan struct{})
	}
	p.active++
	p.waiting = append(p.waiting, j)
	p.wake.Signal()
}

// work sends until the shop closes.
func (p *post) work() {
	for {
		p.mu.Lock()
		for len(p.waiting) == 0 && !p.closed {
			p.wake.Wait()
		}
		if p.closed {
			p.mu.Unlock()
			return
		}
		j := p.waiting[0]
		p.waiting = p.waiting[1:]
		p.mu.Unlock()
		p.run(j)
		p.mu.Lock()
		if p.active--; p.active == 0 {
			close(p.quiet)
		}
		p.mu.Unlock()
	}
}

// run builds and sends one delivery, and the ping that may follow. A repeated one leaves the webhook alone.
func (p *post) run(j job) {
	if j.built != nil {
		p.deliver(*j.built)
		return
	}
	p.s.mu.Lock()
	built, ok := p.s.letter(j)
	p.s.mu.Unlock()
	if !ok {
		return
	}
	p.mu.Lock()
	p.sent = append(p.sent, built)
	p.mu.Unlock()
	status := p.deliver(built)
	p.s.mu.Lock()
	ping := p.s.sent(built.webhook, status)
	p.s.mu.Unlock()
	if ping {
		p.s.ping(built.webhook)
	}
}

// deliver sends a delivery and notes how it was answered.
func (p *post) deliver(l parcel) int {
	status := p.do(l.URL, l.Header, l.Body)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.log = append(p.log, Delivery{
		WebhookID: l.webhook, Topic: l.Topic, DeliveryID: l.Header.Get("X-WC-Webhook-Delivery-ID"), Body: l.Body, Status: status,
	})
	return status
}

// do posts a body and tells the status of the answer, 0 if there is none.
func (p *post) do(address string, header http.Header, body []byte) int {
	p.s.mu.Lock()
	refuse := p.s.opts.RefusePrivate
	p.s.mu.Unlock()
	if refuse && !external(address) {
		return 0
	}
	req, err := http.NewRequestWithContext(p.ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return 0
	}
	req.Header = header.Clone()
	req.Header.Set("Accept", "*/*")
	req.Close = true
	resp, err := p.client.Do(req)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20))
	return resp.StatusCode
}

// external tells whether WordPress would send there: no loopback, no private network, no odd port.
func external(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	if u.Hostname() == "localhost" || ip != nil && (ip.IsLoopback() || ip.IsPrivate() || ip.IsUnspecified()) {
		return false
	}
	return slices.Contains([]string{"", "80", "443", "8080"}, u.Port())
}

// ping sends the unsigned form that asks a webhook's address whether it is there. Exactly 200 ends the asking.
// No lock is held.
func (s *Server) ping(webhook int64) {
	s.mu.Lock()
	w := s.st.webhooks[webhook]
	if w == nil {
		s.mu.Unlock()
		return
	}
	address, agent := w.DeliveryURL, "WooCommerce/"+s.opts.Version+" Hookshot (WordPress/7.0.4)"
	s.mu.Unlock()
	body := []byte("webhook_id=" + strconv.FormatInt(webhook, 10))
	status := s.post.do(address, http.Header{
		"User-Agent": {agent}, "Content-Type": {"application/x-www-form-urlencoded"},
	}, body)
	s.post.mu.Lock()
	s.post.log = append(s.post.log, Delivery{WebhookID: webhook, Body: body, Status: status})
	s.post.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if w := s.st.webhooks[webhook]; w != nil && status == http.StatusOK {
		w.Pending, w.Modified = false, s.now()
	}
}

func (p *post) close() {
	p.mu.Lock()
	p.closed = true
	p.wake.Broadcast()
	p.mu.Unlock()
	p.cancel()
	p.wg.Wait()
}

// Hold keeps what happens from now on from being sent, as a shop whose WP-Cron nobody wakes does, or ends
// that. What was kept stays until it is taken, or released.
func (s *Server) Hold(on bool) {
	s.post.mu.Lock()
	defer s.post.mu.Unlock()
	s.post.hold = on
}

// HoldInFlight says when the payload of what is held is built: true when it happens, as for a delivery that
// a slow network overtakes; false (the start) when it is taken or released, as for one that waits for WP-Cron.
func (s *Server) HoldInFlight(on bool) {
	s.post.mu.Lock()
	defer s.post.mu.Unlock()
	s.post.early = on
}

// Release sends what was kept back: somebody visits the shop, and WP-Cron wakes.
func (s *Server) Release() {
	s.post.mu.Lock()
	defer s.post.mu.Unlock()
	for _, j := range s.post.held {
		s.post.add(j)
	}
	s.post.held = nil
}

// Take hands out what was kept back, in the order of what happened, and forgets it. Payloads that were not
// built yet are built now, with the state of now.
func (s *Server) Take() []simshop.Letter {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.post.mu.Lock()
	defer s.post.mu.Unlock()
	out := []simshop.Letter{}
	for _, j := range s.post.held {
		built, ok := parcel{}, true
		if j.built != nil {
			built = *j.built
		} else {
			built, ok = s.letter(j)
		}
		if ok {
			s.post.sent = append(s.post.sent, built)
			out = append(out, built.Letter)
		}
	}
	s.post.held = nil
	return out
}

// Lose loses each webhook of the future with this chance, by the seed: neither sent nor kept. WooCommerce
// itself never tries again, so what is lost is lost.
func (s *Server) Lose(chance float64) {
	s.post.mu.Lock()
	defer s.post.mu.Unlock()
	s.post.loss = chance
}

// Redeliver sends everything that was ever sent or taken once more, with the old bodies and signatures, under
// other delivery ids. No WooCommerce does that; whoever sits between can. It returns how many.
func (s *Server) Redeliver() (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.post.mu.Lock()
	defer s.post.mu.Unlock()
	for _, old := range s.post.sent {
		again := old
		again.Header = old.Header.Clone()
		again.Header.Set("X-WC-Webhook-Delivery-ID", s.hex(32))
		s.post.add(job{built: &again})
	}
	return len(s.post.sent), nil
}

// WaitQuiet waits until every webhook that was sent is answered or given up.
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

// Deliveries are all requests that went to webhooks so far, pings too, oldest first.
func (s *Server) Deliveries() []Delivery {
	s.post.mu.Lock()
	defer s.post.mu.Unlock()
	return slices.Clone(s.post.log)
}
