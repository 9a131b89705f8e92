package woocommercetest

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// request is a good request for keys.
func request(callback string) url.Values {
	return url.Values{
		"app_name": {"Grapevine"}, "scope": {"read_write"}, "user_id": {"state-9f3c"},
		"return_url": {"https://grapevine.example/back?x=1"}, "callback_url": {callback},
	}
}

func TestAuthorize(t *testing.T) {
	t.Parallel()
	s, r := open(t, Options{PlainCallbacks: true}), receive(t)
	back, err := s.Authorize(request(r.URL+"/keys?a=b"), true)
	if err != nil || back != "https://grapevine.example/back?success=1&user_id=state-9f3c&x=1" {
		t.Fatalf("%s %v", back, err)
	}
	got := r.take()
	if len(got) != 1 || got[0].Header.Get("Content-Type") != "application/json;charset=UTF-8" || got[0].Header.Get("X-WC-Webhook-Signature") != "" {
		t.Fatalf("%+v", got)
	}
	var all map[string]any
	if err := json.Unmarshal([]byte(got[0].Body), &all); err != nil {
		t.Fatal(err)
	}
	if all["key_id"] != 2.0 || all["user_id"] != "state-9f3c" || all["key_permissions"] != "read_write" || len(all) != 5 {
		t.Errorf("%v", all)
	}
	c := s.client(t)
	c.token = all["consumer_key"].(string) + ":" + all["consumer_secret"].(string)
	if a := c.do("GET", "system_status", nil); a.status != 200 {
		t.Errorf("the keys: %d %s", a.status, a.body)
	}
	denied, err := s.Authorize(request(r.URL), false)
	if err != nil || denied != "https://grapevine.example/back?success=0&user_id=state-9f3c&x=1" || len(r.take()) != 0 || len(s.Keys()) != 2 {
		t.Errorf("denied: %s %v", denied, err)
	}
}

// Anything but exactly 200 takes the key away again.
func TestAuthorizeNeeds200(t *testing.T) {
	t.Parallel()
	s, r := open(t, Options{PlainCallbacks: true}), receive(t)
	for _, status := range []int{201, 204, 302, 500} {
		r.answer(status, status)
		back, err := s.Authorize(request(r.URL), true)
		var page *AuthError
		if !errors.As(err, &page) || back != "" || len(s.Keys()) != 1 {
			t.Errorf("%d: %q %v, %d keys", status, back, err, len(s.Keys()))
		}
	}
	r.Close()
	if _, err := s.Authorize(request(r.URL), true); err == nil || len(s.Keys()) != 1 {
		t.Errorf("nobody there: %v", err)
	}
}

func TestAuthorizeOverTLS(t *testing.T) {
	t.Parallel()
	var body string
	r := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		body = req.Header.Get("Content-Type")
	}))
	defer r.Close()
	s := open(t, Options{Transport: r.Client().Transport})
	if _, err := s.Authorize(request(r.URL), true); err != nil || body == "" {
		t.Errorf("%v", err)
	}
}

func TestAuthorizeChecksWhatItIsAsked(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(url.Values)
		want   string
	}{
		"no name":                  {func(q url.Values) { q.Del("app_name") }, "Error: Missing parameter app_name."},
		"no state":                 {func(q url.Values) { q.Del("user_id") }, "Error: Missing parameter user_id."},
		"no way back":              {func(q url.Values) { q.Del("return_url") }, "Error: Missing parameter return_url."},
		"no callback":              {func(q url.Values) { q.Del("callback_url") }, "Error: Missing parameter callback_url."},
		"no scope":                 {func(q url.Values) { q.Del("scope") }, "Error: Missing parameter scope."},
		"a scope that is none":     {func(q url.Values) { q.Set("scope", "all") }, "Error: Invalid scope all."},
		"a callback without TLS":   {func(q url.Values) { q.Set("callback_url", "http://x.example/cb") }, "Error: The callback_url needs to be over SSL."},
		"a way back that is none":  {func(q url.Values) { q.Set("return_url", "https://") }, "Error: The https:// is not a valid URL."},
		"all is well, a stranger":  {func(url.Values) {}, "302"},
		"no scheme means with TLS": {func(q url.Values) { q.Set("callback_url", "x.example/cb") }, "302"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, Options{})
			q := request("https://x.example/cb")
			tc.change(q)
			c := s.client(t)
			a := c.send("GET", s.URL()+"/wc-auth/v1/authorize?"+q.Encode(), nil, nil)
			got := strings.TrimSpace(string(a.body))
			if a.status == http.StatusFound && strings.HasPrefix(a.header.Get("Location"), "/wc-auth/v1/login/?") {
				got = "302"
			}
			if got != tc.want {
				t.Errorf("%d %q, want %q", a.status, got, tc.want)
			}
			if tc.want != "302" {
				if _, err := s.Authorize(q, true); err == nil || err.Error() != tc.want {
					t.Errorf("%v, want %s", err, tc.want)
				}
			}
		})
	}
	s := open(t, Options{Plain: true})
	if a := s.client(t).send("GET", s.URL()+"/wc-auth/v1/authorize?"+request("https://x.example").Encode(), nil, nil); a.status != 404 {
		t.Errorf("with plain permalinks: %d", a.status)
	}
	s.SetPermalinks(true)
	s.LoseOwnerRights()
	if _, err := s.Authorize(request("https://x.example"), true); err == nil || err.Error() != "Error: You do not have permission to access this page." {
		t.Errorf("without rights: %v", err)
	}
}
