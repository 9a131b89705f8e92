package contest

import (
	"encoding/hex"
	"errors"
	"fmt"
	"time"
)

// Record is the document that is published after a draw, as JSON. Whoever has it can redo the draw.
type Record struct {
	Algorithm     string    `json:"algorithm"` // "grapevine-draw-1"
	Programme     string    `json:"programme"`
	ClosedAt      time.Time `json:"closed_at"`
	Commitment    string    `json:"commitment"` // published when the contest opened
	Seed          string    `json:"seed"`       // 64 hexadecimal digits, secret until the contest closed
	EntriesHash   string    `json:"entries_hash"`
	Tickets       int64     `json:"tickets"`
	WinnersWanted int       `json:"winners_wanted"`
	OncePerHolder bool      `json:"once_per_holder"`
	Short         bool      `json:"short"`   // fewer could win than were wanted: all of them have won
	Entries       []Entry   `json:"entries"` // in the order of their ids; Verify takes any order
	Winners       []Winner  `json:"winners"` // in the order in which they were drawn
}

// Terms is what was announced when the contest opened, and when it closed.
type Terms struct {
	Programme     string
	ClosedAt      time.Time
	Commitment    string // what Commit gave then
	Winners       int
	OncePerHolder bool
}

// NewRecord draws the winners and returns the document that tells of it. Errors: those of Draw, and
// ErrSeed where the seed is not the one that was committed to.
func NewRecord(t Terms, seed []byte, entries []Entry) (Record, error) {
	res, err := Draw(seed, entries, t.Winners, t.OncePerHolder)
	if err != nil {
		return Record{}, err
	}
	if Commit(seed) != t.Commitment {
		return Record{}, fmt.Errorf("%w: it gives the commitment %s, %q was published", ErrSeed, Commit(seed), t.Commitment)
	}
	sorted, _, err := arrange(entries)
	if err != nil {
		return Record{}, err
	}
	return Record{
		Algorithm: Algorithm, Programme: t.Programme, ClosedAt: t.ClosedAt.UTC(), Commitment: t.Commitment,
		Seed: hex.EncodeToString(seed), EntriesHash: res.EntriesHash, Tickets: res.Tickets,
		WinnersWanted: t.Winners, OncePerHolder: t.OncePerHolder, Short: res.Short,
		Entries: sorted, Winners: res.Winners,
	}, nil
}

// Mismatch is one place where a record does not say what its seed and its entries come to.
type Mismatch struct {
	Field    string // its name in the JSON document: "commitment", "winners[2]"
	Recorded string
	Derived  string
}

// Error names the place and both readings.
func (m *Mismatch) Error() string {
	return fmt.Sprintf("contest: %s: the record says %s, the draw gives %s", m.Field, m.Recorded, m.Derived)
}

// Verify redoes the draw of a record and returns nil if everything fits, otherwise every Mismatch,
// joined. A record from which nothing can be drawn gives the error of Draw. What it cannot know is
// whether the commitment is the one that was published: compare that yourself.
func Verify(r Record) error {
	var found []error
	differ := func(field string, recorded, derived any) {
		if recorded != derived {
			found = append(found, &Mismatch{field, fmt.Sprintf("%v", recorded), fmt.Sprintf("%v", derived)})
		}
	}
	differ("algorithm", r.Algorithm, Algorithm)
	if found != nil { // another way of drawing: nothing else can be compared
		return found[0]
	}
	seed, err := hex.DecodeString(r.Seed)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSeed, err)
	}
	differ("seed", r.Seed, hex.EncodeToString(seed))
	differ("commitment", r.Commitment, Commit(seed))
	res, err := Draw(seed, r.Entries, r.WinnersWanted, r.OncePerHolder)
	if err != nil {
		return errors.Join(append(found, err)...)
	}
	differ("entries_hash", r.EntriesHash, res.EntriesHash)
	differ("tickets", r.Tickets, res.Tickets)
	differ("short", r.Short, res.Short)
	for i := range max(len(r.Winners), len(res.Winners)) {
		differ(fmt.Sprintf("winners[%d]", i), winnerAt(r.Winners, i), winnerAt(res.Winners, i))
	}
	return errors.Join(found...)
}

func winnerAt(w []Winner, i int) string {
	if i >= len(w) {
		return "nobody"
	}
	return fmt.Sprintf("place %d for ticket %d of entry %q of %q", w[i].Place, w[i].Ticket, w[i].Entry, w[i].Holder)
}
