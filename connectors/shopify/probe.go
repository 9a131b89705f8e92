package shopify

import (
	"context"
	"slices"
	"strings"

	"grapevine/connectors"
	"grapevine/rewards"
)

// Scopes are what Grapevine needs of a shop. Source: Admin API 2026-10, access requirements of the
// fields in queries/.
func Scopes() []string {
	return []string{
		"read_orders", "read_customers", "read_products", "write_discounts", "read_store_credit_accounts",
		"read_store_credit_account_transactions", "write_store_credit_account_transactions",
	}
}

// ScopesFor are what a kind of reward needs beside Scopes. Those of gift cards have to be asked for at
// Shopify's. Source: Admin API 2026-10, access requirements; REST reference of GiftCard.
func ScopesFor(kind rewards.RewardKind) []string {
	switch kind {
	case rewards.KindGiftCard:
		return []string{"write_gift_cards", "write_gift_card_transactions", "write_customers"}
	case rewards.KindTag:
		return []string{"write_customers"}
	}
	return nil
}

// lacking are those of some scopes that were not granted. Whoever may write may read.
func lacking(granted, needed []string) []string {
	var out []string
	for _, need := range needed {
		write := "write_" + strings.TrimPrefix(need, "read_")
		if !slices.Contains(granted, need) && !slices.Contains(granted, write) {
			out = append(out, need)
		}
	}
	return out
}

// Probe asks a shop who it is and what the token may do. It changes nothing.
func (s *Shopify) Probe(ctx context.Context, shop connectors.Shop) (connectors.Profile, error) {
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
		return connectors.Profile{}, err
	}
	p := connectors.Profile{
		Name: data.Shop.Name, Domain: strings.ToLower(data.Shop.Domain), Currency: data.Shop.Currency, TimeZone: data.Shop.TimeZone,
	}
	if !data.Credit.Enabled {
		p.Notes = append(p.Notes, "store credit is switched off in the shop")
	}
	for _, scope := range data.Installation.Scopes {
		p.Granted = append(p.Granted, scope.Handle)
	}
	p.Missing = lacking(p.Granted, Scopes())
	for _, kind := range rewards.RewardKinds {
		if lacks := lacking(p.Granted, ScopesFor(kind)); len(lacks) > 0 {
			if p.Lacking == nil {
				p.Lacking = map[rewards.RewardKind][]string{}
			}
			p.Lacking[kind] = lacks
		}
	}
	return p, nil
}
