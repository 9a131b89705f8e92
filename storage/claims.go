package storage

import (
	"sync"
	"time"

	"github.com/klauspost/compress/s2"
)

const (
	// claimSlack is how long before the oldest event of a claim the next one begins to look: an event is due
	// from when its transaction began, and is seen when that ends.
	claimSlack = 250 * time.Millisecond
	// claimWhole is how often a claim looks from the beginning at most. One that took long, since there was much
	// to pass over, is not made again before claimRest times as long.
	claimWhole = time.Second
	claimRest  = 20
	// claimBytes bounds the bodies in one hand, as they were sent; the first event is taken whatever its size.
	claimBytes = 16 << 20
	// mostOfFew is how many events are asked for at most because they were large; behind it no more is said.
	mostOfFew = 1000
)

// load adds up the bodies in hand.
type load int

// takes tells whether an event's body goes with those before it. The head of it is enough.
func (l *load) takes(body []byte) bool {
	first := *l == 0
	n, err := s2.DecodedLen(body)
	if err != nil { // none, or it will be refused
		n = len(body)
	}
	*l += load(n) + 1
	return first || *l <= claimBytes
}

// claims remembers where due events begin. The index of due events keeps an entry of each event that was done
// until PostgreSQL sweeps it, which it cannot while some old transaction could still see it: a copy of
// the database being made, a long report. To begin behind them is the difference between a batch's work and
// that of all batches before it. What becomes due earlier (tries that were rolled back, a clock that was set)
// is found by the next look from the beginning.
type claims struct {
	mu    sync.Mutex
	from  time.Time
	whole time.Time // when to look from the beginning again; zero: at the next claim
	few   int       // how many events are asked for, since they are large; 0: as many as the caller wants
}

// next claims due events, the oldest first, and tells whether there may be more that were left for their size.
func (c *claims) next(x *txn, limit int) (rows []eventRow, more bool, err error) {
	begun := time.Now()
	from, few := c.begin(begun), c.atMost(limit)
	rows, more, err = x.claimFrom(from, few)
	if err == nil && len(rows) == 0 && !from.IsZero() {
		from = time.Time{}
		rows, more, err = x.claimFrom(from, few)
	}
	if err != nil {
		return nil, false, err
	}
	c.end(rows, from.IsZero(), begun)
	c.took(len(rows), more)
	return rows, more || len(rows) == few && few < limit, nil
}

// atMost tells how many events to ask for: what is read and left for its size costs as much as what is taken.
func (c *claims) atMost(limit int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.few == 0 {
		return limit
	}
	return min(c.few, limit)
}

// took asks for fewer events next time if a claim was cut off, and for more from time to time if none is.
func (c *claims) took(n int, cut bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.few *= 2; cut {
		c.few = 2 * n
	} else if c.few > mostOfFew {
		c.few = 0
	}
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

// claimFrom claims due events that have been due since a moment or later. cut tells that some were left for their size.
func (x *txn) claimFrom(from time.Time, limit int) (rows []eventRow, cut bool, err error) {
	if from.IsZero() {
		from = time.Unix(0, 0)
	}
	found, err := x.Raw(claimEvents, from.UTC(), limit).Rows()
	if err != nil {
		return nil, false, err
	}
	defer found.Close()
	var held load
	for found.Next() {
		var r eventRow
		err := found.Scan(&r.ShopID, &r.ID, &r.Platform, &r.Topic, &r.Body, &r.TriggeredAt, &r.ReceivedAt, &r.Attempts, &r.Trace, &r.DueAt)
		if err != nil {
			return nil, false, err
		}
		if !held.takes(r.Body) {
			return rows, true, found.Close()
		}
		rows = append(rows, r)
	}
	return rows, false, found.Err()
}
