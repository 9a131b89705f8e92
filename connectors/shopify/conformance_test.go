package shopify_test

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/connectors/connectortest"
	"grapevine/connectors/shopify"
	"grapevine/connectors/shopify/shopifytest"
	"grapevine/internal/simshop"
)

// TestConformance plays the suite that every connector passes.
func TestConformance(t *testing.T) {
	connectortest.Run(t, conformance())
}

func conformance() connectortest.Fixture {
	return connectortest.Fixture{
		Open:   func(e connectors.Environment) (connectortest.Connector, error) { return shopify.Open(e) },
		Start:  shopifytest.Simulate,
		Golden: "testdata/webhooks",
		Writes: func(_ *http.Request, body []byte) bool { return bytes.Contains(body, []byte(`"mutation `)) },
		Signing: connectortest.Signing{
			Header: "X-Shopify-Hmac-Sha256", Setting: "GRAPEVINE_SHOPIFY_CLIENT_SECRETS", Sign: resigned,
			Forged: map[string]func(simshop.Letter, string, time.Time) simshop.Letter{
				"the signature is written in hexadecimal digits": func(l simshop.Letter, secret string, now time.Time) simshop.Letter {
					l.Header = resigned(l, secret, now)
					l.Header.Set("X-Shopify-Hmac-Sha256", strings.Repeat("0f", 32))
					return l
				},
				"the shop comes twice": func(l simshop.Letter, secret string, now time.Time) simshop.Letter {
					l.Header = resigned(l, secret, now)
					l.Header.Add("X-Shopify-Shop-Domain", "other.myshopify.com")
					return l
				},
			},
		},
		Product: func(s simshop.Shop, price string) (string, error) {
			p, err := s.(*shopifytest.Stage).AddProduct(shopifytest.ProductInput{Title: "Mug", Price: price})
			if err != nil {
				return "", err
			}
			return strconv.FormatInt(p.ID, 10), nil
		},
	}
}

func resigned(l simshop.Letter, secret string, _ time.Time) http.Header {
	h := l.Header.Clone()
	h.Set("X-Shopify-Hmac-Sha256", shopifytest.Sign(secret, l.Body))
	return h
}
