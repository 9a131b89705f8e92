package shopifytest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"grapevine/connectors/shopify/shopifytest"
)

func TestFaultsBeforeTheEffect(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault  shopifytest.Fault
		status int
		body   string
	}{
		"rate limit over HTTP": {shopifytest.Fault{Kind: shopifytest.FaultThrottle}, 429, `"errors"`},
		"rate limit in errors": {shopifytest.Fault{Kind: shopifytest.FaultThrottled}, 200, "THROTTLED"},
		"bad gateway":          {shopifytest.Fault{Kind: shopifytest.FaultStatus, Status: 502}, 502, ""},
		"token refused":        {shopifytest.Fault{Kind: shopifytest.FaultStatus, Status: 401}, 401, `"errors"`},
		"frozen shop":          {shopifytest.Fault{Kind: shopifytest.FaultStatus, Status: 402}, 402, `"errors"`},
		"locked shop":          {shopifytest.Fault{Kind: shopifytest.FaultStatus, Status: 423}, 423, `"errors"`},
		"login page":           {shopifytest.Fault{Kind: shopifytest.FaultHTML}, 200, "<html>"},
		"empty body":           {shopifytest.Fault{Kind: shopifytest.FaultEmpty}, 200, ""},
		"null data":            {shopifytest.Fault{Kind: shopifytest.FaultNullData}, 200, `"data":null`},
		"scope missing":        {shopifytest.Fault{Kind: shopifytest.FaultAccessDenied}, 200, "ACCESS_DENIED"},
		"user error":           {shopifytest.Fault{Kind: shopifytest.FaultUserError, Code: "CREDIT_LIMIT_EXCEEDED"}, 200, "CREDIT_LIMIT_EXCEEDED"},
		"redirect":             {shopifytest.Fault{Kind: shopifytest.FaultRedirect, Location: "http://127.0.0.1:1/"}, 301, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			id := s.customerID()
			tc.fault.Operation, tc.fault.Count = "StoreCreditCredit", 1
			if err := s.SetFaults(tc.fault); err != nil {
				t.Fatal(err)
			}
			s.call("shop", nil) // another operation is spared
			resp, body, err := s.post(document(t, "store_credit_credit"), creditVars(id, "10.00", "USD", ""))
			if err != nil || resp.StatusCode != tc.status || !strings.Contains(string(body), tc.body) {
				t.Errorf("answer %v, %s, %v", resp, body, err)
			}
			if n := len(s.Mutations("")); n != 0 {
				t.Errorf("%d mutations were carried out", n)
			}
			s.call("store_credit_credit", creditVars(id, "10.00", "USD", "")) // the fault is used up
		})
	}
}

func TestFaultsAfterTheEffect(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]shopifytest.Fault{
		"gateway timeout":    {Kind: shopifytest.FaultStatus, Status: 504, Effect: true},
		"connection dropped": {Kind: shopifytest.FaultDrop, Effect: true},
		"cut in the middle":  {Kind: shopifytest.FaultCut},
		"truncated":          {Kind: shopifytest.FaultTruncate},
		"login page":         {Kind: shopifytest.FaultHTML, Effect: true},
		"empty body":         {Kind: shopifytest.FaultEmpty, Effect: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			id := s.customerID()
			if err := s.SetFaults(fault); err != nil {
				t.Fatal(err)
			}
			resp, body, err := s.post(document(t, "store_credit_credit"), creditVars(id, "10.00", "USD", ""))
			if err == nil && resp.StatusCode == http.StatusOK && json.Valid(body) {
				t.Errorf("the answer came through: %s", body)
			}
			s.ResetFaults()
			st := must[*shopifytest.State](t)(s.State())
			if a := st.CreditOf(id, "USD"); a == nil || len(a.Transactions) != 1 {
				t.Errorf("account %+v, want one credit", a)
			}
			if m := s.Mutations("StoreCreditCredit"); len(m) != 1 || m[0].Fault != fault.Kind {
				t.Errorf("record %+v", m)
			}
		})
	}
}

func TestStaleReadBack(t *testing.T) {
	t.Parallel()
	s := start(t)
	if err := s.SetFaults(shopifytest.Fault{Kind: shopifytest.FaultStale, Operation: "DiscountByCode", Count: 2}); err != nil {
		t.Fatal(err)
	}
	s.call("discount_basic_create", tenPercent("ANNA"))
	for range 2 {
		s.call("discount_by_code", map[string]any{"code": "ANNA"}).want("null", "codeDiscountNodeByCode")
	}
	s.call("discount_by_code", map[string]any{"code": "ANNA"}).at("codeDiscountNodeByCode").text("id")
}

func TestEffectTwice(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.customerID()
	if err := s.SetFaults(shopifytest.Fault{Kind: shopifytest.FaultTwice, Count: 1}); err != nil {
		t.Fatal(err)
	}
	s.call("store_credit_credit", creditVars(id, "10.00", "USD", ""))
	if a := must[*shopifytest.State](t)(s.State()).CreditOf(id, "USD"); a.Balance.String() != "20.00" {
		t.Errorf("balance %s", a.Balance)
	}
}

