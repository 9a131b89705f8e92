// Package simshop says what every simulated shop can be asked to do, whatever its platform: what happens
// at its till, what its webhooks do, what it holds of ours. The demo tells its story on it, and the
// conformance suite of connectors plays on it.
//
//	demo, suite ──▶ Shop (this package) ◀── shopifytest, stripetest, woocommercetest
//
// It imports nothing of Grapevine: a simulated shop that shared code with its connector would share its
// mistakes. Amounts are decimal strings in the shop's currency, ids are the platform's own.
package simshop

import (
	"context"
	"net/http"
	"time"
)

// Shop is a simulated shop that listens on loopback. All methods may be called at any time by several.
type Shop interface {
	Till
	Post
	Vault
	// Install is what its owner would tell `grapevine shop add`.
	Install() Install
	// Close stops serving and sending.
	Close() error
}

// Options are what a simulated shop is started with.
type Options struct {
	// Hooks is where webhooks go if the shop is not told by its API: the whole address.
	Hooks string
	// Seed makes ids and everything else that is random repeatable.
	Seed int64
	// Now is the clock; nil: time.Now.
	Now func() time.Time
	// Currency is the shop's; "": USD.
	Currency string
	// HoldPost keeps webhooks back until they are taken, from the start.
	HoldPost bool
}

// Install is how a shop is installed.
type Install struct {
	Platform string
	Domain   string
	APIURL   string // http://127.0.0.1:PORT
	Token    string
	Account  string // of the platform that the token belongs to; "" mostly
	Currency string
	TimeZone string // IANA name
	// WebhookSecrets are those that sign its webhooks where the owner makes them by hand; none where they are
	// made through the API.
	WebhookSecrets []string
	// Settings are the program's own that the platform needs (GRAPEVINE_SHOPIFY_CLIENT_SECRETS …).
	Settings map[string]string
}

// Till is what people do in the shop.
type Till interface {
	// AddCustomer makes an account, or returns the one that the e-mail has.
	AddCustomer(Buyer) (id string, err error)
	// Place places an order. A code that the shop does not take is an error.
	Place(Basket) (Sold, error)
	// Pay pays an order that was placed unpaid.
	Pay(orderID string) error
	// Refund gives money back. What is left of the order cannot be refunded twice.
	Refund(orderID string, r Refund) error
	// Cancel cancels an order that nobody paid, or gives all of it back.
	Cancel(orderID string) error
}

// Buyer is who buys.
type Buyer struct {
	Email     string
	FirstName string
	Surname   string
	Street    string // of the address that the goods go to; "": none is told
	City      string
	Postcode  string
	Country   string // ISO 3166-1 alpha-2
	Guest     bool   // without an account, where the platform knows that
}

// Basket is what somebody buys.
type Basket struct {
	Buyer    Buyer
	Goods    []Goods
	Code     string // typed at the checkout; "": none
	Link     string // the code of a link by which the buyer came; "": none
	Shipping string // "": none
	Unpaid   bool   // payment comes later, or never
	Test     bool   // an order that is not meant
}

// Goods are pieces of one article.
type Goods struct {
	Title    string
	Price    string // of one
	Quantity int    // 0: 1
}

// Sold is an order as the till gives it.
type Sold struct {
	ID    string // as the API tells it
	Name  string // as people call it
	Total string // what the buyer pays
}

// Refund says what is given back: pieces of lines, or an amount of money for nothing in particular. The
// zero value is everything, shipping too.
type Refund struct {
	Lines  []int // whole lines, by their place in the basket
	Amount string
}

// Post is what the shop's webhooks do.
type Post interface {
	// Hold keeps what happens from now on from being sent, or ends that. What was kept stays until it is taken.
	Hold(on bool)
	// Take hands out what was kept back, in the order of what happened, and forgets it.
	Take() []Letter
	// Lose loses each webhook of the future with this chance, 0 to 1, by the seed: neither sent nor kept.
	Lose(chance float64)
	// Redeliver sends everything that was ever sent once more, with the old bodies, under new delivery ids where
	// the platform has such. It returns how many.
	Redeliver() (int, error)
	// WaitQuiet waits until every webhook that was sent is answered or given up.
	WaitQuiet(ctx context.Context) error
}

// Letter is one signed webhook, ready to be sent by whoever took it.
type Letter struct {
	URL    string
	Header http.Header
	Body   []byte
	Topic  string // in the platform's words
}

// Vault is what the shop holds.
type Vault interface {
	// Credit is what a customer can spend of what the platform has for store credit, and by how many live
	// things (transactions that are not taken back, single-use codes) it came to be.
	Credit(customerID string) (balance string, live int, err error)
	// Codes are the discount codes that the shop knows, of whomever.
	Codes() ([]Code, error)
}

// Code is a discount code in the shop.
type Code struct {
	Code string
	Live bool   // somebody could use it now
	Used int    // how often it was used
	For  string // the customer or the e-mail that alone may use it; "": anybody
}
