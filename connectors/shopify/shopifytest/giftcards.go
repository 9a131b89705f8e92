package shopifytest

import (
	"slices"
	"strings"
	"time"
)

// GiftCard is a gift card. Shopify shows the code once, when the card is made; the state keeps it.
type GiftCard struct {
	ID            int64                  `json:"id"`
	Code          string                 `json:"code"` // in lower case
	CustomerID    int64                  `json:"customer_id,omitempty"`
	Initial       Money                  `json:"initial"`
	Balance       Money                  `json:"balance"`
	ExpiresOn     string                 `json:"expires_on,omitempty"` // the last day, like 2027-01-31
	Note          string                 `json:"note,omitempty"`
	CreatedAt     time.Time              `json:"created_at"`
	UpdatedAt     time.Time              `json:"updated_at"`
	DeactivatedAt *time.Time             `json:"deactivated_at,omitempty"`
	Transactions  []*GiftCardTransaction `json:"transactions"` // oldest first
}

// GiftCardTransaction is a movement of a card; Amount is negative where money went off it.
type GiftCardTransaction struct {
	ID     int64     `json:"id"`
	Note   string    `json:"note,omitempty"`
	At     time.Time `json:"at"`
	Amount Money     `json:"amount"`
}

// GiftCardByCode returns the card with that code, or nil; case does not matter.
func (st *State) GiftCardByCode(code string) *GiftCard {
	for _, g := range st.GiftCards {
		if strings.EqualFold(g.Code, code) {
			return g
		}
	}
	return nil
}

// GiftCardInput makes a gift card by the merchant's hand.
type GiftCardInput struct {
	Code   string `json:"code"`
	Amount string `json:"amount"`
	Note   string `json:"note"`
}

// AddGiftCard makes a gift card of the merchant's own.
func (s *Shop) AddGiftCard(in GiftCardInput) (*GiftCard, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	amount, err := ParseMoney(in.Amount, s.opts.Currency)
	if err != nil || amount.Minor <= 0 {
		return nil, invalid("amount %q is no positive amount in %s", in.Amount, s.opts.Currency)
	}
	if s.state.GiftCardByCode(in.Code) != nil || in.Code == "" {
		return nil, &Error{Status: 409, Code: "code_taken", Message: "a gift card needs a code of its own"}
	}
	s.remember()
	return s.keepGiftCard(&GiftCard{Code: strings.ToLower(in.Code), Initial: amount, Note: in.Note}).copy(), nil
}

// SpendGiftCard pays with a gift card, as a checkout would.
func (s *Shop) SpendGiftCard(code, amount string) (*GiftCard, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.state.GiftCardByCode(code)
	if g == nil {
		return nil, notFound("gift card %s", code)
	}
	m, err := ParseMoney(amount, s.opts.Currency)
	if err != nil || m.Minor <= 0 {
		return nil, invalid("amount %q is no positive amount in %s", amount, s.opts.Currency)
	}
	if !s.redeems(g) || m.Minor > g.Balance.Minor {
		return nil, &Error{Status: 422, Code: "insufficient_funds", Message: "the card has " + g.Balance.String()}
	}
	s.remember()
	s.moveGiftCard(g, -m.Minor, "")
	return g.copy(), nil
}

func (s *Shop) keepGiftCard(g *GiftCard) *GiftCard {
	g.ID, g.Balance, g.CreatedAt, g.UpdatedAt = s.newID(), g.Initial, s.now(), s.now()
	s.state.GiftCards[g.ID] = g
	return g
}

func (s *Shop) moveGiftCard(g *GiftCard, minor int64, note string) *GiftCardTransaction {
	g.Balance.Minor += minor
	g.UpdatedAt = s.now()
	t := &GiftCardTransaction{ID: s.newID(), Note: note, At: s.now(), Amount: Money{minor, g.Balance.Currency}}
	g.Transactions = append(g.Transactions, t)
	return t
}

// redeems tells whether a checkout takes the card. On its last day it does, by the shop's own clock.
func (s *Shop) redeems(g *GiftCard) bool {
	return g.DeactivatedAt == nil && (g.ExpiresOn == "" || g.ExpiresOn >= s.today())
}

// today is the date in the shop.
func (s *Shop) today() string {
	zone, err := time.LoadLocation(s.opts.Timezone)
	if err != nil {
		zone = time.UTC
	}
	return s.now().In(zone).Format(time.DateOnly)
}

// copy is independent of the shop's own card.
func (g *GiftCard) copy() *GiftCard {
	c := *g
	c.Transactions = slices.Clone(g.Transactions)
	for i, t := range c.Transactions {
		own := *t
		c.Transactions[i] = &own
	}
	return &c
}
