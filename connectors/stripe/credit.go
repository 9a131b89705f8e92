package stripe

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	stripego "github.com/stripe/stripe-go/v76"

	"grapevine/connectors"
	"grapevine/rewards"
)

// Store credit is the customer's balance, which is hers when it is below zero. It is taken off her next
// invoice in its currency, and nothing else. Its transactions cannot be changed or removed, and it never
// expires. Source: docs.stripe.com/billing/customer/balance.

const (
	balancePages = 50 // of 100 transactions
	noBaseline   = "none"
)

// balanceBody is one transaction of a customer's balance. Ending is the balance after it: what Stripe calls
// customer.balance, with the same sign.
type balanceBody struct {
	ID       string            `json:"id"`
	Amount   int64             `json:"amount"`
	Currency string            `json:"currency"`
	Ending   int64             `json:"ending_balance"`
	Metadata map[string]string `json:"metadata"`
}

// grantCredit credits a customer, unless a transaction with the reward's mark is there: Stripe forgets its
// Idempotency-Keys after a day.
func (c *caller) grantCredit(ctx context.Context, key string, a rewards.GrantCredit) (connectors.Receipt, error) {
	amount, currency, err := amountOf(payable(a.Amount))
	if err == nil && (amount <= 0 || !strings.HasPrefix(a.CustomerID, "cus_") || a.RewardID == "") {
		err = rewards.Errorf(rewards.Invalid, "bad_credit", "%s for %.40q: wants an amount above zero, a customer and a reward", a.Amount, a.CustomerID)
	}
	if err != nil {
		return connectors.Receipt{}, err
	}
	r, err := c.findGrant(ctx, a)
	if err == nil || !isMissing(err) {
		return r, err
	}
	var b balanceBody
	err = c.create(ctx, func(n string) error {
		return c.move(ctx, "crediting customer", stepKey(key, "credit", a.CustomerID, strconv.FormatInt(amount, 10), currency, n), a.CustomerID, -amount, currency,
			map[string]string{metaReward: a.RewardID}, &b)
	}, func() (bool, error) {
		if b.ID != "" { // a transaction cannot be removed: what was stored is so
			return true, nil
		}
		found, err := c.granted(ctx, a)
		if err == nil && found != nil {
			b = *found
		}
		return found != nil, err
	})
	if isMissing(err) {
		err = call(rewards.Errorf(rewards.Invalid, "customer_missing", "%w", err))
	}
	if err != nil {
		return connectors.Receipt{}, err
	}
	return creditReceipt(a, b), nil
}

func creditReceipt(a rewards.GrantCredit, b balanceBody) connectors.Receipt {
	return connectors.Receipt{ExternalID: b.ID, Refs: map[string]string{rewards.RefAccount: a.CustomerID}}
}

// move writes a transaction: below zero a credit, above zero a debit.
func (c *caller) move(ctx context.Context, operation, key, customer string, amount int64, currency string, metadata map[string]string, out *balanceBody) error {
	return c.post(ctx, operation, key, out, func(p stripego.Params) error {
		_, err := c.api.CustomerBalanceTransactions.New(&stripego.CustomerBalanceTransactionParams{
			Params: p, Customer: stripego.String(customer), Amount: stripego.Int64(amount), Currency: stripego.String(currency),
			Description: stripego.String("Grapevine referral reward"), Metadata: metadata,
		})
		return err
	})
}

// findGrant looks for the credit with the reward's mark.
func (c *caller) findGrant(ctx context.Context, a rewards.GrantCredit) (connectors.Receipt, error) {
	b, err := c.granted(ctx, a)
	switch {
	case err != nil:
		return connectors.Receipt{}, err
	case b == nil:
		return connectors.Receipt{}, connectors.NotDone("no credit for %s on %s", a.RewardID, a.CustomerID)
	}
	return creditReceipt(a, *b), nil
}

