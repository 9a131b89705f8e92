package shopify_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"grapevine/connectors/shopify"
	"grapevine/rewards"
)

const firstOrder = "5940001112223334445"

func sameJSON(a, b any) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return string(x) == string(y) && reflect.DeepEqual(a, b)
}

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile("testdata/webhooks/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func decode(t testing.TB, topic, name string) rewards.Event {
	t.Helper()
	e, err := newConnector(t).Decode(topic, fixture(t, name), triggered)
	if err != nil {
		t.Fatalf("%s %s: %v", topic, name, err)
	}
	return e
}

func decodeOrder(t testing.TB, name string) rewards.Order {
	t.Helper()
	seen, ok := decode(t, "orders/updated", name).(rewards.OrderSeen)
	if !ok {
		t.Fatalf("%s is no order", name)
	}
	return seen.Order
}

var (
	triggered = time.Date(2026, 11, 10, 12, 0, 0, 0, time.UTC)
	placed    = time.Date(2026, 11, 5, 14, 30, 0, 0, time.UTC)
)

func usd(minor int64) rewards.Money { return rewards.Money{Minor: minor, Currency: "USD"} }

func TestAPaidOrderWithACode(t *testing.T) {
	t.Parallel()
	got := decodeOrder(t, "order_code_paid")
	want := rewards.Order{
		ID: firstOrder, Name: "#1001", PlacedAt: placed, UpdatedAt: placed.Add(4 * time.Second),
		Currency: "USD", Payment: rewards.PaymentPaid,
		Customer: &rewards.Person{ID: "6940001112223334445", Email: "friend@example.com", Phone: "+15555550123", Name: "Frida", Surname: "Example"},
		Country:  "US",
		Trail:    trailTo("", "", "Springfield", "", "US"),
		Codes:    []rewards.AppliedCode{{Code: "ANNA-7Q2M", TookOff: usd(400)}},
		Lines: []rewards.Line{
			{ID: "1301", ProductID: "7001", Quantity: 1, Current: 1, Amount: usd(1800)},
			{ID: "1302", ProductID: "7002", Quantity: 2, Current: 2, Amount: usd(1800)},
		},
		MoneyBack: usd(0),
	}
	if !sameJSON(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestEveryOrderTopicIsDecidedByItsState(t *testing.T) {
	t.Parallel()
	want := decode(t, "orders/create", "order_code_paid")
	for _, topic := range []string{"orders/paid", "orders/updated", "orders/cancelled"} {
		if got := decode(t, topic, "order_code_paid"); !sameJSON(got, want) {
			t.Errorf("%s: got %+v", topic, got)
		}
	}
}

func TestTheTitleOfAStaffDiscountIsNoCode(t *testing.T) {
	t.Parallel()
	got := decodeOrder(t, "order_manual_title")
	if len(got.Codes) != 0 {
		t.Errorf("got codes %+v", got.Codes)
	}
	if got.Lines[0].Amount != usd(1800) {
		t.Errorf("the staff discount still lowers the line: %v", got.Lines[0].Amount)
	}
}

func TestEachCodeIsMatchedWithWhatItTookOff(t *testing.T) {
	t.Parallel()
	got := decodeOrder(t, "order_two_codes_and_shipping")
	want := []rewards.AppliedCode{{Code: "ANNA-7Q2M", TookOff: usd(500)}, {Code: "ben-44XY", TookOff: usd(800)}}
	if !sameJSON(got.Codes, want) {
		t.Errorf("got %+v, want %+v", got.Codes, want)
	}
	if got.Lines[0].Amount != usd(4200) {
		t.Errorf("the line is worth %v: shipping must not count", got.Lines[0].Amount)
	}
}

func TestTaxInPricesIsTakenOut(t *testing.T) {
	t.Parallel()
	if got := decodeOrder(t, "order_tax_included").Lines[0].Amount; got != usd(2400-240-360) {
		t.Errorf("got %v", got)
	}
}

func TestGiftCardsAreMarkedAndTipsAreLeftOut(t *testing.T) {
	t.Parallel()
	got := decodeOrder(t, "order_gift_card_and_tip")
	if len(got.Lines) != 2 || got.Lines[0].GiftCard || !got.Lines[1].GiftCard {
		t.Fatalf("got %+v", got.Lines)
	}
	if e, err := got.Eligible(); err != nil || e.Left != usd(2000) {
		t.Errorf("got %+v, %v", e, err)
	}
}

func TestARefundOfLinesAndShippingLeavesNoMoneyBack(t *testing.T) {
	t.Parallel()
	got := decodeOrder(t, "order_refund_of_lines_and_shipping")
	if got.MoneyBack != usd(0) || got.Lines[0].Current != 0 || got.Payment != rewards.PaymentPartiallyRefunded {
		t.Fatalf("got %+v", got)
	}
	if e, err := got.Eligible(); err != nil || e.Original != usd(3600) || e.Left != usd(1800) {
		t.Errorf("got %+v, %v", e, err)
	}
}

func TestARefundOfMoneyAloneCountsAsGoodsUnlessForShipping(t *testing.T) {
	t.Parallel()
	got := decodeOrder(t, "order_refund_of_money")
	if got.MoneyBack != usd(750) {
		t.Errorf("got %v", got.MoneyBack)
	}
	if e, err := got.Eligible(); err != nil || e.Left != usd(3600-750) {
		t.Errorf("got %+v, %v", e, err)
	}
}

func TestStatesThatDecide(t *testing.T) {
	t.Parallel()
	for name, check := range map[string]func(o rewards.Order) bool{
		"order_cancelled":   func(o rewards.Order) bool { return o.Cancelled && o.Gone() && !o.Paid() },
		"order_no_customer": func(o rewards.Order) bool { return o.Customer == nil && o.Lines[0].ProductID == "" },
		"order_without_protected_data": func(o rewards.Order) bool {
			return o.Customer.ID != "" && o.Customer.Email == "" && o.Customer.Phone == ""
		},
		"order_test":           func(o rewards.Order) bool { return o.Test },
		"order_unknown_status": func(o rewards.Order) bool { return o.Payment == rewards.PaymentUnknown && !o.Paid() },
		"order_pending":        func(o rewards.Order) bool { return o.Payment == rewards.PaymentPending },
		"order_yen":            func(o rewards.Order) bool { return o.Lines[0].Amount == rewards.Money{Minor: 1800, Currency: "JPY"} },
		"order_free":           func(o rewards.Order) bool { return o.Lines[0].Amount == usd(0) && o.Codes[0].TookOff == usd(2000) },
		"order_other_currency_shown": func(o rewards.Order) bool {
			return o.Currency == "USD" && o.Codes[0].TookOff == usd(200) && o.MoneyBack == usd(0)
		},
	} {
		if o := decodeOrder(t, name); !check(o) {
			t.Errorf("%s: got %+v", name, o)
		}
	}
}

// An order in a currency that we do not know must end with a person, so its codes are still told, and
// nothing can be reckoned from it.
func TestAnUnknownCurrencyKeepsItsCodes(t *testing.T) {
	t.Parallel()
	got := decodeOrder(t, "order_unknown_currency")
	if got.Currency != "XQQ" || len(got.Codes) != 1 || got.Codes[0].Code != "ANNA-7Q2M" || got.Customer == nil {
		t.Fatalf("got %+v", got)
	}
	if _, err := got.Eligible(); rewards.KindOf(err) != rewards.Invalid {
		t.Errorf("its total can be reckoned: %v", err)
	}
}

func TestOtherTopics(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		topic, file string
		want        rewards.Event
	}{
		"a refund is flat and touches its order": {"refunds/create", "refund", rewards.OrderTouched{OrderID: "5940001112223334451", At: time.Date(2026, 11, 9, 16, 0, 0, 0, time.UTC)}},
		"an edit touches its order":              {"orders/edited", "order_edited", rewards.OrderTouched{OrderID: firstOrder, At: time.Date(2026, 11, 7, 15, 2, 0, 0, time.UTC)}},
		"a deleted order is asked for":           {"orders/delete", "order_deleted", rewards.OrderTouched{OrderID: firstOrder, At: triggered}},
		"a customer": {"customers/update", "customer", rewards.CustomerSeen{Person: rewards.Person{
			ID: "6940001112223334445", Email: "friend@example.com", Phone: "+15555550123", Name: "Frida", Surname: "Example"}}},
		"a customer is gone": {"customers/delete", "customer_deleted", rewards.CustomerGone{CustomerID: "6940001112223334445"}},
		"a data request":     {"customers/data_request", "customer_data_request", rewards.DataRequested{CustomerID: "6940001112223334445"}},
		"an erasure": {"customers/redact", "customer_redact", rewards.CustomerErased{CustomerID: "6940001112223334445",
			OrderIDs: []string{firstOrder, "5940001112223334446"}}},
		"a shop's erasure":     {"shop/redact", "shop_redact", rewards.ShopErased{}},
		"an uninstallation":    {"app/uninstalled", "app_uninstalled", rewards.AppUninstalled{At: triggered}},
		"a topic not heard of": {"themes/publish", "order_deleted", rewards.Unheeded{Reason: "unknown_topic"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := decode(t, tc.topic, tc.file); !reflect.DeepEqual(got, tc.want) {
				t.Errorf("got %#v, want %#v", got, tc.want)
			}
		})
	}
}

// The topic is not signed. A body that was captured under one topic must not do harm under another.
func TestABodyUnderAnotherTopicIsRefused(t *testing.T) {
	t.Parallel()
	for topic, files := range map[string][]string{
		"app/uninstalled":        {"order_code_paid", "customer", "refund", "customer_deleted", "shop_redact"},
		"shop/redact":            {"order_code_paid", "customer", "customer_redact", "app_uninstalled"},
		"customers/redact":       {"order_code_paid", "customer", "shop_redact"},
		"customers/data_request": {"order_code_paid", "customer"},
		"customers/delete":       {"order_code_paid", "customer"},
		"customers/update":       {"order_code_paid", "refund"},
		"orders/updated":         {"customer", "refund", "order_deleted"},
		"orders/delete":          {"customer", "refund"},
		"refunds/create":         {"order_code_paid", "customer", "order_edited"},
		"orders/edited":          {"order_code_paid", "refund"},
	} {
		for _, file := range files {
			if e, err := newConnector(t).Decode(topic, fixture(t, file), triggered); rewards.KindOf(err) != rewards.Invalid {
				t.Errorf("%s as %s: got %#v, %v", file, topic, e, err)
			}
		}
	}
}

func TestMalformedBodiesAreQuarantined(t *testing.T) {
	t.Parallel()
	good := string(fixture(t, "order_code_paid"))
	with := func(old, replacement string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("%s is not in the fixture", old)
		}
		return strings.Replace(good, old, replacement, 1)
	}
	id := `"id": 5940001112223334445`
	for name, body := range map[string]string{
		"empty":                     "",
		"not JSON":                  "<html>",
		"an array":                  "[]",
		"null":                      "null",
		"truncated":                 good[:len(good)/2],
		"trailing data":             good + "{}",
		"a byte-order mark":         "\ufeff" + good,
		"invalid UTF-8":             with(`"#1001"`, "\"#1001\xff\""),
		"an id as a string":         with(id, `"id": "5940001112223334445"`),
		"an id as a fraction":       with(id, `"id": 5940001112223334445.0`),
		"an id with an exponent":    with(id, `"id": 5e18`),
		"an id beyond int64":        with(id, `"id": 9940001112223334445`),
		"an id of null":             with(id, `"id": null`),
		"a negative id":             with(id, `"id": -5`),
		"an id twice":               with(id, id+`, "id": 5940001112223334446`),
		"a member twice, deep down": with(`"country_code": "US"`, `"country_code": "US", "country_code": "CA"`),
		"an id in capitals only":    with(id, `"ID": 5940001112223334445`),
		"NaN":                       with(`"quantity": 1`, `"quantity": NaN`),
		"a leading zero":            with(`"quantity": 1`, `"quantity": 01`),
		"a quantity as text":        with(`"quantity": 1`, `"quantity": "1"`),
		"a price as a number":       with(`"amount": "20.00"`, `"amount": 20.00`),
		"a thousands separator":     with(`"amount": "20.00"`, `"amount": "1,000.00"`),
		"full-width digits":         with(`"amount": "20.00"`, `"amount": "１２"`),
		"an empty price":            with(`"amount": "20.00"`, `"amount": ""`),
		"a price of null":           with(`"amount": "20.00"`, `"amount": null`),
		"half a cent":               with(`"amount": "20.00"`, `"amount": "20.005"`),
		"a price in another money":  with(`"currency_code": "USD"`, `"currency_code": "CAD"`),
		"a price without end":       with(`"amount": "20.00"`, `"amount": "99999999999999999999.00"`),
		"an amount that overflows":  with(`"quantity": 1`, `"quantity": 9223372036854775807`),
		"no currency":               with(`"currency": "USD"`, `"currency": null`),
		"an endless currency":       with(`"currency": "USD"`, `"currency": "`+strings.Repeat("X", 1000)+`"`),
		"a date without a zone":     with(`"created_at": "2026-11-05T09:30:00-05:00"`, `"created_at": "2026-11-05 09:30:00"`),
		"no date":                   with(`"created_at": "2026-11-05T09:30:00-05:00"`, `"created_at": null`),
		"a depth bomb":              with(`"note": null`, `"note": `+strings.Repeat("[", 100)+strings.Repeat("]", 100)),
		"a deeper bomb":             strings.Repeat(`{"a":`, 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, err := newConnector(t).Decode("orders/create", []byte(body), triggered)
			if rewards.KindOf(err) != rewards.Invalid || rewards.CodeOf(err) == "internal" {
				t.Errorf("got %#v, %v", e, err)
			}
		})
	}
}

