package dst

import (
	"flag"
	"testing"
	"time"
)

var (
	seeds = flag.Int("seeds", 20, "how many seeds TestSeeds plays")
	from  = flag.Uint64("from", 1, "the first of them")
	trace = flag.Bool("trace", false, "print the last steps of each run")
)

func TestSeeds(t *testing.T) {
	begun := time.Now()
	for seed := *from; seed < *from+uint64(*seeds); seed++ {
		r := Run(t, Plan{Seed: seed})
		t.Logf("seed %d: %d steps, %s, %d lives, sum %x %v on=%v", seed, r.Steps, r.Spent.Round(time.Second), r.Lives, r.Sum, r.Breaches, r.Plan.On)
		if *trace {
			for _, l := range r.Trace {
				t.Log(l)
			}
		}
		if len(r.Breaches) > 0 {
			t.Fail()
		}
	}
	t.Logf("%s a seed", (time.Since(begun) / time.Duration(*seeds)).Round(time.Millisecond))
}
