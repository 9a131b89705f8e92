package shopifytest_test

import (
	"fmt"
	"testing"
	"time"

	"grapevine/connectors/shopify/shopifytest"
)

func tenPercent(code string) map[string]any {
	return map[string]any{"input": map[string]any{
		"title": "Grapevine give10", "code": code, "startsAt": "2026-11-01T00:00:00Z", "appliesOncePerCustomer": true,
		"context":            map[string]any{"all": "ALL"},
		"customerGets":       map[string]any{"value": map[string]any{"percentage": 0.1}, "items": map[string]any{"all": true}},
		"minimumRequirement": map[string]any{"subtotal": map[string]any{"greaterThanOrEqualToSubtotal": "30.00"}},
	}}
}

func TestDiscountMadeReadChangedEnded(t *testing.T) {
	t.Parallel()
	s := start(t)
	made := s.call("discount_basic_create", tenPercent("ANNA-7Q2M")).at("discountCodeBasicCreate")
	id := made.text("codeDiscountNode", "id")
	read := s.call("discount_by_code", map[string]any{"code": "anna-7q2m"}).at("codeDiscountNodeByCode")
	read.want(id, "id")
	d := read.at("codeDiscount")
	d.want("DiscountCodeBasic", "__typename")
	d.want("ACTIVE", "status")
	d.want("0.1", "customerGets", "value", "percentage")
	d.want("30.0", "minimumRequirement", "greaterThanOrEqualToSubtotal", "amount")
	d.want("DiscountBuyerSelectionAll", "context", "__typename")
	d.want("null", "endsAt")

	s.call("discount_basic_update", map[string]any{"id": id, "input": map[string]any{
		"customerGets": map[string]any{"value": map[string]any{"discountAmount": map[string]any{"amount": "5.00", "appliesOnEachItem": false}}},
		"usageLimit":   3, "minimumRequirement": nil,
	}}).want("[]", "discountCodeBasicUpdate", "userErrors")
	d = s.call("discount_by_id", map[string]any{"id": id}).at("discountNode", "discount")
	d.want("5.0", "customerGets", "value", "amount", "amount")
	d.want("3", "usageLimit")
	d.want("null", "minimumRequirement")
	d.want("Grapevine give10", "title")

	s.call("discount_deactivate", map[string]any{"id": id}).want("EXPIRED", "discountCodeDeactivate", "codeDiscountNode", "codeDiscount", "status")
	found := s.call("our_discounts", map[string]any{"query": `title:"Grapevine*"`, "after": nil}).at("discountNodes", "nodes")
	if found.len() != 1 {
		t.Errorf("audit found %v", found.v)
	}
}

func TestDiscountUserErrors(t *testing.T) {
	t.Parallel()
	s := start(t)
	must[*shopifytest.Discount](t)(s.AddDiscount(shopifytest.DiscountInput{Kind: "app", Codes: []string{"Taken"}}))
	edit := func(change func(in map[string]any)) map[string]any {
		vars := tenPercent("FREE")
		change(vars["input"].(map[string]any))
		return vars
	}
	for code, vars := range map[string]map[string]any{
		"TAKEN": tenPercent("tAKEN"),
		"BLANK": edit(func(in map[string]any) { in["code"] = "" }),
		"VALUE_OUTSIDE_RANGE": edit(func(in map[string]any) {
			in["customerGets"] = map[string]any{"value": map[string]any{"percentage": 10}}
		}),
		"END_DATE_BEFORE_START_DATE": edit(func(in map[string]any) { in["endsAt"] = "2026-10-01T00:00:00Z" }),
		"INVALID": edit(func(in map[string]any) {
			in["context"] = map[string]any{"customers": map[string]any{"add": []string{gidOf("Customer", 1)}}}
		}),
		"GREATER_THAN": edit(func(in map[string]any) { in["usageLimit"] = 0 }),
	} {
		answer := s.call("discount_basic_create", vars).at("discountCodeBasicCreate")
		answer.want(code, "userErrors", 0, "code")
		answer.want("basicCodeDiscount", "userErrors", 0, "field", 0)
		answer.want("null", "codeDiscountNode")
	}
	if n := len(must[*shopifytest.State](t)(s.State()).Discounts); n != 1 {
		t.Errorf("%d discounts after refusals, want the merchant's alone", n)
	}
}

