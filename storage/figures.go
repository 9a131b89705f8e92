package storage

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"time"

	"gorm.io/gorm"

	"grapevine/rewards"
)

// The figures of days are kept in step with the rows that they are sums of, without anybody waiting:
//
//	orders, rewards, ledger ── triggers ──▶ figure_changes ── RollUp ──▶ figures_daily
//
// Each statement that writes such rows adds to figure_changes, in its own transaction, by how much it changed
// the sums: what its rows count now less what they counted before. The database does that by triggers, so
// that no writer can forget it, and knows what a row was before. A question adds up figures_daily and
// figure_changes at one moment of the database. Both together are the sums over the rows at that moment: a
// transaction shows its rows and its changes together or not at all, and RollUp moves changes from one table
// to the other in one transaction.
//
// RollUp runs at REPEATABLE READ on PostgreSQL, in one moment of the database. It adds up the changes that it
// sees and deletes those that it sees, so what a writer adds meanwhile stays for the next time. Of two roll-ups
// of a shop the second passes by: figure_shops is the lock. Should it have got its moment before the first
// was done and the lock after, then it deletes rows that are gone or adds to rows that have changed, and the
// database refuses it (40001): it runs again. SQLite has one writer at a time.
//
// Days from before the roll-ups (after a migration), or in another zone than the shop's (after a change of
// it), are reckoned from the rows themselves, some days in each transaction: at one moment the sums over the
// rows take the place of all that was known of these days, changes that can be seen included. Until the last
// day has been reckoned questions are answered from the rows, see figuring.

// everDay is the day, and everAt the moment, under which figures lie that belong to no day.
const everDay = -25567

var everAt = rewards.Date{Year: 1900, Month: 1, Day: 1}.Begins(time.UTC)

const (
	firstFigureDay = -1                     // the last of 1969: nobody can ask for an earlier one
	rollUpFor      = 300 * time.Millisecond // about how long a call of RollUp works
	rollUpStep     = 100 * time.Millisecond // about how long a transaction of it takes where days are reckoned anew
	rollUpAtOnce   = 2000                   // quarters of an hour that are folded by one transaction
	mostDaysAtOnce = 120                    // days that are reckoned anew by one transaction
)

// RollUp brings the daily figures up to date, a bounded part of them in each call, and tells of how many days
// of shops these were. 0 means that nothing is left to do, or that somebody else is doing it. It may run at
// any time, in several processes at once, and never waits for those who write.
func (d *DB) RollUp(ctx context.Context) (days int, err error) {
	var shops []string
	_, err = d.read(ctx).scan(&shops, `SELECT f.shop_id FROM figure_shops f JOIN shops s ON s.shop_id = f.shop_id WHERE f.next_day IS NOT NULL OR f.time_zone <> s.time_zone
UNION SELECT shop_id FROM figure_changes`)
	if err != nil {
		return 0, d.fault("looking for figures to roll up", err)
	}
	rand.Shuffle(len(shops), func(i, j int) { shops[i], shops[j] = shops[j], shops[i] }) // none is always the last
	until, step := time.Now().Add(rollUpFor), 1
	for i := 0; i < len(shops) && time.Now().Before(until) && ctx.Err() == nil; {
		var done int
		var more bool
		began := time.Now()
		err := d.frozen(ctx, "rolling up figures", func(x *txn) (err error) {
			done, more, err = x.rollUp(shops[i], step)
			return err
		})
		if err != nil {
			return days, err
		}
		if took := time.Since(began); took < rollUpStep/2 {
			step = min(2*step, mostDaysAtOnce)
		} else if took > rollUpStep {
			step = max(step/2, 1)
		}
		if days += done; !more {
			i++
		}
	}
	return days, ctx.Err()
}

// frozen is write at one moment of the database.
func (d *DB) frozen(ctx context.Context, doing string, f func(x *txn) error) error {
	opts := &sql.TxOptions{Isolation: sql.LevelRepeatableRead}
	if d.lite {
		opts = &sql.TxOptions{}
	}
	var err error
	for run := range maxRuns {
		if run > 0 && pause(ctx, rand.N(runPause<<run)) != nil {
			break
		}
		err = d.inTurn(ctx, false, func() error {
			return d.writer.WithContext(ctx).Transaction(func(g *gorm.DB) error { return f(d.txn(g)) }, opts)
		})
		if !mayRunAgain(err) {
			break
		}
	}
	return d.fault(doing, err)
}

// figureShop is how far the days of a shop have been reckoned.
type figureShop struct {
	TimeZone string
	NextDay  *int
}

// rollUp does the next step for a shop: of days that are to be reckoned anew so many at most.
func (x *txn) rollUp(shopID string, step int) (days int, more bool, err error) {
	var is figureShop
	n, err := x.scan(&is, "SELECT time_zone, next_day FROM figure_shops WHERE shop_id = ? {skip}", shopID)
	if err != nil || n == 0 {
		return 0, false, err
	}
	shop, err := x.shop(shopID)
	if err != nil {
		return 0, false, err
	}
	if is.TimeZone != shop.TimeZone {
		if err := x.reckonAnew(shopID, shop.TimeZone); err != nil {
			return 0, false, err
		}
		return 1, true, nil
	}
	if is.NextDay != nil {
		days, err = x.reckon(shopID, zoneOf(shop), *is.NextDay, step)
		return days, true, err
	}
	days, more, err = x.fold(shopID, zoneOf(shop))
	return days, more, err
}

// reckonAnew has all days of a shop reckoned again in a zone.
func (x *txn) reckonAnew(shopID, zone string) error {
	if _, err := x.exec("DELETE FROM figures_daily WHERE shop_id = ?", shopID); err != nil {
		return err
	}
	_, err := x.exec("UPDATE figure_shops SET time_zone = ?, next_day = ? WHERE shop_id = ?", zone, firstFigureDay, shopID)
	return err
}
