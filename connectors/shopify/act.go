package shopify

import (
	"context"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
)

// RefAccount is the key in Receipt.Refs of a store credit's account; RefNewest, of the account's newest
// transaction, which a TakeCredit wants back in After; RefGiftCode, of the code by which the shop knows a
// gift card: that which was minted, as Shopify spells it.
const (
	RefAccount  = rewards.RefAccount
	RefNewest   = rewards.RefNewest
	RefGiftCode = rewards.RefCode
)

// Do carries out an action once. Shopify has no idempotency key for any of them, so key is not sent:
// what makes a repetition harmless is a code that is unique in the shop, or reading back (Find).
//
// Every error is a *connectors.CallError. Kind Conflict, code code_exists_in_shop: the code belongs to
// a discount that is not ours. Other lasting refusals are Invalid with Shopify's code in lower case.
func (s *Shopify) Do(ctx context.Context, shop connectors.Shop, _ string, a rewards.Action) (connectors.Receipt, error) {
	switch a := a.(type) {
	case rewards.PublishOffer:
		return s.publishOffer(ctx, shop, a)
	case rewards.ChangeOffer:
		return s.changeOffer(ctx, shop, a)
	case rewards.AddCodes:
		return s.addCodes(ctx, shop, a)
	case rewards.RetireCode:
		return s.retireCode(ctx, shop, a)
	case rewards.IssueCode:
		return s.issueCode(ctx, shop, a)
	case rewards.ReduceCode:
		return s.reduceCode(ctx, shop, a)
	case rewards.WithdrawCode:
		return s.withdrawCode(ctx, shop, a)
	case rewards.GrantCredit:
		return s.grantCredit(ctx, shop, a)
	case rewards.TakeCredit:
		return s.takeCredit(ctx, shop, a)
	case rewards.IssueGiftCard:
		return s.issueGiftCard(ctx, shop, a)
	case rewards.TakeGiftCard:
		return s.takeGiftCard(ctx, shop, a)
	case rewards.AddTag:
		return s.addTag(ctx, shop, a)
	case rewards.RemoveTag:
		return s.removeTag(ctx, shop, a)
	}
	return connectors.Receipt{}, call(rewards.Errorf(rewards.Internal, "no_such_action", "shopify cannot do a %T", a))
}

// Find looks whether an action was carried out earlier, and changes nothing. Kind NotFound: it was not,
// or the shop does not show it yet; Conflict: the code is taken by something that is not ours.
func (s *Shopify) Find(ctx context.Context, shop connectors.Shop, a rewards.Action) (connectors.Receipt, error) {
	switch a := a.(type) {
	case rewards.PublishOffer:
		return s.findOffer(ctx, shop, a)
	case rewards.ChangeOffer:
		return s.findChange(ctx, shop, a)
	case rewards.AddCodes:
		return s.findCodes(ctx, shop, a)
	case rewards.RetireCode:
		return s.findRetired(ctx, shop, a)
	case rewards.IssueCode:
		return s.findIssued(ctx, shop, a)
	case rewards.ReduceCode:
		return s.findReduced(ctx, shop, a)
	case rewards.WithdrawCode:
		return s.findWithdrawn(ctx, shop, a)
	case rewards.GrantCredit:
		return s.findGrant(ctx, shop, a)
	case rewards.TakeCredit:
		return s.findTake(ctx, shop, a)
	case rewards.IssueGiftCard:
		return s.findGiftCard(ctx, shop, a)
	case rewards.TakeGiftCard:
		return s.findGiftTake(ctx, shop, a)
	case rewards.AddTag:
		return s.findTag(ctx, shop, a)
	case rewards.RemoveTag:
		return s.findNoTag(ctx, shop, a)
	}
	return connectors.Receipt{}, call(rewards.Errorf(rewards.Internal, "no_such_action", "shopify cannot find a %T", a))
}

// pending says that the shop has begun and not ended: it must be looked at later.
func pending(code, format string, args ...any) error {
	return &connectors.CallError{Cause: rewards.Errorf(rewards.Unavailable, code, format, args...), Unclear: true, After: 5 * time.Second}
}

// pause waits between two looks at the shop.
func (s *Shopify) pause(ctx context.Context) error {
	t := time.NewTimer(s.opts.Poll)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return pending("shop_busy", "%w", context.Cause(ctx))
	case <-t.C:
		return nil
	}
}
