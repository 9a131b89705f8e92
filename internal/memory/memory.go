// Package memory trades memory for processor time, for programs that take webhooks in.
package memory

import (
	"os"
	"runtime/debug"
)

const (
	// percent lets the heap grow to five times what is alive before it is collected. Little is alive
	// (some 5 MB), so at Go's own setting of 100 there are dozens of collections a second under load, and
	// they take a fifth of the service's processor time.
	percent = 400
	// limit bounds what that may cost when much is alive: towards it the heap is collected as often as
	// it takes.
	limit = 512 << 20
)

// Tune sets both, except where the environment says otherwise (GOGC, GOMEMLIMIT).
func Tune() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(limit)
	}
}
