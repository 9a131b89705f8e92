package woocommerce

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
)

// The meta data by which a coupon is known as ours, and for what.
const (
	metaProgram = "_grapevine_program"
	metaReward  = "_grapevine_reward"
	metaKind    = "_grapevine_kind"
)

// The kinds of coupon that we make.
const (
	kindOffer  = "offer"  // a programme's terms; nobody uses it
	kindFriend = "friend" // a friend code
	kindReward = "reward" // a reward's code
	kindCredit = "credit" // store credit
)

// The statuses of a coupon that matter here.
const (
	published = "publish"
	draft     = "draft"
)

// coupon is what is read of a coupon. Amounts have two decimals; used_by is not read.
// Source: the REST reference of coupons, v3; answers of WooCommerce 11.0.1.
type coupon struct {
	ID         whole          `json:"id"`
	Code       text           `json:"code"` // in lower case
	Status     text           `json:"status"`
	Type       text           `json:"discount_type"`
	Amount     text           `json:"amount"`
	Expires    text           `json:"date_expires_gmt"` // date_expires as it is in UTC
	Used       whole          `json:"usage_count"`
	Limit      whole          `json:"usage_limit"`
	PerUser    whole          `json:"usage_limit_per_user"`
	Pieces     whole          `json:"limit_usage_to_x_items"`
	Products   list[whole]    `json:"product_ids"`
	Categories list[whole]    `json:"product_categories"`
	Minimum    text           `json:"minimum_amount"`
	Alone      bool           `json:"individual_use"`
	Emails     list[text]     `json:"email_restrictions"`
	Meta       list[metaBody] `json:"meta_data"`
}

// ours tells whether we made the coupon as this kind of thing for this subject.
func (c coupon) ours(kind, subject string) bool {
	k, s := c.mark()
	return k == kind && s == subject
}

// mark is what the coupon is ours for; "" twice where it is not.
func (c coupon) mark() (kind, subject string) {
	kind = metaText(c.Meta, metaKind)
	switch kind {
	case kindOffer, kindFriend:
		return kind, metaText(c.Meta, metaProgram)
	case kindReward, kindCredit:
		return kind, metaText(c.Meta, metaReward)
	}
	return "", ""
}

// live tells whether somebody can use the coupon now.
func (c coupon) live(now time.Time) bool {
	ends := timeOf(c.Expires)
	return c.Status == published && (ends.IsZero() || now.Before(ends)) && (c.Limit == 0 || c.Used < c.Limit)
}

func (c coupon) receipt() connectors.Receipt {
	return connectors.Receipt{ExternalID: c.ID.id(), ExpiresAt: timeOf(c.Expires), Spent: c.Used > 0}
}

// is tells whether the coupon's amount is this one, as far as two decimals tell.
func (c coupon) is(amount string) bool { return sameDecimal(string(c.Amount), amount) }

// atMost tells whether the coupon's amount is this one or less.
func (c coupon) atMost(amount string) bool {
	is, ok := thousandths(string(c.Amount))
	most, ok2 := thousandths(amount)
	return c.is(amount) || ok && ok2 && is <= most
}

// sameDecimal compares a decimal of two places with one of as many as it needs.
func sameDecimal(echo, want string) bool {
	units, ok := thousandths(echo)
	units2, ok2 := thousandths(want)
	if !ok || !ok2 {
		return false
	}
	return units == units2 || units == (units2+5)/10*10
}

// thousandths reads a decimal as an integer; "" is zero.
func thousandths(s string) (int64, bool) {
	if s == "" {
		return 0, true
	}
	m, err := rewards.ParseMoney(s, "KWD")
	return m.Minor, err == nil
}

// byID reads a coupon, whatever its status. Kind NotFound.
func (w *WooCommerce) byID(ctx context.Context, shop connectors.Shop, id string) (coupon, error) {
	var c coupon
	n, err := number(id)
	if err != nil {
		return c, call(err)
	}
	_, err = w.ask(ctx, shop, request{route: api + "/coupons/" + n}, &c)
	if err == nil && c.ID.id() != n {
		err = connectors.Unreadable(false, "the shop answered with another coupon than %s", n)
	}
	return c, err
}

// byCode lists the coupons with a code that the shop would find at the till: at most one, the newest.
func (w *WooCommerce) byCode(ctx context.Context, shop connectors.Shop, code string) ([]coupon, error) {
	return w.withCode(ctx, shop, code, url.Values{"code": {strings.ToLower(code)}})
}

