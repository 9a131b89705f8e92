package shopify_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/connectors/shopify"
	"grapevine/rewards"
)

// serve makes a connector and a shop whose API is the handler.
func serve(t *testing.T, h http.HandlerFunc, change ...func(*shopify.Options)) (*shopify.Shopify, connectors.Shop) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return newConnector(t, change...), connectors.Shop{Domain: "demo.myshopify.com", APIURL: server.URL, Token: testToken}
}

// answering serves one answer to everything.
func answering(t *testing.T, status int, body string) (*shopify.Shopify, connectors.Shop) {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

const credited = `{"data":{"storeCreditAccountCredit":{"storeCreditAccountTransaction":{"id":"gid://shopify/StoreCreditAccountCreditTransaction/5","expiresAt":"2037-01-31T12:34:56Z","account":{"id":"gid://shopify/StoreCreditAccount/4"}},"userErrors":[]}},"extensions":{"cost":{"requestedQueryCost":10.5,"actualQueryCost":10,"throttleStatus":{"maximumAvailable":2000.0,"currentlyAvailable":1990.25,"restoreRate":100.0}}}}`

// TestEveryAnswerIsClassified sends a read and a write and looks at what the caller is told to do.
func TestEveryAnswerIsClassified(t *testing.T) {
	t.Parallel()
	type want struct {
		kind      rewards.Kind
		code      string
		unclear   bool // of the write; a read never is
		throttled bool
		after     time.Duration
		park      string
	}
	const throttle = `"extensions":{"cost":{"requestedQueryCost":510,"actualQueryCost":null,"throttleStatus":{"maximumAvailable":2000,"currentlyAvailable":10,"restoreRate":100}}}`
	entry := func(code string) string {
		return `{"errors":[{"message":"no","extensions":{"code":"` + code + `"}}],"data":null,` + throttle + `}`
	}
	unreadable := want{kind: rewards.Unavailable, code: "shop_unreadable", unclear: true}
	broken := want{kind: rewards.Unavailable, code: "shop_error", unclear: true}
	for name, tc := range map[string]struct {
		status int
		body   string
		want   want
	}{
		"an empty answer":               {200, "", unreadable},
		"a login page":                  {200, "<html>Log in</html>", unreadable},
		"half an answer":                {200, credited[:100], unreadable},
		"two answers":                   {200, credited + credited, unreadable},
		"a list":                        {200, "[]", unreadable},
		"null":                          {200, "null", unreadable},
		"no data":                       {200, "{}", unreadable},
		"data of null":                  {200, `{"data":null}`, unreadable},
		"data of another kind":          {200, `{"data":"yes"}`, unreadable},
		"a member twice":                {200, `{"data":null,"data":{}}`, unreadable},
		"errors as text":                {200, `{"errors":"[API] Not Found"}`, broken},
		"errors as an object":           {200, `{"errors":{"query":"missing"}}`, unreadable},
		"an error without a code":       {200, `{"errors":[{"message":"?"}]}`, broken},
		"an internal error":             {200, entry("INTERNAL_SERVER_ERROR"), broken},
		"an error nobody knows":         {200, entry("SOMETHING_NEW"), broken},
		"throttled":                     {200, entry("THROTTLED"), want{kind: rewards.Unavailable, code: "shop_throttled", throttled: true, after: 5 * time.Second}},
		"throttled without cost":        {200, `{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}]}`, want{kind: rewards.Unavailable, code: "shop_throttled", throttled: true, after: time.Second}},
		"access denied":                 {200, entry("ACCESS_DENIED"), want{kind: rewards.Denied, code: "scope_missing", park: "scope_missing"}},
		"shop inactive":                 {200, entry("SHOP_INACTIVE"), want{kind: rewards.Denied, code: "shop_frozen", park: "shop_frozen"}},
		"too costly":                    {200, entry("MAX_COST_EXCEEDED"), want{kind: rewards.Invalid, code: "request_refused"}},
		"a field that is gone":          {200, entry("undefinedField"), want{kind: rewards.Invalid, code: "request_refused"}},
		"a variable that does not fit":  {200, entry("INVALID_VARIABLE"), want{kind: rewards.Invalid, code: "request_refused"}},
		"throttled and something else":  {200, `{"errors":[{"message":"a","extensions":{"code":"THROTTLED"}},{"message":"b","extensions":{"code":"BOOM"}}]}`, broken},
		"201":                           {201, credited, want{kind: rewards.Unavailable, code: "shop_unavailable", unclear: true}},
		"301 without a place":           {301, "", want{kind: rewards.Unavailable, code: "shop_unavailable", unclear: true}},
		"400":                           {400, "{}", want{kind: rewards.Invalid, code: "shop_refused"}},
		"401":                           {401, `{"errors":"[API] Invalid API key"}`, want{kind: rewards.Denied, code: "token_refused", park: "token_refused"}},
		"402":                           {402, "", want{kind: rewards.Denied, code: "shop_frozen", park: "shop_frozen"}},
		"403":                           {403, "", want{kind: rewards.Denied, code: "scope_missing", park: "scope_missing"}},
		"404":                           {404, "", want{kind: rewards.Denied, code: "shop_gone", park: "shop_gone"}},
		"408":                           {408, "", want{kind: rewards.Unavailable, code: "shop_unavailable", unclear: true}},
		"423":                           {423, "", want{kind: rewards.Denied, code: "shop_frozen", park: "shop_frozen"}},
		"429":                           {429, "", want{kind: rewards.Unavailable, code: "shop_throttled", throttled: true, after: 2 * time.Second}},
		"500":                           {500, "oops", want{kind: rewards.Unavailable, code: "shop_unavailable", unclear: true}},
		"503 with an empty body":        {503, "", want{kind: rewards.Unavailable, code: "shop_unavailable", unclear: true}},
		"an answer beyond all measure":  {200, `{"data":"` + strings.Repeat("x", 2<<20) + `"}`, unreadable},
		"a right answer with a warning": {200, `{"data":{"storeCreditAccountCredit":{"storeCreditAccountTransaction":null,"userErrors":[]}},"errors":null}`, unreadable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, shop := answering(t, tc.status, tc.body)
			_, err := s.Do(t.Context(), shop, "", grant("1"))
			check := func(what string, err error, unclear bool) {
				ce := connectors.AsCallError(err)
				got := want{rewards.KindOf(err), rewards.CodeOf(err), ce.Unclear, ce.Throttled, ce.After, ce.Park}
				w := tc.want
				w.unclear = unclear
				if err == nil || got != w {
					t.Errorf("%s: got %+v (%v), want %+v", what, got, err, w)
				}
			}
			check("write", err, tc.want.unclear)
			if name != "a right answer with a warning" {
				_, err = s.Order(t.Context(), shop, "1")
				check("read", err, false)
			}
		})
	}
}

