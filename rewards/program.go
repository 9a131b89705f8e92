package rewards

import "time"

// Discount is what a code takes off. Exactly one of Percent, Amount and FreeShipping is set.
type Discount struct {
	Percent         BasisPoints `json:"percent,omitempty"`
	Amount          Money       `json:"amount"`
	FreeShipping    bool        `json:"free_shipping,omitempty"`
	Minimum         Money       `json:"minimum"` // zero: none
	OncePerCustomer bool        `json:"once_per_customer,omitempty"`
}

// RewardKind is what an advocate gets. Connectors say which kinds their platform carries.
type RewardKind string

// The kinds of reward that can be earned today.
const (
	KindDiscountCode RewardKind = "discount_code"
	KindStoreCredit  RewardKind = "store_credit"
)

// RewardSpec is the advocate's reward. A store credit has Amount or Percent (of the eligible total); a
// discount code has Discount.
type RewardSpec struct {
	Kind     RewardKind    `json:"kind"`
	Amount   Money         `json:"amount"`
	Percent  BasisPoints   `json:"percent,omitempty"`
	Discount Discount      `json:"discount"`
	Expires  time.Duration `json:"expires"` // after issue; 0: never, for a store credit 3650 days
}

// Customers says which friends qualify.
type Customers string

// New customers only, or any.
const (
	CustomersNew Customers = "new"
	CustomersAny Customers = "any"
)

// PartialRefund says what a refund of a part of the goods does to the reward.
type PartialRefund string

// The policies for partial refunds.
const (
	RefundProportional PartialRefund = "proportional" // net = value × what is left, towards zero
	RefundKeep         PartialRefund = "keep"         // whole until nothing is left of the order
	RefundTakeBack     PartialRefund = "take_back"    // any refund takes the reward back
)

// Program is one version of a shop's offer, with all amounts in the shop's currency. It is read from
// a programme file (package programfile) and never changed: a change is a new version.
type Program struct {
	Name     string     `json:"name"`
	Version  int        `json:"version"`
	Title    string     `json:"title"`
	Currency string     `json:"currency"`
	From     *time.Time `json:"from,omitempty"`  // inclusive
	Until    *time.Time `json:"until,omitempty"` // exclusive
	// AppliedAt is when this version was stored. The first version also judges orders that were placed
	// earlier, so that a shop's clock that is behind ours costs nobody a reward.
	AppliedAt time.Time  `json:"applied_at"`
	Friend    Discount   `json:"friend"`
	Reward    RewardSpec `json:"reward"`

	Customers       Customers     `json:"customers"`
	Minimum         Money         `json:"minimum"` // of the eligible total; zero: none
	Window          time.Duration `json:"window"`  // for links; codes have no window
	TouchFirst      bool          `json:"touch_first,omitempty"`
	Hold            time.Duration `json:"hold"`
	PartialRefund   PartialRefund `json:"partial_refund"`
	PerAdvocate     int           `json:"per_advocate"`        // 0: no cap
	PerAdvocateSpan time.Duration `json:"per_advocate_period"` // 0: for ever
	Budget          Money         `json:"budget"`              // zero: none
}

// Runs tells whether the programme's dates contain t.
func (p Program) Runs(t time.Time) bool {
	return (p.From == nil || !t.Before(*p.From)) && (p.Until == nil || t.Before(*p.Until))
}

// VersionAt picks the version that judges an order placed at t: the last one applied at or before t,
// else the first. versions hold one programme in rising order; ok is false when there are none.
func VersionAt(versions []Program, t time.Time) (p Program, ok bool) {
	for i, v := range versions {
		if i == 0 || !v.AppliedAt.After(t) {
			p, ok = v, true
		}
	}
	return p, ok
}
