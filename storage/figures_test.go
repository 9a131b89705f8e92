package storage

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

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
