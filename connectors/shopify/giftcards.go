package shopify

import (
	"context"
	"slices"
	"strings"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
)

// The length of a gift card's code, of the characters a-z and 0-9. Source: GiftCardCreateInput.code.
const (
	shortestGiftCode = 8
	longestGiftCode  = 20
)

// cardNode is a gift card. Its code is never shown again, only the last four characters.
type cardNode struct {
	ID       string    `json:"id"`
	Note     string    `json:"note"`
	Initial  moneyNode `json:"initialValue"`
	Balance  moneyNode `json:"balance"`
	Enabled  bool      `json:"enabled"`
	Expires  string    `json:"expiresOn"` // a date, "" for never
	Last     string    `json:"lastCharacters"`
	Customer *struct {
		ID string `json:"id"`
	} `json:"customer"`
	Transactions struct {
		Nodes []struct {
			Note   string    `json:"note"`
			Amount moneyNode `json:"amount"`
		} `json:"nodes"`
		Page pageInfo `json:"pageInfo"`
	} `json:"transactions"`
}

// giftCode folds a minted code into what Shopify takes: GV-7Q2M-XYZW-4N8P is gv7q2mxyzw4n8p. Shopify
// compares without regard to case; whether it passes over hyphens at checkout is not known, so shoppers
// should be shown this form (RefGiftCode).
func giftCode(minted string) (string, error) {
	code := strings.Map(func(r rune) rune {
		switch {
		case 'A' <= r && r <= 'Z':
			return r - 'A' + 'a'
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
			return r
		}
		return -1
	}, minted)
	if len(code) < shortestGiftCode || len(code) > longestGiftCode {
		return "", rewards.Errorf(rewards.Invalid, "bad_code", "a gift card's code has %d to %d letters and digits, this one %d", shortestGiftCode, longestGiftCode, len(code))
	}
	return code, nil
}

// giftInput is the GiftCardCreateInput of a reward. Its note marks the card as ours. The expiry is a day:
// that on which the reward expires where the shop is.
func giftInput(shop connectors.Shop, a rewards.IssueGiftCard) (map[string]any, error) {
	customer, err := gid("Customer", a.CustomerID)
	if err != nil {
		return nil, err
	}
	code, err := giftCode(a.Code)
	if err != nil {
		return nil, err
	}
	if a.Amount.Minor <= 0 || a.RewardID == "" {
		return nil, rewards.Errorf(rewards.Invalid, "bad_gift_card", "%s for %q: wants an amount above zero and a reward", a.Amount, a.RewardID)
	}
	in := map[string]any{
		"code": code, "customerId": customer, "initialAmount": amountInput(a.Amount), "note": markOf(a.RewardID) + ": reward",
	}
	if !a.ExpiresAt.IsZero() {
		in["expiresOn"] = a.ExpiresAt.In(zoneOf(shop)).Format(time.DateOnly)
	}
	return in, nil
}

// zoneOf is where the shop's days begin and end; UTC where it is not known.
func zoneOf(shop connectors.Shop) *time.Location {
	zone, err := time.LoadLocation(shop.TimeZone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// issueGiftCard makes a gift card. A code that is taken is looked at: it may be that of a try whose
// answer was lost. GIFT_CARD_LIMIT_EXCEEDED is lasting: the amount is above what the shop's cards may
// have, 2,000 USD or less. Source: Shopify's changelog, "New maximum value for gift cards".
func (s *Shopify) issueGiftCard(ctx context.Context, shop connectors.Shop, a rewards.IssueGiftCard) (connectors.Receipt, error) {
	input, err := giftInput(shop, a)
	if err != nil {
		return connectors.Receipt{}, call(err)
	}
	var data struct {
		Create *struct {
			Card       *cardNode   `json:"giftCard"`
			UserErrors []userError `json:"userErrors"`
		} `json:"giftCardCreate"`
	}
	const operation = "gift_card_create"
	pace, err := s.ask(ctx, shop, operation, map[string]any{"input": input}, &data)
	if err != nil {
		return connectors.Receipt{Pace: pace}, err
	}
	p := data.Create
	if p == nil || p.Card == nil && len(p.UserErrors) == 0 {
		return connectors.Receipt{Pace: pace}, within(operation, connectors.Unreadable(true, "the answer has neither a gift card nor an error"))
	}
	if p.Card == nil && hasCode(p.UserErrors, "TAKEN") {
		r, err := s.findGiftCard(ctx, shop, a)
		if rewards.KindOf(err) == rewards.NotFound {
			err = pending("code_not_shown", "the code of %s exists and is not shown yet", a.RewardID)
		}
		return r, err
	}
	if err := refused(p.UserErrors, p.Card != nil); err != nil {
		return connectors.Receipt{Pace: pace}, within(operation, err)
	}
	return giftReceipt(a, p.Card, pace), nil
}

func giftReceipt(a rewards.IssueGiftCard, c *cardNode, pace connectors.Pace) connectors.Receipt {
	code, _ := giftCode(a.Code) // it was checked before it was sent
	return connectors.Receipt{ExternalID: c.ID, Refs: map[string]string{RefGiftCode: code}, Pace: pace}
}

// findGiftCard searches for the code and knows the card by our mark, its customer and its amount: what it was
// made with, less what we took back since. One with the code's last characters and another mark is somebody
// else's.
func (s *Shopify) findGiftCard(ctx context.Context, shop connectors.Shop, a rewards.IssueGiftCard) (connectors.Receipt, error) {
	input, err := giftInput(shop, a)
	if err != nil {
		return connectors.Receipt{}, call(err)
	}
	code := input["code"].(string)
	var data struct {
		Cards struct {
			Nodes []*cardNode `json:"nodes"`
		} `json:"giftCards"`
	}
	pace, err := s.ask(ctx, shop, "gift_card_find", map[string]any{"code": code}, &data)
	if err != nil {
		return connectors.Receipt{Pace: pace}, err
	}
	sameCode := slices.DeleteFunc(data.Cards.Nodes, func(c *cardNode) bool {
		return c == nil || !strings.EqualFold(c.Last, code[max(0, len(code)-len(c.Last)):])
	})
	for _, c := range sameCode {
		owned := c.Customer == nil || c.Customer.ID == input["customerId"] // she may have been erased
		if !strings.HasPrefix(c.Note, markOf(a.RewardID)+":") || !owned {
			continue
		}
		same := c.Initial.is(a.Amount)
		if !same {
			if same, pace, err = s.reducedTo(ctx, shop, c, a.Amount); err != nil {
				return connectors.Receipt{Pace: pace}, err
			}
		}
		if same {
			return giftReceipt(a, c, pace), nil
		}
	}
	if len(sameCode) > 0 {
		return connectors.Receipt{Pace: pace}, call(rewards.Errorf(rewards.Conflict, "code_exists_in_shop", "the code of %s is that of a gift card that is not ours", a.RewardID))
	}
	return connectors.Receipt{Pace: pace}, connectors.NotDone("no gift card of %s", a.RewardID)
}

// reducedTo tells whether our own debits have brought a card from what it was made with down to an amount.
func (s *Shopify) reducedTo(ctx context.Context, shop connectors.Shop, c *cardNode, amount rewards.Money) (bool, connectors.Pace, error) {
	card, taken, pace, err := s.cardHistory(ctx, shop, c.ID, amount.Currency)
	if err != nil || card == nil {
		return false, pace, err
	}
	initial, err := card.Initial.money()
	if err != nil {
		return false, pace, call(err)
	}
	left, err := initial.Sub(taken)
	return err == nil && left == amount, pace, nil
}
