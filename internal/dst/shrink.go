package dst

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Shrink looks for a smaller plan that breaks the same invariant: kinds of faults are switched off one by one,
// then orders are left out from the end. It returns the last run that did.
func Shrink(t *testing.T, r Result) Result {
	broken := invariant(r)
	smaller := func(p Plan) bool {
		next := Run(t, Plan{Seed: p.Seed, Off: p.Off, Orders: p.Orders})
		if invariant(next) != broken {
			return false
		}
		r = next
		return true
	}
	for _, kind := range slices.Clone(r.Plan.On) {
		p := r.Plan
		p.Off = append(slices.Clone(p.Off), kind)
		smaller(p)
	}
	for orders := 1; orders < most; orders++ {
		p := r.Plan
		if p.Orders = orders; smaller(p) {
			break
		}
	}
	return r
}

// most is how many orders a seed has at most.
const most = 6

// invariant is the name of the first one that was broken, "" for none.
func invariant(r Result) string {
	if len(r.Breaches) == 0 {
		return ""
	}
	id, _, _ := strings.Cut(r.Breaches[0], ":")
	return id
}

// Report is all that is needed to understand a run that failed, and to play it again.
func (r Result) Report() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %s breaks %s after %d steps and %s, with %d lives of processes; faults: %s\n",
		r.Plan, invariant(r), r.Steps, r.Spent, r.Lives, strings.Join(r.Plan.On, " "))
	fmt.Fprintf(&b, "again: go test ./internal/dst -run TestPlan -plan %q -v\n", r.Plan)
	for _, line := range r.Trace {
		fmt.Fprintf(&b, "  %s\n", line)
	}
	for _, breach := range r.Breaches {
		fmt.Fprintf(&b, "%s\n", breach)
	}
	return b.String()
}
