package storage

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"grapevine/internal/secret"
	"grapevine/internal/testdb"
	"grapevine/rewards"
)

// manyOrders says how a database is filled past the engine: over a year up to now, of many shops of which the
// first holds a tenth of the orders, and a twentieth of these is of today.
type manyOrders struct {
	orders, shops, codes int
}

// fill makes the first shop of a new database and everything else by SQL, which takes PostgreSQL half a minute a
// million. No trigger runs meanwhile: the days are to be reckoned afterwards.
func (m manyOrders) fill(tb testing.TB, url string) (*DB, string) {
	tb.Helper()
	ctx := context.Background()
	d, err := Open(ctx, Options{URL: url, MasterKeys: []secret.Text{testKey}})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { d.Close() })
	if _, _, err := d.Migrate(ctx); err != nil {
		tb.Fatal(err)
	}
	shop, err := d.AddShop(ctx, NewShop{Platform: "shopify", Domain: "large.example", Currency: "USD", TimeZone: "Europe/Berlin"})
	if err != nil {
		tb.Fatal(err)
	}
	for _, p := range []rewards.Program{creditProgram(), variantProgram()} {
		p.Budget = usd(1_000_000_00)
		if _, _, err := d.ApplyProgram(ctx, shop.ID, p, ""); err != nil {
			tb.Fatal(err)
		}
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		tb.Fatal(err)
	}
	defer conn.Close(ctx)
	steps := append([]string{"SET session_replication_role = replica", "SET maintenance_work_mem = '1GB'", "SET synchronous_commit = off"}, m.statements(shop.ID)...)
	for _, sql := range m.without(tb, conn, steps) {
		if _, err := conn.Exec(ctx, sql); err != nil {
			tb.Fatalf("%.200s: %v", sql, err)
		}
	}
	return d, shop.ID
}

// without puts the making of indexes behind the steps that fill their tables.
func (m manyOrders) without(tb testing.TB, conn *pgx.Conn, steps []string) []string {
	tb.Helper()
	rows, err := conn.Query(context.Background(), "SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN ('orders', 'rewards', 'ledger', 'codes', 'advocates') AND indexname NOT LIKE '%\\_pkey' AND indexname NOT LIKE '%\\_key' ORDER BY 1")
	if err != nil {
		tb.Fatal(err)
	}
	var before, after []string
	for rows.Next() {
		var name, def string
		if err := rows.Scan(&name, &def); err != nil {
			tb.Fatal(err)
		}
		before, after = append(before, "DROP INDEX "+name), append(after, def)
	}
	return append(append(before, steps...), append(after, "VACUUM ANALYZE")...)
}

