package storage

import (
	"context"
	"time"

	"grapevine/rewards"
	"grapevine/webhooks"
)

type countRow struct {
	Status string
	N      int64
	Oldest stamp
}

// EventCounts counts the events that have not ended well, by status; oldest is the age of the oldest one
// that is pending or confirming, zero if none is.
func (d *DB) EventCounts(ctx context.Context) (counts map[webhooks.EventStatus]int64, oldest time.Duration, err error) {
	var rows []countRow
	x := d.read(ctx)
	_, err = x.scan(&rows, `SELECT status, count(*) AS n, min(received_at) AS oldest FROM events WHERE status = 'pending' GROUP BY status
UNION ALL SELECT status, count(*), min(received_at) FROM events WHERE status IN ('confirming', 'held', 'quarantined', 'dead') GROUP BY status`)
	if err != nil {
		return nil, 0, d.fault("counting events", err)
	}
	now, err := x.now()
	if err != nil {
		return nil, 0, d.fault("counting events", err)
	}
	counts = map[webhooks.EventStatus]int64{}
	for _, r := range rows {
		s := webhooks.EventStatus(r.Status)
		counts[s] = r.N
		if s == webhooks.EventPending || s == webhooks.EventConfirming {
			oldest = max(oldest, now.Sub(r.Oldest.Time))
		}
	}
	return counts, oldest, nil
}

// JobCounts counts the jobs that are due now, all that wait, and those that were given up. Asking shops what
// changed, which is always to be done again, does not count while it goes on.
func (d *DB) JobCounts(ctx context.Context) (due, waiting, dead int64, err error) {
	var row struct{ Due, Waiting, Dead int64 }
	_, err = d.read(ctx).scan(&row, `SELECT coalesce(sum(CASE WHEN state = 'due' AND run_at <= {now} THEN 1 ELSE 0 END), 0) AS due,
  coalesce(sum(CASE WHEN state = 'due' THEN 1 ELSE 0 END), 0) AS waiting, coalesce(sum(CASE WHEN state = 'dead' THEN 1 ELSE 0 END), 0) AS dead FROM jobs WHERE kind <> 'poll' OR state = 'dead'`)
	return row.Due, row.Waiting, row.Dead, d.fault("counting jobs", err)
}

// ShopCounts counts the shops by status.
func (d *DB) ShopCounts(ctx context.Context) (map[string]int64, error) {
	return d.count(ctx, "counting shops", "SELECT status, count(*) AS n FROM shops GROUP BY status")
}

// RewardCounts counts the rewards by status.
func (d *DB) RewardCounts(ctx context.Context) (map[rewards.Status]int64, error) {
	counts, err := d.count(ctx, "counting rewards", "SELECT status, count(*) AS n FROM rewards GROUP BY status")
	out := map[rewards.Status]int64{}
	for status, n := range counts {
		out[rewards.Status(status)] = n
	}
	return out, err
}

func (d *DB) count(ctx context.Context, doing, sql string) (map[string]int64, error) {
	var rows []countRow
	if _, err := d.read(ctx).scan(&rows, sql); err != nil {
		return nil, d.fault(doing, err)
	}
	counts := map[string]int64{}
	for _, r := range rows {
		counts[r.Status] = r.N
	}
	return counts, nil
}
