package connectortest

import (
	"context"
	"net/http"
	"time"

	"grapevine/connectors"
	"grapevine/internal/simshop"
	"grapevine/webhooks"
)

// Connector is all that a connector does. Its packages fulfil it by structure; none imports this.
type Connector interface {
	webhooks.Platform
	webhooks.Poller
	webhooks.Auditor
	// Examine says what is to be said of the connector's settings.
	Examine() []connectors.Finding
	// CheckAPIURL refuses an address that calls must not go to.
	CheckAPIURL(address string) error
	// Prepare turns what an owner typed into a shop, without a call.
	Prepare(a connectors.Application) (connectors.Shop, error)
	// Probe asks the shop who it is.
	Probe(ctx context.Context, s connectors.Shop) (connectors.Profile, error)
	// History lists past orders.
	History(ctx context.Context, s connectors.Shop, since time.Time, cursor string) (connectors.HistoryPage, error)
}

// Subscriber is a connector that makes a shop's webhooks through its API.
type Subscriber interface {
	// Subscribe sees to it that the shop sends its webhooks to the address.
	Subscribe(ctx context.Context, s connectors.Shop, address string) (connectors.Subscription, error)
}

// Fixture is what a connector brings to the suite. Open, Start, Writes, Golden and Signing are required.
type Fixture struct {
	// Open opens the connector as the program does. It may be called often.
	Open func(connectors.Environment) (Connector, error)
	// Start starts a simulated shop. It may be called often; each is empty.
	Start func(simshop.Options) (simshop.Shop, error)
	// Writes tells whether a call of the shop's API changes something, as WritesByMethod does for REST.
	Writes func(r *http.Request, body []byte) bool
	// Golden is the folder of the stored bodies that Decode reads. Each NAME.json (or NAME.body) has a
	// NAME.golden beside it, whose first line is "topic: " and the platform's word, and whose rest is what the
	// body means; -update writes the rest.
	Golden string
	// Signing says how the platform signs.
	Signing Signing
	// Product makes a product of this price in the shop and returns its id as orders tell it. Required where
	// rewards of a product, or codes for chosen products, are claimed.
	Product func(s simshop.Shop, price string) (id string, err error)
}

// Signing is how webhooks are signed, for the suite to sign by itself.
type Signing struct {
	// Header is the one that holds the signature.
	Header string
	// Setting is the program's setting that lists the secrets of the shared door, newest first, with commas
	// between them; "" where every shop has a door of its own. The suite signs with secrets of the form
	// "whsec_" and 32 letters and digits.
	Setting string
	// Sign returns the headers of the letter, signed anew with a secret over the letter's body; now is when it
	// is sent, for platforms that sign a time. It leaves the letter as it is. What it makes last in the
	// signature's header is what the secret decides: the suite cuts the end off.
	Sign func(l simshop.Letter, secret string, now time.Time) http.Header
	// Forged are further letters that must be refused, made of a good one: by a sentence that says how.
	Forged map[string]func(l simshop.Letter, secret string, now time.Time) simshop.Letter
}

// WritesByMethod is Fixture.Writes of an API where GET and HEAD read and all else writes.
func WritesByMethod(r *http.Request, _ []byte) bool {
	return r.Method != http.MethodGet && r.Method != http.MethodHead
}

// CardHolder is a simulated shop that carries gift cards; required of a platform that claims them.
type CardHolder interface {
	// GiftCards are those that can be spent, by whatever names them, with what is left on them.
	GiftCards() (left map[string]string, err error)
}

// TagHolder is a simulated shop whose customers have tags; required of a platform that claims them.
type TagHolder interface {
	// Tags are a customer's, in any order.
	Tags(customerID string) ([]string, error)
}
