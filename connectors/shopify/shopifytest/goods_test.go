package shopifytest_test

import (
	"testing"
	"time"

	"grapevine/connectors/shopify/shopifytest"
)

func product(t *testing.T, s *shop, price string, collections ...int64) *shopifytest.Product {
	t.Helper()
	return must[*shopifytest.Product](t)(s.AddProduct(shopifytest.ProductInput{Title: "Mug", Price: price, Collections: collections}))
}

// onGoods is tenPercent on chosen goods.
func onGoods(code string, items map[string]any) map[string]any {
	vars := tenPercent(code)
	in := vars["input"].(map[string]any)
	in["customerGets"] = map[string]any{"value": map[string]any{"percentage": 0.1}, "items": items}
	in["minimumRequirement"] = nil
	return vars
}

func TestADiscountOnChosenGoodsTakesNothingOffOthers(t *testing.T) {
	t.Parallel()
	s := start(t)
	a, b := product(t, s, "20.00", 501), product(t, s, "50.00", 502)
	s.call("discount_basic_create", onGoods("PRODUCT", map[string]any{"products": map[string]any{"productsToAdd": []string{gidOf("Product", a.ID)}}}))
	s.call("discount_basic_create", onGoods("COLLECTION", map[string]any{"collections": map[string]any{"add": []string{"gid://shopify/Collection/502"}}}))
	for code, want := range map[string]string{"PRODUCT": "2.00", "COLLECTION": "5.00"} {
		o := must[*shopifytest.Order](t)(s.PlaceOrder(shopifytest.OrderInput{
			Lines: []shopifytest.LineInput{{ProductID: a.ID}, {ProductID: b.ID}}, Codes: []shopifytest.CodeInput{{Code: code}},
		}))
		if got := o.Totals().Discounts.String(); got != want || !o.Applications[0].Entitled {
			t.Errorf("%s took %s off, want %s: %+v", code, got, want, o.Applications)
		}
	}
	_, err := s.PlaceOrder(shopifytest.OrderInput{Lines: []shopifytest.LineInput{{Price: "9.00"}}, Codes: []shopifytest.CodeInput{{Code: "PRODUCT"}}})
	if e, ok := err.(*shopifytest.Error); !ok || e.Reason != "no_such_goods" {
		t.Errorf("other goods: got %v", err)
	}
}

func TestItemsThatADiscountCannotBeOn(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := gidOf("Product", product(t, s, "20.00").ID)
	for name, tc := range map[string]struct {
		items map[string]any
		want  string
	}{
		"products and collections": {map[string]any{"products": map[string]any{"productsToAdd": []string{p}}, "collections": map[string]any{"add": []string{"gid://shopify/Collection/1"}}}, "CONFLICT"},
		"all and some":             {map[string]any{"all": true, "products": map[string]any{"productsToAdd": []string{p}}}, "CONFLICT"},
		"nothing":                  {map[string]any{"products": map[string]any{"productsToAdd": []string{}}}, "APPLIES_ON_NOTHING"},
		"no such product":          {map[string]any{"products": map[string]any{"productsToAdd": []string{"gid://shopify/Product/1"}}}, "INVALID"},
	} {
		got := s.call("discount_basic_create", onGoods("X", tc.items)).at("discountCodeBasicCreate", "userErrors", 0)
		if code, _ := got.at("code").v.(string); code != tc.want {
			t.Errorf("%s: got %v, want %s", name, got.v, tc.want)
		}
	}
	vars := onGoods("X", map[string]any{"all": true})
	vars["input"].(map[string]any)["customerGets"].(map[string]any)["value"] = map[string]any{
		"discountOnQuantity": map[string]any{"quantity": "1", "effect": map[string]any{"percentage": 1.0}},
	}
	s.call("discount_basic_create", vars).want("discountOnQuantity field is only permitted with bxgy discounts.", "discountCodeBasicCreate", "userErrors", 0, "message")
}

