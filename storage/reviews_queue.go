package storage

import (
	"context"
	"time"

	"grapevine/rewards"
)

type queueRow struct {
	OrderID string
	Status  string
	Record  string
	Queued  stamp
}

// Reviews lists the orders of a shop's review queue, the latest placed first; those that were never read
// come last. Kind Invalid, code bad_status, for a status that there is not.
func (d *DB) Reviews(ctx context.Context, shopID string, f rewards.ReviewFilter, p rewards.Page) (list []rewards.QueuedOrder, next string, err error) {
	x := d.read(ctx)
	sql, args, err := x.queueSQL(shopID, f)
	if err != nil {
		return nil, "", err
	}
	if p.Cursor != "" {
		at, err := d.position("reviews", shopID, p.Cursor)
		if err != nil {
			return nil, "", err
		}
		sql, args = sql+" AND ("+x.queued()+", order_id) < (?, ?)", append(args, at.at, at.id)
	}
	var rows []queueRow
	if _, err := x.scan(&rows, sql+" ORDER BY "+x.queued()+" DESC, order_id DESC LIMIT ?", append(args, limit(p)+1)...); err != nil {
		return nil, "", d.fault("listing the review queue", err)
	}
	rows, more := cut(rows, limit(p))
	if more {
		last := rows[len(rows)-1]
		next = d.cursor("reviews", shopID, position{last.Queued.Time, last.OrderID})
	}
	list, err = x.queuedOrders(shopID, rows)
	return list, next, d.fault("listing the review queue", err)
}

// queued is the time by which the queue is ordered, as its index has it.
func (x *txn) queued() string {
	if x.d.lite {
		return "coalesce(placed_at, 0)"
	}
	return "coalesce(placed_at, 'epoch'::timestamptz)"
}

// queueSQL leaves out by name what was never referred: SQLite takes the index for nothing less.
func (x *txn) queueSQL(shopID string, f rewards.ReviewFilter) (sql string, args []any, err error) {
	sql, args = "SELECT order_id, status, record, "+x.queued()+" AS queued FROM orders WHERE shop_id = ? AND outcome <> 'none'", []any{shopID}
	switch f.Status {
	case rewards.QueueHeld, "":
		sql += " AND outcome = 'held'"
	case rewards.QueueRejected:
		sql += " AND outcome = 'rejected'"
	case rewards.QueueReviewed:
		sql, args = sql+" AND order_id IN (SELECT r.order_id FROM reviews r WHERE r.shop_id = ?)", append(args, shopID)
	default:
		return "", nil, rewards.Errorf(rewards.Invalid, "bad_status", "%.40q is none of held, rejected, reviewed", f.Status)
	}
	if f.Reason != "" {
		sql, args = sql+" AND reason = ?", append(args, clean(string(f.Reason)))
	}
	if f.AdvocateID != "" {
		sql, args = sql+" AND advocate_id = ?", append(args, clean(f.AdvocateID))
	}
	return sql, args, nil
}

// queuedOrders puts orders together with their rewards and reviews.
func (x *txn) queuedOrders(shopID string, rows []queueRow) ([]rewards.QueuedOrder, error) {
	list, ids, at := make([]rewards.QueuedOrder, len(rows)), make([]string, len(rows)), map[string]int{}
	for i, r := range rows {
		rec, err := orderRow{OrderID: r.OrderID, Record: r.Record}.record()
		if err != nil {
			return nil, err
		}
		list[i].StoredOrder = rewards.StoredOrder{OrderID: r.OrderID, Status: r.Status, Record: rec}
		ids[i], at[r.OrderID] = r.OrderID, i
	}
	earned, err := x.storedRewards(shopID, "order_id IN ?", ids)
	if err != nil {
		return nil, err
	}
	for _, r := range earned {
		o := &list[at[r.OrderID]]
		o.Rewards = append(o.Rewards, r)
	}
	reviews, err := x.reviewsOf(shopID, ids)
	for i := range list {
		list[i].Reviews = reviews[list[i].OrderID]
		list[i].Since = heldSince(list[i].StoredOrder)
	}
	return list, err
}

// heldSince tells when an order came to be held. See rewards.QueuedOrder.
func heldSince(o rewards.StoredOrder) (since time.Time) {
	if o.Decision.Outcome != rewards.OutcomeHeld {
		return since
	}
	since = o.Facts.At
	for _, r := range o.Rewards {
		if r.Status != rewards.StatusHeld {
			continue
		}
		came := since
		for _, h := range r.History {
			if h.To == rewards.StatusHeld && h.From != rewards.StatusHeld {
				came = h.At
			}
		}
		if came.Before(since) {
			since = came
		}
	}
	return since
}
