package storage

import (
	"context"

	"grapevine/rewards"
)

// ExpireRewards ends rewards whose time is over, at most limit of them, each shop's in a transaction of its
// own. n is how many ended; where it is limit there may be more. What the shop holds ends there by itself:
// only the state is noted.
func (d *DB) ExpireRewards(ctx context.Context, limit int) (n int, err error) {
	var due []struct{ ShopID, ID string }
	_, err = d.read(ctx).scan(&due, `SELECT shop_id, id FROM rewards WHERE status = 'issued' AND expires_at IS NOT NULL AND expires_at <= {now} ORDER BY expires_at LIMIT ?`, limit)
	if err != nil {
		return 0, d.fault("looking for rewards whose time is over", err)
	}
	of := map[string][]string{}
	for _, r := range due {
		of[r.ShopID] = append(of[r.ShopID], r.ID)
	}
	for _, shopID := range keysOf(of) {
		ended := 0
		err := d.write(ctx, "ending rewards whose time is over", func(x *txn) error {
			if err := x.lockLane(shopID); err != nil {
				return err
			}
			ended, err = x.expire(shopID, of[shopID])
			return err
		})
		n += ended
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// expire ends those of these rewards whose time is over, under the locks of the rewards and then of their
// budgets.
func (x *txn) expire(shopID string, ids []string) (n int, err error) {
	var rows []rewardRow
	_, err = x.scan(&rows, "SELECT * FROM rewards WHERE shop_id = ? AND id IN ? AND status = 'issued' ORDER BY id {lock}", shopID, ids)
	if err != nil {
		return 0, err
	}
	list, err := rewardsOf(rows)
	if err != nil {
		return 0, err
	}
	programs := map[string]bool{}
	for _, r := range list {
		programs[r.Program] = true
	}
	if err := x.lockOffers(shopID, keysOf(programs)); err != nil {
		return 0, err
	}
	now, err := x.now()
	if err != nil {
		return 0, err
	}
	var all rewards.Effect
	for _, r := range list {
		effect, err := r.Expire(now)
		if rewards.KindOf(err) == rewards.Conflict {
			continue // somebody moved its end
		}
		if err != nil {
			return 0, err
		}
		merge(&all, effect)
		n++
	}
	return n, x.saveEffect(shopID, all)
}
