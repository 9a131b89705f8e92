package shopify

import (
	"fmt"
	"strings"

	"grapevine/connectors"
	"grapevine/internal/secret"
	"grapevine/rewards"
)

// secretsSetting holds the client secrets of the app, a comma list, newest first.
const secretsSetting = "GRAPEVINE_SHOPIFY_CLIENT_SECRETS"

// Open makes a connector from the program's settings. Without a client secret no webhook can be told from a
// forged one: all are refused, by a secret that nobody knows, while everything else works.
func Open(env connectors.Environment) (*Shopify, error) {
	list, err := env.Setting(secretsSetting)
	if err != nil {
		return nil, err
	}
	secrets, unset := splitList(list), false
	if len(secrets) == 0 {
		secrets, unset = []string{secret.Generate().Reveal()}, true
	}
	s, err := New(Options{ClientSecrets: secrets, AllowLoopback: env.AllowLoopback, Logger: env.Log, Now: env.Now})
	if err != nil {
		return nil, err
	}
	s.unset = unset
	return s, nil
}

// splitList splits a comma list, without blanks.
func splitList(list string) []string {
	var out []string
	for part := range strings.SplitSeq(list, ",") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// Examine tells whether webhooks can be checked.
func (s *Shopify) Examine() []connectors.Finding {
	f := connectors.Finding{About: "Shopify client secret", OK: true, Says: fmt.Sprintf("%d set", len(s.opts.ClientSecrets))}
	if s.unset {
		f.OK, f.Says, f.Do = false, "not set: every Shopify webhook is refused with 401", "set "+secretsSetting+" to your app's client secret"
	}
	return []connectors.Finding{f}
}

// Prepare turns what an owner typed into a shop. Kind Invalid, code bad_shop_domain, bad_token, bad_api_url;
// Denied, loopback_not_allowed.
func (s *Shopify) Prepare(a connectors.Application) (connectors.Shop, error) {
	domain, err := Domain(a.Domain)
	if err != nil {
		return connectors.Shop{}, err
	}
	if a.Account != "" || len(a.WebhookSecrets) > 0 {
		return connectors.Shop{}, rewards.Errorf(rewards.Invalid, "not_for_shopify", "a Shopify shop has no account beside its domain, and its webhooks are signed with the app's client secret (%s)", secretsSetting)
	}
	if strings.TrimSpace(a.Token) == "" {
		return connectors.Shop{}, rewards.Errorf(rewards.Invalid, "bad_token", "a Shopify shop needs the Admin API access token of your app (shpat_…)")
	}
	if a.APIURL != "" {
		if err := s.CheckAPIURL(a.APIURL); err != nil {
			return connectors.Shop{}, err
		}
	}
	return connectors.Shop{
		Platform: Name, Domain: domain, APIURL: strings.TrimRight(a.APIURL, "/"), Currency: strings.ToUpper(a.Currency), TimeZone: "UTC", Token: a.Token,
	}, nil
}
