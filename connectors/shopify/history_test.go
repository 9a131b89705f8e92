package shopify_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/connectors/shopify"
	"grapevine/connectors/shopify/shopifytest"
	"grapevine/rewards"
)

// oldWorld is a shop that has been selling for long, and an app that may see all of it.
func oldWorld(t *testing.T, scopes ...string) (*world, *time.Time) {
	t.Helper()
	clock := starts.Add(-400 * 24 * time.Hour)
	now := func() time.Time { return clock }
	w := newWorld(t, func(o *shopifytest.Options) {
		o.Now, o.Scopes = now, append(shopify.Scopes(), scopes...)
	})
	w.Shopify = newConnector(t, func(o *shopify.Options) { o.Now = now; o.Poll = time.Millisecond })
	return w, &clock
}

// history reads all pages.
func (w *world) history(since time.Time) (orders []rewards.Order, skipped map[string]string, pages int) {
	w.t.Helper()
	for cursor := ""; ; {
		p, err := w.History(w.t.Context(), w.shop, since, cursor)
		if err != nil {
			w.t.Fatal(err)
		}
		orders = append(orders, p.Orders...)
		for id, code := range p.Skipped {
			if skipped == nil {
				skipped = map[string]string{}
			}
			skipped[id] = code
		}
		if pages++; p.Next == "" {
			return orders, skipped, pages
		}
		cursor = p.Next
	}
}

// shapes are orders of every kind that a page of history holds whole, or not.
func shapes(w *world, i int) func(*shopifytest.OrderInput) {
	included := true
	return func(in *shopifytest.OrderInput) {
		in.Customer = &shopifytest.CustomerInput{Email: fmt.Sprintf("c%d@example.com", i%7)}
		in.Shipping, in.Visits = "5.00", []shopifytest.Visit{{LandingPage: "/?ref=CARL-1234"}}
		switch i % 9 {
		case 1:
			in.Codes = []shopifytest.CodeInput{{Code: "ANNA-7Q2M"}}
		case 2:
			in.Codes = []shopifytest.CodeInput{{Code: "ANNA-7Q2M"}, {Code: "FREESHIP"}}
		case 3:
			in.Tip = "2.00"
		case 4:
			in.Lines = slices.Repeat(in.Lines, 12)
		case 5:
			in.Tax, in.TaxesIncluded = "3.20", &included
		case 6:
			in.Lines = []shopifytest.LineInput{w.line(w.product("30.00", 501, 502), 2)}
			trailOrder(in)
		case 7:
			in.Customer, in.Test = nil, true
		}
	}
}

