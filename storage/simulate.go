package storage

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"grapevine/rewards"
	"grapevine/rewards/simulation"
)

// PastQuery says which orders of a shop are read.
type PastQuery struct {
	// From is where records begin to matter: earlier orders come without. Orders placed from To on are left out.
	From, To time.Time
	// Codes are those of the shop, by their folded form: orders that carry one come with their records.
	Codes map[string]simulation.Code
	// Everything asks for all records from From on.
	Everything bool
}

// Past tells how many orders a shop has stored.
type Past struct {
	Orders      int64     // with a time
	Undated     int64     // nobody knows when they were placed
	First, Last time.Time // zero without orders
}

// Past counts a shop's orders.
func (d *DB) Past(ctx context.Context, shopID string) (Past, error) {
	var row struct {
		Orders, Undated int64
		First, Last     stamp
	}
	_, err := d.read(ctx).scan(&row, `SELECT count(placed_at) AS orders, count(*) - count(placed_at) AS undated, min(placed_at) AS first, max(placed_at) AS last
FROM orders WHERE shop_id = ?`, shopID)
	return Past{row.Orders, row.Undated, row.First.Time, row.Last.Time}, d.fault("counting orders", err)
}

// CodesOf returns all codes that count for a shop, with their owners, by their folded form.
func (d *DB) CodesOf(ctx context.Context, shopID string) (map[string]simulation.Code, error) {
	codes := map[string]simulation.Code{}
	err := stream(d.read(ctx), `SELECT c.folded, c.advocate_id, c.program, c.created_at, c.retired_at, c.status, c.alias, a.customer_id, a.email_key, a.status AS standing, a.team AS of_team
FROM codes c JOIN advocates a ON a.shop_id = c.shop_id AND a.id = c.advocate_id
WHERE c.shop_id = ? AND c.status <> 'failed' AND a.customer_id IS NOT NULL`, func(r ownerRow) error {
		c := simulation.Code{Claim: rewards.Claim{
			Code: r.Folded, AdvocateID: r.AdvocateID, CustomerID: plain(r.CustomerID), EmailKey: plain(r.EmailKey),
			Blocked: r.Standing == "blocked", Program: plain(r.Program), Since: r.Created.Time, Group: r.OfTeam,
		}}
		if r.Status == "retired" && !r.Alias {
			c.RetiredAt = r.RetiredAt.Time
		}
		codes[r.Folded] = c
		return nil
	}, shopID)
	return codes, d.fault("reading codes", err)
}

// pastBatch is how many orders are handed over at once.
const pastBatch = 512

// PastOrders streams a shop's orders in the order in which they were placed, as they are at one moment. f
// gets them in batches whose slices are used again, on the caller's goroutine, while the next are read.
func (d *DB) PastOrders(ctx context.Context, shopID string, q PastQuery, f func([]simulation.Order) error) error {
	ctx, stop := context.WithCancel(ctx)
	full, free := make(chan []simulation.Order, 2), make(chan []simulation.Order, 3)
	for range cap(free) {
		free <- make([]simulation.Order, 0, pastBatch)
	}
	read := make(chan error, 1)
	go func() { // ends with the last row, or once f is done with it
		defer close(full)
		read <- d.snapshot(ctx, func(x *txn) error { return x.pastOrders(ctx, shopID, q, full, free) })
	}()
	var failed error
	for batch := range full {
		if failed == nil {
			if failed = f(batch); failed != nil {
				stop()
			}
		}
		free <- batch[:0]
	}
	stop()
	err := <-read
	if failed != nil {
		return failed
	}
	return d.fault("reading past orders", err)
}

func (x *txn) pastOrders(ctx context.Context, shopID string, q PastQuery, full chan<- []simulation.Order, free <-chan []simulation.Order) error {
	rows, err := x.Raw(`SELECT placed_at, customer_id, email_key, test, status, currency, eligible_minor, outcome,
  CASE WHEN placed_at >= ? THEN record END FROM orders WHERE shop_id = ? AND placed_at IS NOT NULL AND placed_at < ?
ORDER BY placed_at, order_id`, x.args([]any{notZero(q.From), shopID, q.To})...).Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	r := pastReader{q: q}
	batch := <-free
	for rows.Next() {
		o, err := r.order(rows)
		if err != nil {
			return err
		}
		if batch = append(batch, o); len(batch) < pastBatch {
			continue
		}
		if err := hand(ctx, full, batch); err != nil {
			return err
		}
		batch = <-free
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return hand(ctx, full, batch)
}

func hand(ctx context.Context, full chan<- []simulation.Order, batch []simulation.Order) error {
	select {
	case full <- batch:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// notZero stands in for the beginning of time, which is NULL in a statement.
func notZero(t time.Time) time.Time {
	if t.IsZero() {
		return time.Unix(0, 0).AddDate(-1000, 0, 0)
	}
	return t
}

// pastReader turns rows into orders. It decodes a record only where the order concerns a programme: of the
// others a few columns are enough.
type pastReader struct {
	q                                            PastQuery
	placed                                       stamp
	customer, email, status, currency, out, text sql.RawBytes
	left                                         int64
	test                                         bool
	lastCurrency                                 string // most orders are in the same one
}

func (r *pastReader) order(rows *sql.Rows) (simulation.Order, error) {
	err := rows.Scan(&r.placed, &r.customer, &r.email, &r.test, &r.status, &r.currency, &r.left, &r.out, &r.text)
	if err != nil {
		return simulation.Order{}, err
	}
	if string(r.currency) != r.lastCurrency {
		r.lastCurrency = string(r.currency)
	}
	o := simulation.Order{
		PlacedAt: r.placed.Time, Customer: simulation.KeyOf(r.customer), Email: simulation.KeyOf(r.email),
		Test: r.test, Gone: string(r.status) == "cancelled", Left: rewards.Money{Minor: r.left, Currency: r.lastCurrency},
	}
	if len(r.text) == 0 || !r.q.Everything && string(r.out) == string(rewards.OutcomeNone) && !r.q.ours(r.text) {
		return o, nil
	}
	o.Record = new(rewards.Record)
	if err := json.Unmarshal(r.text, o.Record); err != nil {
		return o, fmt.Errorf("reading the record of an order of %s: %w", r.placed.Format(time.RFC3339), err)
	}
	return o, nil
}

// ours tells whether an order's record carries one of the shop's codes, without decoding it.
func (q PastQuery) ours(record []byte) bool {
	return codesWithin(record, `"codes":[`, q.knows) || codesWithin(record, `"touches":[`, q.knows)
}

func (q PastQuery) knows(code string) bool {
	if _, ok := q.Codes[code]; ok {
		return true
	}
	folded, ok := rewards.FoldCode(strings.TrimSpace(code))
	if !ok {
		return false
	}
	_, ok = q.Codes[folded]
	return ok
}
