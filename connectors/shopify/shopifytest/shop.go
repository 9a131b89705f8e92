package shopifytest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// APIVersion is the version of the Admin API that the shop speaks.
const APIVersion = "2026-10"

// Options describe a shop. Only AccessToken and ClientSecret are required.
type Options struct {
	Domain        string        // demo.myshopify.com
	Name          string        // Demo Shop
	Currency      string        // USD
	Timezone      string        // America/New_York
	AccessToken   string        // what X-Shopify-Access-Token must be
	ClientSecret  string        // what webhooks are signed with
	Scopes        []string      // granted; all that Grapevine asks for
	TaxesIncluded bool          // prices include tax, unless an order says otherwise
	Seed          uint64        // of ids, tokens and probabilities
	Bucket        Bucket        // cost points; 2000, restored at 100 a second
	BulkPolls     int           // adding codes is done when it was asked after so often …
	BulkDelay     time.Duration // … or so long after it began, where that is given
	CreditLimit   string        // highest balance of an account; "15000.00"
	GiftCardLimit string        // highest value of a new gift card; "2000.00"

	WebhookURL   string        // where deliveries go; none: they are kept as held
	HoldWebhooks bool          // keep deliveries back until they are released or taken
	RetryUnit    time.Duration // first retry after this, then twice as long each time, eight times; 56s
	SendTimeout  time.Duration // of one delivery; 5s
	HideLevel2   bool          // e-mail, phone, names and addresses are absent

	Now func() time.Time // time.Now
}

func (o Options) withDefaults() (Options, error) {
	if o.AccessToken == "" || o.ClientSecret == "" {
		return o, errors.New("shopifytest: Options.AccessToken and Options.ClientSecret are required")
	}
	defaults := []struct {
		field *string
		value string
	}{{&o.Domain, "demo.myshopify.com"}, {&o.Name, "Demo Shop"}, {&o.Currency, "USD"},
		{&o.Timezone, "America/New_York"}, {&o.CreditLimit, "15000.00"}, {&o.GiftCardLimit, "2000.00"}}
	for _, d := range defaults {
		if *d.field == "" {
			*d.field = d.value
		}
	}
	if _, err := ParseMoney(o.CreditLimit, o.Currency); err != nil {
		return o, fmt.Errorf("shopifytest: Options.CreditLimit: %w", err)
	}
	if o.Scopes == nil {
		o.Scopes = allScopes()
	}
	if o.Bucket == (Bucket{}) {
		o.Bucket = Bucket{Maximum: 2000, Restore: 100}
	}
	if o.RetryUnit == 0 {
		o.RetryUnit = 56 * time.Second
	}
	if o.SendTimeout == 0 {
		o.SendTimeout = 5 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o, nil
}

// Settings are what of a running shop can be changed.
type Settings struct {
	AccessToken    string   `json:"access_token"`
	ClientSecret   string   `json:"client_secret"`
	Scopes         []string `json:"scopes"`
	WebhookURL     string   `json:"webhook_url"`
	HoldWebhooks   bool     `json:"hold_webhooks"`
	HideLevel2     bool     `json:"hide_level2"`
	StoreCreditOff bool     `json:"store_credit_off"`
	Uninstalled    bool     `json:"uninstalled"`
}

// Shop is one simulated shop. All methods may be called from several goroutines.
type Shop struct {
	opts   Options
	schema *ast.Schema
	hooks  *deliverer

	mu       sync.Mutex
	settings Settings
	state    *State
	rng      *rand.Rand
	lastID   int64
	number   int64
	shopID   int64
	bucket   bucketLevel
	faults   []*Fault
	past     []*State // earlier states, the latest last; kept while a stale fault is set
	calls    []Call

	openBulks  map[int64]*BulkCreation // those that are not done
	nextExpiry time.Time               // of any credit; zero: none
}

// New makes a shop that serves through Handler; Close ends its webhook deliveries. Start makes one
// that listens as well.
func New(opts Options) (*Shop, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	schema, err := loadSchema()
	if err != nil {
		return nil, err
	}
	s := &Shop{
		opts: opts, schema: schema, state: newState(), openBulks: map[int64]*BulkCreation{},
		rng:    rand.New(rand.NewPCG(opts.Seed, 0x5eed)),
		lastID: 1<<53 + 1, number: 1000,
		settings: Settings{
			AccessToken: opts.AccessToken, ClientSecret: opts.ClientSecret, Scopes: slices.Clone(opts.Scopes),
			WebhookURL: opts.WebhookURL, HoldWebhooks: opts.HoldWebhooks, HideLevel2: opts.HideLevel2,
		},
	}
	s.shopID = s.newID()
	s.bucket = bucketLevel{available: opts.Bucket.Maximum, at: opts.Now()}
	s.hooks = newDeliverer(opts)
	return s, nil
}

// Close stops the webhook deliveries and waits for those that are under way.
func (s *Shop) Close() { s.hooks.close() }

// Settings returns what can be changed while the shop runs.
func (s *Shop) Settings() Settings {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.settings
	out.Scopes = slices.Clone(out.Scopes)
	return out
}

// Change alters the settings in one step: another token, fewer scopes, a rotated client secret. A
// delivery is signed with the secret of the moment in which it is sent.
func (s *Shop) Change(edit func(*Settings)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	edit(&s.settings)
	s.hooks.configure(s.settings)
}

// State returns a copy of all that the shop holds.
func (s *Shop) State() (*State, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle()
	return s.state.clone()
}

// newID gives the next id, beyond 2^53 as Shopify's are: decoding it as a float is a visible error.
func (s *Shop) newID() int64 {
	s.lastID += 1 + 2*s.rng.Int64N(500)
	return s.lastID
}

// uuid gives a random (version 4) UUID from the shop's own source.
func (s *Shop) uuid() string {
	hi := s.rng.Uint64()&^0xf000 | 0x4000
	lo := s.rng.Uint64()&^(3<<62) | 2<<62
	return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", hi>>32, hi>>16&0xffff, hi&0xffff, lo>>48, lo&(1<<48-1))
}

// settle does what time has brought since the last look: codes that were being added exist, credit
// has expired.
func (s *Shop) settle() {
	s.settleBulks()
	s.expireCredit()
}

func (s *Shop) now() time.Time { return s.opts.Now().UTC() }

// gid is Shopify's global id of an object.
func gid(kind string, id int64) string { return fmt.Sprintf("gid://shopify/%s/%d", kind, id) }
