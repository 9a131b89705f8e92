package storage

import (
	"context"
	"time"

	"grapevine/rewards"
)

type payoutRow struct {
	ShopID     string `gorm:"primaryKey"`
	ID         string `gorm:"primaryKey"`
	Kind       string
	Status     string
	Currency   string
	TotalMinor int64
	Created    stamp `gorm:"column:created_at"`
	CreatedBy  string
	ExportedAt stamp
	ClosedAt   stamp
	ClosedBy   string
	Reference  string
}

func (payoutRow) TableName() string { return "payouts" }

func (r payoutRow) payout() rewards.Payout {
	money := func(minor int64) rewards.Money { return rewards.Money{Minor: minor, Currency: r.Currency} }
	return rewards.Payout{
		ID: r.ID, Kind: rewards.RewardKind(r.Kind), Status: rewards.PayoutStatus(r.Status), Total: money(r.TotalMinor), Left: money(0), Paid: money(0),
		CreatedAt: r.Created.Time, CreatedBy: r.CreatedBy, ExportedAt: r.ExportedAt.Time, ClosedAt: r.ClosedAt.Time, ClosedBy: r.ClosedBy, Reference: r.Reference,
	}
}

// CreatePayout puts the rewards in cash or donations that are given, unused and on no other list that is
// open or paid on a new one, and fixes what each is worth. Those of blocked advocates wait until they are
// unblocked. Kind Invalid, code bad_payout_kind; NotFound without the shop; Conflict, code nothing_to_pay.
func (d *DB) CreatePayout(ctx context.Context, shopID string, w rewards.PayoutWanted, actor string) (p rewards.Payout, err error) {
	if w.Kind != rewards.KindCash && w.Kind != rewards.KindDonation {
		return p, rewards.Errorf(rewards.Invalid, "bad_payout_kind", "%.40q is neither cash nor donation", w.Kind)
	}
	err = d.write(ctx, "making a list of payments", func(x *txn) error {
		if err := x.lockLane(shopID); err != nil {
			return err
		}
		due, err := x.duePayments(shopID, w)
		if err != nil {
			return err
		}
		if len(due) == 0 {
			return rewards.Errorf(rewards.Conflict, "nothing_to_pay", "no %s is given, unused and on no list", w.Kind)
		}
		id, err := x.insertPayout(shopID, w.Kind, due, actor)
		if err != nil {
			return err
		}
		p, err = x.payout(shopID, id)
		return err
	})
	return p, err
}

// duePayments finds what goes on a new list, oldest first.
func (x *txn) duePayments(shopID string, w rewards.PayoutWanted) ([]rewards.Reward, error) {
	now, err := x.now()
	if err != nil {
		return nil, err
	}
	if w.Until.IsZero() {
		w.Until = now.Add(time.Microsecond)
	}
	if w.Currency == "" {
		if _, err := x.scan(&w.Currency, "SELECT currency FROM shops WHERE shop_id = ?", shopID); err != nil {
			return nil, err
		}
	}
	var rows []rewardRow
	_, err = x.scan(&rows, `SELECT * FROM rewards r WHERE r.shop_id = ? AND r.kind = ? AND r.status = 'issued' AND r.currency = ?
  AND (? = '' OR r.program = ?) AND r.created_at < ? AND (r.expires_at IS NULL OR r.expires_at > {now})
  AND r.advocate_id NOT IN (SELECT a.id FROM advocates a WHERE a.shop_id = ? AND a.status = 'blocked')
  AND NOT EXISTS (SELECT 1 FROM payout_items i WHERE i.shop_id = r.shop_id AND i.reward_id = r.id AND i.open)
ORDER BY r.created_at, r.id {lock}`, shopID, string(w.Kind), clean(w.Currency), clean(w.Program), clean(w.Program), w.Until, shopID)
	if err != nil {
		return nil, err
	}
	list, err := rewardsOf(rows)
	due := list[:0]
	for _, r := range list {
		if r.Unused().Minor > 0 {
			due = append(due, r)
		}
	}
	return due, err
}

// holderOf names the payee of a reward in the row of its item: an advocate's id, "friend" or charity/name.
func holderOf(r rewards.Reward) string {
	switch {
	case r.Spec.Kind == rewards.KindDonation:
		return charityHolder + r.Spec.Charity
	case r.Beneficiary == rewards.ForFriend:
		return string(rewards.ForFriend)
	}
	return r.AdvocateID
}

const charityHolder = "charity/"

func (x *txn) insertPayout(shopID string, kind rewards.RewardKind, due []rewards.Reward, actor string) (id string, err error) {
	now, err := x.now()
	if err != nil {
		return "", err
	}
	var total rewards.Money
	items := table{cols: "reward_id text, holder text, amount bigint"}
	for _, r := range due {
		if total, err = total.Add(r.Unused()); err != nil {
			return "", err
		}
		items.add(r.ID, holderOf(r), r.Unused().Minor)
	}
	row := payoutRow{ShopID: shopID, ID: x.d.mint.ID("po_"), Kind: string(kind), Status: string(rewards.PayoutOpen), Currency: total.Currency,
		TotalMinor: total.Minor, Created: stamp{now}, CreatedBy: clean(actor)}
	if err := x.Create(&row).Error; err != nil {
		return "", err
	}
	_, err = x.execAll(items, `INSERT INTO payout_items (shop_id, payout_id, reward_id, holder, amount_minor, told_minor, paid_minor, paid, open)
SELECT ?, ?, v.reward_id, v.holder, v.amount, v.amount, 0, false, true FROM v`, shopID, row.ID)
	return row.ID, err
}

