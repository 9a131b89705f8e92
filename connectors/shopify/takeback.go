package shopify

import (
	"context"
	"slices"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
)

// standing is what an account tells about one credit that is to be taken back.
type standing struct {
	account string
	newest  string        // id of the newest transaction
	left    rewards.Money // of all our credits and of the balance, whichever is less
	rest    int64         // what is left of all our credits, in minor units
	expired rewards.Money // what of the credit ran out unspent
	debits  []transaction // made by staff or apps after the baseline, newest first
	pace    connectors.Pace
}

// noBaseline is what After says where the account was empty at the first look.
const noBaseline = "none"

// standing reads an account down to the credit. Kind Invalid, code credit_missing, where it is not there.
func (s *Shopify) standing(ctx context.Context, shop connectors.Shop, a rewards.TakeCredit) (standing, error) {
	none := rewards.Money{Currency: a.Amount.Currency}
	st := standing{account: a.AccountID, left: none, expired: none}
	if st.account == "" {
		var err error
		if st.account, err = s.account(ctx, shop, a.CustomerID, a.Amount.Currency); err != nil {
			return st, missing(err)
		}
	}
	ours := map[string]bool{a.CreditID: true} // credits that were not seen yet
	for _, id := range a.Siblings.Credits {
		ours[id] = true
	}
	var failed error
	var credits []transaction
	before := false // at or before the baseline
	balance, pace, err := s.history(ctx, shop, st.account, func(t transaction) bool {
		if st.newest == "" {
			st.newest = t.ID
		}
		before = before || t.ID != "" && t.ID == a.After
		switch {
		case t.Type == typeCredit && ours[t.ID]:
			credits = append(credits, t)
			delete(ours, t.ID)
		case t.Expired != nil && t.Expired.ID == a.CreditID:
			st.expired, failed = t.Amount.size()
		case t.Type == typeDebit && t.Event == "ADJUSTMENT" && !before && !slices.Contains(a.Siblings.Debits, t.ID):
			st.debits = append(st.debits, t)
		}
		return len(ours) > 0 && failed == nil
	})
	st.pace = pace
	if err == nil && failed == nil && ours[a.CreditID] {
		err = connectors.NotDone("%s is not in %s", a.CreditID, st.account)
	}
	if err == nil && failed == nil {
		failed = st.reckon(credits, balance)
	}
	if failed != nil {
		return st, call(failed)
	}
	return st, missing(err)
}

// missing makes a lasting refusal of a credit or account that is not there: it cannot be taken back.
func missing(err error) error {
	if rewards.KindOf(err) != rewards.NotFound {
		return err
	}
	return call(rewards.Errorf(rewards.Invalid, "credit_missing", "%w", err))
}

// reckon sums what is left of our credits. A single credit's rest tells nothing: the shop draws on the
// one that expires soonest, also when another is taken back.
func (st *standing) reckon(credits []transaction, balance moneyNode) error {
	all, err := balance.money()
	if err != nil {
		return err
	}
	rest := rewards.Money{Currency: st.left.Currency}
	for _, c := range credits {
		left, err := c.Remaining.money()
		if err != nil {
			return err
		}
		if rest, err = rest.Add(left); err != nil {
			return err
		}
	}
	if all.Currency != rest.Currency || st.expired.Currency != rest.Currency {
		return rewards.Errorf(rewards.Conflict, "currency_mismatch", "the account is in %s, not in %s", all.Currency, rest.Currency)
	}
	st.rest = rest.Minor
	st.left.Minor = max(0, min(rest.Minor, all.Minor))
	return nil
}

// size is an amount without its sign: Shopify does not say whether that of a debit is below zero.
func (m moneyNode) size() (rewards.Money, error) {
	v, err := m.money()
	v.Minor = max(v.Minor, -v.Minor)
	return v, err
}

