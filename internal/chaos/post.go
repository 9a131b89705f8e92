package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"grapevine/connectors/shopify/shopifytest"
)

const (
	// The sender's patience and number of tries are Shopify's; four hours are squeezed into half a minute.
	sendFor   = 5 * time.Second
	maxTries  = 9
	retryUnit = 120 * time.Millisecond
	senders   = 24 // at once
	hurryUnit = 500 * time.Millisecond
)

// post carries the webhooks to the doors, as well and as badly as Shopify does: late, twice, out of order, again
// until it is answered 2xx. It keeps its own list of what was.
type post struct {
	w      *world
	client *http.Client
	slots  chan struct{}
	under  sync.WaitGroup
	hurry  chan struct{} // closed once nobody waits any more

	sent, retries, refused atomic.Int64

	mu      sync.Mutex
	letters []*letter
	acked   map[string]string // key in the inbox → what it was, of all that was answered 2xx
	garbage map[string]bool   // keys of what nobody can read
	forged  map[string]string // key in the inbox → what it was, of all that nobody signed
}

// letter is a webhook on its way.
type letter struct {
	shop     *shop
	delivery shopifytest.Delivery
	forged   bool // with a signature that is none
	lost     bool // never sent
	copies   int
	delay    time.Duration // before the first try, of each copy
	acked    atomic.Bool
}

func newPost(w *world) *post {
	return &post{
		w: w, slots: make(chan struct{}, senders), hurry: make(chan struct{}),
		acked: map[string]string{}, garbage: map[string]bool{}, forged: map[string]string{},
		client: &http.Client{Timeout: sendFor, Transport: &http.Transport{
			DialContext: (&net.Dialer{Timeout: time.Second}).DialContext, MaxIdleConnsPerHost: senders, IdleConnTimeout: 5 * time.Second,
		}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
}

// take decides by the plan's own source what becomes of a webhook, and sends it.
func (p *post) take(rng *rand.Rand, sh *shop, d shopifytest.Delivery) {
	l := &letter{shop: sh, delivery: d, copies: 1}
	switch luck := rng.IntN(100); {
	case luck < 10: // Shopify sends some twice
		l.copies = 2
	case luck < 25: // late, and so behind what happened after it
		l.delay = between(rng, 50*time.Millisecond, 2500*time.Millisecond)
	case luck < 27:
		l.lost = true
	}
	p.send(l)
	if rng.IntN(25) == 0 {
		forged := d
		forged.WebhookID = "forged-" + d.WebhookID
		p.mu.Lock()
		p.forged[keyOf(sh.domain, forged.WebhookID)] = fmt.Sprintf("%s %s of %s", d.Topic, forged.WebhookID, sh.domain)
		p.mu.Unlock()
		p.send(&letter{shop: sh, delivery: forged, forged: true, copies: 1})
	}
	if rng.IntN(40) == 0 {
		spoilt := d
		spoilt.WebhookID, spoilt.Body = "spoilt-"+d.WebhookID, spoil(rng, d.Body)
		p.send(&letter{shop: sh, delivery: spoilt, copies: 1})
		p.mu.Lock()
		p.garbage[keyOf(sh.domain, spoilt.WebhookID)] = true
		p.mu.Unlock()
	}
}

// spoil makes a body that is signed all the same, and that nobody can read.
func spoil(rng *rand.Rand, body []byte) []byte {
	switch rng.IntN(3) {
	case 0:
		return body[:len(body)/2]
	case 1:
		return []byte(strings.Repeat("[", 10_000))
	}
	return []byte("{\"id\": \"\x00\xff\"}")
}

func (p *post) send(l *letter) {
	p.mu.Lock()
	p.letters = append(p.letters, l)
	p.mu.Unlock()
	if l.lost {
		return
	}
	for range l.copies {
		p.under.Go(func() { p.carry(l) })
	}
}

// carry tries until the door says 2xx, or Shopify would give up.
func (p *post) carry(l *letter) {
	p.wait(l.delay, 0)
	for try := range maxTries {
		if try > 0 {
			p.retries.Add(1)
			p.wait(retryUnit<<(try-1), hurryUnit)
		}
		status := p.knock(l)
		good := status >= 200 && status < 300
		switch {
		case good && l.forged:
			p.w.fail("I1: a webhook that nobody signed was answered %d", status)
			return
		case good:
			p.note(l)
			return
		case l.forged && status == http.StatusUnauthorized:
			p.refused.Add(1)
			return
		case status != 0 && status != http.StatusServiceUnavailable:
			p.w.fail("a signed %s was answered %d", l.delivery.Topic, status)
			return
		}
	}
	p.w.step("%s of %s given up by the sender", l.delivery.Topic, l.shop.domain)
}

// wait waits for d, or for the shorter time once nobody waits any more.
func (p *post) wait(d, hurried time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-p.hurry:
		time.Sleep(min(d, hurried))
	}
}

// note keeps that a webhook was answered 2xx.
func (p *post) note(l *letter) {
	l.acked.Store(true)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.acked[keyOf(l.shop.domain, l.delivery.WebhookID)] = fmt.Sprintf("%s %s of %s", l.delivery.Topic, l.delivery.WebhookID, l.shop.domain)
}

// knock sends a webhook once, to any door that there is. The status is 0 without an answer.
func (p *post) knock(l *letter) int {
	p.slots <- struct{}{}
	defer func() { <-p.slots }()
	p.sent.Add(1)
	req, err := l.shop.sim.NewRequest(context.Background(), p.w.door()+"/webhooks/shopify", l.delivery)
	if err != nil {
		p.w.fail("making a webhook: %v", err)
		return 0
	}
	if l.forged {
		req.Header.Set("X-Shopify-Hmac-Sha256", shopifytest.Sign("somebody else's", l.delivery.Body))
	}
	resp, err := p.client.Do(req)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<16)) // so that the connection can be used again
	return resp.StatusCode
}

// rush ends all waiting between tries and waits until every webhook has come to its end.
func (p *post) rush() {
	close(p.hurry)
	p.under.Wait()
}

// missed counts the webhooks that were lost or given up: the shop has to be asked for what they told.
func (p *post) missed() (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.letters {
		if !l.forged && !l.acked.Load() {
			n++
		}
	}
	return n
}

// again sends everything once more, with the old ids and with new ones.
func (p *post) again() {
	p.mu.Lock()
	letters := p.letters
	p.letters = nil
	p.mu.Unlock()
	for i, l := range letters {
		if l.forged || l.lost {
			continue
		}
		p.send(&letter{shop: l.shop, delivery: l.delivery, copies: 1})
		anew := l.delivery
		anew.WebhookID = fmt.Sprintf("again-%d-%s", i, anew.WebhookID)
		key := keyOf(l.shop.domain, l.delivery.WebhookID)
		p.mu.Lock()
		if p.garbage[key] {
			p.garbage[keyOf(l.shop.domain, anew.WebhookID)] = true
		}
		p.mu.Unlock()
		p.send(&letter{shop: l.shop, delivery: anew, copies: 1})
	}
	p.under.Wait()
}
