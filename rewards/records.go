package rewards

import "time"

// Advocate is a customer who shares a personal code. Her e-mail is stored sealed and is not part of this.
type Advocate struct {
	ID         string
	CustomerID string // the platform's own id
	Code       string // as she reads it: "ANNA-7Q2M"
	Program    string // whose discount holds the code; "" while no programme was applied
	// Status is pending (the shop has not confirmed the code), active, failed, blocked or retired.
	Status    string
	Reason    string // of failed, blocked and retired: code_exists_in_shop, …
	Locale    string
	Team      string // staff, partner, …: programmes may have terms of their own for it; "" for none
	CreatedAt time.Time
	OldCodes  []OldCode        // codes that she had before, newest first
	History   []AdvocateChange // what people did, oldest first
}

// OldCode is a code that an advocate had before.
type OldCode struct {
	Code   string
	Status string // retired, failed
	Reason string
	// Alias codes take nothing off any more, but whoever still comes with one is the advocate's friend.
	Alias     bool
	RetiredAt time.Time // zero where it never was in use
}

// AdvocateChange is what a person did to an advocate.
type AdvocateChange struct {
	At     time.Time
	Change string // block, unblock, retire, team, rotate
	Value  string // the team, the new code
	Reason string // the person's words
	Actor  string // "user:…", "token:…"
}

// NewAdvocate is what is asked for when somebody becomes an advocate.
type NewAdvocate struct {
	CustomerID string // required
	Email      string // plain; stored sealed and as a keyed hash
	FirstName  string
	Locale     string
	Code       string // wanted code; "" for one made from the first name
}

// AdvocateFilter finds advocates; empty fields do not count.
type AdvocateFilter struct {
	Email, CustomerID, Code string
}

// HistoryEntry is one change of a reward's state.
type HistoryEntry struct {
	At     time.Time
	From   Status
	To     Status
	Reason Reason
	Actor  string
}

// StoredReward is a reward with its history.
type StoredReward struct {
	Reward
	History []HistoryEntry
}

// RewardFilter finds rewards; empty fields do not count.
type RewardFilter struct {
	OrderID, AdvocateID string
	Status              Status
}

// StoredOrder is an order as it is kept: its last known state, the verdict, its rewards, and what people
// decided about it.
type StoredOrder struct {
	OrderID string
	Status  string // open, paid, partially_refunded, refunded, cancelled
	Record
	Rewards []StoredReward
	Reviews []ReviewEntry // oldest first
}

// LedgerEntry is one row of the ledger.
type LedgerEntry struct {
	ID          string
	At          time.Time
	Transaction string
	Account     string
	Amount      Money // signed
	RewardID    string
	Reason      string
}

// LedgerFilter finds entries; empty fields do not count.
type LedgerFilter struct{ Account, RewardID string }

// Page asks for a part of a listing, newest first. Cursor is "" or the Next of the page before; a cursor
// that was not given out is refused with Kind Invalid.
type Page struct {
	Limit  int
	Cursor string
}
