package webhooks

import (
	"context"
	"time"

	"grapevine/rewards"
)

const (
	// maxTries is how often a suspect event is tried before it ends dead. What fails here is our own
	// code or a body that kills it: more tries would not mend it, a replay after an upgrade does.
	maxTries = 4
	// rescueEvery is how often the notes of dead workers are looked for.
	rescueEvery = 15 * time.Second
)

// digestLoop empties the inbox, batch by batch.
func (p *Pipeline) digestLoop(ctx context.Context) {
	rescued := p.opts.Now()
	for ctx.Err() == nil {
		if p.opts.Now().Sub(rescued) > rescueEvery {
			p.rescue(ctx, false)
			rescued = p.opts.Now()
		}
		var found tally
		n, err := p.opts.Inbox.Work(ctx, p.opts.Worker, p.opts.Batch, found.of(p.traced(p.digester.digest)))
		if err != nil {
			p.failed(ctx, "digesting events", err)
		} else {
			p.count(found)
		}
		suspects := 0
		if err == nil || rewards.KindOf(err) != rewards.Unavailable {
			suspects = p.digestSuspects(ctx)
		}
		if n+suspects > 0 {
			wake(p.due)
		}
		if err == nil {
			p.beat.Store(p.opts.Now().UnixNano())
		}
		if n == p.opts.Batch {
			wake(p.events) // there is more, for whoever digests beside this
		}
		if err != nil || (n < p.opts.Batch && suspects == 0) {
			sleep(ctx, p.opts.Poll, p.events)
		}
	}
}

// digestSuspects tries one event that failed in company, alone.
func (p *Pipeline) digestSuspects(ctx context.Context) int {
	var found tally
	n, err := p.opts.Inbox.WorkSuspect(ctx, p.opts.Worker, maxTries, found.of(p.traced(p.digester.digest)))
	if err != nil {
		p.failed(ctx, "digesting a suspect event", err)
	} else {
		p.count(found)
	}
	return n
}

func (p *Pipeline) rescue(ctx context.Context, alone bool) {
	n, err := p.opts.Inbox.Rescue(ctx, alone)
	switch {
	case err != nil:
		p.failed(ctx, "looking for events of dead workers", err)
	case n > 0:
		p.opts.Log.Warn("events of a dead worker are tried one by one", "events", n)
	}
}

// tally is what a digest found, by its last run: a transaction may be run again, or not be committed at all.
type tally struct {
	results  []Digested
	received []time.Time
}

// of is a digest that notes what it found.
func (t *tally) of(f DigestFunc) DigestFunc {
	return func(ctx context.Context, tx InboxTx, events []Event) ([]Digested, error) {
		results, err := f(ctx, tx, events)
		t.results, t.received = results, t.received[:0]
		for _, e := range events {
			t.received = append(t.received, e.ReceivedAt)
		}
		return results, err
	}
}

// count tells the meter of a digest that is committed.
func (p *Pipeline) count(found tally) {
	counts := map[EventStatus]int{}
	for i, r := range found.results {
		counts[r.Status]++
		p.opts.Meter.Waited(p.opts.Now().Sub(found.received[i]))
	}
	for status, n := range counts {
		p.opts.Meter.Digested(status, n)
	}
}

// failed logs an error of a loop, but not that the loop was told to stop.
func (p *Pipeline) failed(ctx context.Context, doing string, err error) {
	if ctx.Err() == nil {
		p.opts.Log.Error(doing, "code", rewards.CodeOf(err), "error", err)
	}
}
