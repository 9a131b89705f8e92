package simulation

import (
	"time"

	"grapevine/rewards"
)

// Key stands for a customer's id or an e-mail hash in a table of millions: 64 bits of a hash. Two of a
// million people share one with a chance of one to thirty million.
type Key uint64

// KeyOf hashes an id; 0 for an empty one.
func KeyOf[T ~string | ~[]byte](id T) Key {
	if len(id) == 0 {
		return 0
	}
	h := uint64(14695981039346656037) // FNV-1a
	for i := range len(id) {
		h = (h ^ uint64(id[i])) * 1099511628211
	}
	h ^= h >> 32 // spreads the last bytes, which differ most, over all bits
	h *= 0xd6e8feb86659fd93
	h ^= h >> 32
	return Key(max(h, 1))
}

// Order is one stored order as a run needs it.
type Order struct {
	PlacedAt time.Time
	Customer Key  // of the platform's customer id; 0: none
	Email    Key  // of the e-mail's hash; 0: none
	Test     bool // test orders and cancelled ones make nobody a customer
	Gone     bool // cancelled
	// Left is the eligible total that is left after refunds.
	Left rewards.Money
	// Record is set where the order carries a code or link of the shop's, or where Options.Everything asked
	// for it. Without one the order only makes a customer known.
	Record *rewards.Record
}

// Code is a shop's code with its owner. Claim.TookOff is empty.
type Code struct {
	rewards.Claim
	RetiredAt time.Time // it counts for orders that were placed before; zero: for all
}
