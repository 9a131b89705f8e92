package main

import (
	"log/slog"

	"grapevine/connectors/shopify"
	"grapevine/internal/secret"
	"grapevine/webhooks"
)

// platforms builds the connectors. A new one is one line here.
func (s *settings) platforms(log *slog.Logger) ([]webhooks.Platform, error) {
	shop, err := s.shopify(log)
	if err != nil {
		return nil, err
	}
	return []webhooks.Platform{shop}, nil
}

// shopify builds the Shopify connector. Without a client secret no webhook can be told from a forged one:
// all are refused, by a secret that nobody knows, while everything else works.
func (s *settings) shopify(log *slog.Logger) (*shopify.Shopify, error) {
	secrets, err := s.shopifySecrets()
	if err != nil {
		return nil, err
	}
	if len(secrets) == 0 {
		log.Warn("GRAPEVINE_SHOPIFY_CLIENT_SECRETS is not set: every Shopify webhook is refused with 401")
		secrets = []string{secret.Generate().Reveal()}
	}
	return shopify.New(shopify.Options{ClientSecrets: secrets, AllowLoopback: s.AllowLoopbackShops, Logger: log})
}
