package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"grapevine/connectors/shopify/shopifytest"
)

// said is what a command line printed and how it ended.
type said struct {
	code     int
	out, err string
}

// grapevine runs a command line on a database of the test's own.
func grapevine(t *testing.T, args ...string) said {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(t.Context(), args, &out, &errs)
	return said{code, out.String(), errs.String()}
}

// home gives the commands of a test a database and no settings of whoever runs the test.
func home(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "GRAPEVINE_") {
			t.Setenv(name, "")
		}
	}
	t.Setenv("GRAPEVINE_DATABASE_URL", "sqlite:"+filepath.Join(dir, "test.db"))
	t.Setenv("GRAPEVINE_ALLOW_LOOPBACK_SHOPS", "true")
	return dir
}

// The story is the product's promise in one run, and the same on every platform: it fails where a step is not
// as told.
func TestDemo(t *testing.T) {
	home(t)
	for _, c := range connectorList {
		t.Run(c.name, func(t *testing.T) {
			got := grapevine(t, "demo", "--platform", c.name, "--once", "--listen", "127.0.0.1:0")
			if got.code != exitOK {
				t.Fatalf("exit %d\n%s\n%s", got.code, got.out, got.err)
			}
			for _, part := range []string{"ANA-", "outcome rewarded", "eligible 72.00 USD", "Ana can spend $10.00 in the shop, by exactly one credit", "reversed", "The end"} {
				if !strings.Contains(got.out, part) {
					t.Errorf("the story does not tell %q", part)
				}
			}
		})
	}
}

func TestTheDemosPageStaysOpen(t *testing.T) {
	home(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	r, w := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"demo", "--listen", "127.0.0.1:0"}, w, io.Discard)
		w.Close()
	}()
	url := make(chan string, 1)
	go func() {
		var all bytes.Buffer
		buf := make([]byte, 4096)
		for {
			n, err := r.Read(buf)
			all.Write(buf[:n])
			if _, after, ok := strings.Cut(all.String(), "books are open at "); ok && len(url) == 0 {
				url <- strings.Fields(after)[0]
			}
			if err != nil {
				return
			}
		}
	}()
	resp, err := http.Get(<-url)
	if err != nil {
		t.Fatal(err)
	}
	page, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK || !bytes.Contains(page, []byte("demo.myshopify.com")) {
		t.Errorf("the page answers %d without the shop", resp.StatusCode)
	}
	stop()
	if code := <-ended; code != exitOK {
		t.Errorf("interrupted: exit %d", code)
	}
}

func TestWrongUse(t *testing.T) {
	home(t)
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	if err := os.WriteFile(bad, []byte("program: x\nsurprise: 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		args []string
		env  [2]string
		code int
		says string
	}{
		"no such command":           {args: []string{"bake"}, code: exitUse, says: "bake"},
		"a flag that is missing":    {args: []string{"shop", "add"}, code: exitUse, says: "--access-token"},
		"a foreign host":            {args: []string{"shop", "add", "--domain", "evil.example", "--access-token", "x"}, code: exitUse, says: "myshopify.com"},
		"an address that is remote": {args: []string{"shop", "add", "--domain", "demo", "--access-token", "x", "--api-url", "http://192.0.2.1"}, code: exitUse, says: "127.0.0.1"},
		"a database that is no URL": {args: []string{"shop", "list"}, env: [2]string{"GRAPEVINE_DATABASE_URL", "grapevine.db"}, code: exitUse, says: "sqlite:"},
		"PostgreSQL without a key":  {args: []string{"shop", "list"}, env: [2]string{"GRAPEVINE_DATABASE_URL", "postgres://localhost/x"}, code: exitUse, says: "openssl rand -base64 32"},
		"a bad public address":      {args: []string{"shop", "list"}, env: [2]string{"GRAPEVINE_PUBLIC_URL", "refer.example.com"}, code: exitUse, says: "https://"},
		"a shop that is not there":  {args: []string{"shop", "show", "shop_none"}, code: exitFailure, says: "shop_none"},
		"a programme of no shop":    {args: []string{"program", "apply", "--shop", "shop_none", bad}, code: exitFailure, says: "shop_none"},
		"an event of no shop":       {args: []string{"events", "show", "--shop", "shop_none", "evt_1"}, code: exitFailure, says: "evt_1"},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.env[0] != "" {
				t.Setenv(tc.env[0], tc.env[1])
			}
			got := grapevine(t, tc.args...)
			if got.code != tc.code || !strings.Contains(got.err, tc.says) {
				t.Errorf("exit %d, says %q; want %d and %q", got.code, got.err, tc.code, tc.says)
			}
		})
	}
}

