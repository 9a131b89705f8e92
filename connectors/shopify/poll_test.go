package shopify_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/connectors/shopify/shopifytest"
	"grapevine/rewards"
)

// asked lists all that changed since a moment.
func (w *world) asked(since time.Time) []connectors.Delivery {
	w.t.Helper()
	var all []connectors.Delivery
	cursor := ""
	for range 20 {
		page, err := w.Changes(w.t.Context(), w.shop, since, cursor)
		if err != nil {
			w.t.Fatal(err)
		}
		all = append(all, page.Deliveries...)
		if cursor = page.Next; cursor == "" {
			return all
		}
	}
	w.t.Fatal("the listing does not end")
	return nil
}

func (w *world) means(d connectors.Delivery) rewards.Event {
	w.t.Helper()
	e, err := w.Decode(d.Topic, d.Body, d.TriggeredAt)
	if err != nil {
		w.t.Fatal(err)
	}
	return e
}

// What is asked for tells the same order as a webhook and as the API, so that it need not be read again when
// nobody referred it.
func TestAnOrderThatWasAskedForIsTheOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(offer())
	o, err := w.sim.PlaceOrder(shopifytest.OrderInput{
		Customer: &shopifytest.CustomerInput{Email: "ben@example.com", FirstName: "Ben"},
		Lines:    []shopifytest.LineInput{{Title: "Teapot", Price: "40.00"}}, Paid: true,
		Codes: []shopifytest.CodeInput{{Code: offer().Seed}},
	})
	if err != nil {
		t.Fatal(err)
	}
	list := w.asked(o.CreatedAt.Add(-time.Minute))
	if len(list) != 1 || list[0].Platform != "shopify" || list[0].Topic != "grapevine/order" || !list[0].TriggeredAt.Equal(o.UpdatedAt.Truncate(time.Second)) {
		t.Fatalf("got %+v", list)
	}
	seen, ok := w.means(list[0]).(rewards.OrderSeen)
	if !ok || seen.Ask {
		t.Fatalf("it means %+v", w.means(list[0]))
	}
	want, err := w.Order(t.Context(), w.shop, seen.Order.ID)
	if err != nil {
		t.Fatal(err)
	}
	want.Customer.EarlierOrders = nil // counted for orders that are judged
	for i := range want.Lines {
		want.Lines[i].Collections = nil // read for those, too
	}
	if !sameJSON(seen.Order, want) || seen.Order.Customer.Email != "ben@example.com" {
		t.Errorf("got  %+v\nwant %+v", seen.Order, want)
	}
}

// What does not fit into a listing is read by itself, whoever it belongs to: it may carry a code.
func TestAnOrderThatTheListingDoesNotHoldWholeIsReadByItself(t *testing.T) {
	t.Parallel()
	line := func(n int) (lines []shopifytest.LineInput) {
		for range n {
			lines = append(lines, shopifytest.LineInput{Title: "Cup", Price: "10.00"})
		}
		return lines
	}
	for name, tc := range map[string]struct {
		lines []shopifytest.LineInput
		then  func(w *world, id int64) error
	}{
		"four lines": {line(4), nil},
		"a refund": {line(2), func(w *world, id int64) error {
			_, err := w.sim.Refund(id, shopifytest.RefundInput{Amount: "3.00"})
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			o, err := w.sim.PlaceOrder(shopifytest.OrderInput{Lines: tc.lines, Paid: true})
			if err == nil && tc.then != nil {
				err = tc.then(w, o.ID)
			}
			if err != nil {
				t.Fatal(err)
			}
			list := w.asked(o.CreatedAt.Add(-time.Minute))
			if len(list) != 1 {
				t.Fatalf("%d changes", len(list))
			}
			if touched, ok := w.means(list[0]).(rewards.OrderTouched); !ok || !touched.Ask || touched.OrderID == "" || touched.At.IsZero() {
				t.Errorf("it means %+v", w.means(list[0]))
			}
		})
	}
}

// The topic is no header of a webhook that counts: a signed body of Shopify's is none of ours, whatever topic
// somebody puts around it.
func TestAWebhookIsNeverTakenForWhatWasAskedFor(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"order_code_paid", "refund", "customer", "order_deleted", "app_uninstalled"} {
		if e, err := newConnector(t).Decode("grapevine/order", fixture(t, name), triggered); rewards.KindOf(err) != rewards.Invalid {
			t.Errorf("%s means %+v, %v", name, e, err)
		}
	}
	for name, body := range map[string]string{
		"no id":              `{"updatedAt":"2026-11-01T00:00:00Z"}`,
		"no update time":     `{"id":"gid://shopify/Order/1"}`,
		"another thing's id": `{"id":"gid://shopify/Customer/1","updatedAt":"2026-11-01T00:00:00Z"}`,
		"an id that is none": `{"id":"gid://shopify/Order/x","updatedAt":"2026-11-01T00:00:00Z"}`,
		"no amounts":         `{"id":"gid://shopify/Order/1","createdAt":"2026-11-01T00:00:00Z","updatedAt":"2026-11-01T00:00:00Z","currencyCode":"USD","lineItems":{"nodes":[{"id":"gid://shopify/LineItem/1","isGiftCard":true}]}}`,
	} {
		if e, err := newConnector(t).Decode("grapevine/order", []byte(body), triggered); rewards.KindOf(err) != rewards.Invalid {
			t.Errorf("%s means %+v, %v", name, e, err)
		}
	}
}

// An app that may not see old orders is told so instead of being told of nothing.
func TestOldChangesThatAreHiddenAreNoSilence(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *shopifytest.Options) { o.Scopes = []string{"read_orders", "read_customers", "read_products"} })
	if _, err := w.Changes(t.Context(), w.shop, time.Now().Add(-70*24*time.Hour), ""); rewards.CodeOf(err) != "history_hidden" {
		t.Errorf("got %v", err)
	}
	if _, err := w.Changes(t.Context(), w.shop, time.Now().Add(-48*time.Hour), ""); err != nil {
		t.Errorf("two days back: %v", err)
	}
}

// A change keeps its name as long as it is told the same, whatever else happens in the shop.
func TestTheNameOfAChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	o, err := w.sim.PlaceOrder(shopifytest.OrderInput{Lines: []shopifytest.LineInput{{Title: "Cup", Price: "10.00"}}, Paid: true})
	if err != nil {
		t.Fatal(err)
	}
	first := w.asked(at)
	if len(first) != 1 || !strings.HasPrefix(first[0].DeliveryID, "grapevine/order/"+strconv.FormatInt(o.ID, 10)+"/"+o.UpdatedAt.UTC().Format("2006-01-02T15:04:05")) {
		t.Fatalf("got %+v", first)
	}
	if again := w.asked(at); again[0].DeliveryID != first[0].DeliveryID {
		t.Errorf("%q first and %q then", first[0].DeliveryID, again[0].DeliveryID)
	}
}
