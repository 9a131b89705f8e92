package shopifytest_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"grapevine/connectors/shopify/shopifytest"
)

// receiver is a webhook address that keeps what it got and answers as told.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	got    []received
	answer func(n int) int // status of the n-th delivery
}

type received struct {
	header http.Header
	body   []byte
}

func receive(t *testing.T, answer func(n int) int) *receiver {
	r := &receiver{answer: answer}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Error(err)
		}
		r.mu.Lock()
		r.got = append(r.got, received{req.Header, body})
		n := len(r.got)
		r.mu.Unlock()
		w.WriteHeader(r.answer(n))
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) all() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

func ok(int) int { return http.StatusOK }

func quiet(t *testing.T, s *shop) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := s.WaitQuiet(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestWebhooksAreSignedAndOfOneEvent(t *testing.T) {
	t.Parallel()
	hook := receive(t, ok)
	s := start(t, func(o *shopifytest.Options) { o.WebhookURL = hook.URL })
	o := must[*shopifytest.Order](t)(s.PlaceOrder(shopifytest.OrderInput{Lines: []shopifytest.LineInput{mug("10.00", 1)}, Paid: true}))
	quiet(t, s)
	topics, events, ids := map[string]int{}, map[string]bool{}, map[string]bool{}
	for _, d := range hook.all() {
		if got, want := d.header.Get("X-Shopify-Hmac-Sha256"), shopifytest.Sign("secret", d.body); got != want {
			t.Errorf("signature %s, want %s", got, want)
		}
		topics[d.header.Get("X-Shopify-Topic")]++
		events[d.header.Get("X-Shopify-Event-Id")] = true
		ids[d.header.Get("X-Shopify-Webhook-Id")] = true
		if d.header.Get("X-Shopify-Shop-Domain") != "demo.myshopify.com" || d.header.Get("X-Shopify-API-Version") != "2026-10" || d.header.Get("X-Shopify-Triggered-At") == "" {
			t.Errorf("headers %v", d.header)
		}
		var body struct{ ID int64 }
		if err := json.Unmarshal(d.body, &body); err != nil || body.ID != o.ID {
			t.Errorf("body of order %d is of %d: %v", o.ID, body.ID, err)
		}
	}
	if len(topics) != 3 || topics["orders/create"] != 1 || topics["orders/paid"] != 1 || topics["orders/updated"] != 1 {
		t.Errorf("topics %v", topics)
	}
	if len(events) != 1 || len(ids) != 3 {
		t.Errorf("%d events and %d webhook ids, want one and three", len(events), len(ids))
	}
}

func TestRetriesKeepTheOriginalBody(t *testing.T) {
	t.Parallel()
	hook := receive(t, func(n int) int {
		if n <= 3 {
			return http.StatusInternalServerError
		}
		return http.StatusNoContent
	})
	s := start(t, func(o *shopifytest.Options) { o.WebhookURL = hook.URL })
	must[*shopifytest.Customer](t)(s.AddCustomer(shopifytest.CustomerInput{Email: "ben@example.com"}))
	quiet(t, s)
	got := hook.all()
	if len(got) != 4 {
		t.Fatalf("%d tries, want 4", len(got))
	}
	for _, g := range got {
		if string(g.body) != string(got[0].body) || g.header.Get("X-Shopify-Webhook-Id") != got[0].header.Get("X-Shopify-Webhook-Id") {
			t.Error("a retry differs from the first try")
		}
	}
	if d := s.Deliveries()[0]; d.State != "delivered" || len(d.Attempts) != 4 {
		t.Errorf("recorded %s after %d attempts", d.State, len(d.Attempts))
	}
}

func TestDeliveryGivesUpAfterEightRetries(t *testing.T) {
	t.Parallel()
	hook := receive(t, func(int) int { return http.StatusFound }) // a redirect is no success, and not followed
	s := start(t, func(o *shopifytest.Options) { o.WebhookURL, o.RetryUnit = hook.URL, time.Microsecond })
	must[*shopifytest.Customer](t)(s.AddCustomer(shopifytest.CustomerInput{}))
	quiet(t, s)
	if n := len(hook.all()); n != 9 {
		t.Errorf("%d tries, want 9", n)
	}
	if d := s.Deliveries()[0]; d.State != "failed" {
		t.Errorf("state %s", d.State)
	}
}

func TestHeldDeliveriesGoInAnyOrder(t *testing.T) {
	t.Parallel()
	hook := receive(t, ok)
	s := start(t, func(o *shopifytest.Options) { o.WebhookURL, o.HoldWebhooks = hook.URL, true })
	o := must[*shopifytest.Order](t)(s.PlaceOrder(shopifytest.OrderInput{Lines: []shopifytest.LineInput{mug("10.00", 2)}, Paid: true}))
	must[*shopifytest.Order](t)(s.Refund(o.ID, shopifytest.RefundInput{Lines: []shopifytest.RefundLineInput{{Quantity: 1}}}))
	taken := s.TakeWebhooks()
	if len(taken) != 5 || len(s.TakeWebhooks()) != 0 {
		t.Fatalf("took %d deliveries, want 5 once", len(taken))
	}
	var wg sync.WaitGroup
	for range 3 {
		for _, d := range taken {
			wg.Go(func() {
				if status, err := s.Send(t.Context(), d); err != nil || status != http.StatusOK {
					t.Errorf("sending %s: %d, %v", d.Topic, status, err)
				}
			})
		}
	}
	wg.Wait()
	if n := len(hook.all()); n != 15 {
		t.Errorf("%d arrived, want 15", n)
	}
	must[*shopifytest.Order](t)(s.Edit(o.ID, shopifytest.EditInput{Add: []shopifytest.LineInput{mug("1.00", 1)}}))
	if err := s.ReleaseWebhooks("reverse", 2); err != nil {
		t.Fatal(err)
	}
	quiet(t, s)
	if n := len(hook.all()); n != 19 {
		t.Errorf("%d arrived, want 19", n)
	}
}

func TestRedeliverUnderTheSameOrANewID(t *testing.T) {
	t.Parallel()
	hook := receive(t, ok)
	s := start(t, func(o *shopifytest.Options) { o.WebhookURL = hook.URL })
	o := must[*shopifytest.Order](t)(s.PlaceOrder(shopifytest.OrderInput{Lines: []shopifytest.LineInput{mug("10.00", 1)}}))
	must[*shopifytest.Order](t)(s.Pay(o.ID, ""))
	for _, newID := range []bool{false, true} {
		n := must[int](t)(s.Redeliver(shopifytest.RedeliverInput{Topic: "orders/create", OrderID: o.ID, Times: 2, NewID: newID}))
		if n != 2 {
			t.Errorf("queued %d, want 2", n)
		}
		quiet(t, s)
	}
	ids := map[string]bool{}
	tries := 0
	for _, g := range hook.all() {
		if g.header.Get("X-Shopify-Topic") == "orders/create" {
			tries++
			ids[g.header.Get("X-Shopify-Webhook-Id")] = true
			parse(t, g.body).want("pending", "financial_status") // as it was, though it is paid now
		}
	}
	if tries != 5 || len(ids) != 3 {
		t.Errorf("%d deliveries under %d ids, want 5 under 3", tries, len(ids))
	}
}

// body is the last held delivery of a topic.
func (s *shop) body(topic string) value {
	s.t.Helper()
	all := s.Deliveries()
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Topic == topic {
			return parse(s.t, all[i].Body)
		}
	}
	s.t.Fatalf("no delivery of %s", topic)
	return value{}
}

