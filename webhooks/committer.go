package webhooks

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"grapevine/connectors"
	"grapevine/internal/fault"
	"grapevine/rewards"
)

const (
	// committers is how many groups may be on their way to the disk at once, where the inbox does not know better.
	committers = 2
	// company is how many deliveries are worth a group of their own while another group is on its way: a row of a group
	// of 30 costs two thirds of one of a group of 15, and the processor is what there is too little of.
	company = 32
	// companyWait is how long fewer wait for it: a group that is held up in the database holds up no others.
	companyWait = 5 * time.Millisecond
	// groupLimit bounds one group, so that no sender waits for a very large statement.
	groupLimit = 256
	// groupBytes ends a group early, so that large bodies do not make a very large statement either.
	groupBytes = 4 << 20
	// queueLimit and queueBytes bound what waits for a committer; beyond them the door answers 503.
	queueLimit = 4096
	queueBytes = 32 << 20
	// tellEvery is how often the worker is told at most that something was stored. What comes within it
	// is digested together: a digest costs about the same for one event and for twenty, and on SQLite
	// the door waits for it.
	tellEvery = 20 * time.Millisecond
	// commitTimeout bounds one group's transaction.
	commitTimeout = 10 * time.Second
)

// errFull says that more deliveries wait than may be held in memory.
var errFull = rewards.Errorf(rewards.Unavailable, "inbox_full", "more than %d deliveries or %d bytes wait to be stored", queueLimit, queueBytes)

// errSlow says that a delivery may or may not be stored by now.
var errSlow = rewards.Errorf(rewards.Unavailable, "inbox_slow", "not stored within %s", answerWithin)

// committer stores deliveries in groups: whatever waits when a committer is free goes to the disk in
// one transaction. While nothing is on its way there is no lingering: a single delivery is stored at once, and
// groups grow by themselves under load.
type committer struct {
	inbox  Inbox
	meter  Meter
	queue  chan *waiting
	held   budget        // of the bodies that wait
	stored *bell         // rung after each group that brought something new
	idle   sync.Pool     // of *waiting
	turn   chan struct{} // holds who makes up a group
	busy   atomic.Int64  // groups on their way
	moved  chan struct{} // what gather waits for has come about
	ended  chan struct{}
	done   sync.WaitGroup
}

// waiting is a delivery whose sender waits for the answer. It is the committer's until it has answered.
type waiting struct {
	delivery connectors.Delivery
	size     int        // of the buffer that the body lies in
	answer   chan error // buffered: a committer never waits for a sender that has left
	timer    *time.Timer
}

func newCommitter(inbox Inbox, meter Meter, stored func(n int)) *committer {
	return &committer{
		inbox: inbox, meter: meter, queue: make(chan *waiting, queueLimit), held: budget{limit: queueBytes},
		stored: &bell{strike: stored}, ended: make(chan struct{}),
		turn: make(chan struct{}, 1), moved: make(chan struct{}, 1),
	}
}

// start runs the committers until stop.
func (c *committer) start() {
	n := committers
	if told, ok := c.inbox.(interface{ Committers() int }); ok {
		n = told.Committers()
	}
	for range n {
		c.done.Go(c.loop)
	}
}

// stop stores what waits and ends the committers. What is put afterwards is not stored.
func (c *committer) stop() {
	close(c.ended)
	c.done.Wait()
}

// room tells whether another delivery may wait, before its body is read. Kind Unavailable, code inbox_full.
func (c *committer) room() error {
	if len(c.queue) >= queueLimit || c.held.spent() {
		return errFull
	}
	return nil
}

// await hands a delivery over and waits until it is on the disk: then err is nil. over tells that nobody reads
// its body any more. size is that of the buffer in which the body lies. Kind Unavailable, codes inbox_full,
// inbox_slow; else what the inbox said.
func (c *committer) await(d connectors.Delivery, size int) (err error, over bool) {
	if !c.held.take(size) {
		return errFull, true
	}
	w, ok := c.idle.Get().(*waiting)
	if ok {
		w.timer.Reset(answerWithin)
	} else {
		w = &waiting{answer: make(chan error, 1), timer: time.NewTimer(answerWithin)}
	}
	w.delivery, w.size = d, size
	c.meter.Queued(1, size)
	select {
	case c.queue <- w:
		if !c.lacking() {
			wake(c.moved)
		}
	default:
		c.leave(w)
		w.timer.Stop()
		return errFull, true
	}
	if fault.Bug(fault.AckBeforeCommit) {
		return nil, false
	}
	select {
	case err = <-w.answer:
		w.timer.Stop()
		w.delivery = connectors.Delivery{}
		c.idle.Put(w)
		return err, true
	case <-w.timer.C: // a committer still has it
		return errSlow, false
	}
}

// leave ends the waiting of a delivery.
func (c *committer) leave(w *waiting) {
	c.held.give(w.size)
	c.meter.Queued(-1, -w.size)
}

// loop commits groups until stop, and then what is left.
func (c *committer) loop() {
	group := make([]*waiting, 0, groupLimit)
	for {
		c.turn <- struct{}{}
		first := c.first()
		if first == nil {
			<-c.turn
			return
		}
		c.gather()
		group = c.fill(append(group[:0], first))
		c.busy.Add(1)
		<-c.turn
		c.commit(group)
		clear(group)
		c.busy.Add(-1)
		wake(c.moved)
	}
}

// first waits for a delivery; nil is the end.
func (c *committer) first() *waiting {
	select {
	case w := <-c.queue:
		return w
	case <-c.ended:
	}
	select {
	case w := <-c.queue:
		return w
	default:
		return nil
	}
}

// lacking tells that a group made up now would be small while another is on its way.
func (c *committer) lacking() bool {
	return c.busy.Load() > 0 && len(c.queue)+1 < company && c.held.taken.Load() < groupBytes
}

// gather waits until a group is worth its way, or the way is free.
func (c *committer) gather() {
	if !c.lacking() {
		return
	}
	late := time.NewTimer(companyWait)
	defer late.Stop()
	for c.lacking() {
		select {
		case <-c.moved:
		case <-late.C:
			return
		}
	}
}

// fill takes what is waiting, without waiting for more.
func (c *committer) fill(group []*waiting) []*waiting {
	for size := group[0].size; len(group) < groupLimit && size < groupBytes; {
		select {
		case w := <-c.queue:
			group = append(group, w)
			size += w.size
		default:
			return group
		}
	}
	return group
}

// commit stores a group. If it fails for another reason than the database's health, its halves are tried apart,
// down to single deliveries, so that one bad row does not fail its neighbours.
func (c *committer) commit(group []*waiting) {
	ds := make([]connectors.Delivery, len(group))
	for i, w := range group {
		ds[i] = w.delivery
	}
	err := c.store(ds)
	if half := len(group) / 2; half > 0 && err != nil && rewards.KindOf(err) != rewards.Unavailable {
		c.commit(group[:half])
		c.commit(group[half:])
		return
	}
	for _, w := range group {
		c.leave(w)
		w.answer <- err // from here on it is its sender's
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
