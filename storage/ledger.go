package storage

import (
	"context"
	"strconv"

	"grapevine/rewards"
)

type ledgerRow struct {
	ID            int64
	TransactionID string
	At            stamp
	Account       string
	AmountMinor   int64
	Currency      string
	RewardID      string
	Reason        string
}

func (ledgerRow) TableName() string { return "ledger" }

func (r ledgerRow) entry() rewards.LedgerEntry {
	return rewards.LedgerEntry{
		ID: "led_" + strconv.FormatInt(r.ID, 10), At: r.At.Time, Transaction: r.TransactionID, Account: r.Account,
		Amount: rewards.Money{Minor: r.AmountMinor, Currency: r.Currency}, RewardID: r.RewardID, Reason: r.Reason,
	}
}

// Ledger lists a shop's entries, newest first.
func (d *DB) Ledger(ctx context.Context, shopID string, f rewards.LedgerFilter, p rewards.Page) (list []rewards.LedgerEntry, next string, err error) {
	q := d.read(ctx).Where("shop_id = ?", shopID)
	if f.Account != "" {
		q = q.Where("account = ?", clean(f.Account))
	}
	if f.RewardID != "" {
		q = q.Where("reward_id = ?", clean(f.RewardID))
	}
	if p.Cursor != "" {
		at, err := d.position("ledger", shopID, p.Cursor)
		if err != nil {
			return nil, "", err
		}
		id, err := strconv.ParseInt(at.id, 10, 64)
		if err != nil {
			return nil, "", rewards.Errorf(rewards.Invalid, "bad_cursor", "the cursor was not given out for this list")
		}
		q = q.Where("id < ?", id)
	}
	var rows []ledgerRow
	if err := q.Order("id DESC").Limit(limit(p) + 1).Find(&rows).Error; err != nil {
		return nil, "", d.fault("listing the ledger", err)
	}
	rows, more := cut(rows, limit(p))
	if more {
		last := rows[len(rows)-1]
		next = d.cursor("ledger", shopID, position{last.At.Time, strconv.FormatInt(last.ID, 10)})
	}
	list = make([]rewards.LedgerEntry, len(rows))
	for i, r := range rows {
		list[i] = r.entry()
	}
	return list, next, nil
}
