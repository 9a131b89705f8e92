package dst

import (
	"context"
	"fmt"
	"hash/fnv"
	"runtime"
	"strings"
	"time"

	"grapevine/connectors"
	"grapevine/internal/fault"
	"grapevine/rewards"
	"grapevine/storage"
	"grapevine/webhooks"
)

// visit is one call of the store that is under way.
type visit struct {
	p      *process
	spoilt bool // its transaction is to be rolled back where it stands
	cancel context.CancelFunc
}

type visitKey struct{}

func init() { fault.Hook(atPoint) }

// atPoint makes a step of the moments inside transactions. The others are steps of the ports already.
func atPoint(ctx context.Context, point string) {
	switch point {
	case fault.WorkClaimed, fault.WorkUncommitted, fault.DecideUncommitted, fault.StepUncommitted:
	default:
		return
	}
	v, ok := ctx.Value(visitKey{}).(*visit)
	if !ok {
		return
	}
	v.p.w.inside = v
	v.p.step(point)
	if v.spoilt {
		v.p.w.bus.note("%s %s is rolled back", v.p.name, point)
		v.cancel()
		time.Sleep(time.Nanosecond) // passes only once the transaction has noticed
	}
}

var errAway = rewards.Errorf(rewards.Unavailable, "database_unavailable", "the database is away, by the plan")

// ask makes a call of the store a step, with what may go wrong with it: refused before it is carried out, rolled
// back in its midst, or carried out and then called a failure. writes tells that it changes anything.
func (p *process) ask(ctx context.Context, label string, writes bool, f func(ctx context.Context) error) error {
	return p.asked(ctx, p.step(label), label, writes, f)
}

// asked is ask behind its step.
func (p *process) asked(ctx context.Context, d dice, label string, writes bool, f func(ctx context.Context) error) error {
	f0 := &p.w.faults
	if f0.full || writes && d.chance(f0.refuse) {
		p.w.bus.note("%s %s is refused", p.name, label)
		return errAway
	}
	v := &visit{p: p, spoilt: writes && d.chance(f0.spoil)}
	if writes {
		if err := p.w.unlocked(p, func() { p.step(label + " waited") }); err != nil {
			return err
		}
		defer p.w.leave(v)
	}
	lie := writes && d.chance(f0.lie)
	var sub context.Context
	sub, v.cancel = context.WithCancel(context.WithValue(ctx, visitKey{}, v))
	defer v.cancel()
	defer context.AfterFunc(p.ctx, v.cancel)()
	err := f(sub)
	if p.dead() {
		runtime.Goexit()
	}
	if err == nil && lie {
		p.w.bus.note("%s %s is called a failure", p.name, label)
		return errAway
	}
	return err
}

// unlocked waits until nobody is inside a transaction. For another process it waits as long as SQLite would, whose
// own waiting goes by another clock than the bubble's; within a process there is one connection that writes, and
// who waits for it must not go on beside the one who gave it back. nil: the console.
func (w *world) unlocked(p *process, step func()) error {
	const turns = 50
	for turn := 0; turn < turns; {
		if w.inside == nil {
			return nil
		}
		wait := time.Millisecond
		if w.inside.p != p {
			wait = busy / turns
			turn++
		}
		time.Sleep(wait)
		step()
	}
	return errAway
}

// busy is how long SQLite waits for another writer: see storage.
const busy = 5 * time.Second

// leave notes that a transaction has ended.
func (w *world) leave(v *visit) {
	if w.inside == v {
		w.inside = nil
	}
}

// What tells that a look of a loop would find nothing. The parameter is now.
const (
	noEvents   = "SELECT NOT EXISTS (SELECT 1 FROM events WHERE status = 'pending' AND NOT suspect AND due_at <= ?)"
	noSuspects = "SELECT NOT EXISTS (SELECT 1 FROM events WHERE status = 'pending' AND suspect AND due_at <= ?)"
	noNotes    = "SELECT NOT EXISTS (SELECT 1 FROM worker_notes WHERE lease_until < ?)"
	noLanes    = "SELECT NOT EXISTS (SELECT 1 FROM lanes WHERE max(next_at, lease_until, paused_until) <= ?)"
)

var errIdle = rewards.Errorf(rewards.NotFound, "nothing_due", "no shop has a due job")

// idle spares the program most of its looks that find nothing: they take it longer than all that it does.
func (p *process) idle(d dice, query string) bool {
	return d.IntN(8) > 0 && p.w.eye.number(query, time.Now().UnixMicro()) == 1
}

