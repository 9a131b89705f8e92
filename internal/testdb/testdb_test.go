package testdb

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

func connect(tb testing.TB, url string) *pgx.Conn {
	tb.Helper()
	conn, err := pgx.Connect(tb.Context(), url)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func execSQL(tb testing.TB, conn *pgx.Conn, statement string) {
	tb.Helper()
	if _, err := conn.Exec(tb.Context(), statement); err != nil {
		tb.Fatal(err)
	}
}

func query[T any](tb testing.TB, conn *pgx.Conn, statement string) T {
	tb.Helper()
	var v T
	if err := conn.QueryRow(tb.Context(), statement).Scan(&v); err != nil {
		tb.Fatal(err)
	}
	return v
}

func TestEachGivesAFreshDatabaseOfEachKind(t *testing.T) {
	var kinds []string
	Each(t, func(t *testing.T, url string) {
		kind, rest, _ := strings.Cut(url, ":")
		kinds = append(kinds, kind)
		switch kind {
		case "sqlite":
			if _, err := os.Stat(filepath.Dir(rest)); err != nil {
				t.Error(err)
			}
		case "postgres":
			conn := connect(t, url)
			if n := query[int](t, conn, "select count(*) from pg_tables where schemaname = 'public'"); n != 0 {
				t.Errorf("%d tables in a fresh database", n)
			}
		}
	})
	if want := []string{"sqlite", "postgres"}; !slices.Equal(kinds, want) {
		t.Errorf("kinds %v, want %v", kinds, want)
	}
}

func TestTwoDatabasesDoNotSeeEachOther(t *testing.T) {
	t.Parallel()
	a, b := connect(t, Postgres(t)), connect(t, Postgres(t))
	execSQL(t, a, "create table only_here (id int)")
	_, err := b.Exec(t.Context(), "select * from only_here")
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || pg.Code != "42P01" {
		t.Errorf("the other database's table: %v, want undefined_table", err)
	}
}

func TestADatabaseIsDroppedAlthoughAConnectionIsOpen(t *testing.T) {
	t.Parallel()
	var url string
	t.Run("inner", func(t *testing.T) {
		url = Postgres(t)
		if _, err := pgx.Connect(context.Background(), url); err != nil { // left open on purpose
			t.Fatal(err)
		}
	})
	if _, err := pgx.Connect(t.Context(), url); err == nil {
		t.Error("the database outlived its test")
	}
}

func TestTheServerListensOnNoPort(t *testing.T) {
	t.Parallel()
	conn := connect(t, Postgres(t))
	if got := query[string](t, conn, "show listen_addresses"); got != "" {
		t.Errorf("listens on %q", got)
	}
	if got := query[string](t, conn, "show fsync"); got != "off" {
		t.Errorf("fsync is %q in a plain test", got)
	}
}

func TestManyTestsMayAskAtOnce(t *testing.T) {
	t.Parallel()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			server, err := shared()
			if err != nil {
				t.Error(err)
				return
			}
			name, err := server.CreateDatabase()
			if err == nil {
				err = server.DropDatabase(name)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestTheTallyCountsBothKinds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tally")
	t.Setenv(TallyEnv, path)
	Each(t, func(*testing.T, string) {})
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(text), "sqlite testdb.test\npostgres testdb.test\n"; got != want {
		t.Errorf("tally %q, want %q", got, want)
	}
}
