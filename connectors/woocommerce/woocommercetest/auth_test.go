package woocommercetest

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"
)

// Over plain HTTP Basic is no attempt at all; what is refused looks like missing rights.
func TestPlainHTTPIgnoresBasic(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	c := s.client(t)
	basic := func(r *http.Request) { r.SetBasicAuth(strings.Split(c.token, ":")[0], strings.Split(c.token, ":")[1]) }
	a := c.send(http.MethodGet, s.URL()+"/wp-json/wc/v3/orders", nil, basic)
	if got := string(a.body); a.status != 401 || got != `{"code":"woocommerce_rest_cannot_view","data":{"status":401},"message":"Sorry, you cannot list resources."}` {
		t.Errorf("%d %s", a.status, got)
	}
	s.SetHTTPS(true)
	if a := c.send(http.MethodGet, s.URL()+"/wp-json/wc/v3/orders", nil, basic); a.status != 200 {
		t.Errorf("over TLS: %d %s", a.status, a.body)
	}
}

func TestCredentialsOverTLS(t *testing.T) {
	t.Parallel()
	s := open(t, Options{HTTPS: true})
	c := s.client(t)
	key, secret, _ := strings.Cut(c.token, ":")
	for name, tc := range map[string]struct {
		query, user, password string
		want                  string
	}{
		"in the query":              {query: "consumer_key=" + key + "&consumer_secret=" + secret, want: "200"},
		"in the header":             {user: key, password: secret, want: "200"},
		"a wrong secret is told":    {user: key, password: "cs_wrong", want: "401 woocommerce_rest_authentication_error"},
		"a wrong key is nobody":     {user: "ck_wrong", password: secret, want: "401 woocommerce_rest_cannot_view"},
		"nobody":                    {want: "401 woocommerce_rest_cannot_view"},
		"the secret in query wrong": {query: "consumer_key=" + key + "&consumer_secret=x", want: "401 woocommerce_rest_authentication_error"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := s.client(t)
			a := c.send(http.MethodGet, s.URL()+"/wp-json/wc/v3/orders?"+tc.query, nil, func(r *http.Request) {
				if tc.user != "" {
					r.SetBasicAuth(tc.user, tc.password)
				}
			})
			got := "200"
			if a.status != 200 {
				got = a.code(t)
			}
			if got != tc.want {
				t.Errorf("%s, want %s: %s", got, tc.want, a.body)
			}
		})
	}
}

func TestOAuth(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	for name, tc := range map[string]struct {
		change func(*client)
		route  string
		want   string
	}{
		"SHA-256":                        {want: "200"},
		"SHA-1":                          {change: func(c *client) { c.method = "HMAC-SHA1" }, want: "200"},
		"signs what must be escaped":     {route: "orders?search=a%20b%26%2B%7E%C3%A9%25", want: "200"},
		"another method":                 {change: func(c *client) { c.method = "PLAINTEXT" }, want: "401 woocommerce_rest_authentication_error"},
		"a wrong secret":                 {change: func(c *client) { c.token = strings.Split(c.token, ":")[0] + ":cs_wrong" }, want: "401 woocommerce_rest_authentication_error"},
		"a wrong key":                    {change: func(c *client) { c.token = "ck_wrong:cs_wrong" }, want: "401 woocommerce_rest_authentication_error"},
		"a clock 14 minutes fast":        {change: func(c *client) { c.at = noon.Add(14 * time.Minute) }, want: "200"},
		"a clock 16 minutes fast":        {change: func(c *client) { c.at = noon.Add(16 * time.Minute) }, want: "401 woocommerce_rest_authentication_error"},
		"a clock 16 minutes slow":        {change: func(c *client) { c.at = noon.Add(-16 * time.Minute) }, want: "401 woocommerce_rest_authentication_error"},
		"the address behind plain links": {change: func(c *client) { c.plain = true }, want: "200"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := s.client(t)
			if tc.change != nil {
				tc.change(c)
			}
			a := c.do(http.MethodGet, or(tc.route, "orders"), nil)
			got := "200"
			if a.status != 200 {
				got = a.code(t)
			}
			if got != tc.want {
				t.Errorf("%s, want %s: %s", got, tc.want, a.body)
			}
		})
	}
}

