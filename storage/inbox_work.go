package storage

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"grapevine/internal/fault"
	"grapevine/rewards"
	"grapevine/webhooks"
)

// noteFor is how long a worker's note keeps others from looking after what it has in hand. PostgreSQL
// knows better: the working transaction holds a lock by the note's name, and the rows, as long as its
// worker lives. So a note without its lock is a dead worker's once it is noteSettles old, which leaves
// a worker whose batch failed the time to let go by itself.
const (
	noteFor     = 2 * time.Minute
	noteSettles = 2 * time.Second
)

// eventKey names an event in a note.
type eventKey struct {
	Shop string `json:"s"`
	ID   int64  `json:"i"`
}

// noteLock is the number of the lock that stands for a note.
const noteLock = "hashtextextended(?, 0)"

const dueEvents = ` FROM events
WHERE status = 'pending' AND suspect = false AND due_at <= {now} ORDER BY due_at, id LIMIT ? {skip}`

// claimEvents claims from a moment on, see claims.
const claimEvents = "SELECT " + claimCols + `, due_at FROM events
WHERE status = 'pending' AND suspect = false AND due_at >= ? AND due_at <= now() ORDER BY due_at, id LIMIT ? FOR UPDATE SKIP LOCKED`

// byIndex has PostgreSQL look rows up by index until the transaction ends, and never read or sort a table, however
// old its statistics are: a batch is small and the tables may hold years. What it cannot avoid it does all
// the same; it must not take the cost that it then reckons with for a reason to compile the statement.
const byIndex = `set_config('enable_seqscan', 'off', true), set_config('enable_sort', 'off', true), set_config('enable_hashjoin', 'off', true),
  set_config('enable_mergejoin', 'off', true), set_config('jit', 'off', true)`

// looksUp begins a transaction that looks events up: see byIndex.
func (x *txn) looksUp() error {
	if x.d.lite {
		return nil
	}
	_, err := x.exec("SELECT " + byIndex)
	return err
}

// looksUpByRote is looksUp for questions that are not planned anew for each batch: for a batch of two orders that
// costs more than to run them. They must not stand before a choice that depends on their values.
func (x *txn) looksUpByRote() error {
	if x.d.lite {
		return nil
	}
	_, err := x.exec("SELECT " + byIndex + ", set_config('plan_cache_mode', 'force_generic_plan', true)")
	return err
}

// Work claims due events and lets f digest them in one transaction. See webhooks.Inbox.
//
// What is in hand is noted in a row that outlives the process. PostgreSQL claims first and notes by a
// second connection; SQLite has one writer, so it notes first and claims what it noted. Of large events it takes as
// many as claimBytes holds, and tells that it took limit if there may be more: its caller comes again at once.
func (d *DB) Work(ctx context.Context, worker string, limit int, f webhooks.DigestFunc) (n int, err error) {
	defer d.analyzeGrown(ctx)
	note := noteRow{ID: d.mint.ID("note_"), Worker: worker}
	more := false
	claim := func(x *txn) (rows []eventRow, err error) {
		if _, err := x.exec("SELECT pg_advisory_xact_lock("+noteLock+"), "+byIndex, note.ID); err != nil {
			return nil, err
		}
		rows, more, err = d.claims.next(x, limit)
		note.keep(rows)
		if err != nil || len(rows) == 0 {
			return nil, err
		}
		return rows, d.direct(ctx).note(note)
	}
	if d.lite {
		if more, err = d.noteAhead(ctx, &note, limit); err != nil || len(note.keys) == 0 {
			return 0, err
		}
		claim = func(x *txn) ([]eventRow, error) { return x.claim(note.keys, false) }
	}
	err = d.write(ctx, "digesting events", func(x *txn) error {
		rows, err := claim(x)
		if err == nil && len(rows) > 0 {
			fault.Point(ctx, fault.WorkClaimed)
			err = x.digest(ctx, rows, f)
		}
		if err != nil {
			return err
		}
		if err := x.unnote(note.ID); err != nil {
			return err
		}
		fault.Point(ctx, fault.WorkUncommitted)
		return nil
	})
	if err != nil {
		d.afterFailure(ctx, note, err)
	} else if more {
		return limit, nil
	}
	return len(note.keys), err
}

