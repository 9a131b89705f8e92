package storage

import (
	"cmp"
	"context"

	"grapevine/internal/fault"
)

// Rows go into SQLite one by one. A statement of several rows that may break off keeps a journal of every page that it
// touches, so that it can be taken back alone, and beyond 64 kB that is a file which is made and removed each time
// (sqlite.org/tempfiles.html, sqlite.org/compile.html#stmtjrnl_spill). A group touches a page for each key, and its
// transaction is taken back as a whole anyway.
const (
	litePutSeen = "INSERT INTO seen (shop_id, key, at) VALUES (?, ?, {now}) ON CONFLICT DO NOTHING"

	litePutEvent = `INSERT INTO events (shop_id, platform, domain, topic, body, triggered_at, received_at, status, reason, due_at, finished_at, trace)
VALUES (?, ?, ?, ?, ?, ?, {now}, ?, ?, {now}, ?, ?)`

	liteOrigins = "SELECT s.platform, s.domain, s.shop_id FROM v CROSS JOIN shops s WHERE s.domain = v.domain AND s.platform = v.platform"
)

// putLite stores in one transaction what was not seen before.
func (d *DB) putLite(ctx context.Context, ds []keyedDelivery) (stored int, err error) {
	for i := range ds {
		ds[i].Packed = ds[i].packed() // while others have their turn
	}
	err = d.writeAs(ctx, "storing deliveries", true, func(x *txn) error {
		stored = 0
		shops, err := x.shopsByOrigin(ds)
		if err != nil {
			return err
		}
		for i := range ds {
			fresh, err := x.putEach(shops, &ds[i])
			if err != nil {
				return err
			}
			if fresh {
				stored++
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return stored, nil
}

// origin is what the headers of a delivery say of where it comes from.
type origin struct{ platform, domain string }

// shopsByOrigin looks up the installed shops of a group.
func (x *txn) shopsByOrigin(ds []keyedDelivery) (map[origin]string, error) {
	t, asked := table{cols: "platform text, domain text"}, map[origin]bool{}
	for i := range ds {
		from := origin{ds[i].Platform, ds[i].Domain}
		if !asked[from] {
			asked[from] = true
			t.add(from.platform, from.domain)
		}
	}
	rows, err := queryAll[struct{ Platform, Domain, ShopID string }](x, t, liteOrigins)
	shops := make(map[origin]string, len(rows))
	for _, r := range rows {
		shops[origin{r.Platform, r.Domain}] = r.ShopID
	}
	return shops, err
}

// putEach stores a delivery with its key, unless the key is there.
func (x *txn) putEach(shops map[origin]string, e *keyedDelivery) (fresh bool, err error) {
	shop, known := shops[origin{e.Platform, e.Domain}]
	n, err := x.execEach(litePutSeen, shop, e.key[:])
	if err != nil || n == 0 && !fault.Bug(fault.NoDedupe) {
		return false, err
	}
	if known { // else nobody will read the body
		_, err = x.execEach(litePutEvent, shop, e.Platform, "", e.Topic, e.Packed, e.TriggeredAt, "pending", "", nil, e.Trace)
	} else {
		_, err = x.execEach(litePutEvent, "", e.Platform, e.Domain, e.Topic, nil, e.TriggeredAt, "ignored", "unknown_shop", x.at, e.Trace)
	}
	return err == nil, err
}

// execEach is exec on SQLite for a row of many: without GORM, and without the goroutine by which the driver would break
// it off. With who gives up the transaction ends, and the next row hears of it.
func (x *txn) execEach(statement string, args ...any) (int64, error) {
	text, args, err := x.translate(statement, args)
	if err != nil {
		return 0, err
	}
	ctx := x.Statement.Context
	r, err := x.Statement.ConnPool.ExecContext(context.WithoutCancel(ctx), text, args...)
	if err != nil {
		return 0, cmp.Or(ctx.Err(), err)
	}
	return r.RowsAffected()
}
