package woocommerce

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"regexp"
	"strings"

	"grapevine/connectors"
	"grapevine/rewards"
)

// The headers of a delivery. None of them is signed.
// Source: deliveries of WooCommerce 8.6.1 and 11.0.1; class WC_Webhook.
const (
	headerSignature  = "X-Wc-Webhook-Signature"
	headerTopic      = "X-Wc-Webhook-Topic"
	headerDeliveryID = "X-Wc-Webhook-Delivery-Id"
	headerSource     = "X-Wc-Webhook-Source"
	headerPrefix     = "X-Wc-"
)

// maxHeader bounds what is kept of a header. WooCommerce's topics and ids are far shorter.
const maxHeader = 255

// pingForm is the body of the call by which WooCommerce asks whether somebody is at an address, when a
// webhook is made or led elsewhere. It has no headers of its own and no signature, and wants exactly 200.
var pingForm = regexp.MustCompile(`^webhook_id=[0-9]+$`)

// maxPing is how long that body can be: the name and a number of 64 bits. One whose length is not told may be one.
const maxPing = 32

// Receive checks a webhook's signature over the raw body with the secrets of the door that it came to, then
// its headers. Kind Denied: there is no such door, or the body is not signed with one of its secrets (401).
// Invalid: signed, but empty, or a header is missing or doubled (400); a doubled signature is Invalid too.
//
// The shop is the door's. The delivery id is made of what the body is about and its hash, because
// WooCommerce's own is one per webhook and second. Bodies that look alike for different events (a deletion
// is {"id":17} each time, an error document names nothing) take WooCommerce's id in.
//
// What a copy of the shop tells of its customers is answered like a ping, and nothing is stored.
func (w *WooCommerce) Receive(a connectors.Arrival) (connectors.Delivery, error) {
	if a.Door == nil {
		return connectors.Delivery{}, rewards.Errorf(rewards.Denied, "no_door", "the address names no shop")
	}
	if pingForm.Match(a.Body) && !ofWebhook(a.Header) {
		return connectors.Delivery{Platform: Name, Domain: a.Door.Domain, Ping: true}, nil
	}
	if err := glance(a.Header); err != nil {
		return connectors.Delivery{}, err
	}
	if !signed(a.Door.Secrets, a.Header.Get(headerSignature), a.Body) {
		return connectors.Delivery{}, rewards.Errorf(rewards.Denied, "bad_signature", "the body is not signed with one of %d secrets", len(a.Door.Secrets))
	}
	if len(a.Body) == 0 {
		return connectors.Delivery{}, rewards.Errorf(rewards.Invalid, "empty_body", "the body is empty")
	}
	for name, values := range a.Header {
		if strings.HasPrefix(http.CanonicalHeaderKey(name), headerPrefix) && len(values) > 1 {
			return connectors.Delivery{}, rewards.Errorf(rewards.Invalid, "doubled_header", "%.80s comes more than once", name)
		}
	}
	topic := a.Header.Get(headerTopic)
	if topic == "" || len(topic) > maxHeader {
		return connectors.Delivery{}, rewards.Errorf(rewards.Invalid, "missing_header", "%s has %d characters", headerTopic, len(topic))
	}
	if strings.HasPrefix(topic, "customer.") && elsewhere(a.Header.Get(headerSource), a.Door.Domain) {
		w.opts.Logger.Warn("a webhook about a customer was passed over, because another site sent it: a copy of the shop?", "shop", a.Door.ShopID)
		return connectors.Delivery{Platform: Name, Domain: a.Door.Domain, Ping: true}, nil
	}
	return connectors.Delivery{
		Platform:   Name,
		Domain:     a.Door.Domain,
		Topic:      topic,
		DeliveryID: deliveryID(topic, a.Body, a.Header.Get(headerDeliveryID)),
		Body:       a.Body,
	}, nil
}

// elsewhere tells whether a webhook says that it comes from another site than the shop. The copy of a shop that
// somebody made to try things out has its webhooks and their secret, and nobody minds there who is deleted. Orders
// are read from the shop before they count; of customers the webhook itself is believed. A header that is not signed
// proves nothing, but who lies in it gains nothing either: it only makes less of a webhook.
func elsewhere(source, domain string) bool {
	site := func(address string) string {
		s := strings.ToLower(strings.TrimRight(address, "/"))
		s = strings.TrimPrefix(strings.TrimPrefix(s, "http://"), "https://")
		return strings.TrimPrefix(s, "www.")
	}
	return source != "" && site(source) != site(domain)
}

// Glance refuses, as Receive does, what has no signature or one that cannot be, unless it may be the call that
// asks whether somebody is there: Kinds Denied and Invalid.
func (w *WooCommerce) Glance(h http.Header, length int64) error {
	if length <= maxPing && !ofWebhook(h) {
		return nil
	}
	return glance(h)
}

func glance(h http.Header) error {
	if len(h.Values(headerSignature)) > 1 {
		return rewards.Errorf(rewards.Invalid, "doubled_header", "%s comes more than once", headerSignature)
	}
	if _, ok := connectors.Base64Sum(h.Get(headerSignature)); !ok {
		return rewards.Errorf(rewards.Denied, "bad_signature", "%s is missing, or no signature", headerSignature)
	}
	return nil
}

// ofWebhook tells whether a call carries any of a webhook's headers.
func ofWebhook(h http.Header) bool {
	for name := range h {
		if strings.HasPrefix(http.CanonicalHeaderKey(name), headerPrefix) {
			return true
		}
	}
	return false
}

// signed compares in constant time, with every secret, whatever the outcome of the first. An empty secret
// signs nothing.
func signed(secrets []string, signature string, body []byte) bool {
	given, good := connectors.Base64Sum(signature)
	if !good {
		return false
	}
	ok := false
	for _, secret := range secrets {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(body)
		if hmac.Equal(given[:], mac.Sum(nil)) && secret != "" {
			ok = true
		}
	}
	return ok
}

// deliveryID tells one state of one thing from another: by what the topic says it is (order.created and
// order.updated are the same thing), its id and its body. An order that a look at the shop brings has the
// id that a webhook with the same body has.
func deliveryID(topic string, body []byte, given string) string {
	var b struct {
		ID      whole `json:"id"`
		Created text  `json:"date_created_gmt"`
	}
	if parse(body, &b) == nil && b.ID > 0 && b.Created != "" {
		given = ""
	}
	resource, _, _ := strings.Cut(topic, ".")
	hash := sha256.Sum256(body)
	all := sha256.Sum256([]byte(resource + "\n" + b.ID.id() + "\n" + hex.EncodeToString(hash[:]) + "\n" + given))
	return hex.EncodeToString(all[:])
}
