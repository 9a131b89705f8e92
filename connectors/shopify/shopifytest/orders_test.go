package shopifytest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"grapevine/connectors/shopify/shopifytest"
)

func mug(price string, quantity int64) shopifytest.LineInput {
	return shopifytest.LineInput{Title: "Mug", Price: price, Quantity: quantity}
}

func gidOf(kind string, id int64) string { return fmt.Sprintf("gid://shopify/%s/%d", kind, id) }

func TestOrderThroughTheAPI(t *testing.T) {
	t.Parallel()
	s := start(t)
	must[*shopifytest.Discount](t)(s.AddDiscount(shopifytest.DiscountInput{Title: "Ten", Codes: []string{"ANNA-7Q2M"}, Percent: "10"}))
	o := must[*shopifytest.Order](t)(s.PlaceOrder(shopifytest.OrderInput{
		Customer: &shopifytest.CustomerInput{Email: "ben@example.com", FirstName: "Ben"},
		Lines:    []shopifytest.LineInput{mug("19.99", 3), {Title: "Card", Price: "25.00", GiftCard: true}},
		Codes:    []shopifytest.CodeInput{{Code: "anna-7q2m"}},
		Manual:   &shopifytest.ManualDiscount{Title: "FRIENDLY", Amount: "1.00"},
		Shipping: "5.00", Tax: "4.00", Tip: "2.00", Paid: true,
	}))
	got := s.call("order", map[string]any{"id": gidOf("Order", o.ID)}).at("order")
	got.want(fmt.Sprint(o.ID), "legacyResourceId")
	got.want("PAID", "displayFinancialStatus")
	got.want("1", "customer", "numberOfOrders")
	got.want("ben@example.com", "customer", "defaultEmailAddress", "emailAddress")
	got.want("1", "customerJourneySummary", "customerOrderIndex")
	got.want("DiscountCodeApplication", "discountApplications", "nodes", 0, "__typename")
	got.want("ANNA-7Q2M", "discountApplications", "nodes", 0, "code")
	got.want("ManualDiscountApplication", "discountApplications", "nodes", 1, "__typename")
	line := got.at("lineItems", "nodes", 0)
	line.want("59.97", "originalTotalSet", "shopMoney", "amount")
	line.want("6.0", "discountAllocations", 0, "allocatedAmountSet", "shopMoney", "amount")
	line.want("52.97", "priceAfterAllDiscountsBeforeTaxesSet", "shopMoney", "amount")
	line.want("4.0", "taxLines", 0, "priceSet", "shopMoney", "amount")
	got.at("lineItems", "nodes", 1).want("true", "isGiftCard")
	got.want("2.0", "totalTipReceivedSet", "shopMoney", "amount")
	got.want("88.97", "totalPriceSet", "shopMoney", "amount")
	if id := o.ID; id <= 1<<53 {
		t.Errorf("order id %d is not beyond 2^53", id)
	}
}

func TestCodesAreRefusedAsACheckoutWould(t *testing.T) {
	t.Parallel()
	s := start(t)
	one := int64(1)
	ann := must[*shopifytest.Customer](t)(s.AddCustomer(shopifytest.CustomerInput{Email: "ann@example.com"}))
	past := s.clock.now()
	for _, d := range []shopifytest.DiscountInput{
		{Codes: []string{"MIN"}, Amount: "5.00", Minimum: "50.00"},
		{Codes: []string{"BOUND"}, Amount: "5.00", CustomerIDs: []int64{ann.ID}},
		{Codes: []string{"LIMIT"}, Amount: "5.00", UsageLimit: &one},
		{Codes: []string{"ONCE", "ONCE2"}, Amount: "5.00", OncePerCustomer: true},
		{Codes: []string{"OVER"}, Amount: "5.00", EndsAt: &past},
		{Codes: []string{"ALONE"}, Amount: "5.00"},
		{Codes: []string{"SHIP"}, Kind: "free_shipping", Combines: shopifytest.Combines{Order: true}},
		{Codes: []string{"WITHSHIP"}, Amount: "5.00", Combines: shopifytest.Combines{Shipping: true}},
	} {
		must[*shopifytest.Discount](t)(s.AddDiscount(d))
	}
	order := func(email string, codes ...string) error {
		in := shopifytest.OrderInput{Lines: []shopifytest.LineInput{mug("20.00", 1)}, Shipping: "4.00", Customer: &shopifytest.CustomerInput{Email: email}}
		for _, c := range codes {
			in.Codes = append(in.Codes, shopifytest.CodeInput{Code: c})
		}
		_, err := s.PlaceOrder(in)
		return err
	}
	for _, c := range []string{"LIMIT", "ONCE"} {
		if err := order("ben@example.com", c); err != nil {
			t.Fatalf("first use of %s: %v", c, err)
		}
	}
	if err := order("zoe@example.com", "WITHSHIP", "SHIP"); err != nil {
		t.Errorf("codes that combine: %v", err)
	}
	before := len(must[*shopifytest.State](t)(s.State()).Orders)
	for reason, codes := range map[string][]string{
		"unknown_code": {"NOBODY"}, "minimum_not_met": {"MIN"}, "not_for_this_customer": {"BOUND"},
		"usage_limit_reached": {"LIMIT"}, "once_per_customer": {"ONCE2"}, "expired": {"OVER"},
		"cannot_be_combined": {"ALONE", "SHIP"},
	} {
		var refused *shopifytest.Error
		if err := order("ben@example.com", codes...); !errors.As(err, &refused) || refused.Reason != reason {
			t.Errorf("%v: %v, want %s", codes, err, reason)
		}
	}
	if after := len(must[*shopifytest.State](t)(s.State()).Orders); after != before {
		t.Errorf("refused codes left %d orders", after-before)
	}
	if err := order("ANN@example.com", "BOUND"); err != nil {
		t.Errorf("the bound customer's own code: %v", err)
	}
}

