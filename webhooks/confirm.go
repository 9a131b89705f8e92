package webhooks

import (
	"context"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
)

const (
	// staleReads is how often an order that is older than what a webhook told is read again. Shops
	// answer from replicas; after that the read counts, because the shop has the last word.
	staleReads = 3
	staleWait  = time.Second
	// missingReads is how often an order that the shop does not know is asked for again before it is held.
	missingReads = 4
)

// confirm reads orders from the shop and has them judged together in one transaction. What could not be
// read is tried again, and held in the end.
func (v *visit) confirm(ctx context.Context, jobs []Job) error {
	begun := v.opts.Now()
	var confirmed []Confirmed
	for i, j := range jobs {
		if i%5 == 0 {
			if err := v.opts.Lanes.Renew(ctx, v.lane, leaseFor); err != nil {
				return err
			}
		}
		if v.over || v.pause > 0 {
			if err := v.opts.Work.Retry(ctx, v.lane, j, errResting, 0, false, j.Note); err != nil {
				return err
			}
			continue
		}
		c, failed := v.read(ctx, j)
		if failed == nil {
			confirmed = append(confirmed, c)
			continue
		}
		outcome, err := v.settle(ctx, j, failed)
		if err != nil {
			return err
		}
		v.opts.Meter.Called(j.Kind, outcome, v.opts.Now().Sub(begun))
	}
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

// decideSingly finds the order that spoils its batch. A fault of the database or a lost lease is left
// for the next visit.
func (v *visit) decideSingly(ctx context.Context, confirmed []Confirmed, cause error) error {
	if booksClosed(cause) {
		return cause
	}
	for _, c := range confirmed {
		err := v.opts.Work.Decide(ctx, v.lane, []Confirmed{c})
		if err == nil {
			continue
		}
		if booksClosed(err) {
			return err
		}
		if _, err := v.settle(ctx, c.Job, &failure{call: &connectors.CallError{Cause: err}}); err != nil {
			return err
		}
	}
	return nil
}

// errResting marks a job that was begun and not tried because the shop asked for rest.
var errResting = rewards.Errorf(rewards.Unavailable, "shop_resting", "the shop asked for rest")

// read reads one order. The zero failure means that the answer, good or bad, can be judged.
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
	if order.UpdatedAt.Before(j.Hint) && j.Attempts < staleReads {
		stale := rewards.Errorf(rewards.Unavailable, "stale_read", "order %s is older than its webhook", j.Subject)
		return Confirmed{}, &failure{call: &connectors.CallError{Cause: stale}, wait: staleWait}
	}
	if order.Customer != nil {
		v.opts.Seal(v.lane.Shop.ID, order.Customer)
	}
	return Confirmed{Job: j, Order: order}, nil
}

// unread decides whether an order that could not be read is tried again or held now.
func (v *visit) unread(j Job, err *connectors.CallError) (Confirmed, *failure) {
	missing := rewards.KindOf(err) == rewards.NotFound
	if err.Park != "" || err.Throttled || retryable(err) || (missing && j.Attempts < missingReads) {
		f := &failure{call: err}
		if missing { // a webhook can be faster than the shop's own index
			f.call = &connectors.CallError{Cause: rewards.Errorf(rewards.Unavailable, "order_missing", "%w", err)}
			f.wait = staleWait
		}
		return Confirmed{}, f
	}
	held := Confirmed{Job: j, Trouble: rewards.ReasonUnreadableOrder, Detail: rewards.CodeOf(err)}
	held.Order.ID = j.Subject
	held.Order.Deleted = missing
	return held, nil
}
