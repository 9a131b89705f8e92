package webhooks

import (
	"context"
	"fmt"
	"sync"
	"time"

	"grapevine/connectors"
	"grapevine/internal/fault"
	"grapevine/rewards"
)

const (
	// leaseFor is how long a killed process keeps a shop waiting. A call may take callFor at most, and
	// the lease is renewed before one that could outlive it.
	leaseFor   = 20 * time.Second
	callFor    = 10 * time.Second
	leaseSlack = 7 * time.Second // for the database between calls
	// turn bounds how long one shop is served before another gets the worker.
	turn = 5 * time.Second
)

// laneLoop serves shops, one at a time.
func (p *Pipeline) laneLoop(ctx context.Context) {
	for {
		place, ok := p.crew.enter(ctx)
		if !ok {
			return
		}
		asked := p.opts.Now() // the database counts from when it heard of it, which is later
		lane, err := p.lease(ctx)
		switch rewards.KindOf(err) {
		case "":
			p.serve(ctx, lane, asked, place)
		case rewards.NotFound:
			sleep(ctx, p.opts.Poll, p.due)
		default:
			p.failed(ctx, "leasing a shop", err)
			sleep(ctx, p.opts.Poll, nil)
		}
		place.end()
		if ctx.Err() != nil {
			return
		}
	}
}

// lease takes the next shop: any, as long as not too many slow ones are being visited.
func (p *Pipeline) lease(ctx context.Context) (Lane, error) {
	if p.crew.full() {
		return p.opts.Lanes.LeaseQuick(ctx, p.opts.Worker, leaseFor)
	}
	return p.opts.Lanes.Lease(ctx, p.opts.Worker, leaseFor)
}

// visit is one stay at a shop.
type visit struct {
	*Pipeline
	lane  Lane
	store Storefront
	pause time.Duration // how long the shop rests afterwards
	over  bool          // nothing more is to be done for the shop now
	held  time.Time     // when the lease was last asked for, or to be renewed
	place *place
	mu    sync.Mutex // guards held, pause, calls and slowest while several calls are under way
	// calls is how many calls were made, slowest what the slowest took.
	calls   int
	slowest time.Duration
	// stopping tells that the process is told to stop: what is in hand is finished, nothing more is begun.
	stopping func() bool
}

// serve does a shop's due jobs until there are none, its turn is over, or the shop wants rest. The lease runs from
// held on.
func (p *Pipeline) serve(ctx context.Context, lane Lane, held time.Time, place *place) {
	v := &visit{Pipeline: p, lane: lane, held: held, place: place, stopping: func() bool { return ctx.Err() != nil }}
	if lane.Slow {
		place.drags()
	}
	defer v.leave(ctx)
	var err error
	if v.store, err = p.storefront(lane.Shop); err != nil {
		p.failed(ctx, "serving a shop", err)
		v.pause = time.Minute
		return
	}
	begun := p.opts.Now()
	for ctx.Err() == nil && !v.over && v.pause == 0 && p.opts.Now().Sub(begun) < turn {
		jobs, err := p.opts.Lanes.Begin(ctx, lane, p.opts.Orders)
		if err != nil {
			if rewards.KindOf(err) != rewards.NotFound {
				p.failed(ctx, "taking jobs", err)
			}
			return
		}
		fault.Point(ctx, fault.JobBegun)
		// What was begun is finished, also when the process is told to stop: an unfinished try would
		// have to be looked up in the shop.
		if err := v.do(context.WithoutCancel(ctx), jobs); err != nil {
			p.failed(ctx, "doing jobs", fmt.Errorf("%s %s: %w", jobs[0].Kind, jobs[0].Subject, err))
			v.pause = max(v.pause, time.Second)
			return
		}
		wake(p.due) // another worker may take the next shop
	}
}