func TestForcedAndUnknownCodes(t *testing.T) {
	t.Parallel()
	s := start(t)
	var in shopifytest.OrderInput
	text := `{"lines":[{"price":"10.00"}],"codes":["GHOST",{"code":"OTHER","percent":"50"}],"force_codes":true}`
	if err := json.Unmarshal([]byte(text), &in); err != nil {
		t.Fatal(err)
	}
	o := must[*shopifytest.Order](t)(s.PlaceOrder(in))
	if len(o.Applications) != 2 || o.Applications[1].Taken.String() != "5.00" || o.CustomerID != 0 {
		t.Errorf("applications %+v, customer %d", o.Applications, o.CustomerID)
	}
}

func TestRefundsAddUpToTheLine(t *testing.T) {
	t.Parallel()
	for name, included := range map[string]bool{"tax on top": false, "tax included": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			o := must[*shopifytest.Order](t)(s.PlaceOrder(shopifytest.OrderInput{
				Lines: []shopifytest.LineInput{mug("10.00", 3)}, Manual: &shopifytest.ManualDiscount{Title: "x", Amount: "0.10"},
				Tax: "2.00", TaxesIncluded: &included, Paid: true,
			}))
			var subtotal, tax int64
			for range 3 {
				o = must[*shopifytest.Order](t)(s.Refund(o.ID, shopifytest.RefundInput{Lines: []shopifytest.RefundLineInput{{Quantity: 1}}}))
				r := o.Refunds[len(o.Refunds)-1]
				subtotal += r.Lines[0].Subtotal.Minor
				tax += r.Lines[0].Tax.Minor
			}
			if subtotal != 2990 || tax != 200 {
				t.Errorf("gave back %d and tax %d, want 2990 and 200", subtotal, tax)
			}
			if totals := o.Totals(); o.FinancialStatus() != "refunded" || totals.Eligible.Minor != 0 || totals.CurrentTotal.Minor != 0 {
				t.Errorf("status %s, totals %+v", o.FinancialStatus(), totals)
			}
		})
	}
}

func TestRefundShapes(t *testing.T) {
	t.Parallel()
	s := start(t)
	o := must[*shopifytest.Order](t)(s.PlaceOrder(shopifytest.OrderInput{
		Lines: []shopifytest.LineInput{mug("40.00", 2)}, Shipping: "6.00", Paid: true,
	}))
	refund := func(in shopifytest.RefundInput) {
		t.Helper()
		o = must[*shopifytest.Order](t)(s.Refund(o.ID, in))
	}
	refund(shopifytest.RefundInput{Shipping: "6.00"})
	if got := o.Totals(); got.Eligible.String() != "80.00" || o.FinancialStatus() != "partially_refunded" {
		t.Errorf("after shipping: %s, %s", got.Eligible, o.FinancialStatus())
	}
	refund(shopifytest.RefundInput{Amount: "5.00"})
	refund(shopifytest.RefundInput{Amount: "7.00", Status: "failure"})
	if got := o.Totals(); got.Eligible.String() != "75.00" || got.Refunded.String() != "11.00" || got.CurrentTotal.String() != "80.00" {
		t.Errorf("after money alone: %+v", got)
	}
	if _, err := s.Refund(o.ID, shopifytest.RefundInput{Amount: "100.00"}); err == nil {
		t.Error("more than was paid went back")
	}
	data := s.call("order", map[string]any{"id": gidOf("Order", o.ID)}).at("order")
	if data.at("refundIds").len() != 3 {
		t.Errorf("refund ids %v", data.at("refundIds").v)
	}
	data.want("6.0", "refunds", 0, "refundShippingLines", "nodes", 0, "subtotalAmountSet", "shopMoney", "amount")
	data.want("REFUND", "refunds", 1, "transactions", "nodes", 0, "kind")
	data.want("FAILURE", "refunds", 2, "transactions", "nodes", 0, "status")
	one := s.call("refund", map[string]any{"id": data.text("refundIds", 1, "id"), "after": nil}).at("refund")
	one.want("5.0", "transactions", "nodes", 0, "amountSet", "shopMoney", "amount")
}

