package stripe

import (
	"context"
	"strings"

	stripego "github.com/stripe/stripe-go/v76"

	"grapevine/connectors"
)

// codePages bounds how many promotion codes of one text are looked at: one is active at a time, but for those
// of single customers.
const codePages = 2

// byCode lists the promotion codes of a text, without regard to case; of them only the active ones, if so
// wanted.
func (c *caller) byCode(ctx context.Context, code string, active bool) ([]promotionBody, error) {
	all, err := c.promotions(ctx, codePages, func(q *stripego.PromotionCodeListParams) {
		q.Code = stripego.String(code)
		if active {
			q.Active = stripego.Bool(true)
		}
	})
	var same []promotionBody
	for _, b := range all {
		if strings.EqualFold(b.Code, code) && (b.Active || !active) {
			same = append(same, b)
		}
	}
	return same, err
}

// promotions lists promotion codes, the newest first, on so many pages at most.
func (c *caller) promotions(ctx context.Context, pages int, pick func(*stripego.PromotionCodeListParams)) ([]promotionBody, error) {
	return listed(pages, func(b promotionBody) string { return b.ID }, func(after string, out *page[promotionBody]) error {
		return c.list(ctx, "listing promotion codes", after, out, func(p stripego.ListParams) error {
			q := &stripego.PromotionCodeListParams{ListParams: p}
			pick(q)
			return c.api.PromotionCodes.List(q).Err()
		})
	})
}

// newPromotion makes a promotion code on a coupon. parts tell what was there before, so that a text that comes
// back to a coupon it was on is not taken for what was made then.
func (c *caller) newPromotion(ctx context.Context, key, code, coupon string, t terms, parts ...string) (promotionBody, error) {
	var b promotionBody
	what := append([]string{"promotion", code, coupon, t.use()}, parts...)
	err := c.create(ctx, func(n string) error {
		b = promotionBody{}
		return c.post(ctx, "making promotion code", stepKey(key, append(what, n)...), &b, func(p stripego.Params) error {
			_, err := c.api.PromotionCodes.New(t.promotion(p, code, coupon))
			return err
		})
	}, func() (there bool, err error) {
		if b.ID == "" {
			return false, nil
		}
		b, err = c.promotion(ctx, b.ID)
		if isMissing(err) {
			return false, nil
		}
		return err == nil && (b.Active || t.uses > 0 && b.Used >= t.uses), err // or it was used up since
	})
	return b, err
}

// promotion states the terms.
func (t terms) promotion(p stripego.Params, code, coupon string) *stripego.PromotionCodeParams {
	q := &stripego.PromotionCodeParams{
		Params: p, Coupon: stripego.String(coupon), Code: stripego.String(code), Metadata: map[string]string{metaSubject: t.subject},
	}
	if t.customer != "" {
		q.Customer = stripego.String(t.customer)
	}
	if t.uses > 0 {
		q.MaxRedemptions = stripego.Int64(t.uses)
	}
	if !t.ends.IsZero() {
		q.ExpiresAt = stripego.Int64(t.ends.Unix())
	}
	if t.first || t.minimum > 0 {
		q.Restrictions = &stripego.PromotionCodeRestrictionsParams{}
		if t.first {
			q.Restrictions.FirstTimeTransaction = stripego.Bool(true)
		}
		if t.minimum > 0 {
			q.Restrictions.MinimumAmount, q.Restrictions.MinimumAmountCurrency = stripego.Int64(t.minimum), stripego.String(t.minimumCurrency)
		}
	}
	return q
}

// switchOff makes a promotion code stop working. It cannot be removed, nor its text be changed; its text is
// free for another from then on. movesTo is the coupon that the text moves to, "" for none.
func (c *caller) switchOff(ctx context.Context, key, id, movesTo string) error {
	return c.create(ctx, func(n string) error {
		return c.post(ctx, "switching promotion code off", stepKey(key, "off", id, movesTo, n), &promotionBody{}, func(p stripego.Params) error {
			q := &stripego.PromotionCodeParams{Params: p, Active: stripego.Bool(false)}
			if movesTo != "" {
				q.Metadata = map[string]string{metaReplaced: movesTo}
			}
			_, err := c.api.PromotionCodes.Update(id, q)
			return err
		})
	}, func() (bool, error) {
		b, err := c.promotion(ctx, id)
		return err == nil && !b.Active && b.Metadata[metaReplaced] == movesTo, err
	})
}

// receipt tells of a promotion code, which goes by this id.
func (b promotionBody) receipt(id string) connectors.Receipt {
	return connectors.Receipt{ExternalID: id, ExpiresAt: unix(b.Expires), Spent: b.Used > 0}
}
