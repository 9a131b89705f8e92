package metrics

import (
	"context"
	"time"

	"grapevine/webhooks"
)

// Stats are the figures that only the database and its handle know.
type Stats interface {
	// Backlog counts what waits. It is cheap however long the database has been in use.
	Backlog(ctx context.Context) (webhooks.Backlog, error)
	// Stock counts what changes slowly; it is asked once a minute at most.
	Stock(ctx context.Context) (webhooks.Stock, error)
	// CheckLedgers looks at the end of the chains of a few shops, those behind the given one, and calls breach for
	// each fault. next is where to go on, "" at the end of a round; shops are those that were looked at.
	CheckLedgers(ctx context.Context, after string, breach func(shopID, text string)) (next string, shops []string, err error)
	// Inner tells what the handle has counted itself.
	Inner() Inner
}

// Inner is what a handle on the database has counted in this process.
type Inner = webhooks.Inner

// What bounds the reading of figures. All together stay below the ten seconds that Prometheus waits.
const (
	readWithin    = 5 * time.Second
	stockWithin   = 3 * time.Second
	ledgersWithin = time.Second
)
