//go:build faults

package fault

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

var bug = os.Getenv(BugVariable)

// Bug tells whether a planted bug is switched on.
func Bug(name string) bool { return bug == name }

func init() {
	text := os.Getenv(Variable)
	if text == "" {
		return
	}
	parts := strings.Split(text, ":")
	var nth int64
	var err error
	if len(parts) == 3 {
		nth, err = strconv.ParseInt(parts[1], 10, 64)
	}
	signals := map[string]syscall.Signal{"kill": syscall.SIGKILL, "stop": syscall.SIGSTOP}
	if len(parts) != 3 || err != nil || signals[parts[2]] == 0 {
		fmt.Fprintf(os.Stderr, "%s: want POINT:N:kill or POINT:N:stop, got %q\n", Variable, text)
		os.Exit(2)
	}
	var passed atomic.Int64
	Hook(func(_ context.Context, point string) {
		if point == parts[0] && passed.Add(1) == nth {
			syscall.Kill(os.Getpid(), signals[parts[2]])
		}
	})
}