// done makes the moment after something was committed a step.
func (p *process) done(err error, label string) {
	if err == nil {
		p.step(label + " done")
	}
}

// inbox, lanes, work and desk are the store as a process of the simulation sees it.
type (
	inbox struct {
		*storage.DB
		p *process
	}
	lanes struct {
		*storage.DB
		p *process
	}
	work struct {
		*storage.DB
		p *process
	}
	desk struct {
		*storage.Desk
		p *process
	}
)

// digest is a short name for something long.
func digest(parts ...string) string {
	h := fnv.New32a()
	h.Write([]byte(strings.Join(parts, "\x00")))
	return fmt.Sprintf("%08x", h.Sum32())
}

func (i inbox) Put(ctx context.Context, ds []connectors.Delivery) (stored int, err error) {
	ids := make([]string, len(ds))
	for n, d := range ds {
		ids[n] = d.DeliveryID
	}
	label := fmt.Sprintf("put %d %s", len(ds), digest(ids...))
	err = i.p.ask(ctx, label, true, func(ctx context.Context) (err error) {
		stored, err = i.DB.Put(ctx, ds)
		return err
	})
	i.p.done(err, label)
	return stored, err
}

func (i inbox) Work(ctx context.Context, worker string, limit int, f webhooks.DigestFunc) (n int, err error) {
	d := i.p.step("work")
	if i.p.idle(d, noEvents) {
		return 0, nil
	}
	err = i.p.asked(ctx, d, "work", true, func(ctx context.Context) (err error) {
		n, err = i.DB.Work(ctx, worker, limit, f)
		return err
	})
	if n > 0 {
		i.p.done(err, "work")
	}
	return n, err
}

func (i inbox) WorkSuspect(ctx context.Context, worker string, maxTries int, f webhooks.DigestFunc) (n int, err error) {
	d := i.p.step("suspect")
	if i.p.idle(d, noSuspects) {
		return 0, nil
	}
	err = i.p.asked(ctx, d, "suspect", true, func(ctx context.Context) (err error) {
		n, err = i.DB.WorkSuspect(ctx, worker, maxTries, f)
		return err
	})
	if n > 0 {
		i.p.done(err, "suspect")
	}
	return n, err
}

func (i inbox) Rescue(ctx context.Context, alone bool) (n int, err error) {
	d := i.p.step("rescue")
	if !alone && i.p.idle(d, noNotes) {
		return 0, nil
	}
	err = i.p.asked(ctx, d, "rescue", true, func(ctx context.Context) (err error) {
		n, err = i.DB.Rescue(ctx, alone)
		return err
	})
	return n, err
}

func (l lanes) Lease(ctx context.Context, worker string, ttl time.Duration) (lane webhooks.Lane, err error) {
	d := l.p.step("lease")
	if l.p.idle(d, noLanes) {
		return lane, errIdle
	}
	err = l.p.asked(ctx, d, "lease", true, func(ctx context.Context) (err error) {
		lane, err = l.DB.Lease(ctx, worker, ttl)
		return err
	})
	return lane, err
}

func (l lanes) Renew(ctx context.Context, lane webhooks.Lane, ttl time.Duration) error {
	return l.p.ask(ctx, "renew "+lane.Token, true, func(ctx context.Context) error { return l.DB.Renew(ctx, lane, ttl) })
}

func (l lanes) Release(ctx context.Context, lane webhooks.Lane, pause time.Duration) error {
	return l.p.fenced(ctx, "release", lane, func(ctx context.Context) error { return l.DB.Release(ctx, lane, pause) })
}

func (l lanes) Begin(ctx context.Context, lane webhooks.Lane, limit int) (jobs []webhooks.Job, err error) {
	err = l.p.fenced(ctx, "begin", lane, func(ctx context.Context) (err error) {
		jobs, err = l.DB.Begin(ctx, lane, limit)
		return err
	})
	if err == nil {
		l.p.done(nil, fmt.Sprintf("begin %s %s x%d", jobs[0].Kind, jobs[0].Subject, len(jobs)))
	}
	return jobs, err
}

func (l lanes) Park(ctx context.Context, lane webhooks.Lane, reason string) error {
	return l.p.fenced(ctx, "park "+reason, lane, func(ctx context.Context) error { return l.DB.Park(ctx, lane, reason) })
}

// KeepPolling is a slow one: it is asked every fifteen seconds for as long as there are processes.
func (l lanes) KeepPolling(ctx context.Context, platforms []string) error {
	err := l.p.ask(ctx, "keep polling", true, func(ctx context.Context) error { return l.DB.KeepPolling(ctx, platforms) })
	if err != nil {
		return err // what was before a shop is first asked is history: it must not be late
	}
	timer := time.NewTimer(40*time.Minute + 7*time.Nanosecond)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	return err
}

