package stripe

import (
	"cmp"
	"context"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
)

// issueCode makes a coupon and a promotion code for one customer, to be used once. Where the text is there
// already it may be our own, made by a try whose answer was lost.
func (c *caller) issueCode(ctx context.Context, key string, a rewards.IssueCode) (connectors.Receipt, error) {
	t, err := issueTerms(a)
	if err != nil {
		return connectors.Receipt{}, err
	}
	r, err := c.findIssued(ctx, a)
	if err == nil || !isMissing(err) {
		return r, err
	}
	coupon, err := c.ensureCoupon(ctx, key, t)
	if err != nil {
		return connectors.Receipt{}, err
	}
	b, err := c.newPromotion(ctx, key, a.Code, coupon.ID, t)
	if kind := rewards.KindOf(err); kind == rewards.Invalid || kind == rewards.Conflict {
		if r, found := c.findIssued(ctx, a); !isMissing(found) {
			return r, found
		}
	}
	if err != nil {
		return connectors.Receipt{}, err
	}
	return b.receipt(b.ID), nil
}

// findIssued looks for a promotion code of the reward: the one that works, or that was used, or whose time is
// over. One that was switched off before that is none. A code that was brought down goes by the id of the first of its
// promotion codes, as the books know it.
func (c *caller) findIssued(ctx context.Context, a rewards.IssueCode) (connectors.Receipt, error) {
	t, err := issueTerms(a)
	if err != nil {
		return connectors.Receipt{}, err
	}
	there, err := c.byCode(ctx, a.Code, false)
	if err != nil {
		return connectors.Receipt{}, err
	}
	first, others := "", false
	var found *promotionBody
	for _, b := range there { // the newest first
		switch {
		case !b.ours(a.RewardID):
			others = others || b.Active
		case b.Metadata[metaReplaced] != "":
			first = b.ID
		case (b.Active || b.Used > 0 || b.expired(c.at)) && b.Coupon.worth(t) && b.Customer.ID == t.customer:
			found = &b
		default:
			others = others || b.Active
		}
	}
	switch {
	case found != nil:
		return found.receipt(cmp.Or(first, found.ID)), nil
	case others:
		return connectors.Receipt{}, connectors.CodeTaken(a.Code)
	}
	return connectors.Receipt{}, connectors.NotDone("nobody has the code %q for %s", a.Code, a.RewardID)
}

// rewardCode is what is there of a reward's code. A code that was reduced is several promotion codes of one
// text, of which one works.
type rewardCode struct {
	known promotionBody // the one that was asked for
	live  []promotionBody
	spent *promotionBody
	moved bool // one made room for another, which may be still to come
}

// rewardCode reads the promotion codes of a reward's code. Kind NotFound: the one that was asked for is gone.
func (c *caller) rewardCode(ctx context.Context, id, code string) (rewardCode, error) {
	known, err := c.promotion(ctx, id)
	if err != nil {
		return rewardCode{}, err
	}
	all, err := c.byCode(ctx, code, false)
	if err != nil {
		return rewardCode{}, err
	}
	r := rewardCode{known: known}
	for _, b := range all {
		if b.ID != id && (!b.ours(known.Metadata[metaSubject]) || known.Metadata[metaSubject] == "") {
			continue
		}
		if b.Active {
			r.live = append(r.live, b)
		}
		if b.Used > 0 && r.spent == nil {
			r.spent = &b
		}
		r.moved = r.moved || b.Metadata[metaReplaced] != ""
	}
	return r, nil
}

// before tells whether a reduction is still to be made: what there is to say otherwise is the receipt. The
// books go on knowing the code by the id that they have.
func (r rewardCode) before(t terms, now time.Time) (receipt connectors.Receipt, needed bool) {
	switch {
	case r.spent != nil:
		return r.spent.receipt(r.known.ID), false
	case len(r.live) == 1 && r.live[0].Coupon.worth(t):
		return r.live[0].receipt(r.known.ID), false
	case len(r.live) == 0 && (!r.moved || r.known.expired(now)): // it ran out, or somebody switched it off: it stays so
		return r.known.receipt(r.known.ID), false
	}
	return connectors.Receipt{}, true
}

// reduced are the terms of a code that is brought down: its own, for less.
func (r rewardCode) reduced(a rewards.ReduceCode) (terms, error) {
	b := r.known
	t, err := termsOf(b.Metadata[metaSubject], b.Coupon.Name, rewards.Discount{Amount: payable(a.Amount)}, unix(b.Expires))
	t.uses, t.customer, t.minimum, t.minimumCurrency, t.first = b.Uses, b.Customer.ID, b.Limits.Minimum, b.Limits.Currency, b.Limits.First
	if err == nil && t.subject == "" {
		err = rewards.Errorf(rewards.Conflict, "code_gone", "%s is not ours any more", b.ID)
	}
	return t, err
}

