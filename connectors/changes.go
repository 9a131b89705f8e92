package connectors

import "time"

// Rhythm is how often a shop is asked what changed, because webhooks get lost.
type Rhythm struct {
	Every   time.Duration // between two looks
	Overlap time.Duration // how much of the time before the last look is looked at again
	Back    time.Duration // how far back a look goes once a day
}

// ChangesPage is a part of what changed in a shop since a moment, the oldest change first.
type ChangesPage struct {
	// Deliveries are the changes in the form of the platform's webhooks, or of a topic of the connector's own:
	// they go the same way, and what a webhook has brought already is known by its DeliveryID or does no harm.
	Deliveries []Delivery
	Next       string // gives the page that follows; "" after the last
	// Until is a moment by the shop's clock up to which the listing is known to be whole; zero: not told.
	Until time.Time
	Pace  Pace
}

// NotAnOrder is the code of an error that says of something in the shop: it exists, and is no order that
// could ever be judged. Whoever asked for it is done.
const NotAnOrder = "not_an_order"

// HistoryHidden is the code of an error that says: the shop shows nothing from so long ago. What is later can be
// asked for.
const HistoryHidden = "history_hidden"
