package storage

import (
	"slices"

	"grapevine/rewards"
)

// other is a statement's condition: the order o is another person's than the one at hand. Without an id and
// an e-mail of its own nobody can say so, and then it is.
const other = `o.order_id <> v.order_id AND NOT o.test AND o.status <> 'cancelled'
  AND (o.customer_id = '' OR o.customer_id <> v.customer_id) AND (o.email_key = '' OR o.email_key <> v.email_key)`

// who names the person of the order o.
const who = `CASE WHEN o.customer_id <> '' THEN o.customer_id WHEN o.email_key <> '' THEN o.email_key ELSE o.order_id END`

// mostLikeIt bounds how many orders with one key, or one code, are looked at, the newest first: every limit
// is far below, and a key that very many share would hold up the shop.
const mostLikeIt = 200

// crowds counts the other people of late who left the same keys: friends from one connection within 30
// days, and first orders from one place within 7.
func (b *bookLoad) crowds(pairs []*pair) error {
	t := table{cols: "i integer, order_id text, customer_id text, email_key text, kind text, key text, since timestamptz, placed_at timestamptz"}
	for i, p := range pairs {
		friend := p.friend()
		if friend.ID == "" && friend.EmailKey == "" {
			continue // whether others are others cannot be told
		}
		for _, left := range tracesOf(p.order) {
			span := firstsSpan
			switch left.kind {
			case lookupEmail, lookupPhone:
				continue
			case lookupIP:
				span = ipSpan
			}
			t.add(i, clean(p.order.ID), clean(friend.ID), friend.EmailKey, left.kind, left.key, p.order.PlacedAt.Add(-span), p.order.PlacedAt)
		}
	}
	people := func(condition string) string {
		return `(SELECT count(DISTINCT ` + who + `) FROM (SELECT t.order_id FROM traces t WHERE t.shop_id = ? AND t.kind = v.kind AND t.key = v.key
  AND t.placed_at >= v.since AND t.placed_at <= v.placed_at ORDER BY t.placed_at DESC LIMIT ?) n CROSS JOIN orders o
WHERE o.shop_id = ? AND o.order_id = n.order_id AND ` + other + ` AND ` + condition + `)`
	}
	rows, err := queryAll[struct {
		I    int
		Kind string
		N    int
	}](b.txn, t, `SELECT v.i, v.kind, CASE WHEN v.kind = 'ip' THEN `+people("o.advocate_id IS NOT NULL AND o.outcome IN "+stood)+` ELSE `+
		people("NOT EXISTS (SELECT 1 FROM orders p WHERE p.shop_id = o.shop_id AND p.customer_id = o.customer_id AND p.customer_id <> '' AND p.placed_at < o.placed_at)")+` END AS n FROM v`,
		b.shopID, mostLikeIt, b.shopID, b.shopID, mostLikeIt, b.shopID)
	for _, r := range rows {
		counts := &pairs[r.I].found.Counts
		switch r.Kind {
		case lookupIP:
			counts.FriendsByIP = r.N
		case lookupAddress:
			counts.FirstsByAddress = r.N
		case lookupDevice:
			counts.FirstsByDevice = r.N
		case lookupCard:
			counts.FirstsByCard = r.N
		}
	}
	return err
}

// namesakes counts the paid orders that others, but not the advocate, placed earlier with the friend's
// telephone number, card or address: somebody whom the shop knows under another name.
func (b *bookLoad) namesakes(pairs []*pair) error {
	t := table{cols: "i integer, order_id text, customer_id text, email_key text, advocate text, advocate_key text, kind text, key text, placed_at timestamptz"}
	for i, p := range pairs {
		friend := p.friend()
		if friend.ID == "" && friend.EmailKey == "" {
			continue
		}
		for _, left := range tracesOf(p.order) {
			if left.kind == lookupPhone || left.kind == lookupCard || left.kind == lookupAddress {
				t.add(i, clean(p.order.ID), clean(friend.ID), friend.EmailKey, clean(p.claim.CustomerID), p.claim.EmailKey, left.kind, left.key, p.order.PlacedAt)
			}
		}
	}
	rows, err := queryAll[struct {
		I    int
		Kind string
		N    int
	}](b.txn, t, `SELECT v.i, v.kind, (SELECT count(*) FROM (SELECT t.order_id FROM traces t WHERE t.shop_id = ? AND t.kind = v.kind AND t.key = v.key
  AND t.placed_at < v.placed_at AND (t.customer_id = '' OR t.customer_id <> v.customer_id AND t.customer_id <> v.advocate) ORDER BY t.placed_at DESC LIMIT ?) n CROSS JOIN orders o
WHERE o.shop_id = ? AND o.order_id = n.order_id AND o.paid AND `+other+` AND (o.customer_id = '' OR o.customer_id <> v.advocate)
  AND (o.email_key = '' OR o.email_key <> v.advocate_key)) AS n FROM v`, b.shopID, mostLikeIt, b.shopID)
	for _, r := range rows {
		counts := &pairs[r.I].found.Counts
		switch r.Kind {
		case lookupPhone:
			counts.OthersByPhone = r.N
		case lookupCard:
			counts.OthersByCard = r.N
		case lookupAddress:
			counts.OthersByAddress = r.N
		}
	}
	return err
}

// strangers counts the other orders with the advocate's code in the 24 hours before, by its column, and how
// many of their buyers had followed her link.
func (b *bookLoad) strangers(pairs []*pair) error {
	t := table{cols: "i integer, order_id text, customer_id text, email_key text, code text, since timestamptz, placed_at timestamptz"}
	for i, p := range pairs {
		friend := p.friend()
		p.clicked = slices.ContainsFunc(p.order.Touches, func(touch rewards.Touch) bool {
			folded, _ := rewards.FoldCode(touch.Code)
			return slices.Contains(p.codes, folded)
		})
		for _, code := range p.codes {
			t.add(i, clean(p.order.ID), clean(friend.ID), friend.EmailKey, code, p.order.PlacedAt.Add(-deviceSpan), p.order.PlacedAt)
		}
	}
	const uses = `SELECT o.linked FROM orders o WHERE o.shop_id = ? AND o.code = v.code AND o.code <> ''
  AND o.placed_at >= v.since AND o.placed_at <= v.placed_at AND ` + other + ` ORDER BY o.placed_at DESC LIMIT ?`
	const n, linked = "count(*)", "count(CASE WHEN n.linked THEN 1 END)"
	// SQLite knows no LATERAL.
	sql, args := "SELECT v.i, c.n, c.linked FROM v CROSS JOIN LATERAL (SELECT "+n+" AS n, "+linked+" AS linked FROM ("+uses+") n) c", []any{b.shopID, mostLikeIt}
	if b.d.lite {
		sql = "SELECT v.i, (SELECT " + n + " FROM (" + uses + ") n) AS n, (SELECT " + linked + " FROM (" + uses + ") n) AS linked FROM v"
		args = append(args, args...)
	}
	rows, err := queryAll[struct{ I, N, Linked int }](b.txn, t, sql, args...)
	for _, r := range rows {
		pairs[r.I].uses(r.N, r.Linked)
	}
	return err
}

// uses counts further uses of the advocate's code, and what part of all came by her link, this order
// included.
func (p *pair) uses(n, linked int) {
	p.used, p.linked = p.used+n, p.linked+linked
	here := 0
	if p.clicked {
		here = 1
	}
	counts := &p.found.Counts
	counts.StrangersDay, counts.ClicksKnown = p.used-p.linked, p.linked+here > 0
	counts.LinkShareBP = (p.linked + here) * 10_000 / (p.used + 1)
}
