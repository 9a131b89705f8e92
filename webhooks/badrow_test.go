package webhooks_test

import (
	"database/sql"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // for a look past the store

	"grapevine/internal/secret"
	"grapevine/internal/testdb"
	"grapevine/storage"
)

// answerWithin is when the door answers 503 because the disk is slow.
const answerWithin = 3 * time.Second

// refuseLong has a database refuse bodies of more than 500 bytes as they are kept, in its own way.
var refuseLong = map[string]string{
	"pgx": `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'too long for me'; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON events FOR EACH ROW WHEN (length(NEW.body) > 500) EXECUTE FUNCTION refuse()`,
	"sqlite": `CREATE TRIGGER refuse BEFORE INSERT ON events WHEN length(NEW.body) > 500 BEGIN SELECT RAISE(ABORT, 'too long for me'); END`,
}

func TestARowThatTheDatabaseRefusesFailsAlone(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, url string) {
		db, err := storage.Open(t.Context(), storage.Options{URL: url, MasterKeys: []secret.Text{secret.Generate()}})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, _, err := db.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := db.AddShop(t.Context(), storage.NewShop{Platform: "plain", Domain: "a.example", Currency: "USD", Token: "t"}); err != nil {
			t.Fatal(err)
		}
		driver, name := "pgx", url
		if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
			driver, name = "sqlite", path
		}
		past, err := sql.Open(driver, name)
		if err != nil {
			t.Fatal(err)
		}
		defer past.Close()
		if _, err := past.ExecContext(t.Context(), refuseLong[driver]); err != nil {
			t.Fatal(err)
		}
		h, long := door(t, db), ""
		for len(long) < 800 {
			long += secret.Generate().Reveal() // does not pack
		}
		const n = 60
		status := make([]int, n)
		var all sync.WaitGroup
		for i := range n {
			all.Go(func() {
				body := fmt.Sprint(i)
				if i%20 == 7 {
					body = long
				}
				for took := answerWithin; took >= answerWithin; { // a machine that was too busy is asked again, as shops do
					begun := time.Now()
					status[i] = answer(h, webhook(body, fmt.Sprint("d", i), nil)).StatusCode
					took = time.Since(begun)
				}
			})
		}
		all.Wait()
		for i, s := range status {
			want := http.StatusOK
			if i%20 == 7 {
				want = http.StatusServiceUnavailable
			}
			if s != want {
				t.Errorf("delivery %d was answered %d, want %d", i, s, want)
			}
		}
		for table, want := range map[string]int{"events": n - 3, "seen": n - 3} {
			var rows int
			if err := past.QueryRowContext(t.Context(), "SELECT count(*) FROM "+table).Scan(&rows); err != nil || rows != want {
				t.Errorf("%d rows in %s, want %d (%v)", rows, table, want, err)
			}
		}
	})
}
