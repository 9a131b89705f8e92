package storage

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const (
	pastOrders    = 20_000
	pastAdvocates = 2_000
	// mostPages is what a question of a decision may look at: to walk through an index of all that is stored takes
	// several times as many.
	mostPages = 120
)

// grow writes what years leave behind, none of which PostgreSQL has counted.
func (e *explained) grow() {
	e.t.Helper()
	e.raw(`INSERT INTO advocates (shop_id, id, customer_id, email_key, status, created_at)
SELECT shop_id, 'adv_past' || n, 'past' || n, 'mail' || n, 'active', now() FROM shops CROSS JOIN generate_series(1, ?) n`, pastAdvocates)
	e.raw(`INSERT INTO codes (shop_id, folded, code, advocate_id, program, status, created_at)
SELECT shop_id, 'PAST' || n, 'PAST' || n, 'adv_past' || n, 'give10', 'active', now() FROM shops CROSS JOIN generate_series(1, ?) n`, pastAdvocates)
	e.raw(`INSERT INTO orders (shop_id, order_id, name, status, currency, original_minor, eligible_minor, customer_id, email_key, placed_at, updated_at,
  paid, test, outcome, reason, program, version, advocate_id, code, record)
SELECT shop_id, 'past' || n, '#' || n, 'paid', 'USD', 4500, 4500, 'buyer' || n, 'buyer' || n, now(), now(), true, false, 'rewarded', '', 'give10', 1,
  'adv_past' || (n % ? + 1), 'PAST' || (n % ? + 1), '{}' FROM shops CROSS JOIN generate_series(1, ?) n`, pastAdvocates, pastAdvocates, pastOrders)
	e.raw(`INSERT INTO traces (shop_id, kind, key, placed_at, order_id, customer_id)
SELECT shop_id, kind, 'k' || n, now(), 'past' || n, 'buyer' || n FROM shops CROSS JOIN unnest(ARRAY['email', 'address', 'ip']) kind CROSS JOIN generate_series(1, ?) n`, pastOrders)
}

// Decisions keep their plans, which begin with empty tables, until these are counted anew. So they count them themselves
// when they have grown: from then on no question may walk through what is stored.
func TestADecisionLooksAtLittleHoweverMuchIsStored(t *testing.T) {
	t.Parallel()
	e := explaining(t, busyProgram())
	for i := range 8 {
		e.decide(e.order(fmt.Sprint("first", i)))
	}
	e.grow()
	e.grown.at.Store(-time.Hour.Nanoseconds()) // as if it were long ago that somebody looked
	e.decide(e.order("the last to read all"))
	for name, orders := range map[string][]string{"a new order": {"new1"}, "several": {"new2", "new3", "new4"}, "one that was judged before": {"first0"}} {
		for _, p := range e.plansOf("Buffers", func() {
			for _, id := range orders {
				e.decide(e.order(id))
			}
		}) {
			if n := pagesOf(p); n > mostPages {
				t.Errorf("%s: %d pages\n%s", name, n, p)
			}
			for _, table := range []string{"orders", "traces", "codes", "advocates"} {
				if strings.Contains(p, "Seq Scan on "+table+" ") {
					t.Errorf("%s: %s is read from end to end\n%s", name, table, p)
				}
			}
		}
	}
}