func TestBodiesHaveShopifysOddities(t *testing.T) {
	t.Parallel()
	s := start(t, func(o *shopifytest.Options) { o.HoldWebhooks = true })
	must[*shopifytest.Discount](t)(s.AddDiscount(shopifytest.DiscountInput{Codes: []string{"ANNA-7Q2M"}, Percent: "10"}))
	o := must[*shopifytest.Order](t)(s.PlaceOrder(shopifytest.OrderInput{
		Customer: &shopifytest.CustomerInput{Email: "ben@example.com"}, Lines: []shopifytest.LineInput{mug("59.70", 3)},
		Codes: []shopifytest.CodeInput{{Code: "ANNA-7Q2M"}}, Manual: &shopifytest.ManualDiscount{Title: "0124C", Amount: "1.00"},
		Shipping: "5.00", Paid: true, NoteAttributes: []shopifytest.Attribute{{Name: "grapevine", Value: "click"}},
	}))
	order := s.body("orders/create")
	order.want("17.91", "discount_codes", 0, "amount") // money, though the code is a percentage
	order.want("percentage", "discount_codes", 0, "type")
	order.want("0124C", "discount_codes", 1, "code") // a title that nobody entered
	order.want("discount_code", "discount_applications", 0, "type")
	order.want("10.0", "discount_applications", 0, "value")
	order.want("manual", "discount_applications", 1, "type")
	order.want("null", "discount_applications", 1, "code")
	order.want("17.91", "line_items", 0, "discount_allocations", 0, "amount")
	order.want("0.00", "line_items", 0, "total_discount")
	order.want("165.19", "current_total_price")
	order.want("click", "note_attributes", 0, "value")

	must[*shopifytest.Order](t)(s.Refund(o.ID, shopifytest.RefundInput{Lines: []shopifytest.RefundLineInput{{Quantity: 1}}, Amount: "2.00", Shipping: "5.00"}))
	refund := s.body("refunds/create")
	refund.want(order.at("id").v.(json.Number).String(), "order_id")
	if _, number := refund.at("refund_line_items", 0, "subtotal").v.(json.Number); !number {
		t.Errorf("subtotal is %T, want a number", refund.at("refund_line_items", 0, "subtotal").v)
	}
	refund.want("53.40", "refund_line_items", 0, "subtotal_set", "shop_money", "amount")
	refund.want("-2.00", "order_adjustments", 0, "amount")
	refund.want("5.00", "refund_shipping_lines", 0, "subtotal_amount_set", "shop_money", "amount")
	refund.want("60.40", "transactions", 0, "amount")
	s.body("orders/updated").want("partially_refunded", "financial_status")

	must[*shopifytest.Order](t)(s.Refund(o.ID, shopifytest.RefundInput{Lines: []shopifytest.RefundLineInput{{Quantity: 1}}, LegacyShape: true, Shipping: "0.00"}))
	must[*shopifytest.Order](t)(s.Edit(o.ID, shopifytest.EditInput{Set: []shopifytest.EditLine{{Quantity: 0}}}))
	s.body("orders/edited").want("1", "order_edit", "line_items", "removals", 0, "delta")
	if err := s.DeleteOrder(o.ID); err != nil {
		t.Fatal(err)
	}
	if keys := s.body("orders/delete").v.(map[string]any); len(keys) != 1 {
		t.Errorf("orders/delete has %v", keys)
	}
}

