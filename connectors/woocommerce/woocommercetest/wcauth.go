package woocommercetest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// AuthError is an error page of /wc-auth: 401 with a sentence.
type AuthError struct{ Text string }

func (e *AuthError) Error() string { return "Error: " + e.Text + "." }

// Authorize is the merchant who comes to /wc-auth/v1/authorize with that query, logs in, and approves or
// denies; and the shop, which posts the keys to callback_url before the browser goes on. It returns where
// the browser is sent. An *AuthError is a page that says why not; the keys are gone then.
func (s *Server) Authorize(query url.Values, approve bool) (string, error) {
	s.mu.Lock()
	bad := s.checkAuthorize(query)
	s.mu.Unlock()
	if bad != nil {
		return "", bad
	}
	if !approve {
		return backTo(query, "0")
	}
	s.mu.Lock()
	key := s.addKey(query.Get("scope"), query.Get("app_name")+" - API ("+s.now().Format(sqlTime)+")")
	body := encode(map[string]any{
		"key_id": key.ID, "user_id": query.Get("user_id"), "consumer_key": key.Consumer,
		"consumer_secret": key.Secret, "key_permissions": key.Permissions,
	})
	s.mu.Unlock()
	// The answer is waited for; a browser would look on.
	status := s.post.do(formatURL(query.Get("callback_url")), http.Header{
		"User-Agent": {"WordPress/7.0.4; " + s.URL()}, "Content-Type": {"application/json;charset=UTF-8"},
	}, body)
	if status != http.StatusOK {
		s.mu.Lock()
		delete(s.st.keys, key.ID)
		s.mu.Unlock()
		return "", &AuthError{"An error occurred in the request and at the time were unable to send the consumer data"}
	}
	return backTo(query, "1")
}

// checkAuthorize checks the five parameters. The lock is held.
func (s *Server) checkAuthorize(q url.Values) error {
	if u := s.st.users[1]; s.opts.Plain || u == nil || !u.manages {
		return &AuthError{"You do not have permission to access this page"}
	}
	for _, name := range []string{"app_name", "user_id", "return_url", "callback_url", "scope"} {
		if q.Get(name) == "" {
			return &AuthError{"Missing parameter " + name}
		}
	}
	if !slices.Contains([]string{"read", "write", "read_write"}, q.Get("scope")) {
		return &AuthError{"Invalid scope " + q.Get("scope")}
	}
	for _, name := range []string{"return_url", "callback_url"} {
		if u, err := url.Parse(formatURL(q.Get(name))); err != nil || u.Host == "" {
			return &AuthError{"The " + formatURL(q.Get(name)) + " is not a valid URL"}
		}
	}
	if !strings.HasPrefix(strings.ToLower(formatURL(q.Get("callback_url"))), "https://") && !s.opts.PlainCallbacks {
		return &AuthError{"The callback_url needs to be over SSL"}
	}
	return nil
}

// formatURL decodes an address once more than needed, and puts https:// before one without a scheme.
func formatURL(text string) string {
	text = unescape(text)
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	return text
}

// backTo is the return_url with what came of it.
func backTo(q url.Values, success string) (string, error) {
	u, err := url.Parse(formatURL(q.Get("return_url")))
	if err != nil {
		return "", fmt.Errorf("the return_url: %w", err)
	}
	params := u.Query()
	params.Set("success", success)
	params.Set("user_id", q.Get("user_id"))
	u.RawQuery = params.Encode()
	return u.String(), nil
}

// serveAuthorize answers a browser that nobody is logged in with: an error page, or the way to the login. With
// plain permalinks there is no such page.
func (s *Server) serveAuthorize(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	plain, bad := s.opts.Plain, s.checkAuthorize(r.URL.Query())
	s.mu.Unlock()
	switch {
	case plain:
		http.NotFound(w, r)
	case bad != nil:
		http.Error(w, bad.Error(), http.StatusUnauthorized)
	case strings.HasPrefix(r.URL.Path, "/wc-auth/v1/authorize"):
		http.Redirect(w, r, "/wc-auth/v1/login/?"+r.URL.RawQuery, http.StatusFound)
	default:
		_, _ = w.Write([]byte("<!DOCTYPE html><title>Application authentication request</title>"))
	}
}
