package woocommerce

import (
	"context"
	"strings"

	"grapevine/connectors"
	"grapevine/rewards"
)

// creditPrefix begins the codes of store credit; what follows is the reward's id, whose randomness keeps it
// from being guessed.
const creditPrefix = "credit-"

// leastRandom is how many letters of five random bits each a reward's id must have: 50 bits. Reward codes
// have no fewer than 49.
const leastRandom = 10

// creditCode is the code of a reward's coupon. Kind Invalid, code bad_credit, for an id that could be
// guessed.
func creditCode(rewardID string) (string, error) {
	tail := strings.TrimPrefix(rewardID, "rw_")
	if len(tail) < leastRandom || strings.Trim(tail, "0123456789abcdefghijklmnopqrstuvwxyz") != "" {
		return "", rewards.Errorf(rewards.Invalid, "bad_credit", "the reward's id %.40q is too short to make a code of", rewardID)
	}
	return creditPrefix + tail, nil
}

// creditTerms are those of the coupon that stands for a credit.
func creditTerms(a rewards.GrantCredit) (personal, error) {
	code, err := creditCode(a.RewardID)
	if err == nil && (a.ExpiresAt.IsZero() || a.Amount.Minor <= 0) {
		err = rewards.Errorf(rewards.Invalid, "bad_credit", "%s until %v: wants an amount above zero and an expiry", a.Amount, a.ExpiresAt)
	}
	if err != nil {
		return personal{}, err
	}
	t, err := termsOf(kindCredit, a.RewardID, "store credit", rewards.Discount{Amount: a.Amount})
	t.ends, t.limit, t.perUser = a.ExpiresAt, 1, 1
	return personal{t, code, a.CustomerID}, err
}

// grantCredit makes a coupon of a fixed amount for one order of one customer. Its code, which she needs, is in
// the receipt. Kind Invalid, code bad_credit, also for a credit without a customer.
func (w *WooCommerce) grantCredit(ctx context.Context, shop connectors.Shop, a rewards.GrantCredit) (connectors.Receipt, error) {
	p, err := creditTerms(a)
	if err == nil && a.CustomerID == "" {
		err = rewards.Errorf(rewards.Invalid, "bad_credit", "a credit is for a customer")
	}
	if err != nil {
		return connectors.Receipt{}, call(err)
	}
	r, err := w.issue(ctx, shop, p)
	return withCode(r, p.code, err)
}

func (w *WooCommerce) findGrant(ctx context.Context, shop connectors.Shop, a rewards.GrantCredit) (connectors.Receipt, error) {
	p, err := creditTerms(a)
	if err != nil {
		return connectors.Receipt{}, call(err)
	}
	r, err := w.findPersonal(ctx, shop, p)
	return withCode(r, p.code, err)
}

// withCode adds the code to a receipt.
func withCode(r connectors.Receipt, code string, err error) (connectors.Receipt, error) {
	if err == nil {
		r.Refs = map[string]string{rewards.RefCode: code}
	}
	return r, err
}

// taking is a credit on its way back: what it was when it began (After), what it is, and what it is to be.
type taking struct {
	coupon
	before, now, target rewards.Money
}

// taking reads the coupon. Without a baseline what it is now is one. Kind Invalid, code credit_missing, where
// somebody removed it.
func (w *WooCommerce) taking(ctx context.Context, shop connectors.Shop, a rewards.TakeCredit) (taking, error) {
	if a.Amount.Minor <= 0 {
		return taking{}, call(rewards.Errorf(rewards.Invalid, "bad_credit", "%s cannot be taken back", a.Amount))
	}
	c, err := w.byID(ctx, shop, a.CreditID)
	if rewards.KindOf(err) == rewards.NotFound {
		err = call(rewards.Errorf(rewards.Invalid, "credit_missing", "coupon %s is gone", a.CreditID))
	}
	if err != nil {
		return taking{coupon: c}, err
	}
	t := taking{coupon: c, target: rewards.Money{Currency: a.Amount.Currency}}
	if t.now, err = rewards.ParseMoney(string(c.Amount), a.Amount.Currency); err != nil {
		return t, call(err)
	}
	t.before = t.now
	if a.After != "" && a.After != noBaseline {
		if t.before, err = rewards.ParseMoney(a.After, a.Amount.Currency); err != nil {
			return t, call(err)
		}
	}
	t.target.Minor = max(0, t.before.Minor-a.Amount.Minor)
	return t, nil
}

// noBaseline is what After says where the first look told nothing.
const noBaseline = "none"

// done tells whether as much was taken as should be. What somebody in the shop took beyond that is not given
// back.
func (t taking) done() bool {
	if t.Status != published {
		return true
	}
	return !t.target.IsZero() && (t.now.Minor <= t.target.Minor || t.is(t.target.Decimal()))
}

// receipt tells what came back: nothing of a coupon that was used, because its rest was lost at the order.
func (t taking) receipt() connectors.Receipt {
	r := t.coupon.receipt()
	r.Refs = map[string]string{rewards.RefNewest: string(t.Amount)}
	r.Taken = rewards.Money{Currency: t.target.Currency}
	if t.Used == 0 {
		r.Taken.Minor = t.before.Minor - t.target.Minor
	}
	return r
}

// takeCredit sets the coupon to what it was at the baseline less the amount, or makes it a draft where nothing
// is to be left: to do it twice is to do it once. So is one that was used, because it can be used again when its
// order is called off. How often it was used is asked afterwards, so that nobody can slip in between.
func (w *WooCommerce) takeCredit(ctx context.Context, shop connectors.Shop, a rewards.TakeCredit) (connectors.Receipt, error) {
	release, err := w.locks.hold(ctx, shop, a.CreditID)
	if err != nil {
		return connectors.Receipt{}, err
	}
	defer release()
	t, err := w.taking(ctx, shop, a)
	if err != nil {
		return connectors.Receipt{}, err
	}
	if a.After != "" && t.done() {
		return t.receipt(), nil
	}
	if a.After == "" { // so that the look afterwards knows the level
		a.After = t.before.Decimal()
	}
	change := map[string]any{"amount": t.target.Decimal()}
	if t.target.IsZero() {
		change = map[string]any{"status": draft}
	}
	if _, err := w.put(ctx, shop, t.ID, change); err != nil {
		return connectors.Receipt{}, err
	}
	r, err := w.findTake(ctx, shop, a)
	return r, seenLate(err)
}

// findTake looks whether the coupon is at the level that was to be reached. With or without success the receipt
// names the present amount under RefNewest.
func (w *WooCommerce) findTake(ctx context.Context, shop connectors.Shop, a rewards.TakeCredit) (connectors.Receipt, error) {
	t, err := w.taking(ctx, shop, a)
	if err != nil {
		return connectors.Receipt{}, err
	}
	if a.After == "" || !t.done() {
		return connectors.Receipt{Refs: map[string]string{rewards.RefNewest: string(t.Amount)}}, connectors.NotDone("coupon %s is at %s", a.CreditID, string(t.Amount))
	}
	return t.receipt(), nil
}
