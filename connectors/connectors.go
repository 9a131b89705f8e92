// Package connectors holds what all connectors share: the shop they talk to, what they answer, and how
// an answer from outside becomes an error that tells the pipeline what to do. One platform is one
// folder below; none knows another.
package connectors

import (
	"net/http"
	"time"

	"grapevine/rewards"
)

// Shop is one installed shop, as a connector needs it.
type Shop struct {
	ID       string // ours: "shop_…"
	Platform string // "shopify", "stripe", "woocommerce"
	Domain   string // "demo.myshopify.com"
	// APIURL replaces scheme and host of the shop's API, for simulated shops on loopback; "" in production.
	APIURL   string
	Currency string // ISO 4217
	TimeZone string // IANA name, "UTC" if unknown
	Token    string // access token, plain; never logged
	// Settings are what the connector wants to know again of this shop (an account, a mode): its own words,
	// no secrets.
	Settings map[string]string
}

// Arrival is one call at a platform's door.
type Arrival struct {
	Header http.Header
	Body   []byte // the raw bytes
	Door   *Door  // of the shop that the address names; nil where it names none
}

// Door is what guards the address that one shop sends its webhooks to.
type Door struct {
	ShopID   string
	Domain   string
	Secrets  []string // of its webhooks, newest first; empty where none is known
	Settings map[string]string
}

// Delivery is one webhook that passed its platform's checks. What comes from unsigned headers (topic,
// domain, ids, time) is a hint.
type Delivery struct {
	Platform    string
	Domain      string    // names the shop
	Topic       string    // the platform's own word: "orders/paid"
	DeliveryID  string    // equal on a repetition, as far as the platform promises
	TriggeredAt time.Time // zero if not told
	Body        []byte    // the raw bytes that were signed
	Packed      []byte    // the body as the inbox keeps it, where the door packed it already; Body is nil then
	// Ping is a call that only asks whether somebody is there: it is answered 200 and nothing is stored.
	Ping bool
	// Trace is the W3C traceparent under which the door took it in, "" if nobody watches.
	Trace string
}

// Receipt is what a shop answered to an action that it carried out, now or earlier.
type Receipt struct {
	ExternalID string            // what the shop calls the thing
	Refs       map[string]string // further ids to hand back in later actions
	ExpiresAt  time.Time         // as the shop stored it; zero if it does not tell
	Taken      rewards.Money     // what a TakeCredit really took
	Spent      bool              // the code or credit had been used
	// Refused lists, of an AddCodes, the codes that the shop would not take, each with its reason.
	Refused map[string]string
	Pace    Pace
}

// Pace is what a shop's last answer told about its rate limit. The zero value tells nothing.
type Pace struct {
	Available int64 // points left
	PerSecond int64 // points that come back each second
	Reserve   int64 // points to leave for others: below it the lane rests
}

// Wait tells how long to rest before the next call.
func (p Pace) Wait() time.Duration {
	if p.PerSecond <= 0 || p.Available >= p.Reserve {
		return 0
	}
	return time.Duration(p.Reserve-p.Available) * time.Second / time.Duration(p.PerSecond)
}

// Capabilities is what a platform carries. A programme that asks for more is refused when it is applied.
type Capabilities struct {
	Rewards []rewards.RewardKind
	// FreeShipping tells whether a code can take the shipping off.
	FreeShipping bool
	// Scopes tells whether a code can be for chosen products, or for chosen collections; never for both.
	Scopes bool
	// Links tells whether orders tell by which links the buyer came.
	Links bool
	// Collections tells whether an order's lines tell the collections of their products.
	Collections bool
	// Countries tells whether orders tell where they go.
	Countries bool
	// CodesApart tells that each friend code is a discount of its own in the shop: a change of the offer has
	// to go to each of them.
	CodesApart bool
	// Renewals tells whether the platform bills subscriptions, so that one friend pays again and again.
	Renewals bool
	// OwnDoor tells that each shop sends its webhooks to an address of its own, /webhooks/{platform}/{shop},
	// signed with a secret of its own. SharedDoor tells that shops send to /webhooks/{platform}.
	OwnDoor, SharedDoor bool
	// CreditNote says what store credit is on this platform where it is not an account that any order can be
	// paid from; "" where it is.
	CreditNote string
	// Needs names the permissions that a kind of reward takes beside those that every shop gives.
	Needs map[rewards.RewardKind][]string
}

// Installed is a shop as people look at it.
type Installed struct {
	ID       string
	Platform string
	Domain   string
	Currency string
	Status   string // active, paused, parked, uninstalled
	Reason   string // of parked: token_refused, scope_missing, shop_frozen, shop_gone
	Since    time.Time
}

// Holding is a discount in a shop that carries our mark.
type Holding struct {
	ExternalID string
	Subject    string // what it was made for: a reward's id or a programme's name
	Code       string // one of its codes
	Live       bool   // it was not switched off and has not run out
}
