package storage

import (
	"bytes"
	"fmt"
)

// chainLink is a row of the ledger and what its shop's head says.
type chainLink struct {
	Link     chainRow `gorm:"embedded"`
	HeadSeq  int64
	HeadHash []byte
}

// checkChain walks the chain of each shop and reports the first row that breaks it: what comes behind may
// be right or may follow from it.
func checkChain(x *txn, report func(shopID, subject, text string)) error {
	w := chainWalk{report: report}
	err := stream(x, `SELECT l.shop_id, l.seq, l.hash, l.id, l.transaction_id, l.at, l.account, l.amount_minor, l.currency, l.reward_id, l.reason,
  coalesce(h.seq, 0) AS head_seq, h.hash AS head_hash
FROM ledger l LEFT JOIN ledger_heads h ON h.shop_id = l.shop_id ORDER BY l.shop_id, l.seq, l.id`, func(l chainLink) error {
		w.step(l)
		return nil
	})
	if err != nil {
		return err
	}
	w.end()
	return search(`SELECT h.shop_id, 'head' AS subject, 'the chain has no rows, and its head says that it ends with row ' || CAST(h.seq AS text) AS detail FROM ledger_heads h
WHERE h.seq <> 0 AND NOT EXISTS (SELECT 1 FROM ledger l WHERE l.shop_id = h.shop_id)`)(x, report)
}

// chainWalk is where a walk along the chains has come to.
type chainWalk struct {
	report func(shopID, subject, text string)
	shop   string
	head   chainHead // what the shop's head says; seq 0 if there is none
	at     chainHead // the row that was passed last
	id     int64     // its id
	broken bool
}

func (w *chainWalk) step(l chainLink) {
	if l.Link.ShopID != w.shop {
		w.end()
		*w = chainWalk{report: w.report, shop: l.Link.ShopID, head: chainHead{l.HeadSeq, l.HeadHash}, at: genesis()}
	}
	if w.broken {
		return
	}
	if text := w.fault(l.Link); text != "" {
		w.broken = true
		w.report(w.shop, ledgerID(l.Link.Row.ID), fmt.Sprintf("row %d %s", l.Link.Seq, text))
		return
	}
	w.at, w.id = chainHead{l.Link.Seq, l.Link.Hash}, l.Link.Row.ID
}

// fault tells what is wrong with the next row. A row that was changed together with its hash is found by
// the row behind it, or by the head.
func (w *chainWalk) fault(r chainRow) string {
	switch {
	case r.Seq <= w.at.Seq:
		return "is one too many: another row has this place, or it is none"
	case r.Seq > w.at.Seq+1:
		return fmt.Sprintf("comes right behind row %d: what was between them is gone", w.at.Seq)
	case w.head.Seq > 0 && r.Seq > w.head.Seq:
		return fmt.Sprintf("is one too many: by its head the chain ends with row %d", w.head.Seq)
	case !bytes.Equal(r.Hash, r.follow(w.at.Hash)):
		return "was changed, or the row before it was and was given a new hash"
	case w.at.Seq > 0 && r.Row.ID <= w.id:
		return fmt.Sprintf("has another id than it was given: row %d is %s", w.at.Seq, ledgerID(w.id))
	}
	return ""
}

// end compares the last row of a shop with its head.
func (w *chainWalk) end() {
	switch {
	case w.shop == "" || w.broken || w.head.is(w.at):
	case w.head.Seq == 0:
		w.report(w.shop, ledgerID(w.id), fmt.Sprintf("row %d ends a chain that has no head", w.at.Seq))
	case w.head.Seq == w.at.Seq:
		w.report(w.shop, ledgerID(w.id), fmt.Sprintf("row %d ends the chain, and its head has another hash", w.at.Seq))
	default:
		w.report(w.shop, ledgerID(w.id), fmt.Sprintf("row %d ends the chain, and by its head row %d does: what was behind is gone", w.at.Seq, w.head.Seq))
	}
}

// ledgerID is the id of a ledger row as people see it.
func ledgerID(id int64) string { return fmt.Sprintf("led_%d", id) }
