package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"

	"grapevine/connectors"
	"grapevine/webhooks"
)

const (
	digestLimit = 5 * time.Minute // for one digest, however slow the machine
	stored      = 256             // deliveries in one Put while the inbox is filled
)

// digest fills the inbox, then lets the pipeline work until every event is decided, and prints how long
// that took: for orders without a code until they are recorded, for the others until they are judged.
func digest(s spec, w *world) error {
	ctx, cancel := context.WithTimeout(context.Background(), digestLimit)
	defer cancel()
	if err := w.settle(ctx); err != nil {
		return err
	}
	if err := w.put(ctx, s); err != nil {
		return err
	}
	fmt.Println("filled")
	counter := &w.digested
	if s.Codes {
		counter = &w.decided
	}
	took, err := w.work(ctx, s.Pipelines, s.Batch, func() (bool, error) { return counter.Load() >= int64(s.Events), nil })
	if err != nil {
		return fmt.Errorf("after %d of %d events: %w", counter.Load(), s.Events, err)
	}
	if err := w.verify(ctx); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(outcome{Events: s.Events, Seconds: took.Seconds()})
}

// put stores so many events.
func (w *world) put(ctx context.Context, s spec) error {
	for at := 0; at < s.Events; at += stored {
		ds := make([]connectors.Delivery, min(stored, s.Events-at))
		for i := range ds {
			ds[i] = w.delivery(s.From+at+i, s.Codes)
		}
		if _, err := w.db.Put(ctx, ds); err != nil {
			return err
		}
	}
	return nil
}

// work runs so many pipelines until enough is true, and returns how long that took.
func (w *world) work(ctx context.Context, pipelines, batch int, enough func() (bool, error)) (time.Duration, error) {
	var ps []*webhooks.Pipeline
	for range max(1, pipelines) {
		p, err := w.pipeline(batch, 1)
		if err != nil {
			return 0, err
		}
		defer p.Close()
		ps = append(ps, p)
	}
	working, stop := context.WithCancel(ctx)
	begun := time.Now()
	var running sync.WaitGroup
	for _, p := range ps {
		running.Go(func() { p.Run(working) })
	}
	var err error
	for done := false; !done && err == nil; {
		time.Sleep(time.Millisecond)
		if done, err = enough(); err == nil {
			err = ctx.Err()
		}
	}
	took := time.Since(begun)
	stop()
	running.Wait()
	return took, err
}

// settle has the shops' programmes and codes published, so that no such job is due later.
func (w *world) settle(ctx context.Context) error {
	_, err := w.work(ctx, 1, 0, func() (bool, error) {
		due, _, _, err := w.db.JobCounts(ctx)
		return due == 0, err
	})
	return err
}

// verify makes sure that what was counted was decided and not dropped.
func (w *world) verify(ctx context.Context) error {
	_, _, dead, err := w.db.JobCounts(ctx)
	if err != nil {
		return err
	}
	events, _, err := w.db.EventCounts(ctx)
	if err != nil {
		return err
	}
	for _, s := range []webhooks.EventStatus{webhooks.EventPending, webhooks.EventConfirming, webhooks.EventHeld, webhooks.EventQuarantined, webhooks.EventDead} {
		if events[s] > 0 {
			return fmt.Errorf("%d events are %s", events[s], s)
		}
	}
	if dead > 0 {
		return fmt.Errorf("%d jobs are dead", dead)
	}
	return nil
}