// fenced is ask for a write under a lease, and notices one that was let through after the lease was lost.
func (p *process) fenced(ctx context.Context, label string, lane webhooks.Lane, f func(ctx context.Context) error) error {
	label += " " + lane.Token
	err := p.ask(ctx, label, true, func(ctx context.Context) error {
		held := p.w.eye.holds(lane)
		err := f(ctx)
		if err == nil && !held {
			p.w.breach("I24", "%s %s was let through, and its lease was lost", p.name, label)
		}
		return err
	})
	p.done(err, label)
	return err
}

func (w work) Decide(ctx context.Context, l webhooks.Lane, orders []webhooks.Confirmed) error {
	ids := make([]string, len(orders))
	for i, o := range orders {
		ids[i] = o.Order.ID
	}
	return w.p.fenced(ctx, "decide "+strings.Join(ids, ","), l, func(ctx context.Context) error { return w.DB.Decide(ctx, l, orders) })
}

func (w work) Step(ctx context.Context, l webhooks.Lane, j webhooks.Job, r rewards.StepResult) error {
	return w.p.fenced(ctx, fmt.Sprintf("step %s %s %s", r.Step, j.Subject, r.Refused), l, func(ctx context.Context) error { return w.DB.Step(ctx, l, j, r) })
}

func (w work) Retry(ctx context.Context, l webhooks.Lane, j webhooks.Job, cause error, wait time.Duration, unclear bool, note string) error {
	label := fmt.Sprintf("retry %s %s %s unclear=%t", j.Kind, j.Subject, rewards.CodeOf(cause), unclear)
	return w.p.fenced(ctx, label, l, func(ctx context.Context) error { return w.DB.Retry(ctx, l, j, cause, wait, unclear, note) })
}

func (w work) Bury(ctx context.Context, l webhooks.Lane, j webhooks.Job, cause error) error {
	label := fmt.Sprintf("bury %s %s %s", j.Kind, j.Subject, rewards.CodeOf(cause))
	return w.p.fenced(ctx, label, l, func(ctx context.Context) error { return w.DB.Bury(ctx, l, j, cause) })
}

func (w work) Done(ctx context.Context, l webhooks.Lane, j webhooks.Job) error {
	return w.p.fenced(ctx, fmt.Sprintf("done %s %s", j.Kind, j.Subject), l, func(ctx context.Context) error { return w.DB.Done(ctx, l, j) })
}

func (w work) Again(ctx context.Context, l webhooks.Lane, j webhooks.Job, wait time.Duration, note string) error {
	return w.p.fenced(ctx, fmt.Sprintf("again %s %s", j.Kind, j.Subject), l, func(ctx context.Context) error { return w.DB.Again(ctx, l, j, wait, note) })
}

func (d desk) Reward(ctx context.Context, l webhooks.Lane, id string) (r rewards.Reward, s rewards.Siblings, err error) {
	err = d.p.ask(ctx, "reward "+id, false, func(ctx context.Context) (err error) {
		r, s, err = d.Desk.Reward(ctx, l, id)
		return err
	})
	return r, s, err
}

func (d desk) Offer(ctx context.Context, l webhooks.Lane, program string) (o webhooks.Offer, err error) {
	err = d.p.ask(ctx, "offer "+program, false, func(ctx context.Context) (err error) {
		o, err = d.Desk.Offer(ctx, l, program)
		return err
	})
	return o, err
}

func (d desk) SaveOffer(ctx context.Context, l webhooks.Lane, j webhooks.Job, o webhooks.Offer, renew bool) error {
	return d.p.fenced(ctx, "save offer "+o.Program, l, func(ctx context.Context) error { return d.Desk.SaveOffer(ctx, l, j, o, renew) })
}

func (d desk) PendingCodes(ctx context.Context, l webhooks.Lane, program string, limit int) (codes []string, err error) {
	err = d.p.ask(ctx, "codes "+program, false, func(ctx context.Context) (err error) {
		codes, err = d.Desk.PendingCodes(ctx, l, program, limit)
		return err
	})
	return codes, err
}

func (d desk) SaveCodes(ctx context.Context, l webhooks.Lane, j webhooks.Job, active []string, refused map[string]string) error {
	return d.p.fenced(ctx, fmt.Sprintf("save codes %d", len(active)+len(refused)), l, func(ctx context.Context) error {
		return d.Desk.SaveCodes(ctx, l, j, active, refused)
	})
}
