package webhooks

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"

	"grapevine/connectors"
	"grapevine/rewards"
)

// Platform is one connector as the pipeline sees it.
type Platform interface {
	Source
	Storefront
}

// Options are what a Pipeline needs. Inbox, Doors, Lanes, Work, Desk, Seal and at least one platform are
// required; the rest has defaults.
type Options struct {
	Inbox     Inbox
	Doors     Doors
	Lanes     Lanes
	Work      Work
	Desk      Desk
	Platforms []Platform
	Seal      Seal

	// Worker names this process in leases; a random name if "".
	Worker string
	// Alone tells that no other process works on this database (SQLite): what a dead one had in hand is
	// taken over at once.
	Alone bool
	// Jitter draws a wait between zero and a bound, by chance if nil: a simulation has to be repeatable.
	Jitter func(bound time.Duration) time.Duration
	// Batch is how many events are digested in one transaction; 200 if 0.
	Batch int
	// Digests is how many batches are digested side by side; 1 if 0. Beside a door, whose calls take their share of the
	// processor, one falls behind in a rush. Not where Alone.
	Digests int
	// Orders is how many orders of a shop are judged in one transaction at most; 100 if 0, and 25 where Alone, so that
	// the only writer is not kept from those who store webhooks.
	Orders int
	// LaneWorkers is how many shops are worked for at a time, beside those that are waited for; 4 if 0.
	LaneWorkers int
	// Reads is how many orders of one shop are read at a time; 1 if 0. A shop that tells of its rate limit, or asks
	// for rest, is not asked on.
	Reads int
	// Others are the processes on the same database: Run hears them, Announce rings them. nil where there are
	// none, or nobody is to be woken.
	Others Others
	// Led tells that somebody calls KeepPolling for all processes, so that Run does not.
	Led bool
	// Grace is how long calls to shops may go on once Run is told to stop; 5 s if 0. What is cut off then is
	// written down as unclear, and looked up in the shop before it is tried again.
	Grace time.Duration
	// Poll is how often the tables are looked at without a wake-up; 500 ms if 0.
	Poll  time.Duration
	Meter Meter
	// Tracer tells what is done about single deliveries; Untold if nil.
	Tracer Tracer
	Log    *slog.Logger
	// Now is this process's clock: how long ago a lease was asked for, and the metrics are by it. What processes share
	// is by the database's: when leases end, when jobs are due and given up, since when a reward was not seen in its
	// shop, and from when on shops are asked what changed.
	Now func() time.Time
}

// Pipeline takes webhooks in and works on them.
type Pipeline struct {
	opts      Options
	digester  *digester
	platforms map[string]Platform
	committer *committer
	bodies    *buffers
	events    chan struct{} // wakes the digester
	due       chan struct{} // wakes the lanes
	beat      atomic.Int64  // unix nanoseconds of the digester's last completed look at the inbox
	crew      *crew
	// cut ends when calls that still wait for shops are given up, because the process has been told to stop.
	cut    context.Context
	cutOff context.CancelFunc
}

// New checks its options and fills in the defaults. The committers run from here on, so that the door
// can be open in a process that does no work; Close ends them.
func New(o Options) (*Pipeline, error) {
	if o.Inbox == nil || o.Doors == nil || o.Lanes == nil || o.Work == nil || o.Desk == nil || o.Seal == nil || len(o.Platforms) == 0 {
		return nil, errors.New("webhooks: New needs an inbox, doors, lanes, work, a desk, a seal and a platform")
	}
	o = o.withDefaults()
	p := &Pipeline{
		opts: o, platforms: map[string]Platform{},
		digester: &digester{sources: map[string]Source{}, seal: o.Seal},
		bodies:   newBuffers(),
		events:   make(chan struct{}, 1), due: make(chan struct{}, 1),
		crew: newCrew(o.LaneWorkers),
	}
	p.cut, p.cutOff = context.WithCancel(context.Background())
	for _, pf := range o.Platforms {
		p.platforms[pf.Name()] = pf
		p.digester.sources[pf.Name()] = pf
	}
	p.committer = newCommitter(o.Inbox, o.Meter, func(int) { wake(p.events) })
	p.committer.start()
	return p, nil
}

func (o Options) withDefaults() Options {
	if o.Worker == "" {
		o.Worker = rewards.NewID("wrk_")
	}
	if o.Jitter == nil {
		o.Jitter = rand.N[time.Duration]
	}
	if o.Batch == 0 {
		o.Batch = 200
	}
	if o.Digests == 0 || o.Alone {
		o.Digests = 1
	}
	if o.Orders == 0 {
		o.Orders = 100
		if o.Alone {
			o.Orders = 25
		}
	}
	if o.LaneWorkers == 0 {
		o.LaneWorkers = 4
	}
	if o.Reads == 0 {
		o.Reads = 1
	}
	if o.Grace == 0 {
		o.Grace = 5 * time.Second
	}
	if o.Poll == 0 {
		o.Poll = 500 * time.Millisecond
	}
	if o.Meter == nil {
		o.Meter = Nop{}
	}
	if o.Tracer == nil {
		o.Tracer = Untold{}
	}
	o.Work = tracedWork{o.Work, o.Tracer}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Mount opens the doors: POST /webhooks/{platform} and, where each shop has its own,
// /webhooks/{platform}/{shop}.
func (p *Pipeline) Mount(e *echo.Echo) {
	doors := newDoorkeeper(p.opts.Doors, p.opts.Now)
	for name, pf := range p.platforms {
		g := &gate{source: pf, doors: doors, store: p.committer, meter: p.opts.Meter, tracer: p.opts.Tracer, log: p.opts.Log, bodies: p.bodies}
		can := pf.Capabilities()
		if can.SharedDoor {
			e.POST("/webhooks/"+name, g.handle)
		}
		if can.OwnDoor {
			e.POST("/webhooks/"+name+"/:shop", g.handle)
		}
	}
}

// Close stores what the door took in and ends the committers. The HTTP server must have stopped.
func (p *Pipeline) Close() {
	p.committer.stop()
	p.cutOff()
}

// Wake makes the lanes look for due jobs now: somebody stored one beside the pipeline.
func (p *Pipeline) Wake() {
	wake(p.events)
	wake(p.due)
}

// Beat is when the worker last looked at the inbox with success; zero before the first time.
func (p *Pipeline) Beat() time.Time {
	if n := p.beat.Load(); n != 0 {
		return time.Unix(0, n)
	}
	return time.Time{}
}

// Run works on what is stored until ctx ends, then finishes what is in hand: the shops have Grace to answer.
func (p *Pipeline) Run(ctx context.Context) error {
	defer context.AfterFunc(ctx, func() { time.AfterFunc(p.opts.Grace, p.cutOff) })()
	p.rescue(ctx, p.opts.Alone)
	var loops sync.WaitGroup
	for range p.opts.Digests {
		loops.Go(func() { p.digestLoop(ctx) })
	}
	if !p.opts.Led {
		loops.Go(func() { p.pollLoop(ctx) })
	}
	if p.opts.Others != nil {
		loops.Go(func() { p.hearLoop(ctx) })
	}
	for range p.crew.workers() {
		loops.Go(func() { p.laneLoop(ctx) })
	}
	loops.Wait()
	return nil
}

// wake signals without waiting: one pending signal is enough.
func wake(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// storefront finds the platform of a lane's shop.
func (p *Pipeline) storefront(s connectors.Shop) (Storefront, error) {
	pf, ok := p.platforms[s.Platform]
	if !ok {
		return nil, rewards.Errorf(rewards.Internal, "unknown_platform", "no connector for %q", s.Platform)
	}
	return pf, nil
}