// granted is the credit with the reward's mark and its amount; nil if there is none.
func (c *caller) granted(ctx context.Context, a rewards.GrantCredit) (*balanceBody, error) {
	amount, currency, err := amountOf(payable(a.Amount))
	if err != nil {
		return nil, err
	}
	var found *balanceBody
	err = c.balance(ctx, a.CustomerID, func(b balanceBody) bool {
		if b.Metadata[metaReward] == a.RewardID && b.Amount == -amount && strings.EqualFold(b.Currency, currency) {
			found = &b
		}
		return found == nil
	})
	return found, err
}

// balance shows a customer's transactions to look, the newest first, until it has seen enough. Kind NotFound:
// there is no such customer. Conflict: there are too many to be read.
func (c *caller) balance(ctx context.Context, customer string, look func(balanceBody) (more bool)) error {
	after := ""
	for range balancePages {
		var next page[balanceBody]
		err := c.list(ctx, "listing a customer's balance", after, &next, func(p stripego.ListParams) error {
			return c.api.CustomerBalanceTransactions.List(&stripego.CustomerBalanceTransactionListParams{ListParams: p, Customer: stripego.String(customer)}).Err()
		})
		if err != nil {
			return err
		}
		for _, b := range next.Data {
			if !look(b) {
				return nil
			}
		}
		if !next.More || len(next.Data) == 0 {
			return nil
		}
		after = next.Data[len(next.Data)-1].ID
	}
	return call(rewards.Errorf(rewards.Conflict, "credit_history_too_long", "%s has more than %d pages", customer, balancePages))
}

// standing is what a customer's balance tells about one credit that is to be taken back.
type standing struct {
	newest   string // id of the newest transaction
	left     int64  // what of the credit can still be there, in Stripe's amount
	own      *balanceBody
	returned map[string]bool // debits that took too much, of which that was given back
}

// standing reads a balance down to the credit. Kind Invalid, code credit_missing, where it is not there.
//
// A transaction does not say what it was paid from. What has been on the balance at every moment since the
// credit is all that can be left of it: what came later, from whomever, is not touched, and the customer never
// comes to owe.
func (c *caller) standing(ctx context.Context, a rewards.TakeCredit) (standing, error) {
	st := standing{returned: map[string]bool{}}
	_, currency, err := amountOf(payable(a.Amount))
	if err != nil {
		return st, err
	}
	customer := accountOf(a)
	seen, found, before := false, false, false
	err = c.balance(ctx, customer, func(b balanceBody) bool {
		if st.newest == "" {
			st.newest = b.ID
		}
		before = before || b.ID == a.After
		if !strings.EqualFold(b.Currency, currency) {
			return true
		}
		if id := b.Metadata[metaReturns]; id != "" {
			st.returned[id] = true
		}
		if credit := max(0, -b.Ending); !seen || credit < st.left {
			st.left, seen = credit, true
		}
		if b.Metadata[metaTakes] == a.CreditID && !before && a.After != "" && !slices.Contains(a.Siblings.Debits, b.ID) {
			st.own = &b // the oldest of several
		}
		found = b.ID == a.CreditID
		return !found
	})
	if isMissing(err) || err == nil && !found {
		return st, call(rewards.Errorf(rewards.Invalid, "credit_missing", "%s is not among the transactions of %s", a.CreditID, customer))
	}
	return st, err
}

// accountOf is the customer on whose balance the credit is.
func accountOf(a rewards.TakeCredit) string { return cmp.Or(a.AccountID, a.CustomerID) }

// over is what a debit took that was not there any more: an invoice, or somebody else, was faster.
func (b balanceBody) over() int64 { return max(0, min(b.Amount, b.Ending)) }

// receipt tells what came back.
func (st standing) receipt(a rewards.TakeCredit, debit string, took int64) (connectors.Receipt, error) {
	taken, err := moneyOf(took, a.Amount.Currency)
	refs := map[string]string{rewards.RefAccount: accountOf(a)}
	if debit != "" {
		refs[rewards.RefDebit+debit] = taken.Decimal()
	}
	if taken.Minor >= payable(a.Amount).Minor { // all of it, but for what Stripe has no coin for
		taken.Minor = a.Amount.Minor
	}
	return connectors.Receipt{ExternalID: a.CreditID, Refs: refs, Taken: taken, Spent: taken.Minor < a.Amount.Minor}, err
}

