package e2e

import (
	"encoding/base64"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"grapevine/internal/testdb"
)

func TestASecondServeOnOneFileIsRefusedNamingTheFirst(t *testing.T) {
	t.Parallel()
	s := newSite(t, testdb.SQLite(t))
	s.start()
	second := s.beside(t, "GRAPEVINE_LISTEN", freeAddress(t))
	second.refused(1, []string{"process " + strconv.Itoa(s.cmd.Process.Pid), "stop it first"}, "serve")
	if status, _ := s.get("/readyz"); status != http.StatusOK {
		t.Errorf("the first serve answers %d after that", status)
	}
	s.kill()
	s.start() // a killed serve leaves nothing that stands in the way
}

func TestAnOlderSchemaIsRefusedUntilItIsMigrated(t *testing.T) {
	t.Parallel()
	s := newSite(t, testdb.Postgres(t))
	for _, args := range [][]string{{"serve"}, {"shop", "list"}} {
		s.refused(1, []string{"grapevine migrate"}, args...)
	}
	first := s.run("migrate")
	again := s.run("migrate")
	if !strings.Contains(first, "from version 0") || !strings.Contains(again, "nothing to do") {
		t.Errorf("migrate says %q, then %q", first, again)
	}
	s.start()
}

func TestServeMigratesByItselfWhenItIsTold(t *testing.T) {
	t.Parallel()
	s := newSite(t, testdb.Postgres(t))
	s.launch("--migrate")
	s.awaitReady(patience)
}

func TestANewerSchemaIsRefused(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, s *site) {
		s.run("shop", "list") // an SQLite file comes to be by the first command
		db := openSQL(t, s.env["GRAPEVINE_DATABASE_URL"])
		if _, err := db.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)"); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{"serve"}, {"migrate"}, {"shop", "list"}} {
			s.refused(1, []string{"9999", "newer"}, args...)
		}
	})
}

func TestPostgresNeedsAMasterKey(t *testing.T) {
	t.Parallel()
	s := newSite(t, testdb.Postgres(t))
	s.migrate()
	without := s.beside(t, "GRAPEVINE_MASTER_KEY", "")
	without.refused(2, []string{"GRAPEVINE_MASTER_KEY is not set and PostgreSQL needs it", "openssl rand -base64 32"}, "serve")
	short := s.beside(t, "GRAPEVINE_MASTER_KEY", base64.StdEncoding.EncodeToString([]byte("short")))
	if e := short.try("serve"); e.code == 0 || !strings.Contains(e.err, "GRAPEVINE_MASTER_KEY") {
		t.Errorf("a short key: exit %d\n%s", e.code, e.err)
	}
}

func TestSQLiteMakesItsOwnMasterKey(t *testing.T) {
	t.Parallel()
	s := newSite(t, testdb.SQLite(t)).beside(t, "GRAPEVINE_MASTER_KEY", "")
	s.start()
	sh := s.newShop("own-key.myshopify.com")
	s.kill()
	s.start()
	sh.apply(creditProgram)
	sh.offered("credit") // the token can be read still
}

func TestSecretsMayComeFromFiles(t *testing.T) {
	t.Parallel()
	s := newSite(t, testdb.Postgres(t))
	s.migrate()
	var changes []string
	for _, name := range []string{"GRAPEVINE_DATABASE_URL", "GRAPEVINE_MASTER_KEY", "GRAPEVINE_SHOPIFY_CLIENT_SECRETS"} {
		changes = append(changes, name, "", name+"_FILE", s.write(name, s.env[name]+"\n"))
	}
	twin := s.beside(t, changes...)
	twin.start()
	sh := twin.newShop("files.myshopify.com", held)
	if _, err := sh.sim.AddCustomer(customer("ana")); err != nil {
		t.Fatal(err)
	}
	for _, d := range sh.taken() {
		sh.deliver(d, http.StatusOK)
	}
	twin.beside(t, "GRAPEVINE_MASTER_KEY_FILE", "/nonexistent/key").refused(2, []string{"GRAPEVINE_MASTER_KEY_FILE"}, "shop", "list")
}

func TestWrongUseExitsWith2AndFailureWith1(t *testing.T) {
	t.Parallel()
	s := newSite(t, testdb.SQLite(t))
	for _, args := range [][]string{
		{"nonsense"}, {"serve", "--nonsense"}, {"shop", "add"}, {"shop", "add", "--domain", "evil.example", "--access-token", "t"},
		{"shop", "show"}, {"shop", "update", "shop_x"}, {"events", "list", "--status", "nonsense"}, {"events", "list", "--limit", "0"},
		{"token", "create", "--shop", "shop_x", "--scope", "admin"}, {"program", "apply", "--shop", "shop_x", "missing.yaml"},
		{"serve", "--listen", "nonsense"}, {"shop", "list", "--database-url", "mysql://x"},
	} {
		s.refused(2, []string{"grapevine: "}, args...)
	}
	for _, args := range [][]string{{"shop", "show", "shop_x"}, {"program", "show", "--shop", "shop_x", "p"}, {"events", "show", "--shop", "shop_x", "evt_x"}} {
		s.refused(1, []string{"grapevine: "}, args...)
	}
	for _, args := range [][]string{{}, {"--help"}, {"version"}, {"program", "schema"}, {"shop", "list", "--json"}} {
		s.run(args...)
	}
}

func TestATakenMetricsPortIsAWarning(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := newSite(t, testdb.SQLite(t)).beside(t, "GRAPEVINE_METRICS_LISTEN", l.Addr().String())
	s.start()
	if log := s.log.String(); !strings.Contains(log, "level=WARN") || !strings.Contains(log, "GRAPEVINE_METRICS_LISTEN") {
		t.Errorf("no word of it in the log:\n%s", log)
	}
	s.kill()
	address := freeAddress(t)
	s.env["GRAPEVINE_METRICS_LISTEN"] = address
	s.start()
	if status, body := fetch("http://" + address + "/metrics"); status != http.StatusOK || !strings.Contains(body, "grapevine_database_up 1") {
		t.Errorf("metrics: status %d\n%.500s", status, body)
	}
}

func TestATakenPortIsRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t, testdb.SQLite(t))
	l, err := net.Listen("tcp", s.env["GRAPEVINE_LISTEN"])
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s.refused(2, []string{"GRAPEVINE_LISTEN"}, "serve")
}
