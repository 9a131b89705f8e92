package programfile

import (
	"fmt"
	"slices"
	"time"

	"grapevine/rewards"
)

// checkTimes warns of boosts that meet, and of those that lie outside the offer's days.
func (f *File) checkTimes() {
	p := f.Program
	for i, b := range p.Boosts {
		path := fmt.Sprintf("boosts[%d]", i+1)
		if !meet(p.From, p.Until, &b.From, &b.Until) {
			f.warn(path, "%s lies outside the days of the programme: no order gets it", b.Title)
		}
		for _, o := range p.Boosts[:i] {
			if meet(&o.From, &o.Until, &b.From, &b.Until) {
				f.warn(path, "%s and %s share days: on these the larger of the two counts, not both", b.Title, o.Title)
			}
		}
	}
}

// meet tells whether two spans share a moment; nil is open.
func meet(from, until, from2, until2 *time.Time) bool {
	before := func(a, b *time.Time) bool { return a == nil || b == nil || a.Before(*b) }
	return before(from, until2) && before(from2, until)
}

// Overlaps compares the programme with the shop's others, each at its newest version. It tells of
// programmes in instead_of that there are not, and of another one that runs instead of the same
// programme at the same time with the same priority, so that the alphabet would decide which judges.
func (f File) Overlaps(others []rewards.Program) Problems {
	var found Problems
	p := f.Program
	for i, name := range p.InsteadOf {
		path := fmt.Sprintf("instead_of[%d]", i+1)
		if !slices.ContainsFunc(others, func(o rewards.Program) bool { return o.Name == name }) {
			found = append(found, f.at(path, "there is no programme %s in this shop; grapevine program list shows those that are", name))
		}
		for _, o := range others {
			rival := o.Name != p.Name && !o.Shadow && !p.Shadow && o.JudgesFor(name) && o.Priority == p.Priority
			if rival && meet(p.From, p.Until, o.From, o.Until) {
				found = append(found, f.at(path, "%s runs instead of %s too, at the same time and with the same priority %d; give one of them another priority", o.Name, name, p.Priority))
			}
		}
	}
	return found
}
