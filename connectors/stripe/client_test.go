package stripe

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
)

// answering is a shop whose API gives one answer to everything, and counts the calls.
func answering(t *testing.T, answer http.HandlerFunc) (*Stripe, connectors.Shop, *atomic.Int64) {
	t.Helper()
	calls := new(atomic.Int64)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		answer(w, r)
	}))
	t.Cleanup(srv.Close)
	s, err := New(Options{AllowLoopback: true})
	if err != nil {
		t.Fatal(err)
	}
	return s, connectors.Shop{ID: "shop_1", Platform: Name, Domain: "acct_1tea.test", Token: "sk_test_4eC39", APIURL: srv.URL, Currency: "USD"}, calls
}

func TestWhatAnAnswerMeans(t *testing.T) {
	t.Parallel()
	said := func(kind, code string) string {
		return fmt.Sprintf(`{"error":{"type":%q,"code":%q,"message":"No."}}`, kind, code)
	}
	for name, tc := range map[string]struct {
		status      int
		header      string
		body        string
		read, write string
	}{
		"400":                         {400, "", said("invalid_request_error", "parameter_missing"), "invalid parameter_missing", "invalid parameter_missing"},
		"400 without a code":          {400, "", said("invalid_request_error", ""), "invalid shop_refused", "invalid shop_refused"},
		"400 with an odd code":        {400, "", said("invalid_request_error", "<b>"), "invalid shop_refused", "invalid shop_refused"},
		"400 about a missing part":    {400, "", said("invalid_request_error", "resource_missing"), "not_found resource_missing", "not_found resource_missing"},
		"400, the key for other":      {400, "", said("idempotency_error", ""), "unavailable shop_unavailable", "unavailable shop_unavailable unclear"},
		"401":                         {401, "", said("invalid_request_error", ""), "denied token_refused park=token_refused", "denied token_refused park=token_refused"},
		"401 of a proxy":              {401, "", "<html>", "denied token_refused park=token_refused", "denied token_refused park=token_refused"},
		"402":                         {402, "", said("card_error", "card_declined"), "invalid card_declined", "invalid card_declined"},
		"403":                         {403, "", said("invalid_request_error", "more_permissions_required"), "denied scope_missing park=scope_missing", "denied scope_missing park=scope_missing"},
		"403, the account left":       {403, "", said("invalid_request_error", "account_invalid"), "denied shop_gone park=shop_gone", "denied shop_gone park=shop_gone"},
		"404":                         {404, "", said("invalid_request_error", "resource_missing"), "not_found resource_missing", "not_found resource_missing"},
		"404 of a proxy":              {404, "", "not here", "unavailable shop_unavailable", "unavailable shop_unavailable unclear"},
		"409":                         {409, "", said("invalid_request_error", "idempotency_key_in_use"), "unavailable shop_unavailable", "unavailable shop_unavailable unclear"},
		"429":                         {429, "", said("invalid_request_error", "rate_limit"), "unavailable shop_throttled throttled", "unavailable shop_throttled throttled"},
		"429 with a lock":             {429, "", said("invalid_request_error", "lock_timeout"), "unavailable shop_throttled throttled", "unavailable shop_throttled throttled"},
		"500":                         {500, "", said("api_error", ""), "unavailable shop_unavailable", "unavailable shop_unavailable unclear"},
		"503 of a proxy":              {503, "", "busy", "unavailable shop_unavailable", "unavailable shop_unavailable unclear"},
		"a redirect":                  {302, "https://example.com/", "", "unavailable shop_unavailable", "unavailable shop_unavailable unclear"},
		"200 that is no JSON":         {200, "", "<html>", "unavailable shop_unreadable", "unavailable shop_unreadable unclear"},
		"200 that ends early":         {200, "", `{"id":"x"`, "unavailable shop_unreadable", "unavailable shop_unreadable unclear"},
		"200 with a member twice":     {200, "", `{"id":"x","id":"y"}`, "unavailable shop_unreadable", "unavailable shop_unreadable unclear"},
		"200 of another shape":        {200, "", `[1]`, "unavailable shop_unreadable", "unavailable shop_unreadable unclear"},
		"200 without a body":          {200, "", ``, "unavailable shop_unreadable", "unavailable shop_unreadable unclear"},
		"204":                         {204, "", ``, "unavailable shop_unavailable", "unavailable shop_unavailable unclear"},
		"an exception in a 200":       {200, "", said("api_error", ""), "conflict coupon_exists_in_shop", "conflict coupon_exists_in_shop"},
		"more than anybody would say": {200, "", `{"id":"` + strings.Repeat("x", maxAnswer) + `"}`, "unavailable shop_unreachable", "unavailable shop_unreachable unclear"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, shop, calls := answering(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet && strings.HasSuffix(name, "!") {
					return
				}
				if tc.header != "" {
					w.Header().Set("Location", tc.header)
				}
				w.WriteHeader(tc.status)
				_, _ = w.Write([]byte(tc.body))
			})
			c, err := s.caller(shop)
			if err != nil {
				t.Fatal(err)
			}
			if _, err = c.coupon(context.Background(), "x"); name != "an exception in a 200" {
				failed(t, "a read", err, tc.read)
			}
			if name == "an exception in a 200" { // it reads as a coupon that says nothing
				_, err = c.ensureCoupon(context.Background(), "k", terms{subject: "p", percent: 1000})
				failed(t, "a write", err, tc.write)
				return
			}
			var b couponBody
			failed(t, "a write", c.newCoupon(context.Background(), "k", terms{subject: "p", percent: 1000}, &b), tc.write)
			if n := calls.Load(); n != 2 {
				t.Errorf("%d calls", n)
			}
		})
	}
}