// own picks the debit that an earlier try made: after the baseline, by staff or an app, of the whole
// amount, or of all that could be had. Of several the oldest is ours.
func (st standing) own(a rewards.TakeCredit) (transaction, rewards.Money, bool) {
	if a.After == "" {
		return transaction{}, rewards.Money{}, false
	}
	for i := len(st.debits) - 1; i >= 0; i-- {
		t := st.debits[i]
		took, err := t.Amount.size()
		if err != nil || took.Currency != a.Amount.Currency {
			continue
		}
		after, err := t.After.money()
		emptied := err == nil && after.IsZero()
		if took == a.Amount || took.Minor < a.Amount.Minor && (emptied || st.rest == 0 || st.rest == took.Minor) {
			return t, took, true
		}
	}
	return transaction{}, rewards.Money{}, false
}

// receipt tells what came back: by a debit, or by running out unspent.
func (st standing) receipt(a rewards.TakeCredit, debit string, took rewards.Money) connectors.Receipt {
	refs := map[string]string{RefAccount: st.account}
	if debit != "" {
		refs[rewards.RefDebit+debit] = took.Decimal()
	}
	taken := rewards.Money{Minor: min(a.Amount.Minor, took.Minor+st.expired.Minor), Currency: a.Amount.Currency}
	return connectors.Receipt{ExternalID: a.CreditID, Refs: refs, Taken: taken, Spent: taken.Minor < a.Amount.Minor, Pace: st.pace}
}

// takeCredit takes back what is left of a credit. After an unclear try its own debit is recognised by
// After; with "" nothing is, so the baseline should be read first (Find returns it under RefNewest).
// Shopify spends the credit that expires soonest first, so a debit for one reward may lower another's
// rest.
func (s *Shopify) takeCredit(ctx context.Context, shop connectors.Shop, a rewards.TakeCredit) (connectors.Receipt, error) {
	if a.Amount.Minor <= 0 {
		return connectors.Receipt{}, call(rewards.Errorf(rewards.Invalid, "bad_credit", "%s cannot be taken back", a.Amount))
	}
	for range 2 {
		st, err := s.standing(ctx, shop, a)
		if err != nil {
			return connectors.Receipt{Pace: st.pace}, err
		}
		if t, took, ok := st.own(a); ok {
			return st.receipt(a, t.ID, took), nil
		}
		want := rewards.Money{Minor: min(st.left.Minor, a.Amount.Minor-min(a.Amount.Minor, st.expired.Minor)), Currency: a.Amount.Currency}
		if want.Minor == 0 {
			return st.receipt(a, "", want), nil
		}
		p, pace, err := s.move(ctx, shop, "store_credit_debit", map[string]any{"id": st.account, "input": map[string]any{"debitAmount": amountInput(want)}})
		st.pace = pace
		if err == nil && hasCode(p.UserErrors, "INSUFFICIENT_FUNDS") {
			continue // spent meanwhile, and nothing was taken: look again
		}
		if err == nil {
			err = refused(p.UserErrors, false)
		}
		if err != nil {
			return connectors.Receipt{Refs: map[string]string{RefNewest: st.newest}, Pace: pace}, err
		}
		return st.receipt(a, p.Transaction.ID, want), nil
	}
	return connectors.Receipt{}, &connectors.CallError{
		Cause: rewards.Errorf(rewards.Unavailable, "credit_changing", "the account changed while it was debited"), After: time.Second,
	}
}

// findTake looks for a debit after the baseline. With or without success the receipt names the newest
// transaction under RefNewest.
func (s *Shopify) findTake(ctx context.Context, shop connectors.Shop, a rewards.TakeCredit) (connectors.Receipt, error) {
	st, err := s.standing(ctx, shop, a)
	if err != nil {
		return connectors.Receipt{Pace: st.pace}, err
	}
	newest := st.newest
	if newest == "" {
		newest = noBaseline
	}
	t, took, ok := st.own(a)
	if !ok {
		return connectors.Receipt{Refs: map[string]string{RefNewest: newest}, Pace: st.pace}, connectors.NotDone("no debit of %s after %q", a.Amount, a.After)
	}
	r := st.receipt(a, t.ID, took)
	r.Refs[RefNewest] = newest
	return r, nil
}
