package storage

import (
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"grapevine/internal/testdb"
)

func TestATableThatGrewIsPlannedForAnew(t *testing.T) {
	t.Parallel()
	s := openStore(t, testdb.Postgres(t))
	shop := s.shop()
	s.no(s.writer.Connection(func(g *gorm.DB) error {
		plan := func() string {
			t.Helper()
			var lines []string
			s.no(g.Raw("EXPLAIN EXECUTE known ('" + shop.ID + "', '{1,2,3}')").Scan(&lines).Error)
			return strings.Join(lines, "\n")
		}
		s.no(g.Exec("SET plan_cache_mode = force_generic_plan").Error)
		s.no(g.Exec("ANALYZE").Error) // the worst moment: everything is empty
		s.no(g.Exec("PREPARE known (text, text[]) AS SELECT o.record FROM unnest($2) v JOIN orders o ON o.shop_id = $1 AND o.order_id = v").Error)
		before := plan()
		s.raw(`INSERT INTO orders (shop_id, order_id, name, status, currency, original_minor, eligible_minor, paid, test, outcome, record)
SELECT ?, n::text, '', 'paid', 'USD', 0, 0, true, false, 'none', '{}' FROM generate_series(1, 5000) n`, shop.ID)
		if after := plan(); after != before {
			t.Fatal("PostgreSQL plans anew by itself, and nobody need tell it to")
		}
		s.grown.at.Store(-grownEvery.Nanoseconds())
		s.analyzeGrown(s.ctx)
		if after := plan(); !strings.Contains(after, "order_id =") || strings.Contains(after, "Seq Scan") {
			t.Errorf("planned as %s", after)
		}
		return nil
	}))
	s.raw("INSERT INTO seen SELECT shop_id, gen_random_uuid(), now() FROM shops, generate_series(1, 5000)")
	s.grown.at.Store(time.Since(s.grown.since).Nanoseconds() + time.Hour.Nanoseconds())
	s.analyzeGrown(s.ctx) // too early
	if s.count("SELECT relpages FROM pg_class WHERE relname = 'orders'") == 0 || s.count("SELECT relpages FROM pg_class WHERE relname = 'seen'") != 0 {
		t.Error("not the tables were counted that had grown, or not when it was time")
	}
}
