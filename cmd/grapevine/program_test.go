package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"grapevine/connectors/shopify/shopifytest"
	"grapevine/rewards"
	"grapevine/rewards/programfile"
	"grapevine/storage"
)

// applied applies a programme file and returns what came of it.
func applied(t *testing.T, shop, source string, args ...string) said {
	t.Helper()
	file := filepath.Join(t.TempDir(), "program.yaml")
	if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	return grapevine(t, append([]string{"program", "apply", "--shop", shop, file}, args...)...)
}

func TestAProgrammeThatDoesNotFitIsToldWithItsLine(t *testing.T) {
	home(t)
	shop, err := shopifytest.Start(shopifytest.Options{AccessToken: "shpat_right", ClientSecret: "s"})
	if err != nil {
		t.Fatal(err)
	}
	defer shop.Close()
	added := grapevine(t, "shop", "add", "--domain", "demo", "--access-token", "shpat_right", "--api-url", shop.URL(), "--json")
	var view shopView
	if err := json.Unmarshal([]byte(added.out), &view); err != nil {
		t.Fatalf("%s%s: %v", added.out, added.err, err)
	}

	season := "program: season\nadvocate: {reward: {kind: cash, percent: 5}}\ninstead_of:\n- give10get10\n"
	if got := applied(t, view.ID, season); got.code == exitOK || !strings.Contains(got.err, "line 4: instead_of[1]: there is no programme give10get10") {
		t.Errorf("instead of a programme that there is not: exit %d, %s", got.code, got.err)
	}
	for _, x := range programfile.Templates() {
		if got := applied(t, view.ID, string(x.Source)); got.code != exitOK || strings.Contains(got.err, "warning") {
			t.Errorf("template %s: exit %d, %s", x.Name, got.code, got.err)
		}
	}
	season += "from: 2026-12-01\npriority: 10\n"
	if got := applied(t, view.ID, season); got.code == exitOK || !strings.Contains(got.err, "line 4: instead_of[1]: seasonal runs instead of give10get10 too") {
		t.Errorf("two seasons at once: exit %d, %s", got.code, got.err)
	}
	season = strings.Replace(season, "priority: 10", "priority: 11", 1)
	if got := applied(t, view.ID, season); got.code != exitOK || !strings.Contains(got.err, "warning: line 2: advocate.reward: nothing ends what this may cost") {
		t.Errorf("a season without end: exit %d, %s", got.code, got.err)
	}
	got := applied(t, view.ID, season, "--json")
	var v programView
	if err := json.Unmarshal([]byte(got.out), &v); err != nil || len(v.Warnings) != 1 || v.Warnings[0].Line != 2 || v.Warnings[0].Path != "advocate.reward" {
		t.Errorf("%s%s: %v", got.out, got.err, err)
	}
}

func TestTemplatesAreListedAndPrinted(t *testing.T) {
	home(t)
	if got := grapevine(t, "program", "templates"); got.code != exitOK || !strings.Contains(got.out, "seasonal") || !strings.Contains(got.out, "Winter with friends") {
		t.Errorf("exit %d, %s%s", got.code, got.out, got.err)
	}
	if got := grapevine(t, "program", "templates", "seasonal"); got.code != exitOK || !strings.HasPrefix(got.out, "# A season") {
		t.Errorf("exit %d, %s%s", got.code, got.out, got.err)
	}
	var views []templateView
	if got := grapevine(t, "program", "templates", "--json"); json.Unmarshal([]byte(got.out), &views) != nil || len(views) != len(programfile.Templates()) {
		t.Errorf("exit %d, %s%s", got.code, got.out, got.err)
	}
	if got := grapevine(t, "program", "templates", "nothing"); got.code != exitUse || !strings.Contains(got.err, "there is no template") {
		t.Errorf("exit %d, %s", got.code, got.err)
	}
}

func TestAProgrammeTellsWhichLevelsOfItsBudgetItPassed(t *testing.T) {
	t.Parallel()
	usd := func(minor int64) rewards.Money { return rewards.Money{Minor: minor, Currency: "USD"} }
	at := time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC)
	p := storage.StoredProgram{BudgetUsed: usd(5500), Alerts: []storage.StoredAlert{
		{BudgetAlert: rewards.BudgetAlert{Program: "give", Level: 50, Used: usd(5100), Budget: usd(10_000)}, At: at},
	}}
	got := viewProgram(p).Alerts
	if want := []alertView{{Percent: 50, Used: "51.00 USD", At: when(at)}}; !slices.Equal(got, want) {
		t.Fatalf("%+v", got)
	}
}
