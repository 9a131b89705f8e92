package woocommerce_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/connectors/woocommerce"
	"grapevine/rewards"
)

// problem is an error document as WooCommerce writes it.
func problem(code string) string {
	return `{"code":"` + code + `","message":"Sorry.","data":{"status":400}}`
}

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
	const page = "<!DOCTYPE html><html><body>One moment, please</body></html>"
	unreadable := want{kind: rewards.Unavailable, code: "shop_unreadable", unclear: true}
	down := want{kind: rewards.Unavailable, code: "shop_unavailable", unclear: true}
	firewall := want{kind: rewards.Unavailable, code: "shop_firewall", unclear: true}
	denied := want{kind: rewards.Denied, code: "token_refused", park: "token_refused"}
	scope := want{kind: rewards.Denied, code: "scope_missing", park: "scope_missing"}
	for name, tc := range map[string]struct {
		status int
		body   string
		want   want
	}{
		"an empty answer":                     {200, "", unreadable},
		"a login page":                        {200, page, unreadable},
		"a warning of PHP before the JSON":    {200, "<b>Notice</b>: x\n{\"id\":1}", unreadable},
		"half an answer":                      {200, `{"id":1,"st`, unreadable},
		"two answers":                         {200, `{"id":1}{"id":1}`, unreadable},
		"a list":                              {200, `[]`, unreadable},
		"a member twice":                      {200, `{"id":1,"id":2}`, unreadable},
		"an answer beyond all measure":        {200, `{"x":"` + strings.Repeat("x", 17<<20) + `"}`, unreadable},
		"204":                                 {204, "", down},
		"401 that looks like a missing right": {401, problem("woocommerce_rest_cannot_view"), denied},
		"401 for the secret":                  {401, problem("woocommerce_rest_authentication_error"), denied},
		"401 of a web server":                 {401, page, denied},
		"403 by WooCommerce":                  {403, problem("woocommerce_rest_cannot_create"), scope},
		"403 by WordPress":                    {403, problem("rest_forbidden"), scope},
		"403 by a firewall":                   {403, page, firewall},
		"403 without a body":                  {403, "", firewall},
		"403 by another plugin":               {403, problem("wordfence_blocked"), firewall},
		"404 of a route":                      {404, problem("rest_no_route"), want{kind: rewards.Denied, code: "shop_gone", park: "shop_gone"}},
		"404 of a web server":                 {404, page, want{kind: rewards.Denied, code: "shop_gone", park: "shop_gone"}},
		"404 of an id":                        {404, problem("woocommerce_rest_shop_order_invalid_id"), want{kind: rewards.NotFound, code: "not_there"}},
		"400 of an id":                        {400, problem("woocommerce_rest_shop_coupon_invalid_id"), want{kind: rewards.NotFound, code: "not_there"}},
		"400 of a parameter":                  {400, problem("rest_invalid_param"), want{kind: rewards.Invalid, code: "rest_invalid_param"}},
		"400 with a code that is no code":     {400, problem("O'; DROP"), want{kind: rewards.Invalid, code: "shop_refused"}},
		"400 with hyphens":                    {400, problem("registration-error-email-exists"), want{kind: rewards.Invalid, code: "registration_error_email_exists"}},
		"400 without a word":                  {400, "", want{kind: rewards.Invalid, code: "shop_refused"}},
		"408":                                 {408, page, down},
		"429 of a host":                       {429, page, want{kind: rewards.Unavailable, code: "shop_throttled", throttled: true, after: 2 * time.Second}},
		"500 by WooCommerce":                  {500, problem("woocommerce_rest_cannot_create"), down},
		"500 of a fatal error":                {500, page, down},
		"503 of a host":                       {503, page, down},
		"a shop that moved":                   {301, "", want{kind: rewards.Unavailable, code: "shop_moved", unclear: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, shop := answering(t, tc.status, tc.body)
			_, err := w.Do(t.Context(), shop, "", issue("", fiveOff))
			check := func(what string, err error, unclear bool) {
				ce := connectors.AsCallError(err)
				got := want{rewards.KindOf(err), rewards.CodeOf(err), ce.Unclear, ce.Throttled, ce.After, ce.Park}
				expected := tc.want
				expected.unclear = unclear
				if err == nil || got != expected {
					t.Errorf("%s: got %+v (%v), want %+v", what, got, err, expected)
				}
			}
			check("write", err, tc.want.unclear)
			_, err = w.Order(t.Context(), shop, "1")
			check("read", err, false)
		})
	}
}

func TestARestIsTakenForAsLongAsTheHostWants(t *testing.T) {
	t.Parallel()
	w, shop := serve(t, func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Retry-After", "120")
		rw.WriteHeader(http.StatusServiceUnavailable)
	})
	_, err := w.Order(t.Context(), shop, "1")
	if ce := connectors.AsCallError(err); ce.After != 2*time.Minute || ce.Park != "" {
		t.Errorf("got %+v", ce)
	}
}

