package rewards

import (
	"fmt"
	"time"

	"grapevine/rewards/fairness"
)

// Outcome is the verdict on an order.
type Outcome string

// The outcomes.
const (
	OutcomeRewarded Outcome = "rewarded" // approved; the reward is on its way or there
	OutcomePending  Outcome = "pending"  // all is well, and something has yet to pass: payment, the hold
	OutcomeHeld     Outcome = "held"     // a person must look
	OutcomeRejected Outcome = "rejected" // no reward, or no reward any more
	OutcomeNone     Outcome = "none"     // no code, no link
)

// Reason is a stable code that explains an outcome, a lost candidate or a reward's state. The list is
// shared by the engine, the API, pages and exports.
type Reason string

// The reasons.
const (
	ReasonNone             Reason = ""
	ReasonNoAttribution    Reason = "no_attribution"
	ReasonProgramOff       Reason = "program_off"
	ReasonExistingCustomer Reason = "existing_customer"
	ReasonSelfReferral     Reason = "self_referral"
	ReasonBelowMinimum     Reason = "below_minimum"
	ReasonNoEligibleGoods  Reason = "excluded_items"
	ReasonNotPaid          Reason = "not_paid"
	ReasonInReview         Reason = "in_review"  // the hold period runs
	ReasonConfirming       Reason = "confirming" // the order has yet to be read from the shop
	ReasonCancelled        Reason = "cancelled"
	ReasonRefunded         Reason = "refunded"
	ReasonCapReached       Reason = "cap_reached"
	ReasonBudgetExhausted  Reason = "budget_exhausted"
	ReasonAdvocateBlocked  Reason = "advocate_blocked"
	ReasonTestOrder        Reason = "test_order"
	ReasonUnreadableOrder  Reason = "unreadable_order"
	ReasonUnknownCurrency  Reason = "unknown_currency"
	ReasonNoCustomer       Reason = "no_customer"
	ReasonTooManyCodes     Reason = "too_many_codes"
	ReasonCouponFailed     Reason = "coupon_failed" // the shop refused the reward
	ReasonCountryExcluded  Reason = "country_excluded"
	ReasonCombined         Reason = "combined_discount" // another discount code was used, and the offer stands alone
	ReasonFraudReview      Reason = "fraud_review"      // signals of abuse: a person must look
	ReasonFraudRejected    Reason = "fraud_rejected"    // signals that leave no doubt, or a person's verdict
	ReasonHistoric         Reason = "historic"          // imported: from before the programme knew the shop
	ReasonDisputed         Reason = "disputed"          // the buyer's bank wants the payment back
	ReasonLaterPayment     Reason = "later_payment"     // of a subscription, after those that count
	ReasonCounted          Reason = "counted"           // a good referral that by itself earns nothing yet

	// Why a candidate lost.
	ReasonNotApplied   Reason = "not_applied"    // it took nothing off
	ReasonTookLess     Reason = "took_less"      // another code took more off
	ReasonNewerCode    Reason = "newer_code"     // as much, but the other code is older
	ReasonLaterInAlpha Reason = "later_in_alpha" // as much and as old
	ReasonCodeWins     Reason = "code_beats_link"
	ReasonWindowOver   Reason = "outside_window"  // the link was followed too long before the order
	ReasonOtherTouch   Reason = "other_touch"     // another link was followed later, or first where the programme says so
	ReasonBound        Reason = "bound_elsewhere" // the friend stays with the advocate of the first order
)

// MaxCodes is how many codes an order may carry before it is held: Shopify's checkout takes six, and
// more is a sign of trouble, not of a sale.
const MaxCodes = 20

// Via tells how a claim came to be on an order.
type Via string

// The ways of a claim.
const (
	ViaCode Via = ""      // a code that the platform applied
	ViaLink Via = "link"  // a link with the code was followed
	ViaBond Via = "bound" // the friend was referred before, and the programme keeps it so
)

// Claim is a code or a link on the order that belongs to an advocate of this shop.
type Claim struct {
	Code       string    `json:"code"` // folded; "" for a bond
	Via        Via       `json:"via,omitempty"`
	TouchedAt  time.Time `json:"touched_at,omitzero"` // of a link, zero where it is not told
	AdvocateID string    `json:"advocate"`
	CustomerID string    `json:"customer_id"` // the advocate's, in the shop
	EmailKey   string    `json:"email_key,omitempty"`
	Blocked    bool      `json:"blocked,omitempty"`
	Program    string    `json:"program"` // the programme the code belongs to
	Since      time.Time `json:"since"`   // when the code was made
	TookOff    Money     `json:"took_off"`
	Group      string    `json:"group,omitempty"` // of the advocate
	// Case is what friend and advocate have in common, and what the shop's other orders tell.
	Case fairness.Case `json:"case,omitzero"`
}

