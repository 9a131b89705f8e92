package shopify_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"grapevine/connectors"
	"grapevine/connectors/shopify"
	"grapevine/rewards"
)

// scripted serves answers by operation, each in turn, the last one for ever: for what the simulated shop
// never does.
func scripted(t *testing.T, script map[string][]string) (*shopify.Shopify, connectors.Shop) {
	t.Helper()
	var mu sync.Mutex
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		var asked struct {
			Query string `json:"query"`
		}
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
			t.Error(err)
		}
		name := strings.FieldsFunc(asked.Query, func(r rune) bool { return strings.ContainsRune(" ({\n", r) })[1]
		mu.Lock()
		defer mu.Unlock()
		list := script[name]
		if len(list) == 0 {
			t.Errorf("%s was not expected", name)
			w.WriteHeader(http.StatusTeapot)
			return
		}
		if len(list) > 1 {
			script[name] = list[1:]
		}
		_, _ = io.WriteString(w, list[0])
	})
}

// page is an order's answer, or a further page of its lines, with one line.
func page(updated string, more bool) string {
	return fmt.Sprintf(`{"data":{"order":{"id":"gid://shopify/Order/17","name":"#1","createdAt":"2026-11-05T09:30:00Z","updatedAt":"2026-11-05T09:30:%sZ",
		"displayFinancialStatus":"PAID","currencyCode":"USD","taxesIncluded":true,"totalTipReceivedSet":{"shopMoney":{"amount":"12.0","currencyCode":"USD"}},
		"discountApplications":{"nodes":[],"pageInfo":{"hasNextPage":false}},"shippingLines":{"nodes":[],"pageInfo":{"hasNextPage":false}},"transactions":[],
		"lineItems":{"nodes":[{"id":"gid://shopify/LineItem/%s","quantity":1,"currentQuantity":1,"product":null,"discountAllocations":[],"taxLines":[],
			"originalTotalSet":{"shopMoney":{"amount":"%s.0","currencyCode":"USD"}}}],"pageInfo":{"hasNextPage":%v,"endCursor":"c"}},"refundIds":[],"refunds":[]}}}`,
		updated, updated, updated, more)
}

func TestAnOrderThatChangesBetweenItsPagesIsReadAgain(t *testing.T) {
	t.Parallel()
	s, shop := scripted(t, map[string][]string{
		"Order":      {page("11", true), page("13", true)},
		"OrderLines": {page("13", false), page("13", false)},
	})
	got, err := s.Order(t.Context(), shop, "17")
	if err != nil || len(got.Lines) != 2 || got.UpdatedAt.Second() != 13 {
		t.Errorf("got %+v, %v", got, err)
	}
	s, shop = scripted(t, map[string][]string{"Order": {page("11", true)}, "OrderLines": {page("13", false)}})
	_, err = s.Order(t.Context(), shop, "17")
	wantError(t, err, rewards.Unavailable, "order_changing")
	s, shop = scripted(t, map[string][]string{"Order": {page("11", true)}, "OrderLines": {page("11", true)}})
	_, err = s.Order(t.Context(), shop, "17")
	wantError(t, err, rewards.Invalid, "too_many_lines")
}

func TestATipIsNoGoods(t *testing.T) {
	t.Parallel()
	s, shop := scripted(t, map[string][]string{"Order": {page("12", false)}})
	if got, err := s.Order(t.Context(), shop, "17"); err != nil || len(got.Lines) != 0 {
		t.Errorf("got %+v, %v", got, err)
	}
}

// What cannot be seen whole is held for a person, never reckoned from a part.
func TestAnOrderThatIsNotSeenWholeIsInvalid(t *testing.T) {
	t.Parallel()
	good := page("19", false)
	tax := `{"priceSet":{"shopMoney":{"amount":"0.1","currencyCode":"USD"}}}`
	refundID := `{"id":"gid://shopify/Refund/1"}`
	for want, body := range map[string]string{
		"too_many_codes":    strings.Replace(good, `"discountApplications":{"nodes":[],"pageInfo":{"hasNextPage":false}}`, `"discountApplications":{"nodes":[],"pageInfo":{"hasNextPage":true}}`, 1),
		"too_many_parts":    strings.Replace(good, `"refundIds":[]`, `"refundIds":[`+refundID+strings.Repeat(","+refundID, 59)+`]`, 1),
		"too_many_taxes":    strings.Replace(good, `"taxLines":[]`, `"taxLines":[`+tax+strings.Repeat(","+tax, 4)+`]`, 1),
		"currency_mismatch": strings.Replace(good, `"amount":"19.0","currencyCode":"USD"`, `"amount":"9.0","currencyCode":"CAD"`, 1),
		"bad_amount":        strings.Replace(good, `"amount":"19.0"`, `"amount":"1,9.0"`, 1),
		"missing_field":     strings.Replace(good, `"createdAt":"2026-11-05T09:30:00Z"`, `"createdAt":null`, 1),
	} {
		s, shop := answering(t, 200, body)
		_, err := s.Order(t.Context(), shop, "17")
		wantError(t, err, rewards.Invalid, want)
	}
}

