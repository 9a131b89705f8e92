package stripetest

import (
	"slices"
	"strings"
)

// Account is one Stripe account in one mode: test and live data never meet. It is also a simshop.Till and a
// simshop.Vault.
type Account struct {
	s        *Server
	id       string
	live     bool
	platform *Account // that it is connected to; nil: none
	parted   bool     // the platform was deauthorised
	currency string

	things    map[string]thing // by id
	customers []*customer
	coupons   []*coupon
	promos    []*promo
	sessions  []*session
	intents   []*intent
	charges   []*charge
	refunds   []*refund
	disputes  []*dispute
	invoices  []*invoice
	subs      []*subscription
	notes     []*creditNote
	events    []*event
	endpoints []*endpoint
	answers   map[string]*kept // by idempotency key
	batch     *[]*event        // events that belong together and wait for each other; nil: none do
}

// object is a JSON object.
type object = map[string]any

// thing is what has an id and can be shown.
type thing interface{ view(a *Account) object }

// open makes an account in one mode. The caller holds the lock, or is alone.
func (s *Server) open(id string, live bool, platform *Account) *Account {
	a := &Account{
		s: s, id: id, live: live, platform: platform, currency: s.opts.Currency,
		things: map[string]thing{}, answers: map[string]*kept{},
	}
	s.accounts = append(s.accounts, a)
	return a
}

// AccountID is the account's id, acct_….
func (a *Account) AccountID() string { return a.id }

// Live tells whether this is the account's live mode.
func (a *Account) Live() bool { return a.live }

// OtherMode is the same account in the other mode, with a key of its own for it.
func (s *Server) OtherMode(a *Account) (other *Account, secretKey string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	other = s.otherMode(a)
	mode := "test"
	if other.live {
		mode = "live"
	}
	secretKey = s.newID("sk_"+mode+"_", 24)
	s.keys[secretKey] = &key{account: other}
	return other, secretKey
}

func (s *Server) otherMode(a *Account) *Account {
	for _, x := range s.accounts {
		if x.id == a.id && x.live != a.live {
			return x
		}
	}
	var platform *Account
	if a.platform != nil {
		platform = s.otherMode(a.platform)
	}
	return s.open(a.id, !a.live, platform)
}

// Connect makes an account that is connected to the shop's own: the platform's key reaches it with the header
// Stripe-Account, and what happens in it goes to the platform's Connect endpoints.
func (s *Server) Connect() *Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open(s.newID("acct_", 16), s.live, s.Account)
}

// KeyFor gives a connected account a secret key of its own.
func (s *Server) KeyFor(a *Account) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	mode := "test"
	if a.live {
		mode = "live"
	}
	k := s.newID("sk_"+mode+"_", 24)
	s.keys[k] = &key{account: a}
	return k
}

// RestrictKey makes a restricted key for an account that may do only what is named: "customers:read",
// "coupons:write" (which includes reading) and so on, by the first part of the path below /v1. Without
// "account:read" it cannot even tell whose it is.
func (s *Server) RestrictKey(a *Account, may ...string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	mode := "test"
	if a.live {
		mode = "live"
	}
	k := s.newID("rk_"+mode+"_", 24)
	s.keys[k] = &key{account: a, may: slices.Clone(append([]string{}, may...))}
	return k
}

// RevokeKey takes a key away: calls with it answer 401.
func (s *Server) RevokeKey(secretKey string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.keys, secretKey)
}

// Deauthorize ends the connection of an account: the platform's Connect endpoints hear of it, and its key no
// longer reaches the account.
func (s *Server) Deauthorize(a *Account) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.platform == nil || a.parted {
		return refuse("invalid", "account %s is not connected", a.id)
	}
	e := a.event("account.application.deauthorized", object{"id": "ca_" + a.platform.id[5:], "object": "application", "name": s.opts.Name}, nil)
	a.publish([]*event{e})
	a.parted = true
	return nil
}

// connected finds the account that a header Stripe-Account names.
func (s *Server) connected(platform *Account, id string) *Account {
	if id == "" || id == platform.id {
		return platform
	}
	for _, a := range s.accounts {
		if a.id == id && a.live == platform.live && a.platform == platform && !a.parted {
			return a
		}
	}
	return nil
}

// find looks a thing up; ok is false if there is none of that type.
func find[T thing](a *Account, id string) (T, bool) {
	t, ok := a.things[id].(T)
	return t, ok
}

func (a *Account) view() object {
	return object{
		"id": a.id, "object": "account", "type": "standard", "country": a.s.opts.Country,
		"default_currency": a.currency, "email": "owner@example.com", "charges_enabled": true, "payouts_enabled": true,
		"details_submitted": true, "created": a.s.now().Unix() - 86400*400,
		"business_profile": object{"mcc": nil, "name": a.s.opts.Name, "product_description": nil, "support_address": nil, "support_email": nil, "support_phone": nil, "support_url": nil, "url": nil},
		"business_type":    nil, "capabilities": object{"card_payments": "active", "transfers": "active"},
		"controller": object{"type": "account"}, "metadata": object{},
		"settings": object{"dashboard": object{"display_name": a.s.opts.Name, "timezone": "Etc/UTC"}},
	}
}

// orNil is null for an empty text.
func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// orNull is null for a number that is not set.
func orNull(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

// withNulls adds fields that the simulator leaves empty.
func withNulls(o object, names string) object {
	for _, name := range strings.Fields(names) {
		if _, there := o[name]; !there {
			o[name] = nil
		}
	}
	return o
}

func stringMap(m map[string]string) object {
	out := object{}
	for k, v := range m {
		out[k] = v
	}
	return out
}
