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
	// alive while that is within budget, and by half of what is alive in any case.
	most   = 400
	least  = 50
	budget = 26 << 20
	// All that Go holds, with stacks and what is free but not given back, is to stay below small as long as that is
	// times of what is alive. What goes beyond is given back at once, and the heap collected as often as it takes.
	// Never more than limit, whatever is alive.
	small = 33 << 20
	times = 3
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
	bounded := os.Getenv("GOMEMLIMIT") == ""
	if bounded {
		debug.SetMemoryLimit(limit)
	}
	if os.Getenv("GOGC") != "" {
		return
	}
	debug.SetGCPercent(least)
	follow(ctx, least, bounded)
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

// follow sets after each collection how far the heap may grow until the next, and if it is to be bounded how much
// memory there may be in all.
func follow(ctx context.Context, set int, bounded bool) {
	runtime.AddCleanup(new(mark), func(set int) {
		if ctx.Err() != nil {
			return
		}
		live := alive()
		if bounded {
			debug.SetMemoryLimit(limitFor(live))
		}
		if p := percentFor(live); p < set-set/8 || p > set+set/8 {
			debug.SetGCPercent(p)
			set = p
		}
		follow(ctx, set, bounded)
	}, set)
}

// percentFor is how much the heap may grow when so many bytes are alive.
func percentFor(alive uint64) int {
	if alive == 0 {
		return most
	}
	return int(min(most, max(least, (budget-min(alive, budget))*100/alive)))
}

// limitFor is how much memory there may be when so many bytes of it are alive.
func limitFor(alive uint64) int64 {
	return int64(min(limit, max(small, times*min(alive, limit))))
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
