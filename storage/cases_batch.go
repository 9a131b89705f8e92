package storage

import (
	"slices"
	"time"

	"grapevine/rewards"
)

// neighbours adds what the other orders of the batch tell that are judged for the first time: nothing is
// stored of them yet, and a burst of orders comes in one batch.
func (b *bookLoad) neighbours(pairs []*pair) {
	claimed := map[string][]*pair{}
	for _, p := range pairs {
		claimed[p.order.ID] = append(claimed[p.order.ID], p)
	}
	for _, p := range pairs {
		n := nearby{pair: p, minimum: b.minimum(p), met: map[string]bool{}}
		for _, c := range b.orders {
			o := c.Order
			if _, seen := b.book.Records[o.ID]; seen || o.ID == p.order.ID || o.PlacedAt.IsZero() || o.Test || o.Status() == "cancelled" {
				continue
			}
			n.add(o, claimed[o.ID], b.book.EarlierHere[o.ID])
		}
	}
}

// nearby counts a batch's orders beside one of them.
type nearby struct {
	*pair
	minimum int64
	met     map[string]bool // people, by what was counted
}

// add looks at another order, with the claims on it.
func (n *nearby) add(o rewards.Order, claims []*pair, earlierHere int64) {
	ago := n.order.PlacedAt.Sub(o.PlacedAt)
	before := ago > 0 || ago == 0 && o.ID < n.order.ID
	friend, buyer := n.friend(), personOf(o)
	switch {
	case friend.ID == "" && friend.EmailKey == "": // whether others are others cannot be told
	case buyer.ID != "" && buyer.ID == friend.ID, buyer.EmailKey != "" && buyer.EmailKey == friend.EmailKey:
		n.again(o, claims, ago, before)
	case before:
		n.crowd(o, buyer, claims, ago, earlierHere)
		n.strange(o, ago)
	}
}

// again counts an order of the same friend.
func (n *nearby) again(o rewards.Order, claims []*pair, ago time.Duration, before bool) {
	elsewhere := slices.ContainsFunc(claims, func(q *pair) bool { return q.claim.AdvocateID != n.claim.AdvocateID })
	n.found.Counts.AlreadyReferred = n.found.Counts.AlreadyReferred || before && elsewhere
	sum, err := o.Eligible()
	if err == nil && ago.Abs() <= splitSpan && nearMinimum(sum.Original.Minor, n.minimum) {
		n.found.Counts.SplitOrders++
	}
}

// crowd counts another person's order from the same place.
func (n *nearby) crowd(o rewards.Order, buyer rewards.Person, claims []*pair, ago time.Duration, earlierHere int64) {
	counts, mine := &n.found.Counts, tracesOf(n.order)
	first := earlierHere == 0 && (buyer.EarlierOrders == nil || *buyer.EarlierOrders == 0)
	advocate := buyer.ID != "" && buyer.ID == n.claim.CustomerID || buyer.EmailKey != "" && buyer.EmailKey == n.claim.EmailKey
	for _, left := range tracesOf(o) {
		if !slices.Contains(mine, left) {
			continue
		}
		firsts, others := (*int)(nil), (*int)(nil)
		switch left.kind {
		case lookupIP:
			if len(claims) > 0 && ago <= ipSpan {
				n.once(&counts.FriendsByIP, "friend", buyer)
			}
		case lookupDevice:
			firsts = &counts.FirstsByDevice
		case lookupAddress:
			firsts, others = &counts.FirstsByAddress, &counts.OthersByAddress
		case lookupCard:
			firsts, others = &counts.FirstsByCard, &counts.OthersByCard
		case lookupPhone:
			others = &counts.OthersByPhone
		}
		if firsts != nil && first && ago <= firstsSpan {
			n.once(firsts, "first "+left.kind, buyer)
		}
		if others != nil && o.Paid() && !advocate {
			*others++
		}
	}
}

// once counts a person once.
func (n *nearby) once(count *int, as string, who rewards.Person) {
	key := as + " " + who.ID
	if who.ID == "" {
		key = as + " " + who.EmailKey
	}
	if !n.met[key] {
		n.met[key] = true
		*count++
	}
}

// strange counts an order with the advocate's code.
func (n *nearby) strange(o rewards.Order, ago time.Duration) {
	if ago > deviceSpan {
		return
	}
	used, linked := 0, 0
	for _, applied := range o.Codes {
		if folded, _ := rewards.FoldCode(applied.Code); slices.Contains(n.codes, folded) {
			used = 1
		}
	}
	for _, touch := range o.Touches {
		if folded, _ := rewards.FoldCode(touch.Code); slices.Contains(n.codes, folded) {
			used, linked = 1, 1
		}
	}
	if used > 0 {
		n.uses(used, linked)
	}
}
