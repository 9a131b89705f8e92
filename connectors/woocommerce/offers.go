package woocommerce

import (
	"context"
	"fmt"
	"sync"

	"grapevine/connectors"
	"grapevine/rewards"
)

const (
	// mostCodes is how many codes one AddCodes may have.
	mostCodes = 250
	// atOnce is how many codes of an AddCodes go to the shop at a time: each is several calls, and cheap
	// hosts serve few.
	atOnce = 4
)

// offerTerms are those of a programme's offer, or of its friend codes, which have the same. Coupons have no
// beginning.
func offerTerms(kind string, o rewards.PublishOffer) (terms, error) {
	t, err := termsOf(kind, o.Program, o.Title, o.Discount)
	t.ends = o.EndsAt
	return t, err
}

// publishOffer makes the offer's template: a draft under the seed, which nobody can use, with the terms that
// the friend codes get.
func (w *WooCommerce) publishOffer(ctx context.Context, shop connectors.Shop, a rewards.PublishOffer) (connectors.Receipt, error) {
	t, err := offerTerms(kindOffer, a)
	if err != nil {
		return connectors.Receipt{}, call(err)
	}
	release, err := w.locks.hold(ctx, shop, a.Seed)
	if err != nil {
		return connectors.Receipt{}, err
	}
	defer release()
	all, err := w.allByCode(ctx, shop, a.Seed)
	if err != nil {
		return connectors.Receipt{}, err
	}
	own, foreign := pick(all, t.kind, t.subject)
	var c coupon
	switch {
	case own != nil:
		c, err = w.put(ctx, shop, own.ID, t.input(draft))
	case foreign:
		return connectors.Receipt{}, connectors.CodeTaken(a.Seed)
	default:
		c, err = w.post(ctx, shop, t.newInput(draft, a.Seed))
	}
	if err != nil {
		return connectors.Receipt{}, changing(err)
	}
	return w.checked(c, t)
}

// checked compares a coupon that nobody can use with its terms.
func (w *WooCommerce) checked(c coupon, t terms) (connectors.Receipt, error) {
	if differs := t.differs(c); differs != "" {
		return connectors.Receipt{}, mismatch(c, differs)
	}
	return c.receipt(), nil
}

// findOffer looks for the template by its seed, which nobody else knows.
func (w *WooCommerce) findOffer(ctx context.Context, shop connectors.Shop, a rewards.PublishOffer) (connectors.Receipt, error) {
	t, err := offerTerms(kindOffer, a)
	if err != nil {
		return connectors.Receipt{}, call(err)
	}
	all, err := w.allByCode(ctx, shop, a.Seed)
	if err != nil {
		return connectors.Receipt{}, err
	}
	own, foreign := pick(all, t.kind, t.subject)
	switch {
	case own == nil && foreign:
		return connectors.Receipt{}, connectors.CodeTaken(a.Seed)
	case own == nil:
		return connectors.Receipt{}, connectors.NotDone("nobody has the code %q", a.Seed)
	case own.Status != draft || t.differs(*own) != "":
		return connectors.Receipt{}, connectors.NotDone("the offer of %s has other terms", a.Program)
	}
	return own.receipt(), nil
}

// changeOffer gives the template new terms; the codes have to be published again to have them. A template
// that somebody removed is made anew.
func (w *WooCommerce) changeOffer(ctx context.Context, shop connectors.Shop, a rewards.ChangeOffer) (connectors.Receipt, error) {
	t, err := offerTerms(kindOffer, a.Offer)
	if err != nil {
		return connectors.Receipt{}, call(err)
	}
	c, err := w.byID(ctx, shop, a.ExternalID)
	if err == nil && c.Status != "trash" && c.ours(t.kind, t.subject) {
		if c, err = w.put(ctx, shop, c.ID, t.input(draft)); err == nil {
			return w.checked(c, t)
		}
	}
	if err != nil && rewards.KindOf(err) != rewards.NotFound {
		return connectors.Receipt{}, err
	}
	return w.publishOffer(ctx, shop, a.Offer)
}

