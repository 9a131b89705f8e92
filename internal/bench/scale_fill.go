package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// ordersPerCode is how many stored orders there are for each code.
const ordersPerCode = 10

// storedPast are the statements that fill a database. Each order has an event that ended, without its body, and the key
// of its delivery, and left a trace: its buyer's address. One order in twenty was referred; each buyer
// has about three. Rows are spread over the shops and over two years, events over thirteen weeks.
var storedPast = []string{
	`CREATE TEMP TABLE shop_numbers AS SELECT row_number() OVER (ORDER BY shop_id) - 1 AS n, shop_id FROM shops`,
	`INSERT INTO advocates (shop_id, id, customer_id, email_key, status, created_at)
SELECT s.shop_id, 'adv_past_' || i, 'past-' || i, md5('advocate' || i), 'active', now() - interval '2 years' FROM generate_series(0, {codes} - 1) i JOIN shop_numbers s ON s.n = i % {shops}`,
	`INSERT INTO codes (shop_id, folded, code, advocate_id, program, status, created_at)
SELECT s.shop_id, 'PAST' || i, 'PAST' || i, 'adv_past_' || i, 'bench', 'active', now() - interval '2 years' FROM generate_series(0, {codes} - 1) i JOIN shop_numbers s ON s.n = i % {shops}`,
	`INSERT INTO orders (shop_id, order_id, name, status, currency, original_minor, eligible_minor, customer_id, email_key, placed_at, updated_at, paid, test,
  outcome, reason, program, version, advocate_id, code, record)
SELECT s.shop_id, 'past-' || i, '#' || i, 'paid', 'USD', 6000, 6000, 'c' || i / {shops} % ({orders} / 3 / {shops} + 1), md5('buyer' || i / {shops} % ({orders} / 3 / {shops} + 1)), at, at, true, false,
  CASE WHEN coded THEN 'rewarded' ELSE 'none' END, CASE WHEN coded THEN '' ELSE 'no_attribution' END, CASE WHEN coded THEN 'bench' ELSE '' END, CASE WHEN coded THEN 1 ELSE 0 END,
  CASE WHEN coded THEN 'adv_past_' || a END, CASE WHEN coded THEN 'PAST' || a ELSE '' END, ('{"facts":{"order":{"id":"past-' || i || '"}},"decision":{"outcome":"none"}}')::json
FROM (SELECT i, i % 20 = 0 AS coded, i % {codes} AS a, now() - (i % 1051200) * interval '1 minute' AS at FROM generate_series(1, {orders}) i) o
JOIN shop_numbers s ON s.n = i % {shops}`,
	`INSERT INTO traces (shop_id, kind, key, placed_at, order_id, customer_id)
SELECT o.shop_id, 'address', md5('address' || o.customer_id), o.placed_at, o.order_id, o.customer_id FROM orders o`,
	`DO $$ BEGIN FOR w IN 1..13 LOOP
  EXECUTE format('CREATE TABLE %I PARTITION OF events FOR VALUES FROM (%s) TO (%s)', 'events_past_' || w,
    event_id(date_trunc('week', now(), 'UTC') - w * interval '7 days'), event_id(date_trunc('week', now(), 'UTC') - (w - 1) * interval '7 days'));
END LOOP; END $$`,
	`INSERT INTO events (shop_id, id, platform, topic, received_at, order_id, customer_id, status, attempts, due_at, finished_at)
SELECT s.shop_id, event_id(at) + (i & 1048575), 'shopify', 'orders/paid', at, 'past-' || i, 'c' || i, 'done', 1, at, at
FROM (SELECT i, now() - (i % 131040) * interval '1 minute' AS at FROM generate_series(1, {orders}) i) e JOIN shop_numbers s ON s.n = i % {shops}`,
	`INSERT INTO seen (shop_id, key, at) SELECT s.shop_id, md5(i::text)::uuid, now() - (i % 131040) * interval '1 minute' FROM generate_series(1, {orders}) i JOIN shop_numbers s ON s.n = i % {shops}`,
	`UPDATE figure_shops SET next_day = -1`, // what was written past the triggers has still to be rolled up
}

// warm brings into memory what a database that has been at work for long has there: the indexes that each order is
// written to. It needs pg_prewarm, which comes with PostgreSQL.
func warm(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "CREATE EXTENSION IF NOT EXISTS pg_prewarm"); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "SELECT pg_prewarm(indexrelid) FROM pg_index WHERE indrelid IN ('orders'::regclass, 'traces'::regclass, 'codes'::regclass, 'advocates'::regclass, 'seen'::regclass)")
	return err
}

// fillDatabase writes it with indexes and foreign keys put aside, which is several times faster.
func fillDatabase(ctx context.Context, url string, orders int) error {
	if orders == 0 {
		return nil
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for _, setting := range []string{"session_replication_role = replica", "synchronous_commit = off", "maintenance_work_mem = '1GB'", "work_mem = '256MB'"} {
		if _, err := conn.Exec(ctx, "SET "+setting); err != nil {
			return err
		}
	}
	rows, err := conn.Query(ctx, `SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename IN ('orders', 'codes', 'advocates', 'traces') AND indexdef NOT LIKE 'CREATE UNIQUE%'`)
	if err != nil {
		return err
	}
	type index struct{ Name, Def string }
	indexes, err := pgx.CollectRows(rows, pgx.RowToStructByPos[index])
	if err != nil {
		return err
	}
	for _, i := range indexes {
		if _, err := conn.Exec(ctx, "DROP INDEX "+pgx.Identifier{i.Name}.Sanitize()); err != nil {
			return err
		}
	}
	sizes := strings.NewReplacer("{orders}", fmt.Sprint(orders), "{codes}", fmt.Sprint(max(shops, orders/ordersPerCode)), "{shops}", fmt.Sprint(shops))
	for _, text := range storedPast {
		if _, err := conn.Exec(ctx, sizes.Replace(text)); err != nil {
			return fmt.Errorf("%.60s: %w", text, err)
		}
	}
	for _, i := range indexes {
		if _, err := conn.Exec(ctx, i.Def); err != nil {
			return err
		}
	}
	if _, err := conn.Exec(ctx, "VACUUM ANALYZE"); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "CHECKPOINT") // what the filling has left to be written is not what is measured
	return err
}
