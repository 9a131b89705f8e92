package rewards

import (
	"slices"
	"time"

	"grapevine/rewards/fairness"
)

// Payment is where an order's payment stands. It is the platform-neutral form of Shopify's
// financial_status and its kin; anything unknown is PaymentUnknown and never counts as paid.
type Payment string

// The states of payment.
const (
	PaymentPending           Payment = "pending" // also authorized, partially paid
	PaymentPaid              Payment = "paid"
	PaymentPartiallyRefunded Payment = "partially_refunded"
	PaymentRefunded          Payment = "refunded"
	PaymentVoided            Payment = "voided" // failed, expired
	PaymentUnknown           Payment = "unknown"
)

// Person is a customer as the shop knows her. E-mail and phone are plain only between a connector and
// the pipeline, which replaces them by keyed hashes (Sealed); only the hashes are stored with a decision.
type Person struct {
	ID       string `json:"id"`                  // the platform's own id
	Email    string `json:"-"`                   // plain, may be ""
	Phone    string `json:"-"`                   // plain, may be ""
	Name     string `json:"-"`                   // first name, may be ""
	Surname  string `json:"-"`                   // may be ""
	Locale   string `json:"-"`                   // BCP 47, may be ""
	EmailKey string `json:"email_key,omitempty"` // keyed hash of the canonical e-mail
	PhoneKey string `json:"phone_key,omitempty"`
	// EarlierOrders counts the orders that this person placed in the shop before the order at hand, as
	// the shop tells it; nil where the shop does not tell.
	EarlierOrders *int64 `json:"earlier_orders,omitempty"`
}

// AppliedCode is a discount code that the buyer typed (or that a link applied) and that the platform
// really applied as a code. Titles of staff discounts are not codes.
type AppliedCode struct {
	Code    string `json:"code"`
	TookOff Money  `json:"took_off"` // in the shop's currency; zero if it had no effect
}

// Touch is a link with an advocate's code by which the buyer came to the shop, as the order tells it.
type Touch struct {
	Code string    `json:"code"`
	At   time.Time `json:"at,omitzero"` // zero where it is not told: it then counts as at the order
}

// Trail is what an order tells of where it came from. The plain values live only between a connector and
// the pipeline, which replaces them by keyed hashes; all of them may be "".
type Trail struct {
	Address fairness.Address `json:"-"` // where the goods go, else where the bill goes
	IP      string           `json:"-"` // the buyer's address on the network
	Agent   string           `json:"-"` // the buyer's browser
	Card    string           `json:"-"` // what the platform tells one means of payment from another by

	AddressKey string `json:"address_key,omitempty"` // keyed hash of the address's canonical form
	IPKey      string `json:"ip_key,omitempty"`
	DeviceKey  string `json:"device_key,omitempty"` // of IP and browser together
	CardKey    string `json:"card_key,omitempty"`
}

// Risk is the shop's own opinion of an order.
type Risk string

// The shop's opinions that matter here; anything else is RiskNone.
const (
	RiskNone        Risk = ""
	RiskInvestigate Risk = "investigate"
	RiskCancel      Risk = "cancel"
)

// Line is one line of an order, in the shop's currency.
type Line struct {
	ID        string `json:"id"`
	ProductID string `json:"product_id,omitempty"`
	// Collections are the platform's ids of the groups that the product belongs to, as far as it tells.
	Collections []string `json:"collections,omitempty"`
	Quantity    int64    `json:"quantity"` // as placed, with later additions
	Current     int64    `json:"current"`  // after returns and removals
	Amount      Money    `json:"amount"`   // of Quantity pieces, after discounts, without tax
	GiftCard    bool     `json:"gift_card,omitempty"`
}

// Order is an order as its shop tells it at one moment. Amounts are in the shop's currency.
type Order struct {
	ID        string        `json:"id"`   // the platform's own id
	Name      string        `json:"name"` // what people call it: "#1001"
	PlacedAt  time.Time     `json:"placed_at"`
	UpdatedAt time.Time     `json:"updated_at"` // of this state; a later one is newer
	PaidAt    *time.Time    `json:"paid_at,omitempty"`
	Currency  string        `json:"currency"` // the shop's
	Payment   Payment       `json:"payment"`
	Cancelled bool          `json:"cancelled,omitempty"`
	Deleted   bool          `json:"deleted,omitempty"` // the shop knows it no more
	Test      bool          `json:"test,omitempty"`
	Customer  *Person       `json:"customer,omitempty"` // nil: the order has none
	Codes     []AppliedCode `json:"codes,omitempty"`
	Touches   []Touch       `json:"touches,omitempty"`
	Country   string        `json:"country,omitempty"` // ISO 3166-1 alpha-2 of where the goods go, else the bill
	Trail     Trail         `json:"trail,omitzero"`
	Risk      Risk          `json:"risk,omitempty"`
	// Disputed tells that the buyer's bank has asked for the payment back and has not decided. Of one that the
	// shop lost the money is refunded.
	Disputed bool `json:"disputed,omitempty"`
	// Renewal is the number of this payment of a subscription: 1 the first, 2 the one after. 0: it belongs to none.
	Renewal int    `json:"renewal,omitempty"`
	Lines   []Line `json:"lines,omitempty"`
	// MoneyBack is what was refunded for goods without naming a line: refunds − lines − shipping, without tax.
	MoneyBack Money `json:"money_back"`
}

