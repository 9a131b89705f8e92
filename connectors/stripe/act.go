package stripe

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"grapevine/connectors"
	"grapevine/rewards"
)

// The keys of metadata by which what is ours is known.
const (
	metaSubject  = "grapevine"          // of coupons and promotion codes: the programme's name or the reward's id
	metaReplaced = "grapevine_replaced" // of a promotion code that made room: the coupon that its text moves to
	metaReward   = "grapevine_reward"   // of a credit: the reward's id
	metaTakes    = "grapevine_takes"    // of a debit: the credit's transaction
	metaReturns  = "grapevine_returns"  // of a credit: the debit that took more than there was
)

// Do carries out an action once. key is the same on every try; each call that writes is sent under a key of
// its own that is made of it, so that Stripe itself refuses to do it twice for a day. After that what makes a
// repetition harmless is a coupon's id, a code's text, or metadata, which are read before anything is written.
//
// Every error is a *connectors.CallError. Kind Conflict, code code_exists_in_shop: the code belongs to a
// promotion that is not ours. Other lasting refusals are Invalid with Stripe's code.
func (s *Stripe) Do(ctx context.Context, shop connectors.Shop, key string, a rewards.Action) (connectors.Receipt, error) {
	c, err := s.caller(shop)
	if err != nil {
		return connectors.Receipt{}, err
	}
	var r connectors.Receipt
	switch a := a.(type) {
	case rewards.PublishOffer:
		r, err = c.publishOffer(ctx, key, a)
	case rewards.ChangeOffer:
		r, err = c.publishOffer(ctx, key, a.Offer)
	case rewards.AddCodes:
		r, err = c.addCodes(ctx, key, a)
	case rewards.RetireCode:
		r, err = c.retireCode(ctx, key, a)
	case rewards.IssueCode:
		r, err = c.issueCode(ctx, key, a)
	case rewards.ReduceCode:
		r, err = c.reduceCode(ctx, key, a)
	case rewards.WithdrawCode:
		r, err = c.withdrawCode(ctx, key, a)
	case rewards.GrantCredit:
		r, err = c.grantCredit(ctx, key, a)
	case rewards.TakeCredit:
		r, err = c.takeCredit(ctx, key, a)
	default:
		err = rewards.Errorf(rewards.Internal, "no_such_action", "stripe cannot do a %T", a)
	}
	return r, callOf(err)
}

// Find looks whether an action was carried out earlier, and changes nothing. Kind NotFound: it was not;
// Conflict: the code is taken by something that is not ours.
func (s *Stripe) Find(ctx context.Context, shop connectors.Shop, a rewards.Action) (connectors.Receipt, error) {
	c, err := s.caller(shop)
	if err != nil {
		return connectors.Receipt{}, err
	}
	var r connectors.Receipt
	switch a := a.(type) {
	case rewards.PublishOffer:
		r, err = c.findOffer(ctx, a)
	case rewards.ChangeOffer:
		r, err = c.findOffer(ctx, a.Offer)
	case rewards.AddCodes:
		r, err = c.findCodes(ctx, a)
	case rewards.RetireCode:
		r, err = c.findRetired(ctx, a)
	case rewards.IssueCode:
		r, err = c.findIssued(ctx, a)
	case rewards.ReduceCode:
		r, err = c.findReduced(ctx, a)
	case rewards.WithdrawCode:
		r, err = c.findWithdrawn(ctx, a)
	case rewards.GrantCredit:
		r, err = c.findGrant(ctx, a)
	case rewards.TakeCredit:
		r, err = c.findTake(ctx, a)
	default:
		err = rewards.Errorf(rewards.Internal, "no_such_action", "stripe cannot find a %T", a)
	}
	return r, callOf(err)
}

// stepKey is the Idempotency-Key of one call of an action: equal on every try of the same call with the same
// parameters, which parts must tell. Stripe takes 255 characters.
func stepKey(key string, parts ...string) string {
	sum := sha256.Sum256([]byte(key + "\x00" + strings.Join(parts, "\x00")))
	return "grapevine-" + hex.EncodeToString(sum[:20])
}

// keptAnswers bounds how many stored answers in a row are set aside: the tries of some ten minutes, so that a
// trouble of Stripe's that is over sooner does not cost the day for which a failure is stored.
const keptAnswers = 8

// create makes a thing by a call that is sent once for a key. Where Stripe answers with what it had stored for
// the key, which can be a failure long past, or a thing that somebody has removed since, stands looks whether
// the thing is there now; if not, the call is made under a further key.
func (c *caller) create(ctx context.Context, do func(n string) error, stands func() (bool, error)) error {
	var err error
	for i := range keptAnswers {
		n := ""
		if i > 0 {
			n = strconv.Itoa(i + 1)
		}
		if err = do(n); !c.wire.exchange.replayed() {
			return err
		}
		there, failed := stands()
		if failed != nil {
			return connectors.AfterEffect(failed)
		}
		if there {
			return nil
		}
	}
	if err == nil {
		err = pending("not_there_yet", "Stripe says that it was made, and does not show it")
	}
	return err
}
