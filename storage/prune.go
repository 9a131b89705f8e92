package storage

import (
	"context"
	"errors"
	"time"

	"grapevine/rewards"
)

// Keep says for how long history is kept that nothing is reckoned from.
type Keep struct {
	// Events is the life of webhooks that have ended, with their bodies, and of the tries of jobs that have:
	// 90 days if zero, from 7 to 400. What is open stays: events that wait, are held, quarantined or dead.
	Events time.Duration
}

// The bounds of Keep.Events.
const (
	DefaultKeepEvents = 90 * 24 * time.Hour
	MinKeepEvents     = 7 * 24 * time.Hour
	MaxKeepEvents     = 400 * 24 * time.Hour
)

// seenKept is for how long a repetition of a delivery is known by its key. An older one meets the order
// itself, which has been decided.
const seenKept = MaxKeepEvents

// pruneRows bounds what one call drops of one kind.
const (
	pruneAtOnce     = 5000
	pruneAtOnceLite = 500 // SQLite's one writer is not kept from the webhooks that come in
)

func (k Keep) withDefaults() (Keep, error) {
	if k.Events == 0 {
		k.Events = DefaultKeepEvents
	}
	if k.Events < MinKeepEvents || k.Events > MaxKeepEvents {
		return k, rewards.Errorf(rewards.Invalid, "bad_setting", "GRAPEVINE_KEEP_EVENTS is 7 to 400 days, not %v", k.Events)
	}
	return k, nil
}

// Pruned counts what was dropped.
type Pruned struct {
	Weeks    int64 // partitions of the inbox, with the events in them
	Events   int64 // webhooks that had ended
	Seen     int64 // keys by which a repetition is known
	Attempts int64 // tries of jobs that have ended
	Installs int64 // one-time links that ran out a month ago
	Calls    int64 // answers to calls of the API
	// More tells that there is more to drop: the call's work is bounded.
	More bool
}

// pruner is one call of Prune.
type pruner struct {
	*DB
	keep  Keep
	limit int64
	did   Pruned
}

// Prune drops what is older than it is to be kept, a bounded part of it each time: while More it is to be
// called again, and after an error at the next turn: it goes on where it was. It may run beside everything. On
// PostgreSQL events go with their week, for which it waits a moment only: Kind Unavailable if others were at
// work for longer. Kind Invalid for a time that is out of bounds.
//
// Nothing is reckoned from what goes: orders keep their own records of how they were decided. Workers' notes
// are not here, since Rescue ends them.
func (d *DB) Prune(ctx context.Context, keep Keep) (Pruned, error) {
	keep, err := keep.withDefaults()
	if err != nil {
		return Pruned{}, err
	}
	p := &pruner{DB: d.Patient(), keep: keep, limit: pruneAtOnce}
	if d.lite {
		p.limit = pruneAtOnceLite
	}
	errs := []error{p.events(ctx)}
	for _, part := range []struct {
		into  *int64
		sql   string
		after time.Duration
	}{
		{&p.did.Seen, p.old("seen", "(shop_id, key)", "at < {after}", "at"), seenKept},
		{&p.did.Attempts, p.old("attempts", "rowid", "started_at < {after} AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.shop_id = attempts.shop_id AND j.id = attempts.job_id)", "started_at"), keep.Events},
		{&p.did.Installs, p.old("installs", "rowid", "expires_at < {after}", "expires_at"), installsKept},
		{&p.did.Calls, pruneCalls, answerLife},
	} {
		n, err := p.drop(ctx, part.sql, -part.after.Microseconds(), p.limit)
		*part.into = n
		errs = append(errs, err)
	}
	err = errors.Join(errs...)
	if d.log != nil && p.did != (Pruned{}) {
		d.log.Info("old history was dropped", "weeks", p.did.Weeks, "events", p.did.Events, "seen", p.did.Seen, "attempts", p.did.Attempts,
			"installs", p.did.Installs, "calls", p.did.Calls)
	}
	return p.did, err
}

