package dst

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"grapevine/connectors/shopify/shopifytest"
)

// shop is a simulated shop. It keeps its own ledger of what it really did.
type shop struct {
	*shopifytest.Shop
	w       *world
	name    string // "s1"
	domain  string
	token   string
	id      string // in the books
	handler http.Handler
	letters int
	asked   time.Time // when it was first asked what changed
	changed time.Time // when anything last changed in it
	reward  string    // of its programme, as the file has it
	budget  string
	cap     int64 // of the budget, in cents; 0: none
}

func (w *world) newShop(i int) (*shop, error) {
	s := &shop{w: w, name: fmt.Sprintf("s%d", i+1), domain: fmt.Sprintf("s%d.myshopify.com", i+1), token: fmt.Sprintf("shpat_%d", i+1)}
	var err error
	s.Shop, err = shopifytest.New(shopifytest.Options{
		Domain: s.domain, AccessToken: s.token, ClientSecret: clientSecret, Seed: w.plan.Seed<<3 | uint64(i),
		Bucket: shopifytest.Bucket{Maximum: -1}, HoldWebhooks: true, Now: time.Now,
	})
	if err != nil {
		return nil, err
	}
	s.handler = s.Handler()
	return s, nil
}

func (w *world) shopAt(host string) *shop {
	for _, s := range w.shops {
		if s.domain == host {
			return s
		}
	}
	return nil
}

const (
	answerWithin = 5 * time.Second  // Source: shopify.dev, "Best practices for webhooks"
	retries      = 8                // in four hours: changelog "Updates to webhook retry mechanism", 2024-09-10
	firstRetry   = 56 * time.Second // so that eight doublings take four hours
)

// post sends the webhooks that a change made, each on a way of its own.
func (s *shop) post() {
	for _, d := range s.TakeWebhooks() {
		s.changed = time.Now()
		s.letters++
		l := &letter{s: s, d: d, name: fmt.Sprintf("%s.%d %s", s.name, s.letters, d.Topic)}
		s.w.letters = append(s.w.letters, l)
		s.w.couriers.Add(1)
		go l.travel()
	}
}

// letter is one webhook.
type letter struct {
	s     *shop
	d     shopifytest.Delivery
	name  string
	acked bool
}

// travel brings a letter to the app, as often as the shop tries.
func (l *letter) travel() {
	w := l.s.w
	defer w.couriers.Add(-1)
	d := w.bus.park(nil, l.name+" leaves")
	switch {
	case d.chance(w.faults.lose):
		w.bus.note("%s is lost", l.name)
		return
	case d.chance(w.faults.twice):
		w.couriers.Add(1)
		go func() {
			defer w.couriers.Add(-1)
			l.tries(w.bus.park(nil, l.name+" again").span(0, 20*time.Minute))
		}()
	}
	wait := d.span(0, 2*time.Second)
	if d.chance(w.faults.late) {
		wait = d.span(time.Minute, 6*time.Hour)
	}
	l.tries(wait)
}

func (l *letter) tries(wait time.Duration) {
	w := l.s.w
	for try := range retries + 1 {
		time.Sleep(wait)
		d := w.bus.park(nil, fmt.Sprintf("%s try %d", l.name, try))
		wait = firstRetry<<try + time.Duration(d.IntN(1_000_000))
		p := w.someProcess(d)
		if p == nil {
			continue
		}
		r, err := l.s.NewRequest(context.Background(), "http://app.example/webhooks/shopify", l.d)
		if err != nil {
			w.breach("sim", "%s: %v", l.name, err)
			return
		}
		code, err := p.deliver(r, l.name, answerWithin)
		if err == nil && code >= 200 && code < 300 {
			l.acked = true
			return
		}
		if code >= 400 && code < 500 {
			w.breach("door", "%s is answered %d", l.name, code)
		}
	}
	w.bus.note("%s is given up", l.name)
}
