package storage

import (
	"context"
	"strconv"
	"sync/atomic"
	"time"

	"gorm.io/gorm"
)

const (
	// grownEvery is how often it is looked which tables have grown.
	grownEvery = 200 * time.Millisecond
	// grownBy is how many times a table must be as long as when it was counted last, and grownFrom how many pages
	// count as nothing. Beyond grownTo pages plans are the same however much longer a table becomes.
	grownBy   = 4
	grownFrom = 4
	grownTo   = 20_000
	// roughly is how finely it is counted, in place of PostgreSQL's 100: by a tenth of the rows. How long a table is
	// decides the plans; the rest waits for PostgreSQL's own daemon.
	roughly = 10
)

// grownTables are the tables that are longer than PostgreSQL's statistics say, of this schema.
const grownTables = `SELECT quote_ident(c.relname) FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
  AND c.relpages < ? AND pg_relation_size(c.oid) >= ?::bigint * 8192 * greatest(c.relpages, ?) ORDER BY c.oid`

// grown is when somebody of this process looked for tables that have grown, in nanoseconds since it began.
type grown struct {
	since time.Time
	at    atomic.Int64
}

// analyzeGrown has PostgreSQL count tables that have grown a good deal since it last did so. It keeps plans of
// prepared statements, and of the checks of foreign keys, until a table is counted anew: what was planned for
// a table of a few rows reads all of them, also when a campaign has made them a hundred thousand. Its own
// daemon looks once a minute only. Digests and decisions see to it when they end, or the first behind a rush would
// read all that it brought for each of its questions. A table that somebody else counts just now is passed over. That
// it cannot be done is no fault of the caller's work.
func (d *DB) analyzeGrown(ctx context.Context) {
	now := time.Since(d.grown.since).Nanoseconds()
	last := d.grown.at.Load()
	if d.lite || now-last < grownEvery.Nanoseconds() || !d.grown.at.CompareAndSwap(last, now) {
		return
	}
	var names []string
	if err := d.writer.WithContext(ctx).Raw(grownTables, grownTo, grownBy, grownFrom).Scan(&names).Error; err != nil {
		return
	}
	for _, name := range names {
		err := d.writer.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
			if err := tx.Exec("SET LOCAL default_statistics_target = " + strconv.Itoa(roughly)).Error; err != nil {
				return err
			}
			return tx.Exec("ANALYZE (SKIP_LOCKED) " + name).Error
		})
		if err != nil {
			return
		}
	}
}
