package storage

import (
	"cmp"
	"context"
	"crypto/sha256"
	"slices"
	"strings"

	"github.com/klauspost/compress/s2"

	"grapevine/connectors"
)

const deliveryCols = "i integer, platform text, domain text, topic text, delivery_key bytea, body bytea, triggered_at timestamptz"

// Shops are joined by what an unsigned header says of the domain: it is a hint, and what it decides is
// only whose inbox the event lies in. Of a shop that is not installed no body is kept: nobody will read it.
const putEvents = `INSERT INTO events (shop_id, platform, domain, topic, delivery_key, body, triggered_at, received_at, status, reason, due_at, finished_at)
SELECT coalesce(s.shop_id, ''), v.platform, CASE WHEN s.shop_id IS NULL THEN v.domain ELSE '' END, v.topic, v.delivery_key, CASE WHEN s.shop_id IS NOT NULL THEN v.body END, v.triggered_at, {now},
  CASE WHEN s.shop_id IS NULL THEN 'ignored' ELSE 'pending' END, CASE WHEN s.shop_id IS NULL THEN 'unknown_shop' ELSE '' END,
  {now}, CASE WHEN s.shop_id IS NULL THEN {now} END
FROM v LEFT JOIN shops s ON s.domain = v.domain AND s.platform = v.platform
WHERE true ORDER BY v.i ON CONFLICT DO NOTHING`

// Put stores deliveries in one fsynced transaction. See webhooks.Inbox.
func (d *DB) Put(ctx context.Context, ds []connectors.Delivery) (stored int, err error) {
	if len(ds) == 0 {
		return 0, nil
	}
	t := deliveryTable(ds)
	run := d.once
	if d.lite && len(ds)*7 > sqliteParams { // more than one statement
		run = d.write
	}
	err = run(ctx, "storing deliveries", func(x *txn) error {
		n, err := x.execAll(t, putEvents)
		stored = int(n)
		return err
	})
	return stored, err
}

// deliveryTable sorts the deliveries: two batches that hold the same ones then meet in the same order,
// and the one waits for the other instead of both for each other.
func deliveryTable(ds []connectors.Delivery) table {
	sorted := make([]connectors.Delivery, len(ds))
	for i, e := range ds {
		e.Platform, e.Domain, e.Topic = clean(e.Platform), foldDomain(clean(e.Domain)), clean(e.Topic)
		sorted[i] = e
	}
	slices.SortStableFunc(sorted, func(a, b connectors.Delivery) int {
		return cmp.Or(cmp.Compare(a.Domain, b.Domain), cmp.Compare(a.DeliveryID, b.DeliveryID))
	})
	t := table{cols: deliveryCols}
	for i, e := range sorted {
		t.add(i, e.Platform, e.Domain, e.Topic, deliveryKey(e), s2.Encode(nil, e.Body), e.TriggeredAt)
	}
	return t
}

// deliveryKey is what a repetition is known by, for ever and in 16 bytes.
func deliveryKey(e connectors.Delivery) []byte {
	sum := sha256.Sum256([]byte(e.Platform + "\x00" + e.Domain + "\x00" + e.DeliveryID))
	return sum[:16]
}

// clean takes out what PostgreSQL refuses in a text: bytes that are not UTF-8, and NUL.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}
