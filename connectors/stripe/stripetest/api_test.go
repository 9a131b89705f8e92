package stripetest_test

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"

	"grapevine/connectors/stripe/stripetest"
)

func TestACallIsRefusedWithStripesWords(t *testing.T) {
	t.Parallel()
	s := start(t)
	cus := s.post("/v1/customers", "email", "anna@example.com").ok().at("id")
	for _, c := range []struct {
		name, method, path, form string
		header                   map[string]string
		want                     string
	}{
		{"no key", "GET", "/v1/account", "", map[string]string{"Authorization": ""}, "401 invalid_request_error absent absent"},
		{"a wrong key", "GET", "/v1/account", "", map[string]string{"Authorization": "Bearer sk_test_nope"}, "401 invalid_request_error absent absent"},
		{"another version", "GET", "/v1/account", "", map[string]string{"Stripe-Version": "2025-03-31.basil"}, "400 invalid_request_error absent absent"},
		{"a strange account", "GET", "/v1/account", "", map[string]string{"Stripe-Account": "acct_nobody"}, "403 invalid_request_error account_invalid absent"},
		{"an unknown address", "GET", "/v1/nothing", "", nil, "404 invalid_request_error absent absent"},
		{"an unknown method", "DELETE", "/v1/promotion_codes/promo_1", "", nil, "404 invalid_request_error absent absent"},
		{"an unknown parameter", "POST", "/v1/customers", "colour=red", nil, "400 invalid_request_error parameter_unknown colour"},
		{"an unknown parameter in brackets", "POST", "/v1/coupons", "applies_to[colours][0]=red", nil, "400 invalid_request_error parameter_unknown applies_to[colours][0]"},
		{"broken brackets", "POST", "/v1/customers", "metadata[a=1", nil, "400 invalid_request_error parameter_unknown metadata[a"},
		{"a number that is none", "POST", "/v1/customers/" + cus + "/balance_transactions", "amount=5.00&currency=usd", nil, "400 invalid_request_error parameter_invalid_integer amount"},
		{"a truth that is none", "POST", "/v1/promotion_codes", "coupon=x&active=yes", nil, "400 invalid_request_error absent active"},
		{"an empty value", "POST", "/v1/promotion_codes", "coupon=x&code=", nil, "400 invalid_request_error parameter_invalid_empty code"},
		{"a missing parameter", "POST", "/v1/promotion_codes", "code=A", nil, "400 invalid_request_error parameter_missing coupon"},
		{"a missing thing in the path", "GET", "/v1/charges/ch_1", "", nil, "404 invalid_request_error resource_missing id"},
		{"a missing thing in a parameter", "POST", "/v1/promotion_codes", "coupon=none", nil, "400 invalid_request_error resource_missing coupon"},
		{"a page that is too long", "GET", "/v1/customers", "limit=101", nil, "400 invalid_request_error parameter_invalid_integer limit"},
		{"a body that is no form", "POST", "/v1/customers", `{"email":"a"}`, map[string]string{"Content-Type": "application/json"}, "400 invalid_request_error absent absent"},
		{"parameters of a POST in its address", "POST", "/v1/customers?email=a", "", nil, "400 invalid_request_error absent absent"},
		{"an expansion that goes too deep", "GET", "/v1/customers", "expand[]=data.a.b.c.d", nil, "400 invalid_request_error absent expand"},
		{"an expansion of what is no thing", "GET", "/v1/customers/" + cus, "expand[]=email", nil, "400 invalid_request_error absent expand"},
	} {
		if got := s.send(c.method, c.path, c.form, c.header).refused(); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestAnAnswerTellsItsTimeAndItsName(t *testing.T) {
	t.Parallel()
	s := start(t)
	one, two := s.get("/v1/account"), s.get("/v1/account")
	same(t, "Date", one.header.Get("Date"), "Mon, 02 Nov 2026 09:30:00 GMT")
	if id := one.header.Get("Request-Id"); id == "" || id == two.header.Get("Request-Id") {
		t.Errorf("request ids %q and %q", id, two.header.Get("Request-Id"))
	}
	one.ok().wants("object", "account", "id", s.AccountID(), "default_currency", "usd", "settings.dashboard.timezone", "Etc/UTC")
}

func TestAKeyIsTakenAsBearerOrBasic(t *testing.T) {
	t.Parallel()
	s := start(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL()+"/v1/account", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth(s.Key(), "")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	same(t, "status", resp.StatusCode, 200)
}

func TestOnlySecretKeysOpenAnAccount(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]bool{
		"sk_test_1": true, "rk_test_1": true, "sk_live_1": true, "rk_live_1": true,
		"pk_test_1": false, "sk_test_": false, "sk_prod_1": false, "whsec_1": false,
	} {
		server, err := stripetest.Start(stripetest.Options{Key: key})
		if (err == nil) != want {
			t.Errorf("%s: %v, want it taken: %t", key, err, want)
		}
		if server != nil {
			_ = server.Close()
		}
	}
}

func TestARestrictedKeyDoesWhatItMay(t *testing.T) {
	t.Parallel()
	s := start(t)
	r := s.as(s.RestrictKey(s.Account, "customers:read", "coupons:write"), "")
	for _, c := range []struct {
		name string
		got  reply
		want int
	}{
		{"does not read its account", r.get("/v1/account"), 403},
		{"reads customers", r.get("/v1/customers"), 200},
		{"does not make customers", r.post("/v1/customers"), 403},
		{"makes coupons", r.post("/v1/coupons", "percent_off", "10"), 200},
		{"reads coupons", r.get("/v1/coupons"), 200},
		{"does not read events", r.get("/v1/events"), 403},
	} {
		if c.got.status != c.want {
			t.Errorf("%s: status %d, want %d", c.name, c.got.status, c.want)
		}
	}
	s.RevokeKey(r.key)
	same(t, "after it was revoked", r.get("/v1/account").refused(), "401 invalid_request_error absent absent")
}

func TestTheRateLimitRefusesAndNothingIsDone(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.Throttle(2)
	same(t, "the first", s.keyed("k1", "/v1/customers").refused(), "429 invalid_request_error rate_limit absent")
	same(t, "the second", s.get("/v1/account").status, 429)
	same(t, "the third, under the first one's key", s.keyed("k1", "/v1/customers").status, 200)
	s.Throttle(-1)
	for range 3 {
		same(t, "while it lasts", s.get("/v1/account").status, 429)
	}
	s.Throttle(0)
	same(t, "customers", s.get("/v1/customers").ok().at("data.#"), "1")
}

func TestItWorksBehindAProxy(t *testing.T) {
	t.Parallel()
	s := start(t)
	to, err := url.Parse(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	proxy := httptest.NewServer(httputil.NewSingleHostReverseProxy(to))
	t.Cleanup(proxy.Close)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, proxy.URL+"/v1/account", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.Key())
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	same(t, "status", resp.StatusCode, 200)
}

func TestCallsAreRemembered(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.keyed("k", "/v1/customers", "metadata[b]", "2", "email", "a@example.com")
	s.keyed("k", "/v1/customers", "email", "a@example.com", "metadata[b]", "2")
	s.as("sk_test_no", "").get("/v1/account")
	form := "email=a%40example.com&metadata.b=2"
	same(t, "calls", s.Calls(), []stripetest.Call{
		{Method: "POST", Path: "/v1/customers", Params: form, Account: s.AccountID(), Key: "k", Status: 200},
		{Method: "POST", Path: "/v1/customers", Params: form, Account: s.AccountID(), Key: "k", Status: 200, Replayed: true},
		{Method: "GET", Path: "/v1/account", Status: 401},
	})
}
