package contest

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// The reasons why nothing is drawn. Errors of this package wrap one of them or are Mismatches.
var (
	// ErrNoEntries says that nobody takes part.
	ErrNoEntries = errors.New("contest: there are no entries")
	// ErrEntry says that an entry cannot be drawn from: its id or holder is empty, has control
	// characters or is not UTF-8, its id is there twice, its count is below 1, or all counts together
	// pass MaxTickets.
	ErrEntry = errors.New("contest: bad entry")
	// ErrSeed says that a seed does not have SeedSize bytes or is not the one committed to.
	ErrSeed = errors.New("contest: bad seed")
	// ErrWinners says that fewer than 1 or more than MaxWinners winners are asked for.
	ErrWinners = errors.New("contest: bad number of winners")
)

// MaxTickets is the largest number that every language's numbers hold exactly (RFC 8259, section 6).
const MaxTickets = 1<<53 - 1

// Entry is what one conversion put into the drum.
type Entry struct {
	ID     string `json:"id"`     // the reward's id; unique in a contest
	Holder string `json:"holder"` // the advocate's id
	Count  int    `json:"count"`  // tickets, at least 1
}

// HashEntries returns the hash of the entries' canonical form, 64 hexadecimal digits, whatever their
// order. Errors: ErrNoEntries, ErrEntry.
func HashEntries(entries []Entry) (string, error) {
	sorted, _, err := arrange(entries)
	if err != nil {
		return "", err
	}
	return hash(sorted), nil
}

// arrange returns the entries in the order in which their tickets are numbered, and how many tickets
// there are. The caller's slice stays as it is.
func arrange(entries []Entry) ([]Entry, int64, error) {
	if len(entries) == 0 {
		return nil, 0, ErrNoEntries
	}
	sorted := slices.Clone(entries)
	slices.SortFunc(sorted, func(a, b Entry) int { return cmp.Compare(a.ID, b.ID) })
	var tickets int64
	for i, e := range sorted {
		switch {
		case !printable(e.ID):
			return nil, 0, fmt.Errorf("%w: id %q", ErrEntry, e.ID)
		case !printable(e.Holder):
			return nil, 0, fmt.Errorf("%w %s: holder %q", ErrEntry, e.ID, e.Holder)
		case i > 0 && e.ID == sorted[i-1].ID:
			return nil, 0, fmt.Errorf("%w %s: the id is there twice", ErrEntry, e.ID)
		case e.Count < 1:
			return nil, 0, fmt.Errorf("%w %s: count %d", ErrEntry, e.ID, e.Count)
		case int64(e.Count) > MaxTickets-tickets:
			return nil, 0, fmt.Errorf("%w %s: more than %d tickets in all", ErrEntry, e.ID, int64(MaxTickets))
		}
		tickets += int64(e.Count)
	}
	return sorted, tickets, nil
}

// printable tells whether a text stands in the canonical form without being taken for two, and comes
// back from JSON as it was.
func printable(s string) bool {
	control := func(r rune) bool { return r < 0x20 || r == 0x7F }
	return s != "" && utf8.ValidString(s) && !strings.ContainsFunc(s, control)
}

// hash is step 3 of the algorithm.
func hash(sorted []Entry) string {
	h := sha256.New()
	for _, e := range sorted {
		fmt.Fprintf(h, "%s\t%s\t%d\n", e.ID, e.Holder, e.Count)
	}
	return hex.EncodeToString(h.Sum(nil))
}
