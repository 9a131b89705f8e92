package storage

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"grapevine/rewards"
)

// dayRow is a sum over the days of a period, -1 for what belongs to no day. What n and a to d are depends on
// what they are of: the migration has the list.
type dayRow struct {
	N                                   int // of the period
	What, Unit, Program, Variant, Label string
	Count, A, B, C, D                   int64
}

// reckoned tells whether the daily figures of a shop are all there, in the zone of its days.
func (x *txn) reckoned(shop shopRow) (bool, error) {
	var is figureShop
	n, err := x.scan(&is, "SELECT time_zone, next_day FROM figure_shops WHERE shop_id = ?", shop.ShopID)
	return n == 1 && is.NextDay == nil && is.TimeZone == shop.TimeZone, err
}

// days adds up the daily figures of a sheet's periods, and what has been changed since they were rolled up.
// Those that belong to no day come with them.
func (g *figuring) days(s *sheet) ([]dayRow, error) {
	form := [2]any{len(s.periods), s.by == rewards.ByVariant}
	if g.form == form {
		return g.read, nil
	}
	t, args := g.looks(s.periods)
	variant := "''"
	if s.by == rewards.ByVariant {
		variant = "f.variant"
	}
	const sums = "CAST(sum(f.n) AS bigint), CAST(sum(f.a) AS bigint), CAST(sum(f.b) AS bigint), CAST(sum(f.c) AS bigint), CAST(sum(f.d) AS bigint)"
	sql := "SELECT f.p, f.what, f.unit, f.program, " + variant + ", f.label, " + sums + " FROM (" +
		g.figuresIn("figures_daily", "day", "integer", "f.day >= v.first AND f.day <= v.last") + " UNION ALL " +
		g.figuresIn("figure_changes", "at", "timestamptz", "f.at >= v.since AND f.at < v.until") +
		") f GROUP BY 1, 2, 3, 4, 5, 6 HAVING sum(f.n) <> 0"
	var all []dayRow
	err := g.chunks(t, func(with string, vals []any) error {
		rows, err := g.Raw(with+sql, append(vals, args...)...).Rows()
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var r dayRow
			if err := rows.Scan(&r.N, &r.What, &r.Unit, &r.Program, &r.Variant, &r.Label, &r.Count, &r.A, &r.B, &r.C, &r.D); err != nil {
				return err
			}
			all = append(all, r)
		}
		return rows.Err()
	})
	g.read, g.form = all, form
	return all, err
}

// looks are the stretches of the tables of figures in which the periods lie, and the parameters of the question. What
// belongs to no day is number -1. On PostgreSQL all periods are one stretch, since they leave no gap: what is in it is
// put to its period by where they begin.
func (g *figuring) looks(periods []rewards.Period) (t table, args []any) {
	first := func(p rewards.Period) int { return numberOf(rewards.DateOf(p.From.In(g.zone))) }
	last := func(p rewards.Period) int { return numberOf(rewards.DateOf(p.Until.Add(-1).In(g.zone))) }
	t.cols = "p integer, first integer, last integer, since timestamptz, until timestamptz"
	t.add(-1, everDay, everDay, everAt, everAt.Add(time.Minute))
	if g.d.lite {
		for n, p := range periods {
			t.add(n, first(p), last(p), p.From, p.Until)
		}
		return t, []any{g.shop.Shop, g.shop.Shop}
	}
	if n := len(periods); n > 0 {
		t.add(0, first(periods[0]), last(periods[n-1]), periods[0].From, periods[n-1].Until)
	}
	days, moments := make([]string, len(periods)), make([]string, len(periods))
	for n, p := range periods {
		days[n], moments[n] = strconv.Itoa(first(p)), p.From.UTC().Format(time.RFC3339Nano)
	}
	return t, []any{borders(days), g.shop.Shop, borders(moments), g.shop.Shop}
}

// borders is an array of PostgreSQL's.
func borders(all []string) string { return "{" + strings.Join(all, ",") + "}" }

// figuresIn asks for the rows of a table of figures in the periods, each with the number of its period. On PostgreSQL
// a first parameter tells where periods begin.
func (x *txn) figuresIn(table, when, kind, within string) string {
	cols := "f." + strings.ReplaceAll(figureCols, ", ", ", f.")
	if x.d.lite {
		return "SELECT v.p, " + cols + " FROM v CROSS JOIN " + table + " f WHERE f.shop_id = ? AND " + within
	}
	return "SELECT CASE WHEN v.p < 0 THEN v.p ELSE width_bucket(f." + when + ", CAST(? AS " + kind + "[])) - 1 END AS p, " + cols + " FROM v CROSS JOIN LATERAL (SELECT * FROM " + table + " f WHERE f.shop_id = ? AND " + within + " OFFSET 0) f"
}

