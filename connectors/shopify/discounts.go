package shopify

import (
	"context"

	"grapevine/connectors"
	"grapevine/rewards"
)

// found is a discount with its global id; Discount is nil for one of a kind that has no codes.
type found struct {
	ID       string
	Discount *discountNode
}

// byCode looks a code up, without regard to case; nil if nobody has it.
func (s *Shopify) byCode(ctx context.Context, shop connectors.Shop, code string) (*found, connectors.Pace, error) {
	var data struct {
		Node *struct {
			ID       string        `json:"id"`
			Discount *discountNode `json:"codeDiscount"`
		} `json:"codeDiscountNodeByCode"`
	}
	pace, err := s.ask(ctx, shop, "discount_by_code", map[string]any{"code": code}, &data)
	if err != nil || data.Node == nil {
		return nil, pace, err
	}
	return &found{data.Node.ID, data.Node.Discount}, pace, nil
}

// byID reads a discount; nil if it is gone.
func (s *Shopify) byID(ctx context.Context, shop connectors.Shop, id string) (*found, connectors.Pace, error) {
	var data struct {
		Node *struct {
			ID       string        `json:"id"`
			Discount *discountNode `json:"discount"`
		} `json:"discountNode"`
	}
	pace, err := s.ask(ctx, shop, "discount_by_id", map[string]any{"id": id}, &data)
	if err != nil || data.Node == nil || data.Node.Discount == nil {
		return nil, pace, err
	}
	return &found{id, data.Node.Discount}, pace, nil // the answer may name the same id by another type
}

func (f found) receipt(pace connectors.Pace) connectors.Receipt {
	return connectors.Receipt{ExternalID: f.ID, ExpiresAt: timeOf(f.Discount.EndsAt), Spent: f.Discount.Used > 0, Pace: pace}
}

// discountPayload is what a mutation on a discount answers, whatever its name.
type discountPayload struct {
	Node *struct {
		ID       string        `json:"id"`
		Discount *discountNode `json:"codeDiscount"`
	} `json:"codeDiscountNode"`
	UserErrors []userError `json:"userErrors"`
}

// discountAnswer has the one payload under the mutation's own name.
type discountAnswer map[string]*discountPayload

func (a discountAnswer) payload() *discountPayload {
	for _, p := range a {
		if p != nil {
			return p
		}
	}
	return nil
}

// changeDiscount sends a mutation on a discount. errs are its user errors; without them there is a
// result.
func (s *Shopify) changeDiscount(ctx context.Context, shop connectors.Shop, operation string, vars map[string]any) (f *found, errs []userError, pace connectors.Pace, err error) {
	var answer discountAnswer
	pace, err = s.ask(ctx, shop, operation, vars, &answer)
	if err != nil {
		return nil, nil, pace, err
	}
	p := answer.payload()
	if p == nil {
		return nil, nil, pace, within(operation, connectors.Unreadable(true, "the answer has no result"))
	}
	done := p.Node != nil && p.Node.ID != "" && p.Node.Discount != nil
	if len(p.UserErrors) > 0 {
		if done || hasCode(p.UserErrors, "INTERNAL_ERROR") {
			return nil, nil, pace, within(operation, refused(p.UserErrors, done))
		}
		return nil, p.UserErrors, pace, nil
	}
	if !done {
		return nil, nil, pace, within(operation, connectors.Unreadable(true, "the answer has neither a discount nor an error"))
	}
	return &found{p.Node.ID, p.Node.Discount}, nil, pace, nil
}

// create makes a discount with its first code. A code that exists is looked at: ours is adopted.
func (s *Shopify) create(ctx context.Context, shop connectors.Shop, t terms, code string, adopt func(found) (connectors.Receipt, error)) (connectors.Receipt, error) {
	t, pace, err := s.priced(ctx, shop, t)
	if err != nil {
		return connectors.Receipt{Pace: pace}, err
	}
	operation := "discount_basic_create"
	if t.discount.FreeShipping {
		operation = "discount_free_shipping_create"
	}
	f, errs, pace, err := s.changeDiscount(ctx, shop, operation, map[string]any{"input": t.newInput(code)})
	switch {
	case err != nil:
		return connectors.Receipt{Pace: pace}, err
	case hasCode(errs, "TAKEN"):
		return s.adopt(ctx, shop, t, code, adopt)
	case len(errs) > 0:
		return connectors.Receipt{Pace: pace}, within(operation, refused(errs, false))
	}
	return f.receipt(pace), nil
}

// adopt decides about a code that the shop has already: it may be our own, made by a try whose answer
// was lost.
func (s *Shopify) adopt(ctx context.Context, shop connectors.Shop, t terms, code string, adopt func(found) (connectors.Receipt, error)) (connectors.Receipt, error) {
	f, pace, err := s.byCode(ctx, shop, code)
	switch {
	case err != nil:
		return connectors.Receipt{Pace: pace}, connectors.AfterEffect(err)
	case f == nil:
		return connectors.Receipt{Pace: pace}, pending("code_not_shown", "the code %q exists and is not shown yet", code)
	case f.Discount == nil || !f.Discount.ours(t.mark):
		return connectors.Receipt{Pace: pace}, connectors.CodeTaken(code)
	case f.Discount.holds(t):
		return f.receipt(pace), nil
	}
	return adopt(*f)
}

