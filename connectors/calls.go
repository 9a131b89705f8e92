package connectors

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"grapevine/rewards"
)

// CheckLoopback tells whether calls may go to this address instead of a shop's own: plain HTTP on this
// machine, and only where that is allowed. Kind Invalid, code bad_api_url; Denied, code loopback_not_allowed.
func CheckLoopback(address string, allowed bool) error {
	if !allowed {
		return rewards.Errorf(rewards.Denied, "loopback_not_allowed", "set GRAPEVINE_ALLOW_LOOPBACK_SHOPS to use another address than the shop's own")
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || !IsLoopback(u.Hostname()) {
		return rewards.Errorf(rewards.Invalid, "bad_api_url", "%.80q is not like http://127.0.0.1:9001", address)
	}
	return nil
}

// IsLoopback tells whether a host name means this machine, whatever a resolver says.
func IsLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback() && ip.Zone() == ""
}

// StrictTransport is what calls to shops go through: the given client's, or one of our own (nil), which never
// inflates an answer behind a size limit's back.
func StrictTransport(given *http.Client) http.RoundTripper {
	if given != nil && given.Transport != nil {
		return given.Transport
	}
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   5 * time.Second,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          100,
		MaxIdleConnsPerHost:   8,
		IdleConnTimeout:       90 * time.Second,
		ExpectContinueTimeout: time.Second,
		DisableCompression:    true,
	}
}

// StrictClient never follows a redirect, so that a credential stays with the host that it was meant for, and
// keeps no cookies. Of the given client its transport counts alone.
func StrictClient(given *http.Client) *http.Client {
	return &http.Client{
		Transport:     StrictTransport(given),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