func (m manyOrders) statements(shopID string) []string {
	large := m.orders / 10
	r := strings.NewReplacer("{shop}", "'"+shopID+"'", "{large}", fmt.Sprint(large), "{today}", fmt.Sprint(large-large/20), "{rest}", fmt.Sprint(m.orders-large),
		"{shops}", fmt.Sprint(m.shops-1), "{codes}", fmt.Sprint(m.codes), "{mine}", fmt.Sprint(m.codes/10), "{each}", fmt.Sprint(max(m.codes*9/10/max(m.shops-1, 1), 1)))
	const order = `(shop_id, order_id, name, status, currency, original_minor, eligible_minor, customer_id, email_key, placed_at, updated_at, paid, test, outcome, reason,
  program, version, variant, referral, advocate_id, code, linked, took_off_minor, historic, record)`
	// Every fifth order is referred, every fiftieth rejected; four orders a customer.
	const kind = `CASE WHEN i % 5 = 0 THEN 'rewarded' WHEN i % 50 = 1 THEN 'rejected' ELSE 'none' END AS outcome`
	all := []string{
		`INSERT INTO shops (shop_id, platform, domain, currency, time_zone, status, since, installed_at, created_at) SELECT 'shop_' || s, 'shopify', 's' || s || '.example', 'USD', 'UTC', 'active', now(), now(), now() FROM generate_series(1, {shops}) s`,
		`INSERT INTO figure_shops SELECT shop_id, time_zone, -1 FROM shops ON CONFLICT (shop_id) DO UPDATE SET next_day = -1`,
		`INSERT INTO advocates (shop_id, id, customer_id, status, created_at) SELECT {shop}, 'adv_' || i, 'c' || i, 'active', now() - interval '400 days' FROM generate_series(0, {mine} - 1) i`,
		`INSERT INTO advocates (shop_id, id, customer_id, status, created_at) SELECT 'shop_' || s, 'adv_' || i, 'c' || i, 'active', now() - interval '400 days' FROM generate_series(1, {shops}) s, generate_series(0, {each} - 1) i`,
		`INSERT INTO codes (shop_id, folded, code, advocate_id, program, status, created_at) SELECT shop_id, upper(id), upper(id), id, CASE WHEN shop_id = {shop} THEN 'give10' END, 'active', created_at + interval '1 day' * (hashtext(id) & 255) FROM advocates`,
		`INSERT INTO orders ` + order + ` SELECT {shop}, 'o' || i, '#' || i, 'paid', 'USD', 1500 + i % 9000, 1500 + i % 9000, 'c' || (i * 7919::bigint % ({large} / 4)), 'k' || i % ({large} / 4),
  CASE WHEN i > {today} THEN date_trunc('day', now()) + interval '1 second' * (i % 30000) ELSE now() - interval '365 days' * (1 - i::float8 / {today}) END, now(), true, false, outcome,
  CASE outcome WHEN 'rejected' THEN 'existing_customer' ELSE '' END, CASE WHEN outcome = 'none' THEN '' WHEN i % 2 = 0 THEN 'give10' ELSE 'spring' END, 1, CASE WHEN outcome <> 'none' AND i % 2 = 1 THEN 'small' ELSE '' END, 1,
  CASE WHEN outcome <> 'none' THEN 'adv_' || (i * 31::bigint % {mine}) END, '', i % 10 = 0, CASE WHEN outcome = 'none' THEN 0 ELSE 450 END, false,
  ('{"Facts":{"order":{"id":"o","lines":[' || repeat('{"id":"l1","quantity":1,"amount":{"minor":4500,"currency":"USD"}},', 4) || '{}]}}}')::json FROM (SELECT i, ` + kind + ` FROM generate_series(1, {large}) i) o`,
		`INSERT INTO orders ` + order + ` SELECT 'shop_' || (1 + i % {shops}), 'o' || i, '#' || i, 'paid', 'USD', 1500 + i % 9000, 1500 + i % 9000, 'c' || i % 1000, 'k' || i % 1000,
  now() - interval '365 days' * (1 - i::float8 / {rest}), now(), true, false, outcome, '', '', 1, '', 1, CASE WHEN outcome <> 'none' THEN 'adv_' || i % {each} END, '', false, 0, false,
  ('{"Facts":{"order":{"id":"o","lines":[' || repeat('{"id":"l1","quantity":1,"amount":{"minor":4500,"currency":"USD"}},', 4) || '{}]}}}')::json FROM (SELECT i, ` + kind + ` FROM generate_series(1, {rest}) i) o`,
		`INSERT INTO rewards (shop_id, id, order_id, advocate_id, customer_id, beneficiary, rule, milestone, program, version, kind, spec, currency, value_minor, net_minor, given_minor, loss_minor, used_minor, void, status, reason,
  created_at, code, code_folded, tries, external_id, refs, withdrawn, replaced_by, replaces) SELECT shop_id, 'rw_' || order_id, order_id, advocate_id, 'c', 'advocate', 'advocate', '', program, 1, 'store_credit', '{}', 'USD', 1000, 1000, 1000, 0, 0, false,
  CASE WHEN placed_at > now() - interval '14 days' THEN 'pending' ELSE 'issued' END, '', placed_at, '', '', 0, '', '[]', false, '', '' FROM orders WHERE shop_id = {shop} AND outcome = 'rewarded'`,
		`INSERT INTO ledger (shop_id, transaction_id, at, account, amount_minor, currency, reward_id, reason, seq, hash) SELECT shop_id, 'tx_' || id || leg / 2, created_at,
  CASE leg WHEN 0 THEN 'program:' || program WHEN 3 THEN 'issued:' || advocate_id ELSE 'pending:' || advocate_id END, CASE leg % 2 WHEN 0 THEN -1000 ELSE 1000 END, 'USD', id, 'earned', row_number() OVER (), ''
  FROM rewards, generate_series(0, 3) leg WHERE shop_id = {shop} AND (status = 'issued' OR leg < 2)`,
	}
	for i, sql := range all {
		all[i] = r.Replace(sql)
	}
	return all
}

