package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"grapevine/connectors/shopify/shopifytest"
)

// simulatedShop adds a shop of a simulator that allows itself to be called.
func simulatedShop(t *testing.T) (*shopifytest.Server, string) {
	t.Helper()
	shop, err := shopifytest.Start(shopifytest.Options{AccessToken: "shpat_canary", ClientSecret: "s", Timezone: "Europe/Berlin"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shop.Close() })
	got := grapevine(t, "shop", "add", "--domain", "demo", "--access-token", "shpat_canary", "--api-url", shop.URL(), "--json")
	var view shopView
	if err := json.Unmarshal([]byte(got.out), &view); err != nil || got.code != exitOK {
		t.Fatalf("adding a shop: exit %d %s %v", got.code, got.err, err)
	}
	return shop, view.ID
}

func someShop(t *testing.T) string {
	t.Helper()
	_, id := simulatedShop(t)
	return id
}

func file(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const shopifyExport = "\ufeff" + `Name,Email,Financial Status,Paid at,Currency,Subtotal,Shipping,Total,Discount Code,Discount Amount,Created at,Lineitem quantity,Lineitem name,Billing Country,Shipping Country,Cancelled at,Refunded Amount,Id,Phone
#1001,carl@canary.example,paid,2026-03-01 10:00:10 +0100,USD,40.00,5.00,45.00,ANNA-7Q2M,4.44,2026-03-01 10:00:00 +0100,1,"Socks, red",DE,DE,,0.00,5001,
#1001,carl@canary.example,,,,,,,,,,2,Gloves,,,,,,
#1002,dora@canary.example,refunded,2026-03-02 09:00:00 +0100,USD,20.00,0.00,20.00,,0.00,2026-03-02 09:00:00 +0100,1,Hat,US,US,,20.00,5002,+1 202 555 0143
#1003,emil@canary.example,paid,,USD,twenty,0.00,20.00,,0.00,2026-03-03 09:00:00 +0100,1,Hat,US,US,,0.00,5003,
#1004,fred@canary.example,pending,,XXQ,20.00,0.00,20.00,,0.00,2026-03-04 09:00:00 +0100,1,Hat,US,US,,0.00,5004,
#1005,gerd@canary.example,paid,,USD,20.00,0.00,20.00,,0.00,yesterday,1,Hat,US,US,,0.00,5005,
#1006,"broken
`

func TestImportOfAShopifyExport(t *testing.T) {
	dir := home(t)
	shop := someShop(t)
	path := file(t, dir, "orders.csv", shopifyExport)
	dry := grapevine(t, "import", "orders", "--shop", shop, path, "--dry-run")
	if dry.code != exitOK || !strings.Contains(dry.out, "2 would be stored, 0 known already, 4 refused") {
		t.Errorf("a dry run: exit %d\n%s%s", dry.code, dry.out, dry.err)
	}
	got := grapevine(t, "import", "orders", "--shop", shop, path)
	want := `2 stored, 0 known already, 4 refused
  line 5: the total: "twenty" is not a decimal number
  line 6: the total: currency "XXQ" is not in ISO 4217
  line 7: when it was placed: "yesterday" is no time: write it like 2026-03-01 18:30:00 +0100
  line 8: extraneous or missing " in quoted-field
`
	if got.code != exitOK || !strings.HasPrefix(got.out, want) {
		t.Errorf("exit %d\n%s%s, want\n%s", got.code, got.out, got.err, want)
	}
	rejects, err := os.ReadFile(path + ".rejects.csv")
	if err != nil || strings.Count(string(rejects), "\n") != 5 || !strings.Contains(string(rejects), "#1004,fred@canary.example") {
		t.Errorf("rejects %v\n%s", err, rejects)
	}
	again := grapevine(t, "import", "orders", "--shop", shop, path, "--json")
	var done imported
	if err := json.Unmarshal([]byte(again.out), &done); err != nil || done.Stored != 0 || done.Known != 2 || done.Refused != 4 || done.Read != 2 || done.Rejects != path+".rejects-2.csv" {
		t.Errorf("a second time: %v %+v", err, done)
	}
	database, err := os.ReadFile(filepath.Join(dir, "test.db"))
	if err != nil || strings.Contains(string(database), "canary.example") {
		t.Errorf("the database holds plain e-mails (%v)", err)
	}
}

func TestImportOfOtherFiles(t *testing.T) {
	for name, tc := range map[string]struct{ text, out, err string }{
		"semicolons, decimal commas, days": {text: "Order ID;Placed at;Currency;Total;Customer ID;Codes;Products\n1;2026-03-01;USD;19,99;77;A-1 B-2;11|12\n2;2026-03-02;USD;5;;;\n", out: "2 stored"},
		"tabs":                             {text: "order_id\tcreated_at\tcurrency\ttotal\n1\t2026-03-01 10:00\tUSD\t19.99\n", out: "1 stored"},
		"the same order twice":             {text: "order_id,created_at,currency,total\n1,2026-03-01,USD,19.99\n1,2026-03-01,USD,19.99\n", out: "1 stored, 1 known already"},
		"global ids":                       {text: "order_id,created_at,currency,total\ngid://shopify/Order/1,2026-03-01,USD,19.99\n1,2026-03-01,USD,19.99\n", out: "1 stored, 1 known already"},
		"below zero":                       {text: "order_id,created_at,currency,total\n1,2026-03-01,USD,-19.99\n", out: "0 stored, 0 known already, 1 refused"},
		"of a day to come":                 {text: "order_id,created_at,currency,total\n1,2999-03-01,USD,19.99\n", out: "2999-03-01 is yet to come"},
		"of a day before shops":            {text: "order_id,created_at,currency,total\n1,1900-01-01,USD,19.99\n", out: "1900-01-01 is before 1970"},
		"no column for the time":           {text: "order_id,currency,total\n1,USD,19.99\n", err: "no column placed_at"},
		"an empty file":                    {text: "", err: "there is no header"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := home(t)
			shop := someShop(t)
			got := grapevine(t, "import", "orders", "--shop", shop, file(t, dir, "orders.csv", tc.text))
			if tc.err != "" && (got.code != exitUse || !strings.Contains(got.err, tc.err)) || tc.err == "" && (got.code != exitOK || !strings.Contains(got.out, tc.out)) {
				t.Errorf("exit %d\n%s%s", got.code, got.out, got.err)
			}
		})
	}
}

