package woocommercetest

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"
)

// What the echo of a coupon says of what was asked for.
func TestCouponsAreEchoedAsTheyAre(t *testing.T) {
	t.Parallel()
	s := open(t, Options{TimeZone: "Australia/Brisbane"}) // ten hours ahead, all year
	c := s.client(t)
	for name, tc := range map[string]struct {
		ask  map[string]any
		want map[string]any
	}{
		"codes are trimmed and lower case":        {map[string]any{"code": "  REF-Alice10 "}, map[string]any{"code": "ref-alice10"}},
		"HTML goes":                               {map[string]any{"code": "<b>x</b>"}, map[string]any{"code": "x"}},
		"ampersands are escaped":                  {map[string]any{"code": "a&amp"}, map[string]any{"code": "a&amp;amp"}},
		"anything else stays":                     {map[string]any{"code": "a/b 50% d'été"}, map[string]any{"code": "a/b 50% d'été"}},
		"amounts are rounded":                     {map[string]any{"code": "r", "amount": "0.333"}, map[string]any{"amount": "0.33"}},
		"amounts may be numbers":                  {map[string]any{"code": "n", "amount": 10}, map[string]any{"amount": "10.00"}},
		"no kind is an amount off the basket":     {map[string]any{"code": "k"}, map[string]any{"discount_type": "fixed_cart", "minimum_amount": "0.00", "usage_limit": nil}},
		"date_expires_gmt is not read":            {map[string]any{"code": "g", "date_expires_gmt": "2027-06-01T00:00:00"}, map[string]any{"date_expires": nil, "date_expires_gmt": nil}},
		"what is no date is none":                 {map[string]any{"code": "d", "date_expires": "next summer"}, map[string]any{"date_expires": nil}},
		"a date without a zone is the shop's":     {map[string]any{"code": "l", "date_expires": "2027-06-01T00:00:00"}, map[string]any{"date_expires": "2027-06-01T00:00:00", "date_expires_gmt": "2027-05-31T14:00:00"}},
		"a date with a zone is turned":            {map[string]any{"code": "z", "date_expires": "2027-06-01T00:00:00Z"}, map[string]any{"date_expires": "2027-06-01T10:00:00", "date_expires_gmt": "2027-06-01T00:00:00"}},
		"e-mails are lower case":                  {map[string]any{"code": "e", "email_restrictions": []string{"Anna@Example.TEST"}}, map[string]any{"email_restrictions": []any{"anna@example.test"}}},
		"what is no e-mail goes in silence":       {map[string]any{"code": "i", "email_restrictions": []string{"not-an-email"}}, map[string]any{"email_restrictions": []any{}}},
		"one e-mail need not be in a list":        {map[string]any{"code": "b", "email_restrictions": "anna@example.test"}, map[string]any{"email_restrictions": []any{"anna@example.test"}}},
		"what is unknown is ignored":              {map[string]any{"code": "u", "colour": "red"}, map[string]any{"code": "u"}},
		"custom data of any kind is kept":         {map[string]any{"code": "m", "meta_data": []any{map[string]any{"key": "_a", "value": map[string]any{"b": 1}}}}, map[string]any{"meta_data": []any{map[string]any{"id": 1.0, "key": "_a", "value": map[string]any{"b": 1.0}}}}},
		"limits may be null":                      {map[string]any{"code": "q", "usage_limit": nil, "usage_limit_per_user": 1}, map[string]any{"usage_limit": nil, "usage_limit_per_user": 1.0}},
		"a draft is one from the start if wanted": {map[string]any{"code": "v", "status": "draft"}, map[string]any{"status": "draft"}},
	} {
		t.Run(name, func(t *testing.T) {
			made := c.must(http.MethodPost, "coupons", tc.ask)
			read := c.must(http.MethodGet, "coupons/"+idText(int64(made["id"].(float64))), nil)
			if !reflect.DeepEqual(made, read) {
				t.Errorf("made and read differ:\n%v\n%v", made, read)
			}
			for member, want := range tc.want {
				if !reflect.DeepEqual(made[member], want) {
					t.Errorf("%s: %v, want %v", member, made[member], want)
				}
			}
		})
	}
}

