package storage

import (
	"context"
	"strings"
	"unicode/utf8"

	"grapevine/rewards"
)

type historyRow struct {
	RewardID   string
	At         stamp
	FromStatus string
	ToStatus   string
	Reason     string
	Actor      string
}

func (historyRow) TableName() string { return "reward_history" }

// Reward returns a reward with its history. Kind NotFound.
func (d *DB) Reward(ctx context.Context, shopID, id string) (rewards.StoredReward, error) {
	r, err := d.read(ctx).storedReward(shopID, id)
	return r, d.fault("reading a reward", err)
}

func (x *txn) storedReward(shopID, id string) (rewards.StoredReward, error) {
	list, err := x.storedRewards(shopID, "id = ?", id)
	if err == nil && len(list) == 0 {
		err = rewards.Errorf(rewards.NotFound, "reward_not_found", "there is no reward %.80q", id)
	}
	if err != nil {
		return rewards.StoredReward{}, err
	}
	return list[0], nil
}

// storedRewards returns some rewards of a shop with their histories, oldest first.
func (x *txn) storedRewards(shopID, where string, args ...any) ([]rewards.StoredReward, error) {
	var rows []rewardRow
	if err := x.Where("shop_id = ?", shopID).Where(where, args...).Order("created_at, id").Find(&rows).Error; err != nil {
		return nil, err
	}
	return x.withHistory(shopID, rows)
}

func (x *txn) withHistory(shopID string, rows []rewardRow) ([]rewards.StoredReward, error) {
	plain, err := rewardsOf(rows)
	if err != nil {
		return nil, err
	}
	list := make([]rewards.StoredReward, len(plain))
	ids, at := make([]string, len(plain)), map[string]int{}
	for i, r := range plain {
		list[i].Reward, ids[i], at[r.ID] = r, r.ID, i
	}
	var history []historyRow
	if err := x.Where("shop_id = ? AND reward_id IN ?", shopID, ids).Order("reward_id, seq").Find(&history).Error; err != nil {
		return nil, err
	}
	for _, h := range history {
		r := &list[at[h.RewardID]]
		r.History = append(r.History, rewards.HistoryEntry{
			At: h.At.Time, From: rewards.Status(h.FromStatus), To: rewards.Status(h.ToStatus), Reason: rewards.Reason(h.Reason), Actor: h.Actor,
		})
	}
	return list, nil
}

// Rewards lists a shop's rewards, newest first.
func (d *DB) Rewards(ctx context.Context, shopID string, f rewards.RewardFilter, p rewards.Page) (list []rewards.StoredReward, next string, err error) {
	x := d.read(ctx)
	q := x.Where("shop_id = ?", shopID)
	for column, value := range map[string]string{"order_id": f.OrderID, "advocate_id": f.AdvocateID, "status": string(f.Status)} {
		if value != "" {
			q = q.Where(column+" = ?", clean(value))
		}
	}
	if p.Cursor != "" {
		at, err := d.position("rewards", shopID, p.Cursor)
		if err != nil {
			return nil, "", err
		}
		q = q.Where("(created_at, id) < (?, ?)", stamp{at.at}, at.id)
	}
	var rows []rewardRow
	if err := q.Order("created_at DESC, id DESC").Limit(limit(p) + 1).Find(&rows).Error; err != nil {
		return nil, "", d.fault("listing rewards", err)
	}
	rows, more := cut(rows, limit(p))
	if more {
		last := rows[len(rows)-1]
		next = d.cursor("rewards", shopID, position{last.Created.Time, last.ID})
	}
	list, err = x.withHistory(shopID, rows)
	return list, next, d.fault("listing rewards", err)
}

const maxReason = 200

// Reissue replaces a reward's code by a new one. Asked again it returns the replacement of the first
// time (created false). The reason is kept in the old reward's history. Kind Conflict not_reissuable.
func (d *DB) Reissue(ctx context.Context, shopID, id, reason, actor string) (r rewards.StoredReward, created bool, err error) {
	err = d.write(ctx, "reissuing a reward", func(x *txn) error {
		if err := x.lockLane(shopID); err != nil {
			return err
		}
		old, err := x.reward(shopID, id, "{lock}")
		if err != nil {
			return err
		}
		if created = old.ReplacedBy == ""; !created {
			r, err = x.storedReward(shopID, old.ReplacedBy)
			return err
		}
		if err := x.lockOffers(shopID, []string{old.Program}); err != nil {
			return err
		}
		now, err := x.now()
		if err != nil {
			return err
		}
		if strings.HasPrefix(old.CustomerID, erasedAlias) { // no shop would make it for her, and the old one would go on alone
			return rewards.Errorf(rewards.Conflict, "not_reissuable", "the owner of reward %s was erased", old.ID)
		}
		effect, fresh, err := rewards.Reissue(old, d.mint, now, actor)
		if err != nil {
			return err
		}
		if err := x.saveEffect(shopID, effect); err != nil {
			return err
		}
		_, err = x.exec("UPDATE reward_history SET reason = ? WHERE shop_id = ? AND reward_id = ? AND to_status = 'revoked'", short(reason), shopID, id)
		if err != nil {
			return err
		}
		r, err = x.storedReward(shopID, fresh.ID)
		return err
	})
	return r, created, err
}

// short keeps what a person wrote within bounds.
func short(s string) string {
	s = clean(s)
	for len(s) > maxReason {
		_, size := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-size]
	}
	return s
}

// LatestOrders returns up to limit orders of a shop that carried a code or a link, with their rewards,
// the latest placed first.
func (d *DB) LatestOrders(ctx context.Context, shopID string, limit int) ([]rewards.StoredOrder, error) {
	x := d.read(ctx)
	var rows []orderRow
	err := x.Where("shop_id = ? AND outcome <> 'none'", shopID).Order("updated_at DESC, order_id").Limit(limit).Find(&rows).Error
	if err != nil {
		return nil, d.fault("listing orders", err)
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.OrderID
	}
	earned, err := x.storedRewards(shopID, "order_id IN ?", ids)
	if err != nil {
		return nil, d.fault("listing orders", err)
	}
	list := make([]rewards.StoredOrder, len(rows))
	for i, r := range rows {
		list[i] = rewards.StoredOrder{OrderID: r.OrderID, Status: r.Status}
		if list[i].Record, err = r.record(); err != nil {
			return nil, err
		}
		for _, e := range earned {
			if e.OrderID == r.OrderID {
				list[i].Rewards = append(list[i].Rewards, e)
			}
		}
	}
	return list, nil
}