func TestIdsAreExactAboveTwoToThe53(t *testing.T) {
	t.Parallel()
	if got := decodeOrder(t, "order_manual_title").ID; got != "5940001112223334446" {
		t.Errorf("got %s", got)
	}
}

func TestDomainsAreValidated(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"demo": "demo.myshopify.com", "Demo.MyShopify.com": "demo.myshopify.com", "demo.myshopify.com": "demo.myshopify.com",
		"https://Demo.myshopify.com/": "demo.myshopify.com", " demo ": "demo.myshopify.com",
		"foo.myshopify.com.evil.example": "", "evil.example/?x=myshopify.com": "", "a@evil.example#myshopify.com": "",
		"": "", "-demo.myshopify.com": "", "a.b.myshopify.com": "", "demo.myshopify.com:8080": "", "http://demo.myshopify.com": "",
		strings.Repeat("a", 300): "",
	} {
		got, err := shopify.Domain(typed)
		if got != want || (want == "") != (rewards.KindOf(err) == rewards.Invalid) {
			t.Errorf("%q: got %q, %v", typed, got, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/webhooks/*.json")
	if err != nil {
		f.Fatal(err)
	}
	topics := []string{"orders/create", "orders/edited", "orders/delete", "refunds/create", "customers/update",
		"customers/delete", "customers/redact", "customers/data_request", "shop/redact", "app/uninstalled", "grapevine/order", "x/y"}
	for i, file := range files {
		f.Add(topics[i%len(topics)], fixture(f, strings.TrimSuffix(filepath.Base(file), ".json")))
	}
	s := newConnector(f)
	f.Fuzz(func(t *testing.T, topic string, body []byte) {
		e, err := s.Decode(topic, body, triggered)
		if err != nil {
			if rewards.KindOf(err) != rewards.Invalid && rewards.KindOf(err) != rewards.Conflict {
				t.Fatalf("kind %s: %v", rewards.KindOf(err), err)
			}
			return
		}
		if seen, ok := e.(rewards.OrderSeen); ok {
			if seen.Order.ID == "" || seen.Order.PlacedAt.IsZero() || seen.Order.MoneyBack.Minor < 0 {
				t.Fatalf("got %+v", seen.Order)
			}
			_, _ = seen.Order.Eligible()
		}
	})
}
