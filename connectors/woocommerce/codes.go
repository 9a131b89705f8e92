package woocommerce

import (
	"context"
	"net/mail"
	"strings"

	"grapevine/connectors"
	"grapevine/rewards"
)

// personal is a coupon for one order of one person.
type personal struct {
	terms
	code     string
	customer string // her id; "": anybody may use it
}

// issueTerms are those of a reward's code, all but the e-mail address.
func issueTerms(a rewards.IssueCode) (personal, error) {
	t, err := termsOf(kindReward, a.RewardID, a.Title, a.Discount)
	t.ends, t.limit, t.perUser = a.EndsAt, 1, 1
	return personal{t, a.Code, a.CustomerID}, err
}

func (w *WooCommerce) issueCode(ctx context.Context, shop connectors.Shop, a rewards.IssueCode) (connectors.Receipt, error) {
	p, err := issueTerms(a)
	if err != nil {
		return connectors.Receipt{}, call(err)
	}
	return w.issue(ctx, shop, p)
}

// issue makes a coupon for one person. It is a draft until the shop was seen to have taken all of its terms:
// one whose e-mail restriction was dropped would be anybody's. Of two with the same code one is removed
// before it is published.
func (w *WooCommerce) issue(ctx context.Context, shop connectors.Shop, p personal) (connectors.Receipt, error) {
	if err := w.address(ctx, shop, &p); err != nil {
		return connectors.Receipt{}, err
	}
	release, err := w.locks.hold(ctx, shop, p.code)
	if err != nil {
		return connectors.Receipt{}, err
	}
	defer release()
	c, err := w.post(ctx, shop, p.newInput(draft, p.code))
	if rewards.CodeOf(err) == codeTaken {
		own, err := w.owned(ctx, shop, p.terms, p.code)
		if err != nil {
			return connectors.Receipt{}, err
		}
		return p.standing(*own)
	}
	if err != nil {
		return connectors.Receipt{}, err
	}
	if differs := p.differs(c); differs != "" {
		return connectors.Receipt{}, mismatch(c, differs)
	}
	if c, err = w.single(ctx, shop, c, p.terms); err != nil {
		return connectors.Receipt{}, connectors.AfterEffect(err)
	}
	if c.Status == published {
		return p.standing(c)
	}
	return w.publish(ctx, shop, c, p)
}

// publish lets the customer use a draft that says what it should. A draft that an earlier try left is given its
// terms once more.
func (w *WooCommerce) publish(ctx context.Context, shop connectors.Shop, c coupon, p personal) (connectors.Receipt, error) {
	var err error
	if p.differs(c) != "" {
		c, err = w.put(ctx, shop, c.ID, p.input(draft))
	}
	if err == nil && p.differs(c) == "" {
		c, err = w.put(ctx, shop, c.ID, map[string]any{"status": published})
	}
	if err != nil {
		return connectors.Receipt{}, connectors.AfterEffect(changing(err))
	}
	if differs := p.differs(c); differs != "" {
		if _, err := w.put(ctx, shop, c.ID, map[string]any{"status": draft}); err != nil {
			return connectors.Receipt{}, connectors.AfterEffect(err)
		}
		return connectors.Receipt{}, mismatch(c, differs)
	}
	return c.receipt(), nil
}

// address finds out whose coupon it is to be. Kind Invalid, codes customer_missing and
// customer_without_email.
func (w *WooCommerce) address(ctx context.Context, shop connectors.Shop, p *personal) error {
	if p.customer == "" {
		return nil
	}
	n, err := number(p.customer)
	if err != nil {
		return call(err)
	}
	var b customerBody
	_, err = w.ask(ctx, shop, request{route: api + "/customers/" + n}, &b)
	switch {
	case rewards.KindOf(err) == rewards.NotFound:
		return call(rewards.Errorf(rewards.Invalid, "customer_missing", "the shop knows no customer %s", n))
	case err != nil:
		return err
	}
	a, err := mail.ParseAddress(b.person().Email)
	if err != nil || strings.Contains(a.Address, "*") { // in a restriction it stands for anything
		return call(rewards.Errorf(rewards.Invalid, "customer_without_email", "customer %s has no e-mail address that a coupon could be kept for", n))
	}
	p.email = a.Address
	return nil
}

// standing tells of a published coupon of ours whether it is the one that was to be made. The e-mail restriction
// is not compared with the customer's address of today, who may have changed it, but it has to be there.
func (p personal) standing(c coupon) (connectors.Receipt, error) {
	if p.customer != "" {
		if len(c.Emails) != 1 {
			return connectors.Receipt{}, call(rewards.Errorf(rewards.Conflict, "code_altered", "coupon %d is not for one person", int64(c.ID)))
		}
		p.email = string(c.Emails[0])
	}
	if differs := p.differs(c); differs != "" {
		return connectors.Receipt{}, call(rewards.Errorf(rewards.Conflict, "code_altered", "coupon %d has another %s", int64(c.ID), differs))
	}
	return c.receipt(), nil
}

