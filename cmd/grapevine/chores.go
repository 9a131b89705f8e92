package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"grapevine/rewards"
	"grapevine/storage"
)

const (
	// leadOf is what the one leader of all processes leads.
	leadOf = "chores"
	// leadFor is how long the chores wait for a new leader after a leader was killed. It is renewed three
	// times within it.
	leadFor = 15 * time.Second
	// firstChoreWait doubles with each try of a chore that goes wrong, up to the chore's own interval.
	firstChoreWait = 10 * time.Second
)

// chore is periodic work that one process does for all.
type chore struct {
	name  string
	every time.Duration
	// heavy ones press the database: one at a time.
	heavy bool
	// do does it and counts what it did. It may be ended at any moment, and done again.
	do func(ctx context.Context, t turn) (int, error)
}

// turn is when a chore is being done, by the database's clock.
type turn struct {
	at   time.Time
	last time.Time // when it was begun the last time that it went well, zero before
}

// roster is who leads and what is due: *storage.DB.
type roster interface {
	Lead(ctx context.Context, name, holder string, ttl time.Duration) (storage.Lead, error)
	KeepLead(ctx context.Context, l storage.Lead, ttl time.Duration) error
	EndLead(ctx context.Context, l storage.Lead) error
	PlanChores(ctx context.Context, l storage.Lead, every map[string]time.Duration) error
	DueChores(ctx context.Context) ([]storage.Chore, error)
	BeginChore(ctx context.Context, l storage.Lead, name string, wait time.Duration) (time.Time, error)
	EndChore(ctx context.Context, l storage.Lead, name string, did int, cause error, wait time.Duration) error
}

// caretaker does the chores while its process leads, and asks for the lead while it does not. Who leads, and what
// is due, is for the database's clock to say. How long a lease still lasts is counted from before it was
// asked for, by a clock that cannot be set: whatever happens to this process, a chore of its is told to end before
// another may begin.
type caretaker struct {
	db     roster
	log    *slog.Logger
	holder string
	chores []chore
	lead   time.Duration // leadFor

	mu      sync.Mutex
	running map[string]bool
	heavy   sync.Mutex
}

// run leads and asks for the lead by turns until ctx ends, and waits for what it began.
func (c *caretaker) run(ctx context.Context) {
	c.running = map[string]bool{}
	for ctx.Err() == nil {
		asked := time.Now()
		lead, err := c.db.Lead(ctx, leadOf, c.holder, c.lead)
		switch {
		case err == nil:
			c.reign(ctx, lead, asked)
		case rewards.KindOf(err) != rewards.Conflict && ctx.Err() == nil:
			c.log.Warn("nobody could be asked for the lead", "code", rewards.CodeOf(err), "error", err)
		}
		wait(ctx, c.lead/3)
	}
}

// errDeposed is why chores are told to end.
var errDeposed = errors.New("another process leads by now, or may")

// reign does chores as they are due until the lead is lost or ctx ends.
func (c *caretaker) reign(ctx context.Context, lead storage.Lead, asked time.Time) {
	c.log.Info("leading: this process does the chores", "token", lead.Token)
	ctx, depose := context.WithCancelCause(ctx)
	last := time.AfterFunc(time.Until(asked.Add(c.lead)), func() { depose(errDeposed) })
	var begun sync.WaitGroup
	defer func() {
		last.Stop()
		depose(errDeposed)
		begun.Wait()
		c.abdicate(ctx, lead)
	}()
	if err := c.db.PlanChores(ctx, lead, c.plan()); err != nil {
		c.lost(ctx, "planning chores", err)
		return
	}
	for ctx.Err() == nil {
		c.begin(ctx, lead, &begun)
		if wait(ctx, c.lead/3); ctx.Err() != nil {
			return
		}
		asked := time.Now()
		err := c.db.KeepLead(ctx, lead, c.lead)
		switch {
		case err == nil:
			last.Reset(time.Until(asked.Add(c.lead)))
		case rewards.KindOf(err) == rewards.Conflict:
			c.lost(ctx, "keeping the lead", err)
			return
		default: // tried again as long as it lasts
			c.lost(ctx, "keeping the lead", err)
		}
	}
}

// abdicate gives the lead back, so that nobody waits for it to run out.
func (c *caretaker) abdicate(ctx context.Context, lead storage.Lead) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if err := c.db.EndLead(ctx, lead); err != nil {
		c.log.Warn("the lead runs out by itself", "code", rewards.CodeOf(err), "error", err)
	}
}

func (c *caretaker) lost(ctx context.Context, doing string, err error) {
	if ctx.Err() == nil {
		c.log.Warn("chores: "+doing, "code", rewards.CodeOf(err), "error", err)
	}
}

func (c *caretaker) plan() map[string]time.Duration {
	plan := map[string]time.Duration{}
	for _, ch := range c.chores {
		plan[ch.name] = ch.every
	}
	return plan
}

// begin starts what is due and not being done.
func (c *caretaker) begin(ctx context.Context, lead storage.Lead, begun *sync.WaitGroup) {
	due, err := c.db.DueChores(ctx)
	if err != nil {
		c.lost(ctx, "looking for what is due", err)
		return
	}
	for _, d := range due {
		for _, ch := range c.chores {
			if ch.name == d.Name && c.claim(ch.name) {
				begun.Go(func() {
					defer c.free(ch.name)
					c.do(ctx, lead, ch, d)
				})
			}
		}
	}
}

func (c *caretaker) claim(name string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	was := c.running[name]
	c.running[name] = true
	return !was
}

func (c *caretaker) free(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.running, name)
}

// do does one chore. That it is being done is committed before, with when it is due if this process dies of it.
func (c *caretaker) do(ctx context.Context, lead storage.Lead, ch chore, d storage.Chore) {
	if ch.heavy {
		c.heavy.Lock()
		defer c.heavy.Unlock()
	}
	patience := min(firstChoreWait<<min(d.Tries, 16), ch.every)
	at, err := c.db.BeginChore(ctx, lead, ch.name, patience)
	if err != nil {
		if rewards.KindOf(err) != rewards.NotFound {
			c.lost(ctx, "beginning "+ch.name, err)
		}
		return
	}
	begun := time.Now()
	n, err := ch.guarded(ctx, turn{at: at, last: d.Done})
	took := time.Since(begun).Round(time.Millisecond)
	if ctx.Err() != nil {
		c.log.Info("chore was interrupted", "chore", ch.name, "took", took)
		return
	}
	next := ch.every
	if err != nil {
		next = patience
		c.log.Error("chore went wrong", "chore", ch.name, "took", took, "tries", d.Tries+1, "again_in", next, "code", rewards.CodeOf(err), "error", err)
	} else {
		c.log.Log(ctx, ch.level(), "chore done", "chore", ch.name, "took", took, "did", n)
	}
	if err := c.db.EndChore(ctx, lead, ch.name, n, err, next); err != nil {
		c.lost(ctx, "ending "+ch.name, err)
	}
}

// level keeps chores that come every few seconds out of the log.
func (ch chore) level() slog.Level {
	if ch.every < time.Hour {
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// guarded is do; a panic is an error, and another try.
func (ch chore) guarded(ctx context.Context, t turn) (n int, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = rewards.Errorf(rewards.Internal, "panic", "%s: %v", ch.name, p)
		}
	}()
	return ch.do(ctx, t)
}

// wait waits for a while, or for the end.
func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
