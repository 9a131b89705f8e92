package webhooks_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"grapevine/connectors/shopify"
	"grapevine/connectors/shopify/shopifytest"
	"grapevine/internal/secret"
	"grapevine/rewards"
	"grapevine/rewards/programfile"
	"grapevine/storage"
	"grapevine/webhooks"
)

// world is the whole pipeline over a real database, with a simulated shop on the other side.
type world struct {
	t        *testing.T
	db       *storage.DB
	pipeline *webhooks.Pipeline
	shop     *shopifytest.Server
	shopID   string
	ana      *shopifytest.Customer
	advocate string
	code     string
	stop     func() // ends the pipeline, once what it has in hand is done
}

const clientSecret = "the client secret of the tests"

// creditProgram and codeProgram differ in what the advocate gets.
const (
	creditProgram = "reward: {kind: store_credit, amount: \"10.00\", expires: 180d}"
	codeProgram   = "reward: {kind: discount_code, amount: \"10.00\", minimum: \"20.00\", expires: 90d}"
)

func programSource(reward, limits string) string {
	return fmt.Sprintf(`program: give10get10
title: Give 10 %%, get $10
friend:
  discount: {percent: "10", once_per_customer: false}
advocate:
  %s
qualify: {customers: any, minimum: "30.00"}
hold: 0s
partial_refund: proportional
fairness: {per_day: 1000, per_month: 1000, strangers: 1000}
%s
`, reward, limits)
}

// twist replaces a part of the pipeline by one that goes wrong.
type twist struct {
	platform func(webhooks.Platform) webhooks.Platform
	work     func(webhooks.Work) webhooks.Work
	tracer   webhooks.Tracer
}

// newWorld opens a shop with an advocate, Ana, whose code is active.
func newWorld(t *testing.T, url, source string, tw twist) *world {
	t.Helper()
	ctx := t.Context()
	w := &world{t: t}
	var err error
	key := secret.Generate()
	if w.db, err = storage.Open(ctx, storage.Options{URL: url, MasterKeys: []secret.Text{key}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.db.Close() })
	if _, _, err := w.db.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	if w.shop, err = shopifytest.Start(shopifytest.Options{
		AccessToken: "shpat_test", ClientSecret: clientSecret, Seed: seed(t), RetryUnit: time.Millisecond, Bucket: shopifytest.Bucket{Maximum: -1},
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.shop.Close() })
	w.start(tw)
	w.install(source)
	return w
}

// seed makes the faults' chances repeatable: GRAPEVINE_TEST_SEED sets them.
func seed(t *testing.T) uint64 {
	n, err := strconv.ParseUint(os.Getenv("GRAPEVINE_TEST_SEED"), 10, 64)
	if err != nil {
		n = uint64(time.Now().UnixNano())
	}
	t.Logf("GRAPEVINE_TEST_SEED=%d", n)
	return n
}

