package shopifytest

import (
	"maps"
	"slices"
	"time"
)

// CreditAccount is a customer's store credit in one currency.
type CreditAccount struct {
	ID           int64                `json:"id"`
	CustomerID   int64                `json:"customer_id"`
	Balance      Money                `json:"balance"`
	Transactions []*CreditTransaction `json:"transactions"` // oldest first
}

// CreditTransaction is one movement of store credit. Amount is negative where credit went away.
type CreditTransaction struct {
	ID           int64      `json:"id"`
	Kind         string     `json:"kind"` // "credit", "debit" or "expiration"
	Event        string     `json:"event"`
	CreatedAt    time.Time  `json:"created_at"`
	Amount       Money      `json:"amount"`
	BalanceAfter Money      `json:"balance_after"`
	ExpiresAt    *time.Time `json:"expires_at,omitempty"` // of a credit
	Remaining    Money      `json:"remaining"`            // of a credit: what is not spent yet
	CreditID     int64      `json:"credit_id,omitempty"`  // of an expiration: the credit that expired
}

// findAccount finds the account that an id names: an account's own id, or its owner's together with
// the currency.
func (st *State) findAccount(id, currency string) *CreditAccount {
	if n, ok := idOf("StoreCreditAccount", id); ok {
		return st.Accounts[n]
	}
	if n, ok := idOf("Customer", id); ok {
		return st.CreditOf(n, currency)
	}
	return nil
}

// credit adds a credit to an account.
func (s *Shop) credit(a *CreditAccount, minor int64, expires *time.Time, event string) *CreditTransaction {
	if expires != nil {
		s.expects(*expires)
	}
	a.Balance.Minor += minor
	amount := Money{minor, a.Balance.Currency}
	tx := &CreditTransaction{
		ID: s.newID(), Kind: "credit", Event: event, CreatedAt: s.now(),
		Amount: amount, BalanceAfter: a.Balance, ExpiresAt: expires, Remaining: amount,
	}
	a.Transactions = append(a.Transactions, tx)
	return tx
}

// debit takes from an account what it surely holds: from the credit that expires soonest first, and
// from those without an end last.
func (s *Shop) debit(a *CreditAccount, minor int64, event string) *CreditTransaction {
	left := minor
	for _, c := range a.spendable() {
		take := min(left, c.Remaining.Minor)
		c.Remaining.Minor -= take
		left -= take
	}
	a.Balance.Minor -= minor
	tx := &CreditTransaction{
		ID: s.newID(), Kind: "debit", Event: event, CreatedAt: s.now(),
		Amount: Money{-minor, a.Balance.Currency}, BalanceAfter: a.Balance,
		Remaining: Money{0, a.Balance.Currency},
	}
	a.Transactions = append(a.Transactions, tx)
	return tx
}

// spendable are the credits in the order in which they are spent.
func (a *CreditAccount) spendable() []*CreditTransaction {
	var credits []*CreditTransaction
	for _, t := range a.Transactions {
		if t.Kind == "credit" && t.Remaining.Minor > 0 {
			credits = append(credits, t)
		}
	}
	slices.SortStableFunc(credits, func(x, y *CreditTransaction) int {
		switch {
		case x.ExpiresAt == nil && y.ExpiresAt == nil:
			return 0
		case x.ExpiresAt == nil:
			return 1
		case y.ExpiresAt == nil:
			return -1
		}
		return x.ExpiresAt.Compare(*y.ExpiresAt)
	})
	return credits
}

// expireCredit writes the expiration of every credit whose time is over.
func (s *Shop) expireCredit() {
	now := s.now()
	if s.nextExpiry.IsZero() || s.nextExpiry.After(now) {
		return
	}
	s.nextExpiry = time.Time{}
	for _, id := range slices.Sorted(maps.Keys(s.state.Accounts)) {
		a := s.state.Accounts[id]
		for _, c := range a.spendable() {
			if c.ExpiresAt == nil {
				continue
			}
			if c.ExpiresAt.After(now) {
				s.expects(*c.ExpiresAt)
				continue
			}
			s.expire(a, c, now)
		}
	}
}

func (s *Shop) expire(a *CreditAccount, c *CreditTransaction, now time.Time) {
	gone := c.Remaining
	c.Remaining.Minor = 0
	a.Balance.Minor -= gone.Minor
	a.Transactions = append(a.Transactions, &CreditTransaction{
		ID: s.newID(), Kind: "expiration", Event: "ADJUSTMENT", CreatedAt: now,
		Amount: Money{-gone.Minor, gone.Currency}, BalanceAfter: a.Balance,
		Remaining: Money{0, gone.Currency}, CreditID: c.ID,
	})
}

// expects notes when the next credit expires, so that most looks at the shop need not search.
func (s *Shop) expects(expiry time.Time) {
	if s.nextExpiry.IsZero() || expiry.Before(s.nextExpiry) {
		s.nextExpiry = expiry
	}
}

// SpendCredit pays with a customer's store credit, as a checkout would.
func (s *Shop) SpendCredit(customerID int64, amount string) (*CreditAccount, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle()
	a := s.state.CreditOf(customerID, s.opts.Currency)
	if a == nil {
		return nil, notFound("store-credit account of customer %d in %s", customerID, s.opts.Currency)
	}
	m, err := ParseMoney(amount, s.opts.Currency)
	if err != nil || m.Minor <= 0 {
		return nil, invalid("amount %q is no positive amount in %s", amount, s.opts.Currency)
	}
	if m.Minor > a.Balance.Minor {
		return nil, &Error{Status: 422, Code: "insufficient_funds", Message: "the balance is " + a.Balance.String()}
	}
	s.remember()
	s.debit(a, m.Minor, "ORDER_PAYMENT")
	return a.copy(), nil
}

// copy is independent of the shop's own account.
func (a *CreditAccount) copy() *CreditAccount {
	c := *a
	c.Transactions = nil
	for _, t := range a.Transactions {
		tx := *t
		c.Transactions = append(c.Transactions, &tx)
	}
	return &c
}
