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

// What the product promises of an idle serve: the best start of three, since other packages are tested beside it, and
// the median of its memory.
const (
	startWithin = time.Second
	idleMemory  = 20 << 20 // its own: heap, stacks, data
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
			start, size := starts[0], sizes[measures/2]
			t.Logf("ready %v after exec, %.1f MiB of its own when idle (of %d: %v, %v)", start.Round(time.Millisecond), float64(size)/(1<<20), measures, starts, sizes)
			if start > startWithin {
				t.Errorf("ready after %v, promised is %v", start, startWithin)
			}
			if size > idleMemory {
				t.Errorf("%d bytes of its own, promised are %d", size, idleMemory)
			}
		})
	}
}

// idle is the process's own memory once it has stayed within a tenth of a MiB for a second.
func (s *site) idle() int64 {
	s.t.Helper()
	last, since := s.own(), time.Now()
	eventually(s.t, 20*time.Second, "the memory stays as it is", func() (bool, any) {
		now := s.own()
		if diff := now - last; diff > 100<<10 || diff < -100<<10 {
			last, since = now, time.Now()
		}
		return time.Since(since) > time.Second, now
	})
	return last
}

// own is what is resident of a process beside the program's text, in bytes. How much of the text is there is the
// system's doing: the same program had 28 to 35 MiB of it, by how its file lay in the page cache.
func (s *site) own() int64 {
	s.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		s.t.Fatalf("the memory of a process is read from /proc: %v", err)
	}
	_, rest, _ := strings.Cut(string(text), "RssAnon:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		s.t.Fatalf("no RssAnon in:\n%s", text)
	}
	kilobytes, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil {
		s.t.Fatal(err)
	}
	return kilobytes << 10
}
