package woocommercetest

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// some are chosen members of an object.
func some(all map[string]any, names ...string) map[string]any {
	out := map[string]any{}
	for _, n := range names {
		out[n] = all[n]
	}
	return out
}

// Paid is what has a date_paid_gmt: cash on delivery is processing without.
func TestWaysOfPayment(t *testing.T) {
	t.Parallel()
	const now = "2026-11-22T12:00:00"
	for name, tc := range map[string]struct {
		change func(*OrderInput)
		then   func(s *Server, id string) error
		want   map[string]any
	}{
		"a card":                       {want: map[string]any{"status": "processing", "date_paid_gmt": now, "date_completed_gmt": nil, "payment_method": "card"}},
		"a card, not yet":              {change: func(in *OrderInput) { in.Unpaid = true }, want: map[string]any{"status": "pending", "date_paid_gmt": nil, "needs_payment": true}},
		"cash on delivery":             {change: func(in *OrderInput) { in.Method = "cod" }, want: map[string]any{"status": "processing", "date_paid_gmt": nil, "payment_method": "cod"}},
		"cash on delivery, delivered":  {change: func(in *OrderInput) { in.Method = "cod" }, then: func(s *Server, id string) error { return s.SetStatus(id, "completed") }, want: map[string]any{"status": "completed", "date_paid_gmt": now, "date_completed_gmt": now}},
		"cash on delivery, paid early": {change: func(in *OrderInput) { in.Method = "cod" }, then: func(s *Server, id string) error { return s.Pay(id) }, want: map[string]any{"status": "processing", "date_paid_gmt": now}},
		"a transfer":                   {change: func(in *OrderInput) { in.Method = "bacs" }, want: map[string]any{"status": "on-hold", "date_paid_gmt": nil}},
		"a transfer that came":         {change: func(in *OrderInput) { in.Method = "bacs" }, then: func(s *Server, id string) error { return s.SetStatus(id, "processing") }, want: map[string]any{"status": "processing", "date_paid_gmt": now}},
		"a draft":                      {change: func(in *OrderInput) { in.Draft = true }, want: map[string]any{"status": "checkout-draft", "date_paid_gmt": nil}},
		"an order that failed":         {change: func(in *OrderInput) { in.Status = "failed" }, want: map[string]any{"status": "failed", "date_paid_gmt": nil}},
		"a status of a plugin's":       {then: func(s *Server, id string) error { return s.SetStatus(id, "shipped") }, want: map[string]any{"status": "shipped", "date_paid_gmt": now}},
		"in the trash":                 {then: func(s *Server, id string) error { return s.Trash(id) }, want: map[string]any{"status": "trash", "date_paid_gmt": now}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, Options{})
			in := widget("25.00")
			if tc.change != nil {
				tc.change(&in)
			}
			id := place(t, s, in)
			if tc.then != nil {
				if err := tc.then(s, id); err != nil {
					t.Fatal(err)
				}
			}
			got := s.client(t).must(http.MethodGet, "orders/"+id, nil)
			for member, want := range tc.want {
				if got[member] != want {
					t.Errorf("%s: %v, want %v", member, got[member], want)
				}
			}
		})
	}
	t.Run("nothing to send", func(t *testing.T) {
		t.Parallel()
		s := open(t, Options{})
		in := widget("")
		in.Lines = []LineInput{{ProductID: s.AddProduct(Product{Name: "E-book", Price: 5 * unit, Virtual: true})}}
		got := s.client(t).must(http.MethodGet, "orders/"+place(t, s, in), nil)
		want := map[string]any{"status": "completed", "date_paid_gmt": now, "needs_processing": false, "total": "5.00"}
		if !reflect.DeepEqual(some(got, "status", "date_paid_gmt", "needs_processing", "total"), want) {
			t.Errorf("%v", got)
		}
	})
}

