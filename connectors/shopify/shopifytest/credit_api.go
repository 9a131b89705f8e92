package shopifytest

import (
	"slices"
	"time"
)

// userError is an entry of userErrors; kind is the name of its type in the schema.
func userError(kind, code, message string, field ...string) *object {
	path := make([]any, len(field))
	for i, f := range field {
		path[i] = f
	}
	return &object{kind, map[string]any{"code": code, "message": message, "field": path, "extraInfo": nil}}
}

// payload is what a mutation gives back: one object, or errors.
func payload(typ, field string, value *object, errs ...*object) *object {
	list := make([]any, len(errs))
	for i, e := range errs {
		list[i] = e
	}
	return &object{typ, map[string]any{field: value, "userErrors": list}}
}

// storeCreditCredit is storeCreditAccountCredit. It has no idempotency of any kind: the same call
// twice credits twice.
func (s *Shop) storeCreditCredit(args map[string]any) (*object, error) {
	const typ, field = "StoreCreditAccountCreditPayload", "storeCreditAccountTransaction"
	refuse := func(code, message string, path ...string) (*object, error) {
		return payload(typ, field, nil, userError("StoreCreditAccountCreditUserError", code, message, path...)), nil
	}
	input := mapArg(args, "creditInput")
	amount, currency, err := moneyInput(mapArg(input, "creditAmount"))
	if err != nil {
		return nil, err
	}
	id := stringArg(args, "id")
	customerID, isCustomer := idOf("Customer", id)
	account := s.state.findAccount(id, currency)
	switch {
	case isCustomer && s.state.Customers[customerID] == nil:
		return refuse("OWNER_NOT_FOUND", "Owner does not exist", "id")
	case !isCustomer && account == nil:
		return refuse("ACCOUNT_NOT_FOUND", "Store credit account does not exist", "id")
	case account != nil && account.Balance.Currency != currency:
		return refuse("MISMATCHING_CURRENCY", "The currency provided does not match the currency of the store credit account",
			"creditInput", "creditAmount", "currencyCode")
	case currency != s.opts.Currency:
		return refuse("UNSUPPORTED_CURRENCY", "Currency is not supported", "creditInput", "creditAmount", "currencyCode")
	case amount <= 0:
		return refuse("NEGATIVE_OR_ZERO_AMOUNT", "A positive amount must be used to credit a store credit account",
			"creditInput", "creditAmount", "amount")
	}
	expires, err := timeInput(input, "expiresAt")
	if err != nil {
		return nil, err
	}
	if expires != nil && !expires.After(s.now()) {
		return refuse("EXPIRES_AT_IN_PAST", "The expiry date must be in the future", "creditInput", "expiresAt")
	}
	limit, err := ParseMoney(s.opts.CreditLimit, s.opts.Currency)
	if err != nil {
		return nil, err
	}
	var balance int64
	if account != nil {
		balance = account.Balance.Minor
	}
	if balance > limit.Minor-amount {
		return refuse("CREDIT_LIMIT_EXCEEDED", "The operation would cause the account's credit limit to be exceeded",
			"creditInput", "creditAmount", "amount")
	}
	s.remember()
	if account == nil {
		account = &CreditAccount{ID: s.newID(), CustomerID: customerID, Balance: Money{0, currency}}
		s.state.Accounts[account.ID] = account
	}
	tx := s.credit(account, amount, expires, "ADJUSTMENT")
	return payload(typ, field, s.creditTransactionObject(s.state, account, tx)), nil
}

