package shopifytest_test

import (
	"fmt"
	"sync"
	"testing"

	"grapevine/connectors/shopify/shopifytest"
)

func TestCustomersChangeAndGo(t *testing.T) {
	t.Parallel()
	s := start(t, func(o *shopifytest.Options) { o.HoldWebhooks = true })
	id := s.customerID()
	o := must[*shopifytest.Order](t)(s.PlaceOrder(shopifytest.OrderInput{
		Customer: &shopifytest.CustomerInput{Email: "ANN@example.com"}, Lines: []shopifytest.LineInput{mug("10.00", 1)},
	}))
	if o.CustomerID != id {
		t.Errorf("order of customer %d, want %d", o.CustomerID, id)
	}
	must[*shopifytest.Customer](t)(s.UpdateCustomer(id, shopifytest.CustomerInput{Email: "anna@example.com", Phone: "+15550100"}))
	s.body("customers/update").want("anna@example.com", "email")
	for _, by := range []string{`emailAddress: "Anna@example.com"`, `phoneNumber: "+15550100"`, fmt.Sprintf("id: %q", gidOf("Customer", id))} {
		_, body, err := s.post(`{ customerByIdentifier(identifier: {`+by+`}) { legacyResourceId } }`, nil)
		if err != nil {
			t.Fatal(err)
		}
		parse(t, body).want(fmt.Sprint(id), "data", "customerByIdentifier", "legacyResourceId")
	}
	if err := s.DeleteCustomer(id); err != nil {
		t.Fatal(err)
	}
	s.body("customers/delete").want(gidOf("Customer", id), "admin_graphql_api_id")
	s.call("order", map[string]any{"id": gidOf("Order", o.ID)}).at("order").want("null", "customer")
	if err := s.DeleteCustomer(id); err == nil {
		t.Error("deleted twice")
	}
}

func TestTheMerchantDeletesADiscount(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.call("discount_basic_create", tenPercent("ANNA"))
	d := must[*shopifytest.State](t)(s.State()).DiscountByCode("anna")
	if err := s.DeleteDiscount(d.ID); err != nil {
		t.Fatal(err)
	}
	s.call("discount_by_code", map[string]any{"code": "ANNA"}).want("null", "codeDiscountNodeByCode")
	s.call("discount_deactivate", map[string]any{"id": gidOf("DiscountCodeNode", d.ID)}).want("INVALID", "discountCodeDeactivate", "userErrors", 0, "code")
	s.call("discount_basic_create", tenPercent("ANNA")).want("[]", "discountCodeBasicCreate", "userErrors")
}

func TestSearchingOrders(t *testing.T) {
	t.Parallel()
	s := start(t)
	must[*shopifytest.Discount](t)(s.AddDiscount(shopifytest.DiscountInput{Codes: []string{"ANNA-7Q2M"}, Percent: "10"}))
	paid := must[*shopifytest.Order](t)(s.PlaceOrder(shopifytest.OrderInput{
		Customer: &shopifytest.CustomerInput{Email: "ben@example.com"}, Lines: []shopifytest.LineInput{mug("10.00", 1)},
		Codes: []shopifytest.CodeInput{{Code: "ANNA-7Q2M"}}, Paid: true,
	}))
	must[*shopifytest.Order](t)(s.PlaceOrder(shopifytest.OrderInput{Lines: []shopifytest.LineInput{mug("10.00", 1)}, Test: true}))
	const query = `query Q($q: String) { orders(first: 10, query: $q, sortKey: CREATED_AT) { edges { cursor node { name } } } }`
	for q, want := range map[string]int{
		"": 2, "discount_code:anna-7q2m": 1, "test:true": 1, "test:false AND financial_status:paid": 1,
		"name:#1002": 1, "email:ben@example.com": 1, "status:any": 2, "status:cancelled": 0,
		"created_at:<2026-11-02": 0, "created_at:>2026-11-01 created_at:<='2026-11-02T09:30:00Z'": 2,
		fmt.Sprintf("customer_id:%d", paid.CustomerID): 1, fmt.Sprintf("id:%d", paid.ID): 1,
	} {
		_, body, err := s.post(query, map[string]any{"q": q})
		if err != nil {
			t.Fatal(err)
		}
		if n := parse(t, body).at("data", "orders", "edges").len(); n != want {
			t.Errorf("%q finds %d, want %d: %s", q, n, want, body)
		}
	}
	for _, q := range []string{"colour:red", "just words", "created_at:>=yesterday"} {
		_, body, err := s.post(query, map[string]any{"q": q})
		if err != nil {
			t.Fatal(err)
		}
		parse(t, body).want("NOT_SIMULATED", "errors", 0, "extensions", "code")
	}
}

