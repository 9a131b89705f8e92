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
		n, err := p.opts.Inbox.Work(ctx, p.opts.Worker, p.opts.Batch, p.metered(p.traced(p.digester.digest)))
		if err != nil {
			p.failed(ctx, "digesting events", err)
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
		if err != nil || (n < p.opts.Batch && suspects == 0) {
			sleep(ctx, p.opts.Poll, p.events)
		}
	}
}

// digestSuspects tries one event that failed in company, alone.
func (p *Pipeline) digestSuspects(ctx context.Context) int {
	n, err := p.opts.Inbox.WorkSuspect(ctx, p.opts.Worker, maxTries, p.metered(p.traced(p.digester.digest)))
	if err != nil {
		p.failed(ctx, "digesting a suspect event", err)
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

// metered counts what a digest found.
func (p *Pipeline) metered(f DigestFunc) DigestFunc {
	return func(ctx context.Context, tx InboxTx, events []Event) ([]Digested, error) {
		results, err := f(ctx, tx, events)
		counts := map[EventStatus]int{}
		for _, r := range results {
			counts[r.Status]++
		}
		for i := range results {
			p.opts.Meter.Waited(p.opts.Now().Sub(events[i].ReceivedAt))
		}
		for status, n := range counts {
			p.opts.Meter.Digested(status, n)
		}
		return results, err
	}
}

// failed logs an error of a loop, but not that the loop was told to stop.
func (p *Pipeline) failed(ctx context.Context, doing string, err error) {
	if ctx.Err() == nil {
		p.opts.Log.Error(doing, "code", rewards.CodeOf(err), "error", err)
	}
}
