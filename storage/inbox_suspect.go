package storage

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"grapevine/rewards"
	"grapevine/webhooks"
)

const (
	suspectPause = 2 * time.Second // after the first try alone, doubling
	maxPause     = 5 * time.Minute
)

// WorkSuspect tries one suspect event alone, the attempt committed before the try. See webhooks.Inbox.
func (d *DB) WorkSuspect(ctx context.Context, worker string, maxTries int, f webhooks.DigestFunc) (n int, err error) {
	key, tries, err := d.takeSuspect(ctx, maxTries)
	if err != nil || key == (eventKey{}) {
		return 0, err
	}
	if tries > maxTries {
		return 1, nil // it ended dead
	}
	err = d.write(ctx, "digesting a suspect event", func(x *txn) error {
		if err := x.looksUp(); err != nil {
			return err
		}
		rows, err := x.claim([]eventKey{key}, true)
		if err != nil || len(rows) == 0 {
			return err
		}
		return x.digest(ctx, rows, f)
	})
	if err != nil {
		d.afterTry(ctx, key, tries >= maxTries, err)
	}
	return 1, err
}

// takeSuspect counts a try before it is made: an event that kills the process must still come to its
// end. One that has no try left ends dead here.
func (d *DB) takeSuspect(ctx context.Context, maxTries int) (key eventKey, tries int, err error) {
	err = d.write(ctx, "taking a suspect event", func(x *txn) error {
		if err := x.looksUp(); err != nil {
			return err
		}
		var row eventRow
		found, err := x.scan(&row, `SELECT shop_id, id, attempts FROM events
WHERE status = 'pending' AND suspect = true AND due_at <= {now} ORDER BY due_at, id LIMIT 1 {skip}`)
		if err != nil || found == 0 {
			return err
		}
		key, tries = eventKey{row.ShopID, row.ID}, row.Attempts+1
		if tries > maxTries {
			return x.endDead(key, "worker_died")
		}
		wait := min(maxPause, suspectPause<<min(row.Attempts, 10))
		_, err = x.exec("UPDATE events SET attempts = attempts + 1, due_at = {after} WHERE shop_id = ? AND id = ?",
			wait.Microseconds(), row.ShopID, row.ID)
		return err
	})
	return key, tries, err
}

// afterTry gives back a try that the database spoilt, and ends the event after the last one.
func (d *DB) afterTry(ctx context.Context, key eventKey, last bool, cause error) {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), 5*time.Second, rewards.Errorf(rewards.Unavailable, "database_timeout", "letting go of an event took too long"))
	defer cancel()
	_ = d.write(ctx, "letting go of an event", func(x *txn) error {
		if err := x.looksUp(); err != nil {
			return err
		}
		if spoilt(cause) {
			_, err := x.exec("UPDATE events SET attempts = attempts - 1, due_at = {now} WHERE shop_id = ? AND id = ? AND status = 'pending'", key.Shop, key.ID)
			return err
		}
		if last {
			return x.endDead(key, rewards.CodeOf(cause))
		}
		if rewards.CodeOf(cause) != codeTooLong {
			return nil
		}
		// The database may have been at its limit: the next try comes when that may be over.
		_, err := x.exec("UPDATE events SET due_at = {after} WHERE shop_id = ? AND id = ? AND status = 'pending'", maxPause.Microseconds(), key.Shop, key.ID)
		return err
	})
}

func (x *txn) endDead(key eventKey, reason string) error {
	_, err := x.exec("UPDATE events SET status = 'dead', reason = ?, finished_at = {now} WHERE shop_id = ? AND id = ? AND status = 'pending'",
		reason, key.Shop, key.ID)
	return err
}

// Rescue marks as suspect what dead workers had in hand. See webhooks.Inbox. Where nobody else can be
// working their leases end too: no shop waits for a process that is gone.
func (d *DB) Rescue(ctx context.Context, alone bool) (n int, err error) {
	err = d.write(ctx, "rescuing events", func(x *txn) error {
		var notes []noteRow
		n = 0
		if err := x.looksUp(); err != nil {
			return err
		}
		if alone {
			if _, err := x.exec("UPDATE lanes SET token = '', owner = '', lease_until = {now} WHERE token <> ''"); err != nil {
				return err
			}
		}
		dead, args := "lease_until < {now} OR ?", []any{alone}
		if !d.lite {
			dead += " OR (lease_until < {after} AND pg_try_advisory_xact_lock(hashtextextended(id, 0)))"
			args = append(args, (noteFor - noteSettles).Microseconds())
		}
		_, err := x.scan(&notes, "SELECT id, worker, events FROM worker_notes WHERE "+dead+" {skip}", args...)
		if err != nil {
			return err
		}
		for _, note := range notes {
			marked, err := x.rescue(note)
			if err != nil {
				return err
			}
			n += marked
		}
		return nil
	})
	return n, err
}

// rescue passes over rows that are locked: whoever noted them is alive and only slow.
func (x *txn) rescue(note noteRow) (marked int, err error) {
	if err := json.Unmarshal([]byte(note.Events), &note.keys); err != nil {
		return 0, fmt.Errorf("reading the note of worker %s: %w", note.Worker, err)
	}
	rows, err := x.claim(note.keys, false)
	if err != nil {
		return 0, err
	}
	note.keep(rows)
	if _, err := x.suspect(note.keys); err != nil {
		return 0, err
	}
	return len(rows), x.unnote(note.ID)
}
