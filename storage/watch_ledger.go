package storage

import (
	"bytes"
	"context"
	"fmt"
)

const (
	// ledgerShops and ledgerRows bound one look at the ledgers.
	ledgerShops = 25
	ledgerRows  = 200
)

// CheckLedgers looks at the end of the chains of a few shops, those behind after, and reports what is wrong
// with them: a row that was changed, is missing or one too many, a transaction that does not sum to zero. It
// is a small part of what Fsck does, and cheap however long the chains are. next is where to go on, "" behind
// the last shop.
func (d *DB) CheckLedgers(ctx context.Context, after string, breach func(shopID, text string)) (next string, shops []string, err error) {
	err = d.snapshot(ctx, func(x *txn) error {
		type headRow struct {
			ShopID string
			Seq    int64
			Hash   []byte
		}
		var heads []headRow
		if _, err := x.scan(&heads, "SELECT shop_id, seq, hash FROM ledger_heads WHERE shop_id > ? ORDER BY shop_id LIMIT ?", after, ledgerShops); err != nil {
			return err
		}
		for _, h := range heads {
			text, err := x.chainEnd(h.ShopID, chainHead{h.Seq, h.Hash})
			if err != nil {
				return err
			}
			if text != "" {
				breach(h.ShopID, text)
			}
			shops = append(shops, h.ShopID)
		}
		if len(heads) == ledgerShops {
			next = heads[len(heads)-1].ShopID
		}
		return nil
	})
	return next, shops, d.fault("looking at ledgers", err)
}

// chainEnd tells what is wrong with the last rows of a chain, "" if nothing is.
func (x *txn) chainEnd(shopID string, head chainHead) (string, error) {
	var rows []chainRow
	_, err := x.scan(&rows, `SELECT shop_id, seq, hash, id, transaction_id, at, account, amount_minor, currency, reward_id, reason FROM ledger
WHERE shop_id = ? AND seq >= ? ORDER BY seq`, shopID, head.Seq-ledgerRows)
	if err != nil {
		return "", err
	}
	at := genesis()
	sums := map[[2]string]int64{}
	for i, r := range rows {
		if i == 0 && r.Seq > 1 && r.Seq <= max(1, head.Seq-ledgerRows) { // where the look begins
			at = chainHead{r.Seq, r.Hash}
			continue
		}
		if r.Seq != at.Seq+1 || !bytes.Equal(r.Hash, r.follow(at.Hash)) {
			return fmt.Sprintf("row %d does not follow from the one before", r.Seq), nil
		}
		at = chainHead{r.Seq, r.Hash}
		sums[[2]string{r.Row.TransactionID, r.Row.Currency}] += r.Row.AmountMinor
	}
	if !head.is(at) {
		return fmt.Sprintf("the chain ends with row %d, its head says %d", at.Seq, head.Seq), nil
	}
	if len(rows) > 0 && rows[0].Seq > 1 { // the first transaction may have begun before
		delete(sums, [2]string{rows[0].Row.TransactionID, rows[0].Row.Currency})
	}
	for key, sum := range sums {
		if sum != 0 {
			return fmt.Sprintf("transaction %s sums to %d %s", key[0], sum, key[1]), nil
		}
	}
	return "", nil
}