// allByCode lists all coupons with a code, the oldest first: drafts and doubles too, which only a search
// finds.
func (w *WooCommerce) allByCode(ctx context.Context, shop connectors.Shop, code string) ([]coupon, error) {
	all, err := w.byCode(ctx, shop, code)
	if err != nil {
		return nil, err
	}
	found, err := w.searched(ctx, shop, code)
	if err != nil {
		return nil, err
	}
	all = append(all, found...)
	slices.SortFunc(all, func(a, b coupon) int { return int(min(max(a.ID-b.ID, -1), 1)) })
	return slices.CompactFunc(all, func(a, b coupon) bool { return a.ID == b.ID }), nil
}

// searched lists the coupons with a code that a search brings.
func (w *WooCommerce) searched(ctx context.Context, shop connectors.Shop, code string) ([]coupon, error) {
	return w.withCode(ctx, shop, code, url.Values{"search": {strings.ToLower(code)}, "status": {"any"}})
}

func (w *WooCommerce) withCode(ctx context.Context, shop connectors.Shop, code string, query url.Values) ([]coupon, error) {
	query.Set("per_page", strconv.Itoa(perPage))
	var some list[coupon]
	if _, err := w.ask(ctx, shop, request{route: api + "/coupons", query: query}, &some); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(some, func(c coupon) bool { return folded(string(c.Code)) != folded(code) || c.Status == "trash" }), nil
}

// post makes a coupon.
func (w *WooCommerce) post(ctx context.Context, shop connectors.Shop, input map[string]any) (coupon, error) {
	var c coupon
	_, err := w.ask(ctx, shop, request{method: http.MethodPost, route: api + "/coupons", body: input}, &c)
	if err == nil && c.ID <= 0 {
		err = connectors.Unreadable(true, "the answer has no coupon")
	}
	return c, err
}

// put changes a coupon. Kind NotFound.
func (w *WooCommerce) put(ctx context.Context, shop connectors.Shop, id whole, input map[string]any) (coupon, error) {
	var c coupon
	_, err := w.ask(ctx, shop, request{method: http.MethodPut, route: api + "/coupons/" + id.id(), body: input}, &c)
	if err == nil && c.ID != id {
		err = connectors.Unreadable(true, "the shop answered with another coupon than %d", int64(id))
	}
	return c, err
}

// remove deletes a coupon for good. One that is gone is.
func (w *WooCommerce) remove(ctx context.Context, shop connectors.Shop, id whole) error {
	_, err := w.ask(ctx, shop, request{method: http.MethodDelete, route: api + "/coupons/" + id.id(), query: url.Values{"force": {"true"}}}, nil)
	if rewards.KindOf(err) == rewards.NotFound {
		return nil
	}
	return err
}

// pick chooses of coupons with one code that which is ours: one that is published rather than a draft, of these
// one that was used, else the oldest. taken tells that somebody else's is published.
func pick(all []coupon, kind, subject string) (own *coupon, taken bool) {
	better := func(a, b coupon) bool {
		if (a.Status == published) != (b.Status == published) {
			return a.Status == published
		}
		if (a.Used > 0) != (b.Used > 0) {
			return a.Used > 0
		}
		return a.ID < b.ID
	}
	for i, c := range all {
		switch {
		case !c.ours(kind, subject):
			taken = taken || c.Status == published
		case own == nil || better(c, *own):
			own = &all[i]
		}
	}
	return own, taken
}

// single sees to it that only one coupon of ours has the code: two tries at once can both have made one. It
// returns the one that stays.
func (w *WooCommerce) single(ctx context.Context, shop connectors.Shop, made coupon, t terms) (coupon, error) {
	all, err := w.searched(ctx, shop, string(made.Code))
	if err != nil {
		return made, err
	}
	if !slices.ContainsFunc(all, func(c coupon) bool { return c.ID == made.ID }) {
		all = append(all, made)
	}
	own, _ := pick(all, t.kind, t.subject)
	if own == nil {
		return made, nil
	}
	for _, c := range all {
		if c.ID != own.ID && c.Used == 0 && c.ours(t.kind, t.subject) {
			if err := w.remove(ctx, shop, c.ID); err != nil {
				return made, err
			}
		}
	}
	return *own, nil
}
