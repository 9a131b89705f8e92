package woocommercetest

import (
	"crypto/hmac"
	"crypto/md5" // a delivery id is no secret
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"grapevine/internal/simshop"
)

// maxFailures is how many failures in a row a webhook bears; the next one disables it.
const maxFailures = 6

// Webhook is a subscription.
type Webhook struct {
	ID                int64
	Name              string
	Status            string // active, paused, disabled
	Topic             string
	DeliveryURL       string
	Secret            string
	UserID            int64 // whose rights the payload is built with
	Created, Modified time.Time
	Failures          int  // in a row
	Pending           bool // no ping was answered with 200 yet
}

// resourceOf and eventOf are the halves of a topic.
func resourceOf(topic string) string { r, _, _ := strings.Cut(topic, "."); return r }
func eventOf(topic string) string    { _, e, _ := strings.Cut(topic, "."); return e }

// topicHooks are the topics that WooCommerce knows, with the actions behind them. Topics of actions
// ("action.woocommerce_…") are valid besides.
var topicHooks = map[string][]string{
	"coupon.created":    {"woocommerce_process_shop_coupon_meta", "woocommerce_new_coupon"},
	"coupon.updated":    {"woocommerce_process_shop_coupon_meta", "woocommerce_update_coupon"},
	"coupon.deleted":    {"wp_trash_post"},
	"coupon.restored":   {"untrashed_post"},
	"customer.created":  {"user_register", "woocommerce_created_customer", "woocommerce_new_customer"},
	"customer.updated":  {"profile_update", "woocommerce_update_customer"},
	"customer.deleted":  {"delete_user"},
	"order.created":     {"woocommerce_new_order"},
	"order.updated":     {"woocommerce_update_order", "woocommerce_order_refunded"},
	"order.deleted":     {"wp_trash_post", "woocommerce_trash_order"},
	"order.restored":    {"untrashed_post", "woocommerce_untrash_order"},
	"product.created":   {"woocommerce_process_product_meta", "woocommerce_new_product"},
	"product.updated":   {"woocommerce_process_product_meta", "woocommerce_update_product"},
	"product.deleted":   {"wp_trash_post"},
	"product.restored":  {"untrashed_post"},
	"product.published": {"transition_post_status"},
}

// hooksOf are the actions of a topic; nil: there is no such topic.
func hooksOf(topic string) []string {
	if event, ok := strings.CutPrefix(topic, "action."); ok && strings.HasPrefix(event, "woocommerce_") {
		return []string{event}
	}
	return topicHooks[topic]
}

// emit queues a topic for every active webhook that has it. What waits already for the same webhook and
// resource is not queued twice. The lock is held.
func (s *Server) emit(topic string, id int64) {
	for _, w := range sorted(s.st.webhooks) {
		if w.Topic == topic && w.Status == "active" {
			s.post.queue(job{webhook: w.ID, resource: id})
		}
	}
}

// letter builds a delivery as it would go out now: with the state of now, and the rights that the webhook's
// owner has now. Not ok: the webhook is gone. The lock is held.
func (s *Server) letter(j job) (parcel, bool) {
	w := s.st.webhooks[j.webhook]
	if w == nil {
		return parcel{}, false
	}
	l := parcel{webhook: w.ID, Letter: simshop.Letter{
		URL: w.DeliveryURL, Topic: w.Topic, Body: encode(s.payload(w, j.resource)), Header: http.Header{},
	}}
	for name, value := range map[string]string{
		"User-Agent":               "WooCommerce/" + s.opts.Version + " Hookshot (WordPress/7.0.4)",
		"Content-Type":             "application/json",
		"X-WC-Webhook-Source":      s.home() + "/",
		"X-WC-Webhook-Topic":       w.Topic,
		"X-WC-Webhook-Resource":    resourceOf(w.Topic),
		"X-WC-Webhook-Event":       eventOf(w.Topic),
		"X-WC-Webhook-Signature":   Sign(w.Secret, l.Body),
		"X-WC-Webhook-ID":          strconv.FormatInt(w.ID, 10),
		"X-WC-Webhook-Delivery-ID": s.deliveryID(w.ID),
	} {
		l.Header.Set(name, value)
	}
	return l, true
}

// Sign is the value of X-WC-Webhook-Signature: base64 of the HMAC-SHA256 of the raw body.
func Sign(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// deliveryID is a hash of the webhook and the second, so that all that one webhook sends within a second
// has the same. The lock is held.
func (s *Server) deliveryID(webhook int64) string {
	sum := md5.Sum([]byte(s.storeID + strconv.FormatInt(webhook, 10) + strconv.FormatInt(s.now().Unix(), 10)))
	return hex.EncodeToString(sum[:])
}

// payload is what a webhook tells: what its owner would get from the REST API, errors too. The lock is held.
func (s *Server) payload(w *Webhook, id int64) any {
	switch {
	case eventOf(w.Topic) == "deleted":
		return map[string]int64{"id": id}
	case resourceOf(w.Topic) == "action":
		return map[string]any{"action": eventOf(w.Topic), "arg": id}
	}
	switch owner := s.st.users[w.UserID]; {
	case owner == nil:
		return cannotView(http.StatusUnauthorized).document()
	case !owner.manages:
		return cannotView(http.StatusForbidden).document()
	}
	base := s.restURL(s.home(), "/wc/v3")
	switch resourceOf(w.Topic) {
	case "order":
		if o := s.st.orders[id]; o != nil {
			return s.orderBody(o, base, s.opts.Decimals)
		}
		return invalidID("shop_order", http.StatusNotFound).document()
	case "coupon":
		if c := s.st.coupons[id]; c != nil {
			return s.couponBody(c, base)
		}
		return invalidID("shop_coupon", http.StatusNotFound).document()
	case "customer":
		if c := s.st.customers[id]; c != nil {
			return s.customerBody(c, base)
		}
		return invalidUser().document()
	}
	return []any{}
}

// sent takes note of how a delivery was answered: 200 to 302 are fine, all else counts, and the seventh
// failure in a row disables. It tells whether a ping is due. The lock is held.
func (s *Server) sent(webhook int64, status int) (ping bool) {
	w := s.st.webhooks[webhook]
	if w == nil {
		return false
	}
	switch {
	case status >= http.StatusOK && status <= http.StatusFound:
		w.Failures = 0
	case w.Failures >= maxFailures:
		w.Status = "disabled"
	default:
		w.Failures++
	}
	w.Modified = s.now()
	return w.Status == "active" && w.Pending
}
