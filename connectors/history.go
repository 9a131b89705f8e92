package connectors

import "grapevine/rewards"

// HistoryPage is a part of a shop's past orders, oldest first.
type HistoryPage struct {
	// Orders are as the shop tells them now. An order may come on two pages.
	Orders []rewards.Order
	// Skipped are orders that cannot be reckoned with, by their id: the error's code.
	Skipped map[string]string
	Next    string // gives the page that follows; "" after the last
	Pace    Pace
}
