package woocommercetest

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"grapevine/internal/simshop"
)

// simulate starts a shop by the door that the suite uses.
func simulate(t *testing.T, o simshop.Options) *Server {
	t.Helper()
	if o.Now == nil {
		o.Now = newClock().now
	}
	shop, err := Simulate(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := shop.Close(); err != nil {
			t.Error(err)
		}
	})
	return shop.(*Server)
}

func basket(code string) simshop.Basket {
	return simshop.Basket{
		Buyer: simshop.Buyer{Email: "ben@example.com", FirstName: "Ben", Surname: "Example", Street: "1 Main", City: "SF", Postcode: "94103", Country: "US"},
		Goods: []simshop.Goods{{Title: "Teapot", Price: "80.00"}, {Title: "Cup", Price: "10.00", Quantity: 2}},
		Code:  code, Shipping: "4.90",
	}
}

func TestInstall(t *testing.T) {
	t.Parallel()
	s := simulate(t, simshop.Options{Seed: 3, Currency: "EUR"})
	got := s.Install()
	token := got.Token
	got.Token = ""
	want := simshop.Install{Platform: "woocommerce", Domain: "demo-shop.example", APIURL: s.URL(), Currency: "EUR", TimeZone: "Australia/Brisbane"}
	if !reflect.DeepEqual(got, want) || len(token) != 87 || !strings.HasPrefix(token, "ck_") || !strings.Contains(token, ":cs_") {
		t.Errorf("%+v %s", got, token)
	}
	if again := simulate(t, simshop.Options{Seed: 3}).Install().Token; again != token {
		t.Errorf("the same seed makes the same key: %s %s", token, again)
	}
	for currency, decimals := range map[string]int{"USD": 2, "JPY": 0, "KWD": 3} {
		if got := simulate(t, simshop.Options{Currency: currency}).Decimals(); got != decimals {
			t.Errorf("%s: %d", currency, got)
		}
	}
	if _, err := Start(Options{TimeZone: "Nowhere"}); err == nil {
		t.Error("a zone that is none")
	}
	if _, err := Start(Options{Key: "ck_alone"}); err == nil {
		t.Error("half a key")
	}
}

