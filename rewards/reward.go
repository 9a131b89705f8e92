package rewards

import (
	"slices"
	"time"
)

// Status is where a reward stands.
type Status string

// The states of a reward. See transitions for the ways between them.
const (
	StatusPending  Status = "pending"  // earned, the hold runs or payment is awaited
	StatusHeld     Status = "held"     // a person must look
	StatusApproved Status = "approved" // may be issued
	StatusIssuing  Status = "issuing"  // its intent is stored; the shop may or may not have it
	StatusIssued   Status = "issued"   // the shop has it
	StatusRedeemed Status = "redeemed" // the beneficiary used it, or keeps it because the shop will not take it back
	StatusExpired  Status = "expired"
	StatusFailed   Status = "failed"   // the shop refused it
	StatusReversed Status = "reversed" // the order lost its ground; final
	StatusRevoked  Status = "revoked"  // a person or a reissue took it; final
)

// transitions is the only list of ways between states. The store guards each change by the old state,
// and fsck checks the history against it.
var transitions = map[Status][]Status{
	"":             {StatusPending, StatusHeld, StatusApproved, StatusIssuing},
	StatusPending:  {StatusApproved, StatusIssuing, StatusHeld, StatusReversed, StatusRevoked},
	StatusHeld:     {StatusPending, StatusApproved, StatusIssuing, StatusReversed, StatusRevoked},
	StatusApproved: {StatusIssuing, StatusHeld, StatusReversed, StatusRevoked},
	StatusIssuing:  {StatusIssued, StatusFailed, StatusReversed},
	StatusFailed:   {StatusIssuing, StatusReversed, StatusRevoked},
	StatusIssued:   {StatusRedeemed, StatusExpired, StatusReversed, StatusRevoked},
	StatusRedeemed: {},
	StatusExpired:  {StatusRedeemed, StatusReversed, StatusRevoked},
	StatusReversed: {},
	StatusRevoked:  {},
}

// MayMove tells whether a reward may go from one state to another. A new reward comes from "".
func MayMove(from, to Status) bool { return slices.Contains(transitions[from], to) }

// Live tells whether a reward in this state counts: for uniqueness and for limits.
func (s Status) Live() bool { return s != StatusReversed && s != StatusRevoked }

// Reward is what one beneficiary gets for one order by one rule, or for points. At most one live reward
// exists for each (shop, order, beneficiary, rule).
//
// The row is level-triggered: Net says what the order deserves now, Given what the shop holds, and Next
// the step that closes the gap. A step that was done twice or lost in between is found by reading the
// shop, never by counting.
type Reward struct {
	ID          string      `json:"id"`
	OrderID     string      `json:"order_id"`    // "" for what points were exchanged for
	AdvocateID  string      `json:"advocate"`    // who referred, whoever gets it
	CustomerID  string      `json:"customer_id"` // the beneficiary's, in the shop
	Beneficiary Beneficiary `json:"beneficiary"`
	Rule        string      `json:"rule"`                // its name in the programme
	Milestone   string      `json:"milestone,omitempty"` // its key, "" if the rule is none
	Program     string      `json:"program"`
	Version     int         `json:"version"`
	Spec        RewardSpec  `json:"spec"`
	Value       Money       `json:"value"`
	Net         Money       `json:"net"`
	// Given is what the shop holds of it, spent or not. It is fixed with the intent, at the net of that
	// moment: while issuing it is what is asked for, for a failed reward what stays reserved.
	Given Money `json:"given"`
	Loss  Money `json:"loss"`
	// Used is how much of a reward that is kept here was exchanged, paid out or redeemed; of those that the
	// shop keeps it is not known, and zero.
	Used Money `json:"used"`
	// Void means that nothing is deserved any more. For a code that takes a percentage off, which has no
	// amount, it is what Net = 0 is for the others.
	Void      bool      `json:"void,omitempty"`
	Status    Status    `json:"status"`
	Reason    Reason    `json:"reason,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	ReleaseAt time.Time `json:"release_at,omitzero"`

	// The intent, fixed before the shop is called.
	Code string `json:"code,omitempty"` // discount codes
	// ExpiresAt is to the second. For store credit it is the fingerprint too: the store moves that of a new
	// one on by seconds until no other credit of the same customer has it.
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	Tries     int       `json:"tries,omitempty"` // calls that may have had an effect
	// The receipt.
	ExternalID string            `json:"external_id,omitempty"` // what the shop calls it
	Refs       map[string]string `json:"refs,omitempty"`        // further ids the connector wants back
	// Withdrawn means that the shop's object was taken away or found spent: nothing is left to do there.
	Withdrawn  bool   `json:"withdrawn,omitempty"`
	ReplacedBy string `json:"replaced_by,omitempty"`
	Replaces   string `json:"replaces,omitempty"`
}

// Priced tells whether the reward is an amount; a percentage, free shipping, a product or a tag is not.
func (r Reward) Priced() bool { return r.Value.Minor != 0 }

// holder names whose the reward is in the accounts of the ledger.
func (r Reward) holder() string {
	switch {
	case r.Spec.Kind == KindDonation:
		return "charity/" + r.Spec.Charity
	case r.Beneficiary == ForFriend:
		return "friend"
	}
	return r.AdvocateID
}

// pendingAccount and issuedAccount are the reward's accounts in the ledger.
func (r Reward) pendingAccount() string { return PendingAccount(r.holder()) }
func (r Reward) issuedAccount() string  { return IssuedAccount(r.holder()) }

// StepKind is what has to happen in the shop next.
type StepKind string

// The steps.
const (
	StepNone     StepKind = ""         // shop and books agree
	StepIssue    StepKind = "issue"    // make the code or the credit
	StepReduce   StepKind = "reduce"   // bring it down to Net
	StepWithdraw StepKind = "withdraw" // take it away
	StepDrop     StepKind = "drop"     // nothing was ever sent: reverse without a call
)

// Next tells which step brings the shop in line with what the reward deserves. The states with a
// person in charge (held, failed) and the final ones need none.
func (r Reward) Next() StepKind {
	switch r.Status {
	case StatusIssuing:
		if r.Void && r.Tries == 0 {
			return StepDrop
		}
		return StepIssue
	case StatusIssued, StatusExpired:
		if r.Void {
			return StepWithdraw
		}
		if r.Priced() && r.Given.Minor > r.Net.Minor+r.Loss.Minor {
			return StepReduce
		}
	case StatusRevoked:
		if r.ExternalID != "" && !r.Withdrawn {
			return StepWithdraw
		}
	}
	return StepNone
}
