package simulation

import (
	"slices"
	"time"

	"grapevine/rewards"
)

// Options say what is judged against what.
type Options struct {
	From, To time.Time      // orders placed from From on, before To; holds are judged at To. To is required
	Zone     *time.Location // of days and months; UTC if nil
	Codes    map[string]Code
	// Rows gets each judged order, in order; with two programmes only those on which they differ. nil: nobody.
	Rows func(Row) error
}

// Run judges orders by one programme or two. It is fed the shop's orders one by one, oldest first, from the
// first that there is: what was placed before Options.From makes customers known.
type Run struct {
	opts  Options
	known known
	sides []*side // the programme, then the one it is compared with
	all   totals
	live  liveness
	diff  Diff
	last  time.Time
}

// totals are what the orders are, whatever a programme says.
type totals struct {
	Orders
	revenue rewards.Money
	foreign int64 // of another currency
}

// New begins a run. compare is nil, or the programme whose figures the first one's are set against. Kind
// Invalid without an end, or for two programmes in different currencies.
func New(o Options, p rewards.Program, compare *rewards.Program) (*Run, error) {
	if o.To.IsZero() || !o.From.Before(o.To) {
		return nil, rewards.Errorf(rewards.Invalid, "bad_period", "a simulation needs a period: %s to %s is none", o.From, o.To)
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	r := &Run{opts: o, known: known{counts: map[Key]int32{}}, all: totals{revenue: rewards.Money{Currency: p.Currency}}}
	r.sides = []*side{newSide(p, o)}
	if compare != nil {
		if compare.Currency != p.Currency {
			return nil, rewards.Errorf(rewards.Invalid, "currency_mismatch", "one programme is in %s, the other in %s", p.Currency, compare.Currency)
		}
		r.sides = append(r.sides, newSide(*compare, o))
	}
	r.live = liveness{Live{Program: r.sides[len(r.sides)-1].p.Name, Differ: []LiveRow{}}}
	return r, nil
}

// Everything tells whether orders that carry no code or link must come with their records too: a programme
// that binds friends to their first advocate looks at their later orders.
func (r *Run) Everything() bool {
	return slices.ContainsFunc(r.sides, func(s *side) bool { return s.p.Attribution.Bind })
}

// Order takes the next order. Kind Invalid for one that is older than the one before; otherwise the error of
// Options.Rows.
func (r *Run) Order(o Order) error {
	if o.PlacedAt.Before(r.last) {
		return rewards.Errorf(rewards.Invalid, "orders_unsorted", "an order of %s came after one of %s", o.PlacedAt, r.last)
	}
	r.last = o.PlacedAt
	if !o.PlacedAt.Before(r.opts.To) {
		return nil
	}
	who := person{o.Customer, o.Email}
	r.known.reach(o.PlacedAt)
	var err error
	if o.PlacedAt.Before(r.opts.From) {
		r.all.Before++
	} else {
		r.count(o)
		err = r.judge(o, r.known.earlier(who))
	}
	if !o.Test && !o.Gone {
		r.known.add(who)
	}
	return err
}

func (r *Run) count(o Order) {
	r.all.Read++
	if o.Test {
		return
	}
	if o.Left.Currency != r.all.revenue.Currency {
		r.all.foreign++
		return
	}
	if sum, err := r.all.revenue.Add(o.Left); err == nil {
		r.all.revenue = sum
	}
}

// judge asks both sides about an order that concerns them.
func (r *Run) judge(o Order, earlier int64) error {
	if o.Record == nil {
		return nil
	}
	f, assumed := r.facts(o, earlier)
	verdicts := make([]verdict, len(r.sides))
	judged := false
	for i, s := range r.sides {
		if verdicts[i], judged = s.judge(f), judged || len(f.Claims) > 0; verdicts[i].bound {
			judged = true
		}
	}
	if !judged {
		return nil
	}
	r.all.Referred++
	if assumed {
		r.all.Assumed++
	}
	if o.Record.Facts.Historic {
		r.all.Imported++
	}
	r.live.compare(*o.Record, verdicts[len(verdicts)-1].Decision, r.sides[0].p.Currency)
	return r.row(f, verdicts)
}

// row hands out what is to be seen of one order.
func (r *Run) row(f rewards.Facts, verdicts []verdict) error {
	row := newRow(f, verdicts)
	if len(verdicts) > 1 {
		if !row.differs() {
			return nil
		}
		r.diff.note(row)
	}
	if r.opts.Rows == nil {
		return nil
	}
	return r.opts.Rows(row)
}
