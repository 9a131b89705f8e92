package shopifytest

import (
	"regexp"
	"strings"
	"time"
)

// giftCodeForm is what a gift card's code may be made of. Source: GiftCardCreateInput.code.
var giftCodeForm = regexp.MustCompile(`^[a-z0-9]+$`)

const (
	shortestGiftCode = 8
	longestGiftCode  = 20
)

// giftCardCreate is giftCardCreate. It has no idempotency; a code is unique in the shop.
func (s *Shop) giftCardCreate(args map[string]any) (*object, error) {
	in := mapArg(args, "input")
	refuse := func(code, message string, path ...string) (*object, error) {
		p := payload("GiftCardCreatePayload", "giftCard", nil, userError("GiftCardUserError", code, message, append([]string{"input"}, path...)...))
		p.fields["giftCardCode"] = nil
		return p, nil
	}
	if mapArg(in, "initialAmount") == nil {
		return refuse("MISSING_ARGUMENT", "Initial amount is required", "initialAmount")
	}
	amount, currency, err := moneyInput(mapArg(in, "initialAmount"))
	if err != nil {
		return nil, err
	}
	limit, err := ParseMoney(s.opts.GiftCardLimit, s.opts.Currency)
	if err != nil {
		return nil, err
	}
	switch {
	case currency != s.opts.Currency:
		return refuse("INVALID", "Currency is not the shop's", "initialAmount", "currencyCode")
	case amount <= 0:
		return refuse("GREATER_THAN", "Initial value must be greater than 0", "initialAmount", "amount")
	case amount > limit.Minor:
		return refuse("GIFT_CARD_LIMIT_EXCEEDED", "Initial value exceeds the limit of gift cards", "initialAmount", "amount")
	}
	g := &GiftCard{Code: strings.ToLower(stringArg(in, "code")), Initial: Money{amount, currency}, Note: stringArg(in, "note")}
	if g.Code == "" {
		g.Code = strings.ReplaceAll(s.uuid(), "-", "")[:16]
	}
	if code, message := s.checkGiftCode(g.Code); code != "" {
		return refuse(code, message, "code")
	}
	if id := stringArg(in, "customerId"); id != "" {
		if !s.granted("write_customers") {
			return nil, denied("customerId", "write_customers")
		}
		g.CustomerID, _ = idOf("Customer", id)
		if s.state.Customers[g.CustomerID] == nil {
			return refuse("CUSTOMER_NOT_FOUND", "The customer could not be found", "customerId")
		}
	}
	if g.ExpiresOn = stringArg(in, "expiresOn"); g.ExpiresOn != "" {
		if _, err := time.Parse(time.DateOnly, g.ExpiresOn); err != nil {
			return nil, badInput("expiresOn: %q is no date", g.ExpiresOn)
		}
		if g.ExpiresOn < s.today() {
			return refuse("INVALID", "Expiry date must be in the future", "expiresOn")
		}
	}
	s.remember()
	s.keepGiftCard(g)
	p := payload("GiftCardCreatePayload", "giftCard", s.giftCardObject(s.state, g))
	p.fields["giftCardCode"] = g.Code
	return p, nil
}

func (s *Shop) checkGiftCode(code string) (errorCode, message string) {
	switch {
	case !giftCodeForm.MatchString(code):
		return "INVALID", "Code can only contain letters and numbers"
	case len(code) < shortestGiftCode:
		return "TOO_SHORT", "Code is too short (minimum is 8 characters)"
	case len(code) > longestGiftCode:
		return "TOO_LONG", "Code is too long (maximum is 20 characters)"
	case s.state.GiftCardByCode(code) != nil:
		return "TAKEN", "Code has already been taken"
	}
	return "", ""
}

