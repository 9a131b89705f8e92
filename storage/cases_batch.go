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
	var fresh []neighbour
	left := map[string][]trace{} // by order id
	for _, c := range b.orders {
		o := c.Order
		left[o.ID] = tracesOf(o)
		if _, seen := b.book.Records[o.ID]; !seen && !o.PlacedAt.IsZero() && !o.Test && o.Status() != "cancelled" {
			fresh = append(fresh, neighbourOf(o, left[o.ID], claimed[o.ID], b.book.EarlierHere[o.ID]))
		}
	}
	for _, p := range pairs {
		n := nearby{pair: p, minimum: b.minimum(p), left: left[p.order.ID], met: map[string]bool{}}
		for i := range fresh {
			if fresh[i].ID != p.order.ID {
				n.add(&fresh[i])
			}
		}
	}
}

// neighbour is an order of the batch as its neighbours see it.
type neighbour struct {
	rewards.Order
	buyer            rewards.Person
	left             []trace
	applied, touched []string // folded
	claims           []*pair
	first            bool // its buyer's, as far as anybody knows
}

func neighbourOf(o rewards.Order, left []trace, claims []*pair, earlierHere int64) neighbour {
	n := neighbour{Order: o, buyer: personOf(o), left: left, claims: claims}
	n.first = earlierHere == 0 && (n.buyer.EarlierOrders == nil || *n.buyer.EarlierOrders == 0)
	for _, applied := range o.Codes {
		folded, _ := rewards.FoldCode(applied.Code)
		n.applied = append(n.applied, folded)
	}
	for _, touch := range o.Touches {
		folded, _ := rewards.FoldCode(touch.Code)
		n.touched = append(n.touched, folded)
	}
	return n
}

// nearby counts a batch's orders beside one of them.
type nearby struct {
	*pair
	minimum int64
	left    []trace
	met     map[string]bool // people, by what was counted
}

// add looks at another order.
func (n *nearby) add(o *neighbour) {
	ago := n.order.PlacedAt.Sub(o.PlacedAt)
	before := ago > 0 || ago == 0 && o.ID < n.order.ID
	friend := n.friend()
	switch {
	case friend.ID == "" && friend.EmailKey == "": // whether others are others cannot be told
	case o.buyer.ID != "" && o.buyer.ID == friend.ID, o.buyer.EmailKey != "" && o.buyer.EmailKey == friend.EmailKey:
		n.again(o, ago, before)
	case before:
		n.crowd(o, ago)
		n.strange(o, ago)
	}
}

// again counts an order of the same friend.
func (n *nearby) again(o *neighbour, ago time.Duration, before bool) {
	elsewhere := slices.ContainsFunc(o.claims, func(q *pair) bool { return q.claim.AdvocateID != n.claim.AdvocateID })
	n.found.Counts.AlreadyReferred = n.found.Counts.AlreadyReferred || before && elsewhere
	sum, err := o.Eligible()
	if err == nil && ago.Abs() <= splitSpan && nearMinimum(sum.Original.Minor, n.minimum) {
		n.found.Counts.SplitOrders++
	}
}

// crowd counts another person's order from the same place.
func (n *nearby) crowd(o *neighbour, ago time.Duration) {
	counts := &n.found.Counts
	advocate := o.buyer.ID != "" && o.buyer.ID == n.claim.CustomerID || o.buyer.EmailKey != "" && o.buyer.EmailKey == n.claim.EmailKey
	for _, left := range o.left {
		if !slices.Contains(n.left, left) {
			continue
		}
		firsts, others := (*int)(nil), (*int)(nil)
		switch left.kind {
		case lookupIP:
			if len(o.claims) > 0 && ago <= ipSpan {
				n.once(&counts.FriendsByIP, "friend", o.buyer)
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
		if firsts != nil && o.first && ago <= firstsSpan {
			n.once(firsts, "first "+left.kind, o.buyer)
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
func (n *nearby) strange(o *neighbour, ago time.Duration) {
	hers := func(code string) bool { return slices.Contains(n.codes, code) }
	switch {
	case ago > deviceSpan:
	case slices.ContainsFunc(o.touched, hers):
		n.uses(1, 1)
	case slices.ContainsFunc(o.applied, hers):
		n.uses(1, 0)
	}
}
