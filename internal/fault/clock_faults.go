//go:build faults

package fault

import (
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

var offset atomic.Int64 // whole seconds

// Now is the time by a clock that somebody sets. Only the time of day is off: what passes between two calls
// is measured as ever, as it is when a real clock is set.
func Now() time.Time {
	now := time.Now()
	// A Time from time.Now holds its seconds of the day's clock from bit 30 of its first word on, and the
	// monotonic reading apart from it. Add would move both.
	*(*uint64)(unsafe.Pointer(&now)) += uint64(offset.Load()) << 30
	return now
}

func init() {
	text := os.Getenv(ClockVariable)
	if text == "" {
		return
	}
	var steps []time.Duration
	for part := range strings.SplitSeq(text, ",") {
		d, err := time.ParseDuration(part)
		if err != nil || d%time.Second != 0 {
			fmt.Fprintf(os.Stderr, "%s: want durations of whole seconds, got %q\n", ClockVariable, part)
			os.Exit(2)
		}
		steps = append(steps, d)
	}
	offset.Store(int64(steps[0] / time.Second))
	asked := make(chan os.Signal, 8)
	signal.Notify(asked, syscall.SIGUSR1)
	go func() {
		for _, d := range steps[1:] {
			<-asked
			offset.Store(int64(d / time.Second))
		}
	}()
}
