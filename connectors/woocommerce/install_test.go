package woocommerce_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"grapevine/connectors"
	"grapevine/connectors/woocommerce"
	"grapevine/connectors/woocommerce/woocommercetest"
	"grapevine/rewards"
)

func TestWhatAPersonTypesBecomesAShop(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"shop.example.com":                             "shop.example.com",
		" https://Shop.Example.com/ ":                  "shop.example.com",
		"https://shop.example.com/wp-json/wc/v3":       "shop.example.com",
		"shop.example.com/Store/":                      "shop.example.com/store",
		"http://shop.example.com/Shop/":                "shop.example.com/shop",
		"https://shop.example.com/a/b/wp-admin/x":      "shop.example.com/a/b",
		"shop.example.com/?p=1":                        "shop.example.com",
		"shop.example.com/store/#x":                    "shop.example.com/store",
		"shop.example.com:8443":                        "shop.example.com:8443",
		"xn--lden-koa.example.com.":                    "xn--lden-koa.example.com",
		"http://http://shop.example.com":               "",
		"":                                             "",
		"shop":                                         "",
		"localhost":                                    "",
		"10.0.0.1":                                     "",
		"[::1]":                                        "",
		"läden.example.com":                            "",
		"user:pass@shop.example.com":                   "",
		"shop.example.com/..":                          "",
		"shop.example.com/%2e%2e":                      "",
		"shop_1.example.com":                           "",
		"ftp://shop.example.com":                       "",
		strings.Repeat("a.", 200) + "example.com":      "",
		"shop.example.com/" + strings.Repeat("a", 300): "",
	} {
		got, err := woocommerce.Domain(typed)
		if got != want || (err == nil) != (want != "") || err != nil && rewards.CodeOf(err) != "bad_shop_domain" {
			t.Errorf("%q: got %q, %v; want %q", typed, got, err, want)
		}
		if again, err := woocommerce.Domain(got); want != "" && (err != nil || again != got) {
			t.Errorf("%q does not give itself again: %q, %v", got, again, err)
		}
	}
}

func TestAnApplicationIsPrepared(t *testing.T) {
	t.Parallel()
	w := newConnector()
	good := connectors.Application{Domain: "https://Shop.example.com/", Token: " " + testToken + "\n", APIURL: "http://127.0.0.1:9001/", Currency: "eur"}
	want := connectors.Shop{Platform: "woocommerce", Domain: "shop.example.com", APIURL: "http://127.0.0.1:9001", Currency: "EUR", Token: testToken}
	if got, err := w.Prepare(good); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	for code, change := range map[string]func(*connectors.Application){
		"bad_shop_domain": func(a *connectors.Application) { a.Domain = "shop" },
		"bad_token":       func(a *connectors.Application) { a.Token, _, _ = strings.Cut(testToken, ":") },
		"bad_api_url":     func(a *connectors.Application) { a.APIURL = "http://192.168.1.1" },
		"bad_currency":    func(a *connectors.Application) { a.Currency = "EURO" },
	} {
		a := good
		change(&a)
		if _, err := w.Prepare(a); rewards.KindOf(err) != rewards.Invalid || rewards.CodeOf(err) != code {
			t.Errorf("%s: %v", code, err)
		}
	}
}

func TestAShopTellsWhoItIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p, err := w.Probe(t.Context(), w.shop)
	want := connectors.Profile{
		Name: "Demo Shop", Currency: "USD", TimeZone: "Australia/Brisbane", Granted: []string{"read", "write"},
		Settings: map[string]string{"version": "11.0.1", "decimals": "2", "store_id": p.Settings["store_id"]},
	}
	if err != nil || !reflect.DeepEqual(p, want) || len(p.Settings["store_id"]) < 30 {
		t.Errorf("got %+v, %v", p, err)
	}
	if n := len(w.sim.Coupons()); n != 0 {
		t.Errorf("%d coupons were made", n)
	}
	reader := w.shop
	reader.Token = w.sim.AddKey("read")
	if p, err = w.Probe(t.Context(), reader); err != nil || !slices.Equal(p.Missing, []string{"write"}) || !slices.Equal(p.Granted, []string{"read"}) {
		t.Errorf("a key that may read: %+v, %v", p, err)
	}
	writer := w.shop
	writer.Token = w.sim.AddKey("write")
	_, err = w.Probe(t.Context(), writer)
	wantError(t, err, rewards.Denied, "token_refused")
	stranger := w.shop
	stranger.Token = testToken
	_, err = w.Probe(t.Context(), stranger)
	if wantError(t, err, rewards.Denied, "token_refused"); connectors.AsCallError(err).Park != "token_refused" {
		t.Error(err)
	}
}