// Where part of the data is there, the write may have worked.
func TestPartOfAnAnswerIsUnclear(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"a result and a denied field": `{"data":{"storeCreditAccountCredit":{"storeCreditAccountTransaction":null,"userErrors":[]}},"errors":[{"message":"no","path":["storeCreditAccountCredit","storeCreditAccountTransaction"],"extensions":{"code":"ACCESS_DENIED"}}]}`,
		"a result and a user error":   strings.Replace(credited, `"userErrors":[]`, `"userErrors":[{"code":null,"field":null,"message":"odd"}]`, 1),
	} {
		s, shop := answering(t, 200, body)
		_, err := s.Do(t.Context(), shop, "", grant("1"))
		if ce := connectors.AsCallError(err); err == nil || !ce.Unclear {
			t.Errorf("%s: got %v", name, err)
		}
	}
	s, shop := answering(t, 200, `{"data":{"storeCreditAccountCredit":{"storeCreditAccountTransaction":null,"userErrors":[{"code":null,"field":null,"message":"odd"}]}}}`)
	_, err := s.Do(t.Context(), shop, "", grant("1"))
	wantError(t, err, rewards.Invalid, "shop_refused")
}

func TestARightAnswerIsAReceiptWithPace(t *testing.T) {
	t.Parallel()
	s, shop := answering(t, 200, credited)
	r, err := s.Do(t.Context(), shop, "", grant("1"))
	if err != nil || r.Pace != (connectors.Pace{Available: 1990, PerSecond: 100, Reserve: 500}) || r.ExternalID == "" {
		t.Errorf("got %+v, %v", r, err)
	}
}

