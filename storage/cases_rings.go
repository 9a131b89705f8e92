package storage

import "time"

const (
	// longestRing is the longest circle that is looked for: longer ones come about by chance.
	longestRing = 5
	// ringSpan is how old a referral of a circle may be.
	ringSpan = 90 * 24 * time.Hour
	// widestRing bounds how many people are asked for at a time.
	widestRing = 2000
)

// referral is that an advocate, by her id in the shop, referred a customer.
type referral struct {
	Advocate string
	Friend   string
	PlacedAt stamp
}

// rings finds the shortest circle that each referral closes: from the friend along the people whom they
// referred, back to the advocate. Each level of all searches together is one question; most friends never
// referred anybody, and then the first is the last.
func (b *bookLoad) rings(pairs []*pair) error {
	next, asked := map[string]bool{}, map[string]bool{}
	for _, p := range pairs {
		if id := clean(p.friend().ID); id != "" && p.claim.CustomerID != "" {
			next[id] = true
		}
	}
	known := map[string][]referral{}
	b.batchReferrals(pairs, known)
	for range longestRing - 1 {
		level := keysOf(next)
		level = level[:min(len(level), widestRing)]
		if len(level) == 0 {
			break
		}
		rows, err := b.referredBy(level)
		if err != nil {
			return err
		}
		for _, id := range level {
			asked[id] = true
		}
		for _, r := range rows {
			known[r.Advocate] = append(known[r.Advocate], r)
		}
		clear(next)
		for _, id := range level {
			for _, r := range known[id] {
				if !asked[r.Friend] {
					next[r.Friend] = true
				}
			}
		}
	}
	for _, p := range pairs {
		p.found.Counts.Ring = circle(known, clean(p.friend().ID), clean(p.claim.CustomerID), p.order.PlacedAt.Add(-ringSpan))
	}
	return nil
}

// batchReferrals notes the referrals of the orders that are being judged for the first time: nothing is
// stored of them yet.
func (b *bookLoad) batchReferrals(pairs []*pair, known map[string][]referral) {
	for _, p := range pairs {
		friend := clean(p.friend().ID)
		if _, seen := b.book.Records[p.order.ID]; !seen && friend != "" && p.claim.CustomerID != "" {
			by := clean(p.claim.CustomerID)
			known[by] = append(known[by], referral{by, friend, stamp{p.order.PlacedAt}})
		}
	}
}

// referredBy lists whom these customers referred of late. CASE keeps SQLite from looking all orders of that
// time up.
func (b *bookLoad) referredBy(customers []string) ([]referral, error) {
	t := table{cols: "customer_id text"}
	for _, c := range customers {
		t.add(c)
	}
	return queryAll[referral](b.txn, t, `SELECT DISTINCT v.customer_id AS advocate, o.customer_id AS friend, o.placed_at
FROM v CROSS JOIN advocates a CROSS JOIN orders o
WHERE a.shop_id = ? AND a.customer_id = v.customer_id AND o.shop_id = a.shop_id AND o.advocate_id = a.id AND o.outcome IN `+stood+` AND o.customer_id <> '' AND CASE WHEN o.placed_at >= ? THEN true ELSE false END`+b.alsoAmong("a.customer_id", "v.customer_id"),
		b.shopID, b.oldest().Add(-ringSpan))
}

// circle is the number of people on the shortest way from the friend back to the advocate; 0 if there is
// none that is short and young enough.
func circle(known map[string][]referral, friend, advocate string, since time.Time) int {
	if friend == "" || advocate == "" || friend == advocate {
		return 0
	}
	seen, level := map[string]bool{friend: true}, []string{friend}
	for length := 2; length <= longestRing && len(level) > 0; length++ {
		var next []string
		for _, id := range level {
			for _, r := range known[id] {
				if r.PlacedAt.Before(since) || seen[r.Friend] {
					continue
				}
				if r.Friend == advocate {
					return length
				}
				seen[r.Friend] = true
				next = append(next, r.Friend)
			}
		}
		level = next
	}
	return 0
}
