package main

import (
	"context"
	"time"
)

const (
	// scrubEvery is how often erasures are looked for: what was deleted has to be gone from the files
	// within a day.
	scrubEvery = time.Hour
	// scrubBack is how far back a new process looks: its predecessor may have died before it scrubbed.
	scrubBack = 25 * time.Hour
)

// scrub takes erased people out of the database's files, soon after they were erased, until ctx ends.
func (a *app) scrub(ctx context.Context) {
	since := time.Now().Add(-scrubBack)
	tick := time.NewTicker(scrubEvery)
	defer tick.Stop()
	for {
		begun := time.Now()
		erased, err := a.db.ErasedSince(ctx, since)
		if err == nil && erased {
			err = a.db.Scrub(ctx)
		}
		switch {
		case err == nil:
			since = begun
		case ctx.Err() == nil:
			a.log.Error("erased people are still in the database's files", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
