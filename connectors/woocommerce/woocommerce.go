package woocommerce

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
)

// Name is what shops of this platform say in connectors.Shop.Platform.
const Name = "woocommerce"

// defaultTimeout is below what the pipeline allows for a job's call.
const defaultTimeout = 9 * time.Second

// Options are what a WooCommerce connector is made of. The zero value is good for production.
type Options struct {
	// AllowLoopback lets a shop's APIURL name plain HTTP on this machine: for tests and the demo.
	AllowLoopback bool
	// Client gives its Transport; its redirects, cookies and timeout are never used. nil: one of our own.
	Client *http.Client
	// Now is the clock; nil: time.Now.
	Now func() time.Time
	// Timeout is what one call may take, with its body; 0: 9 s.
	Timeout time.Duration
	// Logger hears warnings: never a body, never a key. nil: none.
	Logger *slog.Logger
}

// WooCommerce receives webhooks of WooCommerce shops and calls their REST API. It is safe for concurrent
// use and keeps nothing about a shop between calls, but for the codes that an unfinished AddCodes has made.
type WooCommerce struct {
	opts  Options
	http  *http.Client
	locks locks
	done  memo
}

// New makes a connector.
func New(o Options) *WooCommerce {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &WooCommerce{opts: o, http: connectors.StrictClient(o.Client), locks: newLocks(), done: memo{done: map[string]deed{}}}
}

// Open makes a connector as the program does. There are no settings of its own.
func Open(e connectors.Environment) (*WooCommerce, error) {
	return New(Options{AllowLoopback: e.AllowLoopback, Logger: e.Log, Now: e.Now}), nil
}

// Name returns "woocommerce".
func (w *WooCommerce) Name() string { return Name }

// creditNote is what is to be known of store credit here.
const creditNote = "a single-use coupon: what is left of it at the order is lost"

// Capabilities tells what WooCommerce carries. Why there is no free shipping stands in the package's
// comment.
func (w *WooCommerce) Capabilities() connectors.Capabilities {
	return connectors.Capabilities{
		Rewards: []rewards.RewardKind{rewards.KindDiscountCode, rewards.KindStoreCredit, rewards.KindProduct},
		Scopes:  true, Links: true, Countries: true, CodesApart: true, OwnDoor: true, CreditNote: creditNote,
	}
}

// Examine tells nothing: the connector has no settings.
func (w *WooCommerce) Examine() []connectors.Finding { return nil }

// CheckAPIURL tells whether calls may go to this address instead of the shop's own: plain HTTP on this
// machine, and only where loopback shops are allowed. It may have a path. Kind Invalid, code bad_api_url;
// Denied, code loopback_not_allowed.
func (w *WooCommerce) CheckAPIURL(address string) error {
	if !w.opts.AllowLoopback {
		return rewards.Errorf(rewards.Denied, "loopback_not_allowed", "set GRAPEVINE_ALLOW_LOOPBACK_SHOPS to use another address than the shop's own")
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || !connectors.IsLoopback(u.Hostname()) ||
		strings.TrimSuffix(u.Path, "/") != strings.TrimSuffix(path.Clean("/"+u.Path), "/") {
		return rewards.Errorf(rewards.Invalid, "bad_api_url", "%.80q is not like http://127.0.0.1:9001", address)
	}
	return nil
}

// base is the address of the shop's WordPress, without a trailing slash. Kind Invalid for a shop that must
// not be called.
func (w *WooCommerce) base(shop connectors.Shop) (string, error) {
	if shop.APIURL != "" {
		if err := w.CheckAPIURL(shop.APIURL); err != nil {
			return "", err
		}
		return strings.TrimSuffix(shop.APIURL, "/"), nil
	}
	if domain, err := Domain(shop.Domain); err != nil || domain != shop.Domain {
		return "", rewards.Errorf(rewards.Invalid, "bad_shop_domain", "%.80q is not like shop.example.com", shop.Domain)
	}
	return "https://" + shop.Domain, nil
}

// warn names what a person has to do about a shop.
func (w *WooCommerce) warn(shop connectors.Shop, format string, args ...any) {
	w.opts.Logger.Warn(fmt.Sprintf(format, args...), "shop", shop.ID)
}
