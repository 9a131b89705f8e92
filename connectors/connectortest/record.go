package connectortest

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// record is a test that keeps its failures to itself, by which the suite shows that it is able to fail. It
// may be used by several goroutines.
type record struct {
	testing.TB // of the test that reads the record: its context and its directories
	name       string
	parent     *record
	hasty      bool // the first failure is enough

	mu       sync.Mutex
	failed   bool
	failures []string
	cleanups []func()
}

// play runs f and returns what failed in it, each failure with the subtest's name before it. Where it is hasty
// no further subtest is begun after the first failure.
func play(tb testing.TB, hasty bool, f func(tb testing.TB)) []string {
	r := &record{TB: tb, hasty: hasty}
	r.do(f)
	return r.failures
}

// sub runs f as a subtest of r.
func (r *record) sub(name string, f func(tb testing.TB)) {
	top := r
	for top.parent != nil {
		top = top.parent
	}
	if top.hasty && top.Failed() {
		return
	}
	s := &record{TB: r.TB, parent: r, name: r.name + name + ": "}
	s.do(f)
}

// do runs f to its end or to its first Fatal, then what is to be cleaned up. A panic is a failure.
func (r *record) do(f func(tb testing.TB)) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if p := recover(); p != nil {
				r.Errorf("panic: %v", p)
			}
		}()
		f(r)
	}()
	<-done
	for _, c := range slices.Backward(r.cleanups) {
		c()
	}
}

// Fail notes a failure of the test and of those around it.
func (r *record) Fail() { r.note("failed") }

func (r *record) note(text string) {
	top := r
	for ; top.parent != nil; top = top.parent {
		top.mark()
	}
	top.mark()
	top.mu.Lock()
	defer top.mu.Unlock()
	top.failures = append(top.failures, r.name+text)
}

func (r *record) mark() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = true
}

// Failed tells whether something failed.
func (r *record) Failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}

// FailNow notes a failure and ends the goroutine.
func (r *record) FailNow() {
	r.Fail()
	runtime.Goexit()
}

// Error notes a failure.
func (r *record) Error(args ...any) { r.note(strings.TrimSuffix(fmt.Sprintln(args...), "\n")) }

// Errorf notes a failure.
func (r *record) Errorf(format string, args ...any) { r.note(fmt.Sprintf(format, args...)) }

// Fatal notes a failure and ends the goroutine.
func (r *record) Fatal(args ...any) {
	r.note(strings.TrimSuffix(fmt.Sprintln(args...), "\n"))
	runtime.Goexit()
}

// Fatalf notes a failure and ends the goroutine.
func (r *record) Fatalf(format string, args ...any) {
	r.note(fmt.Sprintf(format, args...))
	runtime.Goexit()
}

// Cleanup has f called when the test has ended.
func (r *record) Cleanup(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cleanups = append(r.cleanups, f)
}

// Log forgets.
func (*record) Log(...any) {}

// Logf forgets.
func (*record) Logf(string, ...any) {}

// Helper does nothing.
func (*record) Helper() {}

// Name is the name of the subtest.
func (r *record) Name() string { return r.name }