func TestDiscounts(t *testing.T) {
	t.Parallel()
	line := func(price string, n int64) LineInput { return LineInput{Name: "P" + price, Price: price, Quantity: n} }
	for name, tc := range map[string]struct {
		coupon Coupon
		lines  []LineInput
		total  string
		lineTo []string
		nth    string // discount of the coupon line
	}{
		"a percentage":                       {Coupon{Type: "percent", Amount: 10 * unit}, []LineInput{line("25.00", 2)}, "45.00", []string{"45.00"}, "5"},
		"a percentage, rounded over all":     {Coupon{Type: "percent", Amount: 10 * unit}, []LineInput{line("0.15", 1), line("0.15", 1)}, "0.27", []string{"0.13", "0.14"}, "0.03"},
		"half a unit is rounded down":        {Coupon{Type: "percent", Amount: 10 * unit}, []LineInput{line("0.05", 1)}, "0.05", []string{"0.05"}, "0"},
		"a fraction of a percent":            {Coupon{Type: "percent", Amount: 12500000}, []LineInput{line("80.00", 1)}, "70.00", []string{"70.00"}, "10"},
		"an amount over pieces":              {Coupon{Amount: 10 * unit}, []LineInput{line("10.00", 2), line("5.00", 1)}, "15.00", []string{"13.33", "1.67"}, "10"},
		"more than there is":                 {Coupon{Amount: 100 * unit}, []LineInput{line("10.00", 2)}, "0.00", []string{"0.00"}, "20"},
		"more than one line, less than both": {Coupon{Amount: 12 * unit}, []LineInput{line("2.00", 1), line("20.00", 1)}, "10.00", []string{"0.00", "10.00"}, "12"},
		"a cent over three":                  {Coupon{Amount: unit / 100}, []LineInput{line("1.00", 3)}, "2.99", []string{"2.99"}, "0.01"},
		"per piece":                          {Coupon{Type: "fixed_product", Amount: 3 * unit}, []LineInput{line("10.00", 2), line("2.00", 1)}, "14.00", []string{"14.00", "0.00"}, "8"},
		"per piece, two at most":             {Coupon{Type: "fixed_product", Amount: 3 * unit, LimitToItems: 2}, []LineInput{line("10.00", 3)}, "24.00", []string{"24.00"}, "6"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, Options{})
			tc.coupon.Code = "x"
			if _, err := s.AddCoupon(tc.coupon); err != nil {
				t.Fatal(err)
			}
			in := widget("", "x")
			in.Lines = tc.lines
			got := s.client(t).must(http.MethodGet, "orders/"+place(t, s, in), nil)
			var lines []string
			for _, l := range got["line_items"].([]any) {
				lines = append(lines, l.(map[string]any)["total"].(string))
			}
			nth := got["coupon_lines"].([]any)[0].(map[string]any)["discount"]
			if got["total"] != tc.total || !slices.Equal(lines, tc.lineTo) || nth != tc.nth {
				t.Errorf("total %v, lines %v, discount %v", got["total"], lines, nth)
			}
		})
	}
}

// Amounts are texts with the shop's decimals whatever the currency, but for two numbers and what a coupon
// took off.
func TestAmountsAndTheirPrecision(t *testing.T) {
	t.Parallel()
	s := open(t, Options{Currency: "JPY"})
	if _, err := s.AddCoupon(Coupon{Code: "x", Type: "percent", Amount: 10 * unit}); err != nil {
		t.Fatal(err)
	}
	in := widget("25.00", "x")
	in.Freight = "4"
	id := place(t, s, in)
	raw := string(s.client(t).do(http.MethodGet, "orders/"+id, nil).body)
	for _, part := range []string{
		`"currency":"JPY"`, `"total":"26.50"`, `"discount_total":"2.50"`, `"discount":"2.5"`, `"nominal_amount":10`, `"price":22.5`,
		`"shipping_total":"4.00"`, `"value":"[11,\"x\",\"percent\",10]"`, `"date_created":"2026-11-22T22:00:00"`, `"date_created_gmt":"2026-11-22T12:00:00"`,
	} {
		if !strings.Contains(raw, part) {
			t.Errorf("no %s in %s", part, raw)
		}
	}
	if got := s.client(t).must(http.MethodGet, "orders/"+id+"?dp=0", nil)["total"]; got != "27" {
		t.Errorf("dp=0: %v", got)
	}
	s.SetDecimals(3)
	if got := s.client(t).must(http.MethodGet, "orders/"+id, nil)["total"]; got != "26.500" {
		t.Errorf("three decimals: %v", got)
	}
}