func TestASecretInAFile(t *testing.T) {
	dir := home(t)
	path := filepath.Join(dir, "url")
	if err := os.WriteFile(path, []byte("sqlite:"+filepath.Join(dir, "other.db")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GRAPEVINE_DATABASE_URL", "")
	t.Setenv("GRAPEVINE_DATABASE_URL_FILE", path)
	if got := grapevine(t, "shop", "list"); got.code != exitOK {
		t.Fatalf("exit %d: %s", got.code, got.err)
	}
	if _, err := os.Stat(filepath.Join(dir, "other.db")); err != nil {
		t.Error("the file that the setting's file names was not opened")
	}
}

func TestShopsAndProgrammesFromTheCommandLine(t *testing.T) {
	dir := home(t)
	shop, err := shopifytest.Start(shopifytest.Options{AccessToken: "shpat_right", ClientSecret: "s"})
	if err != nil {
		t.Fatal(err)
	}
	defer shop.Close()
	if got := grapevine(t, "shop", "add", "--domain", "demo", "--access-token", "shpat_wrong", "--api-url", shop.URL()); got.code != exitFailure || !strings.Contains(got.err, "refuses the token") {
		t.Errorf("a wrong token: exit %d, %s", got.code, got.err)
	}
	added := grapevine(t, "shop", "add", "--domain", "demo", "--access-token", "shpat_right", "--api-url", shop.URL(), "--json")
	var view shopView
	if err := json.Unmarshal([]byte(added.out), &view); err != nil || view.Domain != "demo.myshopify.com" || view.Currency != "USD" || view.Status != "active" {
		t.Fatalf("exit %d, %q %q: %v", added.code, added.out, added.err, err)
	}
	if strings.Contains(added.out+added.err, "shpat_right") {
		t.Error("the token was printed")
	}
	file := filepath.Join(dir, "program.yaml")
	if err := os.WriteFile(file, []byte(demoProgram), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := grapevine(t, "program", "apply", "--shop", view.ID, file, "--json"); got.code != exitOK || !strings.Contains(got.out, `"changed": true`) {
		t.Errorf("a new programme: exit %d, %s%s", got.code, got.out, got.err)
	}
	if got := grapevine(t, "program", "apply", "--shop", view.ID, file); !strings.Contains(got.out, "unchanged") {
		t.Errorf("the same file again: %s%s", got.out, got.err)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(demoProgram, "title:", "titel:", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := grapevine(t, "program", "apply", "--shop", view.ID, file); got.code == exitOK || !strings.Contains(got.err, "line 2") {
		t.Errorf("a wrong key: exit %d, %s", got.code, got.err)
	}
	if got := grapevine(t, "shop", "update", view.ID, "--access-token", "shpat_wrong"); got.code != exitFailure || !strings.Contains(got.err, "refuses the token") {
		t.Errorf("a wrong new token: exit %d, %s", got.code, got.err)
	}
	if got := grapevine(t, "program", "templates"); got.code != exitOK || !strings.Contains(got.out, "give10get10") {
		t.Errorf("templates: exit %d, %s", got.code, got.out)
	}
	if got := grapevine(t, "fsck"); got.code != exitOK || !strings.Contains(got.out, "I11") {
		t.Errorf("fsck: exit %d\n%s%s", got.code, got.out, got.err)
	}
	t.Setenv("GRAPEVINE_SHOPIFY_CLIENT_SECRETS", "s")
	t.Setenv("GRAPEVINE_PUBLIC_URL", "https://refer.example.com")
	if got := grapevine(t, "doctor"); got.code != exitOK {
		t.Errorf("doctor: exit %d\n%s%s", got.code, got.out, got.err)
	}
}