func TestPayCancelEditDelete(t *testing.T) {
	t.Parallel()
	s := start(t)
	o := must[*shopifytest.Order](t)(s.PlaceOrder(shopifytest.OrderInput{
		Customer: &shopifytest.CustomerInput{Email: "ben@example.com"}, Lines: []shopifytest.LineInput{mug("10.00", 4)},
	}))
	if o.FinancialStatus() != "pending" {
		t.Errorf("new order is %s", o.FinancialStatus())
	}
	o = must[*shopifytest.Order](t)(s.Pay(o.ID, "15.00"))
	if o.FinancialStatus() != "partially_paid" {
		t.Errorf("after a part is paid: %s", o.FinancialStatus())
	}
	o = must[*shopifytest.Order](t)(s.Pay(o.ID, ""))
	o = must[*shopifytest.Order](t)(s.Edit(o.ID, shopifytest.EditInput{Set: []shopifytest.EditLine{{Quantity: 3}}}))
	if got := o.Totals(); o.FinancialStatus() != "paid" || got.Eligible.String() != "30.00" || got.Total.String() != "40.00" {
		t.Errorf("after a piece is removed: %s, %+v", o.FinancialStatus(), got)
	}
	o = must[*shopifytest.Order](t)(s.Cancel(o.ID, shopifytest.CancelInput{Refund: true}))
	if o.CancelledAt == nil || o.Totals().Eligible.Minor != 0 || len(o.Refunds) != 1 {
		t.Errorf("after cancelling: %+v", o)
	}
	if err := s.DeleteOrder(o.ID); err != nil {
		t.Fatal(err)
	}
	s.call("order", map[string]any{"id": gidOf("Order", o.ID)}).want("null", "order")
}

func TestCustomersOrdersSince(t *testing.T) {
	t.Parallel()
	s := start(t)
	var ids []int64
	for i := range 3 {
		o := must[*shopifytest.Order](t)(s.PlaceOrder(shopifytest.OrderInput{
			Customer: &shopifytest.CustomerInput{Email: "ben@example.com"}, Lines: []shopifytest.LineInput{mug("10.00", 1)},
			Test: i == 0, JourneyPending: i == 2,
		}))
		ids = append(ids, o.ID)
		s.clock.advance(60e9)
	}
	o := must[*shopifytest.Order](t)(s.Order(ids[2]))
	data := s.call("customer_orders_since", map[string]any{
		"id": gidOf("Customer", o.CustomerID), "query": "created_at:>='" + o.CreatedAt.Format("2006-01-02T15:04:05Z07:00") + "'", "after": nil,
	}).at("customer")
	data.want("2", "numberOfOrders") // the test order does not count
	if n := data.at("orders", "nodes").len(); n != 1 {
		t.Errorf("%d orders since the last one, want it alone", n)
	}
	s.call("order", map[string]any{"id": gidOf("Order", o.ID)}).at("order").want("false", "customerJourneySummary", "ready")
	page := s.call("orders_updated_since", map[string]any{"query": "updated_at:>=2026-11-02", "after": nil})
	if n := page.at("orders", "nodes").len(); n != 3 {
		t.Errorf("%d orders changed, want 3", n)
	}
}

func TestLinesInPages(t *testing.T) {
	t.Parallel()
	s := start(t)
	in := shopifytest.OrderInput{}
	for range 50 {
		in.Lines = append(in.Lines, mug("1.00", 1))
	}
	o := must[*shopifytest.Order](t)(s.PlaceOrder(in))
	seen := map[string]bool{}
	page := s.call("order", map[string]any{"id": gidOf("Order", o.ID)}).at("order", "lineItems")
	for {
		for i := range page.at("nodes").len() {
			seen[page.text("nodes", i, "id")] = true
		}
		if page.at("pageInfo", "hasNextPage").v != true {
			break
		}
		page = s.call("order_lines", map[string]any{"id": gidOf("Order", o.ID), "after": page.text("pageInfo", "endCursor")}).at("order", "lineItems")
	}
	if len(seen) != 50 {
		t.Errorf("saw %d lines, want 50", len(seen))
	}
}

func TestOtherCurrencies(t *testing.T) {
	t.Parallel()
	s := start(t, func(o *shopifytest.Options) { o.Currency = "JPY" })
	o := must[*shopifytest.Order](t)(s.PlaceOrder(shopifytest.OrderInput{
		Lines: []shopifytest.LineInput{mug("1500", 1)}, PresentmentCurrency: "USD", PresentmentRate: "0.0065",
	}))
	data := s.call("order", map[string]any{"id": gidOf("Order", o.ID)}).at("order")
	data.want("1500.0", "totalPriceSet", "shopMoney", "amount")
	data.want("USD", "presentmentCurrencyCode")
	for _, d := range s.Deliveries() {
		if d.Topic == "orders/create" {
			body := parse(t, d.Body)
			body.want("1500", "total_price")
			body.want("9.75", "total_price_set", "presentment_money", "amount")
		}
	}
}