// Prices with tax in them: lines are rounded each, the coupon as a whole, and so they may differ.
func TestTaxes(t *testing.T) {
	t.Parallel()
	s := open(t, Options{TaxRate: 1900, TaxIncluded: true})
	if _, err := s.AddCoupon(Coupon{Code: "x", Type: "percent", Amount: 10 * unit}); err != nil {
		t.Fatal(err)
	}
	in := widget("", "x")
	in.Lines = []LineInput{{Name: "A", Price: "1.00"}, {Name: "B", Price: "1.00"}, {Name: "C", Price: "1.00"}}
	got := s.client(t).must(http.MethodGet, "orders/"+place(t, s, in), nil)
	coupon := got["coupon_lines"].([]any)[0].(map[string]any)
	want := map[string]any{"total": "2.70", "total_tax": "0.42", "discount_total": "0.24", "discount_tax": "0.06", "prices_include_tax": true}
	if !reflect.DeepEqual(some(got, "total", "total_tax", "discount_total", "discount_tax", "prices_include_tax"), want) {
		t.Errorf("%v, want %v", some(got, "total", "total_tax", "discount_total", "discount_tax"), want)
	}
	if coupon["discount"] != "0.25" || coupon["discount_tax"] != "0.05" {
		t.Errorf("the coupon: %v", coupon)
	}
	on := open(t, Options{TaxRate: 1000})
	got = on.client(t).must(http.MethodGet, "orders/"+place(t, on, widget("25.00")), nil)
	if got["total"] != "27.50" || got["total_tax"] != "2.50" || got["line_items"].([]any)[0].(map[string]any)["total"] != "25.00" {
		t.Errorf("tax on top: %v", got)
	}
}

// Before 8.7 an order kept all of the coupon, custom data too, and less elsewhere.
func TestCouponsOfAnOlderShop(t *testing.T) {
	t.Parallel()
	s := open(t, Options{Version: "8.6.1"})
	if _, err := s.AddCoupon(Coupon{Code: "x", Amount: 5 * unit, Emails: []string{"zed@example.test"}, Meta: []Meta{{ID: 34, Key: "_ref_code", Value: json.RawMessage(`"alice"`)}}}); err != nil {
		t.Fatal(err)
	}
	id := place(t, s, widget("25.00", "x"))
	if _, err := s.RefundOrder(id, RefundInput{Amount: "10"}); err != nil {
		t.Fatal(err)
	}
	got := s.client(t).must(http.MethodGet, "orders/"+id, nil)
	coupon := got["coupon_lines"].([]any)[0].(map[string]any)
	meta := coupon["meta_data"].([]any)[0].(map[string]any)
	data, _ := meta["value"].(map[string]any)
	if meta["key"] != "coupon_data" || data["usage_count"] != 0.0 || data["amount"] != "5" ||
		!reflect.DeepEqual(data["meta_data"], []any{map[string]any{"id": 34.0, "key": "_ref_code", "value": "alice"}}) {
		t.Errorf("%v", coupon)
	}
	if _, there := coupon["discount_type"]; there {
		t.Errorf("discount_type: %v", coupon)
	}
	if want := []any{map[string]any{"id": 14.0, "reason": "", "total": "-10.00"}}; !reflect.DeepEqual(got["refunds"], want) {
		t.Errorf("%v, want %v", got["refunds"], want)
	}
	if code := s.client(t).do(http.MethodGet, "refunds", nil).code(t); code != "404 rest_no_route" {
		t.Errorf("/refunds: %s", code)
	}
}

