package main

import (
	"fmt"
	"strings"
)

// String is the whole plan, as it is printed and kept.
func (p plan) String() string {
	var b strings.Builder
	b.WriteString(p.faultsOnly())
	b.WriteString("workload:\n")
	for _, d := range p.Deeds {
		fmt.Fprintf(&b, "  %8.3f  shop %d order %-3d %s", d.At.Seconds(), d.Shop, d.Sale, d.What)
		if d.What == placed {
			fmt.Fprintf(&b, " by %s for %v", d.Buyer, d.Lines)
			if d.Advocate >= 0 {
				fmt.Fprintf(&b, " with the code of advocate %d", d.Advocate)
			}
			if d.Test {
				b.WriteString(", a test")
			}
			if d.Unpaid {
				b.WriteString(", unpaid")
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// faultsOnly is the plan without the workload.
func (p plan) faultsOnly() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d: %s, %v of load, the database %s", p.Seed, p.Topology, p.Load, p.Place)
	if p.Bug != "" {
		fmt.Fprintf(&b, ", with the planted bug %q", p.Bug)
	}
	b.WriteByte('\n')
	for i, s := range p.Shops {
		fmt.Fprintf(&b, "  shop %d: %s\n", i, s.Program)
		for _, u := range s.Answers {
			fmt.Fprintf(&b, "    %s: %s", u.Operation, u.Kind)
			if u.Status != 0 {
				fmt.Fprintf(&b, " %d", u.Status)
			}
			if u.Effect {
				b.WriteString(" after the effect")
			}
			if u.Delay != 0 {
				fmt.Fprintf(&b, " %v", u.Delay)
			}
			fmt.Fprintf(&b, ", %d times after %d calls\n", u.Count, u.Skip)
		}
	}
	for i, points := range p.Points {
		fmt.Fprintf(&b, "  process %d: %s\n", i, p.Roles[i])
		for _, at := range points {
			fmt.Fprintf(&b, "    at %s for the %d. time: %s, then %v of rest\n", at.Name, at.Nth, at.Action, at.Rest)
		}
	}
	b.WriteString("faults:\n")
	for _, f := range p.Faults {
		fmt.Fprintf(&b, "  %8.3f  %s, number %d, for %v\n", f.At.Seconds(), f.Kind, f.Target, f.For)
	}
	return b.String()
}
