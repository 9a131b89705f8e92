package woocommerce_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/connectors/connectortest"
	"grapevine/connectors/woocommerce"
	"grapevine/connectors/woocommerce/woocommercetest"
	"grapevine/internal/simshop"
)

// TestConformance plays the suite that every connector passes.
func TestConformance(t *testing.T) {
	connectortest.Run(t, conformance())
}

func conformance() connectortest.Fixture {
	return connectortest.Fixture{
		Open:   func(e connectors.Environment) (connectortest.Connector, error) { return woocommerce.Open(e) },
		Start:  woocommercetest.Simulate,
		Golden: "testdata/webhooks",
		Writes: writes,
		Signing: connectortest.Signing{
			Header: "X-Wc-Webhook-Signature", Sign: resigned,
			Forged: map[string]func(simshop.Letter, string, time.Time) simshop.Letter{
				"the signature is written in hexadecimal digits": func(l simshop.Letter, secret string, now time.Time) simshop.Letter {
					sum := mac(secret, l.Body)
					l.Header = resigned(l, secret, now)
					l.Header.Set("X-Wc-Webhook-Signature", hex.EncodeToString(sum))
					return l
				},
				"the topic comes twice": func(l simshop.Letter, secret string, now time.Time) simshop.Letter {
					l.Header = resigned(l, secret, now)
					l.Header.Add("X-Wc-Webhook-Topic", "order.deleted")
					return l
				},
				"a ping with a webhook's headers": func(l simshop.Letter, secret string, now time.Time) simshop.Letter {
					l.Header = resigned(l, secret, now)
					l.Body = []byte("webhook_id=1")
					return l
				},
			},
		},
		Product: func(s simshop.Shop, price string) (string, error) {
			p, err := woocommercetest.ParseMoney(price)
			if err != nil {
				return "", err
			}
			return itoa(s.(*woocommercetest.Server).AddProduct(woocommercetest.Product{Name: "Mug", Price: p})), nil
		},
	}
}

// writes leaves out the change by which a key is tried: coupon 0 is none.
func writes(r *http.Request, body []byte) bool {
	return connectortest.WritesByMethod(r, body) && !strings.HasSuffix(r.URL.Path+r.URL.Query().Get("rest_route"), "/coupons/0")
}

func mac(secret string, body []byte) []byte {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write(body)
	return h.Sum(nil)
}

func resigned(l simshop.Letter, secret string, _ time.Time) http.Header {
	h := l.Header.Clone()
	h.Set("X-Wc-Webhook-Signature", base64.StdEncoding.EncodeToString(mac(secret, l.Body)))
	return h
}