// dashboard are the questions that a shop's first page asks.
func dashboard(today rewards.Date) map[string]rewards.FigureFilter {
	return map[string]rewards.FigureFilter{
		"today":         {From: today, To: today, Quick: true},
		"30-days":       {Quick: true},
		"30-days-day":   {By: rewards.ByDay, Quick: true},
		"30-days-prog":  {By: rewards.ByProgram, Quick: true},
		"year-by-month": {From: today.Add(-364), To: today, By: rewards.ByMonth, Quick: true},
		"year-by-day":   {From: today.Add(-364), To: today, By: rewards.ByDay, Quick: true},
	}
}

// BenchmarkFiguresRolledUp asks the dashboard's questions of a shop with a tenth of all orders: 50,000 of them,
// or as many as GRAPEVINE_BENCH_ORDERS says. Ten million take about eight minutes to be stored:
//
//	GRAPEVINE_BENCH_ORDERS=10000000 go test -run x -bench FiguresRolledUp -timeout 60m ./storage
func BenchmarkFiguresRolledUp(b *testing.B) {
	orders, err := strconv.Atoi(cmp.Or(os.Getenv("GRAPEVINE_BENCH_ORDERS"), "50000"))
	if err != nil {
		b.Fatal(err)
	}
	server := testdb.Own(b, testdb.Options{Dir: os.TempDir(), Settings: map[string]string{"shared_buffers": "1GB", "max_wal_size": "8GB", "max_parallel_workers_per_gather": "0"}})
	began := time.Now()
	d, shop := manyOrders{orders: orders, shops: max(orders/10_000, 2), codes: orders / 10}.fill(b, server.Database(b))
	b.Logf("%d orders stored in %v", orders, time.Since(began).Round(time.Second))
	began, calls := time.Now(), 0
	for n := 1; n > 0; calls++ {
		if n, err = d.RollUp(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	b.Logf("rolled up by %d calls in %v", calls, time.Since(began).Round(time.Millisecond))
	if _, err := d.direct(b.Context()).exec("VACUUM ANALYZE figures_daily, figure_changes, figure_shops"); err != nil {
		b.Fatal(err)
	}
	runtime.GC()
	today := rewards.DateOf(time.Now())
	ask := func(b *testing.B, f rewards.FigureFilter) {
		for b.Loop() {
			if _, err := d.Figures(b.Context(), shop, f); err != nil {
				b.Fatal(err)
			}
		}
	}
	for name, f := range dashboard(today) {
		b.Run(name, func(b *testing.B) { ask(b, f) })
		f.Quick = false
		b.Run(name+"/with-people", func(b *testing.B) { ask(b, f) })
	}
	b.Run("30-days-advocate", func(b *testing.B) { ask(b, rewards.FigureFilter{By: rewards.ByAdvocate, Quick: true}) })
	b.Run("30-days-variant", func(b *testing.B) { ask(b, rewards.FigureFilter{By: rewards.ByVariant, Quick: true}) })
}
