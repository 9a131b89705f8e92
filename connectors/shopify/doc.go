// Package shopify connects Shopify shops: it checks and reads their webhooks, reads orders, and makes
// and takes back discount codes and store credit through the Admin GraphQL API 2026-10.
package shopify