// Facts are all that a decision rests on. They are stored with it, and Judge gives the same decision
// for the same facts and programme for ever.
type Facts struct {
	Order  Order     `json:"order"`
	At     time.Time `json:"at"`               // when it was judged, by the database's clock
	PaidAt time.Time `json:"paid_at,omitzero"` // when it was paid, or first seen as paid
	Claims []Claim   `json:"claims,omitempty"`
	// EarlierHere counts the friend's earlier orders that we saw ourselves.
	EarlierHere int64 `json:"earlier_here,omitempty"`
	// Room is what limits left when the order first asked for a reward; it is not asked again, so that
	// a replay cannot change a verdict.
	Room *Room `json:"room,omitempty"`
	// Trouble is set where the order could not be read: it is held for that reason.
	Trouble Reason `json:"trouble,omitempty"`
	Detail  string `json:"detail,omitempty"`
	// Review is what a person decided about the order; nil where nobody did.
	Review *Review `json:"review,omitempty"`
	// Historic orders were imported: they make customers known and are never rewarded.
	Historic bool `json:"historic,omitempty"`
	// Basis is the eligible total that rewards were reckoned from when the first of them was on its way: what
	// is left is measured by it, whatever is added or taken out later. Zero before that.
	Basis Money `json:"basis,omitzero"`
	// Granted means that a reward was on its way to the shop or there already. What spoke for it is then
	// kept as it was (customer, codes, claims, limits), and only the amount is judged anew.
	Granted bool `json:"granted,omitempty"`
	// Pin is what judged the order before, and so does again; nil where nothing did.
	Pin *Pin `json:"pin,omitempty"`
	// Pieces is how many the order had before a reward was on its way; 0: those that it has.
	Pieces int64 `json:"pieces,omitempty"`
	// DisputedAt is when the dispute under way was first seen; zero where there is none.
	DisputedAt time.Time `json:"disputed_at,omitzero"`
}

// Room is what was used of the limits before this order, and what it asked for.
type Room struct {
	AdvocateUsed int   `json:"advocate_used"` // orders with live rewards of the winner in the period
	BudgetUsed   Money `json:"budget_used"`
	Asked        Money `json:"asked"` // of money; zero for a code that takes a percentage off
	// Referrals are the winner's other referrals that count for tiers, milestones and levels.
	Referrals int `json:"referrals,omitempty"`
	// Milestones are those that the winner was given for other orders: MilestoneKey.
	Milestones []string `json:"milestones,omitempty"`
}

// MilestoneKey names a milestone: a rule at a number of referrals.
func MilestoneKey(rule string, n int) string { return fmt.Sprintf("%s@%d", rule, n) }

// Verdict is what a person decides about an order.
type Verdict string

// The verdicts.
const (
	VerdictApprove Verdict = "approve" // rewards it whatever the fairness rules say
	VerdictReject  Verdict = "reject"
)

// Review is a person's decision about an order.
type Review struct {
	Verdict Verdict   `json:"verdict"`
	Actor   string    `json:"actor"` // "user:…", "token:…"
	Reason  string    `json:"reason"`
	At      time.Time `json:"at"`
}

// Check is one test of an order, with what it saw.
type Check struct {
	Name     string `json:"name"`
	Passed   bool   `json:"passed"`
	Evidence string `json:"evidence"`
}

// Candidate is a claim's fate.
type Candidate struct {
	Code     string `json:"code"`
	Via      Via    `json:"via,omitempty"`
	Advocate string `json:"advocate"`
	Won      bool   `json:"won"`
	Reason   Reason `json:"reason"` // why it lost; "" for the winner
}

// Grant is one reward that an order brings by one rule.
type Grant struct {
	Rule string      `json:"rule"`
	For  Beneficiary `json:"for"`
	Kind RewardKind  `json:"kind"`
	// Value is what the rule yields for the order as placed, Net what is left of it now: zero unless the
	// outcome is rewarded, pending or held. Both are zero for what has no amount: a code that takes a
	// percentage off, a product, a tag.
	Value Money `json:"value"`
	Net   Money `json:"net"`
	// Milestone is its key where the rule is one.
	Milestone string `json:"milestone,omitempty"`
}

// Decision is the verdict on an order with everything that explains it.
type Decision struct {
	Outcome    Outcome           `json:"outcome"`
	Reason     Reason            `json:"reason"`
	Program    string            `json:"program,omitempty"`
	Version    int               `json:"program_version,omitempty"`
	Variant    string            `json:"variant,omitempty"`
	Advocate   string            `json:"advocate,omitempty"`
	Referral   int               `json:"referral,omitempty"` // the how-manieth of the advocate, 1 being the first
	Level      string            `json:"level,omitempty"`    // of the advocate at this order
	Candidates []Candidate       `json:"candidates,omitempty"`
	Checks     []Check           `json:"checks,omitempty"`
	Signals    []fairness.Signal `json:"signals,omitempty"`
	Points     int               `json:"points,omitempty"` // of the signals
	// Reckoned tells that there are a winner and amounts. An order may be held without either.
	Reckoned bool `json:"reckoned,omitempty"`
	// Grants are the rewards that the order deserves now or later. An order that counts and earns nothing by
	// itself has none.
	Grants    []Grant   `json:"grants,omitempty"`
	ReleaseAt time.Time `json:"release_at,omitzero"` // end of the hold, zero before payment
}

// Stands tells whether the order deserves a reward, now or later.
func (d Decision) Stands() bool {
	return d.Outcome == OutcomeRewarded || d.Outcome == OutcomePending || d.Outcome == OutcomeHeld
}

// Grant finds the grant of a rule.
func (d Decision) Grant(who Beneficiary, rule string) (Grant, bool) {
	for _, g := range d.Grants {
		if g.For == who && g.Rule == rule {
			return g, true
		}
	}
	return Grant{}, false
}

// Cost sums what the grants are worth in a currency, as the order stands now; units of our own do not
// count.
func (d Decision) Cost(currency string) (Money, error) {
	return sumGrants(d.Grants, currency, func(g Grant) Money { return g.Net })
}

// asked sums what the grants were worth when the order was placed.
func (d Decision) asked(currency string) (Money, error) {
	return sumGrants(d.Grants, currency, func(g Grant) Money { return g.Value })
}

func sumGrants(grants []Grant, currency string, amount func(Grant) Money) (Money, error) {
	sum := Money{Currency: currency}
	for _, g := range grants {
		m := amount(g)
		if m.Currency != currency {
			continue
		}
		var err error
		if sum, err = sum.Add(m); err != nil {
			return Money{}, err
		}
	}
	return sum, nil
}
