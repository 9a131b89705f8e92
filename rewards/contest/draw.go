package contest

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
)

// Algorithm names the way of drawing that the package comment describes. Another way is another name.
const Algorithm = "grapevine-draw-1"

// SeedSize is the length of a seed in bytes.
const SeedSize = 32

// MaxWinners is how many winners one draw may have.
const MaxWinners = 10_000

// Winner is one pick.
type Winner struct {
	Place  int    `json:"place"` // 1 is the first that was drawn
	Entry  string `json:"entry"` // the id of the entry
	Holder string `json:"holder"`
	Ticket int64  `json:"ticket"` // counted from 1 through the entries in the order of their ids
}

// Result is what a draw came to.
type Result struct {
	Winners     []Winner // in the order in which they were drawn, at least one
	EntriesHash string   // as HashEntries gives it
	Tickets     int64    // that were in the drum at the start
	// Short says that the drum was empty before all prizes were drawn: there were fewer holders
	// (tickets, where a holder can win again) than winners asked for, and all of them have won.
	Short bool
}

// NewSeed returns a seed from the operating system's random numbers. Keep it secret until the contest
// has closed, and publish its Commit when it opens.
func NewSeed() []byte {
	seed := make([]byte, SeedSize)
	rand.Read(seed) // never fails: crypto/rand ends the program instead
	return seed
}

// Commit returns the hash of a seed in 64 hexadecimal digits. It gives nothing of the seed away and
// fits no other.
func Commit(seed []byte) string {
	sum := sha256.Sum256(seed)
	return hex.EncodeToString(sum[:])
}

// Draw picks as many winners as asked for, or all there are, from entries in any order. With
// oncePerHolder a holder wins once at most, otherwise a ticket does. The same seed and entries give
// the same result for ever. Errors: ErrSeed, ErrWinners, ErrNoEntries, ErrEntry.
func Draw(seed []byte, entries []Entry, winners int, oncePerHolder bool) (Result, error) {
	if len(seed) != SeedSize {
		return Result{}, fmt.Errorf("%w: %d bytes, want %d", ErrSeed, len(seed), SeedSize)
	}
	if winners < 1 || winners > MaxWinners {
		return Result{}, fmt.Errorf("%w: %d, want 1 to %d", ErrWinners, winners, MaxWinners)
	}
	sorted, tickets, err := arrange(entries)
	if err != nil {
		return Result{}, err
	}
	res := Result{EntriesHash: hash(sorted), Tickets: tickets}
	for d := newDrum(sorted); len(res.Winners) < winners; {
		if d.left == 0 {
			res.Short = true
			break
		}
		place := len(res.Winners) + 1
		r := uniform(uint64(d.left), func(try int) uint64 { return number(seed, res.EntriesHash, place, try) })
		i, ticket := d.take(int64(r))
		if oncePerHolder {
			d.takeHolder(sorted[i].Holder)
		}
		res.Winners = append(res.Winners, Winner{place, sorted[i].ID, sorted[i].Holder, ticket})
	}
	return res, nil
}

// number is the x of step 5.
func number(seed []byte, entriesHash string, place, try int) uint64 {
	mac := hmac.New(sha256.New, seed)
	fmt.Fprintf(mac, "%s\n%s\npick %d try %d", Algorithm, entriesHash, place, try)
	return binary.BigEndian.Uint64(mac.Sum(nil))
}

// uniform turns numbers of 64 bits into one below n, each equally likely. It refuses the last
// 2^64 mod n numbers, which are less than half of all, so it asks for two tries or fewer on average.
func uniform(n uint64, number func(try int) uint64) uint64 {
	tail := (math.MaxUint64 - n + 1) % n // 2^64 mod n
	for try := 1; ; try++ {
		if x := number(try); x <= math.MaxUint64-tail {
			return x % n
		}
	}
}