func TestChanceIsSeeded(t *testing.T) {
	t.Parallel()
	count := func() (failed int) {
		s := start(t)
		if err := s.SetFaults(shopifytest.Fault{Kind: shopifytest.FaultStatus, Percent: 40, Skip: 2}); err != nil {
			t.Fatal(err)
		}
		for i := range 40 {
			resp, _, err := s.post(document(t, "shop"), nil)
			if err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != http.StatusOK {
				failed++
				if i < 2 {
					t.Error("a call that was to pass failed")
				}
			}
		}
		return failed
	}
	first, second := count(), count()
	if first != second || first == 0 || first == 38 {
		t.Errorf("%d and %d of 40 failed", first, second)
	}
}

func TestSlowAnswer(t *testing.T) {
	t.Parallel()
	s := start(t)
	if err := s.SetFaults(shopifytest.Fault{Kind: shopifytest.FaultSlow, Delay: 20 * time.Millisecond, Count: 1}); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	s.call("shop", nil)
	if took := time.Since(begun); took < 20*time.Millisecond {
		t.Errorf("answered after %s", took)
	}
}

func TestPartialDataAndTrickle(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.customerID()
	if err := s.SetFaults(shopifytest.Fault{Kind: shopifytest.FaultPartial, Count: 1}, shopifytest.Fault{Kind: shopifytest.FaultTrickle, Delay: time.Microsecond, Count: 1}); err != nil {
		t.Fatal(err)
	}
	_, body, err := s.post(document(t, "store_credit_credit"), creditVars(id, "10.00", "USD", ""))
	if err != nil {
		t.Fatal(err)
	}
	v := parse(t, body)
	v.want("null", "data", "storeCreditAccountCredit")
	v.want("INTERNAL_SERVER_ERROR", "errors", 0, "extensions", "code")
	s.call("shop", nil).want("Demo Shop", "shop", "name")
	if n := len(s.Mutations("StoreCreditCredit")); n != 1 {
		t.Errorf("%d credits, want one", n)
	}
}

func TestBucket(t *testing.T) {
	t.Parallel()
	s := start(t, func(o *shopifytest.Options) { o.Bucket = shopifytest.Bucket{Maximum: 30, Restore: 10} })
	id := s.customerID()
	vars := creditVars(id, "1.00", "USD", "")
	resp, body, err := s.post(document(t, "store_credit_credit"), vars)
	if err != nil {
		t.Fatal(err)
	}
	v := parse(t, body)
	v.want("30", "extensions", "cost", "throttleStatus", "maximumAvailable")
	v.want("15", "extensions", "cost", "throttleStatus", "currentlyAvailable")
	if resp.Header.Get("X-Shopify-API-Version") != "2026-10" || resp.Header.Get("X-Request-Id") == "" {
		t.Errorf("headers %v", resp.Header)
	}
	s.call("store_credit_credit", vars)
	_, body, err = s.post(document(t, "store_credit_credit"), vars)
	if err != nil {
		t.Fatal(err)
	}
	v = parse(t, body)
	v.want("THROTTLED", "errors", 0, "extensions", "code")
	v.want("null", "extensions", "cost", "actualQueryCost")
	s.clock.advance(2 * time.Second)
	s.call("store_credit_credit", vars)
	if n := len(s.Mutations("")); n != 3 {
		t.Errorf("%d credits, want 3", n)
	}
}

func TestWhatShopifyRefusesOutright(t *testing.T) {
	t.Parallel()
	s := start(t)
	for name, tc := range map[string]struct{ query, code string }{
		"unknown field":    {`{ shop { nickname } }`, "fieldsOnCorrectType"},
		"not GraphQL":      {`{ shop {`, ""},
		"page without end": {`{ orders(query: "test:true") { nodes { id } } }`, "BAD_REQUEST"},
		"page too long":    {`{ orders(first: 251) { nodes { id } } }`, "BAD_REQUEST"},
		"cost too high":    {`{ orders(first: 250) { nodes { customer { id } totalPriceSet { shopMoney { amount } } } } }`, "MAX_COST_EXCEEDED"},
	} {
		resp, body, err := s.post(tc.query, nil)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %v, %v", name, resp, err)
		}
		errs := parse(t, body).at("errors")
		if errs.len() == 0 || tc.code != "" && errs.text(0, "extensions", "code") != tc.code {
			t.Errorf("%s: %s", name, body)
		}
	}
	s.Change(func(c *shopifytest.Settings) { c.Scopes = []string{"read_orders"} })
	_, body, err := s.post(document(t, "discount_by_code"), map[string]any{"code": "X"})
	if err != nil {
		t.Fatal(err)
	}
	parse(t, body).want("ACCESS_DENIED", "errors", 0, "extensions", "code")
	s.token = "wrong"
	resp, body, err := s.post(document(t, "shop"), nil)
	if err != nil || resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("wrong token: %v, %v", resp, err)
	}
	parse(t, body).text("errors")
}

func TestFragmentsAliasesDirectives(t *testing.T) {
	t.Parallel()
	s := start(t)
	_, body, err := s.post(`query Q($yes: Boolean!, $no: Boolean!) {
  __typename
  a: shop { ...names ... on Shop { currencyCode } }
  b: shop { name @skip(if: $yes) id @include(if: $no) }
}
fragment names on Shop { called: name name }`, map[string]any{"yes": true, "no": false})
	if err != nil {
		t.Fatal(err)
	}
	if want := `"data":{"__typename":"QueryRoot","a":{"called":"Demo Shop","name":"Demo Shop","currencyCode":"USD"},"b":{}}`; !strings.Contains(string(body), want) {
		t.Errorf("answer %s, want %s", body, want)
	}
}
