package storage

import (
	"sync"
	"time"
)

const (
	// claimSlack is how long before the oldest event of a claim the next one begins to look: an event is due
	// from when its transaction began, and is seen when that ends.
	claimSlack = 250 * time.Millisecond
	// claimWhole is how often a claim looks from the beginning at most. One that took long, since there was much
	// to pass over, is not made again before claimRest times as long.
	claimWhole = time.Second
	claimRest  = 20
)

// claims remembers where due events begin. The index of due events keeps an entry of each event that was done
// until PostgreSQL sweeps it, which it cannot while some old transaction could still see it: a copy of
// the database being made, a long report. To begin behind them is the difference between a batch's work and
// that of all batches before it. What becomes due earlier (tries that were rolled back, a clock that was set)
// is found by the next look from the beginning.
type claims struct {
	mu    sync.Mutex
	from  time.Time
	whole time.Time // when to look from the beginning again; zero: at the next claim
}

// next claims due events, the oldest first.
func (c *claims) next(x *txn, limit int) ([]eventRow, error) {
	begun := time.Now()
	from := c.begin(begun)
	rows, err := x.claimFrom(from, limit)
	if err == nil && len(rows) == 0 && !from.IsZero() {
		from = time.Time{}
		rows, err = x.claimFrom(from, limit)
	}
	if err != nil {
		return nil, err
	}
	c.end(rows, from.IsZero(), begun)
	return rows, nil
}

// begin tells from when on to look: the zero time is from the beginning.
func (c *claims) begin(now time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.After(c.whole) {
		return time.Time{}
	}
	return c.from
}

func (c *claims) end(rows []eventRow, whole bool, begun time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case len(rows) == 0:
		c.whole = time.Time{}
		return
	case whole:
		now := time.Now()
		c.whole = now.Add(max(claimWhole, claimRest*now.Sub(begun)))
	}
	c.from = rows[0].DueAt.Add(-claimSlack)
}

// claimFrom claims due events that have been due since a moment or later.
func (x *txn) claimFrom(from time.Time, limit int) (rows []eventRow, err error) {
	if from.IsZero() {
		from = time.Unix(0, 0)
	}
	found, err := x.Raw(claimEvents, from.UTC(), limit).Rows()
	if err != nil {
		return nil, err
	}
	defer found.Close()
	for found.Next() {
		var r eventRow
		err := found.Scan(&r.ShopID, &r.ID, &r.Platform, &r.Topic, &r.Body, &r.TriggeredAt, &r.ReceivedAt, &r.Attempts, &r.Trace, &r.DueAt)
		if err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, found.Err()
}
