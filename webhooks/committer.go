package webhooks

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"grapevine/connectors"
	"grapevine/internal/fault"
	"grapevine/rewards"
)

const (
	// committers is how many groups may be on their way to the disk at once. Measured flat from 1 to 4.
	committers = 2
	// groupLimit bounds one group, so that no sender waits for a very large statement.
	groupLimit = 256
	// queueLimit bounds what waits for a committer; beyond it the door answers 503. With bodies of 6 kB
	// that is 24 MB.
	queueLimit = 4096
	// tellEvery is how often the worker is told at most that something was stored. What comes within it
	// is digested together: a digest costs about the same for one event and for twenty, and on SQLite
	// the door waits for it.
	tellEvery = 20 * time.Millisecond
	// commitTimeout bounds one group's transaction.
	commitTimeout = 10 * time.Second
)

// errFull says that more deliveries wait than may be held in memory.
var errFull = rewards.Errorf(rewards.Unavailable, "inbox_full", "more than %d deliveries wait to be stored", queueLimit)

// committer stores deliveries in groups: whatever waits when a committer is free goes to the disk in
// one transaction. There is no lingering: a single delivery is stored at once, and groups grow by
// themselves under load.
type committer struct {
	inbox  Inbox
	meter  Meter
	queue  chan *waiting
	stored *bell // rung after each group that brought something new
	done   sync.WaitGroup
}

// waiting is a delivery whose sender waits for the answer.
type waiting struct {
	delivery connectors.Delivery
	answer   chan error // buffered: a committer never waits for a sender that has left
}

func newCommitter(inbox Inbox, meter Meter, stored func(n int)) *committer {
	return &committer{inbox: inbox, meter: meter, queue: make(chan *waiting, queueLimit), stored: &bell{strike: stored}}
}

// start runs the committers until stop.
func (c *committer) start() {
	for range committers {
		c.done.Go(c.loop)
	}
}

// stop stores what waits and ends the committers. Nothing may be put afterwards.
func (c *committer) stop() {
	close(c.queue)
	c.done.Wait()
}

// put hands a delivery over. The answer channel of the result tells when it is on the disk.
func (c *committer) put(d connectors.Delivery) (*waiting, error) {
	w := &waiting{delivery: d, answer: make(chan error, 1)}
	select {
	case c.queue <- w:
		c.meter.Queued(1, len(d.Body))
		return w, nil
	default:
		return nil, errFull
	}
}

func (c *committer) loop() {
	group := make([]*waiting, 0, groupLimit)
	for first := range c.queue {
		group = append(group[:0], first)
		group = c.fill(group)
		// One lock order for all committers of all instances, or two groups can wait for each other.
		slices.SortFunc(group, func(a, b *waiting) int {
			if n := strings.Compare(a.delivery.Domain, b.delivery.Domain); n != 0 {
				return n
			}
			return strings.Compare(a.delivery.DeliveryID, b.delivery.DeliveryID)
		})
		c.commit(group)
	}
}

// fill takes what is waiting, without waiting for more.
func (c *committer) fill(group []*waiting) []*waiting {
	for len(group) < groupLimit {
		select {
		case w, open := <-c.queue:
			if !open {
				return group
			}
			group = append(group, w)
		default:
			return group
		}
	}
	return group
}

// commit stores a group. If it fails for another reason than the database's health, each delivery is
// tried alone, so that one bad row does not fail its neighbours.
func (c *committer) commit(group []*waiting) {
	ds := make([]connectors.Delivery, len(group))
	waited := 0
	for i, w := range group {
		ds[i] = w.delivery
		waited += len(w.delivery.Body)
	}
	defer c.meter.Queued(-len(group), -waited)
	err := c.store(ds)
	if err == nil || len(group) == 1 || rewards.KindOf(err) == rewards.Unavailable {
		for _, w := range group {
			w.answer <- err
		}
		return
	}
	for i, w := range group {
		w.answer <- c.store(ds[i : i+1])
	}
}

// store is not tied to any request: a sender that hangs up must not tear down its neighbours' commit.
func (c *committer) store(ds []connectors.Delivery) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = rewards.Errorf(rewards.Internal, "panic", "storing %d deliveries: %v", len(ds), p)
		}
	}()
	ctx, cancel := context.WithTimeoutCause(context.Background(), commitTimeout, errors.New("storing deliveries: out of time"))
	defer cancel()
	fault.Point(ctx, fault.PutBefore)
	begun := time.Now()
	n, err := c.inbox.Put(ctx, ds)
	c.meter.Stored(len(ds), time.Since(begun), err)
	fault.Point(ctx, fault.PutCommitted)
	if err == nil && n > 0 {
		c.stored.ring(n)
	}
	return err
}

// bell strikes at once when it is rung after a silence, and then not more often than tellEvery: whoever
// rings meanwhile is heard at the end of it.
type bell struct {
	strike func(n int)
	mu     sync.Mutex
	armed  bool // a timer runs
	rung   int  // while it ran
}

func (b *bell) ring(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rung += n
	if !b.armed {
		b.sound()
	}
}

// sound strikes and keeps the next stroke waiting.
func (b *bell) sound() {
	b.strike(b.rung)
	b.rung, b.armed = 0, true
	time.AfterFunc(tellEvery, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.armed = b.rung > 0; b.armed {
			b.sound()
		}
	})
}
