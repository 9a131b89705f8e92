package shopify

import (
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	goshopify "github.com/bold-commerce/go-shopify/v4"

	"grapevine/connectors"
	"grapevine/rewards"
)

// Name is what shops of this platform say in connectors.Shop.Platform.
const Name = "shopify"

// APIVersion is the version of the Admin API that the documents in queries/ were written for.
const APIVersion = "2026-10"

const (
	defaultTimeout = 10 * time.Second
	defaultPoll    = 250 * time.Millisecond
)

//go:embed queries/*.graphql
var queries embed.FS

// Options are what a Shopify connector is made of. Only ClientSecrets is required.
type Options struct {
	// ClientSecrets are the app's client secrets that may have signed a webhook, newest first. During a
	// rotation Shopify signs with the oldest that is not revoked, so more than one can be valid.
	ClientSecrets []string
	// AllowLoopback lets a shop's APIURL name plain HTTP on this machine: for tests and the demo.
	AllowLoopback bool
	// Client gives its Transport; its redirects, cookies and timeout are never used. nil: one of our own.
	Client *http.Client
	// Now is the clock; nil: time.Now.
	Now func() time.Time
	// APIVersion replaces the constant of that name: a quarter like "2026-10".
	APIVersion string
	// Timeout is what one call may take, with its body; 0: 10 s.
	Timeout time.Duration
	// Poll is the pause between two looks at work that the shop does in the background; 0: 250 ms.
	Poll time.Duration
	// Logger hears warnings: never a body, never a token. nil: none.
	Logger *slog.Logger
}

// Shopify receives webhooks of Shopify shops and calls their Admin API. It is safe for concurrent use
// and keeps nothing about a shop between calls.
type Shopify struct {
	opts      Options
	http      *http.Client
	documents map[string]document
	unset     bool        // no client secret is known
	warned    atomic.Bool // that the API answers with another version
}

// versionForm is a quarterly version; anything else is answered by the oldest version of all.
var versionForm = regexp.MustCompile(`^20[0-9]{2}-(01|04|07|10)$`)

// New makes a connector. It refuses a blank client secret: with one, anybody could sign.
func New(o Options) (*Shopify, error) {
	if len(o.ClientSecrets) == 0 {
		return nil, errors.New("shopify: no client secret: set GRAPEVINE_SHOPIFY_CLIENT_SECRETS")
	}
	for i, s := range o.ClientSecrets {
		if strings.TrimSpace(s) == "" {
			return nil, fmt.Errorf("shopify: client secret %d of %d is blank: mend GRAPEVINE_SHOPIFY_CLIENT_SECRETS", i+1, len(o.ClientSecrets))
		}
	}
	o = o.withDefaults()
	if !versionForm.MatchString(o.APIVersion) {
		return nil, fmt.Errorf("shopify: API version %q is not a quarter like %q", o.APIVersion, APIVersion)
	}
	docs, err := readDocuments(queries)
	if err != nil {
		return nil, err
	}
	return &Shopify{opts: o, http: connectors.StrictClient(o.Client), documents: docs}, nil
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.APIVersion == "" {
		o.APIVersion = APIVersion
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.Poll <= 0 {
		o.Poll = defaultPoll
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Name returns "shopify".
func (s *Shopify) Name() string { return Name }

// Capabilities tells what Shopify carries.
func (s *Shopify) Capabilities() connectors.Capabilities {
	return connectors.Capabilities{
		Rewards: []rewards.RewardKind{
			rewards.KindDiscountCode, rewards.KindStoreCredit, rewards.KindGiftCard, rewards.KindProduct, rewards.KindTag,
		},
		FreeShipping: true, Scopes: true, Links: true, Collections: true, Countries: true, SharedDoor: true,
		Needs: map[rewards.RewardKind][]string{
			rewards.KindGiftCard: ScopesFor(rewards.KindGiftCard), rewards.KindTag: ScopesFor(rewards.KindTag),
		},
	}
}

// domainForm is the only form of a shop's name that is ever used in an address.
// Source: Shopify's guide to OAuth, "Verify the installation request".
var domainForm = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9\-]*\.myshopify\.com$`)

// maxDomain is the longest host name that DNS carries.
const maxDomain = 253

// Domain brings what a person typed ("demo", "Demo.myshopify.com", "https://demo.myshopify.com/") into
// the form that shops are stored by: "demo.myshopify.com". Kind Invalid, code bad_shop_domain.
func Domain(typed string) (string, error) {
	typed = strings.ToLower(strings.TrimSpace(typed))
	typed = strings.TrimSuffix(strings.TrimPrefix(typed, "https://"), "/")
	// The library only completes the name; whether it is one is decided below.
	full := goshopify.ShopFullName(typed)
	if !validDomain(full) {
		return "", rewards.Errorf(rewards.Invalid, "bad_shop_domain", "%.80q is not like demo.myshopify.com", typed)
	}
	return full, nil
}

func validDomain(s string) bool { return len(s) <= maxDomain && domainForm.MatchString(s) }

// endpoint is where a shop's Admin API is asked. Kind Invalid for a shop that must not be called.
func (s *Shopify) endpoint(shop connectors.Shop) (string, error) {
	path := "/admin/api/" + s.opts.APIVersion + "/graphql.json"
	if !validDomain(shop.Domain) {
		return "", rewards.Errorf(rewards.Invalid, "bad_shop_domain", "%.80q is not like demo.myshopify.com", shop.Domain)
	}
	if shop.APIURL == "" {
		return "https://" + strings.ToLower(shop.Domain) + path, nil
	}
	if err := s.CheckAPIURL(shop.APIURL); err != nil {
		return "", err
	}
	return strings.TrimSuffix(shop.APIURL, "/") + path, nil
}

// CheckAPIURL tells whether calls may go to this address instead of the shop's own: plain HTTP on this
// machine, and only where loopback shops are allowed. Kind Invalid, code bad_api_url; Denied, code
// loopback_not_allowed.
func (s *Shopify) CheckAPIURL(address string) error {
	return connectors.CheckLoopback(address, s.opts.AllowLoopback)
}