// pruneCalls goes from shop to shop: answers are found by theirs.
const pruneCalls = `DELETE FROM idempotency WHERE (shop_id, key) IN (
  SELECT i.shop_id, i.key FROM shops s CROSS JOIN idempotency i WHERE i.shop_id = s.shop_id AND i.created_at < {after} LIMIT ?)`

// old is the statement that drops rows of a table, up to a limit: on PostgreSQL by where they lie, passing over
// those that somebody has in hand, on SQLite by a key, the oldest first.
func (p *pruner) old(table, key, which, age string) string {
	if p.lite {
		return "DELETE FROM " + table + " WHERE " + key + " IN (SELECT " + trimBrackets(key) + " FROM " + table + " WHERE " + which + " ORDER BY " + age + " LIMIT ?)"
	}
	return "DELETE FROM " + table + " WHERE ctid = ANY(ARRAY(SELECT ctid FROM " + table + " WHERE " + which + " LIMIT ? FOR UPDATE SKIP LOCKED))"
}

func trimBrackets(s string) string {
	if s[0] == '(' {
		return s[1 : len(s)-1]
	}
	return s
}

// drop runs a statement that drops up to p.limit rows. Rows are found by index, whatever the statistics of a
// table say of which half may be gone.
func (p *pruner) drop(ctx context.Context, sql string, args ...any) (n int64, err error) {
	err = p.write(ctx, "dropping old history", func(x *txn) error {
		if !p.lite {
			if _, err := x.exec("SET LOCAL enable_seqscan = off"); err != nil {
				return err
			}
		}
		n, err = x.exec(sql, args...)
		return err
	})
	p.did.More = p.did.More || n >= p.limit
	return n, err
}

// events drops webhooks that have ended: on PostgreSQL a week of them, and row by row those that lie in none.
func (p *pruner) events(ctx context.Context) error {
	if p.lite {
		n, err := p.pruneLite(ctx)
		p.did.Events += n
		return err
	}
	again, err := p.pruneWeek(ctx)
	p.did.More = p.did.More || again
	errs := []error{err}
	for _, name := range []string{"events_first", "events_rest"} {
		n, err := p.pruneRows(ctx, name)
		p.did.Events += n
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// pruneRows drops events of one partition that have ended and are old enough.
func (p *pruner) pruneRows(ctx context.Context, part string) (int64, error) {
	var there bool
	if _, err := p.read(ctx).scan(&there, "SELECT to_regclass(?) IS NOT NULL", part); err != nil || !there {
		return 0, p.fault("looking for old events", err)
	}
	return p.drop(ctx, p.old(part, "", "received_at < {after} AND status NOT IN "+unendedEvents, ""), -p.keep.Events.Microseconds(), p.limit)
}

// pruneLite looks from the oldest event on: ids rise with time. What is open is passed over.
func (p *pruner) pruneLite(ctx context.Context) (n int64, err error) {
	type row struct {
		ID         int64
		Status     string
		ReceivedAt stamp
	}
	x, after := p.read(ctx), int64(0)
	limit := x.at.Add(-p.keep.Events)
	for {
		var rows []row
		if _, err := x.scan(&rows, "SELECT id, status, received_at FROM events WHERE id > ? ORDER BY id LIMIT ?", after, p.limit); err != nil {
			return 0, p.fault("looking for old events", err)
		}
		var last int64
		for _, r := range rows {
			if !r.ReceivedAt.Before(limit) {
				break
			}
			last = r.ID
		}
		if last == 0 {
			return 0, nil
		}
		n, err = p.drop(ctx, "DELETE FROM events WHERE id > ? AND id <= ? AND status NOT IN "+unendedEvents, after, last)
		if err != nil || n > 0 {
			p.did.More = p.did.More || int64(len(rows)) == p.limit
			return n, err
		}
		after = last
	}
}
