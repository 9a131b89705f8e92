package storage

import (
	"fmt"
	"math/rand/v2"
	"time"

	"grapevine/rewards"
)

// figureChecks: what triggers and roll-ups keep is what it would be if it were reckoned now.
var figureChecks = []check{
	{"I34", "the daily figures, with what is to be added to them, are the sums over the orders, rewards and ledger entries", checkFigures},
}

const (
	figureCheckFor  = 20 * time.Second // how long figures are compared: of large shops, then, only a part of a database
	figureCheckDays = 60               // days that are compared at a time
)

// checkFigures compares the days of all shops, in any order, until its time is up.
func checkFigures(x *txn, report func(shopID, subject, text string)) error {
	return x.checkFiguresFor(figureCheckFor, report)
}

// checkFiguresFor is checkFigures with another time. It tells as unchecked which shops it did not get to, and those
// whose days are yet to be reckoned: they are told from the rows until then.
func (x *txn) checkFiguresFor(most time.Duration, report func(shopID, subject, text string)) error {
	var shops []shopRow
	_, err := x.scan(&shops, "SELECT s.* FROM shops s JOIN figure_shops f ON f.shop_id = s.shop_id AND f.next_day IS NULL AND f.time_zone = s.time_zone ORDER BY s.shop_id")
	if err != nil {
		return err
	}
	var left []string
	if _, err := x.scan(&left, `SELECT s.shop_id || ': its days are still to be reckoned' FROM shops s
WHERE NOT EXISTS (SELECT 1 FROM figure_shops f WHERE f.shop_id = s.shop_id AND f.next_day IS NULL AND f.time_zone = s.time_zone) ORDER BY s.shop_id`); err != nil {
		return err
	}
	rand.Shuffle(len(shops), func(i, j int) { shops[i], shops[j] = shops[j], shops[i] })
	until := time.Now().Add(most)
	for i, shop := range shops {
		if !time.Now().Before(until) {
			left = append(left, fmt.Sprintf("%d of %d shops: not reached within %s", len(shops)-i, len(shops), most))
			break
		}
		found := func(subject, text string) { report(shop.ShopID, subject, text) }
		if err := x.compareEver(shop.ShopID, found); err != nil {
			return err
		}
		reached, err := x.compareAll(shop, until, found)
		if err != nil {
			return err
		}
		if reached != "" {
			left = append(left, fmt.Sprintf("%s: the days from %s on, not reached within %s", shop.ShopID, reached, most))
		}
	}
	if len(left) > 0 {
		return unchecked(left)
	}
	return nil
}

// compareAll compares the days of a shop. It returns the first that it did not get to, "" if it saw all.
func (x *txn) compareAll(shop shopRow, until time.Time, found func(subject, text string)) (reached string, err error) {
	zone := zoneOf(shop)
	for day, more := firstFigureDay, true; ; day += figureCheckDays {
		if day, more, err = x.nextFigureDay(shop.ShopID, zone, day); err != nil || !more {
			return "", err
		}
		if !time.Now().Before(until) {
			return dateOf(day).String(), nil
		}
		if err := x.compareDays(shop.ShopID, zone, day, found); err != nil {
			return "", err
		}
	}
}

// nextFigureDay finds the first day from another on for which there are figures or should be.
func (x *txn) nextFigureDay(shopID string, zone *time.Location, from int) (day int, found bool, err error) {
	first, found, err := x.nextFigure(shopID, dateOf(from).Begins(zone))
	if found {
		day = numberOf(rewards.DateOf(first.In(zone)))
	}
	if err != nil {
		return 0, false, err
	}
	var kept *int
	if err := x.Raw("SELECT min(day) FROM figures_daily WHERE shop_id = ? AND day >= ?", shopID, from).Row().Scan(&kept); err != nil {
		return 0, false, err
	}
	if kept != nil && (!found || *kept < day) {
		day, found = *kept, true
	}
	return day, found, nil
}

// dayKey is what a daily figure is told apart by, daySums are its sums.
type (
	dayKey struct {
		Day                                 int
		What, Unit, Program, Variant, Label string
	}
	daySums struct{ N, A, B, C, D int64 }
	dayFact struct {
		Key  dayKey  `gorm:"embedded"`
		Sums daySums `gorm:"embedded"`
	}
)

const (
	everDayIs = "SELECT -25567 AS day, "
	keptSums  = "CAST(sum(f.n) AS bigint) AS n, CAST(sum(f.a) AS bigint) AS a, CAST(sum(f.b) AS bigint) AS b, CAST(sum(f.c) AS bigint) AS c, CAST(sum(f.d) AS bigint) AS d"
)

func (x *txn) compareDays(shopID string, zone *time.Location, day int, found func(subject, text string)) error {
	t := dayTable()
	for n := range figureCheckDays {
		t.add(day+n, dateOf(day+n).Begins(zone), dateOf(day+n+1).Begins(zone))
	}
	rows, err := queryAll[dayFact](x, t, "SELECT q.* FROM ("+x.dayFigures()+") q", shopID, shopID, shopID, shopID, shopID)
	if err != nil {
		return err
	}
	kept, err := queryAll[dayFact](x, t, "SELECT f.day, f.what, f.unit, f.program, f.variant, f.label, "+keptSums+
		" FROM (SELECT v.day AS day, "+figureCols+" FROM v JOIN figures_daily k ON k.shop_id = ? AND k.day = v.day"+
		" UNION ALL SELECT v.day, "+figureCols+" FROM v JOIN figure_changes k ON k.shop_id = ? AND k.at >= v.since AND k.at < v.until) f GROUP BY 1, 2, 3, 4, 5, 6", shopID, shopID)
	if err == nil {
		compare(rows, kept, found)
	}
	return err
}

func (x *txn) compareEver(shopID string, found func(subject, text string)) error {
	var rows, kept []dayFact
	if _, err := x.scan(&rows, everDayIs+"q.* FROM ("+everFigures+") q", shopID, shopID); err != nil {
		return err
	}
	_, err := x.scan(&kept, everDayIs+"f.what, f.unit, f.program, f.variant, f.label, "+keptSums+
		" FROM (SELECT "+figureCols+" FROM figures_daily WHERE shop_id = ? AND day = ? UNION ALL SELECT "+figureCols+" FROM figure_changes WHERE shop_id = ? AND at = ?) f"+
		" GROUP BY 2, 3, 4, 5, 6", shopID, everDay, shopID, everAt)
	if err == nil {
		compare(rows, kept, found)
	}
	return err
}

// compare reports the sums that differ. Of what has come to nothing a row of zeros may be kept.
func compare(rows, kept []dayFact, found func(subject, text string)) {
	have := map[dayKey]daySums{}
	for _, f := range kept {
		have[f.Key] = f.Sums
	}
	differ := func(k dayKey, kept, rows daySums) {
		found(dateOf(k.Day).String(), fmt.Sprintf("%s %s %s %s %s: the daily figures say %v, the rows %v", k.What, k.Unit, k.Program, k.Variant, k.Label, kept, rows))
	}
	for _, f := range rows {
		if have[f.Key] != f.Sums {
			differ(f.Key, have[f.Key], f.Sums)
		}
		delete(have, f.Key)
	}
	for k, sums := range have {
		if sums != (daySums{}) {
			differ(k, sums, daySums{})
		}
	}
}
