package main

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"grapevine/connectors/shopify/shopifytest"
	"grapevine/rewards"
	"grapevine/rewards/programfile"
	"grapevine/rewards/simulation"
	"grapevine/storage"
)

const tenDollars = `program: give10
title: Give 10, get 10
friend:
  discount: {percent: "10", once_per_customer: true}
advocate:
  reward: {kind: store_credit, amount: "10.00"}
qualify: {customers: new}
hold: 14d
`

// shopWithAPast has an applied programme, an advocate with the code ANNA-7Q2M, and 90 imported orders.
func shopWithAPast(t *testing.T, dir string) (*shopifytest.Server, string) {
	t.Helper()
	shop, id := simulatedShop(t)
	if got := grapevine(t, "program", "apply", "--shop", id, file(t, dir, "give10.yaml", tenDollars)); got.code != exitOK {
		t.Fatal(got.err)
	}
	giveCode(t, id, "c-anna", "ANNA-7Q2M")
	var b strings.Builder
	b.WriteString("order_id,name,placed_at,currency,total,customer_id,codes,discount\n")
	for i := range 90 {
		code, off := "", ""
		if i%3 == 0 {
			code, off = "anna-7q2m", "2.00"
		}
		fmt.Fprintf(&b, "%d,#%d,2026-%02d-%02d 12:00,USD,%d.00,c%d,%s,%s\n", 5000+i, 1000+i, 1+i/28, 1+i%28, 10+i, i*7%80, code, off)
	}
	if got := grapevine(t, "import", "orders", "--shop", id, file(t, dir, "past.csv", b.String())); got.code != exitOK || !strings.Contains(got.out, "90 stored") {
		t.Fatal(got.out, got.err)
	}
	return shop, id
}

