package metrics

import (
	"context"
	"log/slog"
	"time"
)

// ledgers is what is known about the books.
type ledgers struct {
	ok bool
	at time.Time // when the last whole round ended, zero before
}

// round goes through all shops, a few at a time. A shop that was bad stays so until it is looked at again.
type round struct {
	after string
	bad   map[string]bool
	ended time.Time
}

// goOn looks at the next few shops.
func (r *round) goOn(ctx context.Context, s Stats, log *slog.Logger, now time.Time) (ledgers, error) {
	found := map[string]bool{}
	next, shops, err := s.CheckLedgers(ctx, r.after, func(shopID, text string) {
		if !found[shopID] && !r.bad[shopID] {
			log.Error("the ledger is not right: run grapevine fsck", "shop", shopID, "found", text)
		}
		found[shopID] = true
	})
	if err != nil {
		return ledgers{}, err
	}
	for _, id := range shops {
		delete(r.bad, id)
	}
	for id := range found {
		r.bad[id] = true
	}
	if r.after = next; next == "" {
		r.ended = now
	}
	return ledgers{ok: len(r.bad) == 0, at: r.ended}, nil
}