func (w *WooCommerce) findChange(ctx context.Context, shop connectors.Shop, a rewards.ChangeOffer) (connectors.Receipt, error) {
	t, err := offerTerms(kindOffer, a.Offer)
	if err != nil {
		return connectors.Receipt{}, call(err)
	}
	c, err := w.byID(ctx, shop, a.ExternalID)
	switch {
	case rewards.KindOf(err) == rewards.NotFound:
		return w.findOffer(ctx, shop, a.Offer)
	case err != nil:
		return connectors.Receipt{}, err
	case c.Status != draft || t.differs(c) != "" || !c.ours(t.kind, t.subject):
		return connectors.Receipt{}, connectors.NotDone("coupon %s has other terms", a.ExternalID)
	}
	return c.receipt(), nil
}

// addCodes makes a coupon for each code, or gives that which is ours the present terms. A few hundred codes take
// longer than one try may, so what a try that failed has done is remembered for the next.
func (w *WooCommerce) addCodes(ctx context.Context, shop connectors.Shop, a rewards.AddCodes) (connectors.Receipt, error) {
	t, err := offerTerms(kindFriend, a.Offer)
	if err == nil && (len(a.Codes) == 0 || len(a.Codes) > mostCodes) {
		err = rewards.Errorf(rewards.Invalid, "bad_codes", "%d codes are not between 1 and %d", len(a.Codes), mostCodes)
	}
	if err != nil {
		return connectors.Receipt{}, call(err)
	}
	now := fmt.Sprint(t)
	r, err := w.eachCode(ctx, a, func(ctx context.Context, code string) error {
		if w.done.has(codeIn(shop, code), now, w.opts.Now()) {
			return nil
		}
		err := changing(w.addCode(ctx, shop, t, code))
		if err == nil {
			w.done.add(codeIn(shop, code), now, w.opts.Now())
		}
		return err
	})
	if err == nil {
		for _, code := range a.Codes {
			w.done.drop(codeIn(shop, code))
		}
	}
	return r, err
}

// eachCode does something with all codes, some at a time. Codes that are refused for good are told; after any
// other error no further code is begun.
func (w *WooCommerce) eachCode(ctx context.Context, a rewards.AddCodes, f func(context.Context, string) error) (connectors.Receipt, error) {
	var o outcome
	var group sync.WaitGroup
	todo := make(chan string)
	for range min(atOnce, len(a.Codes)) {
		group.Go(func() {
			for code := range todo {
				o.note(code, f(ctx, code))
			}
		})
	}
	for _, code := range a.Codes {
		if ctx.Err() != nil {
			o.note(code, call(rewards.Errorf(rewards.Unavailable, "codes_pending", "%w", context.Cause(ctx))))
		}
		if o.failed() != nil {
			break
		}
		todo <- code
	}
	close(todo)
	group.Wait()
	if err := o.failed(); err != nil {
		return connectors.Receipt{}, err
	}
	return connectors.Receipt{ExternalID: a.OfferID, Refused: o.refused}, nil
}

// outcome gathers what became of codes.
type outcome struct {
	mu      sync.Mutex
	refused map[string]string
	err     error
	unclear bool
}

func (o *outcome) note(code string, err error) {
	if err == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	ce, kind := connectors.AsCallError(err), rewards.KindOf(err)
	o.unclear = o.unclear || ce.Unclear
	switch {
	case (kind == rewards.Invalid || kind == rewards.Conflict) && !ce.Unclear:
		if o.refused == nil {
			o.refused = map[string]string{}
		}
		o.refused[code] = rewards.CodeOf(err)
	case o.err == nil:
		o.err = err
	}
}

// failed is the first error that ended it all; unclear where any of them was.
func (o *outcome) failed() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err == nil || !o.unclear {
		return o.err
	}
	return connectors.AfterEffect(o.err)
}

// addCode makes one friend code. A retired one is a draft, which the shop does not mind: single removes it.
func (w *WooCommerce) addCode(ctx context.Context, shop connectors.Shop, t terms, code string) error {
	release, err := w.locks.hold(ctx, shop, code)
	if err != nil {
		return err
	}
	defer release()
	c, err := w.post(ctx, shop, t.newInput(published, code))
	switch {
	case rewards.CodeOf(err) == codeTaken:
		return w.renew(ctx, shop, t, code)
	case err != nil:
		return err
	}
	if c, err = w.single(ctx, shop, c, t); err != nil {
		return connectors.AfterEffect(err)
	}
	return w.keepOrDraft(ctx, shop, c, t)
}

