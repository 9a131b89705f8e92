package shopify

import (
	"context"
	"strings"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
)

// takeNote marks our own debits of a gift card. One note serves all of them: how much they come to
// together is what counts.
const takeNote = "Grapevine: taken back"

// cardStanding is what a gift card tells when money is to come off it.
type cardStanding struct {
	balance int64 // minor units
	missing int64 // of what should have come back by now, all takes together, how much has not
	over    bool  // it was switched off or has run out: what is left on it is back
	pace    connectors.Pace
}

// cardStanding reads a card with what moved on it. Kind Invalid, code gift_card_missing, where it is not
// there; Conflict, currency_mismatch.
func (s *Shopify) cardStanding(ctx context.Context, shop connectors.Shop, a rewards.TakeGiftCard) (cardStanding, error) {
	if a.Amount.Minor <= 0 || a.Left.Minor < 0 || a.Left.Currency != a.Amount.Currency {
		return cardStanding{}, call(rewards.Errorf(rewards.Invalid, "bad_gift_card", "%s cannot be taken back down to %s", a.Amount, a.Left))
	}
	c, taken, pace, err := s.cardHistory(ctx, shop, a.ExternalID, a.Amount.Currency)
	st := cardStanding{pace: pace}
	if err != nil {
		return st, err
	}
	if c == nil {
		return st, call(rewards.Errorf(rewards.Invalid, "gift_card_missing", "the shop has no %s", a.ExternalID))
	}
	err = s.reckonCard(&st, shop, c, taken, a)
	return st, err
}

// cardHistory reads a card, and how much our own debits took off it; nil where the shop has none.
func (s *Shopify) cardHistory(ctx context.Context, shop connectors.Shop, id, currency string) (c *cardNode, taken rewards.Money, pace connectors.Pace, err error) {
	taken.Currency = currency
	vars := map[string]any{"id": id, "after": nil}
	for range historyPages {
		var data struct {
			Card *cardNode `json:"giftCard"`
		}
		if pace, err = s.ask(ctx, shop, "gift_card", vars, &data); err != nil || data.Card == nil {
			return nil, taken, pace, err
		}
		c = data.Card
		for _, t := range c.Transactions.Nodes {
			if !strings.HasPrefix(t.Note, takeNote) {
				continue
			}
			m, err := t.Amount.size()
			if err == nil {
				taken, err = taken.Add(m)
			}
			if err != nil {
				return nil, taken, pace, call(err)
			}
		}
		if !c.Transactions.Page.More {
			return c, taken, pace, nil
		}
		vars["after"] = c.Transactions.Page.End
	}
	return nil, taken, pace, call(rewards.Errorf(rewards.Conflict, "credit_history_too_long", "%s has more than %d pages", id, historyPages))
}

func (s *Shopify) reckonCard(st *cardStanding, shop connectors.Shop, c *cardNode, taken rewards.Money, a rewards.TakeGiftCard) error {
	initial, err := c.Initial.money()
	if err != nil {
		return call(err)
	}
	balance, err := c.Balance.money()
	if err != nil {
		return call(err)
	}
	if initial.Currency != a.Amount.Currency || balance.Currency != a.Amount.Currency {
		return call(rewards.Errorf(rewards.Conflict, "currency_mismatch", "the gift card is in %s, not in %s", initial.Currency, a.Amount.Currency))
	}
	st.balance = max(0, balance.Minor)
	st.over = !c.Enabled || c.Expires != "" && c.Expires < s.opts.Now().In(zoneOf(shop)).Format(time.DateOnly)
	st.missing = initial.Minor - a.Left.Minor - taken.Minor
	if st.over {
		st.missing -= st.balance
	}
	st.missing = max(0, st.missing)
	return nil
}

// receipt tells how much of this take came back. What was spent cannot come back.
func (st cardStanding) receipt(a rewards.TakeGiftCard) connectors.Receipt {
	taken := rewards.Money{Minor: max(0, a.Amount.Minor-st.missing), Currency: a.Amount.Currency}
	return connectors.Receipt{ExternalID: a.ExternalID, Taken: taken, Spent: st.missing > 0, Pace: st.pace}
}

// done tells whether nothing is to be done any more.
func (st cardStanding) done(a rewards.TakeGiftCard) bool {
	return st.over || st.missing == 0 && a.Left.Minor > 0
}

