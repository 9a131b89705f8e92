package e2e

import (
	"crypto/sha256"
	"database/sql"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"grapevine/internal/testdb"
)

// openSQL looks into a database behind the program's back.
func openSQL(t *testing.T, url string) *sql.DB {
	t.Helper()
	driver, name := "pgx", url
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		driver, name = "sqlite", "file:"+path+"?_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open(driver, name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// storedKeys are the keys of all webhooks in the inbox.
func storedKeys(t *testing.T, url string) map[string]bool {
	t.Helper()
	key := "key"
	if strings.HasPrefix(url, "postgres") {
		key = "uuid_send(key)"
	}
	rows, err := openSQL(t, url).Query("SELECT " + key + " FROM seen")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	stored := map[string]bool{}
	for rows.Next() {
		var key []byte
		if err := rows.Scan(&key); err != nil {
			t.Fatal(err)
		}
		stored[string(key)] = true
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return stored
}

// keyOf is the key of a Shopify webhook in the inbox.
func keyOf(domain, webhookID string) string {
	sum := sha256.Sum256([]byte("shopify\x00" + domain + "\x00" + webhookID))
	return string(sum[:16])
}

// eachDatabase runs a test on both, with a schema that is up to date.
func eachDatabase(t *testing.T, f func(t *testing.T, s *site)) {
	t.Helper()
	for name, database := range map[string]func(testing.TB) string{"sqlite": testdb.SQLite, "postgres": testdb.Postgres} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, database(t))
			s.migrate()
			f(t, s)
		})
	}
}
