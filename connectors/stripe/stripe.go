package stripe

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
)

// Name is what shops of this platform say in connectors.Shop.Platform.
const Name = "stripe"

// APIVersion is the version of the API that everything here was written for: that of the library, which sends
// it with every call, and of the webhook endpoints that Subscribe makes.
const APIVersion = "2023-10-16"

// settingSecrets names the setting with the secrets of the shared door, newest first, with commas between.
const settingSecrets = "GRAPEVINE_STRIPE_WEBHOOK_SECRETS"

// What shops of this platform keep in connectors.Shop.Settings.
const (
	SettingAccount   = "account"   // the account's id as Stripe writes it: acct_1A2b…
	SettingMode      = "mode"      // live or test
	SettingConnected = "connected" // "true" where the account belongs to a platform's key (Connect)
	SettingEndpoint  = "endpoint"  // the webhook endpoint that Subscribe made: we_…
)

const (
	defaultTimeout = 10 * time.Second
	secretPrefix   = "whsec_"
)

// Options are what a Stripe connector is made of. Nothing is required.
type Options struct {
	// Secrets are those of the platform's Connect endpoint, newest first; none: the shared door refuses
	// everything. During a roll Stripe signs with the old one and the new one.
	Secrets []string
	// AllowLoopback lets a shop's APIURL name plain HTTP on this machine: for tests and the demo.
	AllowLoopback bool
	// Client gives its Transport; its redirects, cookies and timeout are never used. nil: one of our own.
	Client *http.Client
	// Now is the clock; nil: time.Now.
	Now func() time.Time
	// Timeout is what one call may take, with its body; 0: 10 s.
	Timeout time.Duration
	// Logger hears warnings: never a body, never a key. nil: none.
	Logger *slog.Logger
}

// Stripe receives webhooks of Stripe accounts and calls their API. It is safe for concurrent use, and keeps
// nothing about an account between calls but the texts of promotion codes, which never change.
type Stripe struct {
	opts      Options
	transport http.RoundTripper
	texts     *texts
	perPage   int64 // how long pages are asked for: a hundred, but in tests
}

// Open makes a connector from the program's settings. It never lacks one: without secrets the shared door
// refuses every delivery, and shops with keys of their own work all the same.
func Open(e connectors.Environment) (*Stripe, error) {
	list, err := e.Setting(settingSecrets)
	if err != nil {
		return nil, fmt.Errorf("stripe: %w", err)
	}
	o := Options{AllowLoopback: e.AllowLoopback, Logger: e.Log, Now: e.Now}
	for secret := range strings.SplitSeq(list, ",") {
		if secret = strings.TrimSpace(secret); secret != "" {
			o.Secrets = append(o.Secrets, secret)
		}
	}
	return New(o)
}

// New makes a connector. It refuses a secret that cannot be one: with a blank one, anybody could sign.
func New(o Options) (*Stripe, error) {
	for i, s := range o.Secrets {
		if !validSecret(s) {
			return nil, fmt.Errorf("stripe: webhook secret %d of %d does not begin with %s: mend %s", i+1, len(o.Secrets), secretPrefix, settingSecrets)
		}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Timeout < 0 {
		return nil, errors.New("stripe: Timeout is below zero")
	}
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Stripe{opts: o, transport: connectors.StrictTransport(o.Client), texts: newTexts(), perPage: perPage}, nil
}

// validSecret tells whether a webhook secret has the form of Stripe's.
func validSecret(s string) bool {
	return strings.HasPrefix(s, secretPrefix) && len(s) > len(secretPrefix) && strings.TrimSpace(s) == s
}

// Name returns "stripe".
func (s *Stripe) Name() string { return Name }

// customersWrite is the permission of a restricted key that store credit alone takes.
const customersWrite = "Customers: Write"

// creditNote is what a programme that gives store credit is warned of.
const creditNote = "On Stripe, store credit is the customer's balance. It is taken off her next invoice in that currency, " +
	"so it pays subscriptions and invoices. It pays no one-off checkout or payment link, and it does not expire there."

// Capabilities tells what Stripe carries.
//
// Coupons can be for chosen products, but for all their pieces and never for a collection. So neither scopes
// nor gifts of one product are claimed.
func (s *Stripe) Capabilities() connectors.Capabilities {
	return connectors.Capabilities{
		Rewards: []rewards.RewardKind{rewards.KindDiscountCode, rewards.KindStoreCredit},
		Links:   true, Countries: true, CodesApart: true, Renewals: true,
		OwnDoor: true, SharedDoor: true, CreditNote: creditNote,
		Needs: map[rewards.RewardKind][]string{rewards.KindStoreCredit: {customersWrite}},
	}
}

// Examine says how the connector's settings stand.
func (s *Stripe) Examine() []connectors.Finding {
	if len(s.opts.Secrets) == 0 {
		return []connectors.Finding{{
			About: settingSecrets, OK: true,
			Says: "not set: the shared door /webhooks/stripe refuses every delivery; accounts with a key of their own do not need it",
			Do:   "for accounts of a Connect platform, set it to the signing secret of the platform's Connect endpoint",
		}}
	}
	return []connectors.Finding{{
		About: settingSecrets, OK: true,
		Says: fmt.Sprintf("%d signing secret(s) for the shared door /webhooks/stripe", len(s.opts.Secrets)),
	}}
}

// CheckAPIURL tells whether calls may go to this address instead of Stripe's: plain HTTP on this machine, and
// only where loopback shops are allowed. Kind Invalid, code bad_api_url; Denied, code loopback_not_allowed.
func (s *Stripe) CheckAPIURL(address string) error {
	return connectors.CheckLoopback(address, s.opts.AllowLoopback)
}
