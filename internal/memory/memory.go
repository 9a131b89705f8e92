// Package memory trades memory for processor time, for programs that take webhooks in.
package memory

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// Little is alive (some 5 MB), so at Go's own setting of 100 there are dozens of collections a second under
	// load, and they take a fifth of the service's processor time. So the heap may grow to five times what is
	// alive while that is within budget, and to twice what is alive in any case.
	most   = 400
	least  = 100
	budget = 26 << 20
	// limit bounds what that may cost when much is alive: towards it the heap is collected as often as
	// it takes.
	limit = 512 << 20
	// every is how often it is collected besides, for the quiet hours: what an idle program looks up in
	// its tables would otherwise pile up to 16 MB. When nothing else was collected meanwhile the hour is quiet,
	// and what is free goes back to the system at once: Go itself would take minutes.
	every = 5 * time.Second
	// soon is when it is done for the first time: what a program needs to start is of no use afterwards.
	soon = 500 * time.Millisecond
)

// Tune does that until ctx ends, except where the environment says otherwise (GOGC, GOMEMLIMIT).
func Tune(ctx context.Context) {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(limit)
	}
	if os.Getenv("GOGC") != "" {
		return
	}
	debug.SetGCPercent(least)
	follow(ctx, least)
	go func() {
		tick := time.NewTicker(soon)
		defer tick.Stop()
		quiet := collections()
		for {
			select {
			case <-tick.C:
				tick.Reset(every)
				if collections() == quiet {
					debug.FreeOSMemory() // collects first
				} else {
					runtime.GC()
				}
				quiet = collections()
			case <-ctx.Done():
				return
			}
		}
	}()
}

// mark is what a collection finds dead, so that somebody is told of the collection. It is larger than what the
// allocator would put beside something that lives.
type mark [32]byte

// follow sets after each collection how far the heap may grow until the next.
func follow(ctx context.Context, set int) {
	runtime.AddCleanup(new(mark), func(set int) {
		if ctx.Err() != nil {
			return
		}
		if p := percentFor(alive()); p < set-set/8 || p > set+set/8 {
			debug.SetGCPercent(p)
			set = p
		}
		follow(ctx, set)
	}, set)
}

// percentFor is how much the heap may grow when so many bytes are alive.
func percentFor(alive uint64) int {
	if alive == 0 {
		return most
	}
	return int(min(most, max(least, (budget-min(alive, budget))*100/alive)))
}

// alive is what the last collection left, in bytes.
func alive() uint64 { return read("/gc/heap/live:bytes") }

// collections is how often the heap was collected since the program began.
func collections() uint64 { return read("/gc/cycles/total:gc-cycles") }

// read is one of Go's own figures, 0 if it has no such one.
func read(name string) uint64 {
	sample := []metrics.Sample{{Name: name}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return sample[0].Value.Uint64()
}