// spoilt tells that the database was not up to its work, which says nothing about what it was asked. A statement
// that took too long is the work's own fault: it would take as long for ever.
func spoilt(cause error) bool {
	return rewards.KindOf(cause) == rewards.Unavailable && rewards.CodeOf(cause) != codeTooLong
}

// afterFailure lets go of what was in hand. A fault of the database says nothing about the events;
// anything else may be one event's doing, so each is to be tried alone. If this fails too the note
// stays, and Rescue finds it.
func (d *DB) afterFailure(ctx context.Context, note noteRow, cause error) {
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), 5*time.Second, rewards.Errorf(rewards.Unavailable, "database_timeout", "letting go of events took too long"))
	defer cancel()
	_ = d.write(ctx, "letting go of events", func(x *txn) error {
		if err := x.looksUp(); err != nil {
			return err
		}
		if !spoilt(cause) {
			if _, err := x.suspect(note.keys); err != nil {
				return err
			}
		}
		return x.unnote(note.ID)
	})
}

// noteAhead notes due events, and tells whether some were left for their size.
func (d *DB) noteAhead(ctx context.Context, note *noteRow, limit int) (more bool, err error) {
	err = d.write(ctx, "noting events", func(x *txn) error {
		var rows []eventRow // with the heads of their bodies, which tell the size: the rest is read when they are claimed
		if _, err := x.scan(&rows, "SELECT shop_id, id, substr(body, 1, 10) AS body"+dueEvents, limit); err != nil || len(rows) == 0 {
			return err
		}
		var held load
		if n := slices.IndexFunc(rows, func(r eventRow) bool { return !held.takes(r.Body) }); n >= 0 {
			rows, more = rows[:n], true
		}
		note.keep(rows)
		if fault.Bug(fault.MarkBeforeWork) {
			_, _ = x.execAll(keyTable(note.keys), "UPDATE events AS e SET status = 'done' FROM v WHERE e.shop_id = v.shop_id AND e.id = v.id")
		}
		return x.note(*note)
	})
	return more, err
}

// claim locks those of the named events that are still to be done and that no one else has in hand. Of a status with
// nothing behind it no index knows, so that they are looked up by their keys, in the weeks that these name, and not
// among the few of all weeks that are suspect.
func (x *txn) claim(keys []eventKey, suspect bool) ([]eventRow, error) {
	cols := "e.shop_id, e.id, e.platform, e.topic, e.body, e.triggered_at, e.received_at, e.attempts, e.trace"
	sql := `SELECT ` + cols + ` FROM v JOIN events e ON e.shop_id = v.shop_id AND e.id = v.id
WHERE e.status || '' = 'pending' AND e.suspect = ? ORDER BY e.id `
	if fault.Bug(fault.MarkBeforeWork) {
		sql = strings.Replace(sql, "= 'pending'", "IN ('pending', 'done')", 1)
	}
	if !x.d.lite {
		sql += "FOR UPDATE OF e SKIP LOCKED"
	}
	rows, err := queryAll[eventRow](x, keyTable(keys), sql, suspect)
	slices.SortFunc(rows, func(a, b eventRow) int { return int(a.ID - b.ID) })
	return rows, err
}

// digest calls f and stores what it found.
func (x *txn) digest(ctx context.Context, rows []eventRow, f webhooks.DigestFunc) error {
	events := make([]webhooks.Event, len(rows))
	for i, r := range rows {
		events[i] = r.event()
	}
	in := &inboxTx{x: x}
	results, err := guarded(ctx, in, events, f)
	if err != nil {
		return err
	}
	if len(results) != len(events) {
		return rewards.Errorf(rewards.Internal, "bad_digest", "%d results for %d events", len(results), len(events))
	}
	if err := in.enrol(); err != nil {
		return err
	}
	if err := x.enqueue(in.jobs); err != nil {
		return err
	}
	return x.endEvents(in, events, results)
}

// guarded turns a panic of f into an error: the events are then tried one by one.
func guarded(ctx context.Context, in *inboxTx, events []webhooks.Event, f webhooks.DigestFunc) (results []webhooks.Digested, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = rewards.Errorf(rewards.Internal, "panic", "digesting %d events: %v", len(events), p)
		}
	}()
	return f(ctx, in, events)
}

