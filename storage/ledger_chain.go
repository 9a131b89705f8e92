package storage

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"

	"grapevine/rewards"
)

// chainForm begins what is hashed. It names the form that follow writes, which must never change: rows
// that are there could not be checked any more.
const chainForm = "grapevine ledger 1"

// chainRow is a row of the ledger at its place in the shop's chain.
type chainRow struct {
	ShopID string
	Seq    int64 // 1, 2, 3… within the shop
	Hash   []byte
	Row    ledgerRow `gorm:"embedded"`
}

// follow is the hash that a row must have behind a row of the hash prev: SHA-256 over, in this order,
//
//	chainForm, prev, shop id, seq, transaction id, time, account, amount, currency, reward id, reason
//
// A text or a hash is its length and its bytes; a length, seq, time (microseconds since 1970) or amount
// (minor units) is eight bytes, the highest first. Nothing can move from one field into the next without
// being seen. The row's id is not in it, since the database gives it out; ids rise along the chain.
func (r chainRow) follow(prev []byte) []byte {
	b := make([]byte, 0, 512)
	number := func(n int64) { b = binary.BigEndian.AppendUint64(b, uint64(n)) }
	text := func(s string) {
		number(int64(len(s)))
		b = append(b, s...)
	}
	text(chainForm)
	text(string(prev))
	text(r.ShopID)
	number(r.Seq)
	text(r.Row.TransactionID)
	number(r.Row.At.UnixMicro())
	text(r.Row.Account)
	number(r.Row.AmountMinor)
	text(r.Row.Currency)
	text(r.Row.RewardID)
	text(r.Row.Reason)
	sum := sha256.Sum256(b)
	return sum[:]
}

// chainHead is the last row of a shop's chain, as ledger_heads keeps it.
type chainHead struct {
	Seq  int64
	Hash []byte
}

// genesis stands for the row before the first.
func genesis() chainHead { return chainHead{Hash: make([]byte, sha256.Size)} }

// add puts a row behind the last.
func (h *chainHead) add(r *chainRow) {
	r.Seq = h.Seq + 1
	r.Hash = r.follow(h.Hash)
	h.Seq, h.Hash = r.Seq, r.Hash
}

// is tells that this is the head of a chain which ends in other.
func (h chainHead) is(other chainHead) bool {
	return h.Seq == other.Seq && bytes.Equal(h.Hash, other.Hash)
}

const appendLedger = `INSERT INTO ledger (shop_id, seq, hash, transaction_id, at, account, amount_minor, currency, reward_id, reason)
SELECT ?, v.seq, v.hash, v.transaction_id, v.at, v.account, v.amount_minor, v.currency, v.reward_id, v.reason FROM v ORDER BY v.seq`

// appendLedger writes rows at the end of a shop's chain. The head is the last lock that a writer of
// postings takes, behind its lane, its rewards and its offers.
func (x *txn) appendLedger(shopID string, rows []ledgerRow) error {
	if len(rows) == 0 {
		return nil
	}
	now, err := x.now()
	if err != nil {
		return err
	}
	head, err := x.lockHead(shopID)
	if err != nil {
		return err
	}
	was := head.Seq
	t := table{cols: "seq bigint, hash bytea, transaction_id text, at timestamptz, account text, amount_minor bigint, currency text, reward_id text, reason text"}
	for _, r := range rows {
		r.At = stamp{now}
		link := chainRow{ShopID: shopID, Row: r}
		head.add(&link)
		t.add(link.Seq, link.Hash, r.TransactionID, now, r.Account, r.AmountMinor, r.Currency, r.RewardID, r.Reason)
	}
	if _, err := x.execAll(t, appendLedger, shopID); err != nil {
		return err
	}
	return x.moveHead(shopID, was, head)
}

// lockHead returns the end of a shop's chain, which nobody else can move until the transaction ends. The
// chain of a shop without postings begins here.
func (x *txn) lockHead(shopID string) (chainHead, error) {
	const ask = "SELECT seq, hash FROM ledger_heads WHERE shop_id = ? {lock}"
	var head chainHead
	n, err := x.scan(&head, ask, shopID)
	if err != nil || n == 1 {
		return head, err
	}
	first := genesis() // of two who begin the chain at once, the second waits here for the first
	if _, err := x.exec("INSERT INTO ledger_heads (shop_id, seq, hash) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", shopID, first.Seq, first.Hash); err != nil {
		return head, err
	}
	n, err = x.scan(&head, ask, shopID)
	if err == nil && n != 1 {
		err = rewards.Errorf(rewards.Internal, "ledger_head_missing", "the ledger of shop %s has no head", shopID)
	}
	return head, err
}

// moveHead stores the end of a chain whose rows have been written.
func (x *txn) moveHead(shopID string, was int64, head chainHead) error {
	n, err := x.exec("UPDATE ledger_heads SET seq = ?, hash = ? WHERE shop_id = ? AND seq = ?", head.Seq, head.Hash, shopID, was)
	if err == nil && n != 1 {
		err = rewards.Errorf(rewards.Internal, "ledger_head_moved", "the ledger of shop %s does not end with row %d any more", shopID, was)
	}
	return err
}
