package shopifytest

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
)

// OrderInput is a checkout that was completed.
type OrderInput struct {
	Customer            *CustomerInput  `json:"customer"` // nil: no customer on the order
	Lines               []LineInput     `json:"lines"`
	Codes               []CodeInput     `json:"codes"`
	ForceCodes          bool            `json:"force_codes"` // apply codes that a checkout would refuse
	Manual              *ManualDiscount `json:"manual"`
	Shipping            string          `json:"shipping"`
	Tax                 string          `json:"tax"` // of all goods together
	TaxesIncluded       *bool           `json:"taxes_included"`
	Tip                 string          `json:"tip"`
	Paid                bool            `json:"paid"`
	PayWithCredit       bool            `json:"pay_with_credit"` // as far as the store credit goes
	Test                bool            `json:"test"`
	Currency            string          `json:"currency"`
	PresentmentCurrency string          `json:"presentment_currency"`
	PresentmentRate     string          `json:"presentment_rate"` // "0.92": of one unit
	NoteAttributes      []Attribute     `json:"note_attributes"`
	LandingSite         string          `json:"landing_site"`
	Visits              []Visit         `json:"visits"` // oldest first; none: the landing site is one
	ShippingAddress     *Address        `json:"shipping_address"`
	BillingAddress      *Address        `json:"billing_address"`
	ClientIP            string          `json:"client_ip"`
	UserAgent           string          `json:"user_agent"`
	Card                *Card           `json:"card"`
	Risk                string          `json:"risk"`        // CANCEL, INVESTIGATE, ACCEPT, NONE
	SourceName          string          `json:"source_name"` // web
	JourneyPending      bool            `json:"journey_pending"`
	CreatedAt           *time.Time      `json:"created_at"` // now
}

// LineInput is one line of a checkout; Price is of one piece, that of the product where it is "".
type LineInput struct {
	ProductID int64  `json:"product_id"` // 0: a product of its own
	Title     string `json:"title"`
	Price     string `json:"price"`
	Quantity  int64  `json:"quantity"` // 1
	GiftCard  bool   `json:"gift_card"`
}

// ManualDiscount is typed by staff: it has a title, no code; Shopify still lists the title in
// discount_codes.
type ManualDiscount struct {
	Title   string `json:"title"`
	Amount  string `json:"amount"`
	Percent string `json:"percent"`
}

// CodeInput is a code that the buyer entered; in JSON its plain text will do. Percent or Amount is
// what a code takes off that the shop does not know and that ForceCodes applies.
type CodeInput struct {
	Code    string `json:"code"`
	Percent string `json:"percent"`
	Amount  string `json:"amount"`
}

// UnmarshalJSON reads a plain string or an object.
func (c *CodeInput) UnmarshalJSON(b []byte) error {
	if bytes.HasPrefix(b, []byte(`"`)) {
		return json.Unmarshal(b, &c.Code)
	}
	type plain CodeInput
	return json.Unmarshal(b, (*plain)(c))
}

// PlaceOrder completes a checkout. A code that does not apply is refused with an *Error of code
// "code_refused", and nothing happens.
func (s *Shop) PlaceOrder(in OrderInput) (*Order, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle()
	o, err := s.newOrder(in)
	if err != nil {
		return nil, err
	}
	applied, err := s.price(o, in)
	if err != nil {
		return nil, err
	}
	var customer *Customer
	if in.Customer != nil {
		if customer, err = s.customer(*in.Customer); err != nil {
			return nil, err
		}
		o.CustomerID = customer.ID
	}
	s.remember()
	s.keepOrder(o, customer, applied)
	if in.PayWithCredit && customer != nil {
		s.payWithCredit(o)
	}
	total := o.Totals().Total.Minor
	event := s.uuid()
	if left := total - o.Paid.Minor; in.Paid && left > 0 {
		s.paid(o, left, "bogus")
	}
	body := s.orderPayload(o)
	s.emit(event, message{"orders/create", body})
	if o.Paid.Minor >= total && total > 0 {
		s.emit(event, message{"orders/paid", body})
	}
	s.emit(event, message{"orders/updated", body})
	return o.copy(), nil
}