func TestPagesBackwardsAndBetweenCursors(t *testing.T) {
	t.Parallel()
	s := start(t)
	for range 5 {
		must[*shopifytest.Order](t)(s.PlaceOrder(shopifytest.OrderInput{Lines: []shopifytest.LineInput{mug("10.00", 1)}}))
	}
	names := func(args string) (out string) {
		_, body, err := s.post(`{ orders(sortKey: ID, `+args+`) { edges { cursor node { name } } pageInfo { hasNextPage hasPreviousPage endCursor } } }`, nil)
		if err != nil {
			t.Fatal(err)
		}
		page := parse(t, body).at("data", "orders")
		for i := range page.at("edges").len() {
			out += page.text("edges", i, "node", "name")
		}
		return out
	}
	for args, want := range map[string]string{
		"first: 2": "#1001#1002", "last: 2": "#1004#1005", "first: 2, reverse: true": "#1005#1004", "first: 9": "#1001#1002#1003#1004#1005",
	} {
		if got := names(args); got != want {
			t.Errorf("%s gives %s, want %s", args, got, want)
		}
	}
	_, body, err := s.post(`{ orders(sortKey: ID, first: 5) { edges { cursor } } }`, nil)
	if err != nil {
		t.Fatal(err)
	}
	cursor := func(i int) string { return parse(t, body).text("data", "orders", "edges", i, "cursor") }
	if got := names(fmt.Sprintf("first: 9, after: %q, before: %q", cursor(0), cursor(3))); got != "#1002#1003" {
		t.Errorf("between two cursors: %s", got)
	}
	if got := names(fmt.Sprintf("first: 9, reverse: true, after: %q", cursor(2))); got != "#1002#1001" {
		t.Errorf("reversed after the third: %s", got)
	}
}

func TestRefundLinesAndPaymentsThroughTheAPI(t *testing.T) {
	t.Parallel()
	s := start(t)
	o := must[*shopifytest.Order](t)(s.PlaceOrder(shopifytest.OrderInput{Lines: []shopifytest.LineInput{mug("10.00", 2)}, Shipping: "3.00", Tax: "1.00", Paid: true}))
	o = must[*shopifytest.Order](t)(s.Refund(o.ID, shopifytest.RefundInput{Lines: []shopifytest.RefundLineInput{{Quantity: 1}}, Restock: true}))
	r := s.call("refund", map[string]any{"id": gidOf("Refund", o.Refunds[0].ID), "after": nil}).at("refund")
	r.want("10.0", "refundLineItems", "nodes", 0, "subtotalSet", "shopMoney", "amount")
	r.want("0.5", "refundLineItems", "nodes", 0, "totalTaxSet", "shopMoney", "amount")
	r.want(gidOf("LineItem", o.Lines[0].ID), "refundLineItems", "nodes", 0, "lineItem", "id")
	_, body, err := s.post(`query Q($id: ID!) { order(id: $id) { transactions(first: 5) { kind gateway amountSet { shopMoney { amount } } }
		shippingLines(first: 2) { nodes { title discountedPriceSet { shopMoney { amount } } } } netPaymentSet { shopMoney { amount } } } }`,
		map[string]any{"id": gidOf("Order", o.ID)})
	if err != nil {
		t.Fatal(err)
	}
	order := parse(t, body).at("data", "order")
	order.want("SALE", "transactions", 0, "kind")
	order.want("24.0", "transactions", 0, "amountSet", "shopMoney", "amount")
	order.want("REFUND", "transactions", 1, "kind")
	order.want("3.0", "shippingLines", "nodes", 0, "discountedPriceSet", "shopMoney", "amount")
	order.want("13.5", "netPaymentSet", "shopMoney", "amount")
	s.call("refund", map[string]any{"id": gidOf("Refund", 1), "after": nil}).want("null", "refund")
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	hook := receive(t, ok)
	s := start(t, func(o *shopifytest.Options) { o.WebhookURL = hook.URL })
	id := s.customerID()
	query := document(t, "store_credit_credit")
	if err := s.SetFaults(shopifytest.Fault{Kind: shopifytest.FaultStatus, Status: 504, Effect: true, Percent: 30}); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := range 10 {
				o, err := s.PlaceOrder(shopifytest.OrderInput{
					Customer: &shopifytest.CustomerInput{Email: fmt.Sprintf("b%d@example.com", i)},
					Lines:    []shopifytest.LineInput{mug("10.00", 2)}, Paid: true,
				})
				if err != nil {
					t.Errorf("worker %d: %v", worker, err)
					return
				}
				if _, err := s.Refund(o.ID, shopifytest.RefundInput{Amount: "1.00"}); err != nil {
					t.Error(err)
				}
				if _, _, err := s.post(query, creditVars(id, "1.00", "USD", "")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	quiet(t, s)
	st := must[*shopifytest.State](t)(s.State())
	if len(st.Orders) != 80 || len(st.Customers) != 11 || st.CreditOf(id, "USD").Balance.String() != "80.00" {
		t.Errorf("%d orders, %d customers, %s of credit", len(st.Orders), len(st.Customers), st.CreditOf(id, "USD").Balance)
	}
	if n := len(hook.all()); n != len(s.Deliveries()) {
		t.Errorf("%d arrived of %d", n, len(s.Deliveries()))
	}
}
