package woocommerce

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"grapevine/connectors"
	"grapevine/rewards"
)

// problem is an error document, as an answer or as the body of a webhook.
type problem struct {
	ID      whole  `json:"id"`
	Code    text   `json:"code"`
	Message text   `json:"message"`
	Data    status `json:"data"`
}

// status is an error's own HTTP status, zero where it tells none.
type status struct {
	Status whole
}

// told tells whether a body is an error document: a code and a message, and no resource.
func (p problem) told() bool { return p.Code != "" && p.Message != "" && p.ID == 0 }

// gone tells whether the thing that was asked for is not there.
func (p problem) gone() bool { return strings.HasSuffix(string(p.Code), "_invalid_id") }

// The error code of a route that does not exist: WooCommerce is switched off, or WordPress speaks another
// version of the API.
const noRoute = "rest_no_route"

// codeTaken is the error code of a coupon whose code exists.
const codeTaken = "woocommerce_rest_coupon_code_already_exists"

// failure classifies an answer that is not 200 or 201. A page in HTML, or JSON with a code that WooCommerce does
// not have, is the word of a firewall or the host in front of it, so such a 403 parks nothing.
func (w *WooCommerce) failure(res *http.Response, raw []byte, read bool) *connectors.CallError {
	var p problem
	spoken := parse(raw, &p) == nil // in JSON
	told := spoken && p.told()
	after := connectors.RetryAfter(res.Header, w.opts.Now())
	code, words := strings.ToLower(string(p.Code)), shorten(string(p.Message))
	st := res.StatusCode
	switch {
	case st >= 300 && st < 400:
		return &connectors.CallError{Cause: rewards.Errorf(rewards.Unavailable, "shop_moved", "status %d, to %.80q", st, leadsTo(res)), Unclear: !read}
	case st == http.StatusForbidden && (!spoken || p.Code != "" && !fromREST(code)):
		return &connectors.CallError{Cause: rewards.Errorf(rewards.Unavailable, "shop_firewall", "status 403 that is not WooCommerce's"), Unclear: !read, After: after}
	case !told || st >= 500 || st == http.StatusTooManyRequests || st == http.StatusRequestTimeout:
		return connectors.FromStatus(st, read, after)
	case p.gone():
		return call(rewards.Errorf(rewards.NotFound, "not_there", "%s: %s", code, words))
	case st == http.StatusUnauthorized, st == http.StatusForbidden, code == noRoute:
		return connectors.FromStatus(st, read, after)
	case st == http.StatusNotFound:
		return call(rewards.Errorf(rewards.NotFound, "not_there", "%s: %s", code, words))
	}
	return call(rewards.Errorf(rewards.Invalid, reasonOf(code), "%s", words))
}

// reasonForm is how our own codes are written.
var reasonForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,79}$`)

// reasonOf writes a platform's error code as ours are written ("registration-error-email-exists" has hyphens).
func reasonOf(code string) string {
	if code = strings.ReplaceAll(code, "-", "_"); reasonForm.MatchString(code) {
		return code
	}
	return "shop_refused"
}

// fromREST tells the refusals of WordPress's and WooCommerce's own API from those of other plugins that
// answer in JSON.
func fromREST(code string) bool {
	return strings.HasPrefix(code, "woocommerce_rest_") || strings.HasPrefix(code, "rest_")
}

// leadsTo is the host that a redirect leads to.
func leadsTo(res *http.Response) string {
	u, err := url.Parse(res.Header.Get("Location"))
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// shorten bounds what a shop's own words add to a log.
func shorten(s string) string {
	const most = 200
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