// reduceCode makes a coupon of less and moves the code's text to it: neither an amount nor a code's coupon can
// be changed. The old one is switched off first. Whoever uses it before that has spent the reward, and the
// receipt says so.
func (c *caller) reduceCode(ctx context.Context, key string, a rewards.ReduceCode) (connectors.Receipt, error) {
	if payable(a.Amount).IsZero() { // less than any coupon can be
		return c.withdrawCode(ctx, key, rewards.WithdrawCode{ExternalID: a.ExternalID, Code: a.Code})
	}
	r, err := c.reducible(ctx, a)
	if err != nil {
		return connectors.Receipt{}, err
	}
	t, err := r.reduced(a)
	if err != nil {
		return connectors.Receipt{}, err
	}
	if receipt, needed := r.before(t, c.at); !needed {
		return receipt, nil
	}
	coupon, err := c.ensureCoupon(ctx, key, t)
	if err != nil {
		return connectors.Receipt{}, err
	}
	for _, b := range r.live {
		if err := c.switchOff(ctx, key, b.ID, coupon.ID); err != nil {
			return connectors.Receipt{}, err
		}
	}
	if r, err = c.rewardCode(ctx, a.ExternalID, a.Code); err != nil {
		return connectors.Receipt{}, connectors.AfterEffect(err)
	}
	if r.spent != nil {
		return r.spent.receipt(a.ExternalID), nil
	}
	b, err := c.newPromotion(ctx, key, r.known.Code, coupon.ID, t, a.ExternalID)
	if err != nil {
		return connectors.Receipt{}, err
	}
	return b.receipt(a.ExternalID), nil
}

func (c *caller) findReduced(ctx context.Context, a rewards.ReduceCode) (connectors.Receipt, error) {
	if payable(a.Amount).IsZero() {
		return c.findWithdrawn(ctx, rewards.WithdrawCode{ExternalID: a.ExternalID, Code: a.Code})
	}
	r, err := c.reducible(ctx, a)
	if err != nil {
		return connectors.Receipt{}, err
	}
	t, err := r.reduced(a)
	if err != nil {
		return connectors.Receipt{}, err
	}
	receipt, needed := r.before(t, c.at)
	if needed {
		return connectors.Receipt{}, connectors.NotDone("the code %q has another amount", a.Code)
	}
	return receipt, nil
}

// reducible is rewardCode for a code that must be there.
func (c *caller) reducible(ctx context.Context, a rewards.ReduceCode) (rewardCode, error) {
	r, err := c.rewardCode(ctx, a.ExternalID, a.Code)
	if isMissing(err) {
		return r, call(rewards.Errorf(rewards.Conflict, "code_gone", "Stripe knows no %s with the code %q", a.ExternalID, a.Code))
	}
	return r, err
}

// withdrawCode switches a reward's code off first and asks how often it was used afterwards, so that nobody
// can slip in between.
func (c *caller) withdrawCode(ctx context.Context, key string, a rewards.WithdrawCode) (connectors.Receipt, error) {
	r, err := c.rewardCode(ctx, a.ExternalID, a.Code)
	if isMissing(err) {
		return connectors.Receipt{ExternalID: a.ExternalID}, nil
	}
	if err != nil {
		return connectors.Receipt{}, err
	}
	for _, b := range r.live {
		if err := c.switchOff(ctx, key, b.ID, ""); err != nil {
			return connectors.Receipt{}, err
		}
	}
	receipt, err := c.findWithdrawn(ctx, a)
	if isMissing(err) { // an old answer: it is off all the same
		err = pending("not_ended_yet", "%w", err)
	}
	if len(r.live) > 0 {
		err = connectors.AfterEffect(err)
	}
	return receipt, err
}

// findWithdrawn is content with a code that Stripe knows no more.
func (c *caller) findWithdrawn(ctx context.Context, a rewards.WithdrawCode) (connectors.Receipt, error) {
	r, err := c.rewardCode(ctx, a.ExternalID, a.Code)
	switch {
	case isMissing(err):
		return connectors.Receipt{ExternalID: a.ExternalID}, nil
	case err != nil:
		return connectors.Receipt{}, err
	case len(r.live) > 0:
		return connectors.Receipt{}, connectors.NotDone("the code %q still works", a.Code)
	case r.spent != nil:
		return r.spent.receipt(a.ExternalID), nil
	}
	return r.known.receipt(a.ExternalID), nil
}
