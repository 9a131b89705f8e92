package webhooks

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
)

const (
	// staleReads is how often an order that is older than what a webhook told is read again. Shops
	// answer from replicas; after that the read counts, because the shop has the last word.
	staleReads = 2
	staleWait  = time.Second
	// missingReads is how often an order that the shop does not know is asked for again before it is held.
	missingReads = 3
	// judgeAfter is how long orders that were read wait for others of their batch: a slow shop's are judged a few at
	// a time.
	judgeAfter = 500 * time.Millisecond
)

// confirm reads orders from the shop, a few at a time, and has them judged together, in the order of their jobs. What
// could not be read is tried again, and held in the end.
func (v *visit) confirm(ctx context.Context, jobs []Job) error {
	begun := v.opts.Now()
	judged := begun
	var confirmed []Confirmed
	for some := range slices.Chunk(jobs, v.opts.Reads) {
		// What was read is judged before the shop's turn is over, however slowly it answers. What was not is due as it
		// was: nothing is noted of a read before it fails.
		if v.over || v.pause > 0 || v.opts.Now().Sub(begun) > turn || v.stopping() {
			break
		}
		for _, r := range v.readTogether(ctx, some) {
			if r.failed == nil {
				confirmed = append(confirmed, r.Confirmed)
				continue
			}
			outcome, err := v.settle(ctx, r.Job, r.failed)
			if err != nil {
				return err
			}
			v.opts.Meter.Called(r.Job.Kind, outcome, v.opts.Now().Sub(begun))
		}
		if now := v.opts.Now(); now.Sub(judged) > judgeAfter {
			if err := v.judge(ctx, confirmed, begun); err != nil {
				return err
			}
			confirmed, judged = nil, now
		}
	}
	return v.judge(ctx, confirmed, begun)
}

// judge has orders judged in one transaction.
func (v *visit) judge(ctx context.Context, confirmed []Confirmed, begun time.Time) error {
	if len(confirmed) == 0 {
		return nil
	}
	if err := v.opts.Work.Decide(ctx, v.lane, confirmed); err != nil {
		return v.decideSingly(ctx, confirmed, err)
	}
	for range confirmed {
		v.opts.Meter.Called(rewards.JobConfirm, "done", v.opts.Now().Sub(begun))
	}
	return nil
}

// reading is what came of reading one order.
type reading struct {
	Confirmed
	failed *failure
}

// readTogether reads the orders of some jobs side by side.
func (v *visit) readTogether(ctx context.Context, jobs []Job) []reading {
	readings := make([]reading, len(jobs))
	var reads sync.WaitGroup
	for i, j := range jobs[1:] {
		reads.Go(func() { readings[i+1] = v.readSafely(ctx, j) })
	}
	readings[0] = v.readSafely(ctx, jobs[0])
	reads.Wait()
	return readings
}

// readSafely reads an order; a panic is a failure.
func (v *visit) readSafely(ctx context.Context, j Job) (r reading) {
	ctx, span := v.followJob(ctx, "confirm", v.lane.Shop.ID, &j)
	r.Job = j
	defer func() {
		if p := recover(); p != nil {
			cause := rewards.Errorf(rewards.Internal, "panic", "%s %s: %v", j.Kind, j.Subject, p)
			r = reading{Confirmed{Job: j}, &failure{call: &connectors.CallError{Cause: cause}, note: j.Note}}
		}
		span.End(r.failed.cause())
	}()
	c, failed := v.read(ctx, j)
	if failed != nil {
		c.Job = j
	}
	return reading{c, failed}
}

// decideSingly finds the order that spoils its batch. A fault of the database or a lost lease is left
// for the next visit.
func (v *visit) decideSingly(ctx context.Context, confirmed []Confirmed, cause error) error {
	if booksClosed(cause) {
		return cause
	}
	var failed error
	for _, c := range confirmed {
		err := v.opts.Work.Decide(ctx, v.lane, []Confirmed{c})
		if err != nil && !booksClosed(err) {
			_, err = v.settle(ctx, c.Job, &failure{call: &connectors.CallError{Cause: err}, note: c.Job.Note})
		}
		if booksClosed(err) {
			return err
		}
		failed = errors.Join(failed, err)
	}
	return failed
}

// rested notes that a try was none: the shop was not asked, or did not listen. Such tries count neither
// for the next wait nor for giving an order up.
func rested(j Job, note string) string {
	if j.Kind == rewards.JobPoll {
		w := recallWatch(note)
		w.Rested++
		return w.String()
	}
	m := recall(note)
	m.Rested++
	return m.String()
}

// read reads one order. A nil failure means that the answer, good or bad, can be judged.
func (v *visit) read(ctx context.Context, j Job) (Confirmed, *failure) {
	var order rewards.Order
	_, callErr := v.call(ctx, func(ctx context.Context) (connectors.Receipt, error) {
		var err error
		order, err = v.store.Order(ctx, v.lane.Shop, j.Subject)
		return connectors.Receipt{}, err
	})
	if callErr != nil {
		return v.unread(j, callErr)
	}
	if m := recall(j.Note); order.UpdatedAt.Before(j.Hint) && m.Stale < staleReads {
		m.Stale++
		stale := rewards.Errorf(rewards.Unavailable, "stale_read", "order %s is older than its webhook", j.Subject)
		return Confirmed{}, &failure{call: &connectors.CallError{Cause: stale}, wait: staleWait, note: m.String()}
	}
	// Who placed it stays plain until it is judged: people are compared then, and sealed.
	return Confirmed{Job: j, Order: order}, nil
}

// unread decides whether an order that could not be read is tried again or held now.
func (v *visit) unread(j Job, err *connectors.CallError) (Confirmed, *failure) {
	if rewards.CodeOf(err) == connectors.NotAnOrder {
		return Confirmed{Job: j, NoOrder: true, Order: rewards.Order{ID: j.Subject}}, nil
	}
	m := recall(j.Note)
	missing := rewards.KindOf(err) == rewards.NotFound
	switch {
	case missing && m.Missing < missingReads: // a webhook can be faster than the shop's own index
		m.Missing++
		again := rewards.Errorf(rewards.Unavailable, "order_missing", "%w", err)
		return Confirmed{}, &failure{call: &connectors.CallError{Cause: again}, wait: staleWait, note: m.String()}
	case err.Park != "" || err.Throttled || retryable(err):
		return Confirmed{}, &failure{call: err, note: j.Note}
	}
	held := Confirmed{Job: j, Trouble: rewards.ReasonUnreadableOrder, Detail: rewards.CodeOf(err)}
	held.Order.ID = j.Subject
	held.Order.Deleted = missing
	return held, nil
}
