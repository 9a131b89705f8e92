package shopify

import (
	"context"
	"slices"
	"strings"

	"grapevine/connectors"
)

// Profile is what a shop tells about itself and about our token.
type Profile struct {
	Name        string
	Domain      string // "demo.myshopify.com"
	Currency    string // ISO 4217
	TimeZone    string // IANA name
	Scopes      []string
	Missing     []string // scopes that Grapevine needs and the token lacks
	StoreCredit bool     // store credit is switched on in the shop
}

// Scopes are what Grapevine needs of a shop. Source: Admin API 2026-10, access requirements of the
// fields in queries/.
func Scopes() []string {
	return []string{
		"read_orders", "read_customers", "write_discounts", "read_store_credit_accounts",
		"read_store_credit_account_transactions", "write_store_credit_account_transactions",
	}
}

// Probe asks a shop who it is and what the token may do. It changes nothing.
func (s *Shopify) Probe(ctx context.Context, shop connectors.Shop) (Profile, error) {
	var data struct {
		Shop struct {
			Name     string `json:"name"`
			Domain   string `json:"myshopifyDomain"`
			Currency string `json:"currencyCode"`
			TimeZone string `json:"ianaTimezone"`
		} `json:"shop"`
		Installation struct {
			Scopes []struct {
				Handle string `json:"handle"`
			} `json:"accessScopes"`
		} `json:"currentAppInstallation"`
		Credit struct {
			Enabled bool `json:"storeCreditEnabled"`
		} `json:"storeCreditConfiguration"`
	}
	if _, err := s.ask(ctx, shop, "shop", nil, &data); err != nil {
		return Profile{}, err
	}
	p := Profile{
		Name: data.Shop.Name, Domain: strings.ToLower(data.Shop.Domain), Currency: data.Shop.Currency,
		TimeZone: data.Shop.TimeZone, StoreCredit: data.Credit.Enabled,
	}
	for _, scope := range data.Installation.Scopes {
		p.Scopes = append(p.Scopes, scope.Handle)
	}
	for _, need := range Scopes() {
		// Whoever may write may read.
		write := "write_" + strings.TrimPrefix(need, "read_")
		if !slices.Contains(p.Scopes, need) && !slices.Contains(p.Scopes, write) {
			p.Missing = append(p.Missing, need)
		}
	}
	return p, nil
}
