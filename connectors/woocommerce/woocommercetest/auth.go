package woocommercetest

import (
	"crypto/hmac"
	"crypto/sha1" // OAuth 1.0a knows HMAC-SHA1
	"crypto/sha256"
	"encoding/base64"
	"hash"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const oauthWindow = 15 * 60 // seconds

// authenticate finds who asks: the key, or nil for nobody, or why not. Basic counts over TLS alone; what is
// no attempt at OAuth either is nobody, and nobody may see nothing. The lock is held.
func (s *Server) authenticate(r *http.Request) (*Key, *problem) {
	if s.opts.HTTPS {
		key, bad := s.basic(r)
		if key != nil || bad != nil {
			return key, bad
		}
	}
	return s.oauth(r)
}

// basic looks for a key in the query, then in the Authorization header.
func (s *Server) basic(r *http.Request) (*Key, *problem) {
	q := r.URL.Query()
	consumer, secret := q.Get("consumer_key"), q.Get("consumer_secret")
	if consumer == "" || secret == "" {
		consumer, secret, _ = r.BasicAuth()
	}
	if consumer == "" || secret == "" {
		return nil, nil
	}
	key := s.key(consumer)
	if key == nil {
		return nil, nil
	}
	if !hmac.Equal([]byte(key.Secret), []byte(secret)) {
		return nil, unauthorized("Consumer secret is invalid.")
	}
	return key, nil
}

// key finds a key by its public half.
func (s *Server) key(consumer string) *Key {
	for _, k := range s.st.keys {
		if k.Consumer == consumer {
			return k
		}
	}
	return nil
}

func unauthorized(text string) *problem {
	return &problem{status: http.StatusUnauthorized, code: "woocommerce_rest_authentication_error", text: text}
}

// oauth verifies one-legged OAuth 1.0a, in the query or in the header.
func (s *Server) oauth(r *http.Request) (*Key, *problem) {
	params := phpParams(r)
	var missing []string
	one := false
	for _, name := range []string{"oauth_consumer_key", "oauth_timestamp", "oauth_nonce", "oauth_signature", "oauth_signature_method"} {
		if params[name] == "" {
			missing = append(missing, name)
		} else {
			one = true
		}
	}
	if !one {
		return nil, nil
	}
	if len(missing) > 0 {
		return nil, &problem{
			status: http.StatusUnauthorized, code: "woocommerce_rest_authentication_missing_parameter",
			text: "Missing OAuth parameters " + strings.Join(missing, ", "),
		}
	}
	key := s.key(params["oauth_consumer_key"])
	if key == nil {
		return nil, unauthorized("Consumer key is invalid.")
	}
	if bad := s.checkSignature(r, key, params); bad != nil {
		return nil, bad
	}
	return key, s.checkNonce(key, params["oauth_timestamp"], params["oauth_nonce"])
}

// checkSignature compares the signature with the one over the shop's own address.
func (s *Server) checkSignature(r *http.Request, key *Key, params map[string]string) *problem {
	got := strings.ReplaceAll(params["oauth_signature"], " ", "+")
	var algorithm func() hash.Hash
	switch params["oauth_signature_method"] {
	case "HMAC-SHA1":
		algorithm = sha1.New
	case "HMAC-SHA256":
		algorithm = sha256.New
	default:
		return unauthorized("Invalid signature - signature method is invalid.")
	}
	names := make([]string, 0, len(params))
	for name := range params {
		if name != "oauth_signature" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	pairs := make([]string, len(names))
	for i, name := range names {
		pairs[i] = escape(escape(name) + "=" + escape(params[name]))
	}
	for _, host := range []string{r.Host, r.Header.Get("X-Forwarded-Host")} {
		base := r.Method + "&" + escape(s.scheme()+"://"+host+r.URL.EscapedPath()) + "&" + strings.Join(pairs, "%26")
		mac := hmac.New(algorithm, []byte(key.Secret+"&"))
		mac.Write([]byte(base))
		if host != "" && hmac.Equal([]byte(got), []byte(base64.StdEncoding.EncodeToString(mac.Sum(nil)))) {
			return nil
		}
	}
	return unauthorized("Invalid signature - provided signature does not match.")
}

// checkNonce lets a nonce through once, and a timestamp that is at most 15 minutes off.
func (s *Server) checkNonce(key *Key, timestamp, nonce string) *problem {
	at, err := strconv.ParseInt(timestamp, 10, 64)
	now := s.opts.Now().Unix()
	if err != nil || at < now-oauthWindow || at > now+oauthWindow {
		return unauthorized("Invalid timestamp.")
	}
	if _, used := key.nonces[nonce]; used {
		return unauthorized("Invalid nonce - nonce has already been used.")
	}
	key.nonces[nonce] = at
	for n, used := range key.nonces {
		if used < now-oauthWindow {
			delete(key.nonces, n)
		}
	}
	return nil
}

// permit tells whether the key may use the method.
func permit(key *Key, method string) *problem {
	switch {
	case key == nil || key.Permissions == "read_write" || method == http.MethodOptions:
		return nil
	case method == http.MethodGet || method == http.MethodHead:
		if key.Permissions != "read" {
			return unauthorized("The API key provided does not have read permissions.")
		}
	case key.Permissions != "write":
		return unauthorized("The API key provided does not have write permissions.")
	}
	return nil
}

// scheme is what the shop believes to be asked by. The lock is held.
func (s *Server) scheme() string {
	if s.opts.HTTPS {
		return "https"
	}
	return "http"
}

// phpParams are the parameters as PHP sees them: of a name that comes twice the last, "a[]" counted as
// "a[0]", "a[1]"; those of the header come last. JSON bodies are no parameters of OAuth.
func phpParams(r *http.Request) map[string]string {
	out := map[string]string{}
	add := func(query string) {
		count := map[string]int{}
		for pair := range strings.SplitSeq(query, "&") {
			name, value, _ := strings.Cut(pair, "=")
			name, value = unescape(name), unescape(value)
			if base, ok := strings.CutSuffix(name, "[]"); ok {
				name = base + "[" + strconv.Itoa(count[base]) + "]"
				count[base]++
			}
			if name != "" {
				out[name] = value
			}
		}
	}
	add(r.URL.RawQuery)
	header, ok := strings.CutPrefix(strings.TrimSpace(r.Header.Get("Authorization")), "OAuth ")
	if ok {
		for part := range strings.SplitSeq(header, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
			if strings.HasPrefix(name, "oauth_") {
				out[name] = unescape(strings.Trim(value, `"`))
			}
		}
	}
	return out
}

func unescape(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

// escape is RFC 3986: all but letters, digits and -._~ is escaped.
func escape(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(url.QueryEscape(s), "+", "%20"), "%7E", "~")
}
