package storage

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestATextIsTheSameAtAllTimes(t *testing.T) {
	t.Parallel()
	at := time.UnixMicro(5_000_000_000)
	for name, c := range map[string]struct {
		statement, text string
		given, args     []any
	}{
		"values alone":             {"SELECT ?, ?", "SELECT ?, ?", []any{1, "a"}, []any{1, "a"}},
		"the time between values":  {"UPDATE t SET a = ?, at = {now} WHERE id = ?", "UPDATE t SET a = ?, at = ? WHERE id = ?", []any{1, 2}, []any{1, int64(5_000_000_000), 2}},
		"a while after":            {"SELECT {after}, ?", "SELECT (? + ?), ?", []any{int64(7), 8}, []any{int64(5_000_000_000), int64(7), 8}},
		"an hour before":           {"SELECT {hourago}", "SELECT ?", nil, []any{int64(1_400_000_000)}},
		"words of PostgreSQL":      {"SELECT a{json} FROM t {lock}", "SELECT a FROM t ", nil, []any{}},
		"a brace that is no word":  {"SELECT '{\"a\":1}'", "SELECT '{\"a\":1}'", nil, []any{}},
		"a time behind all values": {"SELECT ? < {now}", "SELECT ? < ?", []any{3}, []any{3, int64(5_000_000_000)}},
	} {
		text := toLite(c.statement)
		args, err := text.with(at, c.given)
		if err != nil || text.text != c.text || !reflect.DeepEqual(args, c.args) {
			t.Errorf("%s: %q with %v (%v), want %q with %v", name, text.text, args, err, c.text, c.args)
		}
	}
	for _, given := range [][]any{nil, {1, 2}} {
		if args, err := toLite("SELECT ?").with(at, given); err == nil {
			t.Errorf("one question mark took %d values: %v", len(given), args)
		}
	}
}

// keptConn is a connection to a new file with a table of numbers.
func keptConn(t *testing.T) (*sql.DB, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kept.db")
	connector, err := newLiteConnector("file:" + path + "?_pragma=journal_mode(WAL)&_pragma=busy_timeout(0)")
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	mustExec(t, db, "CREATE TABLE numbers (n integer PRIMARY KEY); INSERT INTO numbers VALUES (1), (2), (3)")
	return db, path
}

func mustExec(t *testing.T, db *sql.DB, statement string, args ...any) {
	t.Helper()
	if _, err := db.Exec(statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// held is what the one connection of a pool keeps.
func held(t *testing.T, db *sql.DB) (texts []string) {
	t.Helper()
	c, err := db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.Raw(func(inner any) error {
		for e := inner.(*liteConn).recent.Front(); e != nil; e = e.Next() {
			texts = append(texts, e.Value.(liteStmt).text)
		}
		return nil
	})
	return texts
}

func TestAQuestionInsideItself(t *testing.T) {
	t.Parallel()
	db, _ := keptConn(t)
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	const question = "SELECT n FROM numbers WHERE n > ? ORDER BY n"
	var pairs []string
	outer, err := tx.Query(question, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer outer.Close()
	for outer.Next() {
		var a, b int
		if err := outer.Scan(&a); err != nil {
			t.Fatal(err)
		}
		if err := tx.QueryRow(question, 0).Scan(&b); err != nil {
			t.Fatal(err)
		}
		pairs = append(pairs, fmt.Sprint(a, " ", b))
	}
	if got := strings.Join(pairs, ", "); got != "2 1, 3 1" || outer.Err() != nil {
		t.Errorf("read %s, %v", got, outer.Err())
	}
}

func TestAKeptStatementHoldsNothingOpen(t *testing.T) {
	t.Parallel()
	db, path := keptConn(t)
	var n int
	if err := db.QueryRow("SELECT n FROM numbers WHERE n >= ?", 1).Scan(&n); err != nil || n != 1 { // two more are not read
		t.Fatal(n, err)
	}
	if got := held(t, db); len(got) != 1 {
		t.Fatalf("kept: %q", got)
	}
	other, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	mustExec(t, other, "INSERT INTO numbers VALUES (4)")
	var busy, log, moved int
	if err := other.QueryRow("PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &moved); err != nil || busy != 0 || log != 0 {
		t.Errorf("the log could not be emptied: busy %d, %d pages, %v", busy, log, err)
	}
	mustExec(t, other, "ALTER TABLE numbers ADD COLUMN word text NOT NULL DEFAULT 'new'")
	if err := db.QueryRow("SELECT n FROM numbers WHERE n >= ?", 4).Scan(&n); err != nil || n != 4 {
		t.Errorf("after the table grew: %d, %v", n, err)
	}
}

func TestAStatementThatFailedIsCompiledAnew(t *testing.T) {
	t.Parallel()
	db, _ := keptConn(t)
	const put = "INSERT INTO numbers VALUES (?)"
	mustExec(t, db, put, 7)
	if _, err := db.Exec(put, 7); err == nil {
		t.Fatal("the same number twice")
	}
	if got := held(t, db); len(got) != 0 {
		t.Errorf("kept: %q", got)
	}
	mustExec(t, db, put, 8)
	if _, err := db.Query("SELECT 1 +"); err == nil {
		t.Error("half a statement is none")
	}
}

func TestAConnectionKeepsWhatWasUsedLast(t *testing.T) {
	t.Parallel()
	db, _ := keptConn(t)
	var n int
	for i := range maxKept + 10 {
		if err := db.QueryRow(fmt.Sprintf("SELECT %d", i)).Scan(&n); err != nil || n != i {
			t.Fatal(n, err)
		}
		if err := db.QueryRow("SELECT 'often'").Scan(new(string)); err != nil {
			t.Fatal(err)
		}
	}
	mustExec(t, db, "PRAGMA user_version = 3")
	got := held(t, db)
	if len(got) != maxKept || got[0] != "SELECT 'often'" || got[1] != fmt.Sprintf("SELECT %d", maxKept+9) {
		t.Errorf("kept %d: %.5q", len(got), got)
	}
}
