package rewards

import (
	"cmp"
	"slices"
	"time"
)

// Rulebook finds the programme that judges an order.
type Rulebook interface {
	// Judging returns the version that judges orders with codes of this programme: its own, or that of a
	// programme which runs instead of it. ok is false where the programme does not exist.
	Judging(program string) (p Program, ok bool)
}

// dated is the rulebook of one order: every programme at the version that was valid when it was placed.
type dated struct {
	all map[string][]Program // by name, rising
	at  time.Time
	// What judged the order before judges it again, whatever was applied since.
	program string
	version int
}

// newRulebook makes the rulebook of an order. A shop's clock that runs ahead cannot carry an order into a
// version that did not exist when it was judged.
func newRulebook(all map[string][]Program, program string, version int, f Facts) dated {
	at := f.Order.PlacedAt
	if f.At.Before(at) {
		at = f.At
	}
	return dated{all: all, at: at, program: program, version: version}
}

// Judging implements Rulebook.
func (d dated) Judging(program string) (Program, bool) {
	own, ok := d.named(program)
	if !ok {
		return Program{}, false
	}
	if d.program == program && d.version > 0 {
		return own, true
	}
	var over []Program
	for name := range d.all {
		p, _ := d.named(name)
		if !p.JudgesFor(program) || p.Shadow {
			continue
		}
		if name == d.program {
			return p, true
		}
		if p.Runs(d.at) && !p.AppliedAt.After(d.at) {
			over = append(over, p)
		}
	}
	if len(over) == 0 {
		return own, true
	}
	return slices.MinFunc(over, byPriority), true
}

func byPriority(a, b Program) int {
	return cmp.Or(cmp.Compare(b.Priority, a.Priority), cmp.Compare(a.Name, b.Name))
}

// named returns the version of one programme.
func (d dated) named(name string) (Program, bool) {
	if name == d.program {
		for _, p := range d.all[name] {
			if p.Version == d.version {
				return p, true
			}
		}
	}
	return VersionAt(d.all[name], d.at)
}

// Sole is a rulebook with one programme, which judges every code: what simulations and shadows ask.
type Sole Program

// Judging implements Rulebook.
func (s Sole) Judging(string) (Program, bool) { return Program(s), true }