// The keys must never reach a host that the shop's answer names.
func TestTheKeysStayWithTheirHost(t *testing.T) {
	t.Parallel()
	var reached atomic.Bool
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Store(true) }))
	t.Cleanup(other.Close)
	for _, status := range []int{301, 302, 303, 307, 308} {
		w, shop := serve(t, func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, other.URL, status) },
			func(o *woocommerce.Options) { o.Client = &http.Client{} })
		_, err := w.Do(t.Context(), shop, "", issue("", fiveOff))
		if wantError(t, err, rewards.Unavailable, "shop_moved"); reached.Load() {
			t.Fatalf("%d was followed", status)
		}
	}
}

func TestErrorsNameNoKeys(t *testing.T) {
	t.Parallel()
	w := newConnector(func(o *woocommerce.Options) { o.Client = &http.Client{Transport: nobody{}} })
	shop := connectors.Shop{Domain: "shop.example.com", Token: testToken, Settings: map[string]string{"auth": "query"}}
	_, err := w.Order(t.Context(), shop, "1")
	if wantError(t, err, rewards.Unavailable, "shop_unreachable"); strings.Contains(err.Error(), "cs_") || strings.Contains(err.Error(), "ck_") {
		t.Error(err)
	}
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the cause is lost: %v", err)
	}
}

func TestAnAnswerIsNeverInflated(t *testing.T) {
	t.Parallel()
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	_, _ = z.Write(bytes.Repeat([]byte(" "), 50<<20))
	_ = z.Close()
	w, shop := serve(t, func(rw http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Accept-Encoding"); got != "identity" {
			t.Errorf("asked for %q", got)
		}
		rw.Header().Set("Content-Encoding", "gzip")
		_, _ = rw.Write(bomb.Bytes())
	})
	_, err := w.Order(t.Context(), shop, "1")
	wantError(t, err, rewards.Unavailable, "shop_unreadable")
}

func TestACallEndsWithItsDeadline(t *testing.T) {
	t.Parallel()
	w, shop := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // or the server does not notice that the caller went
		<-r.Context().Done()
	}, func(o *woocommerce.Options) { o.Timeout = 20 * time.Millisecond })
	_, err := w.Do(t.Context(), shop, "", issue("", fiveOff))
	if ce := connectors.AsCallError(err); rewards.CodeOf(err) != "shop_unreachable" || !ce.Unclear || !strings.Contains(err.Error(), "no answer within 20ms") {
		t.Errorf("got %v, %+v", err, ce)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.Order(ctx, shop, "1"); rewards.KindOf(err) != rewards.Unavailable || connectors.AsCallError(err).Unclear {
		t.Errorf("got %v", err)
	}
}

func TestAShopThatMustNotBeCalledIsNot(t *testing.T) {
	t.Parallel()
	for domain, code := range map[string]string{"": "bad_shop_domain", "localhost": "bad_shop_domain", "127.0.0.1": "bad_shop_domain", "Shop.example.com": "bad_shop_domain", "shop.example.com/../x": "bad_shop_domain", "user@shop.example.com": "bad_shop_domain"} {
		_, err := newConnector().Order(t.Context(), connectors.Shop{Domain: domain, Token: testToken}, "1")
		wantError(t, err, rewards.Invalid, code)
	}
	strict, err := woocommerce.Open(connectors.Environment{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = strict.Order(t.Context(), connectors.Shop{Domain: "shop.example.com", APIURL: "http://127.0.0.1:1", Token: testToken}, "1")
	wantError(t, err, rewards.Denied, "loopback_not_allowed")
	if strict.Name() != "woocommerce" || len(strict.Examine()) != 0 {
		t.Error("it has a name and no settings")
	}
}

// A kept connection that ends is tried once more on another. Where calls are signed the shop may have seen the
// first one, and would take the same nonce for a wrong key: the second is signed anew.
func TestASignedQuestionIsNeverSentTwice(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	nonces := map[string]bool{}
	calls := 0
	w, shop := serve(t, func(rw http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		calls++
		nonce := r.URL.Query().Get("oauth_nonce")
		switch {
		case nonces[nonce]:
			rw.WriteHeader(http.StatusUnauthorized)
		case calls == 2:
			nonces[nonce] = true
			panic(http.ErrAbortHandler)
		default:
			nonces[nonce] = true
			_, _ = io.WriteString(rw, `[]`)
		}
	})
	for range 2 {
		_, err := w.Find(t.Context(), shop, issue("", fiveOff))
		wantError(t, err, rewards.NotFound, "not_done")
	}
	if calls != len(nonces) || calls < 3 {
		t.Errorf("%d calls had %d nonces", calls, len(nonces))
	}
}