// The token must never reach a host that the shop's answer names.
func TestTheTokenStaysWithItsHost(t *testing.T) {
	t.Parallel()
	var reached atomic.Bool
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Store(true) }))
	t.Cleanup(other.Close)
	for _, status := range []int{301, 302, 303, 307, 308} {
		s, shop := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-Shopify-Access-Token") != testToken {
				t.Error("no token")
			}
			http.Redirect(w, r, other.URL, status)
		}, func(o *shopify.Options) { o.Client = &http.Client{} })
		_, err := s.Do(t.Context(), shop, "", grant("1"))
		if ce := connectors.AsCallError(err); err == nil || !ce.Unclear || reached.Load() {
			t.Fatalf("%d: got %v, reached %v", status, err, reached.Load())
		}
	}
}

func TestAnAnswerIsNeverInflated(t *testing.T) {
	t.Parallel()
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	_, _ = z.Write(bytes.Repeat([]byte(" "), 50<<20))
	_ = z.Close()
	s, shop := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Accept-Encoding"); got != "identity" {
			t.Errorf("asked for %q", got)
		}
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(bomb.Bytes())
	})
	_, err := s.Order(t.Context(), shop, "1")
	wantError(t, err, rewards.Unavailable, "shop_unreadable")
}

// One deadline covers the whole call with its body: a byte a second is no answer.
func TestASlowAnswerIsGivenUp(t *testing.T) {
	t.Parallel()
	for name, headersFirst := range map[string]bool{"no headers": false, "a body without end": true} {
		s, shop := serve(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			if headersFirst {
				_, _ = io.WriteString(w, "{")
				w.(http.Flusher).Flush()
			}
			<-r.Context().Done()
		}, func(o *shopify.Options) { o.Timeout = 50 * time.Millisecond })
		_, err := s.Do(t.Context(), shop, "", grant("1"))
		ce := connectors.AsCallError(err)
		if rewards.CodeOf(err) != "shop_unreachable" || !ce.Unclear || !strings.Contains(err.Error(), "no answer within 50ms") {
			t.Errorf("%s: got %v", name, err)
		}
		if _, err := s.Order(t.Context(), shop, "1"); connectors.AsCallError(err).Unclear {
			t.Errorf("%s: reading is unclear", name)
		}
	}
}

// A call that surely never left is not unclear: it may be sent again without a look.
func TestACallThatNeverLeftIsNotUnclear(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free := l.Addr().String()
	_ = l.Close()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for name, tc := range map[string]struct {
		ctx  context.Context
		shop connectors.Shop
		kind rewards.Kind
	}{
		"the connection is refused": {t.Context(), connectors.Shop{Domain: "demo.myshopify.com", APIURL: "http://" + free, Token: "t"}, rewards.Unavailable},
		"the caller gave up before": {gone, connectors.Shop{Domain: "demo.myshopify.com", APIURL: "http://" + free, Token: "t"}, rewards.Unavailable},
		"a token with a line break": {t.Context(), connectors.Shop{Domain: "demo.myshopify.com", APIURL: "http://" + free, Token: "t\r\nX: y"}, rewards.Unavailable},
		"no token":                  {t.Context(), connectors.Shop{Domain: "demo.myshopify.com", APIURL: "http://" + free}, rewards.Denied},
		"a foreign host":            {t.Context(), connectors.Shop{Domain: "demo.myshopify.com.evil.example", Token: "t"}, rewards.Invalid},
	} {
		_, err := newConnector(t).Do(tc.ctx, tc.shop, "", grant("1"))
		if ce := connectors.AsCallError(err); rewards.KindOf(err) != tc.kind || ce.Unclear {
			t.Errorf("%s: got %v, unclear %v", name, err, ce.Unclear)
		}
		if err != nil && strings.Contains(err.Error(), "X: y") {
			t.Errorf("%s: the error holds the token: %v", name, err)
		}
	}
}

