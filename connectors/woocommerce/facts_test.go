package woocommerce_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/connectors/woocommerce"
	"grapevine/connectors/woocommerce/woocommercetest"
	"grapevine/rewards"
)

// The facts about WooCommerce that are most likely to be got wrong, each with what the connector makes of it.

const address = "https://refer.example.com/webhooks/woocommerce/shop_1"

// subscribed makes the shop's webhooks and returns its door.
func (w *world) subscribed() *connectors.Door {
	w.t.Helper()
	sub, err := w.Subscribe(w.t.Context(), w.shop, address)
	if err != nil {
		w.t.Fatal(err)
	}
	w.shop.Settings = sub.Settings
	return &connectors.Door{ShopID: w.shop.ID, Domain: w.shop.Domain, Secrets: sub.Secrets}
}

var someOrder = woocommercetest.OrderInput{
	Billing: woocommercetest.Address{FirstName: "Zoe", Email: "zoe@example.test", Country: "US"},
	Lines:   []woocommercetest.LineInput{{Name: "Mug", Price: "25", Quantity: 2}},
}

func TestFact1WhatIsLostIsFoundByAskingAndWebhooksAreSwitchedOnAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.subscribed()
	began := time.Now().Add(-time.Minute)
	w.sim.Lose(1)
	o := w.place(someOrder)
	if n := len(w.sim.Take()); n != 0 {
		t.Fatalf("%d webhooks were sent", n)
	}
	page, err := w.Changes(t.Context(), w.shop, began, "")
	if err != nil || len(page.Deliveries) != 1 {
		t.Fatalf("got %+v, %v", page, err)
	}
	e, err := w.Decode(page.Deliveries[0].Topic, page.Deliveries[0].Body, time.Time{})
	if seen, ok := e.(rewards.OrderSeen); err != nil || !ok || seen.Order.ID != itoa(o.ID) || !seen.Order.Paid() {
		t.Errorf("got %+v, %v", e, err)
	}

	ids := strings.Split(w.shop.Settings["webhooks"], ",")
	if len(ids) != 7 {
		t.Fatalf("webhooks %v", ids)
	}
	mended, err := w.KeepHooks(t.Context(), w.shop)
	if err != nil || mended != nil {
		t.Errorf("nothing is wrong: %v, %v", mended, err)
	}
	w.rest(http.MethodPut, "/webhooks/"+ids[1], `{"status":"disabled"}`)
	w.rest(http.MethodPut, "/webhooks/"+ids[5], `{"status":"paused"}`)
	want := []string{"order.updated", "customer.updated"}
	if mended, err = w.KeepHooks(t.Context(), w.shop); err != nil || !slices.Equal(mended, want) {
		t.Errorf("mended %v, %v", mended, err)
	}
	w.rest(http.MethodPut, "/webhooks/"+ids[0], `{"status":"disabled"}`)
	unnoted := w.shop
	unnoted.Settings = nil // nobody noted which they are: their address tells
	if mended, err = w.KeepHooks(t.Context(), unnoted); err != nil || !slices.Equal(mended, []string{"order.created"}) {
		t.Errorf("mended %v, %v", mended, err)
	}
}

func TestFact2TwoOrdersOfOneSecondAreTwoDeliveries(t *testing.T) {
	t.Parallel()
	w := newConnector()
	door := &connectors.Door{Domain: "shop.example.com", Secrets: []string{"s"}}
	receive := func(topic, body string) string {
		h := http.Header{"X-Wc-Webhook-Topic": {topic}, "X-Wc-Webhook-Delivery-Id": {"0fd33ed545873a1e1502871f7279d937"}}
		h.Set("X-WC-Webhook-Signature", signature("s", body))
		d, err := w.Receive(connectors.Arrival{Header: h, Body: []byte(body), Door: door})
		if err != nil {
			t.Fatal(err)
		}
		return d.DeliveryID
	}
	const one, two = `{"id":1,"date_created_gmt":"2026-11-21T22:05:08"}`, `{"id":2,"date_created_gmt":"2026-11-21T22:05:08"}`
	if receive("order.created", one) == receive("order.created", two) {
		t.Error("two orders are one delivery")
	}
	if receive("order.created", one) != receive("order.updated", one) {
		t.Error("the same state of an order is two deliveries")
	}
	if receive("order.deleted", `{"id":1}`) == receive("customer.deleted", `{"id":1}`) {
		t.Error("an order and a customer are one delivery")
	}
}