// hashOf is the content of a database, its log included.
func hashOf(t *testing.T, dir string) string {
	t.Helper()
	h := sha256.New()
	for _, name := range []string{"test.db", "test.db-wal"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		h.Write(b)
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

func TestASimulationWritesNothingButItsReport(t *testing.T) {
	dir := home(t)
	shop, id := shopWithAPast(t, dir)
	calls, before := len(shop.Calls()), hashOf(t, dir)
	better := file(t, dir, "better.yaml", strings.Replace(strings.Replace(tenDollars, `"10.00"`, `"15.00"`, 1), "customers: new", `customers: new, minimum: "30.00"`, 1))
	path := func(name string) string { return filepath.Join(dir, name) }
	got := grapevine(t, "program", "simulate", better, "--shop", id, "--compare", "give10", "--json",
		"--out", path("report.json"), "--chart", path("chart.svg"), "--rows", path("rows.csv"))
	if got.code != exitOK {
		t.Fatalf("exit %d %s", got.code, got.err)
	}
	if hashOf(t, dir) != before {
		t.Error("the database was written to")
	}
	if n := len(shop.Calls()); n != calls {
		t.Errorf("the shop was called %d times", n-calls)
	}
	var r simulation.Report
	if err := json.Unmarshal([]byte(got.out), &r); err != nil {
		t.Fatal(err)
	}
	if saved, err := os.ReadFile(path("report.json")); err != nil || string(saved) != got.out {
		t.Errorf("the saved report is another: %v", err)
	}
	if r.Orders.Read != 90 || r.Orders.Referred != 30 || r.Program.Figures.Referrals >= r.Compare.Figures.Referrals || r.Diff.Orders == 0 || r.Zone != "Europe/Berlin" {
		t.Errorf("%+v\n%+v\n%+v", r.Orders, r.Program.Figures, r.Compare.Figures)
	}
	f, err := os.Open(path("rows.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if rows, err := csv.NewReader(f).ReadAll(); err != nil || int64(len(rows)) != r.Diff.Orders+1 {
		t.Errorf("%d rows for %d orders that differ: %v", len(rows), r.Diff.Orders, err)
	}
	svg, err := os.ReadFile(path("chart.svg"))
	if err != nil {
		t.Fatal(err)
	}
	for d := xml.NewDecoder(strings.NewReader(string(svg))); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("the chart: %v", err)
		}
	}
	for _, part := range []string{"Cost of rewards", "Revenue of referrals", "Store credit, better", "give10"} {
		if !strings.Contains(string(svg), strings.Replace(part, "better", "give10", 1)) {
			t.Errorf("the chart does not tell of %q", part)
		}
	}
}

func TestUnchangedRulesGiveAnEqualReport(t *testing.T) {
	dir := home(t)
	_, id := shopWithAPast(t, dir)
	same := file(t, dir, "same.yaml", tenDollars)
	rows := filepath.Join(dir, "rows.csv")
	run := func() (simulation.Report, string) {
		got := grapevine(t, "program", "simulate", same, "--shop", id, "--compare", "give10", "--json", "--rows", rows)
		var r simulation.Report
		if err := json.Unmarshal([]byte(got.out), &r); err != nil {
			t.Fatalf("exit %d %s: %v", got.code, got.err, err)
		}
		return r, got.out
	}
	r, first := run()
	if _, second := run(); first != second {
		t.Error("two runs differ")
	}
	mine, err := json.Marshal(r.Program.Figures)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := json.Marshal(r.Compare.Figures)
	if err != nil {
		t.Fatal(err)
	}
	if string(mine) != string(theirs) || r.Diff.Orders != 0 || len(r.Diff.Rows) != 0 || r.Program.Figures.Referrals == 0 {
		t.Errorf("figures\n%s\n%s", mine, theirs)
	}
	if b, err := os.ReadFile(rows); err != nil || strings.Count(string(b), "\n") != 1 {
		t.Errorf("rows %v\n%s", err, b)
	}
}

func TestASimulationForPeople(t *testing.T) {
	dir := home(t)
	_, id := shopWithAPast(t, dir)
	better := file(t, dir, "better.yaml", strings.Replace(tenDollars, `"10.00"`, `"15.00"`, 1))
	for name, tc := range map[string]struct {
		args []string
		code int
		want string
	}{
		"a table":               {args: nil, want: "revenue for each 1 spent"},
		"a comparison":          {args: []string{"--compare", "give10"}, want: "give10 against give10 (version 1)"},
		"CSV":                   {args: []string{"--csv", "--compare", "give10"}, want: "period,figure,give10,give10 (compared)\nall,referrals,"},
		"a month":               {args: []string{"--from", "2026-02-01", "--to", "2026-02-28"}, want: "give10, 2026-02-01 to 2026-02-28 (Europe/Berlin)\n28 orders, "},
		"no such programme":     {args: []string{"--compare", "give11"}, code: exitUse, want: "neither a programme of shop"},
		"no day":                {args: []string{"--from", "tomorrow"}, code: exitUse, want: "write it like 2026-03-01"},
		"an end before a start": {args: []string{"--from", "2026-02-01", "--to", "2026-01-01"}, code: exitUse, want: "lies after the last, 2026-01-01"},
		"a chart for a photo":   {args: []string{"--chart", "past.png"}, code: exitUse, want: "has to end in .svg"},
	} {
		got := grapevine(t, append([]string{"program", "simulate", better, "--shop", id}, tc.args...)...)
		if got.code != tc.code || !strings.Contains(got.out+got.err, tc.want) {
			t.Errorf("%s: exit %d\n%s%s, want %q", name, got.code, got.out, got.err, tc.want)
		}
	}
}

func TestEveryTemplateCanBeSimulated(t *testing.T) {
	dir := home(t)
	_, id := shopWithAPast(t, dir)
	for _, template := range programfile.Templates() {
		got := grapevine(t, "program", "simulate", file(t, dir, template.Name+".yaml", string(template.Source)), "--shop", id, "--compare", "give10", "--json")
		var r simulation.Report
		if err := json.Unmarshal([]byte(got.out), &r); got.code != exitOK || err != nil {
			t.Errorf("%s: exit %d %s %v", template.Name, got.code, got.err, err)
			continue
		}
		if f := r.Program.Figures; f.Rewarded+f.Pending+f.Held+f.Rejected != r.Orders.Referred || r.Live.Judged != 0 {
			t.Errorf("%s: %d orders with a code come to %+v", template.Name, r.Orders.Referred, f)
		}
		if _, err := simulationChart(r); err != nil {
			t.Errorf("%s: %v", template.Name, err)
		}
	}
}

func TestASimulationNeedsAPast(t *testing.T) {
	dir := home(t)
	got := grapevine(t, "program", "simulate", file(t, dir, "p.yaml", tenDollars), "--shop", someShop(t))
	if got.code != exitUse || !strings.Contains(got.err, "grapevine import orders") {
		t.Errorf("exit %d %s", got.code, got.err)
	}
}

// giveCode makes a customer an advocate.
func giveCode(t *testing.T, shopID, customer, code string) {
	t.Helper()
	s := &settings{DatabaseURL: os.Getenv("GRAPEVINE_DATABASE_URL")}
	err := s.with(t.Context(), func(db *storage.DB) error {
		_, _, err := db.CreateAdvocate(t.Context(), shopID, rewards.NewAdvocate{CustomerID: customer, Code: code})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
