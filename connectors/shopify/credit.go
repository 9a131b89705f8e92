package shopify

import (
	"context"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
)

// The types of transaction that we look for.
const (
	typeCredit = "StoreCreditAccountCreditTransaction"
	typeDebit  = "StoreCreditAccountDebitTransaction"
)

const (
	accountPages = 10 // of 20 accounts, one per currency
	historyPages = 50 // of 100 transactions
)

// creditPayload is what a credit or a debit answers.
type creditPayload struct {
	Transaction *struct {
		ID        string     `json:"id"`
		ExpiresAt *time.Time `json:"expiresAt"`
		Account   struct {
			ID string `json:"id"`
		} `json:"account"`
	} `json:"storeCreditAccountTransaction"`
	UserErrors []userError `json:"userErrors"`
}

// move sends a credit or a debit. errs are its user errors; without them there is a transaction.
func (s *Shopify) move(ctx context.Context, shop connectors.Shop, operation string, vars map[string]any) (p *creditPayload, pace connectors.Pace, err error) {
	var data map[string]*creditPayload
	if pace, err = s.ask(ctx, shop, operation, vars, &data); err != nil {
		return nil, pace, err
	}
	for _, p := range data {
		if p == nil {
			continue
		}
		done := p.Transaction != nil && p.Transaction.ID != ""
		if done && len(p.UserErrors) > 0 {
			return nil, pace, within(operation, refused(p.UserErrors, true))
		}
		if done || len(p.UserErrors) > 0 {
			return p, pace, nil
		}
	}
	return nil, pace, within(operation, connectors.Unreadable(true, "the answer has neither a transaction nor an error"))
}

func amountInput(m rewards.Money) map[string]any {
	return map[string]any{"amount": m.Decimal(), "currencyCode": m.Currency}
}

// grantCredit credits a customer. The expiry is the only value of ours that comes back, so it must be
// there, to the second. She is not notified by the shop: that is for the programme's own mail.
func (s *Shopify) grantCredit(ctx context.Context, shop connectors.Shop, a rewards.GrantCredit) (connectors.Receipt, error) {
	customer, err := gid("Customer", a.CustomerID)
	if err == nil && (a.ExpiresAt.IsZero() || a.ExpiresAt.Nanosecond() != 0 || a.Amount.Minor <= 0) {
		err = rewards.Errorf(rewards.Invalid, "bad_credit", "%s until %v: wants an amount above zero and an expiry to the second", a.Amount, a.ExpiresAt)
	}
	if err != nil {
		return connectors.Receipt{}, call(err)
	}
	p, pace, err := s.move(ctx, shop, "store_credit_credit", map[string]any{"id": customer, "input": map[string]any{
		"creditAmount": amountInput(a.Amount), "expiresAt": stamp(a.ExpiresAt), "notify": false,
	}})
	if err == nil {
		err = refused(p.UserErrors, false)
	}
	if err != nil {
		return connectors.Receipt{Pace: pace}, err
	}
	return connectors.Receipt{
		ExternalID: p.Transaction.ID,
		Refs:       map[string]string{RefAccount: p.Transaction.Account.ID},
		ExpiresAt:  timeOf(p.Transaction.ExpiresAt),
		Pace:       pace,
	}, nil
}

// findGrant looks for a credit of this amount that expires at this very second.
func (s *Shopify) findGrant(ctx context.Context, shop connectors.Shop, a rewards.GrantCredit) (connectors.Receipt, error) {
	account, err := s.account(ctx, shop, a.CustomerID, a.Amount.Currency)
	if err != nil {
		return connectors.Receipt{}, err
	}
	var r *connectors.Receipt
	_, pace, err := s.history(ctx, shop, account, func(t transaction) bool {
		if t.Type == typeCredit && timeOf(t.ExpiresAt).Truncate(time.Second).Equal(a.ExpiresAt) && t.Amount.is(a.Amount) {
			r = &connectors.Receipt{ExternalID: t.ID, Refs: map[string]string{RefAccount: account}, ExpiresAt: timeOf(t.ExpiresAt)}
		}
		return r == nil
	})
	switch {
	case err != nil:
		return connectors.Receipt{Pace: pace}, err
	case r == nil:
		return connectors.Receipt{Pace: pace}, connectors.NotDone("no credit of %s until %s", a.Amount, stamp(a.ExpiresAt))
	}
	r.Pace = pace
	return *r, nil
}

// account finds a customer's account in a currency. Kind NotFound: there is none.
func (s *Shopify) account(ctx context.Context, shop connectors.Shop, customerID, currency string) (string, error) {
	customer, err := gid("Customer", customerID)
	if err != nil {
		return "", call(err)
	}
	vars := map[string]any{"customerId": customer, "after": nil}
	for range accountPages {
		var data struct {
			Customer *struct {
				Accounts struct {
					Nodes []struct {
						ID      string    `json:"id"`
						Balance moneyNode `json:"balance"`
					} `json:"nodes"`
					Page pageInfo `json:"pageInfo"`
				} `json:"storeCreditAccounts"`
			} `json:"customer"`
		}
		if _, err := s.ask(ctx, shop, "store_credit_accounts", vars, &data); err != nil {
			return "", err
		}
		if data.Customer == nil {
			break
		}
		for _, a := range data.Customer.Accounts.Nodes {
			if a.Balance.Currency == currency {
				return a.ID, nil
			}
		}
		if !data.Customer.Accounts.Page.More {
			break
		}
		vars["after"] = data.Customer.Accounts.Page.End
	}
	return "", connectors.NotDone("the customer %s has no store credit in %s", customerID, currency)
}

// transaction is one movement of an account. Those of an expiration have no id.
type transaction struct {
	Type      string     `json:"__typename"`
	ID        string     `json:"id"`
	Event     string     `json:"event"`
	Amount    moneyNode  `json:"amount"`
	After     moneyNode  `json:"balanceAfterTransaction"`
	ExpiresAt *time.Time `json:"expiresAt"`
	Remaining moneyNode  `json:"remainingAmount"`
	Expired   *struct {
		ID string `json:"id"`
	} `json:"creditTransaction"`
}

// history shows an account's transactions to look, newest first, until it has seen enough, and returns
// the balance. Kind NotFound: the account is gone. Conflict: it is too long to be read.
func (s *Shopify) history(ctx context.Context, shop connectors.Shop, account string, look func(transaction) (more bool)) (balance moneyNode, pace connectors.Pace, err error) {
	vars := map[string]any{"id": account, "after": nil}
	for range historyPages {
		var data struct {
			Account *struct {
				Balance      moneyNode `json:"balance"`
				Transactions struct {
					Nodes []transaction `json:"nodes"`
					Page  pageInfo      `json:"pageInfo"`
				} `json:"transactions"`
			} `json:"storeCreditAccount"`
		}
		if pace, err = s.ask(ctx, shop, "store_credit_account_transactions", vars, &data); err != nil {
			return balance, pace, err
		}
		if data.Account == nil {
			return balance, pace, connectors.NotDone("the account %s is gone", account)
		}
		if vars["after"] == nil {
			balance = data.Account.Balance
		}
		for _, t := range data.Account.Transactions.Nodes {
			if !look(t) {
				return balance, pace, nil
			}
		}
		if !data.Account.Transactions.Page.More {
			return balance, pace, nil
		}
		vars["after"] = data.Account.Transactions.Page.End
	}
	return balance, pace, call(rewards.Errorf(rewards.Conflict, "credit_history_too_long", "%s has more than %d pages", account, historyPages))
}