func TestFact3EverythingThatIsSignedIsTaken(t *testing.T) {
	t.Parallel()
	w := newConnector()
	door := &connectors.Door{Domain: "shop.example.com", Secrets: []string{"s"}}
	for topic, body := range map[string]string{
		"order.updated": `{"id":1}`, "product.created": `{"id":1}`, "action.woocommerce_refunded": `{"action":"x","arg":1}`, "order.created": "no JSON at all",
		"order.deleted": `{"code":"woocommerce_rest_cannot_view","message":"Sorry","data":{"status":401}}`,
	} {
		h := http.Header{"X-Wc-Webhook-Topic": {topic}, "X-Wc-Webhook-Signature": {signature("s", body)}}
		if _, err := w.Receive(connectors.Arrival{Header: h, Body: []byte(body), Door: door}); err != nil {
			t.Errorf("%s: %v", topic, err)
		}
	}
}

func TestFact4APingIsAnsweredAndNothingElseThatIsUnsigned(t *testing.T) {
	t.Parallel()
	w := newConnector()
	door := &connectors.Door{ShopID: "shop_1", Domain: "shop.example.com", Secrets: []string{"s"}}
	form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	d, err := w.Receive(connectors.Arrival{Header: form, Body: []byte("webhook_id=17"), Door: door})
	if want := (connectors.Delivery{Platform: "woocommerce", Domain: "shop.example.com", Ping: true}); err != nil || !reflect.DeepEqual(d, want) {
		t.Errorf("got %+v, %v", d, err)
	}
	for name, a := range map[string]connectors.Arrival{
		"a ping at no shop's door":        {Header: form, Body: []byte("webhook_id=17")},
		"a ping with a webhook's headers": {Header: http.Header{"X-Wc-Webhook-Topic": {"order.created"}}, Body: []byte("webhook_id=17"), Door: door},
		"a ping with more in it":          {Header: form, Body: []byte("webhook_id=17&x=y"), Door: door},
		"a ping with a line's end":        {Header: form, Body: []byte("webhook_id=17\n"), Door: door},
		"a ping of no webhook":            {Header: form, Body: []byte("webhook_id="), Door: door},
		"nothing":                         {Header: form, Door: door},
		"an order":                        {Header: http.Header{"X-Wc-Webhook-Topic": {"order.created"}}, Body: []byte(`{"id":1}`), Door: door},
	} {
		if _, err := w.Receive(a); rewards.KindOf(err) != rewards.Denied {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFact5ASignedBodyMayBeAnErrorDocument(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	door := w.subscribed()
	w.sim.LoseOwnerRights()
	w.place(someOrder)
	letters := w.sim.Take()
	if len(letters) == 0 {
		t.Fatal("no webhooks were sent")
	}
	for _, l := range letters {
		d, err := w.Receive(connectors.Arrival{Header: l.Header, Body: l.Body, Door: door})
		if err != nil {
			t.Fatal(err)
		}
		e, err := w.Decode(d.Topic, d.Body, d.TriggeredAt)
		if want := (rewards.HooksBroken{Reason: "webhook_owner_lost_rights"}); err != nil || e != want {
			t.Errorf("%s: got %#v, %v", d.Topic, e, err)
		}
	}
}

func TestFact6EachWebhookTellsTheStateWhateverItsTopicIs(t *testing.T) {
	t.Parallel()
	w := newConnector()
	late := bodyOf(t, "order-paid")
	updated, err := w.Decode("order.updated", late, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	created, err := w.Decode("order.created", late, time.Time{})
	if err != nil || !reflect.DeepEqual(created, updated) || !created.(rewards.OrderSeen).Order.Paid() {
		t.Errorf("got %+v, %v", created, err)
	}
}

func TestFact7AnOrderIsPaidWhenItHasATimeOfPaymentOrIsCompleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	with := func(change func(*woocommercetest.OrderInput)) rewards.Order {
		in := someOrder
		change(&in)
		return w.order(w.place(in).ID)
	}
	for name, tc := range map[string]struct {
		order rewards.Order
		want  rewards.Payment
	}{
		"paid by card":                         {with(func(*woocommercetest.OrderInput) {}), rewards.PaymentPaid},
		"cash on delivery, processing":         {with(func(in *woocommercetest.OrderInput) { in.Method = "cod" }), rewards.PaymentPending},
		"bank transfer, on hold":               {with(func(in *woocommercetest.OrderInput) { in.Method = "bacs" }), rewards.PaymentPending},
		"pending":                              {with(func(in *woocommercetest.OrderInput) { in.Unpaid = true }), rewards.PaymentPending},
		"failed":                               {with(func(in *woocommercetest.OrderInput) { in.Method, in.Status = "bacs", "failed" }), rewards.PaymentVoided},
		"cash on delivery, completed":          {with(func(in *woocommercetest.OrderInput) { in.Method, in.Status = "cod", "completed" }), rewards.PaymentPaid},
		"a checkout that nobody has ended yet": {with(func(in *woocommercetest.OrderInput) { in.Draft = true }), rewards.PaymentPending},
	} {
		if got := tc.order; got.Payment != tc.want || got.Paid() != (got.PaidAt != nil) {
			t.Errorf("%s: %s, paid at %v", name, got.Payment, got.PaidAt)
		}
	}
	o := w.place(someOrder)
	if err := w.sim.SetStatus(itoa(o.ID), "trash"); err != nil {
		t.Fatal(err)
	}
	if got := w.order(o.ID); !got.Cancelled || !got.Gone() {
		t.Errorf("in the trash: %+v", got)
	}
}

func TestFact8APartialRefundChangesNeitherStatusNorTotal(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.place(someOrder)
	if _, err := w.sim.RefundOrder(itoa(o.ID), woocommercetest.RefundInput{Amount: "10"}); err != nil {
		t.Fatal(err)
	}
	got := w.order(o.ID)
	left, err := got.Eligible()
	if err != nil || got.Payment != rewards.PaymentPartiallyRefunded || left != (rewards.Eligible{Original: usd(5000), Left: usd(4000)}) {
		t.Errorf("got %s, %+v, %v", got.Payment, left, err)
	}
}

func TestFact9AmountsAreDecimalsOfTheShopAndTimesHaveNoZone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *woocommercetest.Options) { o.Currency, o.Decimals = "JPY", 2 })
	in := someOrder
	in.Lines = []woocommercetest.LineInput{{Name: "Mug", Price: "22.50"}}
	_, err := w.Order(t.Context(), w.shop, itoa(w.place(in).ID))
	wantError(t, err, rewards.Invalid, "bad_amount")
	in.Lines[0].Price = "2250"
	o := w.place(in)
	got := w.order(o.ID)
	if e, err := got.Eligible(); err != nil || e.Original != (rewards.Money{Minor: 2250, Currency: "JPY"}) {
		t.Errorf("got %+v, %v", e, err)
	}
	if got.PlacedAt.Location() != time.UTC || time.Since(got.PlacedAt).Abs() > time.Minute { // the shop is in Brisbane
		t.Errorf("placed at %v", got.PlacedAt)
	}
	p, err := w.Probe(t.Context(), w.shop)
	if err != nil || !strings.Contains(strings.Join(p.Notes, ""), "2 decimals") {
		t.Errorf("notes %q, %v", p.Notes, err)
	}
}

