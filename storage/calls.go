package storage

import (
	"bytes"
	"context"
	"time"

	"grapevine/rewards"
)

type callRow struct {
	RequestHash []byte
	Status      int
	Body        []byte
	Created     stamp `gorm:"column:created_at"`
}

func (callRow) TableName() string { return "idempotency" }

// callLife is after how long a call without an answer counts as lost with its process.
const callLife = 2 * time.Minute

// Answers are kept for a day. A call that begins clears up after some of those before it.
const (
	answerLife    = 24 * time.Hour
	answersAtOnce = 100
)

// BeginCall claims an idempotency key for a day. first is true if the call has to be carried out; otherwise status
// and body are the answer of the first time. Kind Conflict call_in_progress while the first call runs,
// Invalid key_reused if the request differs.
func (d *DB) BeginCall(ctx context.Context, shopID, key string, requestHash []byte) (first bool, status int, body []byte, err error) {
	err = d.write(ctx, "claiming an idempotency key", func(x *txn) error {
		_, err := x.exec(`DELETE FROM idempotency WHERE shop_id = ? AND key IN (
  SELECT key FROM idempotency WHERE shop_id = ? AND created_at < {after} ORDER BY created_at LIMIT ? {skip})`, shopID, shopID, -answerLife.Microseconds(), answersAtOnce)
		if err != nil {
			return err
		}
		n, err := x.exec("INSERT INTO idempotency (shop_id, key, request_hash, created_at) VALUES (?, ?, ?, {now}) ON CONFLICT DO NOTHING", shopID, clean(key), requestHash)
		if first = n == 1; err != nil || first {
			return err
		}
		var row callRow
		if err := x.Where("shop_id = ? AND key = ?", shopID, clean(key)).Take(&row).Error; err != nil {
			return err
		}
		if !bytes.Equal(row.RequestHash, requestHash) {
			return rewards.Errorf(rewards.Invalid, "key_reused", "the idempotency key stands for another request")
		}
		if row.Status != 0 {
			status, body = row.Status, row.Body
			return nil
		}
		n, err = x.exec("UPDATE idempotency SET created_at = {now} WHERE shop_id = ? AND key = ? AND status = 0 AND created_at <= {after}",
			shopID, clean(key), -callLife.Microseconds())
		if first = n == 1; err == nil && !first {
			err = rewards.Errorf(rewards.Conflict, "call_in_progress", "the first call with this idempotency key is running")
		}
		return err
	})
	return first, status, body, err
}

// EndCall keeps the answer of a claimed key.
func (d *DB) EndCall(ctx context.Context, shopID, key string, status int, body []byte) error {
	return d.once(ctx, "keeping an answer", func(x *txn) error {
		_, err := x.exec("UPDATE idempotency SET status = ?, body = ? WHERE shop_id = ? AND key = ?", status, body, shopID, clean(key))
		return err
	})
}

// DropCall forgets a claimed key whose call ended in a fault of ours, so that it can be tried again.
func (d *DB) DropCall(ctx context.Context, shopID, key string) error {
	return d.once(ctx, "forgetting an idempotency key", func(x *txn) error {
		_, err := x.exec("DELETE FROM idempotency WHERE shop_id = ? AND key = ? AND status = 0", shopID, clean(key))
		return err
	})
}
