package webhooks

import (
	"context"
	"time"

	"grapevine/rewards"
)

const (
	// deafFor is how long a process that cannot hear others looks by itself before it tries again.
	deafFor = 5 * time.Minute
	// soonest and latest bound the waits between two tries to hear again.
	soonest = 500 * time.Millisecond
	latest  = 30 * time.Second
)

// Announce tells the processes that work what this one stored, until ctx ends. It is Run's counterpart in a
// process that does no work itself, and rings at most every tellEvery, however much is stored.
func (p *Pipeline) Announce(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.events:
		case <-p.due:
		}
		if err := p.opts.Others.Ring(ctx); err != nil {
			p.failed(ctx, "waking the workers", err)
		}
		sleep(ctx, tellEvery, nil)
	}
}

// hearLoop wakes this process's loops when another rings. Where rings do not come through, or the connection is
// lost, the slow look finds what there is.
func (p *Pipeline) hearLoop(ctx context.Context) {
	b := &bell{strike: func(int) { p.Wake() }}
	warned, wait := false, soonest
	for ctx.Err() == nil {
		heard := false
		err := p.opts.Others.Hear(ctx, func() { heard = true; b.ring(1) })
		if heard {
			wait = soonest
		}
		pause := p.opts.Jitter(wait) + shortest
		switch {
		case ctx.Err() != nil:
			return
		case rewards.KindOf(err) == rewards.Conflict:
			if !warned {
				p.opts.Log.Warn("other processes are not heard: looking for work at intervals instead", "every", p.opts.Poll, "code", rewards.CodeOf(err), "error", err)
			}
			warned, pause = true, deafFor
		default:
			p.failed(ctx, "hearing other processes", err)
		}
		wait = min(2*wait, latest)
		sleep(ctx, pause, nil)
	}
}