func TestLevel2FieldsAreAbsent(t *testing.T) {
	t.Parallel()
	s := start(t, func(o *shopifytest.Options) { o.HideLevel2, o.HoldWebhooks = true, true })
	o := must[*shopifytest.Order](t)(s.PlaceOrder(shopifytest.OrderInput{
		Customer: &shopifytest.CustomerInput{Email: "ben@example.com", FirstName: "Ben"}, Lines: []shopifytest.LineInput{mug("10.00", 1)},
	}))
	body := s.body("orders/create").v.(map[string]any)
	for _, key := range []string{"email", "contact_email", "phone", "order_status_url"} {
		if _, there := body[key]; there {
			t.Errorf("%s is there", key)
		}
	}
	customer := body["customer"].(map[string]any)
	if _, there := customer["first_name"]; there || customer["id"] == nil {
		t.Errorf("customer %v", customer)
	}
	s.call("order", map[string]any{"id": gidOf("Order", o.ID)}).at("order").want("null", "customer", "defaultEmailAddress")
}

func TestUninstallReinstallCompliance(t *testing.T) {
	t.Parallel()
	s := start(t, func(o *shopifytest.Options) { o.HoldWebhooks = true })
	s.Uninstall()
	must[*shopifytest.Customer](t)(s.AddCustomer(shopifytest.CustomerInput{}))
	if err := s.Compliance(shopifytest.ComplianceInput{Topic: "shop/redact"}); err != nil {
		t.Fatal(err)
	}
	var topics []string
	for _, d := range s.Deliveries() {
		topics = append(topics, d.Topic)
	}
	if !slices.Equal(topics, []string{"app/uninstalled", "shop/redact"}) {
		t.Errorf("topics %v", topics)
	}
	s.body("app/uninstalled").want("null", "myshopify_domain")
	if resp, _, err := s.post(document(t, "shop"), nil); err != nil || resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("after uninstalling: %v, %v", resp, err)
	}
	s.Reinstall("shpat_new")
	s.token = "shpat_new"
	s.call("shop", nil).want("demo.myshopify.com", "shop", "myshopifyDomain")
}

func TestRotatedSecretSignsTheNextTry(t *testing.T) {
	t.Parallel()
	s := start(t, func(o *shopifytest.Options) { o.HoldWebhooks = true })
	must[*shopifytest.Customer](t)(s.AddCustomer(shopifytest.CustomerInput{}))
	d := s.TakeWebhooks()[0]
	s.Change(func(c *shopifytest.Settings) { c.ClientSecret = "newer" })
	req := must[*http.Request](t)(s.NewRequest(t.Context(), "http://127.0.0.1/", d))
	if got := req.Header.Get("X-Shopify-Hmac-Sha256"); got != shopifytest.Sign("newer", d.Body) {
		t.Errorf("signed with another secret: %s", got)
	}
}