func TestFreeShippingForOneCustomer(t *testing.T) {
	t.Parallel()
	s := start(t)
	ann := must[*shopifytest.Customer](t)(s.AddCustomer(shopifytest.CustomerInput{Email: "ann@example.com"}))
	s.call("discount_free_shipping_create", map[string]any{"input": map[string]any{
		"title": "Grapevine reward", "code": "RW-1", "startsAt": "2026-11-01T00:00:00Z", "usageLimit": 1,
		"context":     map[string]any{"customers": map[string]any{"add": []string{gidOf("Customer", ann.ID)}}},
		"destination": map[string]any{"all": true},
	}}).want("[]", "discountCodeFreeShippingCreate", "userErrors")
	o := must[*shopifytest.Order](t)(s.PlaceOrder(shopifytest.OrderInput{
		Customer: &shopifytest.CustomerInput{ID: ann.ID}, Lines: []shopifytest.LineInput{mug("10.00", 1)},
		Shipping: "5.00", Codes: []shopifytest.CodeInput{{Code: "rw-1"}}, Paid: true,
	}))
	if got := o.Totals(); got.Total.String() != "10.00" || got.Discounts.String() != "5.00" {
		t.Errorf("totals %+v", got)
	}
	d := s.call("discount_by_code", map[string]any{"code": "RW-1"}).at("codeDiscountNodeByCode", "codeDiscount")
	d.want("1", "asyncUsageCount")
	d.want(gidOf("Customer", ann.ID), "context", "customers", 0, "id")
}

func TestBulkAddIsAsynchronous(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		polls int
		delay time.Duration
		wait  time.Duration
	}{
		"done after two polls":  {polls: 2},
		"done after a minute":   {delay: time.Minute, wait: time.Minute},
		"done at the next look": {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, func(o *shopifytest.Options) { o.BulkPolls, o.BulkDelay = tc.polls, tc.delay })
			must[*shopifytest.Discount](t)(s.AddDiscount(shopifytest.DiscountInput{Codes: []string{"TAKEN"}}))
			id := s.call("discount_basic_create", tenPercent("FIRST")).text("discountCodeBasicCreate", "codeDiscountNode", "id")
			added := s.call("redeem_code_bulk_add", map[string]any{"discountId": id, "codes": []map[string]any{
				{"code": "SECOND"}, {"code": "taken"}, {"code": "second"},
			}}).at("discountRedeemCodeBulkAdd")
			added.want("[]", "userErrors")
			added.want("false", "bulkCreation", "done")
			poll := func() value {
				return s.call("redeem_code_bulk_creation", map[string]any{"id": added.text("bulkCreation", "id"), "after": nil}).at("discountRedeemCodeBulkCreation")
			}
			if tc.polls == 2 {
				poll().want("false", "done")
				s.call("discount_by_code", map[string]any{"code": "SECOND"}).want("null", "codeDiscountNodeByCode")
			}
			s.clock.advance(tc.wait)
			done := poll()
			done.want("true", "done")
			done.want("1", "importedCount")
			done.want("2", "failedCount")
			done.want("[]", "codes", "nodes", 0, "errors")
			done.want("TAKEN", "codes", "nodes", 1, "errors", 0, "code")
			s.call("discount_by_code", map[string]any{"code": "SECOND"}).want(id, "codeDiscountNodeByCode", "id")
			s.call("redeem_code_bulk_delete", map[string]any{"discountId": id, "ids": []string{done.text("codes", "nodes", 0, "discountRedeemCode", "id")}})
			s.call("discount_by_code", map[string]any{"code": "SECOND"}).want("null", "codeDiscountNodeByCode")
		})
	}
}

func TestTooManyCodesAtOnce(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.call("discount_basic_create", tenPercent("FIRST")).text("discountCodeBasicCreate", "codeDiscountNode", "id")
	var codes []map[string]any
	for i := range 251 {
		codes = append(codes, map[string]any{"code": fmt.Sprintf("C%03d", i)})
	}
	_, body, err := s.post(document(t, "redeem_code_bulk_add"), map[string]any{"discountId": id, "codes": codes})
	if err != nil {
		t.Fatal(err)
	}
	parse(t, body).want("MAX_INPUT_SIZE_EXCEEDED", "errors", 0, "extensions", "code")
}
