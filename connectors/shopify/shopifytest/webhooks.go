package shopifytest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// message is what a change has to tell: a topic and its body.
type message struct {
	topic string
	body  map[string]any
}

// Delivery is one webhook. Its body never changes, however late it is sent.
type Delivery struct {
	WebhookID   string          `json:"webhook_id"` // X-Shopify-Webhook-Id: one per delivery
	EventID     string          `json:"event_id"`   // X-Shopify-Event-Id: one per change, equal over topics
	Topic       string          `json:"topic"`
	OrderID     int64           `json:"order_id,omitempty"`
	TriggeredAt time.Time       `json:"triggered_at"`
	Body        json.RawMessage `json:"body"`
	State       string          `json:"state"` // held, taken, lost, pending, delivered, failed
	Attempts    []Attempt       `json:"attempts"`
}

// Attempt is one try to deliver.
type Attempt struct {
	At     time.Time `json:"at"`
	Status int       `json:"status"` // 0: no answer
	Error  string    `json:"error,omitempty"`
}

// Sign is the value of X-Shopify-Hmac-Sha256: base64 of the HMAC-SHA256 of the raw body.
func Sign(secret string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// emit makes a delivery of a message. A shop that the app left says nothing more, but for
// compliance topics.
func (s *Shop) emit(event string, m message) {
	compliance := strings.HasPrefix(m.topic, "shop/") || strings.HasSuffix(m.topic, "redact") || m.topic == "customers/data_request"
	if s.settings.Uninstalled && !compliance && m.topic != "app/uninstalled" {
		return
	}
	d := &Delivery{
		WebhookID: s.uuid(), EventID: event, Topic: m.topic, TriggeredAt: s.now(), Body: mustJSON(m.body),
		Attempts: []Attempt{},
	}
	for _, key := range []string{"order_id", "id"} {
		if id, ok := m.body[key].(int64); ok && d.OrderID == 0 && (key == "order_id" || strings.HasPrefix(m.topic, "orders/")) {
			d.OrderID = id
		}
	}
	if edit, ok := m.body["order_edit"].(map[string]any); ok {
		d.OrderID, _ = edit["order_id"].(int64)
	}
	s.hooks.add(d)
}

// Deliveries returns all webhooks so far, oldest first.
func (s *Shop) Deliveries() []Delivery { return s.hooks.list("") }

// HoldWebhooks keeps deliveries back from now on, or lets new ones go again; those that are held
// stay so until they are released or taken.
func (s *Shop) HoldWebhooks(hold bool) { s.Change(func(c *Settings) { c.HoldWebhooks = hold }) }

// LoseWebhooks loses each new delivery with this chance, 0 to 1, by the seeded source.
func (s *Shop) LoseWebhooks(chance float64) {
	s.hooks.mu.Lock()
	defer s.hooks.mu.Unlock()
	s.hooks.lose = chance
}

// TakeWebhooks hands the held deliveries over; Send or NewRequest sends them, in any order.
func (s *Shop) TakeWebhooks() []Delivery { return s.hooks.take() }

// ReleaseWebhooks sends the held deliveries in the given order: "" (as they came), "reverse" or
// "shuffle" (by the seeded source), each so many times (at least once).
func (s *Shop) ReleaseWebhooks(order string, times int) error {
	if !slices.Contains([]string{"", "reverse", "shuffle"}, order) {
		return invalid("order %q is none of reverse, shuffle", order)
	}
	s.mu.Lock()
	seed := s.rng.Uint64()
	s.mu.Unlock()
	s.hooks.release(order, max(1, times), seed)
	return nil
}

// RedeliverInput picks earlier deliveries: by webhook id, or by topic and order (what is not given
// fits all).
type RedeliverInput struct {
	WebhookID string `json:"webhook_id"`
	Topic     string `json:"topic"`
	OrderID   int64  `json:"order_id"`
	Times     int    `json:"times"`  // 1
	NewID     bool   `json:"new_id"` // under another webhook id, as a second subscription would
}

// Redeliver sends earlier deliveries again, with their original body. It tells how many were queued.
func (s *Shop) Redeliver(in RedeliverInput) (int, error) {
	queued := 0
	for _, d := range s.hooks.list("") {
		if in.WebhookID != "" && d.WebhookID != in.WebhookID || in.Topic != "" && d.Topic != in.Topic ||
			in.OrderID != 0 && d.OrderID != in.OrderID {
			continue
		}
		for range max(1, in.Times) {
			if in.NewID {
				again := d
				s.mu.Lock()
				again.WebhookID = s.uuid()
				s.mu.Unlock()
				again.Attempts = nil
				s.hooks.enqueueNew(&again)
			} else {
				s.hooks.enqueueAgain(d.WebhookID)
			}
			queued++
		}
	}
	if queued == 0 {
		return 0, notFound("such delivery")
	}
	return queued, nil
}

// Uninstall takes the app off the shop: the token is dead, webhooks end with app/uninstalled.
func (s *Shop) Uninstall() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.settings.Uninstalled {
		return
	}
	s.settings.Uninstalled = true
	s.emit(s.uuid(), message{"app/uninstalled", s.shopPayload()})
}

// Reinstall puts the app back, with another token.
func (s *Shop) Reinstall(accessToken string) {
	s.Change(func(c *Settings) { c.Uninstalled, c.AccessToken = false, accessToken })
}

// ComplianceInput is a demand under privacy law.
type ComplianceInput struct {
	Topic      string  `json:"topic"` // customers/data_request, customers/redact, shop/redact
	CustomerID int64   `json:"customer_id"`
	OrderIDs   []int64 `json:"order_ids"`
}

// Compliance sends one of the three mandatory topics.
func (s *Shop) Compliance(in ComplianceInput) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	body := map[string]any{"shop_id": s.shopID, "shop_domain": s.opts.Domain}
	customer := map[string]any{"id": in.CustomerID, "email": nil, "phone": nil}
	if c := s.state.Customers[in.CustomerID]; c != nil {
		customer["email"], customer["phone"] = orNil(c.Email), orNil(c.Phone)
	}
	switch in.Topic {
	case "customers/data_request":
		body["customer"], body["orders_requested"] = customer, anys(in.OrderIDs)
		body["data_request"] = map[string]any{"id": s.newID()}
	case "customers/redact":
		body["customer"], body["orders_to_redact"] = customer, anys(in.OrderIDs)
	case "shop/redact":
	default:
		return invalid("topic %q is no compliance topic", in.Topic)
	}
	s.emit(s.uuid(), message{in.Topic, body})
	return nil
}
