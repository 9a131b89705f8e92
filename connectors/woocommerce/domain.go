package woocommerce

import (
	"net/netip"
	"path"
	"regexp"
	"slices"
	"strings"

	"grapevine/connectors"
	"grapevine/rewards"
)

// maxDomain bounds a shop's name: the longest host name that DNS carries, and a path.
const maxDomain = 253

// hostForm is a host name with a dot in it, perhaps with a port; pathForm, the path of a shop that does
// not stand at its host's root.
var (
	hostForm = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(:[1-9][0-9]{0,4})?$`)
	pathForm = regexp.MustCompile(`^(/[a-z0-9._~-]+)*$`)
)

// wordpress are parts of a path that are never the shop's own: what a person copies from a browser. Pages like
// /shop are not among them, because WordPress may be installed there.
var wordpress = []string{"wp-json", "wp-admin", "wp-login.php", "wp-content", "index.php", "wc-auth"}

// Domain brings what a person typed ("Shop.Example.com", "https://shop.example.com/store/",
// "shop.example.com/wp-json/wc/v3") into the form that shops are stored by: host and path in lower case.
// Kind Invalid, code bad_shop_domain. It is called by https, whatever was typed.
func Domain(typed string) (string, error) {
	bad := rewards.Errorf(rewards.Invalid, "bad_shop_domain", "%.80q is not like shop.example.com or shop.example.com/store", typed)
	s := strings.ToLower(strings.TrimSpace(typed))
	s = strings.TrimPrefix(strings.TrimPrefix(s, "http://"), "https://")
	s, _, _ = strings.Cut(s, "?")
	s, _, _ = strings.Cut(s, "#")
	host, rest, _ := strings.Cut(s, "/")
	host = strings.TrimSuffix(host, ".")
	at := ""
	for part := range strings.SplitSeq(rest, "/") {
		if slices.Contains(wordpress, part) {
			break
		}
		if part != "" {
			at += "/" + part
		}
	}
	name, _, _ := strings.Cut(host, ":")
	if _, err := netip.ParseAddr(name); err == nil {
		return "", bad
	}
	if !hostForm.MatchString(host) || !pathForm.MatchString(at) || at != strings.TrimSuffix(path.Clean("/"+at), "/") || len(host+at) > maxDomain {
		return "", bad
	}
	return host + at, nil
}

// keyForm is a consumer key and its secret. WooCommerce makes 40 hexadecimal digits; other lengths are
// left to the shop to refuse.
var keyForm = regexp.MustCompile(`^ck_[0-9A-Za-z]{8,64}:cs_[0-9A-Za-z]{8,64}$`)

// Prepare checks and normalises what an owner typed of a shop, without asking anybody. The token is the
// consumer key and its secret, "ck_…:cs_…". Kind Invalid, codes bad_shop_domain, bad_token, bad_currency;
// those of CheckAPIURL.
func (w *WooCommerce) Prepare(a connectors.Application) (connectors.Shop, error) {
	domain, err := Domain(a.Domain)
	if err != nil {
		return connectors.Shop{}, err
	}
	token := strings.TrimSpace(a.Token)
	if !keyForm.MatchString(token) {
		return connectors.Shop{}, rewards.Errorf(rewards.Invalid, "bad_token",
			"the token is the consumer key and the consumer secret with a colon between them: ck_…:cs_…")
	}
	if a.APIURL != "" {
		if err := w.CheckAPIURL(a.APIURL); err != nil {
			return connectors.Shop{}, err
		}
	}
	currency := strings.ToUpper(strings.TrimSpace(a.Currency))
	if _, known := rewards.Exponent(currency); currency != "" && !known {
		return connectors.Shop{}, rewards.Errorf(rewards.Invalid, "bad_currency", "%.8q is not in ISO 4217", a.Currency)
	}
	return connectors.Shop{Platform: Name, Domain: domain, APIURL: strings.TrimSuffix(a.APIURL, "/"), Currency: currency, Token: token}, nil
}
