package shopifytest_test

import (
	"testing"
	"time"

	"grapevine/connectors/shopify/shopifytest"
)

func creditVars(customerID int64, amount, currency, expires string) map[string]any {
	in := map[string]any{"creditAmount": map[string]any{"amount": amount, "currencyCode": currency}}
	if expires != "" {
		in["expiresAt"] = expires
	}
	return map[string]any{"id": gidOf("Customer", customerID), "input": in}
}

func (s *shop) customerID() int64 {
	return must[*shopifytest.Customer](s.t)(s.AddCustomer(shopifytest.CustomerInput{Email: "ann@example.com"})).ID
}

func TestCreditIsSpentSoonestExpiringFirst(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.customerID()
	s.call("store_credit_credit", creditVars(id, "10.00", "USD", "2027-05-01T12:00:07.9Z"))
	s.call("store_credit_credit", creditVars(id, "10.00", "USD", "2027-04-01T12:00:00Z"))
	s.call("store_credit_credit", creditVars(id, "10.00", "USD", ""))
	s.call("store_credit_debit", map[string]any{"id": gidOf("Customer", id), "input": map[string]any{
		"debitAmount": map[string]any{"amount": "12.50", "currencyCode": "USD"},
	}})
	account := s.call("store_credit_transactions", map[string]any{"customerId": gidOf("Customer", id)}).at("customer", "storeCreditAccounts", "nodes", 0)
	account.want("17.5", "balance", "amount")
	tx := account.at("transactions", "nodes")
	tx.want("StoreCreditAccountDebitTransaction", 0, "__typename")
	tx.want("-12.5", 0, "amount", "amount")
	tx.want("10.0", 1, "remainingAmount", "amount")
	tx.want("0.0", 2, "remainingAmount", "amount")
	tx.want("7.5", 3, "remainingAmount", "amount")
	tx.want("2027-05-01T12:00:07Z", 3, "expiresAt")
	tx.want("ADJUSTMENT", 3, "event")
	more := s.call("store_credit_account_transactions", map[string]any{"id": account.text("id"), "after": account.text("transactions", "pageInfo", "endCursor")})
	if more.at("storeCreditAccount", "transactions", "nodes").len() != 0 {
		t.Error("the last page is not the last")
	}

	s.clock.advance(160 * 24 * time.Hour) // past April, before May
	account = s.call("store_credit_transactions", map[string]any{"customerId": gidOf("Customer", id)}).at("customer", "storeCreditAccounts", "nodes", 0)
	account.want("17.5", "balance", "amount") // what expired in April was spent
	s.clock.advance(60 * 24 * time.Hour)
	account = s.call("store_credit_transactions", map[string]any{"customerId": gidOf("Customer", id)}).at("customer", "storeCreditAccounts", "nodes", 0)
	account.want("10.0", "balance", "amount")
	account.want("StoreCreditAccountExpirationTransaction", "transactions", "nodes", 0, "__typename")
}

func TestCreditTwiceIsTwice(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.customerID()
	for range 2 {
		s.call("store_credit_credit", creditVars(id, "10.00", "USD", "2027-05-01T12:00:00Z"))
	}
	st := must[*shopifytest.State](t)(s.State())
	if a := st.CreditOf(id, "USD"); a.Balance.String() != "20.00" || len(a.Transactions) != 2 {
		t.Errorf("account %+v", a)
	}
	if n := len(s.Mutations("StoreCreditCredit")); n != 2 {
		t.Errorf("recorded %d credits, want 2", n)
	}
}

func TestCreditUserErrors(t *testing.T) {
	t.Parallel()
	s := start(t, func(o *shopifytest.Options) { o.CreditLimit = "100.00" })
	id := s.customerID()
	account := s.call("store_credit_credit", creditVars(id, "10.00", "USD", "")).text("storeCreditAccountCredit", "storeCreditAccountTransaction", "account", "id")
	onAccount := func(vars map[string]any) map[string]any { vars["id"] = account; return vars }
	for code, vars := range map[string]map[string]any{
		"OWNER_NOT_FOUND":         creditVars(1, "1.00", "USD", ""),
		"ACCOUNT_NOT_FOUND":       {"id": "gid://shopify/StoreCreditAccount/1", "input": creditVars(id, "1.00", "USD", "")["input"]},
		"MISMATCHING_CURRENCY":    onAccount(creditVars(id, "1.00", "EUR", "")),
		"UNSUPPORTED_CURRENCY":    creditVars(id, "1.00", "EUR", ""),
		"NEGATIVE_OR_ZERO_AMOUNT": creditVars(id, "0.00", "USD", ""),
		"EXPIRES_AT_IN_PAST":      creditVars(id, "1.00", "USD", "2026-11-02T09:30:00Z"),
		"CREDIT_LIMIT_EXCEEDED":   creditVars(id, "90.01", "USD", ""),
	} {
		s.call("store_credit_credit", vars).want(code, "storeCreditAccountCredit", "userErrors", 0, "code")
	}
	s.call("store_credit_debit", map[string]any{"id": account, "input": map[string]any{
		"debitAmount": map[string]any{"amount": "10.01", "currencyCode": "USD"},
	}}).want("INSUFFICIENT_FUNDS", "storeCreditAccountDebit", "userErrors", 0, "code")
}

func TestStoreCreditIsAPayment(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.customerID()
	s.call("store_credit_credit", creditVars(id, "10.00", "USD", ""))
	o := must[*shopifytest.Order](t)(s.PlaceOrder(shopifytest.OrderInput{
		Customer: &shopifytest.CustomerInput{ID: id}, Lines: []shopifytest.LineInput{mug("25.00", 1)}, PayWithCredit: true, Paid: true,
	}))
	if o.Totals().Total.String() != "25.00" || o.PaidWithCredit.String() != "10.00" {
		t.Errorf("order %+v", o)
	}
	if _, err := s.SpendCredit(id, "0.01"); err == nil {
		t.Error("spent credit that was gone")
	}
}
