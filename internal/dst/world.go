package dst

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"grapevine/connectors/shopify/shopifytest"
	"grapevine/storage"
)

// world is one run: shops, their webhooks, processes on one database, and the root that lets them go on.
type world struct {
	plan   Plan
	faults faults
	skew   time.Duration // of the processes' clocks
	file   string
	bus    *bus
	eye    *eye
	books  *storage.DB // of the staff, at a console of its own
	shops  []*shop
	people []*advocate
	bought []*bought

	letters  []*letter
	couriers atomic.Int64
	acting   atomic.Int64 // of the staff and of the script
	living   map[string]*process
	awaited  map[string]bool // places whose process will be started
	lives    int
	inside   *visit // whose transaction is open while others go on
	graves   sync.WaitGroup
	healed   bool
	over     bool          // it only has to end
	patience time.Duration // until the processes are woken, where waking them has changed nothing

	mu       sync.Mutex
	breaches []string
}

// Result is how a run ended.
type Result struct {
	Plan     Plan
	Breaches []string // each begins with the invariant; none: all is well
	Trace    []string // the last steps
	Sum      uint64   // of the whole trace and of what the books say in the end
	Steps    int
	Spent    time.Duration // by the simulated clock
	Lives    int           // of processes
}

// Run plays a plan in a bubble of its own.
func Run(t *testing.T, p Plan) (r Result) {
	dir, err := os.MkdirTemp(memory(), "gvdst-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "books.db")
	if err := copyTemplate(file); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		w := &world{file: file, plan: p, living: map[string]*process{}, awaited: map[string]bool{}}
		w.faults = w.plan.draw()
		w.bus = newBus(p.Seed)
		if err := w.play(); err != nil {
			w.breach("sim", "%v", err)
		}
		r = Result{Plan: w.plan, Breaches: w.breaches, Trace: w.bus.last(), Sum: w.bus.sum, Steps: w.bus.steps, Spent: time.Since(w.bus.began), Lives: w.lives}
	})
	return r
}

// breach notes that something is not as it has to be.
func (w *world) breach(id, format string, args ...any) {
	text := id + ": " + fmt.Sprintf(format, args...)
	w.bus.note("BREACH %s", text)
	w.mu.Lock()
	defer w.mu.Unlock()
	if !slices.Contains(w.breaches, text) {
		w.breaches = append(w.breaches, text)
	}
}

func (w *world) failed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.breaches) > 0
}

// play is the three phases.
func (w *world) play() error {
	if err := w.build(); err != nil {
		return err
	}
	defer w.close()
	w.acting.Add(1)
	go w.script()
	w.drive(func() bool { return w.acting.Load() == 0 }, 48*time.Hour)
	w.heal()
	w.drive(w.quiet, 14*24*time.Hour)
	if !w.failed() {
		w.settle()
	}
	return nil
}

// build builds the world up to the moment before anything happens.
func (w *world) build() (err error) {
	if w.eye, err = openEye(w); err != nil {
		return err
	}
	if w.books, err = w.open(0); err != nil {
		return err
	}
	for i := range w.plan.Shops {
		s, err := w.newShop(i)
		if err != nil {
			return err
		}
		w.shops = append(w.shops, s)
	}
	if err := w.found(context.Background()); err != nil {
		return err
	}
	if w.plan.on("stale") {
		for _, s := range w.shops {
			// States are kept from here on; what is read of them is up to the line.
			if err := s.SetFaults(shopifytest.Fault{Kind: shopifytest.FaultStale, Operation: "none"}); err != nil {
				return err
			}
		}
	}
	for i := range w.plan.Processes {
		place := string(rune('a' + i))
		if w.living[place], err = w.start(place); err != nil {
			return err
		}
	}
	return nil
}

// close ends everything, in whatever state it is: the bubble must be empty.
func (w *world) close() {
	w.faults = faults{down: map[string]bool{}}
	for _, place := range slices.Sorted(maps.Keys(w.living)) {
		w.living[place].stopped = false
		w.crash(w.living[place])
	}
	w.healed, w.over = true, true
	for { // webhooks that are on their way find nobody, and end
		synctest.Wait()
		p := w.bus.pick()
		if p == nil && w.couriers.Load() == 0 && w.acting.Load() == 0 {
			break
		}
		if p == nil {
			w.await(time.Hour)
			continue
		}
		w.bus.release(p)
	}
	w.graves.Wait()
	for _, s := range w.shops {
		s.Close()
	}
	_ = w.books.Close()
	_ = w.eye.Close()
}

