package storage

import (
	"slices"
	"sync"
)

// stale is what budgets were read as last, by database and shop. Only a planted bug asks it.
var stale sync.Map

// readBefore returns what the transaction before read of budgets in place of what this one does. It belongs to
// the planted bug fault.CapOutside, and is never called without the build tag "faults".
func (x *txn) readBefore(shopID string, rows []budgetRow) []budgetRow {
	type key struct {
		d    *DB
		shop string
	}
	was, ok := stale.Swap(key{x.d, shopID}, slices.Clone(rows))
	if before, _ := was.([]budgetRow); ok && len(before) == len(rows) {
		return before
	}
	return rows
}
