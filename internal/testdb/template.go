package testdb

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Template is a database that is filled once and copied for each test: to migrate an empty one takes longer
// than most tests.
type Template struct {
	lite     func() ([]byte, error)
	postgres func() (string, error)
}

// NewTemplate returns a template that is filled when the first copy is asked for. fill gets the URL of an empty
// database, and must have closed its connections when it returns.
func NewTemplate(fill func(ctx context.Context, url string) error) *Template {
	return &Template{
		lite:     sync.OnceValues(func() ([]byte, error) { return fillFile(fill) }),
		postgres: sync.OnceValues(func() (string, error) { return fillDatabase(fill) }),
	}
}

// Each runs f as the subtests sqlite and postgres, each with the URL of a copy of its own.
func (m *Template) Each(t *testing.T, f func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, m.SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { f(t, m.Postgres(t)) })
}

// SQLite returns the URL of a copy that is deleted when the test ends.
func (m *Template) SQLite(tb testing.TB) string {
	tb.Helper()
	image, err := m.lite()
	if err != nil {
		tb.Fatal(err)
	}
	url := SQLite(tb)
	if err := os.WriteFile(strings.TrimPrefix(url, "sqlite:"), image, 0o600); err != nil {
		tb.Fatal(err)
	}
	return url
}

// Postgres returns the URL of a copy that is dropped when the test ends.
func (m *Template) Postgres(tb testing.TB) string {
	tb.Helper()
	server, err := shared()
	if err != nil {
		tb.Fatal(err)
	}
	from, err := m.postgres()
	if err != nil {
		tb.Fatal(err)
	}
	return server.database(tb, from)
}

func fillFile(fill func(ctx context.Context, url string) error) ([]byte, error) {
	dir, err := os.MkdirTemp("", "gvsqlite-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "template.db")
	if err := fill(context.Background(), "sqlite:"+path); err != nil {
		return nil, fmt.Errorf("testdb: fill a template: %w", err)
	}
	if info, err := os.Stat(path + "-wal"); err == nil && info.Size() > 0 {
		return nil, fmt.Errorf("testdb: the template is still open: %s has %d bytes", info.Name(), info.Size())
	}
	return os.ReadFile(path)
}

// fillDatabase leaves the template to the server, which lives as long as the process.
func fillDatabase(fill func(ctx context.Context, url string) error) (string, error) {
	server, err := shared()
	if err != nil {
		return "", err
	}
	name, err := server.CreateDatabase()
	if err != nil {
		return "", err
	}
	if err := fill(context.Background(), server.URL(name)); err != nil {
		return "", fmt.Errorf("testdb: fill a template: %w", err)
	}
	return name, server.admin("ALTER DATABASE " + pgx.Identifier{name}.Sanitize() + " ALLOW_CONNECTIONS false")
}
