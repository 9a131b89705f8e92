package rewards

import "time"

// Event is what a webhook tells, in the domain's words. Only this package can add one; every switch
// over events ends in an error.
//
// An event about an order is a hint that the order changed: what counts is the state that is read
// from the shop afterwards, so events may come twice, late or in any order.
type Event interface{ isEvent() }

// OrderSeen carries an order as it was when the webhook was made. It is enough to match codes, and to
// record an order that carries none; where it is not, Ask is set.
type OrderSeen struct {
	Order Order
	// Ask tells that the webhook leaves open which codes the order carries: the shop has to be asked.
	Ask bool
}

// OrderTouched names an order that changed without telling its state (a refund, an edit).
type OrderTouched struct {
	OrderID string
	At      time.Time // when it changed, zero if unknown
	// Ask tells that the name may be another one of an order that is known (its payment's): the shop has to be
	// asked which order it is.
	Ask bool
}

// CustomerSeen carries a customer that was created or changed.
type CustomerSeen struct{ Person Person }

// CustomerGone tells that a customer was deleted in the shop.
type CustomerGone struct{ CustomerID string }

// HooksBroken tells that the shop sends webhooks that tell nothing any more, until a person mends it. Reason
// is what the event's row shows.
type HooksBroken struct{ Reason string }

// AppUninstalled tells that the shop removed us. At is when, zero if unknown: an old event after a
// new installation changes nothing.
type AppUninstalled struct{ At time.Time }

// DataRequested tells that a customer wants to know what is stored about her; a person answers.
type DataRequested struct{ CustomerID string }

// CustomerErased orders us to forget a customer.
type CustomerErased struct {
	CustomerID string
	OrderIDs   []string
}

// ShopErased orders us to forget a shop's people, 48 hours after it left.
type ShopErased struct{}

// Unheeded is an event that we do not act on. Reason is what the event's row shows.
type Unheeded struct{ Reason string }

func (OrderSeen) isEvent()      {}
func (OrderTouched) isEvent()   {}
func (CustomerSeen) isEvent()   {}
func (CustomerGone) isEvent()   {}
func (HooksBroken) isEvent()    {}
func (AppUninstalled) isEvent() {}
func (DataRequested) isEvent()  {}
func (CustomerErased) isEvent() {}
func (ShopErased) isEvent()     {}
func (Unheeded) isEvent()       {}