// takeCredit takes back what is left of a credit. After an unclear try its own debit is recognised by its mark
// among the transactions after a.After; with "" nothing is, so the baseline should be read first (Find returns
// it under rewards.RefNewest).
func (c *caller) takeCredit(ctx context.Context, key string, a rewards.TakeCredit) (connectors.Receipt, error) {
	if a.Amount.Minor <= 0 {
		return connectors.Receipt{}, rewards.Errorf(rewards.Invalid, "bad_credit", "%s cannot be taken back", a.Amount)
	}
	st, err := c.standing(ctx, a)
	if err != nil {
		return connectors.Receipt{}, err
	}
	if st.own != nil {
		return c.evened(ctx, key, a, st, *st.own)
	}
	amount, currency, err := amountOf(payable(a.Amount))
	if err != nil {
		return connectors.Receipt{}, err
	}
	if amount = min(amount, st.left); currency == strings.ToLower(hundredths) {
		amount -= amount % scale
	}
	if amount == 0 {
		return st.receipt(a, "", 0)
	}
	customer := accountOf(a)
	var b balanceBody
	err = c.create(ctx, func(n string) error {
		return c.move(ctx, "debiting customer", stepKey(key, "debit", customer, a.CreditID, a.After, strconv.FormatInt(amount, 10), n), customer, amount, currency,
			map[string]string{metaTakes: a.CreditID}, &b)
	}, func() (bool, error) {
		if b.ID != "" {
			return true, nil
		}
		again, err := c.standing(ctx, a)
		if err == nil && again.own != nil {
			b = *again.own
		}
		return again.own != nil, err
	})
	if err != nil {
		return connectors.Receipt{Refs: map[string]string{rewards.RefNewest: st.newest}}, err
	}
	return c.evened(ctx, key, a, st, b)
}

// evened ends a debit. Where it took more than was there the rest is given back, or the customer would owe it with
// her next invoice.
func (c *caller) evened(ctx context.Context, key string, a rewards.TakeCredit, st standing, debit balanceBody) (connectors.Receipt, error) {
	over := debit.over()
	if over > 0 && !st.returned[debit.ID] {
		var b balanceBody
		err := c.create(ctx, func(n string) error {
			return c.move(ctx, "giving back what was not there", stepKey(key, "return", debit.ID, n), accountOf(a), -over, strings.ToLower(debit.Currency),
				map[string]string{metaReturns: debit.ID}, &b)
		}, func() (bool, error) {
			if b.ID != "" {
				return true, nil
			}
			again, err := c.standing(ctx, a)
			return again.returned[debit.ID], err
		})
		if err != nil {
			return connectors.Receipt{}, connectors.AfterEffect(err)
		}
	}
	return st.receipt(a, debit.ID, debit.Amount-over)
}

// findTake looks for a debit after the baseline. With or without success the receipt names the newest
// transaction under rewards.RefNewest.
func (c *caller) findTake(ctx context.Context, a rewards.TakeCredit) (connectors.Receipt, error) {
	st, err := c.standing(ctx, a)
	if err != nil {
		return connectors.Receipt{}, err
	}
	newest := st.newest
	if newest == "" {
		newest = noBaseline
	}
	if st.own == nil {
		return connectors.Receipt{Refs: map[string]string{rewards.RefNewest: newest}}, connectors.NotDone("no debit for %s after %q", a.CreditID, a.After)
	}
	over := st.own.over()
	if over > 0 && !st.returned[st.own.ID] {
		return connectors.Receipt{Refs: map[string]string{rewards.RefNewest: newest}}, connectors.NotDone("%s took more than was there, and it is to be given back", st.own.ID)
	}
	r, err := st.receipt(a, st.own.ID, st.own.Amount-over)
	r.Refs[rewards.RefNewest] = newest
	return r, err
}
