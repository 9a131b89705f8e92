package webhooks_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
)

// village is a platform whose shops send to doors of their own, can be asked what changed, lose webhooks,
// and call one order by several names. What stands in it is a shop; it carries no signature but a plain
// HMAC, and its bodies are orders as JSON.
type village struct {
	can connectors.Capabilities

	mu      sync.Mutex
	orders  map[string]rewards.Order // as they are
	alias   map[string]string        // other names of orders, by name; "" names what is no order
	changes []connectors.Delivery    // what happened, the oldest first
	at      map[string]time.Time     // when each of them happened
	offers  map[string]rewards.PublishOffer
	codes   map[string]rewards.Discount // what each code takes off
	given   map[string]rewards.Action   // rewards, by what they are called here
	silent  error                       // what each question for changes is answered with, if set
	torn    int                         // how many times the next page but the first is refused
	broken  bool                        // webhooks are switched off
}

func newVillage() *village {
	return &village{
		can:    connectors.Capabilities{OwnDoor: true, Rewards: []rewards.RewardKind{rewards.KindStoreCredit}, Links: true},
		orders: map[string]rewards.Order{}, alias: map[string]string{}, at: map[string]time.Time{}, offers: map[string]rewards.PublishOffer{},
		codes: map[string]rewards.Discount{}, given: map[string]rewards.Action{},
	}
}

// sealed signs a body with a secret of a shop's webhooks.
func sealed(secret string, body []byte) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write(body)
	return hex.EncodeToString(m.Sum(nil))
}

func (v *village) Name() string { return "village" }

func (v *village) Capabilities() connectors.Capabilities { return v.can }

func (v *village) Receive(a connectors.Arrival) (connectors.Delivery, error) {
	if a.Door == nil {
		return connectors.Delivery{}, rewards.Errorf(rewards.Denied, "no_door", "the address names no shop")
	}
	sign := a.Header.Get("X-Sign")
	if !slices.ContainsFunc(a.Door.Secrets, func(s string) bool { return hmac.Equal([]byte(sign), []byte(sealed(s, a.Body))) }) {
		return connectors.Delivery{}, rewards.Errorf(rewards.Denied, "bad_signature", "not signed by shop %s", a.Door.ShopID)
	}
	return connectors.Delivery{
		Platform: "village", Domain: a.Door.Domain, Topic: a.Header.Get("X-Topic"), DeliveryID: a.Header.Get("X-Id"), Body: a.Body,
		Ping: a.Header.Get("X-Topic") == "ping",
	}, nil
}

func (v *village) Decode(topic string, body []byte, _ time.Time) (rewards.Event, error) {
	var o rewards.Order
	switch topic {
	case "payment": // tells a name, and nothing else
		return rewards.OrderTouched{OrderID: string(body), Ask: true}, nil
	case "touched": // tells that something changed
		return rewards.OrderTouched{OrderID: string(body)}, nil
	case "broken":
		return rewards.HooksBroken{Reason: "hooks_broken"}, nil
	case "order", "short":
		if err := json.Unmarshal(body, &o); err != nil {
			return nil, rewards.Errorf(rewards.Invalid, "bad_json", "%w", err)
		}
	default:
		return rewards.Unheeded{Reason: "unknown_topic"}, nil
	}
	if topic == "short" { // a webhook that leaves the codes out
		o.Codes = nil
		return rewards.OrderSeen{Order: o, Ask: true}, nil
	}
	if o.Customer != nil {
		o.Customer.Email = o.Customer.ID + "@example.com"
	}
	return rewards.OrderSeen{Order: o}, nil
}

func (v *village) Order(_ context.Context, _ connectors.Shop, id string) (rewards.Order, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if name, ok := v.alias[id]; ok && name == "" {
		return rewards.Order{}, &connectors.CallError{Cause: rewards.Errorf(rewards.Invalid, connectors.NotAnOrder, "%s is a gift", id)}
	} else if ok {
		id = name
	}
	o, ok := v.orders[id]
	if !ok {
		return rewards.Order{}, &connectors.CallError{Cause: rewards.Errorf(rewards.NotFound, "no_order", "there is no order %s", id)}
	}
	if o.Customer != nil {
		who := *o.Customer
		who.Email, o.Customer = who.ID+"@example.com", &who
	}
	return o, nil
}

func (v *village) Do(_ context.Context, _ connectors.Shop, key string, a rewards.Action) (connectors.Receipt, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch a := a.(type) {
	case rewards.PublishOffer:
		v.offers["offer"] = a
		return connectors.Receipt{ExternalID: "offer"}, nil
	case rewards.ChangeOffer:
		v.offers[a.ExternalID] = a.Offer
		return connectors.Receipt{ExternalID: a.ExternalID}, nil
	case rewards.AddCodes:
		for _, code := range a.Codes {
			v.codes[code] = a.Offer.Discount
		}
		return connectors.Receipt{}, nil
	}
	v.given[key] = a
	return connectors.Receipt{ExternalID: key}, nil
}

func (v *village) Find(context.Context, connectors.Shop, rewards.Action) (connectors.Receipt, error) {
	return connectors.Receipt{}, &connectors.CallError{Cause: rewards.Errorf(rewards.NotFound, "not_there", "nothing was done")}
}

// places puts an order, or a new state of one, and returns the webhook that tells of it.
func (v *village) places(o rewards.Order) connectors.Delivery {
	v.mu.Lock()
	defer v.mu.Unlock()
	body, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	v.orders[o.ID] = o
	d := connectors.Delivery{Topic: "order", DeliveryID: fmt.Sprintf("%s@%d", o.ID, o.UpdatedAt.UnixNano()), Body: body}
	v.changes = append(v.changes, d)
	v.at[d.DeliveryID] = o.UpdatedAt
	return d
}

// discounts tells what each code takes off, by code.
func (v *village) discounts() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	var out []string
	for _, code := range slices.Sorted(maps.Keys(v.codes)) {
		out = append(out, fmt.Sprintf("%s %d", code, v.codes[code].Percent))
	}
	return strings.Join(out, ", ")
}

// lively is a village that can be asked, two changes a page, and switches its webhooks on again.
type lively struct{ *village }

func (l lively) Rhythm() connectors.Rhythm {
	return connectors.Rhythm{Every: 10 * time.Millisecond, Overlap: time.Minute, Back: 30 * time.Minute}
}

func (l lively) Changes(_ context.Context, _ connectors.Shop, since time.Time, cursor string) (connectors.ChangesPage, error) {
	v := l.village
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.silent != nil {
		return connectors.ChangesPage{}, v.silent
	}
	if v.torn > 0 && cursor != "" {
		v.torn--
		return connectors.ChangesPage{}, &connectors.CallError{Cause: rewards.Errorf(rewards.Unavailable, "shop_unavailable", "status 502")}
	}
	var page connectors.ChangesPage
	begin, _ := strconv.Atoi(cursor)
	for i, d := range v.changes {
		if i < begin || v.at[d.DeliveryID].Before(since) {
			continue
		}
		if len(page.Deliveries) == 2 {
			page.Next = strconv.Itoa(i)
			break
		}
		page.Deliveries = append(page.Deliveries, d)
	}
	return page, nil
}

func (l lively) KeepHooks(context.Context, connectors.Shop) ([]string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.broken {
		return nil, nil
	}
	l.broken = false
	return []string{"order"}, nil
}
