package storage

import (
	"sync"
	"time"
)

const (
	// claimSlack is how long before the oldest event of a claim the next one begins to look: an event is due
	// from when its transaction began, and may be seen later.
	claimSlack = time.Minute
	// claimWhole is how often a claim looks from the beginning.
	claimWhole = time.Second
)

// claims remembers where due events begin. The index of due events keeps an entry of each event that was done
// until PostgreSQL sweeps it, which it cannot while some old transaction could still see it: a copy of
// the database being made, a long report. To begin behind them is the difference between a batch's work and
// that of all batches before it. What becomes due earlier (tries that were rolled back, a clock that was set)
// is found by the next look from the beginning.
type claims struct {
	mu    sync.Mutex
	from  time.Time
	whole time.Time // of the last look from the beginning, by the database's clock; zero: the next is one
}

// next claims due events, the oldest first.
func (c *claims) next(x *txn, limit int) ([]eventRow, error) {
	from := c.begin()
	rows, err := x.claimFrom(from, limit)
	if err == nil && len(rows) == 0 && !from.IsZero() {
		from = time.Time{}
		rows, err = x.claimFrom(from, limit)
	}
	if err != nil {
		return nil, err
	}
	c.end(rows, from.IsZero())
	return rows, nil
}

// begin tells from when on to look: the zero time is from the beginning.
func (c *claims) begin() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.whole.IsZero() {
		return time.Time{}
	}
	return c.from
}

func (c *claims) end(rows []eventRow, whole bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(rows) == 0 {
		c.whole = time.Time{}
		return
	}
	at := rows[0].ReadAt.Time
	if whole {
		c.whole = at
	} else if at.Sub(c.whole) >= claimWhole || at.Before(c.whole) {
		c.whole = time.Time{}
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
		err := found.Scan(&r.ShopID, &r.ID, &r.Platform, &r.Topic, &r.Body, &r.TriggeredAt, &r.ReceivedAt, &r.Attempts, &r.Trace, &r.DueAt, &r.ReadAt)
		if err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, found.Err()
}
