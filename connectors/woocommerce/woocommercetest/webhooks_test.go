package woocommercetest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The ping comes before the answer to the creation, unsigned; deliveries are signed over their bytes.
func TestWebhookIsPingedAndSigned(t *testing.T) {
	t.Parallel()
	s, r := open(t, Options{}), receive(t)
	subscribe(t, s, r.URL, "order.updated")
	got := r.take()
	if len(got) != 1 || got[0].Body != "webhook_id=1" || got[0].Header.Get("X-WC-Webhook-Signature") != "" ||
		got[0].Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		t.Fatalf("the ping: %+v", got)
	}
	id := place(t, s, widget("25.00"))
	quiet(t, s)
	got = r.take()
	if len(got) != 1 {
		t.Fatalf("%d deliveries: %v", len(got), topics(got))
	}
	h := got[0].Header
	want := map[string]string{
		"User-Agent": "WooCommerce/11.0.1 Hookshot (WordPress/7.0.4)", "Content-Type": "application/json",
		"X-Wc-Webhook-Source": "http://demo-shop.example/", "X-Wc-Webhook-Topic": "order.updated", "X-Wc-Webhook-Resource": "order",
		"X-Wc-Webhook-Event": "updated", "X-Wc-Webhook-Signature": Sign("s3cret", []byte(got[0].Body)), "X-Wc-Webhook-Id": "1",
	}
	for name, value := range want {
		if h.Get(name) != value {
			t.Errorf("%s: %q, want %q", name, h.Get(name), value)
		}
	}
	if len(h.Get("X-WC-Webhook-Delivery-ID")) != 32 {
		t.Errorf("delivery id %q", h.Get("X-WC-Webhook-Delivery-ID"))
	}
	var body struct{ ID int64 }
	if err := json.Unmarshal([]byte(got[0].Body), &body); err != nil || idText(body.ID) != id {
		t.Errorf("%v: %s", err, got[0].Body)
	}
	if !strings.Contains(got[0].Body, `"href":"http:\/\/demo-shop.example\/wp-json\/wc\/v3\/orders\/`+id+`"`) {
		t.Errorf("PHP escapes slashes: %s", got[0].Body)
	}
}

// order.updated overtakes order.created for orders of the shop, and both say what is true when they go out.
func TestPayloadIsBuiltWhenItGoesOut(t *testing.T) {
	t.Parallel()
	s, r := open(t, Options{}), receive(t)
	subscribe(t, s, r.URL, "order.created", "order.updated")
	r.take()
	s.Hold(true)
	in := widget("25.00")
	in.Method = "bacs"
	id := place(t, s, in)
	for _, status := range []string{"processing", "completed"} {
		if err := s.SetStatus(id, status); err != nil {
			t.Fatal(err)
		}
	}
	s.Release()
	quiet(t, s)
	got := r.take()
	if want := []string{"order.updated", "order.created"}; !slices.Equal(topics(got), want) {
		t.Fatalf("%v, want %v: four changes in one delivery per webhook", topics(got), want)
	}
	for _, a := range got {
		if !strings.Contains(a.Body, `"status":"completed"`) {
			t.Errorf("%s", a.Body)
		}
	}
}

// What is held in flight was built when it happened.
func TestHeldInFlight(t *testing.T) {
	t.Parallel()
	s, r := open(t, Options{}), receive(t)
	subscribe(t, s, r.URL, "order.updated")
	s.Hold(true)
	s.HoldInFlight(true)
	in := widget("25.00")
	in.Method = "bacs"
	id := place(t, s, in)
	if err := s.SetStatus(id, "processing"); err != nil {
		t.Fatal(err)
	}
	letters := s.Take()
	if len(letters) != 2 || !strings.Contains(string(letters[0].Body), `"status":"on-hold"`) || !strings.Contains(string(letters[1].Body), `"status":"processing"`) {
		t.Fatalf("%d letters: %s", len(letters), letters)
	}
	if again := s.Take(); len(again) != 0 {
		t.Errorf("taken twice: %v", again)
	}
	if l := letters[0]; l.URL != r.URL || l.Topic != "order.updated" || l.Header.Get("X-WC-Webhook-Signature") != Sign("s3cret", l.Body) {
		t.Errorf("%+v", l)
	}
}

