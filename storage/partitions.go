package storage

import (
	"context"
	"time"
)

const (
	// weeksAhead is how far partitions of the inbox are made ahead of time.
	weeksAhead = 4 * 7 * 24 * time.Hour
	// partitionWait is how long a change of the partitions waits for those who are at work. Whoever comes
	// meanwhile waits behind it. It is below deadlock_timeout, so that nobody else is rolled back for it.
	partitionWait = "300ms"
)

// KeepPartitions makes the inbox's partitions of the weeks to come, and tells how many were missing. It waits
// a moment only for those who are at work, so that nobody waits for it: Kind Unavailable then, and it is to be
// tried again. To be called daily or more often; a week without a partition is only slower. SQLite has none.
func (d *DB) KeepPartitions(ctx context.Context) (made int, err error) {
	if d.lite {
		return 0, nil
	}
	err = d.write(ctx, "making partitions of the inbox", func(x *txn) error {
		if _, err := x.exec("SET LOCAL lock_timeout = '" + partitionWait + "'"); err != nil {
			return err
		}
		_, err := x.scan(&made, "SELECT make_event_weeks({after})", weeksAhead.Microseconds())
		return err
	})
	return made, err
}

// The states of events that have not ended, or for a person to look at: they outlive their week.
const unendedEvents = "('pending', 'confirming', 'held', 'quarantined', 'dead')"

// openMoved is how many open events are moved out of a week that goes. Others wait meanwhile, so a week that
// has more stays as long as it has, and only what has ended goes, row by row.
const openMoved = 2000

// partition is one part of the inbox.
type partition struct {
	Name string
	Open int64 // events that have not ended, up to openMoved+1
	All  int64
}

// pruneWeek drops the oldest week that is older than it is to be kept. What is open in it moves to events_rest,
// where its id finds it as before. ok is false if no week is old enough to go.
func (p *pruner) pruneWeek(ctx context.Context) (ok bool, err error) {
	week, err := p.oldWeek(ctx)
	if err != nil || week.Name == "" {
		return false, err
	}
	if week.Open > openMoved {
		n, err := p.pruneRows(ctx, week.Name)
		return n > 0, err
	}
	moved := int64(0)
	err = p.write(ctx, "dropping a week of the inbox", func(x *txn) error {
		for _, sql := range []string{
			"SET LOCAL lock_timeout = '" + partitionWait + "'",
			"LOCK TABLE events IN ACCESS EXCLUSIVE MODE",
			"ALTER TABLE events DETACH PARTITION " + week.Name,
		} {
			if _, err := x.exec(sql); err != nil {
				return err
			}
		}
		// Those that were made pending again since they were counted move as well.
		var err error
		if moved, err = x.exec("INSERT INTO events SELECT * FROM " + week.Name + " WHERE status IN " + unendedEvents); err != nil {
			return err
		}
		_, err = x.exec("DROP TABLE " + week.Name)
		return err
	})
	if err != nil {
		return false, err
	}
	p.did.Weeks++
	p.did.Events += week.All - moved
	if p.log != nil {
		p.log.Info("a week of the inbox was dropped", "partition", week.Name, "ended", week.All-moved, "kept", moved)
	}
	return true, nil
}

// oldWeek finds the oldest partition in which everything is older than it is to be kept. The one from before
// there were weeks tells no time by its ids, and goes once nothing in it is younger.
func (p *pruner) oldWeek(ctx context.Context) (week partition, err error) {
	x := p.read(ctx)
	before := -p.keep.Events.Microseconds()
	found, err := x.scan(&week.Name, `SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'events'::regclass AND c.relname ~ '^events_[0-9]{8}$'
  AND c.relname <= 'events_' || to_char(({after} - interval '7 days') AT TIME ZONE 'UTC', 'YYYYMMDD') ORDER BY c.relname LIMIT 1`, before)
	if err == nil && found == 0 {
		found, err = x.scan(&week.Name, `SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'events'::regclass AND c.relname = 'events_first'`)
		if err == nil && found == 1 {
			var young int64
			if _, err = x.scan(&young, "SELECT count(*) FROM (SELECT 1 FROM events_first WHERE received_at >= {after} LIMIT 1) e", before); young > 0 {
				return partition{}, err
			}
		}
	}
	if err != nil || found == 0 {
		return partition{}, p.fault("looking for weeks that may go", err)
	}
	_, err = x.scan(&week, "SELECT '"+week.Name+"' AS name, (SELECT count(*) FROM "+week.Name+`) AS "all", (SELECT count(*) FROM (
  SELECT 1 FROM `+week.Name+" WHERE status = 'pending' UNION ALL SELECT 1 FROM "+week.Name+" WHERE status IN ('confirming', 'held', 'quarantined', 'dead') LIMIT ?) e) AS open", openMoved+1)
	return week, p.fault("looking for weeks that may go", err)
}
