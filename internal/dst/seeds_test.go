package dst

import (
	"bufio"
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

var (
	seeds = flag.Int("seeds", 24, "how many seeds TestSeeds plays")
	from  = flag.Uint64("from", 1, "the first of them")
	short = flag.Int("orders", 0, "how many orders a seed has at most: 0, all that it draws; more seeds find more than longer ones")
	plan  = flag.String("plan", "", "what TestPlan plays: as reports and seed files write it")
)

// TestMain has the collector run less often: a run leaves little behind, and there are thousands.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}

// TestSeeds plays seeds on all processors, one in a hundred twice: the same seed must be the same run.
func TestSeeds(t *testing.T) {
	var next, played, steps atomic.Uint64
	begun := time.Now()
	t.Run("workers", func(t *testing.T) {
		for range runtime.GOMAXPROCS(0) {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				for n := next.Add(1) - 1; n < uint64(*seeds) && !t.Failed(); n = next.Add(1) - 1 {
					r := Run(t, Plan{Seed: *from + n, Orders: *short})
					played.Add(1)
					steps.Add(uint64(r.Steps))
					if len(r.Breaches) > 0 {
						t.Error(Shrink(t, r).Report())
						next.Store(uint64(*seeds))
					} else if n%100 == 0 {
						sameAgain(t, r)
					}
				}
			})
		}
	})
	took := time.Since(begun)
	t.Logf("%d seeds of %d steps in %s", played.Load(), steps.Load()/max(1, played.Load()), took.Round(time.Second))
}

func sameAgain(t *testing.T, r Result) {
	t.Helper()
	again := Run(t, Plan{Seed: r.Plan.Seed, Off: r.Plan.Off, Orders: r.Plan.Orders})
	if again.Sum != r.Sum {
		t.Errorf("seed %s is not one run: %x after %d steps, then %x after %d", r.Plan, r.Sum, r.Steps, again.Sum, again.Steps)
	}
}

// TestOldSeeds plays every seed that a bug was found by.
func TestOldSeeds(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/seeds/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no seeds: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			f, err := os.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			for lines := bufio.NewScanner(f); lines.Scan(); {
				if line, _, _ := strings.Cut(lines.Text(), "#"); strings.TrimSpace(line) == "" {
					continue
				}
				p, err := ParsePlan(lines.Text())
				if err != nil {
					t.Fatal(err)
				}
				if r := Run(t, p); len(r.Breaches) > 0 {
					t.Error(r.Report())
				}
			}
		})
	}
}

// TestPlan plays one plan and tells its steps.
func TestPlan(t *testing.T) {
	if *plan == "" {
		t.Skip("no -plan")
	}
	p, err := ParsePlan(*plan)
	if err != nil {
		t.Fatal(err)
	}
	r := Run(t, p)
	t.Log(r.Report())
	if len(r.Breaches) > 0 {
		t.Fail()
	}
}

func TestPlansAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"7", "7 off=crash,stop", "12 off=lost orders=2", "18446744073709551615 orders=1"} {
		p, err := ParsePlan(text + " # what it found")
		if err != nil || p.String() != text {
			t.Errorf("%q became %q, %v", text, p, err)
		}
	}
	for _, text := range []string{"seven", "7 on=crash", "7 orders=two"} {
		if p, err := ParsePlan(text); err == nil {
			t.Errorf("%q was read as %q", text, p)
		}
	}
}