// All that one webhook sends within a second has one id.
func TestDeliveryIDsCollide(t *testing.T) {
	t.Parallel()
	tick := newClock()
	s, r := open(t, Options{Now: tick.now}), receive(t)
	subscribe(t, s, r.URL, "order.updated")
	r.take()
	place(t, s, widget("1"))
	place(t, s, widget("2"))
	quiet(t, s)
	tick.add(time.Second)
	place(t, s, widget("3"))
	quiet(t, s)
	got := r.take()
	if len(got) != 3 {
		t.Fatal(topics(got))
	}
	id := func(i int) string { return got[i].Header.Get("X-WC-Webhook-Delivery-ID") }
	if id(0) != id(1) || id(1) == id(2) || got[0].Body == got[1].Body {
		t.Errorf("%s %s %s", id(0), id(1), id(2))
	}
}

// Nothing is ever sent again; the seventh failure in a row switches the webhook off, and a change by the API
// does not forget the failures.
func TestSevenFailuresDisable(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]int{"an error of ours": 500, "gone": 410, "see other": 303} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, r := open(t, Options{}), receive(t)
			subscribe(t, s, r.URL, "order.created")
			r.take()
			r.answer(http.StatusOK, status)
			c := s.client(t)
			for i := 1; i <= 8; i++ {
				place(t, s, widget("1"))
				quiet(t, s)
				want := "active"
				if i >= 7 {
					want = "disabled"
				}
				if got := c.must(http.MethodGet, "webhooks/1", nil)["status"]; got != want {
					t.Errorf("after %d: %v, want %s", i, got, want)
				}
			}
			if got := len(r.take()); got != 7 {
				t.Errorf("%d deliveries, want 7: no retries, and nothing from a webhook that is off", got)
			}
			c.must(http.MethodPut, "webhooks/1", map[string]any{"status": "active"})
			place(t, s, widget("1"))
			quiet(t, s)
			if got := c.must(http.MethodGet, "webhooks/1", nil)["status"]; got != "disabled" {
				t.Errorf("the next failure after that: %v", got)
			}
			c.must(http.MethodPut, "webhooks/1", map[string]any{"status": "active"})
			r.answer(http.StatusOK, http.StatusFound)
			place(t, s, widget("1"))
			quiet(t, s)
			if w := s.Webhooks()[0]; w.Failures != 0 || w.Status != "active" {
				t.Errorf("a 302 is a success: %+v", w)
			}
		})
	}
}

