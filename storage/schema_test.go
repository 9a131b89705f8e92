package storage

import (
	"slices"
	"strings"
	"testing"

	"grapevine/internal/testdb"
	"grapevine/rewards"
)

func TestAnOlderOrNewerSchemaIsRefused(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		s.no(s.CheckSchema(s.ctx))
		if from, to, err := s.Migrate(s.ctx); from != to || err != nil {
			t.Fatalf("a second run went from %d to %d, %v", from, to, err)
		}
		s.raw("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)")
		s.kind(s.CheckSchema(s.ctx), rewards.Conflict, "schema_newer")
		_, _, err := s.Migrate(s.ctx)
		s.kind(err, rewards.Conflict, "schema_newer")
		s.raw("DELETE FROM goose_db_version WHERE version_id > 0")
		err = s.CheckSchema(s.ctx)
		s.kind(err, rewards.Conflict, "schema_older")
		if !strings.Contains(err.Error(), "grapevine migrate") {
			t.Fatalf("no way out is named: %v", err)
		}
	})
}

func TestAnEmptyDatabaseIsAnOlderSchema(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, url string) {
		s := &store{t: t, url: url, ctx: t.Context()}
		s.DB = s.open(Options{})
		s.kind(s.CheckSchema(s.ctx), rewards.Conflict, "schema_older")
		s.no(s.Ping(s.ctx))
	})
}

func TestTheLedgerRefusesChanges(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		r.decide(r.order("o1"))
		s.closed()
	})
}

func TestBothDatabasesHaveTheSameTablesAndColumns(t *testing.T) {
	t.Parallel()
	lite, pg := openStore(t, testdb.SQLite(t)), openStore(t, testdb.Postgres(t))
	columns := func(s *store, sql string) []string {
		var out []string
		_, err := s.read(s.ctx).scan(&out, sql)
		s.no(err)
		slices.Sort(out)
		return out
	}
	a := columns(lite, `SELECT m.name || '.' || c.name || CASE WHEN c."notnull" = 1 OR c.pk > 0 THEN ' not null' ELSE '' END
FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name NOT LIKE 'goose%'`)
	b := columns(pg, `SELECT table_name || '.' || column_name || CASE WHEN is_nullable = 'NO' THEN ' not null' ELSE '' END
FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE 'goose%' AND table_name !~ '^events_'`)
	if !slices.Equal(a, b) {
		t.Fatalf("SQLite: %v\nPostgreSQL: %v", a, b)
	}
	indexes := func(s *store, sql string) []string { return columns(s, sql) }
	x := indexes(lite, "SELECT name FROM sqlite_master WHERE type = 'index' AND name NOT LIKE 'sqlite%'")
	y := indexes(pg, `SELECT indexname FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT LIKE '%\_pkey' AND indexname NOT LIKE '%\_key' AND indexname NOT LIKE 'goose%' AND tablename !~ '^events_'`)
	if !slices.Equal(x, y) {
		t.Fatalf("SQLite: %v\nPostgreSQL: %v", x, y)
	}
}

func TestTablesLeadWithTheShopOrTheGroup(t *testing.T) {
	t.Parallel()
	s := openStore(t, testdb.Postgres(t))
	var first []string
	_, err := s.read(s.ctx).scan(&first, `SELECT table_name || '.' || column_name FROM information_schema.columns
WHERE table_schema = 'public' AND ordinal_position = 1 AND table_name NOT LIKE 'goose%' AND table_name <> 'worker_notes' AND column_name NOT IN ('shop_id', 'group_id')`)
	s.no(err)
	if len(first) != 0 {
		t.Fatalf("got %v", first)
	}
}
