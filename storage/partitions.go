package storage

import (
	"context"
	"errors"
	"time"
)

const (
	// weeksAhead is how far partitions of the inbox are made ahead of time.
	weeksAhead = 4 * 7 * 24 * time.Hour
	// partitionWait is how long a change of the partitions waits for those who are at work. Whoever comes
	// meanwhile waits behind it. It is below deadlock_timeout, so that nobody else is rolled back for it.
	partitionWait = "300ms"
)

// weekMoved is how many events move at most into a partition that was made late: nobody reads events meanwhile.
const weekMoved = 20_000

// KeepPartitions makes the inbox's partitions of the weeks to come, and tells how many were missing. It waits
// a moment only for those who are at work, so that nobody waits for it: Kind Unavailable then, and it is to be
// tried again. One week that cannot be made does not keep the others from it. To be called daily or more often; a
// week without a partition is only slower. SQLite has none.
func (d *DB) KeepPartitions(ctx context.Context) (made int, err error) {
	if d.lite {
		return 0, nil
	}
	d = d.Patient()
	var weeks []stamp
	_, err = d.read(ctx).scan(&weeks, `SELECT week FROM generate_series(date_trunc('week', now(), 'UTC'), {after}, interval '7 days') week
WHERE to_regclass('events_' || to_char(week AT TIME ZONE 'UTC', 'YYYYMMDD')) IS NULL ORDER BY week`, weeksAhead.Microseconds())
	if err != nil {
		return 0, d.fault("looking for weeks without a partition", err)
	}
	var errs []error
	for _, week := range weeks {
		n := 0
		err := d.write(ctx, "making a partition of the inbox", func(x *txn) error {
			if _, err := x.exec("SET LOCAL lock_timeout = '" + partitionWait + "'"); err != nil {
				return err
			}
			_, err := x.scan(&n, "SELECT make_event_week(?, ?)", week.Time, weekMoved)
			return err
		})
		if err == nil {
			made += n
		}
		errs = append(errs, err)
	}
	return made, errors.Join(errs...)
}

// The states of events that have not ended, or for a person to look at: they outlive their week.
const unendedEvents = "('pending', 'confirming', 'held', 'quarantined', 'dead')"

// openMoved is how many open events are moved out of a week that goes. Others wait meanwhile, so a week that
// has more stays as long as it has, and only what has ended goes, row by row. They cannot leave before it goes: an
// id leads to the partition of its week as long as there is one.
const openMoved = 2000

// partition is one part of the inbox.
type partition struct {
	Name string
	Open int64 // events that have not ended, up to openMoved+1
	All  int64
}

// pruneWeek drops the oldest week that is older than it is to be kept. What is open in it moves to events_rest,
// where its id finds it as before. A week that has too much of that is passed over. again is false if no week is
// old enough to go, and nothing is left to drop of those that stay.
func (p *pruner) pruneWeek(ctx context.Context) (again bool, err error) {
	names, err := p.oldWeeks(ctx)
	if err != nil {
		return false, err
	}
	var errs []error
	for _, name := range names {
		week := partition{Name: name}
		if err := p.size(ctx, &week); err != nil {
			return again, err
		}
		if week.Open <= openMoved {
			err := p.dropWeek(ctx, week)
			return again || err == nil, errors.Join(append(errs, err)...)
		}
		n, err := p.pruneRows(ctx, name)
		p.did.Events += n
		again, errs = again || n >= p.limit, append(errs, err)
	}
	return again, errors.Join(errs...)
}

// dropWeek drops a week, but for what is open in it.
func (p *pruner) dropWeek(ctx context.Context, week partition) error {
	moved := int64(0)
	err := p.write(ctx, "dropping a week of the inbox", func(x *txn) error {
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
		return err
	}
	p.did.Weeks++
	p.did.Events += week.All - moved
	if p.log != nil {
		p.log.Info("a week of the inbox was dropped", "partition", week.Name, "ended", week.All-moved, "kept", moved)
	}
	return nil
}

// oldWeeks finds the partitions in which everything is older than it is to be kept, the oldest first. The one from
// before there were weeks tells no time by its ids, and goes once nothing in it is younger.
func (p *pruner) oldWeeks(ctx context.Context) (names []string, err error) {
	x := p.read(ctx)
	before := -p.keep.Events.Microseconds()
	var first string
	found, err := x.scan(&first, "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'events'::regclass AND c.relname = 'events_first'")
	if err == nil && found == 1 {
		var young int64
		if _, err = x.scan(&young, "SELECT count(*) FROM (SELECT 1 FROM events_first WHERE received_at >= {after} LIMIT 1) e", before); young > 0 {
			found = 0
		}
	}
	if err == nil {
		_, err = x.scan(&names, `SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'events'::regclass AND c.relname ~ '^events_[0-9]{8}$'
  AND c.relname <= 'events_' || to_char(({after} - interval '7 days') AT TIME ZONE 'UTC', 'YYYYMMDD') ORDER BY c.relname`, before)
	}
	if err == nil && found == 1 {
		names = append(names, first)
	}
	return names, p.fault("looking for weeks that may go", err)
}

// size counts what is open in a week, and all that is in it if that is few enough for the week to go.
func (p *pruner) size(ctx context.Context, week *partition) error {
	x := p.read(ctx)
	_, err := x.scan(&week.Open, "SELECT count(*) FROM (SELECT 1 FROM "+week.Name+" WHERE status = 'pending' UNION ALL SELECT 1 FROM "+
		week.Name+" WHERE status IN ('confirming', 'held', 'quarantined', 'dead') LIMIT ?) e", openMoved+1)
	if err == nil && week.Open <= openMoved {
		_, err = x.scan(&week.All, "SELECT count(*) FROM "+week.Name)
	}
	return p.fault("counting the events of a week", err)
}