// Eligible is the part of an order that a reward is reckoned from: goods after discounts, without
// shipping, tax, tips and gift cards.
type Eligible struct {
	Original Money `json:"original"` // before refunds and removals
	Left     Money `json:"left"`     // now; zero for a cancelled, voided or fully refunded order
}

// Eligible computes the eligible totals of all goods. See EligibleFor.
func (o Order) Eligible() (Eligible, error) { return o.EligibleFor(Scope{}) }

// Scope limits which goods count. The zero value is all goods.
type Scope struct {
	Products         []string `json:"products,omitempty"`    // only these; with Collections, either
	Collections      []string `json:"collections,omitempty"` // only these
	ExceptProducts   []string `json:"except_products,omitempty"`
	ExceptCollection []string `json:"except_collections,omitempty"`
}

// Covers tells whether a line's goods count.
func (s Scope) Covers(l Line) bool {
	in := func(ids []string) bool {
		return slices.ContainsFunc(l.Collections, func(c string) bool { return slices.Contains(ids, c) })
	}
	if slices.Contains(s.ExceptProducts, l.ProductID) || in(s.ExceptCollection) {
		return false
	}
	return len(s.Products)+len(s.Collections) == 0 || slices.Contains(s.Products, l.ProductID) || in(s.Collections)
}

// EligibleFor computes the eligible totals of the goods in a scope. Money that was refunded without lines
// comes off them whole: what it was for is not known. Kind Invalid where an amount is in another currency than the
// order, a quantity is impossible, or a sum overflows: such an order is held.
func (o Order) EligibleFor(scope Scope) (Eligible, error) {
	sum := Eligible{Original: Money{Currency: o.Currency}, Left: Money{Currency: o.Currency}}
	for _, l := range o.Lines {
		if l.GiftCard || !scope.Covers(l) {
			continue
		}
		if l.Amount.Currency != o.Currency || l.Amount.Minor < 0 || l.Quantity < 0 || l.Current < 0 || l.Current > l.Quantity {
			return Eligible{}, Errorf(Invalid, "unreadable_order", "line %s: %s for %d of %d pieces", l.ID, l.Amount, l.Current, l.Quantity)
		}
		var err error
		if sum.Original, err = sum.Original.Add(l.Amount); err != nil {
			return Eligible{}, err
		}
		if l.Quantity == 0 {
			continue
		}
		left, err := l.Amount.Portion(l.Current, l.Quantity)
		if err != nil {
			return Eligible{}, err
		}
		if sum.Left, err = sum.Left.Add(left); err != nil {
			return Eligible{}, err
		}
	}
	if o.MoneyBack.Minor > 0 {
		var err error
		if sum.Left, err = sum.Left.Sub(o.MoneyBack); err != nil {
			return Eligible{}, err
		}
	}
	if sum.Left.Minor < 0 || o.Gone() {
		sum.Left.Minor = 0
	}
	return sum, nil
}

// pieces counts what is on all lines, as placed.
func (o Order) pieces() (n int64) {
	for _, l := range o.Lines {
		n += l.Quantity
	}
	return n
}

// Gone tells whether nothing of the order stands any more.
func (o Order) Gone() bool {
	return o.Cancelled || o.Payment == PaymentRefunded || o.Payment == PaymentVoided
}

// nobody tells whether the order has no customer with an account in the shop.
func (o Order) nobody() bool { return o.Customer == nil || o.Customer.ID == "" }

// Paid tells whether the order was paid and not taken back whole.
func (o Order) Paid() bool {
	return o.Payment == PaymentPaid || o.Payment == PaymentPartiallyRefunded
}

// Status is the order's state in the API: open, paid, partially_refunded, refunded, cancelled.
func (o Order) Status() string {
	switch {
	case o.Cancelled || o.Payment == PaymentVoided || o.Deleted:
		return "cancelled"
	case o.Payment == PaymentRefunded:
		return "refunded"
	case o.Payment == PaymentPartiallyRefunded:
		return "partially_refunded"
	case o.Payment == PaymentPaid:
		return "paid"
	}
	return "open"
}
