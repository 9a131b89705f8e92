package webhooks_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"sync"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
	"grapevine/webhooks"
)

// shelf is an inbox in memory. It keeps what was put, refuses what it is told to refuse, and can be
// held shut, so that a test decides when a group reaches the disk.
type shelf struct {
	mu     sync.Mutex
	kept   map[string]string // delivery id to body
	from   map[string]string // delivery id to domain
	groups []int
	poison string        // a group that holds this delivery id fails
	down   bool          // the database is away
	shut   chan struct{} // Put waits until it is closed, if set
	entry  chan struct{} // told when a Put has begun, if set
}

func newShelf() *shelf { return &shelf{kept: map[string]string{}, from: map[string]string{}} }

func (s *shelf) Put(_ context.Context, ds []connectors.Delivery) (int, error) {
	if s.entry != nil {
		s.entry <- struct{}{}
	}
	if s.shut != nil {
		<-s.shut
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.groups = append(s.groups, len(ds))
	if s.down {
		return 0, rewards.Errorf(rewards.Unavailable, "database_away", "no connection")
	}
	for _, d := range ds {
		if d.DeliveryID == s.poison {
			return 0, rewards.Errorf(rewards.Internal, "bad_row", "cannot store %s", d.DeliveryID)
		}
	}
	stored := 0
	for _, d := range ds {
		if _, there := s.kept[d.DeliveryID]; !there {
			s.kept[d.DeliveryID], s.from[d.DeliveryID] = string(d.Body), d.Domain
			stored++
		}
	}
	return stored, nil
}

func (s *shelf) Work(context.Context, string, int, webhooks.DigestFunc) (int, error) { return 0, nil }

func (s *shelf) WorkSuspect(context.Context, string, int, webhooks.DigestFunc) (int, error) {
	return 0, nil
}

func (s *shelf) Rescue(context.Context, bool) (int, error) { return 0, nil }

func (s *shelf) bodies() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]string{}
	for k, v := range s.kept {
		out[k] = v
	}
	return out
}

// sender is the domain that a delivery was stored for.
func (s *shelf) sender(id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.from[id]
}

// platform is the smallest platform: an HMAC in hex of the body, an id, and orders whose body is
// "ORDER CODE".
type platform struct{ key []byte }

func (p platform) Name() string { return "plain" }

func (p platform) sign(body string) string {
	m := hmac.New(sha256.New, p.key)
	m.Write([]byte(body))
	return base64.StdEncoding.EncodeToString(m.Sum(nil))
}

func (p platform) Capabilities() connectors.Capabilities {
	return connectors.Capabilities{SharedDoor: true}
}

// Glance refuses what is too short for a signature.
func (p platform) Glance(h http.Header, _ int64) error {
	if len(h.Get("X-Sign")) < 40 {
		return rewards.Errorf(rewards.Denied, "bad_signature", "not signed at all")
	}
	return nil
}

func (p platform) Receive(a connectors.Arrival) (connectors.Delivery, error) {
	if !hmac.Equal([]byte(a.Header.Get("X-Sign")), []byte(p.sign(string(a.Body)))) {
		return connectors.Delivery{}, rewards.Errorf(rewards.Denied, "bad_signature", "not signed by us")
	}
	id := a.Header.Get("X-Id")
	if id == "" {
		return connectors.Delivery{}, rewards.Errorf(rewards.Invalid, "missing_header", "X-Id is missing")
	}
	return connectors.Delivery{Platform: "plain", Domain: "a.example", Topic: "order", DeliveryID: id, Body: a.Body}, nil
}

func (p platform) Decode(topic string, body []byte, _ time.Time) (rewards.Event, error) {
	id, code, _ := strings.Cut(string(body), " ")
	switch {
	case topic == "panic":
		panic("poison")
	case topic == "garbage":
		return nil, rewards.Errorf(rewards.Invalid, "bad_json", "not an order")
	case topic == "other":
		return rewards.Unheeded{Reason: "unknown_topic"}, nil
	case topic == "refund":
		return rewards.OrderTouched{OrderID: id}, nil
	}
	o := rewards.Order{ID: id, Currency: "USD", UpdatedAt: time.Unix(int64(len(body)), 0)}
	if code != "" {
		o.Codes = []rewards.AppliedCode{{Code: code}}
	}
	o.Customer = &rewards.Person{ID: "c" + id, Email: "friend@example.com"}
	return rewards.OrderSeen{Order: o}, nil
}

func (p platform) Order(context.Context, connectors.Shop, string) (rewards.Order, error) {
	return rewards.Order{}, rewards.Errorf(rewards.NotFound, "no_order", "no orders here")
}

func (p platform) Do(context.Context, connectors.Shop, string, rewards.Action) (connectors.Receipt, error) {
	return connectors.Receipt{}, nil
}

func (p platform) Find(context.Context, connectors.Shop, rewards.Action) (connectors.Receipt, error) {
	return connectors.Receipt{}, nil
}

// idle stands for the ports that a test of the door does not use.
type idle struct {
	webhooks.Doors
	webhooks.Lanes
	webhooks.Work
	webhooks.Desk
}
