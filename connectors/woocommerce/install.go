package woocommerce

import (
	"net/url"
	"strings"

	"grapevine/rewards"
)

// authorizePath is where WooCommerce asks a shop's owner whether she gives an application a key. It needs
// pretty permalinks, and an owner who may manage the shop.
const authorizePath = "/wc-auth/v1/authorize"

// AuthorizeURL is the page of a shop on which its owner allows an application to read and write. state comes
// back in the callback and names nobody: it has to be unguessable, for one use, and kept with the domain, because
// the callback is unsigned and names no shop. The shop's server calls callbackURL with the key; then the owner
// is led to returnURL with success=1, or 0 where she refused.
//
// Kind Invalid, codes bad_shop_domain; bad_callback, where an address is not what WooCommerce takes: the
// callback has to be https.
func AuthorizeURL(domain, appName, state, returnURL, callbackURL string) (string, error) {
	shop, err := Domain(domain)
	if err != nil {
		return "", err
	}
	for address, schemes := range map[string][]string{returnURL: {"https", "http"}, callbackURL: {"https"}} {
		u, err := url.Parse(address)
		if err != nil || u.Host == "" || u.Scheme != schemes[0] && u.Scheme != schemes[len(schemes)-1] {
			return "", rewards.Errorf(rewards.Invalid, "bad_callback", "WooCommerce does not take %.80q: it wants an address that begins with https://", address)
		}
	}
	if appName == "" || state == "" {
		return "", rewards.Errorf(rewards.Invalid, "bad_callback", "WooCommerce wants a name and a state")
	}
	query := url.Values{
		"app_name": {appName}, "scope": {"read_write"}, "user_id": {state}, "return_url": {returnURL}, "callback_url": {callbackURL},
	}
	return "https://" + shop + authorizePath + "?" + query.Encode(), nil
}

// ReadCallback reads what a shop's server sends once its owner agreed: the state that the application gave,
// and the key as a shop's token. Nothing of it is proved: whoever knows the state could have sent it, so the
// key must be tried at the shop that the state belongs to. WooCommerce wants exactly 200 for an answer, or it
// throws the key away.
//
// Kind Invalid, codes bad_json, bad_token; Denied, scope_missing, where the key may not both read and write.
func ReadCallback(body []byte) (state, token string, err error) {
	var b struct {
		State       text `json:"user_id"`
		Key         text `json:"consumer_key"`
		Secret      text `json:"consumer_secret"`
		Permissions text `json:"key_permissions"`
	}
	if err := parse(body, &b); err != nil {
		return "", "", err
	}
	token = strings.TrimSpace(string(b.Key)) + ":" + strings.TrimSpace(string(b.Secret))
	if b.State == "" || !keyForm.MatchString(token) {
		return "", "", rewards.Errorf(rewards.Invalid, "bad_token", "the callback has no state, or no key")
	}
	if b.Permissions != "read_write" {
		return "", "", rewards.Errorf(rewards.Denied, "scope_missing", "the key may only %.20q", string(b.Permissions))
	}
	return string(b.State), token, nil
}
