package woocommerce

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// sign adds the parameters of one-legged OAuth 1.0a to a query: over plain HTTP WooCommerce listens to
// nothing else. Where a proxy ends TLS and does not say so, WordPress believes that a call by https is one by
// plain HTTP: then it is signed as one, all the same over TLS. address is the request's without its query, as
// WordPress knows it.
// Source: RFC 5849 §3.4; WooCommerce's class WC_REST_Authentication, which has "secret&" as the key.
func sign(method, address string, query url.Values, key, secret string, now time.Time) {
	var nonce [16]byte
	rand.Read(nonce[:]) // never fails: crypto/rand ends the program instead
	query.Set("oauth_consumer_key", key)
	query.Set("oauth_nonce", hex.EncodeToString(nonce[:]))
	query.Set("oauth_signature_method", "HMAC-SHA256")
	query.Set("oauth_timestamp", strconv.FormatInt(now.Unix(), 10))
	query.Del("oauth_signature")
	mac := hmac.New(sha256.New, []byte(secret+"&"))
	mac.Write([]byte(signatureBase(method, address, query)))
	query.Set("oauth_signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}

// signatureBase is the text that is signed: names and values are escaped once each, sorted, joined and
// escaped again as a whole.
func signatureBase(method, address string, query url.Values) string {
	names := make([]string, 0, len(query))
	for name := range query {
		names = append(names, name)
	}
	slices.Sort(names)
	var pairs []string
	for _, name := range names {
		for _, value := range query[name] {
			pairs = append(pairs, escape(name)+"="+escape(value))
		}
	}
	return method + "&" + escape(address) + "&" + escape(strings.Join(pairs, "&"))
}

// escape is the percent-encoding of RFC 3986, which QueryEscape is but for the space.
func escape(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(url.QueryEscape(s), "+", "%20"), "%7E", "~")
}