func TestPlace(t *testing.T) {
	t.Parallel()
	s := simulate(t, simshop.Options{})
	if _, err := s.AddCoupon(Coupon{Code: "ANNA-7Q2M", Type: "percent", Amount: 10 * unit}); err != nil {
		t.Fatal(err)
	}
	b := basket("anna-7q2M")
	b.Link = "ANNA-7Q2M"
	sold, err := s.Place(b)
	if err != nil {
		t.Fatal(err)
	}
	if sold.Total != "94.90" || sold.Name != "#"+sold.ID {
		t.Errorf("%+v", sold)
	}
	id, err := s.AddCustomer(b.Buyer)
	if err != nil {
		t.Fatal(err)
	}
	o := s.client(t).must("GET", "orders/"+sold.ID, nil)
	if fmt.Sprint(o["customer_id"]) != id || o["status"] != "processing" || o["date_paid_gmt"] == nil || o["created_via"] != "store-api" {
		t.Errorf("%v", o)
	}
	meta := map[string]any{}
	for _, m := range o["meta_data"].([]any) {
		meta[m.(map[string]any)["key"].(string)] = m.(map[string]any)["value"]
	}
	want := map[string]any{
		"_grapevine_ref": "ANNA-7Q2M", "_wc_order_attribution_session_entry": s.URL() + "/?ref=ANNA-7Q2M",
		"_wc_order_attribution_source_type": "typein", "_wc_order_attribution_utm_source": "(direct)",
	}
	if !reflect.DeepEqual(meta, want) {
		t.Errorf("%v, want %v", meta, want)
	}
	guest := basket("")
	guest.Buyer.Guest, guest.Unpaid = true, true
	sold, err = s.Place(guest)
	if err != nil {
		t.Fatal(err)
	}
	o = s.client(t).must("GET", "orders/"+sold.ID, nil)
	if o["customer_id"] != 0.0 || o["status"] != "processing" || o["date_paid_gmt"] != nil || o["payment_method"] != "cod" {
		t.Errorf("%v", o)
	}
	if err := s.Pay(sold.ID); err != nil {
		t.Fatal(err)
	}
	if o = s.client(t).must("GET", "orders/"+sold.ID, nil); o["date_paid_gmt"] == nil || o["status"] != "processing" {
		t.Errorf("%v", o)
	}
	for what, err := range map[string]error{
		"paying twice":    s.Pay(sold.ID),
		"paying nothing":  s.Pay("999"),
		"a code of none":  second(s.Place(basket("nope"))),
		"a test order":    second(s.Place(simshop.Basket{Buyer: b.Buyer, Goods: b.Goods, Test: true})),
		"an empty basket": second(s.Place(simshop.Basket{Buyer: b.Buyer})),
		"no e-mail":       second(s.Place(simshop.Basket{Goods: b.Goods})),
		"a price of none": second(s.Place(simshop.Basket{Buyer: b.Buyer, Goods: []simshop.Goods{{Title: "x", Price: "1/2"}}})),
	} {
		if err == nil {
			t.Errorf("%s is no error", what)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestRefundAndCancel(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		unpaid bool
		do     func(s *Server, id string) error
		status string
		left   string
		lines  []int // of each refund
		again  func(s *Server, id string) error
	}{
		"everything": {do: func(s *Server, id string) error { return s.Refund(id, simshop.Refund{}) }, status: "refunded", left: "0.00", lines: []int{3},
			again: func(s *Server, id string) error { return s.Refund(id, simshop.Refund{}) }},
		"a line": {do: func(s *Server, id string) error { return s.Refund(id, simshop.Refund{Lines: []int{1}}) }, status: "processing", left: "84.90", lines: []int{1},
			again: func(s *Server, id string) error { return s.Refund(id, simshop.Refund{Lines: []int{1}}) }},
		"a line that is none": {do: func(*Server, string) error { return nil }, status: "processing", left: "104.90",
			again: func(s *Server, id string) error { return s.Refund(id, simshop.Refund{Lines: []int{2}}) }},
		"an amount": {do: func(s *Server, id string) error { return s.Refund(id, simshop.Refund{Amount: "4.90"}) }, status: "processing", left: "100.00", lines: []int{0},
			again: func(s *Server, id string) error { return s.Refund(id, simshop.Refund{Amount: "100.01"}) }},
		"a line and the rest": {do: func(s *Server, id string) error {
			if err := s.Refund(id, simshop.Refund{Lines: []int{0}}); err != nil {
				return err
			}
			return s.Refund(id, simshop.Refund{})
		}, status: "refunded", left: "0.00", lines: []int{1, 2}},
		"an amount and the rest": {do: func(s *Server, id string) error {
			if err := s.Refund(id, simshop.Refund{Amount: "1"}); err != nil {
				return err
			}
			return s.Refund(id, simshop.Refund{})
		}, status: "refunded", left: "0.00", lines: []int{0, 0}},
		"cancelled when paid": {do: func(s *Server, id string) error { return s.Cancel(id) }, status: "refunded", left: "0.00", lines: []int{3},
			again: func(s *Server, id string) error { return s.Cancel(id) }},
		"cancelled when not": {unpaid: true, do: func(s *Server, id string) error { return s.Cancel(id) }, status: "cancelled", left: "104.90",
			again: func(s *Server, id string) error { return s.Cancel(id) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := simulate(t, simshop.Options{})
			b := basket("")
			b.Unpaid = tc.unpaid
			sold, err := s.Place(b)
			if err != nil {
				t.Fatal(err)
			}
			if err := tc.do(s, sold.ID); err != nil {
				t.Fatal(err)
			}
			o, err := s.Order(sold.ID)
			if err != nil {
				t.Fatal(err)
			}
			var lines []int
			for _, r := range o.Refunds {
				lines = append(lines, len(r.Lines))
			}
			if left := (o.Total() - o.Refunded()).Text(2); o.Status != tc.status || left != tc.left || !slices.Equal(lines, tc.lines) {
				t.Errorf("%s, %s left, lines %v", o.Status, left, lines)
			}
			if tc.again != nil && tc.again(s, sold.ID) == nil {
				t.Error("once more is no error")
			}
		})
	}
}

// Who buys is at a machine of her own, the same each time: rules against one's own orders look at that.
func TestEverybodyHasANetwork(t *testing.T) {
	t.Parallel()
	s := simulate(t, simshop.Options{})
	from := func(email string) string {
		t.Helper()
		b := basket("")
		b.Buyer.Email = email
		sold, err := s.Place(b)
		if err != nil {
			t.Fatal(err)
		}
		ip, err := netip.ParseAddr(s.client(t).must("GET", "orders/"+sold.ID, nil)["customer_ip_address"].(string))
		if err != nil {
			t.Fatal(err)
		}
		return netip.PrefixFrom(ip, 64).Masked().String()
	}
	ben, carla := from("ben@example.com"), from("carla@example.com")
	if again := from("BEN@example.com"); ben == carla || ben != again {
		t.Errorf("%s, %s, %s", ben, carla, again)
	}
}

// The vault counts coupons that are ours, live, unused, and for that e-mail alone.
func TestVault(t *testing.T) {
	t.Parallel()
	s := simulate(t, simshop.Options{})
	anna, err := s.AddCustomer(simshop.Buyer{Email: "Anna@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	c := s.client(t)
	coupon := func(code, amount, email, kind string) string {
		ask := map[string]any{"code": code, "amount": amount, "usage_limit": 1, "email_restrictions": []string{email}}
		if kind != "" {
			ask["meta_data"] = []any{map[string]any{"key": "_grapevine_kind", "value": kind}}
		}
		return idText(int64(c.must("POST", "coupons", ask)["id"].(float64)))
	}
	credit := func() string {
		t.Helper()
		balance, live, err := s.Credit(anna)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%s by %d", balance, live)
	}
	coupon("one", "5", "anna@example.com", "credit")
	two := coupon("two", "2.50", "ANNA@example.com", "credit")
	coupon("bens", "9", "ben@example.com", "credit")
	coupon("reward", "9", "anna@example.com", "reward")
	coupon("foreign", "9", "anna@example.com", "")
	spent, err := s.AddCoupon(Coupon{Code: "spent", Amount: 9 * unit, Emails: []string{"anna@example.com"}, UsageCount: 1, Meta: []Meta{{Key: "_grapevine_kind", Value: json.RawMessage(`"credit"`)}}})
	if err != nil {
		t.Fatal(err)
	}
	if got := credit(); got != "7.50 by 2" {
		t.Errorf("%s", got)
	}
	b := basket("ONE")
	b.Buyer.Email = "anna@example.com"
	if _, err := s.Place(b); err != nil {
		t.Fatal(err)
	}
	if got := credit(); got != "2.50 by 1" {
		t.Errorf("one is spent: %s", got)
	}
	c.must("PUT", "coupons/"+two, map[string]any{"status": "draft"})
	if got := credit(); got != "0.00 by 0" {
		t.Errorf("the other is off: %s", got)
	}
	codes, err := s.Codes()
	if err != nil {
		t.Fatal(err)
	}
	want := []simshop.Code{
		{Code: "one", Used: 1, For: "anna@example.com"}, {Code: "two", For: "anna@example.com"}, {Code: "bens", Live: true, For: "ben@example.com"},
		{Code: "reward", Live: true, For: "anna@example.com"}, {Code: "foreign", Live: true, For: "anna@example.com"},
		{Code: spent.Code, Live: true, Used: 1, For: "anna@example.com"},
	}
	if !slices.Equal(codes, want) {
		t.Errorf("%v, want %v", codes, want)
	}
	if balance, live, err := s.Credit("ben@example.com"); err != nil || balance != "9.00" || live != 1 {
		t.Errorf("a guest: %s by %d, %v", balance, live, err)
	}
	if _, _, err := s.Credit("99"); err == nil {
		t.Error("nobody's credit is no error")
	}
}

// Held from the start: the ping of a webhook goes out, and what happens waits.
func TestHeldFromTheStart(t *testing.T) {
	t.Parallel()
	s, r := simulate(t, simshop.Options{HoldPost: true}), receive(t)
	subscribe(t, s, r.URL, "order.created", "order.updated", "customer.created")
	if got := topics(r.take()); !slices.Equal(got, []string{"ping", "ping", "ping"}) {
		t.Errorf("%v", got)
	}
	sold, err := s.Place(basket(""))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range s.Take() {
		var body struct{ ID int64 }
		if err := json.Unmarshal(l.Body, &body); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(l.Topic, "order") && idText(body.ID) != sold.ID {
			t.Errorf("%s of %d", l.Topic, body.ID)
		}
		got = append(got, l.Topic)
	}
	if want := []string{"customer.created", "order.updated", "order.created"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	s.Hold(false)
	if _, err := s.Place(basket("")); err != nil {
		t.Fatal(err)
	}
	quiet(t, s)
	if got := topics(r.take()); !slices.Equal(got, []string{"order.updated", "order.created"}) {
		t.Errorf("%v", got)
	}
	if n, err := s.Redeliver(); err != nil || n != 5 {
		t.Errorf("%d %v", n, err)
	}
	quiet(t, s)
	if got := topics(r.take()); len(got) != 5 {
		t.Errorf("%v", got)
	}
}

// Many at once leave a shop that adds up.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	s, r := simulate(t, simshop.Options{}), receive(t)
	subscribe(t, s, r.URL, "order.created", "order.updated")
	if _, err := s.AddCoupon(Coupon{Code: "x", Amount: unit, UsageLimit: 5}); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	for i := range 20 {
		go func() {
			b := basket("x")
			b.Buyer.Email = fmt.Sprintf("buyer%d@example.com", i)
			_, err := s.Place(b)
			done <- err
		}()
	}
	refused := 0
	for range 20 {
		if <-done != nil {
			refused++
		}
	}
	quiet(t, s)
	if c := s.Coupons()[0]; refused != 15 || c.UsageCount != 5 || len(c.UsedBy) != 5 {
		t.Errorf("%d refused, used %d times by %v", refused, c.UsageCount, c.UsedBy)
	}
	if got := len(s.client(t).do("GET", "orders?per_page=100", nil).list(t)); got != 5 {
		t.Errorf("%d orders", got)
	}
}
