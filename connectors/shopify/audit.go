package shopify

import (
	"context"
	"strings"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
)

// auditPages bounds a listing: 50 discounts a page, 25,000 objects are what Shopify pages through.
const auditPages = 500

// Holdings lists the discounts that carry our mark, newest last.
func (s *Shopify) Holdings(ctx context.Context, shop connectors.Shop, f func(connectors.Holding) error) error {
	vars := map[string]any{"query": `title:"` + markOf("") + `*"`, "after": nil}
	for range auditPages {
		var data struct {
			Discounts struct {
				Nodes []struct {
					ID       string `json:"id"`
					Discount struct {
						Type   string `json:"__typename"`
						Title  string `json:"title"`
						Status string `json:"status"`
						Codes  struct {
							Nodes []struct {
								Code string `json:"code"`
							} `json:"nodes"`
						} `json:"codes"`
					} `json:"discount"`
				} `json:"nodes"`
				Page pageInfo `json:"pageInfo"`
			} `json:"discountNodes"`
		}
		if err := s.askPatiently(ctx, shop, "our_discounts", vars, &data); err != nil {
			return err
		}
		for _, n := range data.Discounts.Nodes {
			subject, _, ok := strings.Cut(strings.TrimPrefix(n.Discount.Title, markOf("")), ":")
			if !ok || !strings.HasPrefix(n.Discount.Title, markOf("")) {
				continue // the shop's search is looser than a prefix
			}
			h := connectors.Holding{ExternalID: n.ID, Subject: subject, Live: n.Discount.Status != "EXPIRED"}
			if len(n.Discount.Codes.Nodes) > 0 {
				h.Code = n.Discount.Codes.Nodes[0].Code
			}
			if err := f(h); err != nil {
				return err
			}
		}
		if !data.Discounts.Page.More {
			return nil
		}
		vars["after"] = data.Discounts.Page.End
	}
	return nil
}

// auditWaits bounds how often one page waits for the rate limit.
const auditWaits = 60

// askPatiently asks again where the shop wants to be left alone for a while: a listing that begins anew
// after each page too many would never end.
func (s *Shopify) askPatiently(ctx context.Context, shop connectors.Shop, operation string, vars map[string]any, data any) error {
	return s.patiently(ctx, func() error {
		_, err := s.ask(ctx, shop, operation, vars, data)
		return err
	})
}

// patiently makes a call again for as long as nothing but the rate limit is in its way.
func (s *Shopify) patiently(ctx context.Context, do func() error) (err error) {
	for range auditWaits {
		if err = do(); err == nil {
			return nil
		}
		ce := connectors.AsCallError(err)
		if !ce.Throttled {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(max(ce.After, s.opts.Poll)):
		}
	}
	return err
}

// Credits lists the transactions that credited an account with the reward's very expiry: exactly one for
// a reward that was issued once. The account is that of the receipt: its customer may have been erased.
func (s *Shopify) Credits(ctx context.Context, shop connectors.Shop, r rewards.Reward) (ids []string, err error) {
	account := r.Refs[RefAccount]
	if account == "" {
		if account, err = s.account(ctx, shop, r.CustomerID, r.Value.Currency); err != nil {
			return nil, err
		}
	}
	_, _, err = s.history(ctx, shop, account, func(t transaction) bool {
		if t.Type == typeCredit && timeOf(t.ExpiresAt).Truncate(time.Second).Equal(r.ExpiresAt) {
			ids = append(ids, t.ID)
		}
		return true
	})
	return ids, err
}