// echoing is a shop that drops a part of what it is told.
func echoing(t *testing.T, spoil func(coupon map[string]any)) (*woocommerce.WooCommerce, connectors.Shop, *[]string) {
	t.Helper()
	var calls []string
	coupon := map[string]any{"id": 5, "usage_count": 0}
	w, shop := serve(t, func(rw http.ResponseWriter, r *http.Request) {
		switch {
		case strings.Contains(r.URL.Path, "/customers/"):
			_, _ = io.WriteString(rw, `{"id":2,"email":"anna@example.test"}`)
		case r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/coupons"):
			_, _ = io.WriteString(rw, "[]")
		default:
			var in map[string]any
			_ = json.NewDecoder(r.Body).Decode(&in)
			for k, v := range in {
				if k == "date_expires" { // as the shop does, in UTC and without a zone
					k, v = "date_expires_gmt", strings.TrimSuffix(v.(string), "Z")
				}
				coupon[k] = v
			}
			calls = append(calls, r.Method+" "+coupon["status"].(string))
			spoil(coupon)
			_ = json.NewEncoder(rw).Encode(coupon)
		}
	})
	return w, shop, &calls
}

func TestFact10ACouponThatLostATermIsNeverLive(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(map[string]any){
		"the e-mail restriction":   func(c map[string]any) { c["email_restrictions"] = []string{} },
		"another e-mail":           func(c map[string]any) { c["email_restrictions"] = []string{"eve@example.test"} },
		"the expiry":               func(c map[string]any) { c["date_expires_gmt"] = nil },
		"the expiry's zone":        func(c map[string]any) { c["date_expires_gmt"] = "2037-01-31T22:34:56" },
		"the limit":                func(c map[string]any) { c["usage_limit"] = nil },
		"a part of the amount":     func(c map[string]any) { c["amount"] = "50.00" },
		"the kind":                 func(c map[string]any) { c["discount_type"] = "percent" },
		"the limit for one person": func(c map[string]any) { c["usage_limit_per_user"] = nil },
	} {
		w, shop, calls := echoing(t, spoil)
		_, err := w.Do(t.Context(), shop, "", issue("2", fiveOff))
		if wantError(t, err, rewards.Invalid, "echo_mismatch"); !reflect.DeepEqual(*calls, []string{"POST draft"}) {
			t.Errorf("%s: %v, %v", name, *calls, err)
		}
		g := grant("2")
		g.Amount = usd(500)
		if _, err = w.Do(t.Context(), shop, "", g); rewards.CodeOf(err) != "echo_mismatch" {
			t.Errorf("%s of a credit: %v", name, err)
		}
	}
	w, shop, calls := echoing(t, func(map[string]any) {})
	if r, err := w.Do(t.Context(), shop, "", issue("2", fiveOff)); err != nil || !r.ExpiresAt.Equal(ends) || !slices.Equal(*calls, []string{"POST draft", "PUT publish"}) {
		t.Errorf("a shop that takes all: %+v, %v, %v", r, err, *calls)
	}
	w, shop, calls = echoing(t, func(c map[string]any) { c["minimum_amount"] = "0.00" })
	r, err := w.Do(t.Context(), shop, "", rewards.AddCodes{OfferID: "1", Offer: offer(), Codes: []string{"ANNA-7Q2M"}})
	if err != nil || r.Refused["ANNA-7Q2M"] != "echo_mismatch" || !slices.Equal(*calls, []string{"POST publish", "PUT draft"}) {
		t.Errorf("a friend code: %+v, %v, %v", r, err, *calls)
	}
}