// A fixed amount off the basket is written as null in coupon_info.
func TestCouponInfoOfAFixedAmount(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	if _, err := s.AddCoupon(Coupon{Code: "x", Amount: 5 * unit, FreeShipping: true}); err != nil {
		t.Fatal(err)
	}
	in := widget("25.00", "x")
	in.Freight = "4.90"
	got := s.client(t).must(http.MethodGet, "orders/"+place(t, s, in), nil)
	meta := got["coupon_lines"].([]any)[0].(map[string]any)["meta_data"].([]any)[0].(map[string]any)
	if meta["value"] != `[11,"x",null,5,true]` || got["shipping_total"] != "0.00" || got["total"] != "20.00" {
		t.Errorf("%v, shipping %v, total %v", meta["value"], got["shipping_total"], got["total"])
	}
}

// A partial refund changes neither status nor total; what is left of nothing cannot be refunded.
func TestRefunds(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	c := s.client(t)
	in := widget("")
	in.Lines = []LineInput{{Name: "A", Price: "30.00", Quantity: 2}, {Name: "B", Price: "5.00"}}
	in.Method = "bacs"
	id := place(t, s, in)
	o, err := s.Order(id)
	if err != nil {
		t.Fatal(err)
	}
	ask := map[string]any{"api_refund": false, "reason": "broken", "line_items": []any{map[string]any{"id": o.Lines[0].ID, "quantity": 1, "refund_total": "30.00"}}}
	if got := c.do("POST", "orders/"+id+"/refunds", map[string]any{"amount": "10"}); got.code(t) != "500 woocommerce_rest_cannot_create_order_refund" {
		t.Errorf("by the gateway of a transfer: %d %s", got.status, got.body)
	}
	made := c.must("POST", "orders/"+id+"/refunds", ask)
	line := made["line_items"].([]any)[0].(map[string]any)
	if made["amount"] != "30.00" || line["quantity"] != -1.0 || line["total"] != "-30.00" || made["parent_id"] != nil {
		t.Errorf("%v", made)
	}
	want := map[string]any{"status": "on-hold", "total": "65.00"}
	got := c.must("GET", "orders/"+id, nil)
	if !reflect.DeepEqual(some(got, "status", "total"), want) {
		t.Errorf("%v, want %v", got, want)
	}
	if over := c.do("POST", "orders/"+id+"/refunds", map[string]any{"amount": "35.01", "api_refund": false}); over.code(t) != "500 woocommerce_rest_cannot_create_order_refund" {
		t.Errorf("too much: %d %s", over.status, over.body)
	}
	c.must("POST", "orders/"+id+"/refunds", map[string]any{"amount": "35", "api_refund": false, "reason": "rest"})
	got = c.must("GET", "orders/"+id, nil)
	refunds := got["refunds"].([]any)
	if got["status"] != "refunded" || got["total"] != "65.00" || len(refunds) != 2 ||
		refunds[0].(map[string]any)["total"] != "-35.00" || refunds[1].(map[string]any)["total"] != "-30.00" {
		t.Errorf("%v %v %v", got["status"], got["total"], refunds)
	}
	all := c.do("GET", "refunds?order=asc", nil).list(t)
	if len(all) != 2 || all[0]["parent_id"] != got["id"] || all[0]["amount"] != "30.00" {
		t.Errorf("of all orders: %v", all)
	}
	if list := c.do("GET", "orders/"+id+"/refunds", nil).list(t); len(list) != 2 {
		t.Errorf("of the order: %v", list)
	}
	if code := c.do("GET", "orders/999/refunds", nil).code(t); code != "404 woocommerce_rest_invalid_order_id" {
		t.Errorf("of none: %s", code)
	}
}