// TestAPastOrderIsToldAsItIsReadByItself pages through a year and compares each order with what Order
// tells of it.
func TestAPastOrderIsToldAsItIsReadByItself(t *testing.T) {
	t.Parallel()
	w, clock := oldWorld(t, "read_all_orders")
	for _, d := range []shopifytest.DiscountInput{
		{Title: "Ten off", Codes: []string{"ANNA-7Q2M"}, Percent: "10", Combines: shopifytest.Combines{Shipping: true}},
		{Kind: "free_shipping", Title: "Free", Codes: []string{"FREESHIP"}, Combines: shopifytest.Combines{Order: true}},
	} {
		if _, err := w.sim.AddDiscount(d); err != nil {
			t.Fatal(err)
		}
	}
	var ids []string
	for i := range 47 {
		*clock = clock.Add(8 * 24 * time.Hour)
		o := w.simpleOrder(shapes(w, i))
		ids = append(ids, fmt.Sprint(o.ID))
		if i%9 == 8 {
			if _, err := w.sim.Refund(o.ID, shopifytest.RefundInput{Amount: "1.37"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.sim.HoldWebhooks(true)
	got, skipped, pages := w.history(starts.Add(-400 * 24 * time.Hour))
	if len(got) != len(ids) || pages != 5 || skipped != nil {
		t.Fatalf("%d orders on %d pages, skipped %v", len(got), pages, skipped)
	}
	for i, o := range got {
		want, err := w.Order(t.Context(), w.shop, ids[i])
		if err != nil || !sameJSON(o, want) {
			t.Errorf("order %d:\ngot  %+v\nwant %+v, %v", i, o, want, err)
		}
	}
	if recent, _, _ := w.history(*clock); len(recent) != 1 || recent[0].ID != ids[46] {
		t.Errorf("since the last one: %d orders", len(recent))
	}
	if all, _, _ := w.history(time.Time{}); len(all) != len(ids) {
		t.Errorf("of all time: %d orders", len(all))
	}
}

func TestHiddenHistoryIsRefusedAndNotShortened(t *testing.T) {
	t.Parallel()
	w, clock := oldWorld(t)
	w.simpleOrder()
	*clock = clock.Add(61 * 24 * time.Hour)
	young := w.simpleOrder()
	_, err := w.History(t.Context(), w.shop, clock.Add(-61*24*time.Hour), "")
	wantError(t, err, rewards.Denied, "history_hidden")
	if ce := connectors.AsCallError(err); ce.Park != "" || ce.Unclear {
		t.Errorf("the shop can be called all the same: %+v", ce)
	}
	got, _, _ := w.history(clock.Add(-60 * 24 * time.Hour))
	if len(got) != 1 || got[0].ID != fmt.Sprint(young.ID) {
		t.Errorf("got %+v", got)
	}
}

// An order that cannot be reckoned with does not stop an import.
func TestAnUnreadablePastOrderIsSkipped(t *testing.T) {
	t.Parallel()
	w, _ := oldWorld(t)
	bad := w.simpleOrder(func(in *shopifytest.OrderInput) {
		for i := range 32 {
			in.Codes = append(in.Codes, shopifytest.CodeInput{Code: fmt.Sprintf("STRANGE-%d", i), Amount: "0.10"})
		}
		in.ForceCodes = true
	})
	good := w.simpleOrder()
	got, skipped, _ := w.history(starts.Add(-401 * 24 * time.Hour))
	if len(got) != 1 || got[0].ID != fmt.Sprint(good.ID) || !sameJSON(skipped, map[string]string{fmt.Sprint(bad.ID): "too_many_codes"}) {
		t.Errorf("got %+v, skipped %v", got, skipped)
	}
}

// The rate limit is waited for within a page, so that a page of long orders comes to its end.
func TestHistoryWaitsForTheRateLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *shopifytest.Options) { o.Bucket = shopifytest.Bucket{Maximum: 1000, Restore: 40_000} })
	w.Shopify = newConnector(t, func(o *shopify.Options) { o.Poll = time.Millisecond })
	for i := range 10 {
		w.simpleOrder(shapes(w, 4+9*i))
	}
	w.fault(shopifytest.Fault{Kind: shopifytest.FaultThrottle, RetryAfter: "0.001", Operation: "Order", Count: 2})
	if got, _, _ := w.history(time.Now().Add(-time.Hour)); len(got) != 10 {
		t.Errorf("%d orders", len(got))
	}
}

func TestCursorsThatAreNoneAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, cursor := range []string{"x", "2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z x abc", "2026-11-01T00:00:00Z -1 abc", "yesterday 1 abc"} {
		_, err := w.History(t.Context(), w.shop, time.Now(), cursor)
		wantError(t, err, rewards.Invalid, "bad_cursor")
	}
	_, err := w.History(t.Context(), w.shop, time.Now(), "2026-11-01T00:00:00Z 1 !!")
	wantError(t, err, rewards.Invalid, "request_refused")
	if n := len(w.sim.Calls()); n != 1 {
		t.Errorf("%d calls", n)
	}
}

// Shopify pages through 25,000 objects at most, so a long listing begins anew where it stands.
func TestALongHistoryBeginsAnew(t *testing.T) {
	t.Parallel()
	w, clock := oldWorld(t, "read_all_orders")
	begin := *clock
	for range 25 {
		*clock = clock.Add(time.Hour)
		w.simpleOrder()
	}
	first, err := w.History(t.Context(), w.shop, begin, "")
	if err != nil || len(first.Orders) != 10 {
		t.Fatalf("got %d, %v", len(first.Orders), err)
	}
	var from, after string
	var pages int
	if n, err := fmt.Sscanf(first.Next, "%s %d %s", &from, &pages, &after); n != 3 || pages != 1 {
		t.Fatalf("cursor %q: %v", first.Next, err)
	}
	second, err := w.History(t.Context(), w.shop, begin, fmt.Sprintf("%s %d %s", from, 1999, after))
	if err != nil || len(second.Orders) != 10 {
		t.Fatalf("got %d, %v", len(second.Orders), err)
	}
	third, err := w.History(t.Context(), w.shop, begin, second.Next)
	if err != nil || len(third.Orders) != 6 || third.Orders[0].ID != second.Orders[9].ID || third.Next != "" {
		t.Errorf("after %q: got %d, %v", second.Next, len(third.Orders), err)
	}
}
