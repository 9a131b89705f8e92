package rewards

import (
	"time"

	"grapevine/rewards/contest"
)

// PointsBalance is what an advocate has of one programme's points.
type PointsBalance struct {
	Program string
	Unused  Money // in UnitPoints; what has run out is not in it
	// Worth is what all of them come to by the programme's newest version; no currency where it says nothing
	// of it, or where they are fewer than can be exchanged at once.
	Worth   Money
	Minimum int64       // that can be exchanged at once; 0: any number
	Ends    []PointsEnd // which end when, the soonest first; those that never do at the end
}

// PointsEnd is how many points end at a time; the zero time is never.
type PointsEnd struct {
	At     time.Time
	Points int64
}

// PayoutStatus is where a list of payments stands.
type PayoutStatus string

// The states of a list. A list that is paid or cancelled stays so.
const (
	PayoutOpen      PayoutStatus = "open"
	PayoutPaid      PayoutStatus = "paid"
	PayoutCancelled PayoutStatus = "cancelled"
)

// Payout is a list of cash or donations that the owner pays. Its amounts were fixed when it was made.
type Payout struct {
	ID         string
	Kind       RewardKind // KindCash or KindDonation
	Status     PayoutStatus
	Total      Money // when it was made
	Left       Money // of an open list: what refunds have left of it; else zero
	Paid       Money // what was booked as paid
	CreatedAt  time.Time
	CreatedBy  string
	ExportedAt time.Time // when it was last exported
	ClosedAt   time.Time
	ClosedBy   string
	Reference  string       // the owner's own, of the payment
	Lines      []PayoutLine // one for each payee; nil in a listing
}

// PayoutLine is what one payee gets. All amounts are in the list's currency.
type PayoutLine struct {
	AdvocateID string // who referred; "" for a charity
	CustomerID string // the payee's in the shop, an opaque id once he was erased; "" for a charity
	Charity    string // its short name, "" for a person
	Email      string // in an export, as far as it is stored
	Amount     Money  // when the list was made
	Told       Money  // what the owner was last told to pay: Amount, or Left at the last export
	Left       Money  // while the list is open: what refunds have left of it
	Paid       Money  // what was booked as paid
	Referrals  int    // orders that it comes from
	Rewards    []string
}

// TakenBack is what refunds took since the list was made.
func (l PayoutLine) TakenBack() Money {
	return Money{Minor: l.Amount.Minor - l.Left.Minor - l.Paid.Minor, Currency: l.Amount.Currency}
}

// Overpaid is how much more the owner was told to pay than was left when the list was marked paid.
func (l PayoutLine) Overpaid() Money {
	return Money{Minor: max(0, l.Told.Minor-l.Left.Minor-l.Paid.Minor), Currency: l.Amount.Currency}
}

// PayoutWanted says what goes on a new list.
type PayoutWanted struct {
	Kind     RewardKind // KindCash or KindDonation
	Program  string     // "": of all programmes
	Until    time.Time  // earned before it; zero: until now
	Currency string     // "": the shop's
}

// PayoutFilter finds lists; empty fields do not count.
type PayoutFilter struct {
	Kind   RewardKind
	Status PayoutStatus
}

// Donations is what a programme's orders brought its charities.
type Donations struct {
	Program   string
	Goal      Money // by its newest version; no currency without one
	Raised    Money // given and paid, of all charities
	Charities []CharityTotal
}

// CharityTotal is one charity's part. All amounts are in one currency.
type CharityTotal struct {
	Charity  string
	Promised Money // earned, and not yet beyond doubt
	Given    Money // set aside for it, to be paid
	Paid     Money
	Lost     Money // paid before a refund took its ground
}

// Contest is one draw of a programme's entries: what was announced, and what it came to.
type Contest struct {
	ID            string
	Program       string
	Commitment    string // the hash of the seed, public from the start
	Winners       int
	OncePerHolder bool
	OpenedAt      time.Time
	DrawnAt       time.Time // zero: not yet
	DrawnBy       string
	Record        *contest.Record // nil before the draw
}

// Ticket is an invitation with its number.
type Ticket struct {
	Number     int64  // counted from 1 within the programme, never given twice
	Code       string // what its QR code holds
	Program    string
	AdvocateID string
	RewardID   string
	Status     Status
	Admits     int64 // how many people: what it admits now, or admitted
	IssuedAt   time.Time
	ExpiresAt  time.Time // zero: never
	RedeemedAt time.Time
	RedeemedBy string // as the door said it
}

// TicketFilter finds tickets; empty fields do not count.
type TicketFilter struct {
	Program string
	Status  Status
}
