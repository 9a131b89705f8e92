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
	all  map[string][]Program // by name, rising
	at   time.Time
	pins []Pin
}

// Pin keeps an order with what judged it before, whatever was applied since.
type Pin struct {
	Codes   string `json:"codes"` // the programme that the winning code was of
	Program string `json:"program"`
	Version int    `json:"version"`
}

// pinned is what the next judgement of an order is bound to, nil where nothing judged it yet.
func (r Record) pinned(live []Reward) *Pin {
	d := r.Decision
	pin := Pin{Codes: d.Program, Program: d.Program, Version: d.Version}
	if r.Facts.Pin != nil {
		pin.Codes = r.Facts.Pin.Codes
	}
	for _, c := range d.Candidates {
		i := slices.IndexFunc(r.Facts.Claims, func(x Claim) bool { return x.Code == c.Code && x.Via == c.Via && x.AdvocateID == c.Advocate })
		if c.Won && i >= 0 {
			pin.Codes = r.Facts.Claims[i].Program
		}
	}
	for _, r := range live {
		pin.Program, pin.Version = r.Program, r.Version
	}
	if pin.Program == "" {
		return nil
	}
	return &pin
}

// newRulebook makes the rulebook of an order. A shop's clock that runs ahead cannot carry an order into a
// version that did not exist when it was judged.
func newRulebook(all map[string][]Program, f Facts, pins ...*Pin) dated {
	at := f.Order.PlacedAt
	if f.At.Before(at) {
		at = f.At
	}
	d := dated{all: all, at: at}
	for _, pin := range pins {
		if pin != nil {
			d.pins = append(d.pins, *pin)
		}
	}
	return d
}

// Judging implements Rulebook.
func (d dated) Judging(program string) (Program, bool) {
	own, ok := d.named(program)
	if !ok {
		return Program{}, false
	}
	for _, pin := range d.pins {
		if p, ok := d.named(pin.Program); ok && pin.Codes == program {
			return p, true
		}
	}
	var over []Program
	for name := range d.all {
		p, _ := d.named(name)
		if !p.JudgesFor(program) || p.Shadow {
			continue
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
	for _, pin := range d.pins {
		for _, p := range d.all[name] {
			if name == pin.Program && p.Version == pin.Version {
				return p, true
			}
		}
	}
	return VersionAt(d.all[name], d.at)
}

// Sole is a rulebook with one programme, which judges every code: what simulations ask.
type Sole Program

// Judging implements Rulebook.
func (s Sole) Judging(string) (Program, bool) { return Program(s), true }