// leave gives the lease back, on shutdown too; a lost one is not worth a word.
func (v *visit) leave(ctx context.Context) {
	if v.calls > 0 {
		v.lane.Slow = v.slowest > slowAfter
	}
	err := v.opts.Lanes.Release(context.WithoutCancel(ctx), v.lane, v.pause)
	if err != nil && rewards.KindOf(err) != rewards.Conflict {
		v.failed(ctx, "releasing a shop", err)
	}
}

// do carries out what Begin gave: confirm jobs together, any other alone. An error means that the books
// could not be written: the lease is given back and somebody looks again.
func (v *visit) do(ctx context.Context, jobs []Job) error {
	if jobs[0].Kind == rewards.JobConfirm {
		return v.confirm(ctx, jobs)
	}
	begun := v.opts.Now()
	ctx, span := v.followJob(ctx, "act", v.lane.Shop.ID, &jobs[0])
	outcome, err := v.act(ctx, jobs[0])
	span.Tell("outcome", outcome)
	span.End(err)
	if err == nil {
		v.opts.Meter.Called(jobs[0].Kind, outcome, v.opts.Now().Sub(begun))
	}
	return err
}

// act does one job that changes the shop. What fails is told to the books, not to the caller.
func (v *visit) act(ctx context.Context, j Job) (outcome string, err error) {
	failed, err := v.guarded(ctx, j)
	if err != nil && !booksClosed(err) {
		// The shop may have agreed before the books refused, so it is read before anything is sent again.
		failed, err = &failure{call: &connectors.CallError{Cause: err, Unclear: true}, note: j.Note}, nil
	}
	if err != nil || failed == nil {
		return "done", err
	}
	return v.settle(ctx, j, failed)
}

// booksClosed tells whether nothing can be written now: the database is away, or the lease was lost and
// another process serves the shop. A statement that took too long is the job's own fault.
func booksClosed(err error) bool {
	code := rewards.CodeOf(err)
	return rewards.KindOf(err) == rewards.Unavailable && code != "statement_timeout" || code == "lease_lost"
}

// failure is a try that did not bring the job to its end.
type failure struct {
	call *connectors.CallError
	note string // what the next try has to know
	wait time.Duration
	// clean means that the shop was just seen without the effect of any earlier try: what this try was
	// told clearly is then the whole truth.
	clean bool
}

// lasting tells whether the shop refused for good.
func (f *failure) lasting() bool {
	return f.call.Park == "" && !f.call.Throttled && !f.call.Unclear && !retryable(f.call)
}

// guarded runs the job's own function; a panic is a failure whose effect is not known.
func (v *visit) guarded(ctx context.Context, j Job) (f *failure, err error) {
	defer func() {
		if p := recover(); p != nil {
			cause := rewards.Errorf(rewards.Internal, "panic", "%s %s: %v", j.Kind, j.Subject, p)
			f, err = &failure{call: &connectors.CallError{Cause: cause, Unclear: true}, note: j.Note}, nil
		}
	}()
	switch j.Kind {
	case rewards.JobFulfil:
		return v.fulfil(ctx, j)
	case rewards.JobOffer:
		return v.offer(ctx, j)
	case rewards.JobCodes:
		return v.codes(ctx, j)
	case rewards.JobPoll:
		return v.poll(ctx, j)
	case rewards.JobRetire:
		return v.retire(ctx, j)
	}
	return nil, v.opts.Work.Bury(ctx, v.lane, j, rewards.Errorf(rewards.Internal, "unknown_job", "no rule for jobs of kind %q", j.Kind))
}