// An order by the API whose coupon is refused leaves a draft, and a webhook tells of that.
func TestRefusedOrderLeavesADraft(t *testing.T) {
	t.Parallel()
	s, r := open(t, Options{}), receive(t)
	subscribe(t, s, r.URL, "order.created")
	r.take()
	c := s.client(t)
	items := []any{map[string]any{"name": "Widget", "quantity": 1}}
	a := c.do("POST", "orders", map[string]any{"line_items": items, "coupon_lines": []any{map[string]any{"code": "nope"}}, "billing": map[string]any{"email": "zed@example.test"}})
	if a.code(t) != "400 woocommerce_rest_invalid_coupon" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	draft := a.object(t)["data"].(map[string]any)["new_draft_order_id"].(float64)
	quiet(t, s)
	got := r.take()
	if len(got) != 1 || !strings.Contains(got[0].Body, `"status":"checkout-draft"`) || !strings.Contains(got[0].Body, `"id":`+idText(int64(draft))+`,`) {
		t.Errorf("%+v", got)
	}
	made := c.must("POST", "orders", map[string]any{"line_items": items, "payment_method": "bacs", "set_paid": true, "meta_data": []any{map[string]any{"key": "_grapevine_ref", "value": "ANNA"}}})
	if made["status"] != "processing" || made["date_paid_gmt"] == nil || made["total"] != "25.00" || made["created_via"] != "rest-api" {
		t.Errorf("%v", made)
	}
	id := idText(int64(made["id"].(float64)))
	changed := c.must("PUT", "orders/"+id, map[string]any{"status": "completed"})
	if changed["status"] != "completed" || changed["date_completed_gmt"] == nil {
		t.Errorf("%v", changed)
	}
}

// An order by the API may carry two coupons of which one wants to be alone.
func TestIndividualUseIsNotLookedAtByTheAPI(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	for _, c := range []Coupon{{Code: "a", Amount: unit, IndividualUse: true}, {Code: "b", Amount: unit}} {
		if _, err := s.AddCoupon(c); err != nil {
			t.Fatal(err)
		}
	}
	made := s.client(t).must("POST", "orders", map[string]any{
		"line_items":   []any{map[string]any{"name": "Widget", "quantity": 1}},
		"coupon_lines": []any{map[string]any{"code": "A"}, map[string]any{"code": "b"}},
	})
	if made["total"] != "23.00" || made["status"] != "pending" {
		t.Errorf("%v", made)
	}
}

func TestOrdersThatAreRefused(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	c := s.client(t)
	for name, tc := range map[string]struct {
		method, route string
		body          any
		want          string
	}{
		"reading what is not there":  {"GET", "orders/999", nil, "404 woocommerce_rest_shop_order_invalid_id"},
		"changing what is not there": {"PUT", "orders/999", map[string]any{"status": "completed"}, "400 woocommerce_rest_shop_order_invalid_id"},
		"deleting what is not there": {"DELETE", "orders/999", nil, "404 woocommerce_rest_shop_order_invalid_id"},
		"a status that is none":      {"POST", "orders", map[string]any{"status": "paid"}, "400 rest_invalid_param"},
		"a customer that is none":    {"POST", "orders", map[string]any{"customer_id": 99}, "400 woocommerce_rest_invalid_customer_id"},
		"goods that are no list":     {"POST", "orders", map[string]any{"line_items": "x"}, "400 rest_invalid_param"},
		"an id that is none":         {"GET", "orders/abc", nil, "404 rest_no_route"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.do(tc.method, tc.route, tc.body).code(t); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
}

// Custom data may be of any kind, as plugins have it.
func TestCustomDataOfOrders(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	in := widget("1")
	in.Meta = map[string]any{"_a": 1, "_b": []string{"x"}, "_c": map[string]any{"d": "e/f"}, "_d": "text"}
	got, err := json.Marshal(s.client(t).must("GET", "orders/"+place(t, s, in), nil)["meta_data"])
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"id":1,"key":"_a","value":1},{"id":2,"key":"_b","value":["x"]},{"id":3,"key":"_c","value":{"d":"e/f"}},{"id":4,"key":"_d","value":"text"}]`
	if string(got) != want {
		t.Errorf("%s, want %s", got, want)
	}
}