const takenAnswer = `{"data":{"discountCodeBasicCreate":{"codeDiscountNode":null,"userErrors":[{"code":"TAKEN","field":["code"],"message":"taken"}]}}}`

// TAKEN says that the code is there; as long as it cannot be seen whose it is, nobody knows whether the
// try before made it.
func TestATakenCodeThatCannotBeSeenIsUnclear(t *testing.T) {
	t.Parallel()
	for name, look := range map[string]string{
		"nobody has it yet":      `{"data":{"codeDiscountNodeByCode":null}}`,
		"the look-up is torn":    `{"data":{"codeDisc`,
		"the look-up is refused": `{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}]}`,
	} {
		s, shop := scripted(t, map[string][]string{"DiscountBasicCreate": {takenAnswer}, "DiscountByCode": {look}})
		_, err := s.Do(t.Context(), shop, "", offer())
		if ce := connectors.AsCallError(err); !ce.Unclear || rewards.KindOf(err) != rewards.Unavailable {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestACodeOfAnotherKindOfDiscountIsNotOurs(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"DiscountCodeApp", "DiscountCodeBxgy", "DiscountCodeSomethingNew"} {
		s, shop := scripted(t, map[string][]string{"DiscountBasicCreate": {takenAnswer}, "DiscountByCode": {
			`{"data":{"codeDiscountNodeByCode":{"id":"gid://shopify/DiscountCodeNode/1","codeDiscount":{"__typename":"` + kind + `","title":"Grapevine give10get10: x"}}}}`,
		}})
		_, err := s.Do(t.Context(), shop, "", offer())
		wantError(t, err, rewards.Conflict, "code_exists_in_shop")
	}
}

// A filter that the shop understands in its own way must not keep a code alive.
func TestARetiredCodeIsFoundWithoutTheFilterToo(t *testing.T) {
	t.Parallel()
	codes := func(list string, more bool) string {
		return fmt.Sprintf(`{"data":{"discountNode":{"id":"gid://shopify/DiscountCodeNode/1","discount":{"__typename":"DiscountCodeBasic","codes":{"nodes":[%s],"pageInfo":{"hasNextPage":%v,"endCursor":"c"}}}}}}`, list, more)
	}
	const ours, gone = `{"data":{"c0":{"id":"gid://shopify/DiscountCodeNode/1"}}}`, `{"data":{"c0":null}}`
	s, shop := scripted(t, map[string][]string{
		"CodeOwners":           {ours, ours, gone},
		"RedeemCodeFind":       {codes("", false), codes(`{"id":"gid://shopify/DiscountRedeemCode/8","code":"OTHER"}`, true), codes(`{"id":"gid://shopify/DiscountRedeemCode/9","code":"anna-7q2m"}`, false)},
		"RedeemCodeBulkDelete": {`{"data":{"discountCodeRedeemCodeBulkDelete":{"job":{"id":"gid://shopify/Job/1"},"userErrors":[]}}}`},
	})
	a := rewards.RetireCode{OfferID: "gid://shopify/DiscountCodeNode/1", Code: "ANNA-7Q2M"}
	if _, err := s.Do(t.Context(), shop, "", a); err != nil {
		t.Error(err)
	}
	s, shop = scripted(t, map[string][]string{"CodeOwners": {ours}, "RedeemCodeFind": {codes("", false)}})
	_, err := s.Do(t.Context(), shop, "", a)
	wantError(t, err, rewards.Unavailable, "code_not_shown")
	s, shop = scripted(t, map[string][]string{
		"CodeOwners": {ours}, "RedeemCodeFind": {codes(`{"id":"gid://shopify/DiscountRedeemCode/9","code":"ANNA-7Q2M"}`, false)},
		"RedeemCodeBulkDelete": {`{"data":{"discountCodeRedeemCodeBulkDelete":{"job":{"id":"gid://shopify/Job/1"},"userErrors":[]}}}`},
	})
	_, err = s.Do(t.Context(), shop, "", a)
	wantError(t, err, rewards.Unavailable, "retire_pending")
}

func TestWhatTheConnectorIsAndCarries(t *testing.T) {
	t.Parallel()
	s := newConnector(t)
	want := connectors.Capabilities{
		Rewards:      []rewards.RewardKind{"discount_code", "store_credit", "gift_card", "product", "tag"},
		FreeShipping: true, Scopes: true, Links: true, Collections: true, Countries: true, SharedDoor: true,
		Needs: map[rewards.RewardKind][]string{
			"gift_card": {"write_gift_cards", "write_gift_card_transactions", "write_customers"}, "tag": {"write_customers"},
		},
	}
	if c := s.Capabilities(); s.Name() != "shopify" || !sameJSON(c, want) {
		t.Errorf("got %s, %+v", s.Name(), c)
	}
}
