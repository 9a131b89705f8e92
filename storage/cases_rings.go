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

// referredBy lists whom these customers referred of late: those of them who are advocates, and then their
// orders. CASE keeps SQLite from looking all orders of that time up.
func (b *bookLoad) referredBy(customers []string) ([]referral, error) {
	var advocates []struct{ ID, CustomerID string }
	_, err := b.scan(&advocates, "SELECT id, customer_id FROM advocates WHERE shop_id = ? AND customer_id IN ?", b.shopID, customers)
	if err != nil || len(advocates) == 0 {
		return nil, err
	}
	customerOf := map[string]string{}
	for _, a := range advocates {
		customerOf[a.ID] = a.CustomerID
	}
	var rows []referral
	_, err = b.scan(&rows, `SELECT DISTINCT advocate_id AS advocate, customer_id AS friend, placed_at FROM orders
WHERE shop_id = ? AND advocate_id IN ? AND outcome IN `+stood+` AND customer_id <> '' AND CASE WHEN placed_at >= ? THEN true ELSE false END`,
		b.shopID, keysOf(customerOf), b.oldest().Add(-ringSpan))
	for i, r := range rows {
		rows[i].Advocate = customerOf[r.Advocate]
	}
	return rows, err
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
