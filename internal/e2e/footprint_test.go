package e2e

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"grapevine/internal/testdb"
)

// What the product promises of an idle serve, each as the median of three.
const (
	startWithin = time.Second
	idleMemory  = 40 << 20 // resident
	measures    = 3
)

// TestAServeStartsWithinASecondAndIsSmall is not parallel: other tests would be measured with it.
func TestAServeStartsWithinASecondAndIsSmall(t *testing.T) {
	for name, database := range map[string]func(testing.TB) string{"sqlite": testdb.SQLite, "postgres": testdb.Postgres} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, database(t))
			s.run(map[string][]string{"sqlite": {"shop", "list"}, "postgres": {"migrate"}}[name]...)
			var starts []time.Duration
			var sizes []int64
			for range measures {
				begun := time.Now()
				s.launch()
				for status := 0; status != http.StatusOK && time.Since(begun) < 20*time.Second; {
					status, _ = s.get("/readyz")
				}
				starts = append(starts, time.Since(begun))
				sizes = append(sizes, s.idle())
				s.kill()
			}
			slices.Sort(starts)
			slices.Sort(sizes)
			start, size := starts[measures/2], sizes[measures/2]
			t.Logf("ready %v after exec, %.1f MiB resident when idle (medians of %d: %v, %v)", start.Round(time.Millisecond), float64(size)/(1<<20), measures, starts, sizes)
			if start > startWithin {
				t.Errorf("ready after %v, promised is %v", start, startWithin)
			}
			if size > idleMemory {
				t.Errorf("%d bytes resident, promised are %d", size, idleMemory)
			}
		})
	}
}

// idle is the resident memory once it has stayed within a tenth of a MiB for a second.
func (s *site) idle() int64 {
	s.t.Helper()
	last, since := s.resident(), time.Now()
	eventually(s.t, 20*time.Second, "the memory stays as it is", func() (bool, any) {
		now := s.resident()
		if diff := now - last; diff > 100<<10 || diff < -100<<10 {
			last, since = now, time.Now()
		}
		return time.Since(since) > time.Second, now
	})
	return last
}

// resident reads what the system says of the process, in bytes.
func (s *site) resident() int64 {
	s.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		s.t.Fatalf("the memory of a process is read from /proc: %v", err)
	}
	_, rest, _ := strings.Cut(string(text), "VmRSS:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		s.t.Fatalf("no VmRSS in:\n%s", text)
	}
	kilobytes, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil {
		s.t.Fatal(err)
	}
	return kilobytes << 10
}
