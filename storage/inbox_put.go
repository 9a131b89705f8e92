package storage

import (
	"context"
	"crypto/sha256"
	"slices"
	"strings"

	"github.com/klauspost/compress/s2"

	"grapevine/connectors"
)

const deliveryCols = "i integer, platform text, domain text, topic text, key uuid, body bytea, triggered_at timestamptz, trace text"

// Shops are joined by what an unsigned header says of the domain: it is a hint, and what it decides is
// only whose inbox the event lies in. Of a shop that is not installed no body is kept: nobody will read it.
const (
	whoseDeliveries = `SELECT coalesce(s.shop_id, '') AS shop_id, s.shop_id IS NOT NULL AS known, v.* FROM v LEFT JOIN shops s ON s.domain = v.domain AND s.platform = v.platform`

	putEvents = `INSERT INTO events (shop_id, platform, domain, topic, body, triggered_at, received_at, status, reason, due_at, finished_at, trace)
SELECT k.shop_id, k.platform, CASE WHEN k.known THEN '' ELSE k.domain END, k.topic, CASE WHEN k.known THEN k.body END, k.triggered_at, {now},
  CASE WHEN k.known THEN 'pending' ELSE 'ignored' END, CASE WHEN k.known THEN '' ELSE 'unknown_shop' END, {now}, CASE WHEN NOT k.known THEN {now} END, k.trace
FROM k `

	// Keys are met in one order by all who store, so that the one waits for the other and not both for each other.
	putSeen = `INSERT INTO seen (shop_id, key, at) SELECT k.shop_id, k.key, {now} FROM k WHERE true ORDER BY k.shop_id, k.key
ON CONFLICT DO NOTHING RETURNING `
)

// Put stores deliveries in one fsynced transaction. See webhooks.Inbox.
func (d *DB) Put(ctx context.Context, ds []connectors.Delivery) (stored int, err error) {
	if len(ds) == 0 {
		return 0, nil
	}
	fresh := distinctDeliveries(ds)
	if d.lite {
		return d.putLite(ctx, fresh)
	}
	err = d.once(ctx, "storing deliveries", func(x *txn) error {
		n, err := x.execAll(d.deliveryTable(fresh), ", k AS ("+whoseDeliveries+"), n AS ("+putSeen+"shop_id, key) "+
			putEvents+"JOIN n ON n.shop_id = k.shop_id AND n.key = k.key ORDER BY k.i")
		stored = int(n)
		return err
	})
	return stored, err
}

// putLite does in two statements what PostgreSQL does in one.
func (d *DB) putLite(ctx context.Context, ds []keyedDelivery) (stored int, err error) {
	err = d.write(ctx, "storing deliveries", func(x *txn) error {
		asked := table{cols: "platform text, domain text, key uuid"}
		for _, e := range ds {
			asked.add(e.Platform, e.Domain, e.key[:])
		}
		keys, err := queryAll[[]byte](x, asked, ", k AS ("+whoseDeliveries+") "+putSeen+"key")
		if err != nil {
			return err
		}
		unseen := make(map[[16]byte]bool, len(keys))
		for _, k := range keys {
			unseen[[16]byte(k)] = true
		}
		fresh := slices.DeleteFunc(slices.Clone(ds), func(e keyedDelivery) bool { return !unseen[e.key] })
		n, err := x.execAll(d.deliveryTable(fresh), ", k AS ("+whoseDeliveries+") "+putEvents+"WHERE true ORDER BY k.i")
		stored = int(n)
		return err
	})
	return stored, err
}

// keyedDelivery is a delivery with what a repetition of it is known by.
type keyedDelivery struct {
	connectors.Delivery
	key [16]byte
}

// distinctDeliveries returns deliveries in their order, each once.
func distinctDeliveries(ds []connectors.Delivery) []keyedDelivery {
	known, keyed := make(map[[16]byte]bool, len(ds)), make([]keyedDelivery, 0, len(ds))
	for _, e := range ds {
		e.Platform, e.Domain, e.Topic = clean(e.Platform), foldDomain(clean(e.Domain)), clean(e.Topic)
		key := deliveryKey(e)
		if !known[key] {
			known[key] = true
			keyed = append(keyed, keyedDelivery{e, key})
		}
	}
	return keyed
}

func (d *DB) deliveryTable(ds []keyedDelivery) table {
	t := table{cols: deliveryCols}
	for i, e := range ds {
		t.add(i, e.Platform, e.Domain, e.Topic, e.key[:], s2.Encode(nil, e.Body), e.TriggeredAt, e.Trace)
	}
	return t
}

// deliveryKey is what a repetition is known by, in 16 bytes and for longer than the event is kept.
func deliveryKey(e connectors.Delivery) [16]byte {
	sum := sha256.Sum256([]byte(e.Platform + "\x00" + e.Domain + "\x00" + e.DeliveryID))
	return [16]byte(sum[:16])
}

// clean takes out what PostgreSQL refuses in a text: bytes that are not UTF-8, and NUL.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}
