package variant

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"strconv"
)

// maxWeight is what a larger weight counts as, so that sums stay exact.
const maxWeight = 1 << 32

// Assign returns the arm of a subject, an index into weights, or -1 where no weight is above zero. It
// is the same on every call and every machine. seed keeps experiments apart: with another one the same
// subjects are dealt anew.
//
// The first 8 bytes of SHA-256 over the length of the seed in decimal, a colon, the seed and the
// subject are a point between 0 and 1, and the arms lie there side by side in their order, each as wide
// as its share of all weights. When weights change, a subject changes its arm only if a border moved
// over its point: from 50:50 to 90:10, four in five of the second arm go over to the first and nobody
// goes the other way; from 1:1 to 5:5 nobody moves; a third arm at the end moves subjects of the
// second arm as well as of the first. So compare only what was counted since the last change.
func Assign(seed, subject string, weights []int) int {
	var total uint64
	for _, w := range weights {
		total += weight(w)
	}
	sum := sha256.Sum256([]byte(strconv.Itoa(len(seed)) + ":" + seed + subject))
	at, _ := bits.Mul64(binary.BigEndian.Uint64(sum[:8]), total) // the point times total, rounded down
	for i, w := range weights {
		if at < weight(w) {
			return i
		}
		at -= weight(w)
	}
	return -1
}

// weight reads a weight: less than nothing is nothing.
func weight(w int) uint64 { return min(uint64(max(w, 0)), maxWeight) }
