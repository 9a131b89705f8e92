// Package memory trades memory for processor time, for programs that take webhooks in.
package memory

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"time"
)

const (
	// percent lets the heap grow to five times what is alive before it is collected. Little is alive
	// (some 5 MB), so at Go's own setting of 100 there are dozens of collections a second under load, and
	// they take a fifth of the service's processor time.
	percent = 400
	// limit bounds what that may cost when much is alive: towards it the heap is collected as often as
	// it takes.
	limit = 512 << 20
	// every is how often it is collected besides, for the quiet hours: what an idle program looks up in
	// its tables would otherwise pile up to 16 MB.
	every = 10 * time.Second
)

// Tune does that until ctx ends, except where the environment says otherwise (GOGC, GOMEMLIMIT).
func Tune(ctx context.Context) {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(limit)
	}
	if os.Getenv("GOGC") != "" {
		return
	}
	debug.SetGCPercent(percent)
	go func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				runtime.GC()
			case <-ctx.Done():
				return
			}
		}
	}()
}
