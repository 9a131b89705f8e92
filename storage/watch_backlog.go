package storage

import (
	"context"
	"time"

	"grapevine/rewards"
	"grapevine/webhooks"
)

// What is open is found by partial indexes, and what has ended is not looked at: these statements cost the
// same after years as on the first day.
const (
	eventsOpen = `SELECT status, count(*) AS n FROM (SELECT status FROM events WHERE status = 'pending' LIMIT ?) p GROUP BY status
UNION ALL SELECT status, count(*) FROM (SELECT status FROM events WHERE status IN ('confirming', 'held', 'quarantined', 'dead') LIMIT ?) o GROUP BY status`

	// A replay of an old event is as old as the replay.
	oldestPending = `SELECT due_at FROM (SELECT due_at FROM events WHERE status = 'pending' AND suspect = false ORDER BY due_at, id LIMIT 1) f
UNION ALL SELECT due_at FROM (SELECT due_at FROM events WHERE status = 'pending' AND suspect = true ORDER BY due_at, id LIMIT 1) s`

	// An order of a shop that is not called is not read until somebody sets the shop going.
	oldestConfirming = `SELECT due_at FROM events WHERE status = 'confirming' AND id = (
  SELECT min(e.id) FROM events e JOIN shops s ON s.shop_id = e.shop_id AND s.status = 'active' WHERE e.status = 'confirming')`

	dueJobs = `SELECT j.kind AS status, count(*) AS n FROM lanes l JOIN jobs j ON j.shop_id = l.shop_id AND j.state = 'due' AND j.run_at <= {now}
  AND j.priority IN (0, 1, 2, 3) WHERE l.next_at <= {now} AND j.kind <> 'poll' GROUP BY j.kind`
)

// deadJobs tells the marks of a restoring apart from what was given up.
var deadJobs = "SELECT CASE WHEN " + marked("jobs") + " THEN last_code ELSE kind END AS status, count(*) AS n FROM jobs WHERE state = 'dead' GROUP BY 1"

// lateShops looks at the heads of each due shop's jobs.
var lateShops = `SELECT shop_id, oldest FROM (
  SELECT l.shop_id, (SELECT min(h.run_at) FROM (` + eachPriority("SELECT min(j.run_at) AS run_at FROM jobs j WHERE j.shop_id = l.shop_id AND j.state = 'due'") + `) h) AS oldest
  FROM lanes l JOIN shops s ON s.shop_id = l.shop_id AND s.status = 'active' WHERE l.next_at <= {now}) q
WHERE oldest <= {now} ORDER BY oldest, shop_id LIMIT ?`

// Backlog counts what waits. See webhooks.Backlog.
func (d *DB) Backlog(ctx context.Context) (b webhooks.Backlog, err error) {
	x := d.read(ctx)
	now, err := x.now()
	if err != nil {
		return b, d.fault("counting what waits", err)
	}
	if b.Events, err = countBy[webhooks.EventStatus](x, eventsOpen, webhooks.BacklogCap, webhooks.BacklogCap); err != nil {
		return b, d.fault("counting events", err)
	}
	if b.OldestEvent, err = x.oldest(now, oldestPending); err != nil {
		return b, d.fault("looking for the oldest event", err)
	}
	if b.OldestConfirming, err = x.oldest(now, oldestConfirming); err != nil {
		return b, d.fault("looking for the oldest event whose order is to be read", err)
	}
	if b.Due, err = countBy[rewards.JobKind](x, dueJobs); err != nil {
		return b, d.fault("counting due jobs", err)
	}
	if b.Dead, err = countBy[rewards.JobKind](x, deadJobs); err != nil {
		return b, d.fault("counting dead jobs", err)
	}
	b.InDoubt = b.Dead[CodeRestored]
	delete(b.Dead, CodeRestored)
	delete(b.Dead, CodeRestoredGiven)
	if err := x.late(&b, now); err != nil {
		return b, d.fault("looking for late shops", err)
	}
	b.Shops, err = d.ShopCounts(ctx)
	return b, err
}

// oldest is the greatest age among moments, zero where there is none.
func (x *txn) oldest(now time.Time, sql string) (age time.Duration, err error) {
	var at []stamp
	_, err = x.scan(&at, sql)
	for _, t := range at {
		age = max(age, now.Sub(t.Time))
	}
	return age, err
}

func (x *txn) late(b *webhooks.Backlog, now time.Time) error {
	type row struct {
		ShopID string
		Oldest stamp
	}
	var rows []row
	if _, err := x.scan(&rows, lateShops, webhooks.LateShops+1); err != nil {
		return err
	}
	for i, r := range rows {
		late := webhooks.LateShop{ShopID: r.ShopID, Age: max(0, now.Sub(r.Oldest.Time))}
		if i == 0 {
			b.OldestDue = late.Age
		}
		if i == webhooks.LateShops {
			b.LateRest.Age = late.Age
			break
		}
		b.Late = append(b.Late, late)
	}
	return nil
}

const (
	// By shop, because rewards_status begins with it: one look a shop and state, not one along all rewards.
	openRewards = `SELECT r.status, count(*) AS n FROM shops s JOIN rewards r ON r.shop_id = s.shop_id
AND r.status IN ('pending', 'held', 'approved', 'issuing', 'failed') GROUP BY r.status`

	waitingJobs = "SELECT kind AS status, count(*) AS n FROM jobs WHERE state = 'due' GROUP BY kind"
)

// A reward is on its way since its job was due first, not since it was earned. One whose job is a mark is not on its
// way.
var oldestIssuing = `SELECT min(coalesce(j.first_at, j.run_at)) FROM shops s JOIN rewards r ON r.shop_id = s.shop_id AND r.status = 'issuing'
JOIN jobs j ON j.shop_id = r.shop_id AND j.kind = 'fulfil' AND j.subject = r.id AND NOT (` + marked("j") + `)`

// Stock counts what changes slowly. See webhooks.Stock.
func (d *DB) Stock(ctx context.Context) (s webhooks.Stock, err error) {
	x := d.read(ctx)
	if s.Rewards, err = countBy[rewards.Status](x, openRewards); err != nil {
		return s, d.fault("counting rewards", err)
	}
	var oldest stamp
	if _, err := x.scan(&oldest, oldestIssuing); err != nil {
		return s, d.fault("looking for the oldest reward under way", err)
	}
	now, err := x.now()
	if err != nil {
		return s, d.fault("looking for the oldest reward under way", err)
	}
	if !oldest.IsZero() {
		s.OldestIssuing = max(0, now.Sub(oldest.Time))
	}
	if s.Waiting, err = countBy[rewards.JobKind](x, waitingJobs); err != nil {
		return s, d.fault("counting waiting jobs", err)
	}
	chores, err := d.Chores(ctx)
	for _, c := range chores {
		s.Chores = append(s.Chores, webhooks.ChoreState{Name: c.Name, Good: c.Done, Code: c.Code, Late: c.Late()})
	}
	if err != nil {
		return s, err
	}
	_, err = x.scan(&s.Schema, "SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied")
	return s, d.fault("reading the schema's version", err)
}

func countBy[K ~string](x *txn, sql string, args ...any) (map[K]int64, error) {
	var rows []countRow
	if _, err := x.scan(&rows, sql, args...); err != nil {
		return nil, err
	}
	counts := map[K]int64{}
	for _, r := range rows {
		counts[K(r.Status)] = r.N
	}
	return counts, nil
}
