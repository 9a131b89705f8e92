package testdb

import (
	"context"
	"database/sql"
	"strings"
	"sync/atomic"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"
)

func TestATemplateIsFilledOnceAndItsCopiesAreApart(t *testing.T) {
	t.Parallel()
	var filled atomic.Int32
	open := func(url string) (*sql.DB, error) {
		if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
			return sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)")
		}
		return sql.Open("pgx", url)
	}
	m := NewTemplate(func(_ context.Context, url string) error {
		filled.Add(1)
		db, err := open(url)
		if err != nil {
			return err
		}
		defer db.Close()
		_, err = db.Exec("CREATE TABLE marks (n integer)")
		return err
	})
	copies := func(t *testing.T) {
		m.Each(t, func(t *testing.T, url string) {
			db, err := open(url)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			var n int
			if _, err := db.Exec("INSERT INTO marks VALUES (1)"); err != nil {
				t.Fatal(err)
			}
			if err := db.QueryRow("SELECT count(*) FROM marks").Scan(&n); err != nil || n != 1 {
				t.Errorf("%d rows, %v", n, err)
			}
		})
	}
	for _, name := range []string{"first", "second", "third"} {
		t.Run(name, copies)
	}
	if n := filled.Load(); n != 2 {
		t.Errorf("filled %d times", n)
	}
}
