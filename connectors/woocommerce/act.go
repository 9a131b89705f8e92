package woocommerce

import (
	"context"

	"grapevine/connectors"
	"grapevine/rewards"
)

// Do carries out an action once. WooCommerce has no idempotency keys, so key is not sent: what makes a
// repetition harmless is a code that is ours already, or a value that is set to what it is.
//
// Every error is a *connectors.CallError. Kind Conflict, code code_exists_in_shop: the code belongs to a
// coupon that is not ours. Invalid: echo_mismatch (the shop dropped a part of the terms, the text says which;
// nobody can use the coupon), wrong_currency, customer_without_email, bad_discount, bad_credit, or the shop's own code.
func (w *WooCommerce) Do(ctx context.Context, shop connectors.Shop, _ string, a rewards.Action) (connectors.Receipt, error) {
	if err := ownMoney(shop, a); err != nil {
		return connectors.Receipt{}, err
	}
	switch a := a.(type) {
	case rewards.PublishOffer:
		return w.publishOffer(ctx, shop, a)
	case rewards.ChangeOffer:
		return w.changeOffer(ctx, shop, a)
	case rewards.AddCodes:
		return w.addCodes(ctx, shop, a)
	case rewards.RetireCode:
		return w.retireCode(ctx, shop, a)
	case rewards.IssueCode:
		return w.issueCode(ctx, shop, a)
	case rewards.ReduceCode:
		return w.reduceCode(ctx, shop, a)
	case rewards.WithdrawCode:
		return w.withdrawCode(ctx, shop, a)
	case rewards.GrantCredit:
		return w.grantCredit(ctx, shop, a)
	case rewards.TakeCredit:
		return w.takeCredit(ctx, shop, a)
	}
	return connectors.Receipt{}, call(rewards.Errorf(rewards.Internal, "no_such_action", "woocommerce cannot do a %T", a))
}

// ownMoney refuses amounts in another currency than the shop's: a coupon has none, and would be as many of the
// shop's. Kind Invalid, code wrong_currency.
func ownMoney(shop connectors.Shop, a rewards.Action) error {
	var all []rewards.Money
	off := func(d rewards.Discount) { all = append(all, d.Amount, d.Minimum) }
	switch a := a.(type) {
	case rewards.PublishOffer:
		off(a.Discount)
	case rewards.ChangeOffer:
		off(a.Offer.Discount)
	case rewards.AddCodes:
		off(a.Offer.Discount)
	case rewards.IssueCode:
		off(a.Discount)
	case rewards.ReduceCode:
		all = append(all, a.Amount)
	case rewards.GrantCredit:
		all = append(all, a.Amount)
	case rewards.TakeCredit:
		all = append(all, a.Amount)
	}
	for _, m := range all {
		if !m.IsZero() && m.Currency != shop.Currency {
			return call(rewards.Errorf(rewards.Invalid, "wrong_currency", "%s in a shop that sells in %.8q", m, shop.Currency))
		}
	}
	return nil
}

// Find looks whether an action was carried out earlier, and changes nothing. Kind NotFound: it was not, or
// not to its end; Conflict: the code is taken by something that is not ours, or ours was altered in the shop.
func (w *WooCommerce) Find(ctx context.Context, shop connectors.Shop, a rewards.Action) (connectors.Receipt, error) {
	switch a := a.(type) {
	case rewards.PublishOffer:
		return w.findOffer(ctx, shop, a)
	case rewards.ChangeOffer:
		return w.findChange(ctx, shop, a)
	case rewards.AddCodes:
		return w.findCodes(ctx, shop, a)
	case rewards.RetireCode:
		return w.findRetired(ctx, shop, a)
	case rewards.IssueCode:
		return w.findIssued(ctx, shop, a)
	case rewards.ReduceCode:
		return w.findReduced(ctx, shop, a)
	case rewards.WithdrawCode:
		return w.findWithdrawn(ctx, shop, a)
	case rewards.GrantCredit:
		return w.findGrant(ctx, shop, a)
	case rewards.TakeCredit:
		return w.findTake(ctx, shop, a)
	}
	return connectors.Receipt{}, call(rewards.Errorf(rewards.Internal, "no_such_action", "woocommerce cannot find a %T", a))
}

// mismatch is what is said of a coupon that the shop made otherwise than it was asked.
func mismatch(c coupon, differs string) error {
	return call(rewards.Errorf(rewards.Invalid, "echo_mismatch", "coupon %d came back with another %s", int64(c.ID), differs))
}

// changing is said where a coupon that was just seen is not there any more: the next try begins anew.
func changing(err error) error {
	if rewards.KindOf(err) != rewards.NotFound {
		return err
	}
	return &connectors.CallError{Cause: rewards.Errorf(rewards.Unavailable, "code_changing", "%w", err), Unclear: connectors.AsCallError(err).Unclear}
}
