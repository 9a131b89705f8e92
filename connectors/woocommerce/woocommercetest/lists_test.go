package woocommercetest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// ids are those of a list, in its order.
func ids(t *testing.T, a answered) []int64 {
	t.Helper()
	if a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	out := []int64{}
	for _, one := range a.list(t) {
		out = append(out, int64(one["id"].(float64)))
	}
	return out
}

func TestPages(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	c := s.client(t)
	var all []int64
	for range 5 {
		o, err := s.PlaceOrder(widget("1"))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, o.ID)
	}
	for name, tc := range map[string]struct {
		query string
		want  []int64
		links []string
	}{
		"the youngest first": {"per_page=2", []int64{all[4], all[3]}, []string{"next=2"}},
		"in between":         {"per_page=2&page=2", []int64{all[2], all[1]}, []string{"prev=1", "next=3"}},
		"the last":           {"per_page=2&page=3&order=asc", []int64{all[4]}, []string{"prev=2"}},
		"behind the last":    {"per_page=2&page=9", []int64{}, []string{"prev=3"}},
		"by id":              {"per_page=2&orderby=id&order=asc", []int64{all[0], all[1]}, []string{"next=2"}},
		"chosen":             {fmt.Sprintf("per_page=2&include=%d,%d&order=asc", all[1], all[3]), []int64{all[1], all[3]}, nil},
		"but some":           {fmt.Sprintf("exclude=%d&order=asc", all[0]), all[1:], nil},
	} {
		t.Run(name, func(t *testing.T) {
			a := c.do("GET", "orders?"+tc.query, nil)
			if got := ids(t, a); !slices.Equal(got, tc.want) {
				t.Errorf("%v, want %v", got, tc.want)
			}
			var links []string
			for _, l := range a.header.Values("Link") {
				address, rel, _ := strings.Cut(strings.TrimPrefix(l, "<"), ">; rel=")
				u, err := url.Parse(address)
				if err != nil || !strings.HasPrefix(address, s.URL()+"/wp-json/wc/v3/orders?") || u.Query().Get("per_page") != "2" {
					t.Errorf("%v: %s", err, l)
				}
				links = append(links, strings.Trim(rel, `"`)+"="+u.Query().Get("page"))
			}
			if !slices.Equal(links, tc.links) {
				t.Errorf("%v, want %v", links, tc.links)
			}
		})
	}
	a := c.do("GET", "orders?per_page=2", nil)
	if a.header.Get("X-WP-Total") != "5" || a.header.Get("X-WP-TotalPages") != "3" {
		t.Errorf("%v", a.header)
	}
	if a := c.do("GET", "orders?per_page=100", nil); a.status != 200 {
		t.Errorf("100: %d", a.status)
	}
	for _, bad := range []string{"per_page=101", "per_page=0", "page=0", "per_page=x", "order=up", "orderby=price", "status=paid", "modified_after=yesterday"} {
		if got := c.do("GET", "orders?"+bad, nil).code(t); got != "400 rest_invalid_param" {
			t.Errorf("%s: %s", bad, got)
		}
	}
	if got := string(c.do("GET", fmt.Sprintf("orders/%d?_fields=id,status", all[0]), nil).body); got != fmt.Sprintf(`{"id":%d,"status":"processing"}`, all[0]) {
		t.Errorf("_fields: %s", got)
	}
}

