package rewards

import (
	"time"

	"grapevine/rewards/fairness"
)

// Record is what is stored of an order: the facts, the verdict and the current state.
type Record struct {
	Facts    Facts
	Eligible Eligible
	Decision Decision
}

// Book is the state that a batch of orders of one shop is judged against. The store loads and locks it
// at the start of a transaction and writes the Changes at its end; in between Apply keeps it current,
// so that the second order of a batch sees what the first one used up.
type Book struct {
	ShopCurrency string
	Now          time.Time            // the database's clock
	Versions     map[string][]Program // by programme name, rising
	Owners       map[string]Claim     // by folded code; TookOff empty
	Records      map[string]Record    // by order id
	Rewards      map[string][]Reward  // by order id, oldest first
	// EarlierHere counts, by order id, the friend's earlier orders that are stored here.
	EarlierHere map[string]int64
	// BudgetUsed is what each programme has promised, given or lost: minus the balance of its account.
	// Room comes back when the shop has given back the amount, not when it is asked for.
	BudgetUsed map[string]Money
	// AdvocateUsed lists each advocate's live rewards of a programme, by UsedKey, as far back as its limits
	// and milestones look.
	AdvocateUsed map[string][]Use
	// Referrals lists each advocate's orders that stand for a programme, by UsedKey, as far back as tiers
	// look and for 30 days at least.
	Referrals map[string][]Referral
	// Bonds holds, by order id, the claim of the advocate who referred the friend before.
	Bonds map[string]Claim
	// Cases holds what friend and advocate have in common and what other orders tell, by CaseKey.
	Cases map[string]fairness.Case
	// RewardCodes holds the rewards whose own code was used on one of these orders, by folded code.
	RewardCodes map[string]Reward
	Mint        Mint
}

// UsedKey is the key of Book.AdvocateUsed.
func UsedKey(program, advocate string) string { return program + "\x00" + advocate }

// CaseKey is the key of Book.Cases.
func CaseKey(orderID, advocate string) string { return orderID + "\x00" + advocate }

// Use is one live reward as the limits see it.
type Use struct {
	OrderID   string
	RewardID  string
	At        time.Time // when it was earned
	Milestone string    // its key, "" if it is none
}

// Referral is one order that stands for an advocate.
type Referral struct {
	OrderID  string
	PlacedAt time.Time
	// Counts tells that it lifts her to tiers, milestones and levels: it is paid and nobody has to look at
	// it. See Record.Counts.
	Counts bool
}

// RewardChange is a reward to insert (Was == "") or to update where its status is still Was.
type RewardChange struct {
	Was    Status
	Reward Reward
	Actor  string // who did it: "engine", "user:…", "token:…"
}

// JobKind names the work that a change leaves for after the transaction.
type JobKind string

// The kinds of job. A job is unique by (shop, kind, subject): asking twice is asking once.
const (
	JobConfirm JobKind = "confirm" // subject: order id. Read the order, judge it
	JobFulfil  JobKind = "fulfil"  // subject: reward id. Do the reward's Next
	JobOffer   JobKind = "offer"   // subject: programme name. Make or change its discount
	JobCodes   JobKind = "codes"   // subject: programme name. Publish its pending codes
	JobRetire  JobKind = "retire"  // subject: RetireSubject. Stop a friend code in the shop
	JobPoll    JobKind = "poll"    // subject: "orders". Ask the shop what changed; it never ends
)

// JobRequest asks for a job at a time; an earlier time wins over one that is stored.
type JobRequest struct {
	Kind    JobKind
	Subject string
	RunAt   time.Time // zero: at once
}

// Effect is what a step leaves to be stored, all or nothing.
type Effect struct {
	Rewards  []RewardChange
	Postings []Posting
	Jobs     []JobRequest
	// Budget is what the use of each programme's budget changes by: the money that Postings take out of its
	// account. Units of our own are not part of it.
	Budget map[string]Money
	Alerts []BudgetAlert
}

// BudgetAlert tells that a programme's use of its budget passed a level.
type BudgetAlert struct {
	Program string
	Level   int // percent: 50, 80 or 100
	Used    Money
	Budget  Money
}

// Change is what judging one order leaves to be stored.
type Change struct {
	Record Record
	Effect
	Shadows []ShadowVerdict
}

// ShadowVerdict is what a shadow programme would have decided about an order.
type ShadowVerdict struct {
	Program  string
	Version  int
	Decision Decision
	Cost     Money // of its grants, as the order stands
}

// StepResult is what the shop answered to a reward's step, in the domain's words.
type StepResult struct {
	Step       StepKind
	ExternalID string
	Refs       map[string]string
	Expires    time.Time // as the shop confirmed it, zero if it does not tell
	Taken      Money     // taken back from a credit by a reduce or withdraw
	Net        Money     // the reward's net when the step was begun; left out: as it is now
	Spent      bool      // it had been used: what is missing is lost
	Refused    string    // the shop's lasting refusal: its error code; "" where it agreed
}
