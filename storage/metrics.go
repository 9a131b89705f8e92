package storage

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"grapevine/rewards"
)

const (
	figureDays = 30 // of a report without dates
	topUsual   = 20
	topMost    = 200
)

// Figures reckons a shop's figures: docs/metrics.md says how each comes about. They are read at one moment
// of the database by a fixed number of statements, whose rows are groups and never orders. Sums come from the
// daily figures, see figures.go, what cannot be added up from single orders. Kind NotFound
// without the shop or the programme, Invalid, code bad_range, for dates that make no periods.
func (d *DB) Figures(ctx context.Context, shopID string, f rewards.FigureFilter) (rewards.FigureReport, error) {
	var report rewards.FigureReport
	err := d.snapshot(ctx, func(x *txn) error {
		g, err := x.figuring(shopID, f)
		if err != nil {
			return err
		}
		report, err = g.report()
		return err
	})
	return report, d.fault("reckoning figures", err)
}

// figuring is one report under way.
type figuring struct {
	*txn
	shop rewards.FigureReport // its head: currency, zone, dates
	zone *time.Location
	now  time.Time
	f    rewards.FigureFilter
	top  []string // the advocates that are listed
	// rolled tells that sums come from the daily figures, read what was read of them last, and in which form.
	rolled bool
	read   []dayRow
	form   [2]any
}

func (x *txn) figuring(shopID string, f rewards.FigureFilter) (*figuring, error) {
	var shop shopRow
	if err := x.Where("shop_id = ?", shopID).Take(&shop).Error; err != nil {
		return nil, missing(err, "shop", shopID)
	}
	now, err := x.now()
	if err != nil {
		return nil, err
	}
	if f.Program != "" {
		if err := x.Where("shop_id = ? AND program = ?", shopID, f.Program).Take(&offerRow{}).Error; err != nil {
			return nil, missing(err, "program", f.Program)
		}
	}
	g := &figuring{txn: x, now: now, zone: zoneOf(shop), f: f}
	g.f.Top = min(cmp.Or(max(f.Top, 0), topUsual), topMost)
	if g.f.To.IsZero() {
		g.f.To = rewards.DateOf(now.In(g.zone))
	}
	if g.f.From.IsZero() {
		g.f.From = g.f.To.Add(1 - figureDays)
	}
	g.shop = rewards.FigureReport{Shop: shopID, Currency: shop.Currency, Zone: g.zone.String(), From: g.f.From, To: g.f.To, Program: f.Program, By: f.By, Quick: f.Quick}
	g.rolled, err = x.reckoned(shop)
	return g, err
}

// zoneOf is the zone in which a shop's days begin, UTC where its name is not known.
func zoneOf(shop shopRow) *time.Location {
	if zone, err := time.LoadLocation(shop.TimeZone); err == nil {
		return zone
	}
	return time.UTC
}

func (g *figuring) report() (rewards.FigureReport, error) {
	r := g.shop
	if err := g.sheets(&r); err != nil {
		return r, err
	}
	whole := r.Total.Period
	for _, step := range []func() error{
		func() (err error) { r.Rejected, err = g.rejected(whole); return err },
		func() (err error) { r.Value, err = g.value(whole); return err },
		func() (err error) { r.Review, err = g.review(); return err },
		func() (err error) { r.HeldNow, err = g.heldNow(); return err },
		func() (err error) { r.Budgets, err = g.budgets(); return err },
	} {
		if err := step(); err != nil {
			return r, err
		}
	}
	return r, nil
}

// sheets reckons the groups and the whole. What periods add up to is not asked for a second time; numbers of
// people do not add up.
func (g *figuring) sheets(r *rewards.FigureReport) error {
	additive, distinct := []filler{g.orders, g.codes, g.moved, g.made}, []filler{g.people, g.sharing}
	if g.f.Quick {
		distinct = nil
	}
	sums := additive
	if g.rolled {
		sums = []filler{g.fromDays}
	}
	everything := slices.Concat(sums, distinct)
	if !g.f.By.OverTime() {
		total, err := g.sheet(rewards.ByNothing, everything)
		if err != nil {
			return err
		}
		r.Total = total.list()[0]
		if g.f.By == rewards.ByNothing {
			return nil
		}
	}
	switch {
	case g.rolled && g.f.By == rewards.ByVariant: // the days do not tell rewards apart by variant
		everything = slices.Concat([]filler{g.fromDays, g.moved, g.made}, distinct)
	case g.rolled && g.f.By == rewards.ByAdvocate:
		everything = slices.Concat(additive, distinct)
	}
	groups, err := g.sheet(g.f.By, everything)
	if err != nil {
		return err
	}
	if g.f.By.OverTime() {
		total, err := g.sheet(rewards.ByNothing, distinct)
		if err != nil {
			return err
		}
		total.addUp(groups)
		r.Total = total.list()[0]
	}
	groups.whole(r.Total)
	r.Groups = groups.list()
	return nil
}

// filler asks for some of the figures of each group.
type filler func(*sheet) error

