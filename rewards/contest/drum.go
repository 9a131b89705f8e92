package contest

import "slices"

// drum holds the tickets that can still win. Its sums form a binary indexed tree (P. M. Fenwick, 1994),
// so a pick costs the logarithm of the number of entries.
type drum struct {
	left    int64           // tickets inside
	first   []int64         // by entry: its first ticket
	inside  []int64         // by entry: its tickets inside
	sums    []int64         // by node i, from 1: the tickets inside of the i&-i entries that end at i-1
	taken   map[int][]int64 // by entry: its tickets that were drawn, in ascending order
	entries map[string][]int
}

func newDrum(sorted []Entry) *drum {
	d := &drum{
		first: make([]int64, len(sorted)), inside: make([]int64, len(sorted)), sums: make([]int64, len(sorted)+1),
		taken: map[int][]int64{}, entries: map[string][]int{},
	}
	for i, e := range sorted {
		d.first[i] = d.left + 1
		d.add(i, int64(e.Count))
		d.entries[e.Holder] = append(d.entries[e.Holder], i)
	}
	return d
}

// add puts tickets of an entry in, or takes them out where n is negative.
func (d *drum) add(entry int, n int64) {
	d.left += n
	d.inside[entry] += n
	for i := entry + 1; i < len(d.sums); i += i & -i {
		d.sums[i] += n
	}
}

// take takes out the ticket that has r of those inside below it, and tells its entry. r is below left.
func (d *drum) take(r int64) (entry int, ticket int64) {
	step := 1
	for step*2 < len(d.sums) {
		step *= 2
	}
	for ; step > 0; step /= 2 {
		if next := entry + step; next < len(d.sums) && d.sums[next] <= r {
			entry, r = next, r-d.sums[next]
		}
	}
	ticket = d.first[entry] + r
	drawn := d.taken[entry]
	at := 0
	for ; at < len(drawn) && drawn[at] <= ticket; at++ {
		ticket++ // this one is gone: the one that is meant comes later
	}
	d.taken[entry] = slices.Insert(drawn, at, ticket)
	d.add(entry, -1)
	return entry, ticket
}

// takeHolder takes out all tickets that a holder still has inside.
func (d *drum) takeHolder(holder string) {
	for _, i := range d.entries[holder] {
		d.add(i, -d.inside[i])
	}
}