func (s *Shopify) publishOffer(ctx context.Context, shop connectors.Shop, a rewards.PublishOffer) (connectors.Receipt, error) {
	t, err := offerTerms(a)
	if err != nil {
		return connectors.Receipt{}, call(err)
	}
	// The programme may have changed since the try that made the discount: then it is brought up to date.
	return s.create(ctx, shop, t, a.Seed, func(f found) (connectors.Receipt, error) {
		return s.changeOffer(ctx, shop, rewards.ChangeOffer{ExternalID: f.ID, Offer: a})
	})
}

// findOffer asks for the seed, which nobody else knows. An offer of ours with older terms is not what
// was asked for.
func (s *Shopify) findOffer(ctx context.Context, shop connectors.Shop, a rewards.PublishOffer) (connectors.Receipt, error) {
	t, err := offerTerms(a)
	if err != nil {
		return connectors.Receipt{}, call(err)
	}
	f, pace, err := s.byCode(ctx, shop, a.Seed)
	switch {
	case err != nil:
		return connectors.Receipt{Pace: pace}, err
	case f == nil:
		return connectors.Receipt{Pace: pace}, connectors.NotDone("nobody has the code %q", a.Seed)
	case f.Discount == nil || !f.Discount.ours(t.mark):
		return connectors.Receipt{Pace: pace}, connectors.CodeTaken(a.Seed)
	case !f.Discount.holds(t):
		return connectors.Receipt{Pace: pace}, connectors.NotDone("the offer of %s has other terms", a.Program)
	}
	return f.receipt(pace), nil
}

func (s *Shopify) changeOffer(ctx context.Context, shop connectors.Shop, a rewards.ChangeOffer) (connectors.Receipt, error) {
	t, err := offerTerms(a.Offer)
	if err != nil {
		return connectors.Receipt{}, call(err)
	}
	t, pace, err := s.priced(ctx, shop, t)
	if err != nil {
		return connectors.Receipt{Pace: pace}, err
	}
	now, pace, err := s.goodsNow(ctx, shop, a.ExternalID, t)
	if err != nil {
		return connectors.Receipt{Pace: pace}, err
	}
	operation := "discount_basic_update"
	if t.discount.FreeShipping {
		operation = "discount_free_shipping_update"
	}
	f, errs, pace, err := s.changeDiscount(ctx, shop, operation, map[string]any{"id": a.ExternalID, "input": t.input(now)})
	if err == nil && len(errs) > 0 {
		err = within(operation, refused(errs, false))
	}
	if err != nil {
		return connectors.Receipt{Pace: pace}, err
	}
	return f.receipt(pace), nil
}

// goodsNow is what a discount is on before it is changed to be on chosen goods: an update says what is to
// come and what is to go. For the others it is not asked for.
func (s *Shopify) goodsNow(ctx context.Context, shop connectors.Shop, id string, t terms) (goods, connectors.Pace, error) {
	if t.goods.all() {
		return goods{}, connectors.Pace{}, nil
	}
	f, pace, err := s.byID(ctx, shop, id)
	if err != nil || f == nil { // one that is gone is refused by the update itself
		return goods{}, pace, err
	}
	return f.Discount.Gets.Items.goods(), pace, nil
}

func (s *Shopify) findChange(ctx context.Context, shop connectors.Shop, a rewards.ChangeOffer) (connectors.Receipt, error) {
	t, err := offerTerms(a.Offer)
	if err != nil {
		return connectors.Receipt{}, call(err)
	}
	f, pace, err := s.byID(ctx, shop, a.ExternalID)
	switch {
	case err != nil:
		return connectors.Receipt{Pace: pace}, err
	case f == nil:
		return connectors.Receipt{Pace: pace}, connectors.NotDone("%s is gone", a.ExternalID)
	case !f.Discount.holds(t):
		return connectors.Receipt{Pace: pace}, connectors.NotDone("%s has other terms", a.ExternalID)
	}
	return f.receipt(pace), nil
}

func (s *Shopify) issueCode(ctx context.Context, shop connectors.Shop, a rewards.IssueCode) (connectors.Receipt, error) {
	t, err := issueTerms(a)
	if err != nil {
		return connectors.Receipt{}, call(err)
	}
	return s.create(ctx, shop, t, a.Code, func(found) (connectors.Receipt, error) {
		return connectors.Receipt{}, connectors.CodeTaken(a.Code)
	})
}

