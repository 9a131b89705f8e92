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
WHERE table_schema = 'public' AND ordinal_position = 1 AND table_name NOT LIKE 'goose%' AND table_name NOT IN ('worker_notes', 'leases', 'chores', 'schema_notes', 'memos') AND column_name NOT IN ('shop_id', 'group_id')`)
	s.no(err)
	if len(first) != 0 {
		t.Fatalf("got %v", first)
	}
}

// A database is migrated first, and its processes are replaced one after the other: those of before go on where
// the migration says that they may.
func TestANewerSchemaIsAcceptedByThoseItNames(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		_, knows, err := s.Schema(s.ctx)
		s.no(err)
		r := s.referred(creditProgram())
		_, err = s.Shops(s.ctx)
		s.no(err)
		s.raw("INSERT INTO goose_db_version (version_id, is_applied) VALUES (?, true)", knows+1)
		s.raw("ALTER TABLE shops ADD COLUMN mood text NOT NULL DEFAULT ''")
		s.raw("ALTER TABLE advocates ADD COLUMN mood text NOT NULL DEFAULT ''")
		refused := func() {
			t.Helper()
			s.kind(s.CheckSchema(s.ctx), rewards.Conflict, "schema_newer")
		}
		refused() // without a word of its own it is not told to go on
		s.raw("INSERT INTO schema_notes (version, oldest) VALUES (?, ?)", knows+1, knows+1)
		refused()
		s.raw("UPDATE schema_notes SET oldest = ? WHERE version = ?", knows, knows+1)
		has, _, err := s.Schema(s.ctx)
		s.no(err)
		if has != knows+1 {
			t.Fatalf("the database has %d", has)
		}
		// Statements that were prepared before the tables grew are prepared anew: a transaction is run again, and
		// who only asks is told once to ask again.
		s.shop()
		r.decide(r.order("o1"))
		if _, err := s.Shops(s.ctx); err != nil && rewards.KindOf(err) != rewards.Unavailable {
			t.Fatal(err)
		}
		_, err = s.Shops(s.ctx)
		s.no(err)
		s.raw("INSERT INTO goose_db_version (version_id, is_applied) VALUES (?, true)", knows+2)
		refused() // one that may be ignored and one that may not
		s.raw("INSERT INTO schema_notes (version, oldest) VALUES (?, ?)", knows+2, knows-1)
		s.no(s.CheckSchema(s.ctx))
		_, _, err = s.Migrate(s.ctx)
		s.kind(err, rewards.Conflict, "schema_newer")
	})
}

// Each migration since there are notes says who may go on beside it.
func TestEachMigrationSaysWhoMayGoOn(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		if n := s.count("SELECT count(*) FROM goose_db_version g WHERE g.version_id >= 10 AND NOT EXISTS (SELECT 1 FROM schema_notes n WHERE n.version = g.version_id)"); n != 0 {
			t.Fatalf("%d migrations have no row in schema_notes: add INSERT INTO schema_notes (version, oldest) VALUES (N, N), or an older one that can ignore what is new", n)
		}
	})
}