func TestAShopWithoutPrettyPermalinksIsFoundOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *woocommercetest.Options) { o.Plain = true })
	w.shop.Settings = map[string]string{"webhooks": "1,2"}
	p, err := w.Probe(t.Context(), w.shop)
	if err != nil || p.Settings["permalinks"] != "off" || p.Settings["webhooks"] != "1,2" {
		t.Fatalf("got %+v, %v", p, err)
	}
	w.shop.Settings = p.Settings
	w.subscribed()
	w.must(issue("", fiveOff))
	if o := w.place(someOrder); !w.order(o.ID).Paid() {
		t.Error("the order is not paid")
	}
	w.sim.SetPermalinks(true) // they were switched on: what is known is tried first, and works in any case
	if p, err = w.Probe(t.Context(), w.shop); err != nil || p.Settings["permalinks"] != "off" {
		t.Errorf("got %+v, %v", p, err)
	}
}

func TestAHostThatStripsTheHeaderIsFoundOut(t *testing.T) {
	t.Parallel()
	w := newConnector(func(o *woocommerce.Options) {
		o.Client = &http.Client{Transport: stripping{}}
	})
	p, err := w.Probe(t.Context(), connectors.Shop{Domain: "shop.example.com", Token: testToken})
	if err != nil || p.Settings["auth"] != "query" || p.TimeZone != "Etc/GMT-2" || p.Currency != "EUR" || len(p.Notes) != 2 {
		t.Errorf("got %+v, %v", p, err)
	}
}

// stripping is a shop behind a host that keeps the Authorization header to itself. It is set to an offset, and
// its coupons are switched off.
type stripping struct{}

func (stripping) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := func(status int, body string) (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	}
	switch {
	case r.URL.Path == "/wp-json/":
		return answer(200, `{"name":"Shop","timezone_string":"","gmt_offset":2}`)
	case r.URL.Query().Get("consumer_secret") == "":
		return answer(401, problem("woocommerce_rest_cannot_view"))
	case strings.HasSuffix(r.URL.Path, "/system_status"):
		return answer(200, `{"environment":{"home_url":"https://www.example.com/","store_id":"x","version":"9.0.0"},"settings":{"currency":"EUR","number_of_decimals":2}}`)
	case strings.HasSuffix(r.URL.Path, "enable_coupons"):
		return answer(200, `{"id":"woocommerce_enable_coupons","value":"no"}`)
	}
	return answer(400, problem("woocommerce_rest_shop_coupon_invalid_id"))
}

// Where a proxy ends TLS and does not say so, WordPress takes a call by https for one by plain HTTP.
func TestAProxyThatHidesTLSIsFoundOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	shop := w.shop
	shop.Domain, shop.APIURL = "shop.example.com", ""
	c := newConnector(func(o *woocommerce.Options) { o.Client = &http.Client{Transport: proxy{w.shop.APIURL}} })
	p, err := c.Probe(t.Context(), shop)
	if err != nil || p.Settings["auth"] != "oauth" || !slices.Equal(p.Granted, []string{"read", "write"}) {
		t.Errorf("got %+v, %v", p, err)
	}
}

// proxy passes calls by https on to a shop by plain HTTP.
type proxy struct{ to string }

func (p proxy) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" {
		return nil, io.ErrUnexpectedEOF
	}
	r = r.Clone(r.Context())
	r.Host = r.URL.Host
	r.URL.Scheme, r.URL.Host = "http", strings.TrimPrefix(p.to, "http://")
	return http.DefaultTransport.RoundTrip(r)
}