// giftCardDebit is giftCardDebit: the same call twice debits twice.
func (s *Shop) giftCardDebit(args map[string]any) (*object, error) {
	const typ, field = "GiftCardDebitPayload", "giftCardDebitTransaction"
	refuse := func(code, message string, path ...string) (*object, error) {
		return payload(typ, field, nil, userError("GiftCardTransactionUserError", code, message, path...)), nil
	}
	in := mapArg(args, "debitInput")
	amount, currency, err := moneyInput(mapArg(in, "debitAmount"))
	if err != nil {
		return nil, err
	}
	n, _ := idOf("GiftCard", stringArg(args, "id"))
	g := s.state.GiftCards[n]
	switch {
	case g == nil:
		return refuse("GIFT_CARD_NOT_FOUND", "The gift card could not be found", "id")
	case currency != g.Balance.Currency:
		return refuse("MISMATCHING_CURRENCY", "The currency does not match that of the gift card", "debitInput", "debitAmount", "currencyCode")
	case amount <= 0:
		return refuse("NEGATIVE_OR_ZERO_AMOUNT", "A positive amount must be used", "debitInput", "debitAmount", "amount")
	case !s.redeems(g):
		return refuse("INVALID", "The gift card is deactivated or expired", "id")
	case amount > g.Balance.Minor:
		return refuse("INSUFFICIENT_FUNDS", "The gift card does not have sufficient funds", "debitInput", "debitAmount", "amount")
	}
	s.remember()
	t := s.moveGiftCard(g, -amount, stringArg(in, "note"))
	return payload(typ, field, s.giftTransactionObject(s.state, g, t)), nil
}

// giftCardDeactivate is giftCardDeactivate; deactivating twice is no error, and what was left on the
// card stays to be seen.
func (s *Shop) giftCardDeactivate(args map[string]any) (*object, error) {
	n, _ := idOf("GiftCard", stringArg(args, "id"))
	g := s.state.GiftCards[n]
	if g == nil {
		return payload("GiftCardDeactivatePayload", "giftCard", nil,
			userError("GiftCardDeactivateUserError", "GIFT_CARD_NOT_FOUND", "The gift card could not be found", "id")), nil
	}
	if g.DeactivatedAt == nil {
		s.remember()
		now := s.now()
		g.DeactivatedAt, g.UpdatedAt = &now, now
	}
	return payload("GiftCardDeactivatePayload", "giftCard", s.giftCardObject(s.state, g)), nil
}

// giftCardPage answers giftCards. A query without a key searches in many fields; here in the code.
// Source: giftCards.query, filter "default".
func (s *Shop) giftCardPage(st *State, args map[string]any) (any, error) {
	query := stringArg(args, "query")
	if strings.ContainsAny(query, ": ") {
		return nil, &queryError{"the simulator searches gift cards by their code alone", "NOT_SIMULATED"}
	}
	var items []item
	for _, g := range st.GiftCards {
		if query == "" || strings.EqualFold(g.Code, query) {
			items = append(items, item{sortKey(g.ID), func() *object { return s.giftCardObject(st, g) }})
		}
	}
	return connection("GiftCardConnection", items)(args)
}

// giftCardObject is a GiftCard, or nil.
func (s *Shop) giftCardObject(st *State, g *GiftCard) *object {
	if g == nil {
		return nil
	}
	last := g.Code[max(0, len(g.Code)-4):]
	return &object{"GiftCard", map[string]any{
		"id": gid("GiftCard", g.ID), "initialValue": moneyObject(g.Initial), "balance": moneyObject(g.Balance),
		"createdAt": stamp(g.CreatedAt), "updatedAt": stamp(g.UpdatedAt), "deactivatedAt": stampOrNil(g.DeactivatedAt),
		"enabled": g.DeactivatedAt == nil, "expiresOn": orNil(g.ExpiresOn), "note": orNil(g.Note),
		"lastCharacters": last, "maskedCode": "•••• •••• •••• " + last,
		"customer": lazy(func(map[string]any) (any, error) { return s.customerObject(st, g.CustomerID), nil }),
		"transactions": lazy(func(args map[string]any) (any, error) {
			if !s.granted("read_gift_card_transactions") {
				return nil, denied("transactions", "read_gift_card_transactions")
			}
			return connection("GiftCardTransactionConnection", numbered(len(g.Transactions), func(i int) *object {
				return s.giftTransactionObject(st, g, g.Transactions[i])
			}))(args)
		}),
	}}
}

func (s *Shop) giftTransactionObject(st *State, g *GiftCard, t *GiftCardTransaction) *object {
	typ := "GiftCardDebitTransaction"
	if t.Amount.Minor > 0 {
		typ = "GiftCardCreditTransaction"
	}
	return &object{typ, map[string]any{
		"id": gid(typ, t.ID), "amount": moneyObject(t.Amount), "note": orNil(t.Note), "processedAt": stamp(t.At),
		"giftCard": lazy(func(map[string]any) (any, error) { return s.giftCardObject(st, g), nil }),
	}}
}