func TestOAuthNonceIsGoodOnce(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	c := s.client(t)
	address := s.URL() + "/wp-json/wc/v3/orders"
	signed := address + "?" + c.sign(http.MethodGet, address, url.Values{}).Encode()
	if a := c.send(http.MethodGet, signed, nil, nil); a.status != 200 {
		t.Fatalf("first: %d %s", a.status, a.body)
	}
	if a := c.send(http.MethodGet, signed, nil, nil); a.code(t) != "401 woocommerce_rest_authentication_error" {
		t.Errorf("again: %d %s", a.status, a.body)
	}
	missing := address + "?oauth_consumer_key=ck_x"
	if a := c.send(http.MethodGet, missing, nil, nil); a.code(t) != "401 woocommerce_rest_authentication_missing_parameter" {
		t.Errorf("with parameters missing: %d %s", a.status, a.body)
	}
}

// Whoever signs for the address of a proxy is understood, whether the proxy passes Host on or not.
func TestOAuthBehindAProxy(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	target, err := url.Parse(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	for name, rewrite := range map[string]func(*httputil.ProxyRequest){
		"Host is passed on": func(p *httputil.ProxyRequest) { p.SetURL(target); p.Out.Host = p.In.Host },
		"X-Forwarded-Host":  func(p *httputil.ProxyRequest) { p.SetURL(target); p.SetXForwarded() },
	} {
		t.Run(name, func(t *testing.T) {
			proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: rewrite})
			defer proxy.Close()
			c := s.client(t)
			c.base = proxy.URL
			if a := c.do(http.MethodGet, "orders", nil); a.status != 200 {
				t.Errorf("%d %s", a.status, a.body)
			}
		})
	}
}

func TestPermissionsOfKeys(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	for permissions, want := range map[string][2]string{
		"read":       {"200", "401 woocommerce_rest_authentication_error"},
		"write":      {"401 woocommerce_rest_authentication_error", "201"},
		"read_write": {"200", "201"},
	} {
		c := s.client(t)
		c.token = s.AddKey(permissions)
		for i, a := range []answered{
			c.do(http.MethodGet, "coupons", nil),
			c.do(http.MethodPost, "coupons", map[string]any{"code": "for-" + permissions, "amount": "1"}),
		} {
			got := a.code
			if a.status < 300 {
				got = func(*testing.T) string { return map[int]string{200: "200", 201: "201"}[a.status] }
			}
			if got(t) != want[i] {
				t.Errorf("%s: %s, want %s: %s", permissions, got(t), want[i], a.body)
			}
		}
	}
}

// Whose rights are gone gets 403, who is gone 401, a key that is gone 401.
func TestRightsOfTheOwner(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	c := s.client(t)
	s.LoseOwnerRights()
	if got := c.do(http.MethodGet, "system_status", nil).code(t); got != "403 woocommerce_rest_cannot_view" {
		t.Errorf("without rights: %s", got)
	}
	if got := c.do(http.MethodPost, "coupons", map[string]any{"code": "x"}).code(t); got != "403 woocommerce_rest_cannot_create" {
		t.Errorf("without rights: %s", got)
	}
	s.DeleteOwner()
	if got := c.do(http.MethodGet, "orders/1", nil).code(t); got != "401 woocommerce_rest_cannot_view" {
		t.Errorf("deleted: %s", got)
	}
	s.RestoreOwner()
	if a := c.do(http.MethodGet, "orders", nil); a.status != 200 {
		t.Errorf("restored: %d %s", a.status, a.body)
	}
	if err := s.RevokeKey(""); err != nil {
		t.Fatal(err)
	}
	if got := c.do(http.MethodGet, "orders", nil).code(t); got != "401 woocommerce_rest_authentication_error" {
		t.Errorf("revoked: %s", got)
	}
	s.SetHTTPS(true)
	a := c.send(http.MethodGet, s.URL()+"/wp-json/wc/v3/orders", nil, func(r *http.Request) { r.SetBasicAuth("ck_gone", "cs_gone") })
	if got := a.code(t); got != "401 woocommerce_rest_cannot_view" {
		t.Errorf("revoked, with Basic: %s", got)
	}
}
