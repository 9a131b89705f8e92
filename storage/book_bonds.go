package storage

import (
	"time"

	"grapevine/rewards"
)

// splitSpan is how far from an order the same buyer's other orders may be one purchase in parts.
const splitSpan = 72 * time.Hour

// ownOrder is another order of the buyer of one of these orders: one that counts for an advocate, or one
// that was placed at about the same time.
type ownOrder struct {
	OrderID       string // the order at hand
	Other         string
	AdvocateID    *string
	Program       string
	PlacedAt      stamp
	OriginalMinor int64
	Counts        bool // it stands with an advocate, and was placed before
	Binds         bool // its programme keeps friends with their first advocate
}

// ownOrders finds what else the buyers ordered, by the shop's id and by e-mail.
func (b *bookLoad) ownOrders() error {
	t := table{cols: "order_id text, customer_id text, email_key text, placed_at timestamptz, since timestamptz, until timestamptz"}
	for _, c := range b.orders {
		if who, at := c.Order.Customer, c.Order.PlacedAt; who != nil && !at.IsZero() {
			t.add(clean(c.Order.ID), clean(who.ID), who.EmailKey, at, at.Add(-splitSpan), at.Add(splitSpan))
		}
	}
	by := func(column string) string {
		return `SELECT v.order_id, o.order_id AS other, o.advocate_id, o.program, o.placed_at, o.original_minor,
  coalesce(o.advocate_id IS NOT NULL AND o.outcome IN ` + stood + ` AND o.placed_at < v.placed_at, false) AS counts, coalesce(p.binds, false) AS binds
FROM v CROSS JOIN orders o LEFT JOIN offers p ON p.shop_id = o.shop_id AND p.program = o.program AND o.program <> ''
WHERE o.shop_id = ? AND o.` + column + ` = v.` + column + ` AND o.` + column + ` <> '' AND o.order_id <> v.order_id AND NOT o.test AND o.status <> 'cancelled'
  AND CASE WHEN o.placed_at >= v.since AND o.placed_at <= v.until THEN true ELSE o.advocate_id IS NOT NULL AND o.outcome IN ` + stood + ` AND o.placed_at < v.placed_at END` +
			b.alsoAmong("o."+column, "v."+column)
	}
	rows, err := queryAll[ownOrder](b.txn, t, by("customer_id")+" UNION "+by("email_key"), b.shopID, b.shopID)
	for _, r := range rows {
		b.own[r.OrderID] = append(b.own[r.OrderID], r)
		if first, bound := b.bonds[r.OrderID]; r.Counts && r.Binds && (!bound || r.PlacedAt.Before(first.PlacedAt.Time) || r.PlacedAt.Equal(first.PlacedAt.Time) && r.Other < first.Other) {
			b.bonds[r.OrderID] = r
		}
	}
	return err
}

// bind makes claims of the orders that bind their buyers: each goes to the advocate of the first, in the
// programme that her code was of. An advocate who has left binds nobody.
func (b *bookLoad) bind() error {
	if len(b.bonds) == 0 {
		return nil
	}
	firsts, people := map[string]bool{}, map[string]bool{}
	for _, o := range b.bonds {
		firsts[o.Other], people[plain(o.AdvocateID)] = true, true
	}
	if err := b.advocates(keysOf(people)); err != nil {
		return err
	}
	var rows []orderRow
	if _, err := b.scan(&rows, "SELECT order_id, record FROM orders WHERE shop_id = ? AND order_id IN ?", b.shopID, keysOf(firsts)); err != nil {
		return err
	}
	programs := map[string]string{}
	for _, r := range rows {
		rec, err := r.record()
		if err != nil {
			return err
		}
		for _, c := range rec.Facts.Claims {
			if c.AdvocateID == rec.Decision.Advocate {
				programs[r.OrderID] = c.Program
			}
		}
	}
	for orderID, first := range b.bonds {
		a, known := b.sealed[plain(first.AdvocateID)]
		if !known || a.CustomerID == nil || a.Status == "retired" || programs[first.Other] == "" {
			continue
		}
		b.book.Bonds[orderID] = rewards.Claim{
			Via: rewards.ViaBond, AdvocateID: a.ID, CustomerID: plain(a.CustomerID), EmailKey: plain(a.EmailKey), Blocked: a.Status == "blocked",
			Program: programs[first.Other], Since: first.PlacedAt.Time, Group: a.Team,
		}
		b.need(programs[first.Other], a.ID)
	}
	return nil
}

// advocates reads those of these advocates that were not read yet.
func (b *bookLoad) advocates(ids []string) error {
	var missing []string
	for _, id := range ids {
		if _, read := b.sealed[id]; !read {
			missing = append(missing, id)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	var rows []advocateRow
	_, err := b.scan(&rows, "SELECT * FROM advocates WHERE shop_id = ? AND id IN ?", b.shopID, missing)
	for _, r := range rows {
		b.sealed[r.ID] = r
	}
	return err
}
