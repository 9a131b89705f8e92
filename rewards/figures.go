package rewards

import (
	"math"
	"math/bits"
	"time"

	"grapevine/rewards/variant"
)

// FigureFilter says which figures are asked for.
type FigureFilter struct {
	From, To Date // both inclusive, in the shop's time zone; two zero dates: the last 30 days
	Program  string
	By       Grouping
	Top      int // how many advocates ByAdvocate lists, 20 if zero, 200 at most
	// Quick leaves out what no sums of days tell: the numbers of people and the value of customers.
	Quick bool
}

// Figures are the numbers of one group: a period, a programme, a variant, an advocate, or all of them. docs/
// metrics.md says how each is reckoned. All but All, Historic and Elsewhere are of the programme that was
// asked for.
type Figures struct {
	Period                     // of a group by day, week or month, else the whole
	Program, Variant, Advocate string

	// All are the orders of the shop in the period, referred or not; for a programme, a variant or an
	// advocate those of the whole shop.
	All       Tally
	Rewarded  Tally
	Pending   Tally
	Held      Tally
	Rejected  Tally // with a code or a link that did not count; they are part of All
	Historic  Tally // imported orders, which are not part of All
	Elsewhere int64 // orders in another currency than the shop's, which are counted nowhere else
	ByLink    int64 // of the referred orders, those that came by a link
	// TookOff is what codes of advocates took off referred orders, TookOffRejected off rejected ones.
	TookOff, TookOffRejected Money

	Sharing    int64 // advocates who had a code at some time of the period; not reckoned for an advocate
	NewSharing int64 // of them, those whose first code was made in it
	Active     int64 // advocates with a referred order
	Friends    int64 // customers whose first order was a referred one
	Onward     int64 // of the friends, those who have referred somebody themselves by now

	Rewards []RewardFigures // by kind and unit
}

// Tally is a number of orders and what is left of them now, without shipping, tax and gift cards.
type Tally struct {
	Orders  int64
	Revenue Money
}

// RewardFigures tells of the rewards of one kind in one currency or unit, as the ledger moved in a period.
// An amount is below zero where more came back than went out.
type RewardFigures struct {
	Kind     RewardKind
	Unit     string // a currency, or one of our own
	Made     int64  // rewards that came about, replaced codes not counted again
	Unpriced int64  // of those, the ones without an amount: a percentage, free shipping, a product, a tag
	Waiting  Money  // promised and not given: what this grew by
	Given    Money  // given and not lost, used or not
	Used     Money  // of Given, what was exchanged, paid out or redeemed; known of what is kept here only
	Lost     Money  // spent before it could be taken back
}

// Promised is all that a programme bound itself to: what waits, was given or was lost.
func (r RewardFigures) Promised() Money {
	return Money{Minor: r.Waiting.Minor + r.Given.Minor + r.Lost.Minor, Currency: r.Unit}
}

// Referred sums the orders that count as referrals: rewarded, pending and held ones.
func (f Figures) Referred() Tally {
	return f.Rewarded.and(f.Pending).and(f.Held)
}

// Others are the orders that are no referrals.
func (f Figures) Others() Tally {
	r := f.Referred()
	return Tally{f.All.Orders - r.Orders, Money{Minor: f.All.Revenue.Minor - r.Revenue.Minor, Currency: f.All.Revenue.Currency}}
}

func (t Tally) and(u Tally) Tally {
	return Tally{t.Orders + u.Orders, Money{Minor: t.Revenue.Minor + u.Revenue.Minor, Currency: t.Revenue.Currency}}
}

// Average is the revenue of an order, towards zero. ok is false without orders.
func (t Tally) Average() (m Money, ok bool) { return each(t.Revenue, t.Orders) }

func each(sum Money, n int64) (Money, bool) {
	if n <= 0 {
		return Money{Currency: sum.Currency}, false
	}
	return Money{Minor: sum.Minor / n, Currency: sum.Currency}, true
}

// Cost is what the referrals cost in money: rewards given, rewards lost, and what the codes took off.
// Points, entries and tickets are no money, and a reward without an amount has no cost that is known.
func (f Figures) Cost() Money {
	cost := Money{Minor: f.TookOff.Minor + f.TookOffRejected.Minor, Currency: f.TookOff.Currency}
	for _, r := range f.Rewards {
		if r.Unit == cost.Currency {
			cost.Minor += r.Given.Minor + r.Lost.Minor
		}
	}
	return cost
}

// ReferralRate is the share of referred orders among all.
func (f Figures) ReferralRate() Ratio { return Ratio{f.Referred().Orders, f.All.Orders} }