func TestProductsTellTheirCollections(t *testing.T) {
	t.Parallel()
	s := start(t)
	p := product(t, s, "20.00", 501, 502, 503)
	nodes := s.call("product_collections", map[string]any{"ids": []string{gidOf("Product", p.ID), "gid://shopify/Product/1"}, "first": 2}).at("nodes")
	nodes.want("true", 0, "collections", "pageInfo", "hasNextPage")
	nodes.want("gid://shopify/Collection/502", 0, "collections", "nodes", 1, "id")
	nodes.want("null", 1)
	if err := s.SetPrice(p.ID, "25.00"); err != nil {
		t.Fatal(err)
	}
	s.call("product_price", map[string]any{"id": gidOf("Product", p.ID)}).want("25.0", "product", "priceRangeV2", "maxVariantPrice", "amount")
}

func cardInput(code, amount string) map[string]any {
	return map[string]any{"input": map[string]any{"code": code, "initialAmount": map[string]any{"amount": amount, "currencyCode": "USD"}, "note": "ours"}}
}

func TestAGiftCardMadeFoundSpentAndEnded(t *testing.T) {
	t.Parallel()
	s := start(t)
	made := s.call("gift_card_create", cardInput("GVAAAABBBB", "10.00")).at("giftCardCreate", "giftCard")
	id := made.text("id")
	made.want("bbbb", "lastCharacters")
	s.call("gift_card_find", map[string]any{"code": "gvaaaabbbb"}).want(id, "giftCards", "nodes", 0, "id")
	must[*shopifytest.GiftCard](t)(s.SpendGiftCard("gvaaaabbbb", "2.50"))
	debit := map[string]any{"id": id, "input": map[string]any{"debitAmount": map[string]any{"amount": "4.00", "currencyCode": "USD"}, "note": "back"}}
	s.call("gift_card_debit", debit).want("-4.0", "giftCardDebit", "giftCardDebitTransaction", "amount", "amount")
	s.call("gift_card_debit", debit).want("INSUFFICIENT_FUNDS", "giftCardDebit", "userErrors", 0, "code")
	card := s.call("gift_card", map[string]any{"id": id, "after": nil}).at("giftCard")
	card.want("3.5", "balance", "amount")
	card.want("back", "transactions", "nodes", 0, "note")
	card.want("null", "transactions", "nodes", 1, "note")
	for range 2 {
		s.call("gift_card_deactivate", map[string]any{"id": id}).want("false", "giftCardDeactivate", "giftCard", "enabled")
	}
	s.call("gift_card_debit", debit).want("INVALID", "giftCardDebit", "userErrors", 0, "code")
	if _, err := s.SpendGiftCard("gvaaaabbbb", "1.00"); err == nil {
		t.Error("a card that is off was spent")
	}
}

func TestGiftCardUserErrors(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.call("gift_card_create", cardInput("takentaken", "10.00"))
	edit := func(change func(in map[string]any)) map[string]any {
		vars := cardInput("gvaaaabbbb", "10.00")
		change(vars["input"].(map[string]any))
		return vars
	}
	for want, change := range map[string]func(in map[string]any){
		"TAKEN":            func(in map[string]any) { in["code"] = "TakenTaken" },
		"TOO_SHORT":        func(in map[string]any) { in["code"] = "gv" },
		"TOO_LONG":         func(in map[string]any) { in["code"] = "gvaaaabbbbccccddddeeee" },
		"INVALID":          func(in map[string]any) { in["code"] = "gv-aaaa-bbbb" },
		"MISSING_ARGUMENT": func(in map[string]any) { delete(in, "initialAmount") },
		"GREATER_THAN":     func(in map[string]any) { in["initialAmount"] = map[string]any{"amount": "0.00", "currencyCode": "USD"} },
		"GIFT_CARD_LIMIT_EXCEEDED": func(in map[string]any) {
			in["initialAmount"] = map[string]any{"amount": "2000.01", "currencyCode": "USD"}
		},
		"CUSTOMER_NOT_FOUND": func(in map[string]any) { in["customerId"] = "gid://shopify/Customer/1" },
	} {
		s.call("gift_card_create", edit(change)).want(want, "giftCardCreate", "userErrors", 0, "code")
	}
	s.call("gift_card_create", edit(func(in map[string]any) { in["expiresOn"] = "2026-11-01" })).want("INVALID", "giftCardCreate", "userErrors", 0, "code")
	s.call("gift_card_create", edit(func(in map[string]any) { in["expiresOn"] = "2026-11-02" })).want("null", "giftCardCreate", "userErrors", 0)
	s.clock.advance(24 * time.Hour)
	if _, err := s.SpendGiftCard("gvaaaabbbb", "1.00"); err == nil {
		t.Error("a card that ran out was spent")
	}
}

