package stripe

import (
	"regexp"
	"strings"

	"grapevine/connectors"
	"grapevine/rewards"
)

// Mode is whether an account is used for real or for trying out. Nothing of one is ever seen in the other.
type Mode string

// The modes of Stripe.
const (
	Live Mode = "live"
	Test Mode = "test"
)

// testSuffix ends the domain of an account in test mode.
const testSuffix = ".test"

var (
	// keyForm is a secret or restricted key. Publishable keys (pk_) and keys of apps are none.
	// Source: docs.stripe.com/keys.
	keyForm     = regexp.MustCompile(`^(sk|rk)_(test|live)_[A-Za-z0-9]{3,}$`)
	accountForm = regexp.MustCompile(`^acct_[A-Za-z0-9]{3,64}$`)
	domainForm  = regexp.MustCompile(`^acct_[a-z0-9]{3,64}(\.test)?$`)
)

// modeOfKey tells the mode of a key, which is all that a key says about itself. Kind Invalid, code bad_token.
func modeOfKey(key string) (Mode, error) {
	m := keyForm.FindStringSubmatch(key)
	if m == nil || len(key) > maxID {
		return "", rewards.Errorf(rewards.Invalid, "bad_token", "the key is not a secret or restricted one, like sk_live_… or rk_test_…")
	}
	return Mode(m[2]), nil
}

// restricted tells whether a key has chosen permissions only.
func restricted(key string) bool { return strings.HasPrefix(key, "rk_") }

// domainOf is what the shop of an account in a mode is stored by: "acct_1a2b" or "acct_1a2b.test".
func domainOf(account string, mode Mode) string {
	domain := strings.ToLower(account)
	if mode == Test {
		domain += testSuffix
	}
	return domain
}

// modeOfDomain is the mode of a shop.
func modeOfDomain(domain string) Mode {
	if strings.HasSuffix(domain, testSuffix) {
		return Test
	}
	return Live
}

// modeOfEvent is the mode that livemode tells.
func modeOfEvent(live bool) Mode {
	if live {
		return Live
	}
	return Test
}

// connected tells whether the shop is an account of a Connect platform, whose key then names it in each call.
func connected(shop connectors.Shop) bool { return shop.Settings[SettingConnected] == "true" }

// admit checks that a shop's key can be used for the shop: a key of the other mode would read and write
// another world. Kind Denied, code token_refused, parks the shop.
func admit(shop connectors.Shop) error {
	refuse := func(says string) error {
		return &connectors.CallError{Cause: rewards.Errorf(rewards.Denied, "token_refused", "%s", says), Park: "token_refused"}
	}
	if shop.Token == "" {
		return refuse("there is no key")
	}
	mode, err := modeOfKey(shop.Token)
	switch {
	case err != nil:
		return refuse("the key is not like sk_live_… or rk_test_…")
	case shop.Domain != "" && modeOfDomain(shop.Domain) != mode:
		return refuse("the shop is in " + string(modeOfDomain(shop.Domain)) + " mode, the key is for " + string(mode) + " mode")
	case connected(shop) && !accountForm.MatchString(shop.Settings[SettingAccount]):
		return refuse("the connected account is not known: install the shop again")
	}
	return nil
}