func TestCouponsThatAreRefused(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	c := s.client(t)
	c.must(http.MethodPost, "coupons", map[string]any{"code": "taken"})
	other := c.must(http.MethodPost, "coupons", map[string]any{"code": "other"})
	id := idText(int64(other["id"].(float64)))
	for name, tc := range map[string]struct {
		method, route string
		ask           map[string]any
		want          string
	}{
		"no code":                     {"POST", "coupons", map[string]any{"amount": "1"}, "400 woocommerce_rest_empty_coupon_code"},
		"a code that is taken":        {"POST", "coupons", map[string]any{"code": "TAKEN "}, "400 woocommerce_rest_coupon_code_already_exists"},
		"taking a code by a change":   {"PUT", "coupons/" + id, map[string]any{"code": "Taken"}, "400 woocommerce_rest_coupon_code_already_exists"},
		"a negative amount":           {"POST", "coupons", map[string]any{"code": "a", "amount": "-1"}, "400 coupon_invalid_amount"},
		"more than 100 percent":       {"POST", "coupons", map[string]any{"code": "a", "amount": "100.5", "discount_type": "percent"}, "400 coupon_invalid_amount"},
		"a kind that is none":         {"POST", "coupons", map[string]any{"code": "a", "discount_type": "bogus"}, "400 rest_invalid_param"},
		"a number for a date":         {"POST", "coupons", map[string]any{"code": "a", "date_expires": 1800000000}, "400 rest_invalid_param"},
		"a text for a limit":          {"POST", "coupons", map[string]any{"code": "a", "usage_limit": "many"}, "400 rest_invalid_param"},
		"reading what is not there":   {"GET", "coupons/999", nil, "404 woocommerce_rest_shop_coupon_invalid_id"},
		"changing what is not there":  {"PUT", "coupons/999", map[string]any{"amount": "1"}, "400 woocommerce_rest_shop_coupon_invalid_id"},
		"deleting what is not there":  {"DELETE", "coupons/999", nil, "404 woocommerce_rest_shop_coupon_invalid_id"},
		"custom data that is no list": {"POST", "coupons", map[string]any{"code": "a", "meta_data": "x"}, "400 rest_invalid_param"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.do(tc.method, tc.route, tc.ask).code(t); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
	if got := len(s.Coupons()); got != 2 {
		t.Errorf("%d coupons, want 2", got)
	}
}

// Drafts and what is in the trash are not found by their code, and do not keep it.
func TestCouponsByCode(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	c := s.client(t)
	id := idText(int64(c.must("POST", "coupons", map[string]any{"code": "Anna-1", "amount": "5"})["id"].(float64)))
	if got := c.do("GET", "coupons?code=ANNA-1", nil).list(t); len(got) != 1 || got[0]["code"] != "anna-1" {
		t.Errorf("in any case: %v", got)
	}
	if got := c.do("GET", "coupons?code=anna", nil).list(t); len(got) != 0 {
		t.Errorf("a part: %v", got)
	}
	c.must("PUT", "coupons/"+id, map[string]any{"status": "draft"})
	if got := c.do("GET", "coupons?code=anna-1", nil).list(t); len(got) != 0 {
		t.Errorf("a draft: %v", got)
	}
	c.must("POST", "coupons", map[string]any{"code": "anna-1", "amount": "6"})
	c.must("DELETE", "coupons/"+id, nil)
	if got := c.do("DELETE", "coupons/"+id, nil).code(t); got != "410 woocommerce_rest_already_trashed" {
		t.Errorf("twice: %s", got)
	}
	if got := c.must("GET", "coupons/"+id, nil)["status"]; got != "trash" {
		t.Errorf("in the trash: %v", got)
	}
	if got := c.do("GET", "coupons", nil).list(t); len(got) != 1 || got[0]["amount"] != "6.00" {
		t.Errorf("the list: %v", got)
	}
	c.must("DELETE", "coupons/"+id+"?force=true", nil)
	if got := c.do("GET", "coupons/"+id, nil).code(t); got != "404 woocommerce_rest_shop_coupon_invalid_id" {
		t.Errorf("gone: %s", got)
	}
}

// The check for a free code is not one with the writing: five at a time all succeed, and the lookup by code
// shows one of the five.
func TestConcurrentCouponsOfOneCode(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	c := s.client(t)
	s.GatherCoupons(5, 10*time.Second)
	statuses := make([]int, 5)
	var wg sync.WaitGroup
	for i := range statuses {
		wg.Go(func() { statuses[i] = c.do("POST", "coupons", map[string]any{"code": "RACE", "amount": i + 1}).status })
	}
	wg.Wait()
	s.GatherCoupons(0, 0)
	if want := []int{201, 201, 201, 201, 201}; !slices.Equal(statuses, want) {
		t.Errorf("%v", statuses)
	}
	if got := c.do("GET", "coupons?code=race", nil).list(t); len(got) != 1 {
		t.Errorf("by code: %v", got)
	}
	if got := c.do("GET", "coupons?search=race", nil).list(t); len(got) != 5 {
		t.Errorf("by search: %d", len(got))
	}
	if got := c.do("POST", "coupons", map[string]any{"code": "race"}).code(t); got != "400 woocommerce_rest_coupon_code_already_exists" {
		t.Errorf("one after the other: %s", got)
	}
}

// A single one waits for others in vain, and is made all the same.
func TestGatheringEndsWithPatience(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	s.GatherCoupons(2, time.Millisecond)
	if a := s.client(t).do("POST", "coupons", map[string]any{"code": "alone"}); a.status != 201 {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestRulesOfCoupons(t *testing.T) {
	t.Parallel()
	past := noon.Add(-time.Hour)
	for name, tc := range map[string]struct {
		coupon Coupon
		order  func(s *Server, in *OrderInput)
		want   string // of the refusal; "": taken
	}{
		"any case":                 {coupon: Coupon{Code: "x", Amount: 5 * unit}, order: func(_ *Server, in *OrderInput) { in.Coupons = []string{" X "} }},
		"no such code":             {coupon: Coupon{Code: "x"}, order: func(_ *Server, in *OrderInput) { in.Coupons = []string{"y"} }, want: `Coupon "y" cannot be applied because it does not exist.`},
		"a draft":                  {coupon: Coupon{Code: "x", Status: "draft"}, want: `Coupon "x" cannot be applied because it does not exist.`},
		"expired":                  {coupon: Coupon{Code: "x", Expires: &past}, want: `Coupon "x" has expired.`},
		"used up":                  {coupon: Coupon{Code: "x", UsageLimit: 1, UsageCount: 1}, want: `Usage limit for coupon "x" has been reached.`},
		"below the minimum":        {coupon: Coupon{Code: "x", MinimumAmount: 26 * unit}, want: `The minimum spend for coupon "x" is 26.00.`},
		"above the maximum":        {coupon: Coupon{Code: "x", MaximumAmount: 24 * unit}, want: `The maximum spend for coupon "x" is 24.00.`},
		"another's":                {coupon: Coupon{Code: "x", Emails: []string{"anna@example.test"}}, want: `Please enter a valid email to use coupon code "x".`},
		"nobody's yet":             {coupon: Coupon{Code: "x", Emails: []string{"anna@example.test"}}, order: func(_ *Server, in *OrderInput) { in.Billing.Email = "" }, want: `Please enter a valid email at checkout to use coupon code "x".`},
		"his own":                  {coupon: Coupon{Code: "x", Emails: []string{"ZED@example.test"}}},
		"his own by a star":        {coupon: Coupon{Code: "x", Emails: []string{"*@example.test"}}},
		"his own by his account":   {coupon: Coupon{Code: "x", Emails: []string{"zed@home.test"}}, order: asZed},
		"once per guest":           {coupon: Coupon{Code: "x", UsageLimitPerUser: 1, UsedBy: []string{"zed@example.test"}, UsageCount: 1}, want: `Usage limit for coupon "x" has been reached.`},
		"once per another guest":   {coupon: Coupon{Code: "x", UsageLimitPerUser: 1, UsedBy: []string{"anna@example.test"}, UsageCount: 1}},
		"another product":          {coupon: Coupon{Code: "x", Type: "percent", Amount: 10 * unit, ProductIDs: []int64{999}}, want: `Sorry, coupon "x" is not applicable to selected products.`},
		"another product, basket":  {coupon: Coupon{Code: "x", ProductIDs: []int64{999}}, want: `Sorry, coupon "x" is not applicable to selected products.`},
		"a product that is out":    {coupon: Coupon{Code: "x", Type: "fixed_product", Amount: unit, ExcludeSaleItems: true}, order: onSale, want: `Sorry, coupon "x" is not applicable to selected products.`},
		"a category that is in":    {coupon: Coupon{Code: "x", Type: "percent", Amount: 10 * unit, Categories: []int64{7}}, order: onSale},
		"a category that is out":   {coupon: Coupon{Code: "x", ExcludedCategories: []int64{7}}, order: onSale, want: `Sorry, coupon "x" is not applicable to selected products.`},
		"alone with another":       {coupon: Coupon{Code: "x", IndividualUse: true}, order: withSecond, want: `Sorry, coupon "x" has already been applied and cannot be used in conjunction with other coupons.`},
		"two that bear each other": {coupon: Coupon{Code: "x", Amount: unit}, order: withSecond},
		"twice the same":           {coupon: Coupon{Code: "x"}, order: func(_ *Server, in *OrderInput) { in.Coupons = []string{"x", "X"} }, want: `Coupon code "x" already applied!`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, Options{})
			if _, err := s.AddCoupon(tc.coupon); err != nil {
				t.Fatal(err)
			}
			in := widget("25.00", "x")
			if tc.order != nil {
				tc.order(s, &in)
			}
			_, err := s.PlaceOrder(in)
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}

func asZed(s *Server, in *OrderInput) {
	c, err := s.CreateCustomer(CustomerInput{Email: "zed@home.test"})
	if err != nil {
		panic(err)
	}
	in.CustomerID = c.ID
}

func onSale(s *Server, in *OrderInput) {
	id := s.AddProduct(Product{Name: "Lamp", Price: 25 * unit, OnSale: true, Categories: []int64{7}})
	in.Lines = []LineInput{{ProductID: id}}
}

func withSecond(s *Server, in *OrderInput) {
	if _, err := s.AddCoupon(Coupon{Code: "second", Amount: unit}); err != nil {
		panic(err)
	}
	in.Coupons = append(in.Coupons, "second")
}

// Uses rise when an order is placed and fall when it is called off, but not when it is refunded.
func TestUsesAreCounted(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	made, err := s.AddCoupon(Coupon{Code: "x", Amount: unit})
	if err != nil {
		t.Fatal(err)
	}
	read := func() map[string]any {
		a := s.client(t).must("GET", "coupons/"+idText(made.ID), nil)
		return map[string]any{"count": a["usage_count"], "by": a["used_by"]}
	}
	check := func(when string, count float64, by ...any) {
		t.Helper()
		if by == nil {
			by = []any{}
		}
		if got, want := read(), map[string]any{"count": count, "by": by}; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v", when, got, want)
		}
	}
	draft := widget("25", "x")
	draft.Draft = true
	id := place(t, s, draft)
	check("a draft", 0)
	if err := s.SetStatus(id, "on-hold"); err != nil {
		t.Fatal(err)
	}
	check("placed by a guest", 1, "zed@example.test")
	in := widget("25", "x")
	asZed(s, &in)
	second := place(t, s, in)
	check("placed by an account", 2, "zed@example.test", idText(in.CustomerID))
	for _, status := range []string{"cancelled", "failed"} {
		if err := s.SetStatus(id, status); err != nil {
			t.Fatal(err)
		}
		check(status, 1, idText(in.CustomerID))
	}
	if _, err := s.RefundOrder(second, RefundInput{}); err != nil {
		t.Fatal(err)
	}
	check("refunded", 1, idText(in.CustomerID))
	if err := s.Trash(second); err != nil {
		t.Fatal(err)
	}
	check("thrown away", 0)
	if err := s.Restore(second); err != nil {
		t.Fatal(err)
	}
	check("restored", 1, idText(in.CustomerID))
}

// Custom data is changed by key or by id, and taken away by null.
func TestCustomData(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	c := s.client(t)
	pair := func(k string, v any) map[string]any { return map[string]any{"key": k, "value": v} }
	made := c.must("POST", "coupons", map[string]any{"code": "m", "meta_data": []any{pair("a", "1"), pair("b", "2"), pair("url", "https://x/é")}})
	id := idText(int64(made["id"].(float64)))
	changed := c.must("PUT", "coupons/"+id, map[string]any{"meta_data": []any{pair("a", []int{1}), pair("b", nil), pair("c", 3)}})
	got, err := json.Marshal(changed["meta_data"])
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"id":1,"key":"a","value":[1]},{"id":3,"key":"url","value":"https://x/é"},{"id":4,"key":"c","value":3}]`
	if string(got) != want {
		t.Errorf("%s, want %s", got, want)
	}
}