func TestTagsOfACustomer(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := must[*shopifytest.Customer](t)(s.AddCustomer(shopifytest.CustomerInput{Email: "a@example.com"}))
	id := gidOf("Customer", c.ID)
	for _, tags := range [][]string{{"VIP, early"}, {"vip"}, {""}} {
		s.call("tags_add", map[string]any{"id": id, "tags": tags}).want("[]", "tagsAdd", "userErrors")
	}
	s.call("customer_tags", map[string]any{"id": id}).want(`["VIP","early"]`, "customer", "tags")
	s.call("tags_remove", map[string]any{"id": id, "tags": []string{"Vip", "other"}}).want(id, "tagsRemove", "node", "id")
	s.call("customer_tags", map[string]any{"id": id}).want(`["early"]`, "customer", "tags")
	s.call("tags_add", map[string]any{"id": "gid://shopify/Customer/1", "tags": []string{"x"}}).want("Customer does not exist", "tagsAdd", "userErrors", 0, "message")
}

func TestScopesOfGoodsCardsAndTags(t *testing.T) {
	t.Parallel()
	s := start(t, func(o *shopifytest.Options) {
		o.Scopes = []string{"read_orders", "read_customers", "write_gift_cards", "write_discounts"}
	})
	p := product(t, s, "20.00")
	card := must[*shopifytest.GiftCard](t)(s.AddGiftCard(shopifytest.GiftCardInput{Code: "gvaaaabbbb", Amount: "10.00"}))
	for name, vars := range map[string]map[string]any{
		"product_price":       {"id": gidOf("Product", p.ID)},
		"product_collections": {"ids": []string{gidOf("Product", p.ID)}, "first": 1},
		"gift_card":           {"id": gidOf("GiftCard", card.ID), "after": nil},
		"gift_card_debit":     {"id": gidOf("GiftCard", card.ID), "input": map[string]any{"debitAmount": map[string]any{"amount": "1.00", "currencyCode": "USD"}}},
		"tags_add":            {"id": "gid://shopify/Customer/1", "tags": []string{"x"}},
	} {
		_, body, err := s.post(document(t, name), vars)
		if err != nil {
			t.Fatal(err)
		}
		parse(t, body).want("ACCESS_DENIED", "errors", 0, "extensions", "code")
	}
	s.call("gift_card_find", map[string]any{"code": "gvaaaabbbb"}).want(gidOf("GiftCard", card.ID), "giftCards", "nodes", 0, "id")
}

// An app sees orders of sixty days, and all of them with read_all_orders.
func TestOldOrdersAreHidden(t *testing.T) {
	t.Parallel()
	s := start(t)
	o := must[*shopifytest.Order](t)(s.PlaceOrder(shopifytest.OrderInput{Lines: []shopifytest.LineInput{{Price: "9.00"}}}))
	id := map[string]any{"id": gidOf("Order", o.ID)}
	list := map[string]any{"query": "updated_at:>='2026-01-01T00:00:00Z'", "after": nil}
	s.call("order", id).want(o.Name, "order", "name")
	s.clock.advance(60*24*time.Hour + time.Second)
	s.call("order", id).want("null", "order")
	s.call("orders_updated_since", list).want("[]", "orders", "nodes")
	s.Change(func(c *shopifytest.Settings) { c.Scopes = append(c.Scopes, "read_all_orders") })
	s.call("order", id).want(o.Name, "order", "name")
	s.call("orders_updated_since", list).want(gidOf("Order", o.ID), "orders", "nodes", 0, "id")
}
