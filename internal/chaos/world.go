package main

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	clientSecret = "canary-client-secret-6f2c"
	shopToken    = "shpat_canary_91d4"
)

// world is one run of one plan.
type world struct {
	plan      plan
	programs  binaries
	dir       string
	env       map[string]string
	net       *network
	db        *database
	post      *post
	shops     []*shop
	processes []*process
	ends      atomic.Int64 // processes that ended by themselves

	mu       sync.Mutex
	begun    time.Time // of the plan's own time; zero before
	secrets  []string  // what may be in no log
	failures []string
	steps    []string
	journal  *os.File
	stopped  map[int]bool   // processes that stand still because they were told to
	injected map[string]int // faults by kind
	hits     map[string]int // named points by name

	settled   time.Duration // from the end of all faults to the last job
	rewards   int
	unclear   int
	lost      int
	baselines map[*process]figures
}

// build makes everything that a plan needs, and opens the shops. What was made is there to be closed also after an
// error.
func (w *world) build() error {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return err
	}
	var err error
	if w.journal, err = os.Create(filepath.Join(w.dir, "steps.log")); err != nil {
		return err
	}
	if w.db, err = newDatabase(w.plan.Place); err != nil {
		return err
	}
	w.env = map[string]string{
		"GRAPEVINE_DATABASE_URL": w.db.direct(), "GRAPEVINE_MASTER_KEY": base64.StdEncoding.EncodeToString(key),
		"GRAPEVINE_SHOPIFY_CLIENT_SECRETS": clientSecret, "GRAPEVINE_ALLOW_LOOPBACK_SHOPS": "true",
		"GRAPEVINE_PUBLIC_URL": "https://refer.example", "GRAPEVINE_METRICS_LISTEN": "off",
	}
	w.secrets = []string{clientSecret, shopToken, mailDomain, w.env["GRAPEVINE_MASTER_KEY"]}
	w.net, w.post = newNetwork(), newPost(w)
	if _, err = w.command("migrate"); err != nil {
		return err
	}
	for i, role := range w.plan.Roles {
		p, err := w.newProcess(i, role)
		if p != nil {
			w.processes = append(w.processes, p)
		}
		if err != nil {
			return err
		}
	}
	return w.open()
}

// open starts the program without faults, and has the shops installed and their people join.
func (w *world) open() error {
	if err := w.startAll(true); err != nil {
		return err
	}
	for i, s := range w.plan.Shops {
		sh, err := w.newShop(i, s)
		if err != nil {
			return err
		}
		w.shops = append(w.shops, sh)
	}
	if err := together(w.shops, (*shop).open); err != nil {
		return err
	}
	w.baselines = map[*process]figures{}
	for _, p := range w.processes {
		var err error
		if w.baselines[p], err = p.figures(); err != nil {
			return err
		}
	}
	// From here on a launch may have a fault of its own.
	for _, p := range w.processes {
		if len(p.points) > 0 {
			p.end(syscall.SIGTERM, endWithin)
		}
	}
	return w.startAll(false)
}

// startAll starts what does not run, and waits until all are ready.
func (w *world) startAll(quiet bool) error {
	for _, p := range w.processes {
		if err := p.start(quiet); err != nil {
			return err
		}
	}
	if !quiet { // a named point may come before it is ready
		return together(w.processes, (*process).awaitUp)
	}
	return together(w.processes, (*process).awaitReady)
}

// together does something for all at once.
func together[T any](all []T, do func(T) error) error {
	errs := make([]error, len(all))
	var wg sync.WaitGroup
	for i, one := range all {
		wg.Go(func() { errs[i] = do(one) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// close ends everything that build made.
func (w *world) close() {
	for _, p := range w.processes {
		p.close()
	}
	for _, sh := range w.shops {
		sh.close()
	}
	if w.db != nil {
		if err := w.db.close(); err != nil {
			w.fail("ending the database: %v", err)
		}
	}
	if w.journal != nil {
		w.journal.Close()
	}
}

// door is the address of any process that takes webhooks, as a balancer that knows nothing would pick it.
func (w *world) door() string {
	n := int(w.post.sent.Load())
	for i := range w.processes {
		if p := w.processes[(n+i)%len(w.processes)]; p.role != "worker" {
			return "http://" + p.address
		}
	}
	return ""
}

// desk is the address of a process that serves the API.
func (w *world) desk() string { return w.door() }

// until waits for a moment of the plan.
func (w *world) until(at time.Duration) {
	w.mu.Lock()
	due := w.begun.Add(at)
	w.mu.Unlock()
	time.Sleep(time.Until(due))
}

// begin starts the plan's clock. What the processes' first launches meet is written down meanwhile.
func (w *world) begin() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begun = time.Now()
}

// step writes down what was done, and when.
func (w *world) step(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	w.mu.Lock()
	defer w.mu.Unlock()
	at := 0.0
	if !w.begun.IsZero() {
		at = time.Since(w.begun).Seconds()
	}
	line := fmt.Sprintf("%8.3f  %s", at, text)
	w.steps = append(w.steps, line)
	if w.journal != nil {
		fmt.Fprintln(w.journal, line)
	}
}

// fail writes down what must not be.
func (w *world) fail(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	w.step("WRONG: %s", text)
	w.mu.Lock()
	defer w.mu.Unlock()
	const enough = 40 // the first few tell the story
	if len(w.failures) < enough {
		w.failures = append(w.failures, text)
	}
}

// failed tells whether anything went wrong so far.
func (w *world) failed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.failures) > 0
}

// inject counts faults that had an effect.
func (w *world) inject(kind string, n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n > 0 {
		w.injected[kind] += n
	}
}

// hit counts a named point at which a process did what it was told to.
func (w *world) hit(name string, at point) {
	w.step("%s comes to %s for the %d. time: %s", name, at.Name, at.Nth, at.Action)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hits[at.Name]++
	w.injected["at a named point: "+at.Action]++
}

// hide names a further secret.
func (w *world) hide(secret string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.secrets = append(w.secrets, secret)
}

// tail returns the last lines of a text.
func tail(text string, n int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