func (w *WooCommerce) findIssued(ctx context.Context, shop connectors.Shop, a rewards.IssueCode) (connectors.Receipt, error) {
	p, err := issueTerms(a)
	if err != nil {
		return connectors.Receipt{}, call(err)
	}
	return w.findPersonal(ctx, shop, p)
}

// findPersonal looks for a published coupon under the code.
func (w *WooCommerce) findPersonal(ctx context.Context, shop connectors.Shop, p personal) (connectors.Receipt, error) {
	found, err := w.byCode(ctx, shop, p.code)
	if err != nil {
		return connectors.Receipt{}, err
	}
	own, foreign := pick(found, p.kind, p.subject)
	switch {
	case own == nil && foreign:
		return connectors.Receipt{}, connectors.CodeTaken(p.code)
	case own == nil || own.Status != published:
		return connectors.Receipt{}, connectors.NotDone("nobody has the code %q", p.code)
	}
	return p.standing(*own)
}

// reduceCode sets the amount of a coupon that was used too, because it can be used again when its order is called
// off. The receipt says that it was spent.
func (w *WooCommerce) reduceCode(ctx context.Context, shop connectors.Shop, a rewards.ReduceCode) (connectors.Receipt, error) {
	release, err := w.locks.hold(ctx, shop, a.Code)
	if err != nil {
		return connectors.Receipt{}, err
	}
	defer release()
	r, err := w.findReduced(ctx, shop, a)
	if err == nil || rewards.KindOf(err) != rewards.NotFound {
		return r, err
	}
	c, err := w.byID(ctx, shop, a.ExternalID)
	if err == nil {
		c, err = w.put(ctx, shop, c.ID, map[string]any{"amount": a.Amount.Decimal()})
	}
	if err != nil {
		return connectors.Receipt{}, goneAway(a.ExternalID, a.Code, err)
	}
	if !c.is(a.Amount.Decimal()) {
		return connectors.Receipt{}, mismatch(c, "amount")
	}
	return c.receipt(), nil
}

func (w *WooCommerce) findReduced(ctx context.Context, shop connectors.Shop, a rewards.ReduceCode) (connectors.Receipt, error) {
	c, err := w.byID(ctx, shop, a.ExternalID)
	switch {
	case err != nil:
		return connectors.Receipt{}, goneAway(a.ExternalID, a.Code, err)
	case !c.atMost(a.Amount.Decimal()):
		return connectors.Receipt{}, connectors.NotDone("coupon %s has another amount", a.ExternalID)
	}
	return c.receipt(), nil
}

// goneAway turns "not there" into a lasting refusal: what somebody removed cannot be changed any more.
func goneAway(id, code string, err error) error {
	if rewards.KindOf(err) != rewards.NotFound {
		return err
	}
	return call(rewards.Errorf(rewards.Conflict, "code_gone", "somebody removed coupon %s with the code %q", id, code))
}

// withdrawCode makes the coupon a draft first and asks how often it was used afterwards, so that nobody can
// slip in between.
func (w *WooCommerce) withdrawCode(ctx context.Context, shop connectors.Shop, a rewards.WithdrawCode) (connectors.Receipt, error) {
	release, err := w.locks.hold(ctx, shop, a.Code)
	if err != nil {
		return connectors.Receipt{}, err
	}
	defer release()
	r, err := w.findWithdrawn(ctx, shop, a)
	if err == nil || rewards.KindOf(err) != rewards.NotFound {
		return r, err
	}
	c, err := w.byID(ctx, shop, a.ExternalID)
	if err == nil {
		_, err = w.put(ctx, shop, c.ID, map[string]any{"status": draft})
	}
	if err != nil && rewards.KindOf(err) != rewards.NotFound {
		return connectors.Receipt{}, err
	}
	r, err = w.findWithdrawn(ctx, shop, a)
	return r, seenLate(err)
}

// seenLate is said where a change is not seen yet that the shop confirmed.
func seenLate(err error) error {
	if rewards.KindOf(err) == rewards.NotFound {
		err = call(rewards.Errorf(rewards.Unavailable, "not_seen_yet", "%w", err))
	}
	return connectors.AfterEffect(err)
}

// findWithdrawn is content with a coupon that somebody removed: its code works no more.
func (w *WooCommerce) findWithdrawn(ctx context.Context, shop connectors.Shop, a rewards.WithdrawCode) (connectors.Receipt, error) {
	c, err := w.byID(ctx, shop, a.ExternalID)
	switch {
	case rewards.KindOf(err) == rewards.NotFound:
		return connectors.Receipt{ExternalID: a.ExternalID}, nil
	case err != nil:
		return connectors.Receipt{}, err
	case c.Status == published:
		return connectors.Receipt{}, connectors.NotDone("coupon %s is published", a.ExternalID)
	}
	return c.receipt(), nil
}
