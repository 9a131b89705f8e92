package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"grapevine/internal/fault"
)

// chaos is what a command line asks for.
type chaos struct {
	first    uint64
	seeds    int
	parallel int
	race     bool
	keep     bool
	planOnly bool
	opts     options
	out      io.Writer
}

func main() {
	c := &chaos{out: os.Stdout}
	seed := flag.Int64("seed", -1, "run this seed alone")
	flag.IntVar(&c.seeds, "seeds", 10, "how many seeds, from -first on")
	flag.Uint64Var(&c.first, "first", 1, "the first seed")
	flag.IntVar(&c.parallel, "parallel", 3, "how many run at once: most of a seed's time is waiting for leases")
	flag.BoolVar(&c.race, "race", false, "build the program with the race detector")
	flag.BoolVar(&c.keep, "keep", false, "keep the directories of good runs too")
	flag.BoolVar(&c.planOnly, "plan", false, "print the plans and run nothing")
	flag.StringVar(&c.opts.bug, "bug", "", "switch a planted bug on (see internal/fault)")
	flag.BoolVar(&c.opts.short, "short", false, "shorter plans, as in the tests")
	flag.Parse()
	if *seed >= 0 {
		c.first, c.seeds = uint64(*seed), 1
	}
	if err := c.run(); err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
		os.Exit(1)
	}
}

func (c *chaos) run() error {
	c.opts.disk = canMount()
	if !c.opts.disk {
		fmt.Fprintln(c.out, "no small disk can be mounted here: the disk will not run full (root can)")
	}
	if c.planOnly {
		for i := range c.seeds {
			fmt.Fprint(c.out, draw(c.first+uint64(i), c.opts))
		}
		return nil
	}
	base, err := os.MkdirTemp("", "grapevine-chaos-")
	if err != nil {
		return err
	}
	commit := revision()
	begun := time.Now()
	programs, err := buildAll(base, c.race)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "%s, built within %.0f s\n", commit, time.Since(begun).Seconds())
	results := c.runAll(programs, base, commit)
	fmt.Fprint(c.out, summary(results, fault.Points))
	fmt.Fprintf(c.out, "\n%.0f s in all\n", time.Since(begun).Seconds())
	if unmet := withoutEffect(results); len(results) >= enoughSeeds && c.opts.bug == "" && len(unmet) > 0 {
		return fmt.Errorf("over %d seeds nothing came of: %s", len(results), strings.Join(unmet, ", "))
	}
	for _, r := range results {
		if len(r.failures) > 0 {
			return errors.New("something is wrong, see above; what is left is in " + base)
		}
	}
	if c.keep {
		return nil
	}
	return os.RemoveAll(base)
}

// runAll runs the seeds, a few at once, and prints each as it ends.
func (c *chaos) runAll(programs binaries, base, commit string) []result {
	var mu sync.Mutex
	var results []result
	var under sync.WaitGroup
	next := make(chan uint64)
	for range max(1, min(c.parallel, c.seeds)) {
		under.Go(func() {
			for seed := range next {
				r := run(draw(seed, c.opts), programs, base, c.keep)
				mu.Lock()
				results = append(results, r)
				fmt.Fprintln(c.out, r.line())
				if len(r.failures) > 0 {
					fmt.Fprintln(c.out, r.tell(commit))
				}
				mu.Unlock()
			}
		})
	}
	for i := range c.seeds {
		next <- c.first + uint64(i)
	}
	close(next)
	under.Wait()
	return results
}

// revision is the commit that is built.
func revision() string {
	out, err := exec.Command("git", "describe", "--always", "--dirty", "--abbrev=12").Output()
	if err != nil {
		return "an unknown commit"
	}
	return strings.TrimSpace(string(out))
}
