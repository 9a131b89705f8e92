package simulation

import (
	"grapevine/rewards"
)

// Report is what a run found. Amounts without a currency of their own are minor units of Currency.
type Report struct {
	From     string `json:"from"` // the first day, in the zone; "" for all there is
	To       string `json:"to"`   // the last day, in the zone
	Zone     string `json:"time_zone"`
	Currency string `json:"currency"`
	Orders   Orders `json:"orders"`
	Program  Side   `json:"program"`
	Compare  *Side  `json:"compare,omitempty"`
	Diff     *Diff  `json:"difference,omitempty"`
	Live     Live   `json:"live"`
	Checks   Checks `json:"not_checked"`
	Notes    []Note `json:"notes"`
}

// Orders are what was read.
type Orders struct {
	Read     int64 `json:"read"`     // placed in the period
	Before   int64 `json:"before"`   // placed earlier: they make customers known
	Undated  int64 `json:"undated"`  // left out: nobody knows when they were placed
	Referred int64 `json:"referred"` // of Read, with a code, link or bond
	Imported int64 `json:"imported"` // of Referred, from an import
	Assumed  int64 `json:"assumed"`  // of Referred, where the buyer's earlier orders were counted here and not told by the shop
	Revenue  int64 `json:"revenue"`  // eligible total of all of Read that is left after refunds
}

// Checks are rules of fairness that imported orders could not be checked by.
type Checks struct {
	Orders int64    `json:"orders"` // how many that concerns
	Rules  []string `json:"rules"`
}

// Side is one programme with its figures. Two sides with equal rules have equal figures.
type Side struct {
	Program string  `json:"program"`
	Version int     `json:"version,omitempty"` // 0: a file that was not applied
	Title   string  `json:"title"`
	Figures Figures `json:"figures"`
}

// Figures are what the verdicts come to. Revenue, cost and discount are of referrals that stand: rewarded or
// pending. What is held is told apart, since a person would decide about it.
type Figures struct {
	Referrals    int64         `json:"referrals"` // rewarded and pending
	Rewarded     int64         `json:"rewarded"`
	Pending      int64         `json:"pending"`
	Held         int64         `json:"held"`
	Rejected     int64         `json:"rejected"`
	Reasons      []ReasonCount `json:"reasons"` // most orders first
	NewCustomers int64         `json:"new_customers"`
	Revenue      int64         `json:"revenue"`
	ShareBP      int64         `json:"revenue_share_bp"` // of Orders.Revenue, in basis points
	HeldRevenue  int64         `json:"held_revenue"`
	Costs        []KindCost    `json:"costs"`
	Cost         int64         `json:"cost"` // rewards of money, given and pending
	Points       int64         `json:"points_worth"`
	Discount     int64         `json:"friend_discount"`          // what the codes took off then
	LostDiscount int64         `json:"friend_discount_in_vain"`  // the same on orders that do not count
	Unpriced     int64         `json:"rewards_without_amount"`   // a percentage off, a product, a tag
	Spend        int64         `json:"spend"`                    // Cost, Points and Discount
	Return       string        `json:"return_on_spend,omitzero"` // Revenue ÷ Spend with two decimals, towards zero; "" without spend
	Budget       *BudgetUse    `json:"budget,omitempty"`
	Curve        []Point       `json:"curve"`
	CurveStep    string        `json:"curve_step"` // day or week
	Months       []Part        `json:"months"`
	Rules        []RuleCost    `json:"rules"`
	Levels       []Part        `json:"levels,omitempty"`
	Variants     []Part        `json:"variants,omitempty"`
	Top          []Part        `json:"top_advocates"` // by revenue
	Advocates    int64         `json:"advocates"`     // with a referral that stands
}

// ReasonCount counts orders by outcome and reason.
type ReasonCount struct {
	Outcome rewards.Outcome `json:"outcome"`
	Reason  rewards.Reason  `json:"reason"`
	Orders  int64           `json:"orders"`
}

// KindCost is what rewards of one kind come to, in minor units of a currency or in a unit of our own.
type KindCost struct {
	Kind     rewards.RewardKind `json:"kind"`
	Unit     string             `json:"unit"`
	Rewards  int64              `json:"rewards"`
	Unpriced int64              `json:"without_amount,omitempty"`
	Given    int64              `json:"given"`
	Pending  int64              `json:"pending"`
	Held     int64              `json:"held"` // not among Rewards
}

// RuleCost is what one rule gave: a tier, a milestone, the friend's reward.
type RuleCost struct {
	Rule    string              `json:"rule"`
	For     rewards.Beneficiary `json:"for"`
	Kind    rewards.RewardKind  `json:"kind"`
	Unit    string              `json:"unit"`
	Rewards int64               `json:"rewards"`
	Amount  int64               `json:"amount"`
}

// Part is the share of a month, a level, a variant or an advocate.
type Part struct {
	Name         string `json:"name"` // "2026-03", a level's name, an advocate's id
	Referrals    int64  `json:"referrals"`
	NewCustomers int64  `json:"new_customers"`
	Revenue      int64  `json:"revenue"`
	Cost         int64  `json:"cost"`
	Discount     int64  `json:"friend_discount"`
}

// BudgetUse is how far the budget went.
type BudgetUse struct {
	Budget int64  `json:"budget"`
	Used   int64  `json:"used"`              // with what is held
	RanOut string `json:"ran_out,omitempty"` // the day of the first order that it refused
}

// Point is one point of the curve: what had come together by the end of a day.
type Point struct {
	Day       string `json:"day"`
	Referrals int64  `json:"referrals"`
	Revenue   int64  `json:"revenue"`
	Cost      int64  `json:"cost"`
}

// Note is a sentence about what the figures rest on, with a code that stays the same.
type Note struct {
	Code string `json:"code"`
	Text string `json:"text"`
}