// newOrder reads all of the input but what discounts do.
func (s *Shop) newOrder(in OrderInput) (*Order, error) {
	now := s.now()
	o := &Order{
		Test: in.Test, SourceName: in.SourceName, Currency: in.Currency, PresentmentCurrency: in.PresentmentCurrency,
		TaxesIncluded: s.opts.TaxesIncluded, NoteAttributes: in.NoteAttributes, LandingSite: in.LandingSite,
		ShippingAddress: in.ShippingAddress, BillingAddress: in.BillingAddress, ClientIP: in.ClientIP, UserAgent: in.UserAgent,
		Card: in.Card, Risk: in.Risk, JourneyPending: in.JourneyPending, CreatedAt: now, UpdatedAt: now, PresentmentRatePPM: 1_000_000,
		Applications: []Application{}, ShippingAllocations: []Allocation{}, Refunds: []*Refund{}, Payments: []Transaction{},
	}
	if o.NoteAttributes == nil {
		o.NoteAttributes = []Attribute{}
	}
	if in.TaxesIncluded != nil {
		o.TaxesIncluded = *in.TaxesIncluded
	}
	if in.CreatedAt != nil {
		o.CreatedAt = in.CreatedAt.UTC()
	}
	o.ProcessedAt = o.CreatedAt
	o.keepVisits(in.Visits)
	if o.Currency == "" {
		o.Currency = s.opts.Currency
	}
	if o.PresentmentCurrency == "" {
		o.PresentmentCurrency = o.Currency
	}
	if o.SourceName == "" {
		o.SourceName = "web"
	}
	var err error
	if in.PresentmentRate != "" {
		if o.PresentmentRatePPM, err = parseFixed(in.PresentmentRate, 6); err != nil {
			return nil, invalid("presentment_rate %q: %v", in.PresentmentRate, err)
		}
	}
	o.Paid, o.PaidWithCredit = o.money(0), o.money(0)
	if o.Shipping, err = o.amount("shipping", in.Shipping); err != nil {
		return nil, err
	}
	if o.Tip, err = o.amount("tip", in.Tip); err != nil {
		return nil, err
	}
	if len(in.Lines) == 0 {
		return nil, invalid("an order needs lines")
	}
	for _, l := range in.Lines {
		line, err := s.newLine(o, l)
		if err != nil {
			return nil, err
		}
		o.Lines = append(o.Lines, line)
	}
	return o, nil
}

func (s *Shop) newLine(o *Order, in LineInput) (*Line, error) {
	if in.ProductID != 0 {
		p := s.state.Products[in.ProductID]
		if p == nil {
			return nil, notFound("product %d", in.ProductID)
		}
		if in.Price == "" {
			in.Price = p.Price.String()
		}
		if in.Title == "" {
			in.Title = p.Title
		}
	}
	price, err := o.amount("price", in.Price)
	if err != nil {
		return nil, err
	}
	if in.Quantity == 0 {
		in.Quantity = 1
	}
	if in.Quantity < 0 {
		return nil, invalid("quantity %d is below zero", in.Quantity)
	}
	title := in.Title
	if title == "" {
		title = "Sample item"
	}
	return &Line{
		ProductID: in.ProductID, Title: title, Price: price, Quantity: in.Quantity, CurrentQuantity: in.Quantity,
		GiftCard: in.GiftCard, Tax: o.money(0), Allocations: []Allocation{},
	}, nil
}

// keepOrder gives ids, stores the order and counts the codes' use.
func (s *Shop) keepOrder(o *Order, customer *Customer, applied []codeRef) {
	s.number++
	o.ID, o.Number, o.Name = s.newID(), s.number, "#"+formatFixed(s.number, 0)
	o.Token = strings.ReplaceAll(s.uuid(), "-", "")
	s.nameLines(o)
	if o.Shipping.Minor > 0 || len(o.ShippingAllocations) > 0 {
		o.ShippingLineID = s.newID()
	}
	s.state.Orders[o.ID] = o
	for _, ref := range applied {
		ref.discount.Usage++
		ref.code.Usage++
		ref.discount.UsedBy[o.CustomerID]++
	}
	if customer == nil {
		return
	}
	customer.OrderIDs = append(customer.OrderIDs, o.ID)
	customer.UpdatedAt = s.now()
	if !o.Test {
		o.CustomerOrderIndex = int(s.state.ordersOf(customer))
	}
}

// nameLines gives ids to new lines.
func (s *Shop) nameLines(o *Order) {
	for _, l := range o.Lines {
		if l.ID == 0 {
			product := l.ProductID
			l.ID, l.ProductID, l.VariantID = s.newID(), s.newID(), s.newID()
			if product != 0 {
				l.ProductID = product
				continue
			}
			s.state.Products[l.ProductID] = &Product{ID: l.ProductID, Title: l.Title, Price: l.Price}
		}
	}
}

// payWithCredit takes what it can from the customer's store credit: a payment, not a discount.
func (s *Shop) payWithCredit(o *Order) {
	a := s.state.CreditOf(o.CustomerID, o.Currency)
	if a == nil {
		return
	}
	if pay := min(a.Balance.Minor, o.Totals().Total.Minor); pay > 0 {
		s.debit(a, pay, "ORDER_PAYMENT")
		s.paid(o, pay, "shopify_store_credit")
		o.PaidWithCredit.Minor += pay
	}
}

// paid records a payment that went through.
func (s *Shop) paid(o *Order, minor int64, gateway string) {
	o.Paid.Minor += minor
	o.Payments = append(o.Payments, Transaction{
		ID: s.newID(), Kind: "sale", Status: "success", Gateway: gateway, At: s.now(), Amount: o.money(minor),
	})
}

func (o *Order) money(minor int64) Money { return Money{minor, o.Currency} }

// amount reads an amount in the order's currency; "" is zero.
func (o *Order) amount(what, text string) (Money, error) {
	if text == "" {
		return o.money(0), nil
	}
	m, err := ParseMoney(text, o.Currency)
	if err != nil || m.Minor < 0 {
		return Money{}, invalid("%s: %q is no amount in %s", what, text, o.Currency)
	}
	return m, nil
}
