//go:build faults

package dst

import (
	"context"
	"os"
	"os/exec"
	"regexp"
	"testing"
	"time"

	"grapevine/internal/fault"
)

// planted are the bugs that the simulator has to find.
var planted = []string{
	fault.NoDedupe, fault.MarkBeforeWork, fault.BlindRetry, fault.LastArrival, fault.CapOutside, fault.NoFence,
	fault.AckBeforeCommit, fault.BegunAfter,
}

var foundForm = regexp.MustCompile(`seed (\d+)[^\n]* breaks ([^ ]+) after`)

// TestPlantedBugsAreFound tests the tester: with each bug switched on, in a process of its own, one of the first
// 500 seeds must fail.
func TestPlantedBugsAreFound(t *testing.T) {
	if os.Getenv(fault.BugVariable) != "" {
		t.Skip("a bug is switched on")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, bug := range planted {
		t.Run(bug, func(t *testing.T) {
			t.Parallel()
			begun := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			c := exec.CommandContext(ctx, self, "-test.run", "^TestHunt$", "-test.v")
			c.Env = append(os.Environ(), fault.BugVariable+"="+bug)
			out, err := c.CombinedOutput()
			found := foundForm.FindSubmatch(out)
			if err == nil || found == nil {
				t.Fatalf("not found: %v\n%.2000s", err, out)
			}
			t.Logf("%q was found by seed %s: it breaks %s (%s)", bug, found[1], found[2], time.Since(begun).Round(100*time.Millisecond))
		})
	}
}

// TestHunt plays seeds until one fails.
func TestHunt(t *testing.T) {
	if os.Getenv(fault.BugVariable) == "" {
		t.Skip("no bug is switched on")
	}
	for seed := range uint64(500) {
		if r := Run(t, Plan{Seed: seed + 1}); len(r.Breaches) > 0 {
			t.Fatal(r.Report())
		}
	}
}
