package testdb

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// TallyEnv names a file that gets one line for each database handed to a test, such as
// "sqlite storage.test": the kind and the test binary. With it a whole run can show that it
// exercised both.
const TallyEnv = "GRAPEVINE_TEST_TALLY"

const adminTimeout = time.Minute

// shared is the one server of this process: initdb costs a second, which every package pays once
// and not every test.
var shared = sync.OnceValues(func() (*Server, error) { return Start(Options{}) })

// Postgres returns the URL of a fresh, empty PostgreSQL database that is dropped when the test
// ends. Without PostgreSQL the test fails, with the install command.
func Postgres(tb testing.TB) string {
	tb.Helper()
	server, err := shared()
	if err != nil {
		tb.Fatal(err)
	}
	return server.Database(tb)
}

// SQLite returns the URL of a fresh SQLite file, sqlite:PATH, that is deleted when the test ends.
// The file does not exist yet.
func SQLite(tb testing.TB) string {
	tb.Helper()
	tally(tb, "sqlite")
	return "sqlite:" + filepath.Join(tb.TempDir(), "grapevine.db")
}

// Own starts a server for one test alone, which may stop and restart it, and deletes it when the
// test ends. Tests that do not interfere with the server share one: see Postgres.
func Own(tb testing.TB, opts Options) *Server {
	tb.Helper()
	server, err := Start(opts)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := server.Stop(); err != nil {
			tb.Error(err)
		}
	})
	return server
}

// Each runs f as the subtests sqlite and postgres, each with the URL of a fresh database.
func Each(t *testing.T, f func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { f(t, Postgres(t)) })
}

// Database returns the URL of a fresh, empty database on s that is dropped when the test ends,
// even while connections to it are open.
func (s *Server) Database(tb testing.TB) string {
	tb.Helper()
	return s.database(tb, "template0")
}

func (s *Server) database(tb testing.TB, template string) string {
	tb.Helper()
	name, err := s.copyDatabase(template)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.DropDatabase(name); err != nil {
			tb.Error(err)
		}
	})
	tally(tb, "postgres")
	return s.URL(name)
}

// CreateDatabase makes an empty database and returns its name; URL turns that into an address.
func (s *Server) CreateDatabase() (string, error) { return s.copyDatabase("template0") }

// copyDatabase copies a database that nobody can connect to, so that no other test can stand in the way.
func (s *Server) copyDatabase(template string) (string, error) {
	name := "t_" + strings.ToLower(rand.Text())
	if err := s.admin("CREATE DATABASE " + pgx.Identifier{name}.Sanitize() + " TEMPLATE " + pgx.Identifier{template}.Sanitize()); err != nil {
		return "", fmt.Errorf("testdb: create a database: %w", err)
	}
	return name, nil
}

// DropDatabase deletes a database and ends the connections to it. One that is gone is no error.
func (s *Server) DropDatabase(name string) error {
	if err := s.admin("DROP DATABASE IF EXISTS " + pgx.Identifier{name}.Sanitize() + " WITH (FORCE)"); err != nil {
		return fmt.Errorf("testdb: drop database %s: %w", name, err)
	}
	return nil
}

func (s *Server) admin(statement string) error {
	ctx, cancel := context.WithTimeoutCause(context.Background(), adminTimeout,
		fmt.Errorf("no answer within %v", adminTimeout))
	defer cancel()
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statement)
	return err
}

func tally(tb testing.TB, database string) {
	tb.Helper()
	path := os.Getenv(TallyEnv)
	if path == "" {
		return
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	line := database + " " + filepath.Base(os.Args[0]) + "\n"
	if _, err := f.WriteString(line); err != nil { // short appends do not mix
		tb.Fatal(err)
	}
}
