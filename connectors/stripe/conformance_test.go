package stripe

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/connectors/connectortest"
	"grapevine/connectors/stripe/stripetest"
	"grapevine/internal/simshop"
)

func TestConformance(t *testing.T) {
	connectortest.Run(t, connectortest.Fixture{
		Open:   func(e connectors.Environment) (connectortest.Connector, error) { return Open(e) },
		Start:  start,
		Writes: connectortest.WritesByMethod,
		Golden: "testdata/webhooks",
		Signing: connectortest.Signing{
			Header: headerSignature, Setting: settingSecrets, Sign: sign,
			Forged: map[string]func(l simshop.Letter, secret string, now time.Time) simshop.Letter{
				"signed six minutes ago": func(l simshop.Letter, secret string, now time.Time) simshop.Letter {
					l.Header = sign(l, secret, now.Add(-6*time.Minute))
					return l
				},
				"signed in six minutes": func(l simshop.Letter, secret string, now time.Time) simshop.Letter {
					l.Header = sign(l, secret, now.Add(6*time.Minute))
					return l
				},
			},
		},
	})
}

// start starts a simulated Stripe, which knows no orders that are not meant: an account in test mode is another
// account.
func start(o simshop.Options) (simshop.Shop, error) {
	s, err := stripetest.Simulate(o)
	return meant{s}, err
}

// meant refuses baskets that are not meant, instead of taking them for others.
type meant struct{ simshop.Shop }

func (m meant) Place(b simshop.Basket) (simshop.Sold, error) {
	if b.Test {
		return simshop.Sold{}, errors.New("Stripe has no test orders among real ones")
	}
	return m.Shop.Place(b)
}

// sign signs a letter as Stripe does.
func sign(l simshop.Letter, secret string, now time.Time) http.Header {
	h := l.Header.Clone()
	h.Set(headerSignature, signature(secret, l.Body, now))
	return h
}

// signature is a header Stripe-Signature with one v1.
func signature(secret string, body []byte, at time.Time) string {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + "."))
	mac.Write(body)
	return "t=" + stamp + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}
