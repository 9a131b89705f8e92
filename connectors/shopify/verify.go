package shopify

import (
	"crypto/hmac"
	"crypto/sha256"
	"net/http"
	"strings"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
)

// The headers of a delivery. None of them is signed.
// Source: shopify.dev, "Verify webhook deliveries"; npm @shopify/shopify-api 15.0.0, lib/webhooks.
const (
	headerSignature   = "X-Shopify-Hmac-Sha256"
	headerTopic       = "X-Shopify-Topic"
	headerShop        = "X-Shopify-Shop-Domain"
	headerWebhookID   = "X-Shopify-Webhook-Id"
	headerTriggeredAt = "X-Shopify-Triggered-At"
	headerVersion     = "X-Shopify-Api-Version"
)

// maxHeader bounds what is kept of a header. Shopify's topics and ids are far shorter.
const maxHeader = 255

// Receive checks a webhook's signature over the raw body, then its headers. Kind Denied: not signed by
// one of our secrets (401). Invalid: signed, but empty, or a mandatory header is missing or doubled
// (400); a doubled signature is Invalid too.
//
// The signature says nothing about the headers, so a replayed body can come under any of them. Where
// the body itself names its shop, that name counts.
func (s *Shopify) Receive(a connectors.Arrival) (connectors.Delivery, error) {
	h, body := a.Header, a.Body
	if err := s.Glance(h, int64(len(body))); err != nil {
		return connectors.Delivery{}, err
	}
	if !s.signed(h.Get(headerSignature), body) {
		return connectors.Delivery{}, rewards.Errorf(rewards.Denied, "bad_signature", "the body is not signed with one of %d client secrets", len(s.opts.ClientSecrets))
	}
	if len(body) == 0 {
		return connectors.Delivery{}, rewards.Errorf(rewards.Invalid, "empty_body", "the body is empty")
	}
	for _, name := range []string{headerTopic, headerShop, headerWebhookID, headerTriggeredAt, headerVersion} {
		if len(h.Values(name)) > 1 {
			return connectors.Delivery{}, rewards.Errorf(rewards.Invalid, "doubled_header", "%s comes more than once", name)
		}
	}
	for _, name := range []string{headerTopic, headerShop, headerWebhookID} {
		if v := h.Get(name); v == "" || len(v) > maxHeader {
			return connectors.Delivery{}, rewards.Errorf(rewards.Invalid, "missing_header", "%s has %d characters", name, len(v))
		}
	}
	domain := strings.ToLower(h.Get(headerShop))
	if !validDomain(domain) {
		return connectors.Delivery{}, rewards.Errorf(rewards.Invalid, "bad_shop_domain", "%s %q is not like demo.myshopify.com", headerShop, domain)
	}
	topic := h.Get(headerTopic)
	if told := domainInBody(topic, body); told != "" {
		domain = told
	}
	return connectors.Delivery{
		Platform:    Name,
		Domain:      strings.ToLower(domain),
		Topic:       topic,
		DeliveryID:  h.Get(headerWebhookID),
		TriggeredAt: triggeredAt(h.Get(headerTriggeredAt)),
		Body:        body,
	}, nil
}

// Glance refuses, as Receive does, what has no signature or one that cannot be: Kinds Denied and Invalid.
func (s *Shopify) Glance(h http.Header, _ int64) error {
	if len(h.Values(headerSignature)) > 1 {
		return rewards.Errorf(rewards.Invalid, "doubled_header", "%s comes more than once", headerSignature)
	}
	if _, ok := connectors.Base64Sum(h.Get(headerSignature)); !ok {
		return rewards.Errorf(rewards.Denied, "bad_signature", "%s is missing, or no signature", headerSignature)
	}
	return nil
}

// signed compares in constant time, with every secret, whatever the outcome of the first.
func (s *Shopify) signed(signature string, body []byte) bool {
	given, good := connectors.Base64Sum(signature)
	if !good {
		return false
	}
	ok := false
	for _, secret := range s.opts.ClientSecrets {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(body)
		if hmac.Equal(given[:], mac.Sum(nil)) {
			ok = true
		}
	}
	return ok
}

// triggeredAt reads the time at which the shop's event happened; zero where it is absent or unreadable,
// because nothing rests on it but the order of uninstalling and installing again.
func triggeredAt(v string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, v)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}
