package storage

import (
	"context"
	"time"
)

// weeksAhead is how far partitions of the inbox are made ahead of time.
const weeksAhead = 4 * 7 * 24 * time.Hour

// KeepPartitions makes the inbox's partitions of the weeks to come, and tells how many were missing. It waits
// a moment only for those who are at work, so that nobody waits for it: Kind Unavailable then, and it is to be
// tried again. To be called daily or more often; a week without a partition is only slower. SQLite has none.
func (d *DB) KeepPartitions(ctx context.Context) (made int, err error) {
	if d.lite {
		return 0, nil
	}
	err = d.write(ctx, "making partitions of the inbox", func(x *txn) error {
		_, err := x.scan(&made, "SELECT make_event_weeks({after})", weeksAhead.Microseconds())
		return err
	})
	return made, err
}
