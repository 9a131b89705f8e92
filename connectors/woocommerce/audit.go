package woocommerce

import (
	"context"
	"net/url"
	"strconv"

	"grapevine/connectors"
	"grapevine/rewards"
)

// auditPages bounds a listing: a hundred coupons a page.
const auditPages = 5000

// Holdings lists the coupons that carry our mark, the oldest first, but for those that stand for store credit:
// Credits tells of them. The API cannot look for marks, so all coupons of the shop are read.
func (w *WooCommerce) Holdings(ctx context.Context, shop connectors.Shop, f func(connectors.Holding) error) error {
	query := url.Values{"per_page": {strconv.Itoa(perPage)}, "orderby": {"id"}, "order": {"asc"}, "status": {"any"}}
	for page := 1; page <= auditPages; page++ {
		query.Set("page", strconv.Itoa(page))
		var some list[coupon]
		err := patiently(ctx, func() error {
			_, err := w.ask(ctx, shop, request{route: api + "/coupons", query: query}, &some)
			return err
		})
		if err != nil {
			return err
		}
		for _, c := range some {
			kind, subject := c.mark()
			if kind == "" || subject == "" || kind == kindCredit {
				continue
			}
			h := connectors.Holding{ExternalID: c.ID.id(), Subject: subject, Code: string(c.Code), Live: c.live(w.opts.Now())}
			if err := f(h); err != nil {
				return err
			}
		}
		if len(some) < perPage {
			return nil
		}
	}
	return nil
}

// Credits lists the coupons that stand for a reward's credit and can be used, or could be until they were:
// exactly one for a reward that was issued once.
func (w *WooCommerce) Credits(ctx context.Context, shop connectors.Shop, r rewards.Reward) (ids []string, err error) {
	code := r.Refs[rewards.RefCode]
	if code == "" {
		if code, err = creditCode(r.ID); err != nil {
			return nil, call(err)
		}
	}
	all, err := w.allByCode(ctx, shop, code)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		if c.ours(kindCredit, r.ID) && c.Status == published {
			ids = append(ids, c.ID.id())
		}
	}
	return ids, nil
}