// With dates_are_gmt a time without a zone is compared as it is; without, with the shop's clock. A time with a
// zone is first turned to the shop's clock, which with dates_are_gmt is off by the offset.
func TestTimesOfLists(t *testing.T) {
	t.Parallel()
	tick := newClock()
	s := open(t, Options{Now: tick.now, TimeZone: "Australia/Brisbane"})
	c := s.client(t)
	first := place(t, s, widget("1")) // 12:00:00Z, 22:00:00 in the shop
	tick.add(time.Hour)
	second := place(t, s, widget("1"))
	tick.add(time.Hour)
	if err := s.SetStatus(first, "completed"); err != nil { // 14:00:00Z
		t.Fatal(err)
	}
	for query, want := range map[string][]string{
		"modified_after=2026-11-22T13:00:00&dates_are_gmt=true":  {first},
		"modified_after=2026-11-22T12:59:59&dates_are_gmt=true":  {second, first},
		"modified_after=2026-11-22T23:00:00":                     {first},
		"modified_after=2026-11-22T13:00:00Z":                    {first},
		"modified_after=2026-11-22T13:00:00Z&dates_are_gmt=true": {},
		"after=2026-11-22T12:00:00&dates_are_gmt=true":           {second},
		"before=2026-11-22T13:00:00&dates_are_gmt=1":             {first},
		"modified_before=2026-11-22T14:00:00&dates_are_gmt=true": {second},
	} {
		got := []string{}
		for _, id := range ids(t, c.do("GET", "orders?orderby=modified&order=asc&"+query, nil)) {
			got = append(got, idText(id))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
}

func TestFiltersOfOrders(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	c := s.client(t)
	plain := place(t, s, widget("1"))
	draft := widget("1")
	draft.Draft = true
	drafted := place(t, s, draft)
	trashed := place(t, s, widget("1"))
	if err := s.Trash(trashed); err != nil {
		t.Fatal(err)
	}
	own := widget("1")
	asZed(s, &own)
	own.Billing.Email = "other@example.test"
	mine := place(t, s, own)
	for query, want := range map[string][]string{
		"":                                   {plain, drafted, mine},
		"status=any":                         {plain, drafted, mine},
		"status=processing,checkout-draft":   {plain, drafted, mine},
		"status[]=checkout-draft&status[]=x": nil,
		"status[0]=checkout-draft":           {drafted},
		"status=trash":                       {trashed},
		"customer=" + idText(own.CustomerID): {mine},
		"customer=0":                         {plain, drafted},
		"search=OTHER@example":               {mine},
		"search=nothing":                     {},
	} {
		a := c.do("GET", "orders?orderby=id&order=asc&"+strings.NewReplacer("[]", "%5B%5D", "[0]", "%5B0%5D").Replace(query), nil)
		if want == nil {
			if a.status == 200 {
				t.Errorf("%s: %s", query, a.body)
			}
			continue
		}
		got := []string{}
		for _, id := range ids(t, a) {
			got = append(got, idText(id))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
}

func TestCustomersByTheAPI(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	c := s.client(t)
	made := c.must("POST", "customers", map[string]any{"email": "Bob@example.test", "first_name": "Bob"})
	if made["role"] != "customer" || made["username"] != "bob" || made["email"] != "Bob@example.test" {
		t.Errorf("%v", made)
	}
	id := idText(int64(made["id"].(float64)))
	c.must("POST", "customers", map[string]any{"email": "bob@other.test"})
	for name, tc := range map[string]struct {
		method, route string
		body          any
		want          string
	}{
		"an e-mail that has one":    {"POST", "customers", map[string]any{"email": "BOB@example.test"}, "400 registration-error-email-exists"},
		"no e-mail":                 {"POST", "customers", map[string]any{"first_name": "Bob"}, "400 rest_missing_callback_param"},
		"an e-mail that is none":    {"POST", "customers", map[string]any{"email": "bob"}, "400 rest_invalid_param"},
		"reading what is not there": {"GET", "customers/99", nil, "404 wc_user_invalid_id"},
		"deleting without force":    {"DELETE", "customers/" + id, nil, "501 woocommerce_rest_trash_not_supported"},
		"another's e-mail":          {"PUT", "customers/" + id, map[string]any{"email": "bob@other.test"}, "400 woocommerce_rest_customer_invalid_email"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.do(tc.method, tc.route, tc.body).code(t); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
	if got := c.do("GET", "customers?email=bob@EXAMPLE.test", nil).list(t); len(got) != 1 || got[0]["first_name"] != "Bob" {
		t.Errorf("by e-mail: %v", got)
	}
	if got := c.do("GET", "customers?email=no@example.test", nil).list(t); len(got) != 0 {
		t.Errorf("by another: %v", got)
	}
	changed := c.must("PUT", "customers/"+id, map[string]any{"last_name": "B", "meta_data": []any{map[string]any{"key": "k", "value": "v"}}})
	if changed["last_name"] != "B" || len(changed["meta_data"].([]any)) != 1 {
		t.Errorf("%v", changed)
	}
	order := widget("1")
	order.CustomerID = int64(made["id"].(float64))
	o := place(t, s, order)
	if got := c.must("GET", "customers/"+id, nil)["is_paying_customer"]; got != true {
		t.Errorf("after a paid order: %v", got)
	}
	c.must("DELETE", "customers/"+id+"?force=true", nil)
	if got := c.must("GET", "orders/"+o, nil)["customer_id"]; got != 0.0 {
		t.Errorf("the order of a customer who is gone: %v", got)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	s := open(t, Options{Currency: "EUR", TimeZone: "Europe/Berlin", Decimals: -1})
	c := s.client(t)
	status := c.must("GET", "system_status", nil)
	env := status["environment"].(map[string]any)
	if settings := status["settings"].(map[string]any); settings["currency"] != "EUR" || settings["number_of_decimals"] != 0.0 ||
		env["version"] != "11.0.1" || env["home_url"] != s.URL() || len(env["store_id"].(string)) != 36 {
		t.Errorf("%v", status)
	}
	if got := c.must("GET", "settings/general/woocommerce_price_num_decimals", nil)["value"]; got != "0" {
		t.Errorf("decimals: %v", got)
	}
	if got := c.do("GET", "settings/general", nil).list(t); len(got) < 5 {
		t.Errorf("%v", got)
	}
	if got := c.do("GET", "settings/general/nothing", nil).code(t); got != "404 rest_setting_setting_invalid" {
		t.Errorf("%s", got)
	}
	index := c.send(http.MethodGet, s.URL()+"/wp-json/", nil, nil).object(t)
	if index["timezone_string"] != "Europe/Berlin" || index["gmt_offset"] != 1.0 || index["name"] != "Demo Shop" {
		t.Errorf("the root needs no key: %v", index)
	}
}

// With plain permalinks there is nothing under /wp-json; rest_route works always.
func TestPermalinks(t *testing.T) {
	t.Parallel()
	s := open(t, Options{Plain: true})
	c := s.client(t)
	if a := c.do("GET", "orders", nil); a.status != 404 || !strings.Contains(string(a.body), "<!DOCTYPE html>") {
		t.Errorf("%d %s", a.status, a.body)
	}
	c.plain = true
	if a := c.do("GET", "orders", nil); a.status != 200 {
		t.Errorf("%d %s", a.status, a.body)
	}
	for range 3 {
		place(t, s, widget("1"))
	}
	a := c.do("GET", "orders?per_page=2", nil)
	if link := a.header.Get("Link"); !strings.HasPrefix(link, "<"+s.URL()+"/index.php?rest_route=%2Fwc%2Fv3%2Forders&") {
		t.Errorf("%s", link)
	}
	if a := c.send("GET", s.URL()+"/index.php?rest_route=/", nil, nil); a.object(t)["name"] != "Demo Shop" {
		t.Errorf("the root: %s", a.body)
	}
	s.SetPermalinks(true)
	if a := c.do("GET", "orders", nil); a.status != 200 {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// What was asked is kept, without what signs it.
func TestCallsAreKept(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	c := s.client(t)
	c.do("GET", "orders?per_page=2", nil)
	c.do("DELETE", "orders/9", nil)
	want := []Call{{"GET", "/wc/v3/orders", "per_page=2", 200}, {"DELETE", "/wc/v3/orders/9", "", 404}}
	if got := s.Calls(); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