func (w *world) start(tw twist) {
	w.t.Helper()
	connector, err := shopify.New(shopify.Options{ClientSecrets: []string{clientSecret}, AllowLoopback: true, Poll: 5 * time.Millisecond, Timeout: 2 * time.Second})
	if err != nil {
		w.t.Fatal(err)
	}
	var platform webhooks.Platform = connector
	if tw.platform != nil {
		platform = tw.platform(connector)
	}
	var work webhooks.Work = w.db
	if tw.work != nil {
		work = tw.work(w.db)
	}
	w.pipeline, err = webhooks.New(webhooks.Options{
		Inbox: w.db, Doors: w.db, Lanes: w.db, Work: work, Desk: w.db.Desk(), Platforms: []webhooks.Platform{platform}, Seal: w.db.Seal,
		Alone: w.db.Alone(), Poll: 10 * time.Millisecond, Reads: 4, Tracer: tw.tracer,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	e := echo.New()
	w.pipeline.Mount(e)
	server := httptest.NewServer(e)
	w.shop.Change(func(s *shopifytest.Settings) { s.WebhookURL = server.URL + "/webhooks/shopify" })
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { w.pipeline.Run(ctx); close(ended) }()
	w.stop = sync.OnceFunc(func() {
		server.Close()
		stop()
		<-ended
		w.pipeline.Close()
	})
	w.t.Cleanup(w.stop)
}

func (w *world) install(source string) {
	w.t.Helper()
	ctx := w.t.Context()
	shop, err := w.db.AddShop(ctx, storage.NewShop{Platform: "shopify", Domain: "demo.myshopify.com", APIURL: w.shop.URL(), Currency: "USD", TimeZone: "UTC", Token: "shpat_test"})
	if err != nil {
		w.t.Fatal(err)
	}
	w.shopID = shop.ID
	p, err := programfile.Parse([]byte(source), "USD", time.UTC)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, _, err := w.db.ApplyProgram(ctx, shop.ID, p, source); err != nil {
		w.t.Fatal(err)
	}
	if w.ana, err = w.shop.AddCustomer(shopifytest.CustomerInput{Email: "ana@example.org", FirstName: "Ana"}); err != nil {
		w.t.Fatal(err)
	}
	a, _, err := w.db.CreateAdvocate(ctx, shop.ID, rewards.NewAdvocate{CustomerID: strconv.FormatInt(w.ana.ID, 10), Email: "ana@example.org", FirstName: "Ana"})
	if err != nil {
		w.t.Fatal(err)
	}
	w.advocate, w.code = a.ID, a.Code
	w.until("Ana's code is active", func() bool {
		a, err := w.db.Advocate(ctx, shop.ID, a.ID)
		return err == nil && a.Status == "active"
	})
}

// until waits for something, and fails the test where it does not come true.
func (w *world) until(what string, ok func() bool) {
	w.t.Helper()
	for end := time.Now().Add(40 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("%s: not within 40 s", what)
		}
	}
}

// buys places a paid order of $80.00 with Ana's code: $72.00 are eligible.
func (w *world) buys(email string) *shopifytest.Order {
	w.t.Helper()
	o, err := w.shop.PlaceOrder(shopifytest.OrderInput{
		Customer: &shopifytest.CustomerInput{Email: email, FirstName: "Ben"}, Paid: true, Shipping: "5.00",
		Lines: []shopifytest.LineInput{{Title: "Teapot", Price: "60.00"}, {Title: "Cup", Price: "10.00", Quantity: 2}},
		Codes: []shopifytest.CodeInput{{Code: w.code}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return o
}

// quiet waits until the shop has delivered everything and nothing is left to do.
func (w *world) quiet() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 30*time.Second)
	defer cancel()
	if err := w.shop.WaitQuiet(ctx); err != nil {
		w.t.Fatal(err)
	}
	w.until("everything is worked on", func() bool {
		counts, _, err := w.db.EventCounts(ctx)
		if err != nil || counts[webhooks.EventPending]+counts[webhooks.EventConfirming] > 0 {
			return false
		}
		_, waiting, _, err := w.db.JobCounts(ctx)
		return err == nil && waiting == 0
	})
}

// order reads what became of an order.
func (w *world) order(o *shopifytest.Order) rewards.StoredOrder {
	w.t.Helper()
	got, err := w.db.Order(w.t.Context(), w.shopID, strconv.FormatInt(o.ID, 10))
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

// balances sums the ledger by account; each transaction must sum to zero.
func (w *world) balances() map[string]int64 {
	w.t.Helper()
	sums, transactions := map[string]int64{}, map[string]int64{}
	page := rewards.Page{Limit: 100}
	for {
		list, next, err := w.db.Ledger(w.t.Context(), w.shopID, rewards.LedgerFilter{}, page)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, e := range list {
			sums[e.Account] += e.Amount.Minor
			transactions[e.Transaction] += e.Amount.Minor
		}
		if next == "" {
			break
		}
		page.Cursor = next
	}
	for id, sum := range transactions {
		if sum != 0 {
			w.t.Errorf("transaction %s sums to %d", id, sum)
		}
	}
	return sums
}

// given counts what the shop itself holds of rewards: live codes, credits, and Ana's balance in cents.
func (w *world) given() (codes, credits int, balance int64) {
	w.t.Helper()
	state, err := w.shop.State()
	if err != nil {
		w.t.Fatal(err)
	}
	for _, d := range state.Discounts {
		if len(d.CustomerIDs) > 0 && (d.EndsAt == nil || d.EndsAt.After(time.Now())) {
			codes++
		}
	}
	for _, a := range state.Accounts {
		balance += a.Balance.Minor
		for _, tx := range a.Transactions {
			if tx.Kind == "credit" {
				credits++
			}
		}
	}
	return codes, credits, balance
}
