package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"grapevine/connectors/shopify/shopifytest"
	"grapevine/internal/fault"
)

// result is what became of one plan.
type result struct {
	plan     plan
	failures []string
	dir      string // what is left of it, "" if nothing
	took     time.Duration
	settled  time.Duration
	injected map[string]int
	hits     map[string]int
	orders   int
	sent     int64 // webhooks, every try
	retries  int64
	acked    int
	rewards  int
	unclear  int // calls that changed a shop and were answered with an error, or not at all
	lost     int // tries that a dead process left behind
}

// run carries out a plan in a directory of its own under base. The directory stays if anything went wrong, or
// with keep.
func run(p plan, programs binaries, base string, keep bool) result {
	r := result{plan: p}
	dir, err := os.MkdirTemp(base, fmt.Sprintf("seed-%d-", p.Seed))
	if err != nil {
		r.failures = []string{err.Error()}
		return r
	}
	begun := time.Now()
	w := &world{plan: p, programs: programs, dir: dir, stopped: map[int]bool{}, injected: map[string]int{}, hits: map[string]int{}}
	if err := os.WriteFile(filepath.Join(dir, "plan.txt"), []byte(p.String()), 0o600); err != nil {
		w.fail("%v", err)
	}
	if err := w.live(); err != nil {
		w.fail("%v", err)
	}
	w.close()
	if w.db != nil && len(w.processes) > 0 && w.db.closed != "" {
		w.searchLogs()
	}
	r.took, r.settled, r.failures, r.injected, r.hits, r.rewards = time.Since(begun), w.settled, w.failures, w.injected, w.hits, w.rewards
	r.unclear, r.lost = w.unclear, w.lost
	for _, d := range p.Deeds {
		if d.What == placed {
			r.orders++
		}
	}
	if w.post != nil {
		r.sent, r.retries, r.acked = w.post.sent.Load(), w.post.retries.Load(), len(w.post.acked)
	}
	if len(r.failures) > 0 || keep {
		r.dir = dir
		return r
	}
	if err := os.RemoveAll(dir); err != nil {
		r.failures = append(r.failures, err.Error())
	}
	return r
}

// live goes through the whole story; an error means that it could not be told to its end.
func (w *world) live() error {
	begun := time.Now()
	if err := w.build(); err != nil {
		return fmt.Errorf("setting up: %w", err)
	}
	w.step("set up within %v", time.Since(begun).Round(time.Millisecond))
	w.begin()
	faults := make(chan struct{})
	go func() { // ends before live does
		defer close(faults)
		w.disturb()
	}()
	w.play()
	<-faults
	if err := w.settle(); err != nil {
		return err
	}
	w.fsck()
	w.compare()
	w.compareFigures()
	if !w.failed() { // else it would only say the same again
		w.replay()
		w.fsck()
		w.compare()
		w.compareFigures()
	}
	w.stop()
	w.count()
	return nil
}

// count counts what made the run hard.
func (w *world) count() {
	for _, sh := range w.shops {
		for _, c := range sh.sim.Mutations("") {
			if c.Fault != "" && c.Fault != shopifytest.FaultSlow {
				w.unclear++
			}
		}
	}
	var err error
	if w.lost, err = ask[int](w.db, "SELECT count(*)::int FROM attempts WHERE outcome = 'lost'"); err != nil {
		w.fail("counting lost tries: %v", err)
	}
}

// tell prints what is needed to look into a failure: the seed, the plan, the last steps, the end of every log.
func (r result) tell(commit string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d FAILED at %s, %s; again: make chaos SEED=%d\n", r.plan.Seed, commit, r.plan.Topology, r.plan.Seed)
	for _, f := range r.failures {
		fmt.Fprintf(&b, "  * %s\n", f)
	}
	fmt.Fprintf(&b, "\n%s\n", r.plan.faultsOnly())
	if r.dir == "" {
		return b.String()
	}
	for _, part := range []struct {
		name string
		last int
	}{{"steps.log", 200}, {"*.log", 40}} {
		files, err := filepath.Glob(filepath.Join(r.dir, part.name))
		if err != nil {
			continue
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil || part.last < 200 && filepath.Base(file) == "steps.log" {
				continue
			}
			fmt.Fprintf(&b, "--- the last %d lines of %s\n%s\n", part.last, filepath.Base(file), tail(string(text), part.last))
		}
	}
	fmt.Fprintf(&b, "kept: %s\n", r.dir)
	return b.String()
}

// line is a result in one line.
func (r result) line() string {
	verdict := "ok"
	if len(r.failures) > 0 {
		verdict = "FAILED: " + strings.SplitN(r.failures[0], "\n", 2)[0]
	}
	injected := 0
	for _, n := range r.injected {
		injected += n
	}
	return fmt.Sprintf("seed %-5d %-21s %3d orders %5d webhooks %4d retries %2d faults %2d points %2d unclear %2d lost %3d rewards  settled %5.1f s  took %5.1f s  %s",
		r.plan.Seed, r.plan.Topology, r.orders, r.sent, r.retries, injected, len(r.hits), r.unclear, r.lost, r.rewards, r.settled.Seconds(), r.took.Seconds(), verdict)
}

// summary is a table over all results.
func summary(results []result, points []string) string {
	injected, hits := map[string]int{}, map[string]int{}
	var orders, sent, retries, acked, rewards, failed, unclear, lost int64
	var longest time.Duration
	for _, r := range results {
		for kind, n := range r.injected {
			injected[kind] += n
		}
		for name, n := range r.hits {
			hits[name] += n
		}
		orders, sent, retries, acked, rewards = orders+int64(r.orders), sent+r.sent, retries+r.retries, acked+int64(r.acked), rewards+int64(r.rewards)
		unclear, lost = unclear+int64(r.unclear), lost+int64(r.lost)
		longest = max(longest, r.settled)
		if len(r.failures) > 0 {
			failed++
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n%d seeds, %d failed; %d orders, %d webhooks sent with %d retries, %d acknowledged, %d rewards;\n%d changes of a shop that were answered with an error, %d tries that a dead process left behind; longest settle %.1f s\n\n",
		len(results), failed, orders, sent, retries, acked, rewards, unclear, lost, longest.Seconds())
	b.WriteString("| fault | times |\n| --- | ---: |\n")
	for _, kind := range slices.Sorted(maps.Keys(injected)) {
		fmt.Fprintf(&b, "| %s | %d |\n", kind, injected[kind])
	}
	b.WriteString("\n| named point | hit |\n| --- | ---: |\n")
	for _, name := range points {
		fmt.Fprintf(&b, "| %s | %d |\n", name, hits[name])
	}
	return b.String()
}

// enoughSeeds is how many leave no kind of fault and no named point to chance.
const enoughSeeds = 20

// withoutEffect are the kinds of faults and the named points of which nothing came in any run, although each of
// them should have been met. A disk that runs full is asked for only where a plan has one.
func withoutEffect(results []result) (unmet []string) {
	injected, hits, drawn := map[string]int{}, map[string]int{}, map[string]bool{}
	for _, r := range results {
		for kind, n := range r.injected {
			injected[kind] += n
		}
		for name, n := range r.hits {
			hits[name] += n
		}
		for _, f := range r.plan.Faults {
			drawn[f.Kind] = true
		}
	}
	for _, kind := range slices.Concat(kinds, []string{diskFull}) {
		if injected[kind] == 0 && (kind != diskFull || drawn[kind]) {
			unmet = append(unmet, kind)
		}
	}
	for _, name := range fault.Points {
		if hits[name] == 0 {
			unmet = append(unmet, name)
		}
	}
	return unmet
}