func TestFact11CodesThatExistAreFoundWhateverTheirCaseAndDoublesAreRemoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.sim.AddCoupon(woocommercetest.Coupon{Code: "gv-aaaa-bbbb-cccc", Type: "percent", Status: "publish"}); err != nil {
		t.Fatal(err)
	}
	_, err := w.do(issue("", fiveOff))
	wantError(t, err, rewards.Conflict, "code_exists_in_shop")

	w.sim.GatherCoupons(3, time.Second)
	add := rewards.AddCodes{OfferID: "1", Offer: offer(), Codes: []string{"ANNA-7Q2M"}}
	errs := make(chan error)
	for range 3 { // three processes
		go func() {
			_, err := newConnector().Do(t.Context(), w.shop, "", add)
			errs <- err
		}()
	}
	for range 3 {
		if err := <-errs; err != nil && !connectors.AsCallError(err).Unclear {
			t.Error(err)
		}
	}
	w.must(add)
	if n := len(w.coupons("anna-7q2m")); n != 1 {
		t.Errorf("%d coupons of one code", n)
	}
}

func TestFact12PlainHTTPIsSignedAndKeysGoOverTLSAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t) // plain: the simulated shop ignores Basic, as WooCommerce does
	if _, err := w.Probe(t.Context(), w.shop); err != nil {
		t.Fatal(err)
	}
	plain, shop := serve(t, func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" || strings.Contains(r.URL.String(), "cs_") || r.URL.Query().Get("oauth_signature") == "" {
			t.Errorf("got %s with %q", r.URL, r.Header.Get("Authorization"))
		}
		_, _ = io.WriteString(rw, "[]")
	})
	if _, err := plain.Changes(t.Context(), shop, time.Now(), ""); err != nil {
		t.Error(err)
	}
	var seen atomic.Value
	server := httptest.NewTLSServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		key, secret, _ := r.BasicAuth()
		seen.Store(r.Host + " " + key + ":" + secret + " " + r.URL.Query().Get("consumer_key") + ":" + r.URL.Query().Get("consumer_secret"))
		_, _ = io.WriteString(rw, "[]")
	}))
	t.Cleanup(server.Close)
	overTLS := newConnector(func(o *woocommerce.Options) {
		o.Client = &http.Client{Transport: &http.Transport{
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, "tcp", server.Listener.Addr().String())
			},
		}}
	})
	shop = connectors.Shop{Domain: "shop.example.com", Token: testToken}
	for auth, want := range map[string]string{"": "shop.example.com " + testToken + " :", "query": "shop.example.com : " + testToken} {
		shop.Settings = map[string]string{"auth": auth}
		if _, err := overTLS.Changes(t.Context(), shop, time.Now(), ""); err != nil || seen.Load() != want {
			t.Errorf("auth %q: %v, %v", auth, seen.Load(), err)
		}
	}
}

