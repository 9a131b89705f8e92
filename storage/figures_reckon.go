package storage

import (
	"time"

	"grapevine/rewards"
)

// orderLabel is what an order counts as.
const orderLabel = "CASE WHEN o.historic THEN 'historic' WHEN " + asReferral + " OR o.outcome = 'rejected' THEN o.outcome ELSE 'other' END"

// dayFigures asks for the figures of days (v) as the rows of a shop tell them: for what the triggers keep up. The
// shop is its parameter, five times. Sums are bigint, which PostgreSQL's are not.
func (x *txn) dayFigures() string {
	sum := func(of string) string { return "CAST(coalesce(sum(" + of + "), 0) AS bigint)" }
	count := func(condition string) string { return sum("CASE WHEN " + condition + " THEN 1 ELSE 0 END") }
	moved := func(account string) string {
		return sum("CASE WHEN l.account LIKE '" + account + ":%' THEN l.amount_minor ELSE 0 END")
	}
	placed := "coalesce(o.placed_at, 'epoch'::timestamptz)" // as the index has it
	if x.d.lite {
		placed = "coalesce(o.placed_at, 0)"
	}
	return "SELECT v.day, 'order' AS what, o.currency AS unit, o.program, o.variant, " + orderLabel + " AS label, count(*) AS n, " +
		sum("o.eligible_minor") + " AS a, " + sum("o.took_off_minor") + " AS b, " + count("o.linked") + " AS c, 0 AS d" +
		x.during("orders", "o.placed_at", "", "") + " AND " + goodOrder + " GROUP BY 1, 3, 4, 5, 6" +

		" UNION ALL SELECT v.day, 'reject', '', o.program, '', o.reason, count(*), 0, 0, 0, 0" +
		x.during("orders", placed, " AND o.outcome = 'rejected' AND o.outcome <> 'none' AND o.placed_at IS NOT NULL AND NOT o.test AND NOT o.historic", "") + " GROUP BY 1, 4, 6" +

		" UNION ALL SELECT m.day, 'ledger', m.unit, r.program, '', r.kind, " + sum("m.n") + ", " + sum("m.a") + ", " + sum("m.b") + ", " + sum("m.c") + ", " + sum("m.d") +
		" FROM (SELECT v.day, l.reward_id, l.currency AS unit, count(*) AS n, " + moved("pending") + " AS a, " + moved("issued") + " AS b, " + moved("used") + " AS c, " + moved("loss") + " AS d" +
		x.during("ledger", "l.at", "", "") + " AND l.account NOT LIKE 'program:%' GROUP BY v.day, l.reward_id, l.currency) m JOIN rewards r ON r.shop_id = ? AND r.id = m.reward_id GROUP BY 1, 3, 4, 6" +

		" UNION ALL SELECT v.day, 'made', r.currency, r.program, '', r.kind, count(*), " + count("r.value_minor = 0") + ", 0, 0, 0" +
		x.during("rewards", "r.created_at", "", "") + " AND r.replaces = '' GROUP BY 1, 3, 4, 6"
}

// everFigures asks for the figures of a shop that belong to no day. The shop is its parameter, twice.
const everFigures = "SELECT 'review' AS what, r.currency AS unit, r.program, '' AS variant, r.status AS label, count(*) AS n, CAST(sum(r.net_minor) AS bigint) AS a, 0 AS b, 0 AS c, 0 AS d" +
	" FROM rewards r WHERE r.shop_id = ? AND r.status IN ('pending', 'held') GROUP BY r.currency, r.program, r.status" +
	" UNION ALL SELECT 'earned', o.currency, o.program, '', '', count(*), CAST(sum(o.eligible_minor) AS bigint), 0, 0, 0" +
	" FROM orders o WHERE o.shop_id = ? AND " + goodOrder + " AND " + asReferral + " GROUP BY o.currency, o.program"

// reckon reckons some days of a shop from the rows, beginning with the first from a day on of which there is
// anything. What is known of changes to days up to the last of them is part of that.
func (x *txn) reckon(shopID string, zone *time.Location, from, step int) (days int, err error) {
	since := dateOf(from).Begins(zone)
	first, found, err := x.nextFigure(shopID, since)
	if err != nil {
		return 0, err
	}
	if !found {
		return x.reckonEver(shopID, since)
	}
	day := numberOf(rewards.DateOf(first.In(zone)))
	t := dayTable()
	for n := range step {
		t.add(day+n, dateOf(day+n).Begins(zone), dateOf(day+n+1).Begins(zone))
	}
	until := dateOf(day + step).Begins(zone)
	if _, err := x.exec("DELETE FROM figures_daily WHERE shop_id = ? AND day >= ? AND day < ?", shopID, from, day+step); err != nil {
		return 0, err
	}
	_, err = x.execAll(t, "INSERT INTO figures_daily (shop_id, day, "+figureCols+") SELECT ?, q.day, q.what, q.unit, q.program, q.variant, q.label, q.n, q.a, q.b, q.c, q.d FROM ("+x.dayFigures()+") q",
		shopID, shopID, shopID, shopID, shopID, shopID)
	if err != nil {
		return 0, err
	}
	if _, err := x.exec("DELETE FROM figure_changes WHERE shop_id = ? AND at >= ? AND at < ?", shopID, since, until); err != nil {
		return 0, err
	}
	_, err = x.exec("UPDATE figure_shops SET next_day = ? WHERE shop_id = ?", day+step, shopID)
	return step, err
}

// nextFigure finds the first moment from another on of which a shop has figures.
func (x *txn) nextFigure(shopID string, since time.Time) (first time.Time, found bool, err error) {
	for _, sql := range []string{
		"SELECT min(placed_at) FROM orders WHERE shop_id = ? AND placed_at >= ?",
		"SELECT min(at) FROM ledger WHERE shop_id = ? AND at >= ?",
		"SELECT min(created_at) FROM rewards WHERE shop_id = ? AND created_at >= ?",
	} {
		var at stamp
		if err := x.Raw(sql, x.args([]any{shopID, since})...).Row().Scan(&at); err != nil {
			return first, false, err
		}
		if !at.IsZero() && (!found || at.Before(first)) {
			first, found = at.Time, true
		}
	}
	return first, found, nil
}

// reckonEver reckons what belongs to no day, when all days are done.
func (x *txn) reckonEver(shopID string, since time.Time) (days int, err error) {
	if _, err := x.exec("DELETE FROM figures_daily WHERE shop_id = ? AND day = ?", shopID, everDay); err != nil {
		return 0, err
	}
	_, err = x.exec("INSERT INTO figures_daily (shop_id, day, "+figureCols+") SELECT ?, ?, q.* FROM ("+everFigures+") q", shopID, everDay, shopID, shopID)
	if err != nil {
		return 0, err
	}
	if _, err := x.exec("DELETE FROM figure_changes WHERE shop_id = ? AND (at >= ? OR at = ?)", shopID, since, everAt); err != nil {
		return 0, err
	}
	_, err = x.exec("UPDATE figure_shops SET next_day = NULL WHERE shop_id = ?", shopID)
	return 1, err
}