func TestImportInFlatBatches(t *testing.T) {
	dir := home(t)
	shop := someShop(t)
	var b strings.Builder
	b.WriteString("order_id,created_at,currency,total,email\n")
	for i := range 3*importBatch + 1 {
		fmt.Fprintf(&b, "%d,2026-03-01,USD,19.99,friend%d@canary.example\n", i+1, i)
	}
	got := grapevine(t, "import", "orders", "--shop", shop, file(t, dir, "orders.csv", b.String()))
	if got.code != exitOK || !strings.Contains(got.out, "1,201 stored, 0 known already, 0 refused") {
		t.Errorf("exit %d\n%s%s", got.code, got.out, got.err)
	}
}

func TestImportNeedsASource(t *testing.T) {
	home(t)
	for _, args := range [][]string{
		{"import", "orders", "--shop", "shop_1"},
		{"import", "orders", "--shop", "shop_1", "a.csv", "--from-shop"},
		{"import", "orders", "--shop", "shop_1", "a.csv", "--since", "2026-01-01"},
	} {
		if got := grapevine(t, args...); got.code != exitUse {
			t.Errorf("%v: exit %d %s", args, got.code, got.err)
		}
	}
}

func TestImportFromTheShop(t *testing.T) {
	home(t)
	shop, id := simulatedShop(t)
	for i := range 25 {
		_, err := shop.PlaceOrder(shopifytest.OrderInput{
			Customer: &shopifytest.CustomerInput{Email: fmt.Sprintf("c%d@canary.example", i%9)},
			Lines:    []shopifytest.LineInput{{Price: "20.00", Quantity: 1}}, Paid: true,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	since := "2001-01-01"
	got := grapevine(t, "import", "orders", "--shop", id, "--from-shop", "--since", since)
	if got.code == exitOK || !strings.Contains(got.err, "read_all_orders") {
		t.Errorf("without the scope: exit %d\n%s%s", got.code, got.out, got.err)
	}
	since = time.Now().AddDate(0, 0, -7).Format(time.DateOnly)
	for want, args := range map[string][]string{"25 would be stored": {"--dry-run"}} {
		if got := grapevine(t, append([]string{"import", "orders", "--shop", id, "--from-shop", "--since", since}, args...)...); !strings.Contains(got.out, want) {
			t.Errorf("%v: exit %d\n%s%s", args, got.code, got.out, got.err)
		}
	}
	for _, want := range []string{"25 stored, 0 known", "0 stored, 25 known"} {
		if got := grapevine(t, "import", "orders", "--shop", id, "--from-shop", "--since", since); got.code != exitOK || !strings.Contains(got.out, want) {
			t.Errorf("exit %d\n%s%s, want %s", got.code, got.out, got.err, want)
		}
	}
	if n := len(shop.Mutations("")); n != 0 {
		t.Errorf("an import changed the shop %d times", n)
	}
}
