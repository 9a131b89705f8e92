package rewards

import "time"

// RewardKind is what somebody gets. Connectors say which kinds their platform carries; those that
// InHouse tells of are kept here.
type RewardKind string

// The kinds of reward.
const (
	KindDiscountCode RewardKind = "discount_code"
	KindStoreCredit  RewardKind = "store_credit"
	KindGiftCard     RewardKind = "gift_card"
	KindPoints       RewardKind = "points"   // kept here, exchanged by the advocate
	KindCash         RewardKind = "cash"     // kept here, paid out by the owner
	KindProduct      RewardKind = "product"  // a code that makes one product free
	KindTag          RewardKind = "tag"      // a tag on the customer in the shop
	KindDonation     RewardKind = "donation" // kept here, paid to a charity by the owner
	KindEntry        RewardKind = "entry"    // entries in a contest
	KindTicket       RewardKind = "ticket"   // an invitation, redeemed at the door
)

// RewardKinds lists all kinds, in the order of the documentation.
var RewardKinds = []RewardKind{
	KindDiscountCode, KindStoreCredit, KindGiftCard, KindPoints, KindCash, KindProduct, KindTag, KindDonation, KindEntry, KindTicket,
}

// InHouse tells whether rewards of this kind are kept here: no shop is called for them.
func (k RewardKind) InHouse() bool {
	switch k {
	case KindPoints, KindCash, KindDonation, KindEntry, KindTicket:
		return true
	}
	return false
}

// drainable tells whether the reward can be spent bit by bit in the shop.
func (k RewardKind) drainable() bool { return k == KindStoreCredit || k == KindGiftCard }

// AsCode tells whether the reward is a code that its owner types.
func (k RewardKind) AsCode() bool { return k == KindDiscountCode || k == KindProduct }

// The units of what is counted and is no money. They stand where a currency would, so that one ledger
// holds everything of value and never adds the two.
const (
	UnitPoints  = "points"
	UnitEntries = "entries"
	UnitTickets = "tickets"
)

// Unit is what rewards of this kind are counted in: a unit of our own, or the currency.
func (k RewardKind) Unit(currency string) string {
	switch k {
	case KindPoints:
		return UnitPoints
	case KindEntry:
		return UnitEntries
	case KindTicket:
		return UnitTickets
	}
	return currency
}

// RewardSpec is what somebody gets. Store credit, gift card, cash and donation have Amount or Percent (of
// the eligible total); points Amount in their unit or PerUnit; entries and tickets Amount in their unit. A
// discount code has Discount, a product ProductID, a tag Tag.
type RewardSpec struct {
	Kind      RewardKind    `json:"kind"`
	Amount    Money         `json:"amount"`
	Percent   BasisPoints   `json:"percent,omitempty"`
	PerUnit   int64         `json:"per_unit,omitempty"` // points for each whole unit of money: 1 is a point for 1.00
	Discount  Discount      `json:"discount"`
	Expires   time.Duration `json:"expires"` // after issue; 0: never, for a store credit 3650 days
	ProductID string        `json:"product,omitempty"`
	Tag       string        `json:"tag,omitempty"`
	Charity   string        `json:"charity,omitempty"` // a short name, part of an account's name
}

// Beneficiary is who gets a reward.
type Beneficiary string

// The beneficiaries.
const (
	ForAdvocate Beneficiary = "advocate"
	ForFriend   Beneficiary = "friend"
)

// Rule is one reward that an order which counts brings somebody. The rules of a programme are tried one
// by one, and each that fits gives its reward.
type Rule struct {
	Name   string      `json:"name"` // unique in its programme
	For    Beneficiary `json:"for"`
	Reward RewardSpec  `json:"reward"`
	// From and To bound the referrals that the rule is for, by their number among those of the advocate, 1
	// being the first; 0 is open.
	From int `json:"from,omitempty"`
	To   int `json:"to,omitempty"`
	// Every makes the rule one for each so-manieth referral.
	Every int `json:"every,omitempty"`
	// Milestone rewards are given once for each number of referrals, however often it is reached.
	Milestone bool   `json:"milestone,omitempty"`
	Group     string `json:"group,omitempty"`   // for advocates of this group; "": of no group with rules of its own
	Variant   string `json:"variant,omitempty"` // for advocates with this variant; "": all
}

// fits tells whether the rule is for the n-th referral.
func (r Rule) fits(n int) bool {
	return n >= r.From && (r.To == 0 || n <= r.To) && (r.Every == 0 || n%r.Every == 0)
}

// Factor multiplies a reward, in hundredths of a percent: 10000 leaves it as it is, 20000 doubles it.
type Factor int64

// One is the factor that changes nothing.
const One Factor = 10_000

// Decimal writes a factor as people say it: "2", "1.5".
func (f Factor) Decimal() string { return BasisPoints(f).Fraction() }
