package rewards

import "time"

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

	// Why a candidate lost.
	ReasonNotApplied   Reason = "not_applied"    // it took nothing off
	ReasonTookLess     Reason = "took_less"      // another code took more off
	ReasonNewerCode    Reason = "newer_code"     // as much, but the other code is older
	ReasonLaterInAlpha Reason = "later_in_alpha" // as much and as old
)

// MaxCodes is how many codes an order may carry before it is held: Shopify's checkout takes six, and
// more is a sign of trouble, not of a sale.
const MaxCodes = 20

// Claim is a code on the order that belongs to an advocate of this shop.
type Claim struct {
	Code       string    `json:"code"` // folded
	AdvocateID string    `json:"advocate"`
	CustomerID string    `json:"customer_id"` // the advocate's, in the shop
	EmailKey   string    `json:"email_key,omitempty"`
	Blocked    bool      `json:"blocked,omitempty"`
	Program    string    `json:"program"` // the programme the code belongs to
	Since      time.Time `json:"since"`   // when the code was made
	TookOff    Money     `json:"took_off"`
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
	// Approved is the actor who overruled a hold, or "".
	Approved string `json:"approved,omitempty"`
	// Granted means that a reward was on its way to the shop or there already. What spoke for it is then
	// kept as it was (customer, codes, claims, limits), and only the amount is judged anew.
	Granted bool `json:"granted,omitempty"`
}

// Room is what was used of the limits before this order, and what it asked for.
type Room struct {
	AdvocateUsed int   `json:"advocate_used"` // live rewards of the winner in the period
	BudgetUsed   Money `json:"budget_used"`
	Asked        Money `json:"asked"` // zero for a code that takes a percentage off
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
	Advocate string `json:"advocate"`
	Won      bool   `json:"won"`
	Reason   Reason `json:"reason"` // why it lost; "" for the winner
}

// Decision is the verdict on an order with everything that explains it.
type Decision struct {
	Outcome    Outcome     `json:"outcome"`
	Reason     Reason      `json:"reason"`
	Program    string      `json:"program,omitempty"`
	Version    int         `json:"program_version,omitempty"`
	Advocate   string      `json:"advocate,omitempty"`
	Candidates []Candidate `json:"candidates,omitempty"`
	Checks     []Check     `json:"checks,omitempty"`
	// Value is what the rule yields for the order as placed, Net what is left of it now: zero unless the
	// outcome is rewarded, pending or held. Both are zero for a code that takes a percentage off. A
	// value without a currency means that nothing could be reckoned.
	Value     Money     `json:"value"`
	Net       Money     `json:"net"`
	ReleaseAt time.Time `json:"release_at,omitzero"` // end of the hold, zero before payment
}

// Reckoned tells whether the order has a winner and amounts. An order may be held without either.
func (d Decision) Reckoned() bool { return d.Advocate != "" && d.Value.Currency != "" }

// Stands tells whether the order deserves a reward, now or later.
func (d Decision) Stands() bool {
	return d.Outcome == OutcomeRewarded || d.Outcome == OutcomePending || d.Outcome == OutcomeHeld
}
