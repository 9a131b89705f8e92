package main

import (
	"context"
	"time"
)

const (
	// scrubEvery is how often erasures are looked for: what was deleted has to be gone from the files
	// within a day.
	scrubEvery = time.Hour
	// scrubBack is how far back the first look goes, and scrubAgain how far each goes beyond the one before: an
	// erasure may have been under way.
	scrubBack  = 25 * time.Hour
	scrubAgain = time.Minute
)

// scrub takes erased people out of the database's files, soon after they were erased.
func (a *app) scrub(ctx context.Context, t turn) (int, error) {
	since := t.last.Add(-scrubAgain)
	if t.last.IsZero() {
		since = t.at.Add(-scrubBack)
	}
	erased, err := a.db.ErasedSince(ctx, since)
	if err != nil || !erased {
		return 0, err
	}
	return 1, a.db.Patient().Scrub(ctx)
}
