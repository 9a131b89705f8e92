package webhooks

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// slowAfter is how long a shop may take for an answer before whoever waits for it is not counted as working
	// any more, and the shop as a slow one at its next visit.
	slowAfter = time.Second
	// stretch is how many lane workers there are for each that may work at a time: the others wait for shops.
	stretch = 4
)

// crew bounds who works for shops. As many workers as there are places work at a time; one that waits long for
// a shop's answer gives its place to another, of which there are stretch times as many. Of all of them only so
// many stay at shops that are known to be slow that a whole set of places is left for the others: shops that hang
// wait for one another, and not the rest for them.
type crew struct {
	places chan struct{}
	slow   atomic.Int64 // stays at shops that are slow
	most   int64
}

func newCrew(places int) *crew {
	return &crew{places: make(chan struct{}, places), most: int64(places * (stretch - 1))}
}

// workers is how many workers there are in all.
func (c *crew) workers() int { return cap(c.places) * stretch }

// enter waits for a place; false if ctx ended first.
func (c *crew) enter(ctx context.Context) (*place, bool) {
	select {
	case c.places <- struct{}{}:
		return &place{crew: c}, true
	case <-ctx.Done():
		return nil, false
	}
}

// full tells that no more slow shops may be visited now.
func (c *crew) full() bool { return c.slow.Load() >= c.most }

// place is a worker's, from before it asks for a shop until it has left it. A nil place is one that nobody counts.
type place struct {
	crew *crew
	left sync.Once
	slow sync.Once
	// counted tells that this stay is among the slow ones.
	counted atomic.Bool
}

// drags counts the stay as one at a slow shop.
func (p *place) drags() {
	if p != nil {
		p.slow.Do(func() { p.counted.Store(true); p.crew.slow.Add(1) })
	}
}

// wait gives the place to another while this worker waits for a shop. What comes after the answer is little.
func (p *place) wait() {
	if p != nil {
		p.drags()
		p.leave()
	}
}

func (p *place) leave() { p.left.Do(func() { <-p.crew.places }) }

// end ends the stay. Who was about to count it as a slow one is waited for, and comes too late from then on.
func (p *place) end() {
	p.leave()
	p.slow.Do(func() {})
	if p.counted.Load() {
		p.crew.slow.Add(-1)
	}
}