func TestFact13TheCallbackOfAnInstallIsReadAndNotBelieved(t *testing.T) {
	t.Parallel()
	link, err := woocommerce.AuthorizeURL("https://Shop.Example.com/store/", "Grapevine", "st/ate&1", "https://refer.example.com/back", "https://refer.example.com/keys")
	u, err2 := url.Parse(link)
	want := url.Values{"app_name": {"Grapevine"}, "scope": {"read_write"}, "user_id": {"st/ate&1"}, "return_url": {"https://refer.example.com/back"}, "callback_url": {"https://refer.example.com/keys"}}
	if err != nil || err2 != nil || u.Scheme+"://"+u.Host+u.Path != "https://shop.example.com/store/wc-auth/v1/authorize" || !reflect.DeepEqual(u.Query(), want) {
		t.Errorf("got %q, %v, %v", link, err, err2)
	}
	for _, bad := range [][3]string{{"shop.example.com", "st", "http://refer.example.com/keys"}, {"shop.example.com", "", "https://refer.example.com"}, {"shop.example.com", "st", "refer.example.com"}} {
		_, err := woocommerce.AuthorizeURL(bad[0], "Grapevine", bad[1], "https://refer.example.com", bad[2])
		wantError(t, err, rewards.Invalid, "bad_callback")
	}
	_, err = woocommerce.AuthorizeURL("localhost", "Grapevine", "st", "https://refer.example.com", "https://refer.example.com")
	wantError(t, err, rewards.Invalid, "bad_shop_domain")

	key, secret, _ := strings.Cut(testToken, ":")
	body := func(permissions, state string) string {
		return `{"key_id":2,"user_id":"` + state + `","consumer_key":"` + key + `","consumer_secret":"` + secret + `","key_permissions":"` + permissions + `"}`
	}
	if state, token, err := woocommerce.ReadCallback([]byte(body("read_write", "st"))); err != nil || state != "st" || token != testToken {
		t.Errorf("got %q, %q, %v", state, token, err)
	}
	for b, code := range map[string]string{body("read", "st"): "scope_missing", body("read_write", ""): "bad_token", "{}": "bad_token", "success=0": "bad_json", strings.Replace(body("read_write", "st"), "cs_", "xx_", 1): "bad_token"} {
		if _, _, err := woocommerce.ReadCallback([]byte(b)); rewards.CodeOf(err) != code {
			t.Errorf("%s: %v", b, err)
		}
	}
}

func TestFact14StoreCreditIsACouponAndPrivateAddressesAreWarnedOf(t *testing.T) {
	t.Parallel()
	w := newConnector()
	c := w.Capabilities()
	if c.CreditNote == "" || !slices.Contains(c.Rewards, rewards.KindStoreCredit) || slices.Contains(c.Rewards, rewards.KindGiftCard) {
		t.Errorf("got %+v", c)
	}
	for to, warned := range map[string]bool{address: false, "https://192.168.1.7/x": true, "http://localhost/x": true, "https://refer.example.com:8443/x": true, "http://refer.example.com:8080/x": false} {
		var log bytes.Buffer
		w := newConnector(func(o *woocommerce.Options) {
			o.Logger = slog.New(slog.NewTextHandler(&log, nil))
			o.Client = &http.Client{Transport: nobody{}}
		})
		_, err := w.Subscribe(t.Context(), connectors.Shop{Domain: "shop.example.com", Token: testToken}, to)
		if got := strings.Contains(log.String(), "WordPress sends nothing"); got != warned || rewards.KindOf(err) != rewards.Unavailable {
			t.Errorf("%s: warned %v, %v", to, got, err)
		}
	}
}

// nobody answers no call.
type nobody struct{}

func (nobody) RoundTrip(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }
