package stripe

import (
	"context"
	"time"

	stripego "github.com/stripe/stripe-go/v76"

	"grapevine/connectors"
	"grapevine/rewards"
)

// auditPages bounds a listing: a hundred promotion codes a page.
const auditPages = 5000

// Holdings calls f for each promotion code that carries our mark, the newest first. It waits where the rate
// limit wants it.
func (s *Stripe) Holdings(ctx context.Context, shop connectors.Shop, f func(connectors.Holding) error) error {
	c, err := s.caller(shop)
	if err != nil {
		return err
	}
	after := ""
	for range auditPages {
		var next page[promotionBody]
		err := patiently(ctx, func() error {
			return c.list(ctx, "listing promotion codes", after, &next, func(p stripego.ListParams) error {
				return c.api.PromotionCodes.List(&stripego.PromotionCodeListParams{ListParams: p}).Err()
			})
		})
		if err != nil {
			return err
		}
		for _, b := range next.Data {
			subject := b.Metadata[metaSubject]
			if subject == "" {
				continue
			}
			if err := f(connectors.Holding{ExternalID: b.ID, Subject: subject, Code: b.Code, Live: b.live(s.opts.Now())}); err != nil {
				return err
			}
		}
		if !next.More || len(next.Data) == 0 {
			return nil
		}
		after = next.Data[len(next.Data)-1].ID
	}
	return nil
}

// live tells whether somebody could use the code now.
func (b promotionBody) live(now time.Time) bool {
	return b.Active && !b.expired(now)
}

// Credits lists the transactions that credited the customer for the reward: exactly one for a reward that was
// issued once. Kind NotFound: there is no such customer.
func (s *Stripe) Credits(ctx context.Context, shop connectors.Shop, r rewards.Reward) (ids []string, err error) {
	c, err := s.caller(shop)
	if err != nil {
		return nil, err
	}
	customer := r.Refs[rewards.RefAccount]
	if customer == "" {
		customer = r.CustomerID
	}
	err = c.balance(ctx, customer, func(b balanceBody) bool {
		if b.Metadata[metaReward] == r.ID && b.Amount < 0 {
			ids = append(ids, b.ID)
		}
		return true
	})
	return ids, err
}
