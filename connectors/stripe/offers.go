package stripe

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	stripego "github.com/stripe/stripe-go/v76"

	"grapevine/connectors"
	"grapevine/rewards"
)

const (
	codesPerCall = 250
	// hands is how many codes are made at a time. Stripe takes 25 calls a second of a test key, and of each
	// kind of a live one.
	hands = 4
	// haste is how long codes are made before the rest is left to the next try: whoever asks waits 10 s.
	haste = 7 * time.Second
	// recentPages is how many pages of an offer's newest codes are looked at before any is made.
	recentPages = 3
)

// publishOffer makes the coupon of a programme's terms. New terms are another coupon: a coupon cannot be
// changed, and codes keep the one they were made on until AddCodes moves them.
func (c *caller) publishOffer(ctx context.Context, key string, a rewards.PublishOffer) (connectors.Receipt, error) {
	t, err := offerTerms(a)
	if err != nil {
		return connectors.Receipt{}, err
	}
	b, err := c.ensureCoupon(ctx, key, t)
	return connectors.Receipt{ExternalID: b.ID}, err
}

func (c *caller) findOffer(ctx context.Context, a rewards.PublishOffer) (connectors.Receipt, error) {
	t, err := offerTerms(a)
	if err != nil {
		return connectors.Receipt{}, err
	}
	b, err := c.coupon(ctx, t.coupon())
	switch {
	case isMissing(err):
		return connectors.Receipt{}, connectors.NotDone("there is no coupon %s", t.coupon())
	case err != nil:
		return connectors.Receipt{}, err
	case b.Metadata[metaSubject] != t.subject || !b.worth(t):
		return connectors.Receipt{}, call(rewards.Errorf(rewards.Conflict, "coupon_exists_in_shop", "the coupon %s is not ours", b.ID))
	}
	return connectors.Receipt{ExternalID: b.ID}, nil
}

// addCodes puts codes on an offer's coupon, each a promotion code of its own. One of ours that is there with
// other terms, or on another coupon, makes room for a new one. What a try leaves half done the next one finds.
func (c *caller) addCodes(ctx context.Context, key string, a rewards.AddCodes) (connectors.Receipt, error) {
	if len(a.Codes) == 0 || len(a.Codes) > codesPerCall {
		return connectors.Receipt{}, rewards.Errorf(rewards.Invalid, "bad_codes", "%d codes are not between 1 and %d", len(a.Codes), codesPerCall)
	}
	t, err := offerTerms(a.Offer)
	if err != nil {
		return connectors.Receipt{}, err
	}
	began := c.s.opts.Now()
	if err := c.offerStands(ctx, key, a.OfferID, t); err != nil {
		return connectors.Receipt{}, err
	}
	there, err := c.promotions(ctx, recentPages, func(q *stripego.PromotionCodeListParams) {
		q.Coupon, q.Active = stripego.String(a.OfferID), stripego.Bool(true)
	})
	if err != nil {
		return connectors.Receipt{}, err
	}
	known := map[string]promotionBody{}
	for _, b := range there {
		known[strings.ToUpper(b.Code)] = b
	}
	var todo []string
	for _, code := range a.Codes {
		if b, ok := known[strings.ToUpper(code)]; !ok || !b.ours(t.subject) || !b.holds(t, a.OfferID) {
			todo = append(todo, code)
		}
	}
	refused, err := c.s.placeAll(ctx, c.shop, placing{key: key, coupon: a.OfferID, terms: t, until: began.Add(haste)}, todo)
	if len(refused) == 0 {
		refused = nil
	}
	return connectors.Receipt{ExternalID: a.OfferID, Refused: refused}, err
}

// offerStands sees to it that an offer's coupon is there; one that somebody removed is made again, if it is
// still the one of the terms. Kind Invalid, code offer_missing.
func (c *caller) offerStands(ctx context.Context, key, id string, t terms) error {
	_, err := c.coupon(ctx, id)
	if !isMissing(err) {
		return err
	}
	if id != t.coupon() {
		return call(rewards.Errorf(rewards.Invalid, "offer_missing", "somebody removed the coupon %s", id))
	}
	_, err = c.ensureCoupon(ctx, key, t)
	return err
}

// placing is what is the same for all codes that are put on a coupon.
type placing struct {
	key    string
	coupon string
	terms  terms
	until  time.Time
}