// takeGiftCard brings a card down to what is to be left, or as far as it is not spent. A debit has no
// key: what was taken by all of ours is read first, and only what lacks is taken, so that a further try
// after an unclear answer takes nothing, also if the order has shrunk again meanwhile. To leave nothing
// is to switch the card off, which cannot be done twice.
func (s *Shopify) takeGiftCard(ctx context.Context, shop connectors.Shop, a rewards.TakeGiftCard) (connectors.Receipt, error) {
	for range 2 {
		st, err := s.cardStanding(ctx, shop, a)
		if err != nil {
			return connectors.Receipt{Pace: st.pace}, err
		}
		want := min(st.missing, a.Amount.Minor, st.balance)
		if st.done(a) || a.Left.Minor > 0 && want == 0 {
			return st.receipt(a), nil
		}
		if a.Left.IsZero() {
			return s.closeGiftCard(ctx, shop, a)
		}
		refusal, pace, err := s.debitGiftCard(ctx, shop, a.ExternalID, rewards.Money{Minor: want, Currency: a.Amount.Currency})
		if st.pace = pace; err != nil {
			return connectors.Receipt{Pace: pace}, err
		}
		if hasCode(refusal, "INSUFFICIENT_FUNDS") {
			continue // spent meanwhile, and nothing was taken: look again
		}
		if err := refused(refusal, false); err != nil {
			return connectors.Receipt{Pace: pace}, within("gift_card_debit", err)
		}
		st.missing -= want
		return st.receipt(a), nil
	}
	return connectors.Receipt{}, &connectors.CallError{
		Cause: rewards.Errorf(rewards.Unavailable, "credit_changing", "the gift card changed while it was debited"), After: time.Second,
	}
}

// debitGiftCard sends a debit. Without user errors there is a transaction.
func (s *Shopify) debitGiftCard(ctx context.Context, shop connectors.Shop, id string, amount rewards.Money) ([]userError, connectors.Pace, error) {
	var data struct {
		Debit *struct {
			Transaction *struct {
				ID string `json:"id"`
			} `json:"giftCardDebitTransaction"`
			UserErrors []userError `json:"userErrors"`
		} `json:"giftCardDebit"`
	}
	const operation = "gift_card_debit"
	input := map[string]any{"debitAmount": amountInput(amount), "note": takeNote}
	pace, err := s.ask(ctx, shop, operation, map[string]any{"id": id, "input": input}, &data)
	switch p := data.Debit; {
	case err != nil:
		return nil, pace, err
	case p == nil || p.Transaction == nil && len(p.UserErrors) == 0:
		return nil, pace, within(operation, connectors.Unreadable(true, "the answer has neither a transaction nor an error"))
	case p.Transaction != nil && len(p.UserErrors) > 0:
		return nil, pace, within(operation, refused(p.UserErrors, true))
	default:
		return p.UserErrors, pace, nil
	}
}

// closeGiftCard switches a card off first and asks what was left on it afterwards, so that nobody can
// slip in between.
func (s *Shopify) closeGiftCard(ctx context.Context, shop connectors.Shop, a rewards.TakeGiftCard) (connectors.Receipt, error) {
	var data struct {
		Deactivate *struct {
			Card       *cardNode   `json:"giftCard"`
			UserErrors []userError `json:"userErrors"`
		} `json:"giftCardDeactivate"`
	}
	const operation = "gift_card_deactivate"
	pace, err := s.ask(ctx, shop, operation, map[string]any{"id": a.ExternalID}, &data)
	if err != nil {
		return connectors.Receipt{Pace: pace}, err
	}
	p := data.Deactivate
	if p == nil || p.Card == nil && len(p.UserErrors) == 0 {
		return connectors.Receipt{Pace: pace}, within(operation, connectors.Unreadable(true, "the answer has neither a gift card nor an error"))
	}
	if err := refused(p.UserErrors, p.Card != nil); err != nil {
		return connectors.Receipt{Pace: pace}, within(operation, err)
	}
	r, err := s.findGiftTake(ctx, shop, a)
	if rewards.KindOf(err) == rewards.NotFound { // an old answer: it is off all the same
		err = pending("not_ended_yet", "%w", err)
	}
	return r, connectors.AfterEffect(err)
}

// findGiftTake looks whether as much has come back as should have by now.
func (s *Shopify) findGiftTake(ctx context.Context, shop connectors.Shop, a rewards.TakeGiftCard) (connectors.Receipt, error) {
	st, err := s.cardStanding(ctx, shop, a)
	if err == nil && !st.done(a) {
		err = connectors.NotDone("%s is to come off %s down to %s", a.Amount, a.ExternalID, a.Left)
	}
	if err != nil {
		return connectors.Receipt{Pace: st.pace}, err
	}
	return st.receipt(a), nil
}