// endEvents writes what became of the events. What is ignored is of no use to anybody, so its body goes.
// Of a person who was erased in the same batch nothing is kept, not even the order to erase her.
func (x *txn) endEvents(in *inboxTx, events []webhooks.Event, results []webhooks.Digested) error {
	t := table{cols: "shop_id text, id bigint, status text, reason text, order_id text, customer_id text, erase boolean"}
	for i, r := range results {
		if r.Status == webhooks.EventPending || r.Status == "" {
			return rewards.Errorf(rewards.Internal, "bad_digest", "event %d has no result", events[i].ID)
		}
		erase := in.forgets(events[i].ShopID, r)
		if erase {
			r.CustomerID = ""
		}
		erase = erase || r.Status == webhooks.EventIgnored
		t.add(events[i].ShopID, events[i].ID, string(r.Status), clean(r.Reason), clean(r.OrderID), clean(r.CustomerID), erase)
	}
	first, last := extent(events)
	_, err := x.execAll(t, `UPDATE events AS e SET status = v.status, reason = v.reason, order_id = v.order_id, customer_id = v.customer_id,
  body = CASE WHEN v.erase THEN NULL ELSE e.body END, suspect = false, attempts = CASE WHEN e.suspect THEN e.attempts ELSE e.attempts + 1 END,
  finished_at = CASE WHEN v.status = 'confirming' THEN NULL ELSE {now} END
FROM v WHERE e.shop_id = v.shop_id AND e.id = v.id AND e.id BETWEEN ? AND ?`, first, last)
	if err != nil || !slices.ContainsFunc(results, func(r webhooks.Digested) bool { return r.Status == webhooks.EventConfirming }) {
		return err
	}
	// The jobs of a shop that has left wait for its return. Its events need not.
	_, err = x.execAll(t, `UPDATE events AS e SET status = 'ignored', reason = 'shop_uninstalled', body = NULL, finished_at = {now}
FROM v JOIN shops s ON s.shop_id = v.shop_id AND s.status = 'uninstalled' WHERE e.shop_id = v.shop_id AND e.id = v.id AND e.status = 'confirming' AND e.id BETWEEN ? AND ?`, first, last)
	return err
}

// extent are the least and the greatest id: PostgreSQL then leaves out the weeks beside them before it begins.
func extent(events []webhooks.Event) (first, last int64) {
	first, last = events[0].ID, events[0].ID
	for _, e := range events {
		first, last = min(first, e.ID), max(last, e.ID)
	}
	return first, last
}

// of is the key of an erased customer of the shop; "" means all.
func (k eventKey) of(customerID string) [2]string { return [2]string{k.Shop, customerID} }

func keyTable(keys []eventKey) table {
	t := table{cols: "shop_id text, id bigint"}
	for _, k := range keys {
		t.add(k.Shop, k.ID)
	}
	return t
}

// noteRow is what a worker has in hand.
type noteRow struct {
	ID     string
	Worker string
	Events string
	keys   []eventKey
}

func (n *noteRow) keep(rows []eventRow) {
	n.keys = n.keys[:0]
	for _, r := range rows {
		n.keys = append(n.keys, eventKey{r.ShopID, r.ID})
	}
}

func (x *txn) note(n noteRow) error {
	events, err := json.Marshal(n.keys)
	if err != nil {
		return fmt.Errorf("noting events: %w", err)
	}
	_, err = x.exec(`INSERT INTO worker_notes (id, worker, lease_until, events) VALUES (?, ?, {after}, ?)
ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until, events = excluded.events`,
		n.ID, n.Worker, noteFor.Microseconds(), string(events))
	return err
}

func (x *txn) unnote(id string) error {
	_, err := x.exec("DELETE FROM worker_notes WHERE id = ?", id)
	return err
}

func (x *txn) suspect(keys []eventKey) (int64, error) {
	return x.execAll(keyTable(keys), `UPDATE events AS e SET suspect = true, due_at = {now} FROM v
WHERE e.shop_id = v.shop_id AND e.id = v.id AND e.status = 'pending'`)
}
