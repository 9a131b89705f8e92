package storage

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/klauspost/compress/s2"

	"grapevine/connectors"
)

// The group at hand, as the relation v of arrays, so that one prepared statement serves every size. All bodies come in one
// piece; one is cut out only where it is stored, at k.i, since what is joined and sorted before that is copied each time.
//
// Shops are joined by what an unsigned header says of the domain: it is a hint, and what it decides is
// only whose inbox the event lies in. Of a shop that is not installed no body is kept: nobody will read it.
const (
	pgGroup = `WITH v (i, size, platform, domain, topic, key, triggered_at, trace) AS (
  SELECT * FROM unnest($1::integer[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::timestamptz[], $8::text[])),
k AS (SELECT coalesce(s.shop_id, '') AS shop_id, s.shop_id IS NOT NULL AS known, v.* FROM v LEFT JOIN shops s ON s.domain = v.domain AND s.platform = v.platform), `

	pgPutEvents = `INSERT INTO events (shop_id, platform, domain, topic, body, triggered_at, received_at, status, reason, due_at, finished_at, trace)
SELECT k.shop_id, k.platform, CASE WHEN k.known THEN '' ELSE k.domain END, k.topic, CASE WHEN k.known THEN substr($9::bytea, k.i, k.size) END, k.triggered_at, now(),
  CASE WHEN k.known THEN 'pending' ELSE 'ignored' END, CASE WHEN k.known THEN '' ELSE 'unknown_shop' END, now(), CASE WHEN NOT k.known THEN now() END, k.trace
FROM k `

	// Keys are met in one order by all who store, so that the one waits for the other and not both for each other.
	pgPutSeen = `INSERT INTO seen (shop_id, key, at) SELECT k.shop_id, k.key, now() FROM k ORDER BY k.shop_id, k.key`

	// pgPut stores what was not seen before.
	pgPut = pgGroup + "n AS (" + pgPutSeen + " ON CONFLICT DO NOTHING RETURNING shop_id, key) " +
		pgPutEvents + "WHERE (k.shop_id, k.key) IN (SELECT n.shop_id, n.key FROM n) ORDER BY k.i"

	// pgPutFresh stores a group of which nothing was seen before, and fails for any other before it has written an event.
	pgPutFresh = pgGroup + "n AS (" + pgPutEvents + "ORDER BY k.i) " + pgPutSeen
)

// repeatedFor is how long groups are stored with a look at what was seen, after one that held a repetition: which is
// rare, and the look is a fifth of what a group costs.
const repeatedFor = 10 * time.Second

// Put stores deliveries in one fsynced transaction. See webhooks.Inbox.
func (d *DB) Put(ctx context.Context, ds []connectors.Delivery) (stored int, err error) {
	if len(ds) == 0 {
		return 0, nil
	}
	fresh := distinctDeliveries(ds)
	if d.lite {
		return d.putLite(ctx, fresh)
	}
	args := columnsOf(fresh)
	err = d.runs(ctx, "storing deliveries", func() (err error) {
		if time.Now().UnixNano() > d.inner.careful.Load() {
			if stored, err = d.putBy(ctx, pgPutFresh, args); !duplicate(err) {
				return err
			}
			d.inner.careful.Store(time.Now().Add(repeatedFor).UnixNano())
		}
		stored, err = d.putBy(ctx, pgPut, args)
		return err
	})
	return stored, err
}

func (d *DB) putBy(ctx context.Context, statement string, args []any) (stored int, err error) {
	begun := time.Now()
	tag, err := d.pools.ingest.Exec(ctx, statement, args...)
	told := err
	if duplicate(err) { // which is no fault
		told = nil
	}
	slowLog{d.log}.Trace(ctx, begun, func() (string, int64) { return statement, tag.RowsAffected() }, told)
	return int(tag.RowsAffected()), err
}

// duplicate tells that a row of its key is there.
func duplicate(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "23505"
}

// Committers is how many groups are worth being stored at a time. SQLite has one writer: a second group would
// only be closed early, while it waits.
func (d *DB) Committers() int {
	if d.lite {
		return 1
	}
	return 2
}

// Pack appends a body to dst as it is kept. A delivery may come packed: then the work is done by whoever
// brings it, and what waits is small.
func (d *DB) Pack(dst, body []byte) []byte {
	n := s2.MaxEncodedLen(len(body))
	dst = slices.Grow(dst, max(n, 0))
	return dst[:len(dst)+len(s2.Encode(dst[len(dst):cap(dst)], body))]
}

// columnsOf is a group as PostgreSQL's arrays, with all bodies in one piece. The driver knows these types without
// looking at each value.
func columnsOf(ds []keyedDelivery) []any {
	n, length := len(ds), 0
	starts, sizes, texts := make([]int32, n), make([]int32, n), make([]string, 4*n)
	platforms, domains, topics, traces := texts[:n:n], texts[n:2*n:2*n], texts[2*n:3*n:3*n], texts[3*n:]
	keys, times := make([]pgtype.UUID, n), make([]*time.Time, n)
	for i := range ds {
		e := &ds[i]
		e.Packed = e.packed()
		starts[i], sizes[i], length = int32(1+length), int32(len(e.Packed)), length+len(e.Packed)
		platforms[i], domains[i], topics[i], traces[i] = e.Platform, e.Domain, e.Topic, e.Trace
		keys[i] = pgtype.UUID{Bytes: e.key, Valid: true}
		if !e.TriggeredAt.IsZero() {
			times[i] = &e.TriggeredAt
		}
	}
	return []any{starts, sizes, platforms, domains, topics, keys, times, traces, bodiesOf(ds, length)}
}

// bodiesOf is all bodies of a group in a row, so many bytes in all.
func bodiesOf(ds []keyedDelivery, length int) []byte {
	all := make([]byte, 0, length)
	for i := range ds {
		all = append(all, ds[i].Packed...)
	}
	return all
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

// packed is the body as it is kept.
func (e *keyedDelivery) packed() []byte {
	if e.Packed != nil {
		return e.Packed
	}
	return s2.Encode(nil, e.Body)
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
