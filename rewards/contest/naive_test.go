package contest_test

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"grapevine/rewards/contest"
)

// span is a run of tickets, both ends included.
type span struct{ from, to int64 }

// naive redoes a draw from the package comment alone: big numbers, and a list of tickets that are gone.
func naive(seed []byte, entries []contest.Entry, winners int, oncePerHolder bool) contest.Result {
	sorted := slices.Clone(entries)
	slices.SortFunc(sorted, func(a, b contest.Entry) int { return strings.Compare(a.ID, b.ID) })
	var text strings.Builder
	var spans []span
	var total int64
	for _, e := range sorted {
		text.WriteString(e.ID + "\t" + e.Holder + "\t" + strconv.Itoa(e.Count) + "\n")
		spans = append(spans, span{total + 1, total + int64(e.Count)})
		total += int64(e.Count)
	}
	sum := sha256.Sum256([]byte(text.String()))
	res := contest.Result{EntriesHash: hex.EncodeToString(sum[:]), Tickets: total}
	var gone []span
	for i := 1; i <= winners; i++ {
		left := total
		for _, g := range gone {
			left -= g.to - g.from + 1
		}
		if left == 0 {
			res.Short = true
			break
		}
		ticket := naivePick(seed, res.EntriesHash, i, left) + 1
		for _, g := range gone {
			if ticket >= g.from {
				ticket += g.to - g.from + 1
			}
		}
		won := slices.IndexFunc(spans, func(s span) bool { return s.from <= ticket && ticket <= s.to })
		res.Winners = append(res.Winners, contest.Winner{Place: i, Entry: sorted[won].ID, Holder: sorted[won].Holder, Ticket: ticket})
		if !oncePerHolder {
			gone = append(gone, span{ticket, ticket})
		}
		for j, e := range sorted {
			if oncePerHolder && e.Holder == sorted[won].Holder {
				gone = append(gone, spans[j])
			}
		}
		slices.SortFunc(gone, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	}
	return res
}

// naivePick is step 5 with big numbers: how many tickets of the drum lie below the one that wins.
func naivePick(seed []byte, entriesHash string, pick int, left int64) int64 {
	n, all := big.NewInt(left), new(big.Int).Lsh(big.NewInt(1), 64)
	bound := new(big.Int).Sub(all, new(big.Int).Mod(all, n))
	for try := 1; ; try++ {
		mac := hmac.New(sha256.New, seed)
		mac.Write([]byte("grapevine-draw-1\n" + entriesHash + "\npick " + strconv.Itoa(pick) + " try " + strconv.Itoa(try)))
		if x := new(big.Int).SetBytes(mac.Sum(nil)[:8]); x.Cmp(bound) < 0 {
			return new(big.Int).Mod(x, n).Int64()
		}
	}
}
