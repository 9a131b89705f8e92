package storage

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"grapevine/rewards"
)

// erasedAtOnce is how many rows of a shop are in memory at a time while it forgets its people.
const erasedAtOnce = 500

// shopErased forgets all people of a shop, and its token. The request comes days after the shop has left:
// one that is installed again by then keeps them. Each table is gone through once, however many people there are.
func (in *inboxTx) shopErased(shopID string) (string, error) {
	x := in.x
	if err := x.lockLane(shopID); err != nil {
		return "", err
	}
	row, err := x.shop(shopID)
	if err != nil {
		return "", err
	}
	if row.Status != ShopUninstalled {
		return "shop_active", nil
	}
	if err := x.patiently(); err != nil {
		return "", err
	}
	in.forget(shopID, "")
	// Two ids are 160 random bits.
	e := shopEraser{txn: x, shopID: shopID, key: []byte(x.d.mint.ID("") + x.d.mint.ID(""))}
	for _, table := range []func() error{e.orders, e.rewards, func() error { return e.advocates(in) }} {
		if err := table(); err != nil {
			return "", err
		}
	}
	for _, sql := range []string{
		"DELETE FROM member_keys WHERE shop_id = ?", "DELETE FROM traces WHERE shop_id = ?", "DELETE FROM idempotency WHERE shop_id = ?",
		"UPDATE events SET body = NULL, customer_id = '' WHERE shop_id = ? AND (body IS NOT NULL OR customer_id <> '')",
		"UPDATE shops SET token_sealed = NULL, hooks_sealed = NULL WHERE shop_id = ? AND status = 'uninstalled'",
	} {
		if _, err := x.exec(sql, shopID); err != nil {
			return "", err
		}
	}
	return "shop_erased", nil
}

// shopEraser takes all people of a shop out of the tables.
type shopEraser struct {
	*txn
	shopID string
	key    []byte // makes the names that stand for them, and is known to nobody afterwards
}

// alias stands wherever a customer was named, so that what was equal stays equal.
func (e *shopEraser) alias(customerID string) string {
	if strings.HasPrefix(customerID, erasedAlias) {
		return customerID
	}
	mac := hmac.New(sha256.New, e.key)
	mac.Write([]byte(customerID))
	return erasedAlias + hex.EncodeToString(mac.Sum(nil)[:10])
}

// orders takes people out of the shop's orders: buyers, and those whose codes were candidates.
func (e *shopEraser) orders() error {
	for last := ""; ; {
		var rows []orderRow
		_, err := e.scan(&rows, `SELECT order_id, record FROM orders WHERE shop_id = ? AND order_id > ?
  AND (customer_id <> '' OR email_key <> '' OR outcome <> 'none' OR CAST(record AS text) LIKE ?) ORDER BY order_id LIMIT ? {lock}`, e.shopID, last, `%_key":"%`, erasedAtOnce)
		if err != nil || len(rows) == 0 {
			return err
		}
		t := table{cols: "order_id text, record text"}
		for _, r := range rows {
			rec, err := r.record()
			if err != nil {
				return err
			}
			e.scrub(&rec)
			text, err := json.Marshal(rec)
			if err != nil {
				return fmt.Errorf("writing the record of order %s: %w", r.OrderID, err)
			}
			t.add(r.OrderID, string(text))
			last = r.OrderID
		}
		if _, err := e.execAll(t, "UPDATE orders AS o SET record = v.record{json}, customer_id = '', email_key = '' FROM v WHERE o.shop_id = ? AND o.order_id = v.order_id", e.shopID); err != nil {
			return err
		}
	}
}

// scrub puts aliases where people stood.
func (e *shopEraser) scrub(rec *rewards.Record) {
	f := &rec.Facts
	f.Order.Trail = rewards.Trail{}
	if who := f.Order.Customer; who != nil {
		who.ID, who.PhoneKey = e.alias(cmp.Or(who.ID, "order "+f.Order.ID)), ""
		if who.EmailKey != "" {
			who.EmailKey = who.ID
		}
	}
	for i := range f.Claims {
		c := &f.Claims[i]
		if c.CustomerID != "" {
			c.CustomerID = e.alias(c.CustomerID)
		}
		if c.EmailKey != "" {
			c.EmailKey = cmp.Or(c.CustomerID, e.alias(c.EmailKey))
		}
	}
}

// rewards takes the names of those who earned something off it. A shop that has left is asked nothing more, so that
// none of them is needed.
func (e *shopEraser) rewards() error {
	for last := ""; ; {
		var rows []struct{ ID, CustomerID string }
		_, err := e.scan(&rows, "SELECT id, customer_id FROM rewards WHERE shop_id = ? AND id > ? AND customer_id <> '' ORDER BY id LIMIT ? {lock}", e.shopID, last, erasedAtOnce)
		if err != nil || len(rows) == 0 {
			return err
		}
		t := table{cols: "id text, alias text"}
		for _, r := range rows {
			t.add(r.ID, e.alias(r.CustomerID))
			last = r.ID
		}
		if _, err := e.execAll(t, "UPDATE rewards AS r SET customer_id = v.alias FROM v WHERE r.shop_id = ? AND r.id = v.id", e.shopID); err != nil {
			return err
		}
	}
}

// advocates retires the shop's advocates, stops their codes, and takes back what they did not get yet. Those who
// write for other shops of its group wait meanwhile.
func (e *shopEraser) advocates(in *inboxTx) error {
	group, _, err := e.lockAround(e.shopID)
	for last := ""; err == nil; {
		var rows []advocateRow
		_, err = e.scan(&rows, "SELECT * FROM advocates WHERE shop_id = ? AND id > ? AND customer_id IS NOT NULL ORDER BY id LIMIT ?", e.shopID, last, erasedAtOnce)
		if err != nil || len(rows) == 0 {
			break
		}
		for _, row := range rows {
			if err := e.unlink(group, row); err != nil {
				return err
			}
			one := eraser{txn: e.txn, shopID: e.shopID, customerID: plain(row.CustomerID), alias: e.alias(plain(row.CustomerID)), reason: "shop_erased"}
			if err := one.advocate(in, row.ID); err != nil {
				return err
			}
			last = row.ID
		}
	}
	return err
}