func (s *Shopify) findIssued(ctx context.Context, shop connectors.Shop, a rewards.IssueCode) (connectors.Receipt, error) {
	t, err := issueTerms(a)
	if err != nil {
		return connectors.Receipt{}, call(err)
	}
	f, pace, err := s.byCode(ctx, shop, a.Code)
	switch {
	case err != nil:
		return connectors.Receipt{Pace: pace}, err
	case f == nil:
		return connectors.Receipt{Pace: pace}, connectors.NotDone("nobody has the code %q", a.Code)
	case f.Discount == nil || !f.Discount.ours(t.mark) || !f.Discount.holds(t):
		return connectors.Receipt{Pace: pace}, connectors.CodeTaken(a.Code)
	}
	return f.receipt(pace), nil
}

// reduceCode leaves a code that was used alone: the receipt says that it was spent. How often it was
// used is told with a delay, so one used a moment ago may still be changed, without effect on the order
// that used it. Source: DiscountCodeBasic.asyncUsageCount.
func (s *Shopify) reduceCode(ctx context.Context, shop connectors.Shop, a rewards.ReduceCode) (connectors.Receipt, error) {
	now, r, err := s.beforeReduction(ctx, shop, a)
	if err == nil || rewards.KindOf(err) != rewards.NotFound {
		return r, err
	}
	input := map[string]any{"customerGets": gets(rewards.Discount{Amount: a.Amount}, now.input(now))}
	f, errs, pace, err := s.changeDiscount(ctx, shop, "discount_basic_update", map[string]any{"id": a.ExternalID, "input": input})
	if err == nil && len(errs) > 0 {
		err = within("discount_basic_update", refused(errs, false))
	}
	if err != nil {
		return connectors.Receipt{Pace: pace}, err
	}
	return f.receipt(pace), nil
}

func (s *Shopify) findReduced(ctx context.Context, shop connectors.Shop, a rewards.ReduceCode) (connectors.Receipt, error) {
	_, r, err := s.beforeReduction(ctx, shop, a)
	return r, err
}

// beforeReduction also tells what the discount is on: that does not change.
func (s *Shopify) beforeReduction(ctx context.Context, shop connectors.Shop, a rewards.ReduceCode) (goods, connectors.Receipt, error) {
	f, pace, err := s.byID(ctx, shop, a.ExternalID)
	switch {
	case err != nil:
		return goods{}, connectors.Receipt{Pace: pace}, err
	case f == nil:
		return goods{}, connectors.Receipt{Pace: pace}, call(rewards.Errorf(rewards.Conflict, "code_gone", "somebody removed %s with the code %q", a.ExternalID, a.Code))
	case f.Discount.Used == 0 && !f.Discount.worth(rewards.Discount{Amount: a.Amount}):
		return f.Discount.Gets.Items.goods(), connectors.Receipt{Pace: pace}, connectors.NotDone("%s has another amount", a.ExternalID)
	}
	return goods{}, f.receipt(pace), nil
}

// withdrawCode ends the discount first and asks how often it was used afterwards, so that nobody can
// slip in between.
func (s *Shopify) withdrawCode(ctx context.Context, shop connectors.Shop, a rewards.WithdrawCode) (connectors.Receipt, error) {
	f, pace, err := s.byID(ctx, shop, a.ExternalID)
	if err != nil {
		return connectors.Receipt{Pace: pace}, err
	}
	if f != nil && f.Discount.Status == "EXPIRED" {
		return f.receipt(pace), nil
	}
	_, errs, pace, err := s.changeDiscount(ctx, shop, "discount_deactivate", map[string]any{"id": a.ExternalID})
	if err == nil && len(errs) > 0 && f == nil { // neither seen nor found: somebody removed it, its code works no more
		return connectors.Receipt{ExternalID: a.ExternalID, Pace: pace}, nil
	}
	if err == nil && len(errs) > 0 {
		err = within("discount_deactivate", refused(errs, false))
	}
	if err != nil {
		return connectors.Receipt{Pace: pace}, err
	}
	r, err := s.findWithdrawn(ctx, shop, a)
	if rewards.KindOf(err) == rewards.NotFound { // an old answer: it ended all the same
		err = pending("not_ended_yet", "%w", err)
	}
	return r, connectors.AfterEffect(err)
}

// findWithdrawn does not take a discount that is not shown for one that somebody removed: what was made a moment ago
// may not be shown yet, and its code works.
func (s *Shopify) findWithdrawn(ctx context.Context, shop connectors.Shop, a rewards.WithdrawCode) (connectors.Receipt, error) {
	f, pace, err := s.byID(ctx, shop, a.ExternalID)
	switch {
	case err != nil:
		return connectors.Receipt{Pace: pace}, err
	case f == nil:
		return connectors.Receipt{Pace: pace}, connectors.NotDone("%s is not shown", a.ExternalID)
	case f.Discount.Status != "EXPIRED":
		return connectors.Receipt{Pace: pace}, connectors.NotDone("%s is %s", a.ExternalID, f.Discount.Status)
	}
	return f.receipt(pace), nil
}
