package storage

import (
	"context"

	"grapevine/rewards"
)

// Imported tells what became of a batch of past orders.
type Imported struct {
	Stored int
	Known  int // they were there already, or stood twice in the batch, and were left alone
}

// ImportOrders stores past orders: they make their buyers known and are never rewarded. An order that is
// there already is left as it is, so that an import may be done again. Plain e-mails, phones and addresses
// are replaced by keyed hashes here. It is one transaction; a batch is some hundred orders.
// Kind NotFound without the shop.
func (d *DB) ImportOrders(ctx context.Context, shopID string, orders []rewards.Order) (done Imported, err error) {
	if _, err := d.Shop(ctx, shopID); err != nil {
		return done, err
	}
	for i := range orders {
		d.Seal(shopID, &orders[i])
	}
	err = d.write(ctx, "importing orders", func(x *txn) error {
		fresh, err := x.unknownOrders(shopID, orders)
		if err != nil || len(fresh) == 0 {
			done = Imported{Known: len(orders)}
			return err
		}
		now, err := x.now()
		if err != nil {
			return err
		}
		rows, sealed := make([]orderRecord, len(fresh)), make([]shopOrder, len(fresh))
		for i, o := range fresh {
			o.Codes = o.Codes[:min(len(o.Codes), rewards.MaxCodes)]
			rec := rewards.Record{Facts: rewards.Facts{Order: o, At: now, Historic: true}}
			rec.Decision = rewards.Judge(nil, rec.Facts)
			rec.Eligible, _ = o.Eligible() // one that cannot be reckoned earns nothing anyway
			rows[i], sealed[i] = orderRecord{shopID, rec}, shopOrder{shopID: shopID, order: o}
		}
		n, err := x.upsertOrders(rows, leftAlone)
		if err != nil {
			return err
		}
		done = Imported{Stored: int(n), Known: len(orders) - int(n)}
		return x.saveTraces(sealed)
	})
	return done, err
}

// leftAlone is the way of meeting a row that came in between: it stays.
const leftAlone = " WHERE false"

// KnownOrders counts those of some orders that are stored.
func (d *DB) KnownOrders(ctx context.Context, shopID string, orders []rewards.Order) (int, error) {
	fresh, err := d.read(ctx).unknownOrders(shopID, orders)
	return len(orders) - len(fresh), d.fault("asking for known orders", err)
}

// unknownOrders returns those of some orders that are not stored, each once.
func (x *txn) unknownOrders(shopID string, orders []rewards.Order) ([]rewards.Order, error) {
	t := table{cols: "order_id text"}
	for _, o := range orders {
		t.add(clean(o.ID))
	}
	found, err := queryAll[string](x, t, "SELECT v.order_id FROM v JOIN orders o ON o.shop_id = ? AND o.order_id = v.order_id", shopID)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, id := range found {
		seen[id] = true
	}
	fresh := make([]rewards.Order, 0, len(orders))
	for _, o := range orders {
		if id := clean(o.ID); !seen[id] {
			seen[id] = true
			fresh = append(fresh, o)
		}
	}
	return fresh, nil
}