// drive lets one after the other go on until it is done, or a breach is found, or the time is over.
func (w *world) drive(done func() bool, within time.Duration) {
	end := time.Now().Add(within)
	for !w.failed() {
		synctest.Wait()
		if time.Now().After(end) {
			w.breach("I27", "not done within %s: %s", within, w.eye.open())
			return
		}
		p := w.bus.pick()
		switch {
		case p == nil && done():
			return
		case p == nil:
			w.idle()
		case !w.healed && w.disaster(p):
		default:
			w.bus.release(p)
			w.eye.look()
		}
	}
}

// await waits until somebody parks, or so long.
func (w *world) await(atMost time.Duration) (rung bool) {
	timer := time.NewTimer(atMost)
	defer timer.Stop()
	select {
	case <-w.bus.bell:
		return true
	case <-timer.C:
		return false
	}
}

// idle lets time pass until somebody parks or something is due, and then has the processes look: they would
// by themselves within half a second, which for weeks of simulated time would be millions of looks.
func (w *world) idle() {
	changed := w.eye.changed()
	if changed || w.patience == 0 {
		w.patience = 250 * time.Millisecond
	}
	wait := max(time.Until(w.eye.due()), w.patience) + time.Duration(w.bus.rng.IntN(int(500*time.Millisecond)))
	if w.await(min(wait, time.Hour)) {
		return
	}
	w.patience = min(2*w.patience, 20*time.Minute)
	w.bus.note("look")
	for _, place := range slices.Sorted(maps.Keys(w.living)) {
		w.living[place].pipeline.Wake()
	}
}

// disaster may strike the process that is about to go on.
func (w *world) disaster(p *parking) bool {
	if p.owner == nil || p.owner.dead() {
		return false
	}
	d := dice{Rand: w.bus.rng}
	at := w.faults
	switch n := d.IntN(1000); {
	case n < at.crash:
		w.bus.put(p)
		w.bus.note("at %s", p.label)
		w.crash(p.owner)
		w.again(p.owner.place, d.span(100*time.Millisecond, 2*time.Minute))
	case n < at.crash+at.stop:
		w.bus.put(p)
		w.bus.note("at %s", p.label)
		w.freeze(p.owner, d.span(5*time.Second, 10*time.Minute))
	case n < at.crash+at.stop+at.term:
		w.bus.put(p)
		w.stop(p.owner)
		w.again(p.owner.place, d.span(100*time.Millisecond, 10*time.Second))
	default:
		return false
	}
	return true
}

// again has a process started at a place after a while.
func (w *world) again(place string, wait time.Duration) {
	if w.awaited[place] {
		return
	}
	w.awaited[place] = true
	w.acting.Add(1)
	go func() {
		defer w.acting.Add(-1)
		time.Sleep(wait)
		w.bus.park(nil, "start "+place)
		w.awaited[place] = false
		if w.living[place] != nil {
			return
		}
		p, err := w.start(place)
		if err != nil {
			w.breach("sim", "starting a process: %v", err)
			return
		}
		w.living[place] = p
	}()
}

// freeze stops a process by a signal, and continues it later.
func (w *world) freeze(p *process, wait time.Duration) {
	w.bus.note("%s is stopped for %s", p.name, wait)
	p.stopped = true
	w.acting.Add(1)
	go func() {
		defer w.acting.Add(-1)
		time.Sleep(wait)
		w.bus.park(nil, "continue "+p.name)
		p.stopped = false
		w.bus.ring()
	}()
}

// heal ends all faults. Every place has a process again.
func (w *world) heal() {
	w.bus.note("faults are over")
	w.faults = faults{down: map[string]bool{}}
	w.healed, w.skew = true, 0
	for _, p := range w.living {
		p.skew.Store(0)
	}
	for _, s := range w.shops {
		s.ResetFaults()
	}
	for i := range w.plan.Processes {
		place := string(rune('a' + i))
		if w.living[place] == nil {
			w.again(place, time.Second)
		}
	}
	w.eye.since = time.Now()
}

// quiet tells whether nothing is left to be done: each webhook has arrived or was given up, each event and each
// job has ended, and each shop was asked once more what changed.
func (w *world) quiet() bool {
	return w.couriers.Load() == 0 && w.acting.Load() == 0 && w.eye.quiet()
}

// someProcess is where the load balancer sends a call; nil where nobody listens.
func (w *world) someProcess(d dice) *process {
	return w.living[string(rune('a'+d.IntN(w.plan.Processes)))]
}