// RevenueShare is the share of referred revenue in all.
func (f Figures) RevenueShare() Ratio {
	return Ratio{f.Referred().Revenue.Minor, f.All.Revenue.Minor}
}

// Conversion is the share of advocates with a referral among those who had a code.
func (f Figures) Conversion() Ratio { return Ratio{f.Active, f.Sharing} }

// Return is referred revenue for each unit of cost.
func (f Figures) Return() Ratio { return Ratio{f.Referred().Revenue.Minor, f.Cost().Minor} }

// FriendsEach is how many friends each advocate with a referral brought, OnwardShare how many of the
// friends refer themselves. Their product is Viral.
func (f Figures) FriendsEach() Ratio { return Ratio{f.Friends, f.Active} }

// OnwardShare is the share of friends who have referred somebody themselves.
func (f Figures) OnwardShare() Ratio { return Ratio{f.Onward, f.Friends} }

// Viral is the viral coefficient: how many advocates with a referral each such advocate leads to. From 1
// on a programme grows by itself.
func (f Figures) Viral() Ratio { return Ratio{f.Onward, f.Active} }

// Ratio is a part of a whole, both of which are worth showing.
type Ratio struct{ Part, Whole int64 }

// BasisPoints is the ratio in hundredths of a percent, towards zero: 10000 is 1. ok is false where the
// whole is not above zero. What leaves int64 is its largest.
func (r Ratio) BasisPoints() (bp int64, ok bool) {
	if r.Whole <= 0 {
		return 0, false
	}
	abs, sign := uint64(r.Part), int64(1)
	if r.Part < 0 {
		abs, sign = -abs, -1
	}
	hi, lo := bits.Mul64(abs, 10_000)
	if hi >= uint64(r.Whole) {
		return sign * math.MaxInt64, true
	}
	q, _ := bits.Div64(hi, lo, uint64(r.Whole))
	return sign * int64(min(q, math.MaxInt64)), true
}

// FigureReport is the answer to a FigureFilter.
type FigureReport struct {
	Shop, Currency, Zone string
	From, To             Date // as asked for, or as they were filled in
	Program              string
	By                   Grouping
	Quick                bool // people and the value of customers were not asked for
	Total                Figures
	Groups               []Figures // periods in their order, programmes and variants by name, advocates by revenue
	Rejected             []ReasonFigure
	Value                []ValueFigures // for 90 and 365 days
	// As it is now, whatever the period.
	Review  []ReviewFigures
	HeldNow int64 // orders that wait for a person
	Budgets []BudgetFigures
}

// ReasonFigure counts rejected orders, whatever became of their payment.
type ReasonFigure struct {
	Reason Reason
	Orders int64
}

// ValueFigures compare what referred customers and others spent in so many days from their first order.
// Of both they are customers whose days ended in the period.
type ValueFigures struct {
	Days             int
	Referred, Others CustomerValue
}

// EnoughCustomers is below which number nothing should be read from a comparison of customers.
const EnoughCustomers = 30

// Enough tells whether both sides have customers enough to be compared.
func (v ValueFigures) Enough() bool {
	return min(v.Referred.Customers, v.Others.Customers) >= EnoughCustomers
}

// CustomerValue is what some customers spent.
type CustomerValue struct {
	Customers int64
	Revenue   Money
}

// Average is the revenue of a customer, towards zero. ok is false without customers.
func (c CustomerValue) Average() (m Money, ok bool) { return each(c.Revenue, c.Customers) }

// ReviewFigures are rewards that wait for the end of a hold (pending) or for a person (held).
type ReviewFigures struct {
	Status  Status
	Unit    string
	Rewards int64
	Amount  Money
}

// BudgetFigures tell of a programme's budget since its beginning.
type BudgetFigures struct {
	Program string
	Budget  Money
	Used    Money
	Revenue Money // of all its referred orders
}

// Spent is the used part of the budget, Payback the revenue for each unit that was used.
func (b BudgetFigures) Spent() Ratio { return Ratio{b.Used.Minor, b.Budget.Minor} }

// Payback is the revenue for each unit of the budget that was used.
func (b BudgetFigures) Payback() Ratio { return Ratio{b.Revenue.Minor, b.Used.Minor} }

// Experiment is how the variants of a programme fare against one another.
type Experiment struct {
	Program string
	// Since is when the variants became what they are; nothing from before is counted.
	Since time.Time
	Arms  []ArmFigures
	// Verdicts compare each arm with each later one: see package variant.
	Verdicts []variant.Verdict
}

// ArmFigures are the figures of one variant. Its subjects are the advocates who had a code since then, and
// converted are those with a referral.
type ArmFigures struct {
	Name      string
	Weight    int
	Subjects  int64
	Converted int64
	Referred  Tally
}
