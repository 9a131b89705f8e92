package main

import (
	"context"
	"time"
)

const (
	// expireEvery is how often rewards are looked for whose time is over. The shop ends its own by the
	// second; here points and states follow within the hour.
	expireEvery = time.Hour
	// expireBatch is how many are ended before others get their turn.
	expireBatch = 200
)

// expire ends rewards whose time is over, until ctx ends.
func (a *app) expire(ctx context.Context) {
	tick := time.NewTicker(expireEvery)
	defer tick.Stop()
	for {
		n, err := a.db.ExpireRewards(ctx, expireBatch)
		switch {
		case err == nil && n == expireBatch:
			continue
		case err != nil && ctx.Err() == nil:
			a.log.Error("rewards whose time is over were not ended", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