// Until a ping gets exactly 200, another follows every delivery.
func TestPingUntilExactly200(t *testing.T) {
	t.Parallel()
	s, r := open(t, Options{}), receive(t)
	r.answer(http.StatusNoContent, http.StatusNoContent)
	subscribe(t, s, r.URL, "order.created")
	for range 2 {
		place(t, s, widget("1"))
		quiet(t, s)
	}
	if got, want := topics(r.take()), []string{"ping", "order.created", "ping", "order.created", "ping"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	r.answer(http.StatusOK, http.StatusNoContent)
	for range 2 {
		place(t, s, widget("1"))
		quiet(t, s)
	}
	if got, want := topics(r.take()), []string{"order.created", "ping", "order.created"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// A receiver that takes too long is a failure like any other.
func TestTimeoutsAreFailures(t *testing.T) {
	t.Parallel()
	s, r := open(t, Options{SendTimeout: 50 * time.Millisecond}), receive(t)
	subscribe(t, s, r.URL, "order.created")
	release := make(chan struct{})
	r.mu.Lock()
	r.status = func(arrived) int { <-release; return 200 }
	r.mu.Unlock()
	place(t, s, widget("1"))
	quiet(t, s)
	close(release)
	if w := s.Webhooks()[0]; w.Failures != 1 {
		t.Errorf("%+v", w)
	}
}

func TestPrivateAddressesAreRefused(t *testing.T) {
	t.Parallel()
	s, r := open(t, Options{RefusePrivate: true}), receive(t)
	subscribe(t, s, r.URL, "order.created")
	place(t, s, widget("1"))
	quiet(t, s)
	if got := r.take(); len(got) != 0 || s.Webhooks()[0].Failures != 1 {
		t.Errorf("%v, %+v", topics(got), s.Webhooks())
	}
}

// What the owner may not see is told as an error, signed as well as anything.
func TestErrorDocuments(t *testing.T) {
	t.Parallel()
	s, r := open(t, Options{}), receive(t)
	subscribe(t, s, r.URL, "order.updated", "customer.created", "coupon.created")
	r.take()
	body := func() string {
		t.Helper()
		quiet(t, s)
		got := r.take()
		if len(got) != 1 || got[0].Header.Get("X-WC-Webhook-Signature") != Sign("s3cret", []byte(got[0].Body)) {
			t.Fatalf("%+v", got)
		}
		return got[0].Body
	}
	s.LoseOwnerRights()
	place(t, s, widget("1"))
	if got, want := body(), `{"code":"woocommerce_rest_cannot_view","data":{"status":403},"message":"Sorry, you cannot view this resource."}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	s.DeleteOwner()
	place(t, s, widget("1"))
	if got, want := body(), `{"code":"woocommerce_rest_cannot_view","data":{"status":401},"message":"Sorry, you cannot view this resource."}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	s.RestoreOwner()
	s.Hold(true)
	customer, err := s.CreateCustomer(CustomerInput{Email: "gone@example.test"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.DeleteCustomer(idText(customer.ID)); err != nil {
		t.Fatal(err)
	}
	s.Release()
	if got, want := body(), `{"code":"wc_user_invalid_id","data":{"status":404},"message":"Invalid user ID."}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	coupon, err := s.AddCoupon(Coupon{Code: "gone"})
	if err != nil {
		t.Fatal(err)
	}
	s.client(t).must(http.MethodDelete, "coupons/"+idText(coupon.ID)+"?force=true", nil)
	s.Release()
	if got, want := body(), `{"code":"woocommerce_rest_shop_coupon_invalid_id","data":{"status":404},"message":"Invalid ID."}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// Throwing away tells the id alone; deleting for good tells nothing.
func TestDeletedTopics(t *testing.T) {
	t.Parallel()
	s, r := open(t, Options{}), receive(t)
	subscribe(t, s, r.URL, "order.deleted", "order.restored", "coupon.deleted", "customer.deleted")
	r.take()
	id := place(t, s, widget("1"))
	if err := s.Trash(id); err != nil {
		t.Fatal(err)
	}
	quiet(t, s)
	if got := r.take(); len(got) != 1 || got[0].Body != `{"id":`+id+`}` {
		t.Errorf("%+v", got)
	}
	if err := s.Restore(id); err != nil {
		t.Fatal(err)
	}
	quiet(t, s)
	if got := r.take(); !slices.Equal(topics(got), []string{"order.restored"}) || !strings.Contains(got[0].Body, `"status":"processing"`) {
		t.Errorf("%+v", got)
	}
	coupon, err := s.AddCoupon(Coupon{Code: "x"})
	if err != nil {
		t.Fatal(err)
	}
	c := s.client(t)
	c.must(http.MethodDelete, "coupons/"+idText(coupon.ID), nil)
	quiet(t, s)
	if got := r.take(); len(got) != 1 || got[0].Body != `{"id":`+idText(coupon.ID)+`}` {
		t.Errorf("%+v", got)
	}
	if err := s.DeleteForce(id); err != nil {
		t.Fatal(err)
	}
	c.must(http.MethodDelete, "coupons/"+idText(coupon.ID)+"?force=true", nil)
	quiet(t, s)
	if got := r.take(); len(got) != 0 {
		t.Errorf("deleted for good: %v", topics(got))
	}
}

func TestActionTopics(t *testing.T) {
	t.Parallel()
	s, r := open(t, Options{}), receive(t)
	subscribe(t, s, r.URL, "action.woocommerce_order_refunded")
	r.take()
	id := place(t, s, widget("10"))
	if _, err := s.RefundOrder(id, RefundInput{Amount: "4"}); err != nil {
		t.Fatal(err)
	}
	quiet(t, s)
	got := r.take()
	if len(got) != 1 || got[0].Body != `{"action":"woocommerce_order_refunded","arg":`+id+`}` || got[0].Header.Get("X-WC-Webhook-Event") != "woocommerce_order_refunded" {
		t.Errorf("%+v", got)
	}
}

func TestWebhooksByTheAPI(t *testing.T) {
	t.Parallel()
	s, r := open(t, Options{}), receive(t)
	c := s.client(t)
	for name, tc := range map[string]struct {
		method, route string
		body          any
		want          string
	}{
		"a topic that is none":         {"POST", "webhooks", map[string]any{"topic": "order.refunded", "delivery_url": r.URL}, "400 woocommerce_rest_shop_webhook_invalid_topic"},
		"an address that is none":      {"POST", "webhooks", map[string]any{"topic": "order.created", "delivery_url": "ftp://x"}, "400 woocommerce_rest_shop_webhook_invalid_delivery_url"},
		"deleting without force":       {"DELETE", "webhooks/9", nil, "501 woocommerce_rest_trash_not_supported"},
		"deleting what is not there":   {"DELETE", "webhooks/9?force=true", nil, "404 woocommerce_rest_shop_webhook_invalid_id"},
		"reading what is not there":    {"GET", "webhooks/9", nil, "400 woocommerce_rest_shop_webhook_invalid_id"},
		"changing what is not there":   {"PUT", "webhooks/9", map[string]any{"status": "active"}, "400 woocommerce_rest_shop_webhook_invalid_id"},
		"a status that is none":        {"GET", "webhooks?status=gone", nil, "400 rest_invalid_param"},
		"a route that is none":         {"GET", "webhooks/9/deliveries", nil, "404 rest_no_route"},
		"a body that is no JSON":       {"POST", "webhooks", "{", "400 rest_invalid_json"},
		"creating without any address": {"POST", "webhooks", map[string]any{"topic": "order.created"}, "400 woocommerce_rest_shop_webhook_invalid_delivery_url"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.do(tc.method, tc.route, tc.body).code(t); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
	made := c.must("POST", "webhooks", map[string]any{"topic": "order.created", "delivery_url": r.URL, "secret": "hush"})
	if _, told := made["secret"]; told || made["status"] != "active" || made["date_created"] == made["date_created_gmt"] {
		t.Errorf("made: %v", made)
	}
	id := strconv.Itoa(int(made["id"].(float64)))
	r.take()
	c.must("PUT", "webhooks/"+id, map[string]any{"delivery_url": r.URL + "/other"})
	if got := topics(r.take()); !slices.Equal(got, []string{"ping"}) {
		t.Errorf("another address is pinged: %v", got)
	}
	c.must("PUT", "webhooks/"+id, map[string]any{"status": "paused"})
	place(t, s, widget("1"))
	quiet(t, s)
	if got := r.take(); len(got) != 0 {
		t.Errorf("paused: %v", topics(got))
	}
	if got := c.do("GET", "webhooks?status=paused", nil).list(t); len(got) != 1 || got[0]["delivery_url"] != r.URL+"/other" {
		t.Errorf("%v", got)
	}
	c.must("DELETE", "webhooks/"+id+"?force=true", nil)
	if got := c.do("GET", "webhooks", nil).list(t); len(got) != 0 {
		t.Errorf("deleted: %v", got)
	}
}

// What is lost is neither sent nor kept, and the same seed loses the same.
func TestLoss(t *testing.T) {
	t.Parallel()
	count := func(seed int64, chance float64) int {
		s, r := open(t, Options{Seed: seed}), receive(t)
		subscribe(t, s, r.URL, "order.created")
		r.take()
		s.Lose(chance)
		for range 40 {
			place(t, s, widget("1"))
		}
		quiet(t, s)
		return len(r.take())
	}
	if got := count(1, 1); got != 0 {
		t.Errorf("all are lost: %d", got)
	}
	first, again := count(3, 0.5), count(3, 0.5)
	if first != again || first == 0 || first == 40 {
		t.Errorf("half are lost: %d, then %d", first, again)
	}
}

// Redelivery keeps the bytes and their signature; the shop's count of failures is not touched.
func TestRedelivery(t *testing.T) {
	t.Parallel()
	s, r := open(t, Options{}), receive(t)
	subscribe(t, s, r.URL, "order.created")
	r.take()
	id := place(t, s, widget("1"))
	quiet(t, s)
	before := r.take()
	if err := s.SetStatus(id, "completed"); err != nil {
		t.Fatal(err)
	}
	r.answer(200, 500)
	n, err := s.Redeliver()
	if err != nil || n != 1 {
		t.Fatal(n, err)
	}
	quiet(t, s)
	after := r.take()
	if len(after) != 1 || after[0].Body != before[0].Body ||
		after[0].Header.Get("X-WC-Webhook-Signature") != before[0].Header.Get("X-WC-Webhook-Signature") ||
		after[0].Header.Get("X-WC-Webhook-Delivery-ID") == before[0].Header.Get("X-WC-Webhook-Delivery-ID") {
		t.Errorf("%+v\n%+v", before, after)
	}
	if w := s.Webhooks()[0]; w.Failures != 0 {
		t.Errorf("%+v", w)
	}
}