// storeCreditDebit is storeCreditAccountDebit.
func (s *Shop) storeCreditDebit(args map[string]any) (*object, error) {
	const typ, field = "StoreCreditAccountDebitPayload", "storeCreditAccountTransaction"
	refuse := func(code, message string, path ...string) (*object, error) {
		return payload(typ, field, nil, userError("StoreCreditAccountDebitUserError", code, message, path...)), nil
	}
	amount, currency, err := moneyInput(mapArg(mapArg(args, "debitInput"), "debitAmount"))
	if err != nil {
		return nil, err
	}
	account := s.state.findAccount(stringArg(args, "id"), currency)
	switch {
	case account == nil:
		return refuse("ACCOUNT_NOT_FOUND", "Store credit account does not exist", "id")
	case account.Balance.Currency != currency:
		return refuse("MISMATCHING_CURRENCY", "The currency provided does not match the currency of the store credit account",
			"debitInput", "debitAmount", "currencyCode")
	case amount <= 0:
		return refuse("NEGATIVE_OR_ZERO_AMOUNT", "A positive amount must be used to debit a store credit account",
			"debitInput", "debitAmount", "amount")
	case amount > account.Balance.Minor:
		return refuse("INSUFFICIENT_FUNDS", "The store credit account does not have sufficient funds to satisfy the request",
			"debitInput", "debitAmount", "amount")
	}
	s.remember()
	tx := s.debit(account, amount, "ADJUSTMENT")
	return payload(typ, field, s.creditTransactionObject(s.state, account, tx)), nil
}

// creditAccountObject is a StoreCreditAccount.
func (s *Shop) creditAccountObject(st *State, a *CreditAccount) *object {
	return &object{"StoreCreditAccount", map[string]any{
		"id":      gid("StoreCreditAccount", a.ID),
		"balance": moneyObject(a.Balance),
		"owner":   lazy(func(map[string]any) (any, error) { return s.customerObject(st, a.CustomerID), nil }),
		"transactions": lazy(func(args map[string]any) (any, error) {
			if q := stringArg(args, "query"); q != "" {
				return nil, &queryError{"the simulator cannot search store-credit transactions", "NOT_SIMULATED"}
			}
			items := make([]item, len(a.Transactions))
			for i, t := range a.Transactions {
				key := sortKey(int64(i))
				if stringArg(args, "sortKey") == "EXPIRES_AT" {
					end := time.Unix(0, 0)
					if t.ExpiresAt != nil {
						end = *t.ExpiresAt
					}
					key = timeKey(end, int64(i))
				}
				items[i] = item{key, func() *object { return s.creditTransactionObject(st, a, t) }}
			}
			return connection("StoreCreditAccountTransactionConnection", items)(args)
		}),
	}}
}

// creditTransactionObject is one of the types that implement StoreCreditAccountTransaction.
func (s *Shop) creditTransactionObject(st *State, a *CreditAccount, t *CreditTransaction) *object {
	o := &object{fields: map[string]any{
		"account":                 lazy(func(map[string]any) (any, error) { return s.creditAccountObject(st, a), nil }),
		"amount":                  moneyObject(t.Amount),
		"balanceAfterTransaction": moneyObject(t.BalanceAfter),
		"createdAt":               stamp(t.CreatedAt),
		"event":                   t.Event,
	}}
	switch t.Kind {
	case "credit":
		o.typ = "StoreCreditAccountCreditTransaction"
		o.fields["id"] = gid(o.typ, t.ID)
		o.fields["expiresAt"] = stampOrNil(t.ExpiresAt)
		o.fields["remainingAmount"] = moneyObject(t.Remaining)
	case "debit":
		o.typ = "StoreCreditAccountDebitTransaction"
		o.fields["id"] = gid(o.typ, t.ID)
	default:
		o.typ = "StoreCreditAccountExpirationTransaction"
		o.fields["creditTransaction"] = lazy(func(map[string]any) (any, error) {
			i := slices.IndexFunc(a.Transactions, func(c *CreditTransaction) bool { return c.ID == t.CreditID })
			return s.creditTransactionObject(st, a, a.Transactions[i]), nil
		})
	}
	return o
}

// mapArg reads an input object; an absent one and null are an empty map.
func mapArg(args map[string]any, name string) map[string]any {
	m, _ := args[name].(map[string]any)
	return m
}