// settle tells the books what is to become of a job that failed.
func (v *visit) settle(ctx context.Context, j Job, f *failure) (outcome string, err error) {
	call := f.call
	unclear := j.Unclear && !f.clean || call.Unclear
	wait := f.wait
	if wait == 0 {
		wait = v.backoff(j.Attempts-recall(f.note).Rested, call.After)
	}
	ends := j.Kind != rewards.JobPoll // shops are asked for ever
	switch {
	case call.Park != "":
		v.over = true
		if err := v.opts.Work.Retry(ctx, v.lane, j, call, 0, unclear, rested(j, f.note)); err != nil {
			return "", err
		}
		v.opts.Log.Warn("shop parked", "shop", v.lane.Shop.ID, "reason", call.Park)
		return "parked", v.opts.Lanes.Park(ctx, v.lane, call.Park)
	case call.Throttled:
		v.pause = max(v.pause, call.After, time.Second)
		return "throttled", v.opts.Work.Retry(ctx, v.lane, j, call, call.After, unclear, rested(j, f.note))
	case ends && !unclear && !retryable(call):
		v.opts.Log.Error("job given up", "shop", v.lane.Shop.ID, "job", j.ID, "kind", j.Kind, "code", rewards.CodeOf(call))
		return "buried", v.opts.Work.Bury(ctx, v.lane, j, call)
	case ends && j.Begun.Sub(j.FirstAt) > giveUp:
		v.opts.Log.Error("job given up after its last try", "shop", v.lane.Shop.ID, "job", j.ID, "kind", j.Kind, "code", rewards.CodeOf(call))
		return "buried", v.opts.Work.Bury(ctx, v.lane, j, call)
	}
	v.opts.Log.Info("job will be tried again", "shop", v.lane.Shop.ID, "job", j.ID, "kind", j.Kind, "code", rewards.CodeOf(call), "wait", wait.Round(time.Millisecond), "unclear", unclear)
	return "retry", v.opts.Work.Retry(ctx, v.lane, j, call, wait, unclear, f.note)
}

// retryable tells whether trying again can help: when the other side was not there, or when the fault
// is ours and may be gone after an upgrade.
func retryable(err error) bool {
	k := rewards.KindOf(err)
	return k == rewards.Unavailable || k == rewards.Internal
}

// call bounds one call to the shop, makes sure that the lease outlives it, and notes how much room the
// shop's rate limit has.
func (v *visit) call(ctx context.Context, do func(ctx context.Context) (connectors.Receipt, error)) (connectors.Receipt, *connectors.CallError) {
	if err := v.hold(ctx); err != nil {
		return connectors.Receipt{}, &connectors.CallError{Cause: err}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, callFor, rewards.Errorf(rewards.Unavailable, "shop_timeout", "no answer within %s", callFor))
	defer cancel()
	ctx, span := v.opts.Tracer.Follow(ctx, "call", "")
	span.Tell("platform", v.lane.Shop.Platform)
	defer context.AfterFunc(v.cut, cancel)()
	waits := time.AfterFunc(slowAfter, v.place.wait)
	defer waits.Stop()
	fault.Point(ctx, fault.CallBefore)
	begun := v.opts.Now()
	if err := v.outlives(begun); err != nil {
		span.End(err)
		return connectors.Receipt{}, &connectors.CallError{Cause: err}
	}
	r, err := do(ctx)
	took := v.opts.Now().Sub(begun)
	span.End(err)
	fault.Point(ctx, fault.CallAnswered)
	v.mu.Lock()
	v.calls, v.slowest, v.pause = v.calls+1, max(v.slowest, took), max(v.pause, r.Pace.Wait())
	v.mu.Unlock()
	if err != nil {
		return r, connectors.AsCallError(err)
	}
	return r, nil
}

// hold renews the lease if a call could outlive it.
func (v *visit) hold(ctx context.Context) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := v.opts.Now()
	if now.Sub(v.held) <= leaseFor-callFor-leaseSlack {
		return nil
	}
	if err := v.opts.Lanes.Renew(ctx, v.lane, leaseFor); err != nil {
		return err
	}
	v.held = now
	return nil
}

// outlives makes sure that a call which begins now ends before the lease does. The process may have been stopped
// since it held on, for longer than the lease: another may be at the shop by now. Kind Unavailable, code lease_old:
// nothing was sent.
func (v *visit) outlives(now time.Time) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if age := now.Sub(v.held); age > leaseFor-callFor {
		return rewards.Errorf(rewards.Unavailable, "lease_old", "the lease on shop %s was asked for %s ago", v.lane.Shop.ID, age.Round(time.Second))
	}
	return nil
}
