package shopifytest_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"grapevine/connectors/shopify/shopifytest"
)

// sim calls the control API.
func (s *shop) sim(method, path, body string, status int) value {
	s.t.Helper()
	req := must[*http.Request](s.t)(http.NewRequestWithContext(s.t.Context(), method, s.URL()+"/sim/"+path, strings.NewReader(body)))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	b := must[[]byte](s.t)(io.ReadAll(resp.Body))
	if resp.StatusCode != status {
		s.t.Fatalf("%s %s: status %d, want %d: %s", method, path, resp.StatusCode, status, b)
	}
	return parse(s.t, b)
}

func (v value) number(path ...any) string { v.t.Helper(); return fmt.Sprint(v.at(path...).v) }

func TestStoryThroughTheControlAPI(t *testing.T) {
	t.Parallel()
	hook := receive(t, ok)
	s := start(t, func(o *shopifytest.Options) { o.WebhookURL = hook.URL })
	ann := s.sim("POST", "customers", `{"email":"ann@example.com","first_name":"Ann"}`, 201)
	s.sim("POST", "discounts", `{"title":"Ten","codes":["ANNA-7Q2M"],"percent":"10","minimum":"30.00","once_per_customer":true}`, 201)
	refused := s.sim("POST", "orders", `{"lines":[{"price":"5.00"}],"codes":["ANNA-7Q2M"]}`, 422)
	refused.want("minimum_not_met", "error", "reason")
	order := s.sim("POST", "orders", `{"customer":{"email":"ben@example.com","first_name":"Ben"},
		"lines":[{"title":"Mug","price":"20.00","quantity":2}],"codes":["ANNA-7Q2M"],"shipping":"5.00","tax":"1.00"}`, 201)
	id := order.number("id")
	order.want("pending", "financial_status")
	order.want("42.00", "totals", "total", "amount")
	s.sim("POST", "orders/"+id+"/pay", ``, 200).want("paid", "financial_status")
	s.sim("POST", "orders/"+id+"/edit", `{"add":[{"title":"Cup","price":"10.00"}]}`, 200).want("partially_paid", "financial_status")
	s.sim("POST", "orders/"+id+"/refund", `{"lines":[{"index":0,"quantity":1}],"shipping":"5.00"}`, 200).want("partially_refunded", "financial_status")
	s.sim("POST", "orders/"+id+"/refund", `{"amount":"1000.00"}`, 422).want("refund_too_high", "error", "code")
	s.sim("POST", "orders/"+id+"/journey", `{"ready":false}`, 200).want("true", "journey_pending")
	s.sim("POST", "orders/"+id+"/cancel", `{"reason":"fraud"}`, 200).want("fraud", "cancel_reason")
	s.sim("GET", "orders/"+id, ``, 200).want("#1001", "name")
	s.sim("POST", "wait-quiet?timeout=5s", ``, 200)
	s.sim("POST", "redeliver", `{"topic":"orders/paid","times":3}`, 200).want("3", "queued")
	s.sim("POST", "hold", `{"hold":true}`, 200)
	s.sim("POST", "orders/"+id+"/delete", ``, 200)
	s.sim("GET", "orders/"+id, ``, 404).want("not_found", "error", "code")
	s.sim("POST", "release", `{"order":"shuffle","times":2}`, 200)
	s.sim("POST", "wait-quiet", ``, 200)
	deliveries := s.sim("GET", "deliveries", ``, 200)
	deliveries.want("orders/delete", deliveries.len()-1, "topic")
	deliveries.want("delivered", deliveries.len()-1, "state")

	s.call("store_credit_credit", map[string]any{"id": "gid://shopify/Customer/" + ann.number("id"), "input": map[string]any{
		"creditAmount": map[string]any{"amount": "10.00", "currencyCode": "USD"},
	}})
	s.sim("POST", "spend-credit", `{"customer_id":`+ann.number("id")+`,"amount":"4.00"}`, 200).want("6.00", "balance", "amount")
	state := s.sim("GET", "state", ``, 200)
	for _, d := range state.at("discounts").v.(map[string]any) {
		value{t, d}.want("1", "codes", 0, "usage")
	}
	s.sim("GET", "calls", ``, 200).want("StoreCreditCredit", 0, "operation")
}

func TestFaultsAndSettingsThroughTheControlAPI(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.sim("POST", "faults", `{"operation":"Shop","kind":"status","status":500,"count":1}`, 200)
	s.sim("POST", "faults", `[{"kind":"throttle","count":1},{"kind":"slow","delay_ms":1}]`, 200)
	for _, want := range []int{500, 429, 200} {
		if resp, _, err := s.post(document(t, "shop"), nil); err != nil || resp.StatusCode != want {
			t.Errorf("answer %v, %v, want %d", resp, err, want)
		}
	}
	s.sim("POST", "reset-faults", ``, 200)
	s.sim("POST", "faults", `{"kind":"tsunami"}`, 400)
	s.sim("POST", "settings", `{"scopes":["read_orders"]}`, 200).want("shpat_test", "access_token")
	s.call("shop", nil).want("read_orders", "currentAppInstallation", "accessScopes", 0, "handle")
	s.sim("POST", "settings", `{"no_such":1}`, 400)
	s.sim("POST", "orders", `{"lines":[]}`, 400)
	s.sim("POST", "orders/nonsense/pay", ``, 400)
	s.sim("POST", "compliance", `{"topic":"customers/redact","customer_id":5,"order_ids":[6]}`, 200)
	s.sim("POST", "uninstall", ``, 200)
	s.sim("POST", "reinstall", `{"access_token":"shpat_test"}`, 200)
	s.sim("POST", "drain", ``, 200)
}
