package shopifytest

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// State is everything that the shop holds. What State() returns is a copy.
type State struct {
	Customers map[int64]*Customer      `json:"customers"`
	Orders    map[int64]*Order         `json:"orders"`
	Discounts map[int64]*Discount      `json:"discounts"`
	Accounts  map[int64]*CreditAccount `json:"credit_accounts"`
	Bulks     map[int64]*BulkCreation  `json:"bulk_creations"`
	GiftCards map[int64]*GiftCard      `json:"gift_cards"`
	Products  map[int64]*Product       `json:"products"`

	codes  map[string]codeRef // by folded code
	emails map[string]int64   // customer by folded address
}

// codeRef is where a code is: unique in the shop whatever its case.
type codeRef struct {
	discount *Discount
	code     *RedeemCode
}

// Customer is a person who bought, or was made by hand.
type Customer struct {
	ID        int64     `json:"id"`
	Email     string    `json:"email,omitempty"`
	Phone     string    `json:"phone,omitempty"`
	FirstName string    `json:"first_name,omitempty"`
	LastName  string    `json:"last_name,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	OrderIDs  []int64   `json:"order_ids"`
	Tags      []string  `json:"tags,omitempty"`
}

// Order is an order with all that happened to it. Amounts are in the order's (the shop's) currency.
type Order struct {
	ID                  int64         `json:"id"`
	Number              int64         `json:"number"`
	Name                string        `json:"name"`
	CustomerID          int64         `json:"customer_id,omitempty"`
	Test                bool          `json:"test"`
	SourceName          string        `json:"source_name"`
	Currency            string        `json:"currency"`
	PresentmentCurrency string        `json:"presentment_currency"`
	PresentmentRatePPM  int64         `json:"presentment_rate_ppm"`
	TaxesIncluded       bool          `json:"taxes_included"`
	CreatedAt           time.Time     `json:"created_at"`
	ProcessedAt         time.Time     `json:"processed_at"`
	UpdatedAt           time.Time     `json:"updated_at"`
	CancelledAt         *time.Time    `json:"cancelled_at,omitempty"`
	CancelReason        string        `json:"cancel_reason,omitempty"`
	Lines               []*Line       `json:"lines"`
	Applications        []Application `json:"applications"`
	ShippingLineID      int64         `json:"shipping_line_id,omitempty"`
	Shipping            Money         `json:"shipping"`
	ShippingAllocations []Allocation  `json:"shipping_allocations"`
	Tip                 Money         `json:"tip"`
	Paid                Money         `json:"paid"`
	PaidWithCredit      Money         `json:"paid_with_credit"`
	Payments            []Transaction `json:"payments"`
	Refunds             []*Refund     `json:"refunds"`
	Edited              bool          `json:"edited"`
	NoteAttributes      []Attribute   `json:"note_attributes"`
	LandingSite         string        `json:"landing_site,omitempty"`
	Visits              []Visit       `json:"visits,omitempty"` // oldest first
	ShippingAddress     *Address      `json:"shipping_address,omitempty"`
	BillingAddress      *Address      `json:"billing_address,omitempty"`
	ClientIP            string        `json:"client_ip,omitempty"`
	UserAgent           string        `json:"user_agent,omitempty"`
	Card                *Card         `json:"card,omitempty"`
	Risk                string        `json:"risk,omitempty"` // as OrderRiskRecommendationResult
	Token               string        `json:"token"`
	JourneyPending      bool          `json:"journey_pending"`
	CustomerOrderIndex  int           `json:"customer_order_index"`
}

// Attribute is a cart attribute that came with the order.
type Attribute struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Line is what was bought. Quantity and Tax count what was refunded or removed later as well.
type Line struct {
	ID              int64        `json:"id"`
	ProductID       int64        `json:"product_id,omitempty"`
	VariantID       int64        `json:"variant_id,omitempty"`
	Title           string       `json:"title"`
	Price           Money        `json:"price"`
	Quantity        int64        `json:"quantity"`
	CurrentQuantity int64        `json:"current_quantity"`
	GiftCard        bool         `json:"gift_card"`
	Allocations     []Allocation `json:"allocations"`
	Tax             Money        `json:"tax"`
}

// Application is a discount of an order: by code, or manual (typed by staff, with a title).
type Application struct {
	Type       string `json:"type"`   // "discount_code" or "manual"
	Target     string `json:"target"` // "line_item" or "shipping_line"
	Code       string `json:"code,omitempty"`
	Title      string `json:"title,omitempty"`
	PercentPPM int64  `json:"percent_ppm,omitempty"` // 100000 is 10 %
	Amount     Money  `json:"amount"`                // of a fixed discount; zero otherwise
	Taken      Money  `json:"taken"`                 // what it took off
	DiscountID int64  `json:"discount_id,omitempty"`
	Entitled   bool   `json:"entitled,omitempty"` // on chosen goods alone
}

// Allocation is an application's part in a line.
type Allocation struct {
	Index  int   `json:"index"`
	Amount Money `json:"amount"`
}

// Refund is one refund of an order.
type Refund struct {
	ID          int64        `json:"id"`
	OrderID     int64        `json:"order_id"`
	CreatedAt   time.Time    `json:"created_at"`
	Note        string       `json:"note,omitempty"`
	Restock     bool         `json:"restock"`
	Cancel      bool         `json:"cancel"`
	Lines       []RefundLine `json:"lines"`
	Shipping    Money        `json:"shipping"`
	ShippingID  int64        `json:"shipping_id,omitempty"`
	Discrepancy Money        `json:"discrepancy"` // money that belongs to no line
	AdjustID    int64        `json:"adjust_id,omitempty"`
	LegacyShape bool         `json:"legacy_shape"`
	Transaction *Transaction `json:"transaction,omitempty"`
}

// RefundLine is what a refund gave back for a line; Subtotal includes tax where prices do.
type RefundLine struct {
	ID       int64 `json:"id"`
	LineID   int64 `json:"line_id"`
	Quantity int64 `json:"quantity"`
	Subtotal Money `json:"subtotal"`
	Tax      Money `json:"tax"`
}

// Transaction is a movement of money.
type Transaction struct {
	ID      int64     `json:"id"`
	Kind    string    `json:"kind"` // sale, refund
	Status  string    `json:"status"`
	Gateway string    `json:"gateway"`
	At      time.Time `json:"at"`
	Amount  Money     `json:"amount"`
}

func newState() *State {
	return &State{
		Customers: map[int64]*Customer{}, Orders: map[int64]*Order{}, Discounts: map[int64]*Discount{},
		Accounts: map[int64]*CreditAccount{}, Bulks: map[int64]*BulkCreation{},
		GiftCards: map[int64]*GiftCard{}, Products: map[int64]*Product{},
		codes: map[string]codeRef{}, emails: map[string]int64{},
	}
}

// clone copies the whole state; its types are plain data, so JSON is the copier.
func (st *State) clone() (*State, error) {
	b, err := json.Marshal(st)
	if err != nil {
		return nil, fmt.Errorf("copying the state: %w", err)
	}
	c := newState()
	if err := json.Unmarshal(b, c); err != nil {
		return nil, fmt.Errorf("copying the state: %w", err)
	}
	for _, d := range c.Discounts {
		for _, code := range d.Codes {
			c.codes[fold(code.Code)] = codeRef{d, code}
		}
	}
	for id, cu := range c.Customers {
		if cu.Email != "" {
			c.emails[fold(cu.Email)] = id
		}
	}
	return c, nil
}

// fold is how Shopify compares codes and addresses: without regard to case.
func fold(s string) string { return strings.ToUpper(s) }

// Order returns the order of that id, or nil.
func (st *State) Order(id int64) *Order { return st.Orders[id] }

// DiscountByCode returns the discount that a code belongs to, or nil; case does not matter.
func (st *State) DiscountByCode(code string) *Discount { return st.codes[fold(code)].discount }

// CreditOf returns a customer's store-credit account in that currency, or nil.
func (st *State) CreditOf(customerID int64, currency string) *CreditAccount {
	for _, a := range st.Accounts {
		if a.CustomerID == customerID && a.Balance.Currency == currency {
			return a
		}
	}
	return nil
}