// fromDays fills a sheet from the daily figures. By variant they tell of orders only.
func (g *figuring) fromDays(s *sheet) error {
	rows, err := g.days(s)
	for _, r := range rows {
		mine := g.f.Program == "" || r.Program == g.f.Program
		switch {
		case r.N < 0:
		case r.What == "order":
			g.countOrders(s, r, mine)
		case mine && s.by != rewards.ByVariant && (r.What == "ledger" || r.What == "made"):
			f := s.rewards(r.group(s.by), r.Label, r.Unit)
			if r.What == "made" {
				f.Made, f.Unpriced = f.Made+r.Count, f.Unpriced+r.A
				break
			}
			f.Waiting.Minor, f.Given.Minor = f.Waiting.Minor+r.A, f.Given.Minor+r.B+r.C
			f.Used.Minor, f.Lost.Minor = f.Used.Minor+r.C, f.Lost.Minor+r.D
		}
	}
	return err
}

// group is the group of a row.
func (r dayRow) group(by rewards.Grouping) groupKey {
	switch by {
	case rewards.ByProgram:
		return groupKey{N: r.N, Program: r.Program}
	case rewards.ByVariant:
		return groupKey{N: r.N, Program: r.Program, Variant: r.Variant}
	}
	return groupKey{N: r.N}
}

// countOrders adds orders to their group, as the statements over single orders do: see orders and codes.
func (g *figuring) countOrders(s *sheet, r dayRow, mine bool) {
	class, whole := r.Label, s.by == rewards.ByNothing || s.by.OverTime()
	switch {
	case !whole && (r.Program == "" || !mine):
		return
	case r.Unit != g.shop.Currency:
		class = "elsewhere"
	case class != "historic" && !mine:
		class = "other"
	}
	f := s.of(r.group(s.by))
	count(f, class, r.Count, r.A)
	switch class {
	case string(rewards.OutcomeRewarded), string(rewards.OutcomePending), string(rewards.OutcomeHeld):
		f.TookOff.Minor, f.ByLink = f.TookOff.Minor+r.B, f.ByLink+r.C
	case string(rewards.OutcomeRejected):
		f.TookOffRejected.Minor += r.B
	}
}

// sumDays adds up the daily figures of one sort over all periods, by label and unit: of one programme where it
// was asked for one.
func (g *figuring) sumDays(what string) []dayRow {
	var sums []dayRow
	for _, r := range g.read {
		if r.What != what || g.f.Program != "" && r.Program != g.f.Program {
			continue
		}
		i := slices.IndexFunc(sums, func(s dayRow) bool { return s.Label == r.Label && s.Unit == r.Unit })
		if i < 0 {
			sums = append(sums, dayRow{What: what, Label: r.Label, Unit: r.Unit})
			i = len(sums) - 1
		}
		sums[i].Count, sums[i].A = sums[i].Count+r.Count, sums[i].A+r.A
	}
	return sums
}

// rejectedDays is rejected from the daily figures, reviewDays what waits.
func (g *figuring) rejectedDays() (all []rewards.ReasonFigure) {
	for _, r := range g.sumDays("reject") {
		all = append(all, rewards.ReasonFigure{Reason: rewards.Reason(r.Label), Orders: r.Count})
	}
	slices.SortFunc(all, func(a, b rewards.ReasonFigure) int {
		return cmp.Or(cmp.Compare(b.Orders, a.Orders), strings.Compare(string(a.Reason), string(b.Reason)))
	})
	return all
}

func (g *figuring) reviewDays() (all []rewards.ReviewFigures) {
	for _, r := range g.sumDays("review") {
		all = append(all, rewards.ReviewFigures{Status: rewards.Status(r.Label), Unit: r.Unit, Rewards: r.Count, Amount: rewards.Money{Minor: r.A, Currency: r.Unit}})
	}
	slices.SortFunc(all, func(a, b rewards.ReviewFigures) int {
		return cmp.Or(strings.Compare(string(a.Status), string(b.Status)), strings.Compare(a.Unit, b.Unit))
	})
	return all
}
