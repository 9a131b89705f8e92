package rewards

import "time"

// Action is one thing that a connector does in a shop. Only this package can add one. An action holds
// all that is needed to find out later whether it was done.
type Action interface{ isAction() }

// PublishOffer makes the discount that holds a programme's friend codes. Seed is its first code,
// random and never handed out: the shop can be asked for it.
type PublishOffer struct {
	Program  string
	Title    string
	Discount Discount
	Seed     string
	StartsAt time.Time
	EndsAt   time.Time // zero: open
}

// ChangeOffer gives an existing offer new terms.
type ChangeOffer struct {
	ExternalID string
	Offer      PublishOffer
}

// AddCodes puts friend codes into an offer, or gives those that are there its present terms. The receipt's
// Refused names those that the shop refused.
type AddCodes struct {
	OfferID string
	Offer   PublishOffer // the terms, for platforms where each code is a discount of its own
	Codes   []string
}

// RetireCode makes one friend code of an offer stop working in the shop.
type RetireCode struct {
	OfferID string
	Code    string
}

// IssueCode makes a discount of its own for one customer.
type IssueCode struct {
	RewardID   string
	Title      string
	Code       string
	CustomerID string
	Discount   Discount
	StartsAt   time.Time
	EndsAt     time.Time // zero: never
}

// ReduceCode brings an unused reward code down to its net amount.
type ReduceCode struct {
	ExternalID string
	Code       string
	Amount     Money
}

// WithdrawCode switches a reward code off. The receipt's Spent is set if it had been used.
type WithdrawCode struct {
	ExternalID string
	Code       string
}

// GrantCredit adds store credit to a customer's account. ExpiresAt is unique per customer to the
// second: it is what the credit is recognised by.
type GrantCredit struct {
	RewardID   string
	CustomerID string
	Amount     Money
	ExpiresAt  time.Time
}

// TakeCredit takes back what is left of a credit, at most Amount. After holds the account's newest
// transaction before the first try ("" none yet known): an equal debit after it is this one's, unless it
// is known to be another's.
type TakeCredit struct {
	CustomerID string
	CreditID   string // the credit's own transaction
	AccountID  string
	Amount     Money
	After      string
	Siblings   Siblings
}

// IssueGiftCard makes a gift card for a customer. Code is what a retry recognises it by.
type IssueGiftCard struct {
	RewardID   string
	Code       string // as it was minted; a platform may allow fewer characters, and folds it its own way
	CustomerID string
	Amount     Money
	ExpiresAt  time.Time // zero: never
}

// TakeGiftCard lowers what is left on a gift card to Left, or as far as it is not spent; a Left of zero
// switches it off. The receipt's Taken tells how much came back.
type TakeGiftCard struct {
	ExternalID string
	Amount     Money // how much is to come back
	Left       Money // what is then to be left
}

// AddTag puts a tag on a customer. Doing it twice is doing it once.
type AddTag struct {
	RewardID   string
	CustomerID string
	Tag        string
}

// RemoveTag takes a tag off a customer.
type RemoveTag struct {
	CustomerID string
	Tag        string
}

// Siblings are what a customer's other rewards have to do with her account. Shops spend and debit the
// credit that expires soonest first, so what is left of one credit tells nothing: what is left of all of
// them together does.
type Siblings struct {
	Credits []string // transactions by which the other rewards were given
	Debits  []string // transactions by which the other rewards were taken back
	SameTag bool     // another live reward gives the customer the same tag: it stays when this one goes
}

func (PublishOffer) isAction()  {}
func (ChangeOffer) isAction()   {}
func (AddCodes) isAction()      {}
func (RetireCode) isAction()    {}
func (IssueCode) isAction()     {}
func (ReduceCode) isAction()    {}
func (WithdrawCode) isAction()  {}
func (GrantCredit) isAction()   {}
func (TakeCredit) isAction()    {}
func (IssueGiftCard) isAction() {}
func (TakeGiftCard) isAction()  {}
func (AddTag) isAction()        {}
func (RemoveTag) isAction()     {}