func TestWebhooksAreMadeOnceAndSetRight(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, err := w.Subscribe(t.Context(), w.shop, address)
	if err != nil || !slices.Equal(first.Made, woocommerce.Topics()) || first.Mended != nil || len(first.Secrets) != 1 {
		t.Fatalf("got %+v, %v", first, err)
	}
	if !regexp.MustCompile(`^[A-Za-z0-9]{50}$`).MatchString(first.Secrets[0]) {
		t.Errorf("the secret is %q", first.Secrets[0])
	}
	ids := strings.Split(first.Settings["webhooks"], ",")
	w.rest(http.MethodPut, "/webhooks/"+ids[2], `{"status":"disabled"}`)
	w.rest(http.MethodPut, "/webhooks/"+ids[4], `{"delivery_url":"https://old.example.com/webhooks/woocommerce/shop_1"}`)
	w.rest(http.MethodDelete, "/webhooks/"+ids[0]+"?force=true", "")
	w.rest(http.MethodPost, "/webhooks", `{"topic":"order.updated","delivery_url":"`+address+`"}`)
	w.rest(http.MethodPost, "/webhooks", `{"topic":"order.updated","delivery_url":"https://other.example.com/hook"}`)
	second, err := w.Subscribe(t.Context(), w.shop, address)
	if err != nil || !slices.Equal(second.Made, []string{"order.created"}) || !slices.Equal(second.Mended, []string{"order.deleted", "customer.created"}) {
		t.Errorf("got %+v, %v", second, err)
	}
	if second.Secrets[0] == first.Secrets[0] {
		t.Error("the shop does not tell a secret, so it must be a new one")
	}
	if got := strings.Split(second.Settings["webhooks"], ","); !slices.Equal(got[1:], ids[1:]) || got[0] == ids[0] {
		t.Errorf("webhooks %v, were %v", got, ids)
	}
	if all := w.rest(http.MethodGet, "/webhooks?per_page=100", ""); strings.Count(all, `"topic":"order.updated"`) != 2 || strings.Contains(all, "old.example.com") {
		t.Errorf("the shop has %s", all)
	}
	w.place(someOrder)
	letters := w.sim.Take()
	if len(letters) == 0 {
		t.Fatal("nothing was sent")
	}
	for _, l := range letters {
		door := &connectors.Door{Secrets: second.Secrets}
		if l.URL != address {
			continue
		}
		if _, err := w.Receive(connectors.Arrival{Header: l.Header, Body: l.Body, Door: door}); err != nil {
			t.Errorf("%s: %v", l.Topic, err)
		}
	}
	_, err = w.Subscribe(t.Context(), w.shop, "refer.example.com")
	wantError(t, err, rewards.Invalid, "bad_address")
}

// A webhook tells what the user may see who made it, for as long as it is there.
func TestWebhooksOfAnotherKeyAreMadeAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.subscribed()
	old := w.shop.Settings["webhooks"]
	w.subscribed()
	if got := w.shop.Settings["webhooks"]; got != old {
		t.Errorf("with the same key: %s, were %s", got, old)
	}
	w.shop.Token = w.sim.AddKey("read_write")
	sub, err := w.Subscribe(t.Context(), w.shop, address)
	if err != nil || !slices.Equal(sub.Made, woocommerce.Topics()) || sub.Mended != nil {
		t.Fatalf("got %+v, %v", sub, err)
	}
	ids := strings.Split(sub.Settings["webhooks"], ",")
	if slices.ContainsFunc(strings.Split(old, ","), func(id string) bool { return slices.Contains(ids, id) }) {
		t.Errorf("webhooks %v, were %s", ids, old)
	}
	if all := w.rest(http.MethodGet, "/webhooks?per_page=100", ""); strings.Count(all, `"name":"Grapevine `) != 7 {
		t.Errorf("the shop has %s", all)
	}
}

// Polling must go on, so a webhook that somebody removed is no error.
func TestAWebhookThatWasRemovedIsSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.subscribed()
	ids := strings.Split(w.shop.Settings["webhooks"], ",")
	w.rest(http.MethodDelete, "/webhooks/"+ids[3]+"?force=true", "")
	w.rest(http.MethodPut, "/webhooks/"+ids[6], `{"status":"disabled"}`)
	var log bytes.Buffer
	c := newConnector(func(o *woocommerce.Options) { o.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	mended, err := c.KeepHooks(t.Context(), w.shop)
	if err != nil || !slices.Equal(mended, []string{"customer.deleted"}) || !strings.Contains(log.String(), "grapevine shop subscribe") {
		t.Errorf("mended %v, %v, said %q", mended, err, log.String())
	}
}