// sheet reckons figures by one grouping.
func (g *figuring) sheet(by rewards.Grouping, fill []filler) (*sheet, error) {
	periods, err := rewards.Periods(g.f.From, g.f.To, by, g.zone)
	if err != nil {
		return nil, err
	}
	s := newSheet(periods, by, g.shop.Currency)
	if by == rewards.ByAdvocate {
		if err := g.findTop(s); err != nil || len(g.top) == 0 {
			return s, err
		}
	}
	for _, f := range fill {
		if err := f(s); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// sheet holds the figures of each group of one grouping.
type sheet struct {
	by       rewards.Grouping
	currency string
	periods  []rewards.Period
	groups   map[groupKey]*rewards.Figures
	order    []groupKey // of advocates, by what they brought
}

// groupKey names a group: the number of its period, and what else tells it apart. It is part of each row
// that a statement answers.
type groupKey struct {
	N                          int
	Program, Variant, Advocate string
}

func newSheet(periods []rewards.Period, by rewards.Grouping, currency string) *sheet {
	s := &sheet{by: by, currency: currency, periods: periods, groups: map[groupKey]*rewards.Figures{}}
	if by == rewards.ByNothing || by.OverTime() {
		for n := range periods {
			s.of(groupKey{N: n})
		}
	}
	return s
}

// of is the group of a row, which is made where it is not there.
func (s *sheet) of(k groupKey) *rewards.Figures {
	if f := s.groups[k]; f != nil {
		return f
	}
	none := rewards.Money{Currency: s.currency}
	t := rewards.Tally{Revenue: none}
	f := &rewards.Figures{
		Period: s.periods[k.N], Program: k.Program, Variant: k.Variant, Advocate: k.Advocate,
		All: t, Rewarded: t, Pending: t, Held: t, Rejected: t, Historic: t, TookOff: none, TookOffRejected: none,
	}
	s.groups[k] = f
	return f
}

// list returns the groups in their order.
func (s *sheet) list() []rewards.Figures {
	keys := s.order
	if keys == nil {
		for k := range s.groups {
			keys = append(keys, k)
		}
		slices.SortFunc(keys, func(a, b groupKey) int {
			return cmp.Or(cmp.Compare(a.N, b.N), strings.Compare(a.Program, b.Program), strings.Compare(a.Variant, b.Variant))
		})
	}
	out := make([]rewards.Figures, len(keys))
	for i, k := range keys {
		out[i] = *s.of(k)
		slices.SortFunc(out[i].Rewards, func(a, b rewards.RewardFigures) int {
			return cmp.Or(strings.Compare(string(a.Kind), string(b.Kind)), strings.Compare(a.Unit, b.Unit))
		})
	}
	return out
}

// whole gives groups that are no periods the orders of the whole shop to be measured by.
func (s *sheet) whole(total rewards.Figures) {
	if s.by.OverTime() {
		return
	}
	for _, f := range s.groups {
		f.All, f.Historic, f.Elsewhere = total.All, total.Historic, total.Elsewhere
	}
}

// addUp makes the only group the sum of the periods of another sheet, as far as they add up.
func (s *sheet) addUp(periods *sheet) {
	all := s.of(groupKey{})
	for _, f := range periods.groups {
		for _, t := range []struct {
			sum  *rewards.Tally
			part rewards.Tally
		}{{&all.All, f.All}, {&all.Rewarded, f.Rewarded}, {&all.Pending, f.Pending}, {&all.Held, f.Held}, {&all.Rejected, f.Rejected}, {&all.Historic, f.Historic}} {
			t.sum.Orders += t.part.Orders
			t.sum.Revenue.Minor += t.part.Revenue.Minor
		}
		all.Elsewhere, all.ByLink = all.Elsewhere+f.Elsewhere, all.ByLink+f.ByLink
		all.TookOff.Minor += f.TookOff.Minor
		all.TookOffRejected.Minor += f.TookOffRejected.Minor
		for _, r := range f.Rewards {
			sum := s.rewards(groupKey{}, string(r.Kind), r.Unit)
			sum.Made, sum.Unpriced = sum.Made+r.Made, sum.Unpriced+r.Unpriced
			sum.Waiting.Minor, sum.Given.Minor = sum.Waiting.Minor+r.Waiting.Minor, sum.Given.Minor+r.Given.Minor
			sum.Used.Minor, sum.Lost.Minor = sum.Used.Minor+r.Used.Minor, sum.Lost.Minor+r.Lost.Minor
		}
	}
}

// over is the relation of the periods.
func (s *sheet) over() table {
	t := table{cols: "n integer, since timestamptz, until timestamptz"}
	for n, p := range s.periods {
		t.add(n, p.From, p.Until)
	}
	return t
}

// rewards finds a group's figures of one kind and unit.
func (s *sheet) rewards(k groupKey, kind, unit string) *rewards.RewardFigures {
	f := s.of(k)
	i := slices.IndexFunc(f.Rewards, func(r rewards.RewardFigures) bool { return string(r.Kind) == kind && r.Unit == unit })
	if i < 0 {
		none := rewards.Money{Currency: unit}
		f.Rewards = append(f.Rewards, rewards.RewardFigures{Kind: rewards.RewardKind(kind), Unit: unit, Waiting: none, Given: none, Used: none, Lost: none})
		i = len(f.Rewards) - 1
	}
	return &f.Rewards[i]
}

// statement is SQL that is put together from parts with their arguments.
type statement struct {
	text strings.Builder
	args []any
}

func (q *statement) add(sql string, args ...any) {
	q.text.WriteString(sql)
	q.args = append(q.args, args...)
}

// ask runs a statement over the periods.
func ask[T any](g *figuring, s *sheet, q *statement) ([]T, error) {
	return queryAll[T](g.txn, s.over(), q.text.String(), q.args...)
}

// answer runs a statement without periods.
func answer[T any](g *figuring, q *statement) ([]T, error) {
	var rows []T
	_, err := g.scan(&rows, q.text.String(), q.args...)
	return rows, err
}
