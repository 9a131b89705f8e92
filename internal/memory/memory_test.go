package memory

import (
	"context"
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

func TestTheHeapGrowsWithinItsBudget(t *testing.T) {
	t.Parallel()
	for alive, want := range map[uint64]int{0: 400, 1 << 20: 400, 5 << 20: 400, 10 << 20: 160, 13 << 20: 100, 16 << 20: 62, 40 << 20: 50, 1 << 40: 50} {
		if got := percentFor(alive); got != want {
			t.Errorf("%d bytes alive: %d %%, want %d %%", alive, got, want)
		}
	}
}

func TestMemoryIsBoundedByWhatIsAlive(t *testing.T) {
	t.Parallel()
	for alive, want := range map[uint64]int64{0: 33 << 20, 11 << 20: 33 << 20, 20 << 20: 60 << 20, 200 << 20: 512 << 20, 1 << 63: 512 << 20} {
		if got := limitFor(alive); got != want {
			t.Errorf("%d bytes alive: %d, want %d", alive, got, want)
		}
	}
}

// Not parallel: it changes how the process collects.
func TestEachCollectionIsFollowed(t *testing.T) {
	before := debug.SetGCPercent(least)
	ctx, stop := context.WithCancel(t.Context())
	defer debug.SetGCPercent(before)
	defer stop()
	follow(ctx, least, false)
	percent := func() int {
		p := debug.SetGCPercent(least)
		debug.SetGCPercent(p)
		return p
	}
	for begun := time.Now(); percent() == least; runtime.GC() {
		if time.Since(begun) > 10*time.Second {
			t.Fatalf("still %d %% with %d bytes alive", percent(), alive())
		}
	}
}
