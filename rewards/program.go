package rewards

import (
	"slices"
	"time"

	"grapevine/rewards/fairness"
)

// Discount is what a code takes off. Exactly one of Percent, Amount and FreeShipping is set.
type Discount struct {
	Percent         BasisPoints `json:"percent,omitempty"`
	Amount          Money       `json:"amount"`
	FreeShipping    bool        `json:"free_shipping,omitempty"`
	Minimum         Money       `json:"minimum"` // zero: none
	OncePerCustomer bool        `json:"once_per_customer,omitempty"`
	// Products and Collections are the platform's ids of what it takes something off; none: everything.
	Products    []string `json:"products,omitempty"`
	Collections []string `json:"collections,omitempty"`
	// OnePiece limits it to one piece of the goods: a gift of one product.
	OnePiece bool `json:"one_piece,omitempty"`
}

// None tells whether nothing is taken off at all.
func (d Discount) None() bool { return d.Percent == 0 && d.Amount.Minor == 0 && !d.FreeShipping }

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

// Boost multiplies advocates' rewards for orders that are placed in a time.
type Boost struct {
	Title  string    `json:"title"`
	From   time.Time `json:"from"`  // inclusive
	Until  time.Time `json:"until"` // exclusive
	Factor Factor    `json:"factor"`
}

// Level is a status that an advocate has while enough of her referrals count, and loses when they no
// longer do.
type Level struct {
	Name      string `json:"name"`
	Referrals int    `json:"referrals"` // from this many on
	Factor    Factor `json:"factor"`
}

// Group is a kind of advocate with terms of its own: staff, partners, creators.
type Group struct {
	Name   string `json:"name"`
	Factor Factor `json:"factor"`
}

// Variant is one arm of a test of two or more offers. An advocate always has the same one.
type Variant struct {
	Name   string `json:"name"`
	Weight int    `json:"weight"`
}

// PointsPlan says what points are worth and what they are exchanged for.
type PointsPlan struct {
	Per     int64         `json:"per"`   // this many points …
	Worth   Money         `json:"worth"` // … are worth this
	Kind    RewardKind    `json:"kind"`  // discount_code, store_credit or gift_card
	Minimum int64         `json:"minimum,omitempty"`
	Expires time.Duration `json:"expires,omitempty"` // of points, after they were given; 0: never
	Life    time.Duration `json:"life,omitempty"`    // of what they were exchanged for; 0: as long as the kind allows
}

// ContestPlan says how a contest is drawn.
type ContestPlan struct {
	Winners       int  `json:"winners"`
	OncePerHolder bool `json:"once_per_advocate,omitempty"`
}

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
	AppliedAt time.Time `json:"applied_at"`

	// Friend is what the friend's code takes off; none where the programme lives by links alone, or judges
	// the codes of another.
	Friend Discount `json:"friend"`
	Rules  []Rule   `json:"rules"`

	// InsteadOf names programmes whose codes this one judges while it runs. Of several, the one with the
	// higher Priority judges, then the first of the alphabet.
	InsteadOf []string `json:"instead_of,omitempty"`
	Priority  int      `json:"priority,omitempty"`
	// Shadow programmes judge beside the ones they name in InsteadOf, and give nothing.
	Shadow bool `json:"shadow,omitempty"`

	Boosts   []Boost      `json:"boosts,omitempty"`
	Levels   []Level      `json:"levels,omitempty"` // rising
	Groups   []Group      `json:"groups,omitempty"`
	Variants []Variant    `json:"variants,omitempty"`
	Points   *PointsPlan  `json:"points,omitempty"`
	Contest  *ContestPlan `json:"contest,omitempty"`
	Goal     Money        `json:"goal,omitzero"` // of a fundraiser: what is to come together

	Qualify         Qualify           `json:"qualify"`
	Attribution     Attribution       `json:"attribution"`
	Fairness        fairness.Settings `json:"fairness"`
	Hold            time.Duration     `json:"hold"`
	PartialRefund   PartialRefund     `json:"partial_refund"`
	CountingPeriod  time.Duration     `json:"counting_period,omitempty"` // how far back referrals count for tiers, milestones, levels; 0: for ever
	PerAdvocate     int               `json:"per_advocate"`              // 0: no cap
	PerAdvocateSpan time.Duration     `json:"per_advocate_period"`       // 0: for ever
	Budget          Money             `json:"budget"`                    // of money; zero: none
}

// Qualify says which orders count.
type Qualify struct {
	Customers Customers `json:"customers"`
	// FirstOrders lets the first so many orders of a friend count; 0 leaves it to Customers.
	FirstOrders int `json:"first_orders,omitempty"`
	// Payments lets the first so many payments of a friend's subscription count; 0 is 1.
	Payments  int      `json:"payments,omitempty"`
	Minimum   Money    `json:"minimum"` // of the eligible total; zero: none
	Scope     Scope    `json:"scope,omitzero"`
	Countries []string `json:"countries,omitempty"` // none: all
	// Alone refuses orders on which a code that is not ours took something off as well.
	Alone bool `json:"alone,omitempty"`
}

// Attribution says whose order it is.
type Attribution struct {
	Window     time.Duration `json:"window"` // for links; codes have no window
	TouchFirst bool          `json:"touch_first,omitempty"`
	// Bind keeps a friend with the advocate of the first order.
	Bind bool `json:"bind,omitempty"`
}

// Runs tells whether the programme's dates contain t.
func (p Program) Runs(t time.Time) bool {
	return (p.From == nil || !t.Before(*p.From)) && (p.Until == nil || t.Before(*p.Until))
}

// JudgesFor tells whether this programme judges codes of another while it runs.
func (p Program) JudgesFor(name string) bool { return slices.Contains(p.InsteadOf, name) }

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
