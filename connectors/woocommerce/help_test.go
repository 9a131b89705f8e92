package woocommerce_test

import (
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/connectors/woocommerce"
	"grapevine/connectors/woocommerce/woocommercetest"
	"grapevine/internal/simshop"
	"grapevine/rewards"
)

const testToken = "ck_0123456789abcdef0123456789abcdef01234567:cs_fedcba9876543210fedcba9876543210fedcba98"

func newConnector(change ...func(*woocommerce.Options)) *woocommerce.WooCommerce {
	o := woocommerce.Options{AllowLoopback: true}
	for _, f := range change {
		f(&o)
	}
	return woocommerce.New(o)
}

// world is a simulated shop and a connector that may call it.
type world struct {
	*woocommerce.WooCommerce
	t    testing.TB
	sim  *woocommercetest.Server
	shop connectors.Shop
}

// clock is a settable time that moves on by a second with each look, so that what happens one after the other
// is told apart.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func newWorld(t testing.TB, change ...func(*woocommercetest.Options)) *world {
	t.Helper()
	o := woocommercetest.Options{HoldPost: true, Seed: 7}
	for _, f := range change {
		f(&o)
	}
	sim, err := woocommercetest.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	in := sim.Install()
	return &world{WooCommerce: newConnector(func(c *woocommerce.Options) { c.Now = o.Now }), t: t, sim: sim, shop: connectors.Shop{
		ID: "shop_1", Platform: "woocommerce", Domain: in.Domain, APIURL: in.APIURL, Currency: in.Currency, TimeZone: in.TimeZone, Token: in.Token,
	}}
}

func (w *world) do(a rewards.Action) (connectors.Receipt, error) {
	return w.Do(w.t.Context(), w.shop, "key", a)
}

func (w *world) find(a rewards.Action) (connectors.Receipt, error) {
	return w.Find(w.t.Context(), w.shop, a)
}

// must does an action that has to work, and finds it afterwards.
func (w *world) must(a rewards.Action) connectors.Receipt {
	w.t.Helper()
	r, err := w.do(a)
	if err != nil {
		w.t.Fatalf("%T: %v", a, err)
	}
	return r
}

func (w *world) customer(email string) string {
	w.t.Helper()
	c, err := w.sim.CreateCustomer(woocommercetest.CustomerInput{Email: email})
	if err != nil {
		w.t.Fatal(err)
	}
	return strconv.FormatInt(c.ID, 10)
}

// coupons are those of the shop with this code, in the order of their making.
func (w *world) coupons(code string) []woocommercetest.Coupon {
	var out []woocommercetest.Coupon
	for _, c := range w.sim.Coupons() {
		if c.Code == code {
			out = append(out, c)
		}
	}
	return out
}

func (w *world) place(in woocommercetest.OrderInput) woocommercetest.Order {
	w.t.Helper()
	o, err := w.sim.PlaceOrder(in)
	if err != nil {
		w.t.Fatal(err)
	}
	return o
}

func (w *world) order(id int64) rewards.Order {
	w.t.Helper()
	o, err := w.Order(w.t.Context(), w.shop, strconv.FormatInt(id, 10))
	if err != nil {
		w.t.Fatal(err)
	}
	return o
}

// serve makes a connector and a shop whose API is the handler.
func serve(t *testing.T, h http.HandlerFunc, change ...func(*woocommerce.Options)) (*woocommerce.WooCommerce, connectors.Shop) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return newConnector(change...), connectors.Shop{ID: "shop_1", Domain: "shop.example.com", APIURL: server.URL, Token: testToken, Currency: "USD"}
}

// answering serves one answer to everything.
func answering(t *testing.T, status int, body string) (*woocommerce.WooCommerce, connectors.Shop) {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

func wantError(t testing.TB, err error, kind rewards.Kind, code string) {
	t.Helper()
	if err == nil || rewards.KindOf(err) != kind || rewards.CodeOf(err) != code {
		t.Errorf("got %v (%s), want %s, %s", err, rewards.KindOf(err), kind, code)
	}
}

func usd(minor int64) rewards.Money { return rewards.Money{Minor: minor, Currency: "USD"} }

// The actions of the tests. Times have no part of a second, as in the pipeline.
var (
	starts  = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	ends    = time.Date(2037, 1, 31, 12, 34, 56, 0, time.UTC)
	tenOff  = rewards.Discount{Percent: 1000, Minimum: usd(3000), OncePerCustomer: true}
	fiveOff = rewards.Discount{Amount: usd(500)}
)

const rewardID = "rw_k3v9x2m8qat4c7np"

func offer() rewards.PublishOffer {
	return rewards.PublishOffer{Program: "give10get10", Title: "Give 10 %, get $10", Discount: tenOff, Seed: "GV-SEED-7Q2MXYZW", StartsAt: starts}
}

func issue(customer string, d rewards.Discount) rewards.IssueCode {
	return rewards.IssueCode{RewardID: rewardID, Title: "reward", Code: "GV-AAAA-BBBB-CCCC", CustomerID: customer, Discount: d, StartsAt: starts, EndsAt: ends}
}

func grant(customer string) rewards.GrantCredit {
	return rewards.GrantCredit{RewardID: rewardID, CustomerID: customer, Amount: usd(1000), ExpiresAt: ends}
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func money(t testing.TB, decimal string) woocommercetest.Money {
	t.Helper()
	m, err := woocommercetest.ParseMoney(decimal)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func signature(secret, body string) string {
	return base64.StdEncoding.EncodeToString(mac(secret, []byte(body)))
}

// bodyOf is a body of testdata.
func bodyOf(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "webhooks", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// rest calls the simulated shop's API as its owner would, with Basic over what it takes for TLS.
func (w *world) rest(method, path, body string) string {
	w.t.Helper()
	w.sim.SetHTTPS(true)
	defer w.sim.SetHTTPS(false)
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.shop.APIURL+"/wp-json/wc/v3"+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	key, secret, _ := strings.Cut(w.shop.Token, ":")
	req.SetBasicAuth(key, secret)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode > 201 {
		w.t.Fatalf("%s %s: %d %s, %v", method, path, res.StatusCode, raw, err)
	}
	return string(raw)
}

func buyerOf(email string) simshop.Buyer { return simshop.Buyer{Email: email} }