// placeAll puts codes on a coupon, several at a time. It stops at the first trouble, and when its time is over:
// the rest is for the next try.
func (s *Stripe) placeAll(ctx context.Context, shop connectors.Shop, p placing, codes []string) (map[string]string, error) {
	var (
		mu      sync.Mutex
		next    int
		failed  error
		refused = map[string]string{}
		wg      sync.WaitGroup
	)
	take := func() (string, bool) {
		mu.Lock()
		defer mu.Unlock()
		if failed != nil || next >= len(codes) {
			return "", false
		}
		if next > 0 && s.opts.Now().After(p.until) {
			failed = pending("codes_pending", "%d of %d codes are to be made yet", len(codes)-next, len(codes))
			return "", false
		}
		next++
		return codes[next-1], true
	}
	for range min(hands, len(codes)) {
		wg.Go(func() {
			c, err := s.caller(shop)
			for code, ok := take(); ok; code, ok = take() {
				reason := ""
				if err == nil {
					reason, err = c.place(ctx, p, code)
				}
				mu.Lock()
				switch {
				case err == nil:
				case failed == nil:
					failed = err
				case connectors.AsCallError(err).Unclear: // whatever went wrong first
					failed = connectors.AfterEffect(failed)
				}
				if reason != "" {
					refused[code] = reason
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return refused, failed
}

// place puts one code on a coupon. reason says why Stripe will not have it, "" if it has.
func (c *caller) place(ctx context.Context, p placing, code string) (reason string, err error) {
	_, err = c.newPromotion(ctx, p.key, code, p.coupon, p.terms)
	if err == nil || rewards.KindOf(err) != rewards.Invalid && rewards.KindOf(err) != rewards.Conflict {
		return "", err
	}
	why := rewards.CodeOf(err)
	there, err := c.byCode(ctx, code, true)
	if err != nil {
		return "", err
	}
	var before []string
	for _, b := range there {
		switch {
		case !b.ours(p.terms.subject):
			return "code_exists_in_shop", nil
		case b.holds(p.terms, p.coupon):
			return "", nil
		}
		if err := c.switchOff(ctx, p.key, b.ID, p.coupon); err != nil {
			return "", err
		}
		before = append(before, b.ID)
	}
	if len(before) == 0 {
		return why, nil
	}
	_, err = c.newPromotion(ctx, p.key, code, p.coupon, p.terms, before...)
	if rewards.KindOf(err) == rewards.Invalid || rewards.KindOf(err) == rewards.Conflict {
		return rewards.CodeOf(err), nil
	}
	return "", err
}

// findCodes is content when every code belongs to some promotion; those of others are refused.
func (c *caller) findCodes(ctx context.Context, a rewards.AddCodes) (connectors.Receipt, error) {
	t, err := offerTerms(a.Offer)
	if err != nil {
		return connectors.Receipt{}, err
	}
	r := connectors.Receipt{ExternalID: a.OfferID}
	for _, code := range a.Codes {
		there, err := c.byCode(ctx, code, true)
		if err != nil {
			return r, err
		}
		switch {
		case slices.ContainsFunc(there, func(b promotionBody) bool { return b.ours(t.subject) && b.holds(t, a.OfferID) }):
		case slices.ContainsFunc(there, func(b promotionBody) bool { return !b.ours(t.subject) }):
			if r.Refused == nil {
				r.Refused = map[string]string{}
			}
			r.Refused[code] = "code_exists_in_shop"
		default:
			return r, connectors.NotDone("the code %q is not on %s", code, a.OfferID)
		}
	}
	return r, nil
}

// retireCode makes one code of an offer stop. Where the text belongs to something else there is nothing of
// ours to stop.
func (c *caller) retireCode(ctx context.Context, key string, a rewards.RetireCode) (connectors.Receipt, error) {
	live, err := c.offersCode(ctx, a)
	if err != nil {
		return connectors.Receipt{}, err
	}
	for _, b := range live {
		if err := c.switchOff(ctx, key, b.ID, ""); err != nil {
			return connectors.Receipt{}, err
		}
	}
	return connectors.Receipt{ExternalID: a.OfferID}, nil
}

func (c *caller) findRetired(ctx context.Context, a rewards.RetireCode) (connectors.Receipt, error) {
	live, err := c.offersCode(ctx, a)
	switch {
	case err != nil:
		return connectors.Receipt{}, err
	case len(live) > 0:
		return connectors.Receipt{}, connectors.NotDone("the code %q still works", a.Code)
	}
	return connectors.Receipt{ExternalID: a.OfferID}, nil
}

// offersCode lists the active promotion codes of a text that belong to an offer: on its coupon, or on an older
// one of the same programme.
func (c *caller) offersCode(ctx context.Context, a rewards.RetireCode) ([]promotionBody, error) {
	there, err := c.byCode(ctx, a.Code, true)
	if err != nil || len(there) == 0 {
		return nil, err
	}
	b, err := c.coupon(ctx, a.OfferID)
	if err != nil && !isMissing(err) {
		return nil, err
	}
	subject := b.Metadata[metaSubject]
	var live []promotionBody
	for _, p := range there {
		if p.Coupon.ID == a.OfferID && p.Metadata[metaSubject] != "" || subject != "" && p.ours(subject) {
			live = append(live, p)
		}
	}
	return live, nil
}
