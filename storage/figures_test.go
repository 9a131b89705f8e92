package storage

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"grapevine/internal/testdb"
	"grapevine/rewards"
)

// rollUp works until nothing is left to do.
func (s *store) rollUp() {
	s.t.Helper()
	for {
		n, err := s.RollUp(s.ctx)
		s.no(err)
		if n == 0 {
			return
		}
	}
}

// fromRows asks for figures that are reckoned from the rows, as if no day had ever been rolled up.
func (b *metricsBook) fromRows(f rewards.FigureFilter) rewards.FigureReport {
	b.t.Helper()
	b.raw("UPDATE figure_shops SET next_day = -1 WHERE shop_id = ?", b.shop.ID)
	defer b.raw("UPDATE figure_shops SET next_day = NULL WHERE shop_id = ?", b.shop.ID)
	return b.figures(f)
}

// alikeBothWays demands that the daily figures tell what the rows tell, however they are asked.
func (b *metricsBook) alikeBothWays(when string) {
	b.t.Helper()
	for _, program := range []string{"", "give10", "spring"} {
		for _, by := range append([]rewards.Grouping{rewards.ByNothing}, rewards.Groupings...) {
			for _, f := range []rewards.FigureFilter{quarter(by), {By: by}} { // and the last 30 days
				f.Program = program
				if got, want := b.figures(f), b.fromRows(f); !reflect.DeepEqual(got, want) {
					b.t.Errorf("%s, %q by %q from %s: %s", when, program, by, want.From, apart(got, want))
				}
			}
		}
	}
}

// apart shows where two reports begin to differ.
func apart(got, want rewards.FigureReport) string {
	a, b := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want)
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	part := func(s string) string { return s[max(0, min(n-200, len(s))):min(n+60, len(s))] }
	return fmt.Sprintf("\n got …%s…\nwant …%s…", part(a), part(b))
}

func TestDailyFiguresAreWhatTheRowsTell(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		b := s.metricsBook()
		b.story()
		b.alikeBothWays("reckoned")
		if n := s.count("SELECT count(*) FROM figure_changes"); n != 0 {
			t.Fatalf("%d changes are left", n)
		}
		b.scatter(rand.New(rand.NewPCG(3, 5)))
		b.raw("UPDATE orders SET status = 'refunded' WHERE order_id = 's2'")
		b.raw("UPDATE orders SET placed_at = {now}, currency = 'EUR' WHERE order_id = 's3'")
		b.raw("UPDATE orders SET outcome = 'rejected', reason = 'refunded', variant = '' WHERE order_id IN ('s4', 'r5')")
		b.raw("UPDATE orders SET test = true WHERE order_id = 's6'")
		if n := s.count("SELECT count(*) FROM figure_changes"); n == 0 {
			t.Fatal("nothing was changed")
		}
		b.alikeBothWays("with changes")
		b.rollUp()
		b.alikeBothWays("rolled up")
	})
}

func TestFiguresFromBeforeTheRollUpsAreReckoned(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, url string) {
		s := secondSchema(t, url)
		if _, _, err := s.Migrate(s.ctx); err != nil {
			t.Fatal(err)
		}
		at := rewards.Date{Year: 2026, Month: 2, Day: 1}
		s.raw("UPDATE orders SET placed_at = ? WHERE shop_id = 'shop_b'", at.Begins(time.UTC))
		ask := func() rewards.Figures {
			r, err := s.Figures(s.ctx, "shop_b", rewards.FigureFilter{From: at, To: at, By: rewards.ByDay})
			s.no(err)
			return r.Total
		}
		before := ask()
		s.rollUp()
		after := ask()
		if got := (rewards.Money{Minor: 500, Currency: "USD"}); before.TookOff != got || before.Rewarded.Orders != 1 {
			t.Errorf("before: %+v", before)
		}
		alike(t, "after", after, before)
		if n := s.count("SELECT count(*) FROM figures_daily WHERE what = 'order' AND n = 1 AND b = 500"); n != 2 {
			t.Errorf("%d days of two shops", n)
		}
	})
}

func TestTheDashboardReadsNoOrders(t *testing.T) {
	t.Parallel()
	d, shop := manyOrders{orders: 20_000, shops: 3, codes: 200}.fill(t, testdb.Postgres(t))
	s := &store{DB: d, t: t, ctx: t.Context()}
	s.rollUp()
	s.raw("VACUUM ANALYZE figures_daily")
	for name, f := range dashboard(rewards.DateOf(time.Now())) {
		s.no(s.snapshot(s.ctx, func(x *txn) error {
			g, err := x.figuring(shop, f)
			if err != nil {
				return err
			}
			before := x.scans(t)
			r, err := g.report()
			if r.Total.All.Orders == 0 || r.Budgets[0].Revenue.Minor == 0 {
				t.Errorf("%s: nothing is told: %+v", name, r.Total)
			}
			var read []string
			for table, n := range x.scans(t) {
				if n > before[table] {
					read = append(read, table)
				}
			}
			if !slices.Equal(read, []string{"orders_queue"}) { // for those that wait for a person
				t.Errorf("%s: it read %v", name, read)
			}
			return err
		}))
	}
}

// scans counts how often this connection has looked into the large tables, by table or by index.
func (x *txn) scans(t *testing.T) map[string]int64 {
	t.Helper()
	var rows []struct {
		Name string
		N    int64
	}
	_, err := x.scan(&rows, `SELECT relname AS name, pg_stat_get_xact_numscans(c.oid) AS n FROM pg_class c WHERE relname IN ('orders', 'rewards', 'ledger', 'codes', 'advocates')
UNION ALL SELECT i.indexrelid::regclass::text, pg_stat_get_xact_numscans(i.indexrelid) FROM pg_index i
WHERE i.indrelid IN ('orders'::regclass, 'rewards'::regclass, 'ledger'::regclass, 'codes'::regclass, 'advocates'::regclass)`)
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]int64{}
	for _, r := range rows {
		at[r.Name] = r.N
	}
	return at
}
