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

// expire ends rewards whose time is over.
func (a *app) expire(ctx context.Context, _ turn) (ended int, err error) {
	for n := expireBatch; n == expireBatch && err == nil; ended += n {
		n, err = a.db.ExpireRewards(ctx, expireBatch)
	}
	return ended, err
}
