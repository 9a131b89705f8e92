package woocommercetest

import (
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// OAuth may come in the header, and lists count their members in what is signed.
func TestOAuthInTheHeader(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	c := s.client(t)
	address := s.URL() + "/wp-json/wc/v3/orders"
	signed := c.sign("GET", address, url.Values{"per_page": {"2"}, "status[0]": {"any"}})
	var header []string
	for name := range signed {
		if strings.HasPrefix(name, "oauth_") {
			header = append(header, name+`="`+percent(signed.Get(name))+`"`)
		}
	}
	a := c.send("GET", address+"?per_page=2&status%5B%5D=any", nil, func(r *http.Request) {
		r.Header.Set("Authorization", "OAuth "+strings.Join(header, ", "))
	})
	if a.status != 200 {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// The shop's clock is what timestamps are compared with.
func TestClock(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	c := s.client(t)
	c.at = noon
	s.SetClock(func() time.Time { return noon.Add(time.Hour) })
	if got := c.do("GET", "orders", nil).code(t); got != "401 woocommerce_rest_authentication_error" {
		t.Errorf("an hour behind: %s", got)
	}
	c.at = noon.Add(time.Hour)
	id := place(t, s, widget("1"))
	if got := c.must("GET", "orders/"+id, nil)["date_created_gmt"]; got != "2026-11-22T13:00:00" {
		t.Errorf("%v", got)
	}
	if err := s.Backdate(id, noon.AddDate(-1, 0, 0)); err != nil {
		t.Fatal(err)
	}
	got := some(c.must("GET", "orders/"+id, nil), "date_created_gmt", "date_modified_gmt", "date_paid_gmt")
	const at = "2025-11-22T12:00:00"
	if want := map[string]any{"date_created_gmt": at, "date_modified_gmt": at, "date_paid_gmt": at}; !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestPermissionsCanChange(t *testing.T) {
	t.Parallel()
	s := open(t, Options{Key: "ck_mine:cs_mine"})
	c := s.client(t)
	if c.token != "ck_mine:cs_mine" {
		t.Errorf("%s", c.token)
	}
	if err := s.SetPermissions("", "read"); err != nil {
		t.Fatal(err)
	}
	if got := c.do("POST", "coupons", map[string]any{"code": "x"}).code(t); got != "401 woocommerce_rest_authentication_error" {
		t.Errorf("%s", got)
	}
	for what, err := range map[string]error{
		"revoking": s.RevokeKey("ck_none"), "changing": s.SetPermissions("ck_none:cs_none", "read"), "trash": s.TrashCoupon(9),
		"webhook": s.DisableWebhook(9), "status": s.SetStatus("9", "completed"), "restore": s.Restore("9"), "delete": s.DeleteForce("x"),
		"order": second(s.Order("")), "refund": second(s.RefundOrder("9", RefundInput{})), "date": s.Backdate("9", noon),
		"customer": s.DeleteCustomer("9"), "coupon": second(s.AddCoupon(Coupon{})),
	} {
		if err == nil {
			t.Errorf("%s of what is not there is no error", what)
		}
	}
}

func TestWebhooksAreChangedByHand(t *testing.T) {
	t.Parallel()
	s, r := open(t, Options{}), receive(t)
	subscribe(t, s, r.URL, "order.created")
	if err := s.DisableWebhook(1); err != nil {
		t.Fatal(err)
	}
	c := s.client(t)
	if got := c.must("GET", "webhooks/1", nil)["status"]; got != "disabled" {
		t.Errorf("%v", got)
	}
	if got := c.do("PUT", "webhooks/1", map[string]any{"delivery_url": "nowhere"}).code(t); got != "400 woocommerce_rest_shop_webhook_invalid_delivery_url" {
		t.Errorf("%s", got)
	}
	c.must("PUT", "webhooks/1", map[string]any{"status": "active", "secret": "other", "name": "named", "topic": "order.updated"})
	s.SetRefusePrivate(true)
	place(t, s, widget("1"))
	quiet(t, s)
	want := Webhook{
		ID: 1, Name: "named", Status: "disabled", Topic: "order.updated", DeliveryURL: r.URL, Secret: "other", UserID: 1,
		Created: noon, Modified: noon, Failures: maxFailures,
	}
	if got := s.Webhooks(); len(got) != 1 || got[0] != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	sent := s.Deliveries()
	if len(sent) != 2 || sent[0].Topic != "" || sent[0].Status != 200 || sent[1].Topic != "order.updated" || sent[1].Status != 0 {
		t.Errorf("%+v", sent)
	}
}

func TestCouponsAreThrownAwayAndRestored(t *testing.T) {
	t.Parallel()
	s, r := open(t, Options{}), receive(t)
	subscribe(t, s, r.URL, "coupon.created", "coupon.updated", "coupon.deleted", "coupon.restored")
	r.take()
	c := s.client(t)
	id := int64(c.must("POST", "coupons", map[string]any{"code": "x"})["id"].(float64))
	quiet(t, s)
	if err := s.TrashCoupon(id); err != nil {
		t.Fatal(err)
	}
	if err := s.RestoreCoupon(id); err != nil {
		t.Fatal(err)
	}
	c.must("PUT", "coupons/"+idText(id), map[string]any{"status": "publish"})
	quiet(t, s)
	if got, want := topics(r.take()), []string{"coupon.created", "coupon.deleted", "coupon.restored", "coupon.updated"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// Of two coupons with one code the younger is found, and used.
func TestTheYoungerCouponCounts(t *testing.T) {
	t.Parallel()
	tick := newClock()
	s := open(t, Options{Now: tick.now})
	for _, amount := range []Money{2 * unit, 3 * unit} {
		if _, err := s.AddCoupon(Coupon{Code: "x", Amount: amount}); err != nil {
			t.Fatal(err)
		}
		tick.add(time.Second)
	}
	if got := s.client(t).do("GET", "coupons?code=X", nil).list(t); len(got) != 1 || got[0]["amount"] != "3.00" {
		t.Errorf("%v", got)
	}
	o, err := s.PlaceOrder(widget("25.00", "x"))
	if err != nil || o.Total() != 22*unit {
		t.Errorf("%v %v", o.Total(), err)
	}
}

func TestOrdersAreDeletedByTheAPI(t *testing.T) {
	t.Parallel()
	s, r := open(t, Options{}), receive(t)
	subscribe(t, s, r.URL, "order.deleted")
	r.take()
	c := s.client(t)
	id := place(t, s, widget("1"))
	if got := c.must("DELETE", "orders/"+id, nil)["status"]; got != "processing" {
		t.Errorf("the answer shows what it was: %v", got)
	}
	if got := c.do("DELETE", "orders/"+id, nil).code(t); got != "410 woocommerce_rest_already_trashed" {
		t.Errorf("%s", got)
	}
	c.must("DELETE", "orders/"+id+"?force=true", nil)
	quiet(t, s)
	if got := r.take(); len(got) != 1 || got[0].Body != `{"id":`+id+`}` {
		t.Errorf("%+v", got)
	}
	if got := c.do("GET", "orders/"+id, nil).code(t); got != "404 woocommerce_rest_shop_order_invalid_id" {
		t.Errorf("%s", got)
	}
}

// An order by the API with an address, shipping, and a price of its own; then another address.
func TestOrdersByTheAPI(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	c := s.client(t)
	made := c.must("POST", "orders", map[string]any{
		"status": "on-hold", "customer_note": "ring twice", "billing": map[string]any{"email": "zed@example.test"},
		"line_items":     []any{map[string]any{"name": "Lamp", "quantity": 2, "total": "30.00"}},
		"shipping_lines": []any{map[string]any{"total": "4.50"}},
	})
	if made["total"] != "34.50" || made["status"] != "on-hold" || made["customer_note"] != "ring twice" {
		t.Errorf("%v", made)
	}
	id := idText(int64(made["id"].(float64)))
	changed := c.must("PUT", "orders/"+id, map[string]any{
		"billing": map[string]any{"email": "new@example.test"}, "shipping": map[string]any{"city": "Rome"},
		"transaction_id": "tx_9", "set_paid": true,
	})
	if changed["billing"].(map[string]any)["email"] != "new@example.test" || changed["shipping"].(map[string]any)["city"] != "Rome" ||
		changed["transaction_id"] != "tx_9" || changed["date_paid_gmt"] == nil || changed["status"] != "processing" {
		t.Errorf("%v", changed)
	}
}

// A refund with tax and shipping, read by itself.
func TestOneRefund(t *testing.T) {
	t.Parallel()
	s := open(t, Options{TaxRate: 1000})
	in := widget("20.00")
	in.Freight = "5"
	id := place(t, s, in)
	o, err := s.Order(id)
	if err != nil {
		t.Fatal(err)
	}
	c := s.client(t)
	tax := func(amount string) []any { return []any{map[string]any{"id": 1, "refund_total": amount}} }
	made := c.must("POST", "orders/"+id+"/refunds", map[string]any{"line_items": []any{
		map[string]any{"id": o.Lines[0].ID, "quantity": 1, "refund_total": 20, "refund_tax": tax("2.00")},
		map[string]any{"id": o.ShippingLines[0].ID, "quantity": 1, "refund_total": "5", "refund_tax": tax("0.50")},
	}})
	read := c.must("GET", "orders/"+id+"/refunds/"+idText(int64(made["id"].(float64))), nil)
	shipping := read["shipping_lines"].([]any)[0].(map[string]any)
	if !reflect.DeepEqual(made, read) || read["amount"] != "27.50" || shipping["total"] != "-5.00" || shipping["total_tax"] != "-0.50" || read["refunded_payment"] != true {
		t.Errorf("%v\n%v", made, read)
	}
	refunds := c.must("GET", "orders/"+id, nil)["refunds"].([]any)
	if got := refunds[0].(map[string]any); got["total"] != "-27.50" || got["total_tax"] != "-2.50" {
		t.Errorf("%v", got)
	}
	if got := c.do("GET", "orders/"+id+"/refunds/1", nil).code(t); got != "404 woocommerce_rest_shop_order_refund_invalid_id" {
		t.Errorf("%s", got)
	}
	if got := c.do("DELETE", "orders/"+id+"/refunds/1", nil).code(t); got != "404 rest_no_route" {
		t.Errorf("%s", got)
	}
}

// A form is as good as JSON; a body of any other kind is not read.
func TestBodies(t *testing.T) {
	t.Parallel()
	s := open(t, Options{HTTPS: true})
	c := s.client(t)
	key, secret, _ := strings.Cut(c.token, ":")
	post := func(kind, body string) answered {
		return c.send("POST", s.URL()+"/wp-json/wc/v3/coupons", body, func(r *http.Request) {
			r.Header.Set("Content-Type", kind)
			r.SetBasicAuth(key, secret)
		})
	}
	if a := post("application/x-www-form-urlencoded", "code=FORM&amount=5"); a.status != 201 || a.object(t)["code"] != "form" {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := post("text/plain", `{"code":"text"}`); a.code(t) != "400 woocommerce_rest_empty_coupon_code" {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := post("application/json", strings.Repeat(" ", 2<<20)); a.status != 413 {
		t.Errorf("%d", a.status)
	}
}

// _fields works on lists and on nested members.
func TestFields(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	c := s.client(t)
	id := place(t, s, widget("1"))
	if got := string(c.do("GET", "orders?_fields=id,refunds", nil).body); got != `[{"id":`+id+`,"refunds":[]}]` {
		t.Errorf("%s", got)
	}
	got := c.must("GET", "system_status?_fields=settings.currency", nil)
	if len(got) != 1 || got["settings"] == nil {
		t.Errorf("%v", got)
	}
}

// Pages of a hundred hold all orders, each once.
func TestManyPages(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	c := s.client(t)
	for range 205 {
		place(t, s, widget("1"))
	}
	var seen []int64
	for page := 1; page <= 3; page++ {
		seen = append(seen, ids(t, c.do("GET", "orders?per_page=100&order=asc&page="+strconv.Itoa(page), nil))...)
	}
	if len(seen) != 205 || len(slices.Compact(slices.Sorted(slices.Values(seen)))) != 205 {
		t.Errorf("%d of 205 orders", len(seen))
	}
}
