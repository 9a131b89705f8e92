package storage

import (
	"context"
	"fmt"

	"grapevine/rewards"
)

// inShops are the rewards that a shop holds; the others are kept here.
const inShops = "kind NOT IN ('points', 'cash', 'donation', 'entry', 'ticket')"

// rewardChecks: nobody is paid twice, and every reward went the ways that there are.
var rewardChecks = []check{
	{"I4", "an order earns at most one live reward for each beneficiary and rule", search(
		`SELECT shop_id, order_id AS subject, CAST(count(*) AS text) || ' live rewards for the ' || beneficiary || ' by ' || rule AS detail FROM rewards
WHERE status NOT IN ('reversed', 'revoked') AND order_id IS NOT NULL GROUP BY shop_id, order_id, beneficiary, rule HAVING count(*) > 1`)},
	{"I9", "an order of which nothing stands leaves no reward but a recorded loss", checkGone},
	{"I14", "nothing was made in a shop before the intent to make it was stored", search(
		`SELECT r.shop_id, r.id AS subject, 'reward has ' || r.external_id || ' and never was issuing' AS detail FROM rewards r
WHERE r.external_id <> '' AND NOT EXISTS (SELECT 1 FROM reward_history h WHERE h.shop_id = r.shop_id AND h.reward_id = r.id AND h.to_status = 'issuing')
UNION ALL SELECT shop_id, id, 'reward is ' || status || ' without a code or an expiry to know it by' FROM rewards
WHERE status IN ('issuing', 'issued', 'redeemed', 'expired') AND (kind = 'store_credit' AND expires_at IS NULL OR kind IN ('discount_code', 'product', 'gift_card') AND code = '')`)},
	{"I19", "a reward's history has only ways that are allowed, without a gap, and ends where the reward is", checkHistory},
	{"I25", "what a shop has issued is known by the shop's own id, which belongs to one reward", search(
		`SELECT shop_id, id AS subject, 'reward is ' || status || ' and has no id of the shop' AS detail FROM rewards
WHERE status IN ('issued', 'redeemed', 'expired') AND external_id = '' AND ` + inShops + `
UNION ALL SELECT shop_id, external_id, CAST(count(*) AS text) || ' rewards have this id' FROM rewards WHERE external_id <> '' AND kind <> 'tag' GROUP BY shop_id, external_id HAVING count(*) > 1`)},
}

// keptHere are the kinds of rewards that no shop is called for: RewardKind.InHouse.
const keptHere = "('points', 'cash', 'donation', 'entry', 'ticket')"

// checkGone reads what the order's record says: a status alone does not tell a cancelled order from one
// that the shop does not know any more. An order that is held keeps its reward until a person looks, and
// one that is being taken back is due to be.
func checkGone(x *txn, report func(shopID, subject, text string)) error {
	type row struct {
		ShopID   string
		RewardID string
		Standing string
		NetMinor int64
		Order    orderRow `gorm:"embedded"`
	}
	return stream(x, `SELECT r.shop_id, r.id AS reward_id, r.status AS standing, r.net_minor, o.order_id, o.record
FROM rewards r JOIN orders o ON o.shop_id = r.shop_id AND o.order_id = r.order_id
WHERE o.status IN ('cancelled', 'refunded') AND o.outcome <> 'held' AND r.status NOT IN ('reversed', 'revoked')
  AND (r.net_minor <> 0 OR r.status IN ('issued', 'expired') AND NOT (r.status = 'expired' AND r.kind IN `+keptHere+`) AND NOT EXISTS (
    SELECT 1 FROM jobs j WHERE j.shop_id = r.shop_id AND j.kind = 'fulfil' AND j.subject = r.id AND j.state = 'due'))`, func(r row) error {
		rec, err := r.Order.record()
		if err == nil && rec.Facts.Order.Gone() {
			report(r.ShopID, r.RewardID, fmt.Sprintf("reward is %s with %d, and nothing of order %s stands", r.Standing, r.NetMinor, r.Order.OrderID))
		}
		return err
	})
}

func checkHistory(x *txn, report func(shopID, subject, text string)) error {
	type row struct {
		Shop    string `gorm:"column:shop_id"`
		ID      string
		Now     string
		History historyRow `gorm:"embedded"`
	}
	var last row
	end := func() {
		if last.ID != "" && last.History.ToStatus != last.Now {
			report(last.Shop, last.ID, fmt.Sprintf("reward is %s and its history ends in %q", last.Now, last.History.ToStatus))
		}
	}
	err := stream(x, `SELECT r.shop_id, r.id, r.status AS now, coalesce(h.from_status, '') AS from_status, coalesce(h.to_status, '') AS to_status
FROM rewards r LEFT JOIN reward_history h ON h.shop_id = r.shop_id AND h.reward_id = r.id ORDER BY r.shop_id, r.id, h.seq`, func(r row) error {
		before := ""
		if r.Shop == last.Shop && r.ID == last.ID {
			before = last.History.ToStatus
		} else {
			end()
		}
		last = r
		from, to := r.History.FromStatus, r.History.ToStatus
		switch {
		case to == "": // no history at all: told at its end
		case from != before:
			report(r.Shop, r.ID, fmt.Sprintf("history goes on from %q where it was %q", from, before))
		case !rewards.MayMove(rewards.Status(from), rewards.Status(to)):
			report(r.Shop, r.ID, fmt.Sprintf("history goes from %q to %q, which is not allowed", from, to))
		}
		return nil
	})
	end()
	return err
}

// Issued hands every reward of a shop that the shop should hold to f, oldest first, for a comparison
// with the shop itself (I11). f must not ask this database's transaction; its error ends the walk.
func (d *DB) Issued(ctx context.Context, shopID string, f func(rewards.Reward) error) error {
	err := d.snapshot(ctx, func(x *txn) error {
		return stream(x, "SELECT * FROM rewards WHERE shop_id = ? AND status IN ('issued', 'redeemed', 'expired') AND "+inShops+" ORDER BY created_at, id", func(r rewardRow) error {
			reward, err := r.reward()
			if err != nil {
				return err
			}
			return f(reward)
		}, shopID)
	})
	return d.fault("reading issued rewards", err)
}
