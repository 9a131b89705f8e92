package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"grapevine/connectors/shopify/shopifytest"
)

// twoShops adds two shops in the same currency and returns their ids.
func twoShops(t *testing.T) (a, b string) {
	t.Helper()
	ids := []string{"", ""}
	for i, domain := range []string{"one", "two"} {
		shop, err := shopifytest.Start(shopifytest.Options{Domain: domain + ".myshopify.com", AccessToken: "shpat_right", ClientSecret: "s"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { shop.Close() })
		got := grapevine(t, "shop", "add", "--domain", domain, "--access-token", "shpat_right", "--api-url", shop.URL(), "--json")
		var view shopView
		if err := json.Unmarshal([]byte(got.out), &view); err != nil {
			t.Fatalf("%s%s: %v", got.out, got.err, err)
		}
		ids[i] = view.ID
	}
	return ids[0], ids[1]
}

func TestAGroupOfShopsFromTheCommandLine(t *testing.T) {
	dir := home(t)
	a, b := twoShops(t)
	file := filepath.Join(dir, "program.yaml")
	write := func(source string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	says := func(want string, args ...string) said {
		t.Helper()
		got := grapevine(t, args...)
		if !strings.Contains(got.out+got.err, want) {
			t.Errorf("%s: exit %d, want %q in\n%s%s", strings.Join(args, " "), got.code, want, got.out, got.err)
		}
		return got
	}
	fails := func(want string, args ...string) {
		t.Helper()
		if got := says(want, args...); got.code == exitOK {
			t.Errorf("%s went well", strings.Join(args, " "))
		}
	}

	says("No group yet", "group", "list")
	var g groupView
	if got := grapevine(t, "group", "create", "Family", "--currency", "USD", "--json"); json.Unmarshal([]byte(got.out), &g) != nil || g.Currency != "USD" || g.Name != "Family" {
		t.Fatalf("%s%s", got.out, got.err)
	}
	write(demoProgram)
	fails("group add "+g.ID, "program", "apply", "--group", g.ID, file)
	says("is in the group", "group", "add", g.ID, "--shop", a)
	says("programme none yet", "group", "show", g.ID)
	says("version 1, its discount is pending", "program", "apply", "--group", g.ID, file)
	says(`"version": 1`, "group", "add", g.ID, "--shop", b, "--json")
	says("version 1, unchanged", "program", "apply", "--group", g.ID, file)
	fails("program apply --group "+g.ID, "program", "apply", "--shop", a, file)
	fails("--shop=ID or --group=ID", "program", "apply", file)

	write(strings.Replace(demoProgram, "title:", "titel:", 1))
	got := grapevine(t, "program", "apply", "--group", g.ID, file)
	if got.code == exitOK || !strings.Contains(got.err, "line 2") || !strings.Contains(got.err, a) && !strings.Contains(got.err, b) {
		t.Errorf("a wrong key: exit %d, %s", got.code, got.err)
	}

	says("used 0.00 USD", "group", "show", g.ID)
	says("Family", "group", "list")
	says("No members", "group", "members", g.ID)
	says("group     "+g.ID+"  Family", "shop", "show", a)
	says("group     "+g.ID, "program", "show", "--shop", b, "give10get10")
	says("[]", "group", "members", g.ID, "--json")
	fails("group list", "group", "show", "grp_none")

	other := grapevine(t, "group", "create", "Euro", "--currency", "EUR", "--json")
	var euro groupView
	if err := json.Unmarshal([]byte(other.out), &euro); err != nil {
		t.Fatal(err)
	}
	fails("group remove "+g.ID+" --shop "+b, "group", "add", euro.ID, "--shop", b)
	says("go on as its own", "group", "remove", g.ID, "--shop", b)
	fails("a budget has one currency", "group", "add", euro.ID, "--shop", b)
	fails("of its own", "group", "add", g.ID, "--shop", b)
	fails("group show "+g.ID, "group", "remove", g.ID, "--shop", b)
	write(strings.Replace(demoProgram, "title:", "# its own now\ntitle:", 1))
	says("is unchanged", "program", "apply", "--shop", b, file)
	if got := grapevine(t, "fsck"); got.code != exitOK {
		t.Errorf("fsck: exit %d\n%s%s", got.code, got.out, got.err)
	}
}

func TestTheExampleOfTheDocumentationApplies(t *testing.T) {
	dir := home(t)
	text, err := os.ReadFile("../../docs/groups.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "```yaml\n")
	source, _, _ := strings.Cut(after, "```")
	file := filepath.Join(dir, "family.yaml")
	if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	a, b := twoShops(t)
	var g groupView
	if got := grapevine(t, "group", "create", "Alpine family", "--currency", "usd", "--json"); json.Unmarshal([]byte(got.out), &g) != nil {
		t.Fatal(got.err)
	}
	for _, shop := range []string{a, b} {
		if got := grapevine(t, "group", "add", g.ID, "--shop", shop); got.code != exitOK {
			t.Fatal(got.err)
		}
	}
	var v groupAppliedView
	got := grapevine(t, "program", "apply", "--group", g.ID, file, "--json")
	if err := json.Unmarshal([]byte(got.out), &v); err != nil || v.Program != "family" || len(v.Shops) != 2 || !v.Shops[0].Changed || v.Shops[1].Version != 1 {
		t.Fatalf("%s%s: %v", got.out, got.err, err)
	}
}
