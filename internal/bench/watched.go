package main

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"grapevine/storage"
	"grapevine/webhooks"
)

// waits notes of each event how long it took from being received until the transaction that decided it was
// committed: what the database calls finished is that transaction's beginning.
type waits struct {
	mu          sync.Mutex
	took        []float64 // ms
	first, last time.Time // the first was received, the last was decided
	open        map[waiting]time.Time
}

// waiting is an order that has to be read from the shop; open has when its webhook was received.
type waiting struct{ shop, order string }

// ask notes those events of a batch that a decision will end later, before that can be.
func (w *waits) ask(events []webhooks.Event, results []webhooks.Digested) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, r := range results {
		if r.Status != webhooks.EventConfirming {
			continue
		}
		if w.open == nil {
			w.open = map[waiting]time.Time{}
		}
		w.open[waiting{events[i].ShopID, r.OrderID}] = events[i].ReceivedAt
	}
}

// end notes that events ended just now.
func (w *waits) end(received ...time.Time) {
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, at := range received {
		if w.first.IsZero() || at.Before(w.first) {
			w.first = at
		}
		w.took = append(w.took, float64(now.Sub(at).Microseconds())/1000)
		w.last = now
	}
}

// answer takes out what waited for an order.
func (w *waits) answer(key waiting) (received time.Time, found bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	received, found = w.open[key]
	delete(w.open, key)
	return received, found
}

// all are the waits so far, in milliseconds, and the seconds from the first event's arrival to the last decision.
func (w *waits) all() (took []float64, seconds float64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.took), w.last.Sub(w.first).Seconds()
}

// countedInbox counts the events whose transaction was committed.
type countedInbox struct {
	*storage.DB
	n     *atomic.Int64
	waits *waits
}

// Work counts.
func (c countedInbox) Work(ctx context.Context, worker string, limit int, f webhooks.DigestFunc) (int, error) {
	var ended []time.Time
	n, err := c.DB.Work(ctx, worker, limit, func(ctx context.Context, tx webhooks.InboxTx, events []webhooks.Event) ([]webhooks.Digested, error) {
		results, err := f(ctx, tx, events)
		ended = ended[:0] // of a transaction that is run again only the last run counts
		for i, r := range results {
			if r.Status != webhooks.EventConfirming {
				ended = append(ended, events[i].ReceivedAt)
			}
		}
		c.waits.ask(events, results)
		return results, err
	})
	if err == nil {
		c.n.Add(int64(n))
		c.waits.end(ended...)
	}
	return n, err
}

// countedWork counts the orders whose decision was committed.
type countedWork struct {
	*storage.DB
	n     *atomic.Int64
	waits *waits
}

// Decide counts.
func (c countedWork) Decide(ctx context.Context, l webhooks.Lane, orders []webhooks.Confirmed) error {
	err := c.DB.Decide(ctx, l, orders)
	if err != nil {
		return err
	}
	c.n.Add(int64(len(orders)))
	for _, o := range orders {
		if received, found := c.waits.answer(waiting{l.Shop.ID, o.Job.Subject}); found {
			c.waits.end(received)
		}
	}
	return nil
}