func TestACallThatIsCutOff(t *testing.T) {
	t.Parallel()
	s, shop, _ := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	})
	c, err := s.caller(shop)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.coupon(context.Background(), "x")
	failed(t, "a read", err, "unavailable shop_unreachable")
	var b couponBody
	failed(t, "a write", c.newCoupon(context.Background(), "k", terms{subject: "p", percent: 1000}, &b), "unavailable shop_unreachable unclear")

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	shop.APIURL = "http://" + l.Addr().String()
	if err := l.Close(); err != nil { // nobody listens there now
		t.Fatal(err)
	}
	if c, err = s.caller(shop); err != nil {
		t.Fatal(err)
	}
	failed(t, "a write that was never sent", c.newCoupon(context.Background(), "k", terms{subject: "p", percent: 1000}, &b), "unavailable shop_unreachable")
}

func TestWhatEveryCallCarries(t *testing.T) {
	t.Parallel()
	seen := make(chan http.Header, 10)
	s, shop, _ := answering(t, func(w http.ResponseWriter, r *http.Request) {
		seen <- r.Header.Clone()
		_, _ = w.Write([]byte(`{"id":"x"}`))
	})
	shop.Settings = map[string]string{SettingAccount: "acct_1Tea", SettingConnected: "true"}
	c, err := s.caller(shop)
	if err != nil {
		t.Fatal(err)
	}
	var b couponBody
	if err := c.newCoupon(context.Background(), "k", terms{subject: "p", percent: 1000}, &b); err != nil {
		t.Fatal(err)
	}
	h := <-seen
	same(t, "headers", []string{h.Get("Authorization"), h.Get("Stripe-Version"), h.Get("Stripe-Account"), h.Get("Accept-Encoding"), h.Get("X-Stripe-Client-User-Agent"), h.Get("X-Stripe-Client-Telemetry")},
		[]string{"Bearer sk_test_4eC39", "2023-10-16", "acct_1Tea", "identity", "", ""})
	if key := h.Get("Idempotency-Key"); len(key) < 40 || len(key) > 255 || !strings.HasPrefix(key, "grapevine-") {
		t.Errorf("key %q", key)
	}
	if !strings.Contains(h.Get("User-Agent"), "Grapevine") {
		t.Errorf("user agent %q", h.Get("User-Agent"))
	}
}

func TestAKeyOfAnotherWorldIsNeverSent(t *testing.T) {
	t.Parallel()
	s, shop, calls := answering(t, func(http.ResponseWriter, *http.Request) {})
	for name, change := range map[string]func(*connectors.Shop){
		"a live key for a test shop":       func(s *connectors.Shop) { s.Token = "sk_live_4eC39" },
		"a test key for a live shop":       func(s *connectors.Shop) { s.Domain = "acct_1tea" },
		"a publishable key":                func(s *connectors.Shop) { s.Token = "pk_test_4eC39" },
		"no key":                           func(s *connectors.Shop) { s.Token = "" },
		"a key with a line feed":           func(s *connectors.Shop) { s.Token = "sk_test_4eC39\n" },
		"a connected shop without account": func(s *connectors.Shop) { s.Settings = map[string]string{SettingConnected: "true"} },
	} {
		t.Run(name, func(t *testing.T) {
			shop := shop
			change(&shop)
			_, err := s.Order(context.Background(), shop, "cs_test_1")
			failed(t, name, err, "denied token_refused park=token_refused")
			if strings.Contains(err.Error(), "4eC39") {
				t.Errorf("the error tells the key: %v", err)
			}
		})
	}
	same(t, "calls", calls.Load(), 0)
	shop.APIURL = "http://example.com"
	_, err := s.Order(context.Background(), shop, "cs_test_1")
	failed(t, "another address", err, "invalid bad_api_url")
}

func TestPatienceEndsWithTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	tries := 0
	err := patiently(ctx, func() error {
		tries++
		cancel()
		return &connectors.CallError{Cause: rewards.Errorf(rewards.Unavailable, "shop_throttled", "x"), Throttled: true, After: time.Hour}
	})
	failed(t, "it", err, "unavailable shop_throttled throttled")
	same(t, "tries", tries, 1)
}
