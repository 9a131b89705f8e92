package stripetest

import (
	"net/http"
	"slices"
	"strings"
)

// balanceTransaction is one change of a customer's balance. Only its description and metadata can change.
type balanceTransaction struct {
	id          string
	customer    *customer
	amount      int64 // below zero: credit
	ending      int64
	currency    string
	kind        string // adjustment, applied_to_invoice
	description string
	invoice     string
	created     int64
	metadata    map[string]string
}

func (t *balanceTransaction) key() string { return t.id }
func (t *balanceTransaction) at() int64   { return t.created }

func (t *balanceTransaction) view(a *Account) object {
	return object{
		"id": t.id, "object": "customer_balance_transaction", "amount": t.amount, "created": t.created, "credit_note": nil,
		"currency": t.currency, "customer": t.customer.id, "description": orNil(t.description), "ending_balance": t.ending,
		"invoice": orNil(t.invoice), "livemode": a.live, "metadata": stringMap(t.metadata), "type": t.kind,
	}
}

func balanceRoutes() []route {
	const path = "/v1/customers/{id}/balance_transactions"
	return []route{
		{http.MethodPost, path, texts("currency").and(kindInt, "amount").and(kindFree, "description").writing(), createBalanceTransaction},
		{http.MethodGet, path, spec{}.listing(), func(r request) (object, error) {
			c, ok := find[*customer](r.a, r.ids[0])
			if !ok || c.deleted {
				return nil, missing("customer", r.ids[0], "id")
			}
			return page(r, "/v1/customers/"+c.id+"/balance_transactions", c.transactions, func(*balanceTransaction) bool { return true })
		}},
		{http.MethodGet, path + "/{sub}", reading(), func(r request) (object, error) {
			t, err := r.transaction()
			if err != nil {
				return nil, err
			}
			return t.view(r.a), nil
		}},
		{http.MethodPost, path + "/{sub}", spec{}.and(kindFree, "description").writing(), updateBalanceTransaction},
	}
}

// transaction finds the transaction that the path names.
func (r request) transaction() (*balanceTransaction, error) {
	c, err := r.a.liveCustomer(r.ids[0], "id")
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(c.transactions, func(t *balanceTransaction) bool { return t.id == r.ids[1] })
	if i < 0 {
		return nil, missing("customer_balance_transaction", r.ids[1], "id")
	}
	return c.transactions[i], nil
}

func createBalanceTransaction(r request) (object, error) {
	c, err := r.a.liveCustomer(r.ids[0], "id")
	if err != nil {
		return nil, err
	}
	if _, err := r.need("amount"); err != nil {
		return nil, err
	}
	currency, missed := r.need("currency")
	if missed != nil {
		return nil, missed
	}
	amount, _ := r.number("amount")
	currency = strings.ToLower(currency)
	switch {
	case !validCurrency(currency):
		return nil, badRequest("", "currency", "Invalid currency: %s.", currency)
	case amount == 0:
		return nil, badRequest("", "amount", "Amount must be non-zero.")
	case amount%step(currency) != 0:
		return nil, badRequest("", "amount", "Invalid amount: %d is no multiple of %d in %s.", amount, step(currency), currency)
	}
	metadata, bad := r.metadata(nil)
	if bad != nil {
		return nil, bad
	}
	before := c.view(r.a)
	t := r.a.changeBalance(c, currency, amount, "adjustment", "")
	t.description, t.metadata = r.text("description"), metadata
	r.a.emitChange("customer.updated", before, c.view(r.a))
	return t.view(r.a), nil
}

func updateBalanceTransaction(r request) (object, error) {
	t, err := r.transaction()
	if err != nil {
		return nil, err
	}
	metadata, bad := r.metadata(t.metadata)
	if bad != nil {
		return nil, bad
	}
	t.metadata = metadata
	if r.has("description") {
		t.description = r.text("description")
	}
	return t.view(r.a), nil
}

// changeBalance books a transaction. The first one settles the customer's currency.
func (a *Account) changeBalance(c *customer, currency string, amount int64, kind, invoice string) *balanceTransaction {
	if c.currency == "" {
		c.currency = currency
	}
	c.balances[currency] += amount
	t := &balanceTransaction{
		id: a.s.newID("cbtxn_", 24), customer: c, amount: amount, ending: c.balances[currency], currency: currency,
		kind: kind, invoice: invoice, created: a.s.now().Unix(), metadata: map[string]string{},
	}
	c.transactions = append(c.transactions, t)
	a.things[t.id] = t
	return t
}

// AdjustBalance changes a customer's balance by hand, as the merchant might in the dashboard: a decimal amount
// in the account's currency, below zero for credit.
func (a *Account) AdjustBalance(customerID, amount string) error {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	c, ok := find[*customer](a, customerID)
	if !ok || c.deleted {
		return refuse("not_found", "no customer %s", customerID)
	}
	n, err := parseAmount(amount, a.currency)
	if err != nil {
		return err
	}
	before := c.view(a)
	a.changeBalance(c, a.currency, n, "adjustment", "")
	a.emitChange("customer.updated", before, c.view(a))
	return nil
}

// Credit is what a customer has to her credit in her currency, and how many of the credits that were given to
// her were not taken back. A debit takes back the newest credit of the same amount, or what is left of the
// newest ones; what invoices took is spent, not taken back.
func (a *Account) Credit(customerID string) (balance string, live int, err error) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	c, ok := find[*customer](a, customerID)
	if !ok || c.deleted {
		return "", 0, refuse("not_found", "no customer %s", customerID)
	}
	currency := c.currency
	if currency == "" {
		currency = a.currency
	}
	var credits []int64
	for _, t := range c.transactions {
		switch {
		case t.kind != "adjustment" || t.currency != currency:
		case t.amount < 0:
			credits = append(credits, -t.amount)
		default:
			takeBack(credits, t.amount)
		}
	}
	for _, left := range credits {
		if left > 0 {
			live++
		}
	}
	return formatAmount(-c.balances[currency], currency), live, nil
}

// takeBack lowers credits by a debit: an equal one, or the newest first.
func takeBack(credits []int64, debit int64) {
	for i := len(credits) - 1; i >= 0; i-- {
		if credits[i] == debit {
			credits[i] = 0
			return
		}
	}
	for i := len(credits) - 1; i >= 0 && debit > 0; i-- {
		part := min(debit, credits[i])
		credits[i] -= part
		debit -= part
	}
}