// ExportPayout notes that the owner is told what is left of a list now, and returns the list with the
// e-mail addresses that are stored. Of a closed list nothing is noted. Kind NotFound.
func (d *DB) ExportPayout(ctx context.Context, shopID, id string) (p rewards.Payout, err error) {
	err = d.write(ctx, "exporting a list of payments", func(x *txn) error {
		row, err := x.lockPayout(shopID, id)
		if err != nil {
			return err
		}
		if row.Status == string(rewards.PayoutOpen) {
			if err := x.tell(shopID, id); err != nil {
				return err
			}
		}
		if p, err = x.payout(shopID, id); err != nil {
			return err
		}
		return x.addresses(shopID, p.Lines)
	})
	return p, err
}

// tell writes down what is left of each item: this is what the owner is told to pay.
func (x *txn) tell(shopID, id string) error {
	items, err := x.payoutItems(shopID, id)
	if err != nil {
		return err
	}
	t := table{cols: "reward_id text, told bigint"}
	for _, it := range items {
		t.add(it.reward.ID, it.left())
	}
	_, err = x.execAll(t, "UPDATE payout_items AS i SET told_minor = v.told FROM v WHERE i.shop_id = ? AND i.payout_id = ? AND i.reward_id = v.reward_id", shopID, id)
	if err != nil {
		return err
	}
	_, err = x.exec("UPDATE payouts SET exported_at = {now} WHERE shop_id = ? AND id = ?", shopID, id)
	return err
}

// PayPayout books an open list as paid: of each reward what is still there, at most what the list says.
// What refunds took in between stays to be seen in the list: TakenBack of each line, and Overpaid where
// the owner was told to pay more. Kind NotFound; Conflict, code already_paid or payout_cancelled, with the
// list as it is.
func (d *DB) PayPayout(ctx context.Context, shopID, id, reference, actor string) (p rewards.Payout, err error) {
	err = d.write(ctx, "booking a list as paid", func(x *txn) error {
		if err := x.openPayout(shopID, id, &p); err != nil {
			return err
		}
		items, err := x.payoutItems(shopID, id)
		if err != nil {
			return err
		}
		var effect rewards.Effect
		t := table{cols: "reward_id text, paid bigint"}
		for _, it := range items {
			part := rewards.Money{Minor: it.left(), Currency: p.Total.Currency}
			if part.Minor > 0 {
				e, _, err := it.reward.Use(part, "paid", actor)
				if err != nil {
					return err
				}
				merge(&effect, e)
			}
			t.add(it.reward.ID, part.Minor)
		}
		if err := x.saveEffect(shopID, effect); err != nil {
			return err
		}
		_, err = x.execAll(t, "UPDATE payout_items AS i SET paid = v.paid > 0, paid_minor = v.paid FROM v WHERE i.shop_id = ? AND i.payout_id = ? AND i.reward_id = v.reward_id", shopID, id)
		if err != nil {
			return err
		}
		if err := x.closePayout(shopID, id, rewards.PayoutPaid, reference, actor); err != nil {
			return err
		}
		p, err = x.payout(shopID, id)
		return err
	})
	return p, err
}

// CancelPayout closes an open list unpaid: what stood on it may stand on another. Kind NotFound; Conflict,
// code already_paid or payout_cancelled, with the list as it is.
func (d *DB) CancelPayout(ctx context.Context, shopID, id, actor string) (p rewards.Payout, err error) {
	err = d.write(ctx, "cancelling a list of payments", func(x *txn) error {
		if err := x.openPayout(shopID, id, &p); err != nil {
			return err
		}
		if _, err := x.exec("UPDATE payout_items SET open = false WHERE shop_id = ? AND payout_id = ?", shopID, id); err != nil {
			return err
		}
		if err := x.closePayout(shopID, id, rewards.PayoutCancelled, "", actor); err != nil {
			return err
		}
		p, err = x.payout(shopID, id)
		return err
	})
	return p, err
}

// openPayout locks the shop's lane and a list, reads the list, and refuses one that is closed.
func (x *txn) openPayout(shopID, id string, p *rewards.Payout) error {
	if err := x.lockLane(shopID); err != nil {
		return err
	}
	row, err := x.lockPayout(shopID, id)
	if err != nil {
		return err
	}
	if *p, err = x.payout(shopID, id); err != nil {
		return err
	}
	at := row.ClosedAt.Format(time.RFC3339)
	switch p.Status {
	case rewards.PayoutPaid:
		return rewards.Errorf(rewards.Conflict, "already_paid", "%s was paid at %s by %s, reference %q", id, at, row.ClosedBy, row.Reference)
	case rewards.PayoutCancelled:
		return rewards.Errorf(rewards.Conflict, "payout_cancelled", "%s was cancelled at %s by %s", id, at, row.ClosedBy)
	}
	return nil
}

func (x *txn) lockPayout(shopID, id string) (row payoutRow, err error) {
	n, err := x.scan(&row, "SELECT * FROM payouts WHERE shop_id = ? AND id = ? {lock}", shopID, clean(id))
	if err == nil && n == 0 {
		err = rewards.Errorf(rewards.NotFound, "payout_not_found", "there is no list %.80q", id)
	}
	return row, err
}

func (x *txn) closePayout(shopID, id string, to rewards.PayoutStatus, reference, actor string) error {
	n, err := x.exec("UPDATE payouts SET status = ?, closed_at = {now}, closed_by = ?, reference = ? WHERE shop_id = ? AND id = ? AND status = 'open'",
		string(to), clean(actor), short(reference), shopID, id)
	if err == nil && n != 1 {
		err = rewards.Errorf(rewards.Internal, "payout_moved", "list %s was closed by somebody else", id)
	}
	return err
}
