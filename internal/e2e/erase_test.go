package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/s2"

	"grapevine/connectors/shopify/shopifytest"
	"grapevine/internal/secret"
	"grapevine/storage"
)

// TestAnErasedPersonIsFoundNowhere erases a person who is an advocate and has bought with another's code.
func TestAnErasedPersonIsFoundNowhere(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, s *site) {
		s.start()
		sh := s.newShop("erase.myshopify.com")
		ana := sh.opened("ana")
		const who = "zebulonia"
		person := shopifytest.CustomerInput{Email: who + "@" + mailDomain, FirstName: "Zoe", LastName: who}
		zeb := sh.enrol(person)
		sh.active(zeb)
		hers, err := sh.sim.PlaceOrder(shopifytest.OrderInput{
			Customer: &person,
			Lines:    []shopifytest.LineInput{{Price: "80.00"}}, Codes: []shopifytest.CodeInput{{Code: ana.Code}}, Paid: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		sh.rewarded(hers.ID, "issued", patience)
		friends := sh.buy(zeb.Code)
		sh.rewarded(friends.ID, "issued", patience)
		sh.quiet()
		if !strings.Contains(stored(t, s), who) {
			t.Fatal("her name is in no stored webhook, so that its absence would show nothing")
		}
		redact := shopifytest.ComplianceInput{Topic: "customers/redact", CustomerID: hers.CustomerID, OrderIDs: []int64{hers.ID}}
		if err := sh.sim.Compliance(redact); err != nil {
			t.Fatal(err)
		}
		eventually(t, patience, "the advocate is retired", func() (bool, any) {
			now := read[advocate](sh, "/advocates/"+zeb.ID)
			return now.Status == "retired", now
		})
		sh.quiet()
		sh.knowsNothingOf(zeb, hers.ID, friends.ID)
		s.holdsNothingOf(who, zeb.CustomerID)
		s.fsck()
	})
}

// knowsNothingOf asks the API everything that could tell of a person.
func (sh *shop) knowsNothingOf(zeb advocate, orders ...int64) {
	sh.site.t.Helper()
	paths := []string{"/advocates/" + zeb.ID, "/advocates?limit=100", "/rewards?limit=100", "/events?limit=100", "/ledger?limit=100"}
	for _, id := range orders {
		paths = append(paths, orderPath(id))
	}
	for _, path := range paths {
		text := string(read[json.RawMessage](sh, path))
		for _, canary := range []string{"zebulonia", zeb.CustomerID} {
			if strings.Contains(strings.ToLower(text), canary) {
				sh.site.t.Errorf("GET %s still tells %s: %s", path, canary, text)
			}
		}
	}
	for _, filter := range [][2]string{{"email", "zebulonia@" + mailDomain}, {"customer_id", zeb.CustomerID}} {
		if found := list[advocate](sh, "/advocates", filter[0], filter[1]); len(found) > 0 {
			sh.site.t.Errorf("she is found by %s: %+v", filter[0], found)
		}
	}
	var again advocate
	err := sh.call(http.MethodGet, "/advocates/"+zeb.ID, nil, http.StatusOK, &again)
	if err != nil || again.CustomerID != "" {
		sh.site.t.Errorf("the retired advocate is %+v, %v", again, err)
	}
}

// holdsNothingOf searches every row, and on SQLite, once what was deleted is scrubbed, the raw files.
func (s *site) holdsNothingOf(canaries ...string) {
	s.t.Helper()
	rows := strings.ToLower(stored(s.t, s))
	for _, canary := range canaries {
		if i := strings.Index(rows, canary); i >= 0 {
			s.t.Errorf("a row holds %s: …%s…", canary, rows[max(0, i-300):min(len(rows), i+100)])
		}
	}
	if !s.sqlite() {
		return
	}
	db, err := storage.Open(context.Background(), storage.Options{
		URL: s.env["GRAPEVINE_DATABASE_URL"], MasterKeys: []secret.Text{secret.Text(s.env["GRAPEVINE_MASTER_KEY"])},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	if err := db.Scrub(context.Background()); err != nil {
		s.t.Fatal(err)
	}
	files, err := filepath.Glob(s.file() + "*")
	if err != nil || len(files) < 2 {
		s.t.Fatalf("files %v, %v", files, err)
	}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, canary := range canaries {
			if bytes.Contains(bytes.ToLower(raw), []byte(canary)) {
				s.t.Errorf("%s holds %s", filepath.Base(name), canary)
			}
		}
	}
}

// stored is every row of the database as text, with the bodies of webhooks unpacked.
func stored(t *testing.T, s *site) string {
	t.Helper()
	db := openSQL(t, s.env["GRAPEVINE_DATABASE_URL"])
	names := "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
	if s.sqlite() {
		names = "SELECT name FROM sqlite_master WHERE type = 'table'"
	}
	var text strings.Builder
	for _, table := range column(t, s, names) {
		rows, err := db.Query(fmt.Sprintf("SELECT * FROM %q", table))
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			cells := make([]any, len(columns))
			for i := range cells {
				cells[i] = new(any)
			}
			if err := rows.Scan(cells...); err != nil {
				t.Fatal(err)
			}
			for i, c := range cells {
				fmt.Fprintf(&text, "%s.%s=%s\n", table, columns[i], plain(*c.(*any)))
			}
		}
		rows.Close()
	}
	return text.String()
}

// largestBody is more than any webhook here holds. The first bytes of what was never packed, such as a random key,
// may claim gigabytes.
const largestBody = 1 << 20

// plain is a cell as text; a body is unpacked.
func plain(cell any) string {
	b, ok := cell.([]byte)
	if !ok {
		return fmt.Sprint(cell)
	}
	if n, err := s2.DecodedLen(b); err != nil || n > largestBody {
		return string(b)
	}
	if body, err := s2.Decode(nil, b); err == nil {
		return string(body)
	}
	return string(b)
}

// column reads the first column of a query.
func column(t *testing.T, s *site, query string) (out []string) {
	t.Helper()
	rows, err := openSQL(t, s.env["GRAPEVINE_DATABASE_URL"]).Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		out = append(out, text)
	}
	return out
}
