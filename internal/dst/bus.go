package dst

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"sync"
	"testing/synctest"
	"time"
)

// bus is the only scheduler. Whoever does something that others could see parks on it first; the root of the
// bubble waits until everybody is parked, asleep or gone, and lets one go on, chosen by the seed.
type bus struct {
	rng   *rand.Rand    // the root's alone
	bell  chan struct{} // somebody parked, or may be picked again
	began time.Time

	mu     sync.Mutex
	parked []*parking
	trace  []string
	sum    uint64 // of the whole trace
	steps  int
}

// parking is somebody who waits to go on.
type parking struct {
	owner *process // nil: nobody who could crash
	label string
	seq   int
	on    chan dice
}

// dice are what somebody who goes on may draw from: the root's are never touched by two.
type dice struct {
	*rand.Rand
	dead bool // the owner crashed here
}

// chance comes true so many times in a thousand.
func (d dice) chance(permille int) bool { return permille > 0 && d.IntN(1000) < permille }

// span draws from [from, to).
func (d dice) span(from, to time.Duration) time.Duration {
	return from + time.Duration(d.Int64N(int64(to-from)))
}

const keptSteps = 200

func newBus(seed uint64) *bus {
	return &bus{rng: rand.New(rand.NewPCG(seed, 0xb05)), bell: make(chan struct{}, 1), began: time.Now(), sum: 14695981039346656037}
}

// park waits for the root. Equal labels stand for equal acts: which of two is let go makes no difference.
func (b *bus) park(owner *process, label string) dice {
	p := &parking{owner: owner, label: label, on: make(chan dice, 1)}
	b.mu.Lock()
	p.seq = b.steps
	b.parked = append(b.parked, p)
	b.mu.Unlock()
	b.ring()
	return <-p.on
}

func (b *bus) ring() {
	select {
	case b.bell <- struct{}{}:
	default:
	}
}

// pick takes one of those that may go on, or nil.
func (b *bus) pick() *parking {
	b.mu.Lock()
	defer b.mu.Unlock()
	var able []*parking
	for _, p := range b.parked {
		if p.owner == nil || !p.owner.stopped {
			able = append(able, p)
		}
	}
	if len(able) == 0 {
		return nil
	}
	// Those that came first among equals go first.
	slices.SortStableFunc(able, func(x, y *parking) int { return cmp.Compare(x.label, y.label) })
	p := able[b.rng.IntN(len(able))]
	b.parked = slices.DeleteFunc(b.parked, func(q *parking) bool { return q == p })
	return p
}

// put takes somebody back who was picked.
func (b *bus) put(p *parking) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.parked = append(b.parked, p)
}

// release lets somebody go on after a moment, and waits until all is still again.
func (b *bus) release(p *parking) {
	time.Sleep(time.Duration(20_000 + b.rng.IntN(300_000)))
	b.note("%s", p.label)
	p.on <- dice{Rand: rand.New(rand.NewPCG(b.rng.Uint64(), 1))}
	synctest.Wait()
}

// kill ends everybody of a process who is parked.
func (b *bus) kill(owner *process) {
	b.mu.Lock()
	var gone []*parking
	b.parked = slices.DeleteFunc(b.parked, func(p *parking) bool {
		if p.owner != owner {
			return false
		}
		gone = append(gone, p)
		return true
	})
	b.mu.Unlock()
	for _, p := range gone {
		p.on <- dice{dead: true}
	}
	synctest.Wait()
}

// note adds a line to the trace.
func (b *bus) note(format string, args ...any) {
	line := time.Since(b.began).String() + " " + fmt.Sprintf(format, args...)
	h := fnv.New64a()
	b.mu.Lock()
	defer b.mu.Unlock()
	fmt.Fprintf(h, "%d %s", b.sum, line)
	b.sum = h.Sum64()
	b.steps++
	if b.trace = append(b.trace, line); len(b.trace) > 2*keptSteps {
		b.trace = slices.Clone(b.trace[keptSteps:])
	}
}

// last are the last lines of the trace.
func (b *bus) last() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.trace[max(0, len(b.trace)-keptSteps):])
}