func TestOnlyLoopbackReplacesTheShopsAddress(t *testing.T) {
	t.Parallel()
	for address, good := range map[string]bool{
		"http://127.0.0.1:9001": true, "http://127.0.0.1:9001/": true, "http://[::1]:9001": true, "http://localhost:9001": true,
		"https://127.0.0.1:9001": false, "http://10.0.0.1": false, "http://169.254.169.254": false, "http://example.com": false,
		"http://127.0.0.1.example.com": false, "http://user:pw@127.0.0.1": false, "http://127.0.0.1/admin": false,
		"http://127.0.0.1?x=1": false, "http://0.0.0.0": false, "http://2130706433": false, "file:///etc/passwd": false, "127.0.0.1": false, "": false,
	} {
		if err := newConnector(t).CheckAPIURL(address); (err == nil) != good {
			t.Errorf("%q: got %v", address, err)
		}
		strict := newConnector(t, func(o *shopify.Options) { o.AllowLoopback = false })
		if err := strict.CheckAPIURL(address); rewards.KindOf(err) != rewards.Denied {
			t.Errorf("%q without leave: got %v", address, err)
		}
	}
	strict := newConnector(t, func(o *shopify.Options) { o.AllowLoopback = false })
	_, err := strict.Do(t.Context(), connectors.Shop{Domain: "demo.myshopify.com", APIURL: "http://127.0.0.1:1", Token: "t"}, "", grant("1"))
	wantError(t, err, rewards.Denied, "loopback_not_allowed")
}

// An expired version of the API is no error: Shopify answers in an older one.
func TestAnotherVersionIsNoticedOnce(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	s, shop := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/admin/api/2026-10/graphql.json" {
			t.Errorf("asked %s", r.URL.Path)
		}
		w.Header().Set("X-Shopify-API-Version", "2027-01")
		_, _ = fmt.Fprint(w, credited)
	}, func(o *shopify.Options) { o.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	for range 3 {
		if _, err := s.Do(t.Context(), shop, "", grant("1")); err != nil {
			t.Fatal(err)
		}
	}
	if strings.Count(log.String(), "level=WARN") != 1 || !strings.Contains(log.String(), "answered=2027-01") || strings.Contains(log.String(), testToken) {
		t.Errorf("got %s", log.String())
	}
}

// One refused field must not cost the order: the shop may keep e-mail addresses from us.
func TestADeniedAddressIsNoFailure(t *testing.T) {
	t.Parallel()
	s, shop := answering(t, 200, `{"data":{"order":null},"errors":[{"message":"no","path":["order","customer","defaultEmailAddress"],"extensions":{"code":"ACCESS_DENIED"}}]}`)
	_, err := s.Order(t.Context(), shop, "1")
	wantError(t, err, rewards.NotFound, "order_missing")
	s, shop = answering(t, 200, `{"data":{"order":null},"errors":[{"message":"no","path":["order","customer"],"extensions":{"code":"ACCESS_DENIED"}}]}`)
	_, err = s.Order(t.Context(), shop, "1")
	wantError(t, err, rewards.Denied, "scope_missing")
}
