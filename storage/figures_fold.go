package storage

import (
	"slices"
	"time"

	"grapevine/rewards"
)

const figureCols = "what, unit, program, variant, label, n, a, b, c, d"

// fold adds changes to the days that they belong to.
func (x *txn) fold(shopID string, zone *time.Location) (days int, more bool, err error) {
	var at []stamp
	if _, err := x.scan(&at, "SELECT DISTINCT at FROM figure_changes WHERE shop_id = ? ORDER BY at LIMIT ?", shopID, rollUpAtOnce); err != nil || len(at) == 0 {
		return 0, false, err
	}
	more = len(at) == rollUpAtOnce
	t := dayTable()
	for len(at) > 0 {
		since, until, day := everAt, everAt.Add(15*time.Minute), everDay
		if !at[0].Equal(everAt) {
			date := rewards.DateOf(at[0].In(zone))
			since, until, day = date.Begins(zone), date.Add(1).Begins(zone), numberOf(date)
		}
		t.add(day, since, until)
		n := slices.IndexFunc(at, func(s stamp) bool { return !s.Before(until) })
		if n < 0 {
			break
		}
		at = at[n:]
	}
	_, err = x.execAll(t, `INSERT INTO figures_daily (shop_id, day, `+figureCols+`)
SELECT c.shop_id, v.day, c.what, c.unit, c.program, c.variant, c.label, sum(c.n), sum(c.a), sum(c.b), sum(c.c), sum(c.d)
FROM v CROSS JOIN figure_changes c WHERE c.shop_id = ? AND c.at >= v.since AND c.at < v.until
GROUP BY c.shop_id, v.day, c.what, c.unit, c.program, c.variant, c.label
ON CONFLICT (shop_id, day, what, unit, program, variant, label) DO UPDATE SET n = figures_daily.n + excluded.n, a = figures_daily.a + excluded.a,
  b = figures_daily.b + excluded.b, c = figures_daily.c + excluded.c, d = figures_daily.d + excluded.d`, shopID)
	if err != nil {
		return 0, false, err
	}
	first, last := t.rows[0][1], t.rows[len(t.rows)-1][2]
	_, err = x.execAll(t, `DELETE FROM figure_changes WHERE shop_id = ? AND at >= ? AND at < ? AND EXISTS (SELECT 1 FROM v WHERE at >= v.since AND at < v.until)`, shopID, first, last)
	return len(t.rows), more, err
}

func dayTable() table { return table{cols: "day integer, since timestamptz, until timestamptz"} }

// numberOf counts a day from 1970-01-01, dateOf is the day of a number.
func numberOf(date rewards.Date) int {
	return int(time.Date(date.Year, date.Month, date.Day, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

func dateOf(day int) rewards.Date { return rewards.Date{Year: 1970, Month: 1, Day: 1}.Add(day) }