// renew gives a code that exists the present terms, if it is ours.
func (w *WooCommerce) renew(ctx context.Context, shop connectors.Shop, t terms, code string) error {
	own, err := w.owned(ctx, shop, t, code)
	if err != nil || t.differs(*own) == "" {
		return err
	}
	c, err := w.put(ctx, shop, own.ID, t.input(published))
	if err != nil {
		return err
	}
	return w.keepOrDraft(ctx, shop, c, t)
}

// owned finds the published coupon of ours whose code the shop refused as one that exists. Kind Conflict where
// it is another's.
func (w *WooCommerce) owned(ctx context.Context, shop connectors.Shop, t terms, code string) (*coupon, error) {
	found, err := w.byCode(ctx, shop, code)
	if err != nil {
		return nil, err
	}
	own, foreign := pick(found, t.kind, t.subject)
	switch {
	case own != nil:
		return own, nil
	case foreign:
		return nil, connectors.CodeTaken(code)
	}
	return nil, &connectors.CallError{Cause: rewards.Errorf(rewards.Unavailable, "code_not_shown", "the code %q exists and is not shown yet", code), Unclear: true}
}

// keepOrDraft makes a published coupon a draft again where it does not say what it should.
func (w *WooCommerce) keepOrDraft(ctx context.Context, shop connectors.Shop, c coupon, t terms) error {
	differs := t.differs(c)
	if differs == "" {
		return nil
	}
	if _, err := w.put(ctx, shop, c.ID, map[string]any{"status": draft}); err != nil {
		return connectors.AfterEffect(err)
	}
	return mismatch(c, differs)
}

// findCodes is content when every code belongs to some coupon; those of others are refused.
func (w *WooCommerce) findCodes(ctx context.Context, shop connectors.Shop, a rewards.AddCodes) (connectors.Receipt, error) {
	t, err := offerTerms(kindFriend, a.Offer)
	if err != nil {
		return connectors.Receipt{}, call(err)
	}
	return w.eachCode(ctx, a, func(ctx context.Context, code string) error {
		found, err := w.byCode(ctx, shop, code)
		if err != nil {
			return err
		}
		own, foreign := pick(found, t.kind, t.subject)
		switch {
		case own != nil && own.Status == published && t.differs(*own) == "":
			return nil
		case own == nil && foreign:
			return connectors.CodeTaken(code)
		}
		return connectors.NotDone("the code %q is not there with the present terms", code)
	})
}

// retireCode makes a friend code's coupon a draft. Where the code belongs to another there is nothing of ours
// to stop.
func (w *WooCommerce) retireCode(ctx context.Context, shop connectors.Shop, a rewards.RetireCode) (connectors.Receipt, error) {
	release, err := w.locks.hold(ctx, shop, a.Code)
	if err != nil {
		return connectors.Receipt{}, err
	}
	defer release()
	w.done.drop(codeIn(shop, a.Code))
	working, err := w.working(ctx, shop, a)
	if err != nil {
		return connectors.Receipt{}, err
	}
	for _, c := range working {
		if _, err := w.put(ctx, shop, c.ID, map[string]any{"status": draft}); err != nil && rewards.KindOf(err) != rewards.NotFound {
			return connectors.Receipt{}, err
		}
	}
	return connectors.Receipt{ExternalID: a.OfferID}, nil
}

// working are our friend coupons of a code that are published. The offer is not told by its programme here, so
// a friend code of any programme counts; two never have the same.
func (w *WooCommerce) working(ctx context.Context, shop connectors.Shop, a rewards.RetireCode) ([]coupon, error) {
	all, err := w.allByCode(ctx, shop, a.Code)
	if err != nil {
		return nil, err
	}
	var out []coupon
	for _, c := range all {
		if kind, _ := c.mark(); kind == kindFriend && c.Status == published {
			out = append(out, c)
		}
	}
	return out, nil
}

func (w *WooCommerce) findRetired(ctx context.Context, shop connectors.Shop, a rewards.RetireCode) (connectors.Receipt, error) {
	working, err := w.working(ctx, shop, a)
	if err != nil {
		return connectors.Receipt{}, err
	}
	if len(working) > 0 {
		return connectors.Receipt{}, connectors.NotDone("the code %q still works", a.Code)
	}
	return connectors.Receipt{ExternalID: a.OfferID}, nil
}
