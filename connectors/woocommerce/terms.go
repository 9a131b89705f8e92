package woocommerce

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"grapevine/rewards"
)

// terms is everything that a coupon says.
type terms struct {
	kind, subject string
	title         string // for the merchant's list
	percent       bool
	amount        string  // per cent, or an amount in the shop's currency
	eachPiece     bool    // the amount is of a product and not of the cart
	pieces        int64   // how many pieces it is off at most; 0: all
	products      []int64 // none: everything
	categories    []int64
	minimum       string // "0": none
	perUser       int64  // 0: as often as she likes
	limit         int64  // of all together; 0: none
	email         string // of the only one who may use it; "": anybody
	ends          time.Time
}

// mostTitle bounds a coupon's description.
const mostTitle = 255

// termsOf reads what a discount is to be. Kind Invalid, codes bad_discount, bad_id.
func termsOf(kind, subject, title string, d rewards.Discount) (terms, error) {
	kinds := 0
	for _, is := range []bool{d.Percent != 0, !d.Amount.IsZero()} {
		if is {
			kinds++
		}
	}
	switch {
	case d.FreeShipping:
		return terms{}, rewards.Errorf(rewards.Invalid, "bad_discount", "%s: free shipping is not offered on WooCommerce", subject)
	case kinds != 1 || d.Percent < 0 || d.Percent > 10_000 || d.Amount.Minor < 0 || d.Minimum.Minor < 0:
		return terms{}, rewards.Errorf(rewards.Invalid, "bad_discount", "%s: exactly one of percent and amount, none below zero", subject)
	case len(d.Products) > 0 && len(d.Collections) > 0:
		return terms{}, rewards.Errorf(rewards.Invalid, "bad_discount", "%s: a discount is on products or on categories, not on both", subject)
	case d.OnePiece && len(d.Products)+len(d.Collections) == 0:
		return terms{}, rewards.Errorf(rewards.Invalid, "bad_discount", "%s: one piece of what?", subject)
	}
	t := terms{kind: kind, subject: subject, title: "Grapevine " + subject + ": " + title, percent: d.Percent != 0, amount: d.Percent.Decimal(), minimum: "0"}
	if len(t.title) > mostTitle {
		t.title = strings.ToValidUTF8(t.title[:mostTitle], "")
	}
	var err error
	if t.products, err = numbers(d.Products); err != nil {
		return t, err
	}
	if t.categories, err = numbers(d.Collections); err != nil {
		return t, err
	}
	chosen := len(t.products)+len(t.categories) > 0
	if !t.percent {
		t.amount, t.eachPiece = d.Amount.Decimal(), chosen
	}
	if d.OnePiece || t.eachPiece {
		t.pieces = 1
	}
	if !d.Minimum.IsZero() {
		t.minimum = d.Minimum.Decimal()
	}
	if d.OncePerCustomer {
		t.perUser = 1
	}
	return t, nil
}

// numbers reads ids of the shop's, each once, in order. Kind Invalid, code bad_id.
func numbers(ids []string) ([]int64, error) {
	var out []int64
	for _, id := range ids {
		if _, err := number(id); err != nil {
			return nil, err
		}
		n, _ := strconv.ParseInt(id, 10, 64)
		out = append(out, n)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// form is the coupon's type.
func (t terms) form() string {
	switch {
	case t.percent:
		return "percent"
	case t.eachPiece:
		return "fixed_product"
	}
	return "fixed_cart"
}

// alone tells whether the coupon must be the only one in the cart: ours would add up, also on the same goods, and
// ten friends' codes make an order free. Store credit is money, and a reward that is off one piece is a gift.
func (t terms) alone() bool {
	return t.kind != kindCredit && (t.kind != kindReward || t.pieces == 0)
}

// input states the terms. What is not wanted is stated too, so that a change clears it. The expiry has a
// zone: without one it would be in the shop's, and in the field that is named for UTC it is passed over.
func (t terms) input(status string) map[string]any {
	key := metaReward
	if t.kind == kindOffer || t.kind == kindFriend {
		key = metaProgram
	}
	in := map[string]any{
		"status": status, "description": t.title, "discount_type": t.form(), "amount": t.amount, "individual_use": t.alone(),
		"product_ids": filled(t.products), "product_categories": filled(t.categories), "limit_usage_to_x_items": t.pieces,
		"minimum_amount": t.minimum, "usage_limit": t.limit, "usage_limit_per_user": t.perUser,
		"email_restrictions": []string{}, "date_expires": "",
		"meta_data": []map[string]string{{"key": metaKind, "value": t.kind}, {"key": key, "value": t.subject}},
	}
	if t.email != "" {
		in["email_restrictions"] = []string{t.email}
	}
	if !t.ends.IsZero() {
		in["date_expires"] = t.ends.UTC().Truncate(time.Second).Format(time.RFC3339)
	}
	return in
}

// newInput is input with what only a creation states.
func (t terms) newInput(status, code string) map[string]any {
	in := t.input(status)
	in["code"] = strings.ToLower(code)
	if t.ends.IsZero() {
		delete(in, "date_expires")
	}
	return in
}

// filled is never nil, which would be null on the wire and change nothing.
func filled(ids []int64) []int64 { return append([]int64{}, ids...) }

// differs names the fields in which a coupon is not what the terms say; "" where there is none.
func (t terms) differs(c coupon) string {
	var out []string
	check := func(name string, same bool) {
		if !same {
			out = append(out, name)
		}
	}
	check("discount_type", string(c.Type) == t.form())
	check("amount", c.is(t.amount))
	check("individual_use", c.Alone == t.alone())
	check("minimum_amount", sameDecimal(string(c.Minimum), t.minimum))
	check("product_ids", sameIDs(c.Products, t.products))
	check("product_categories", sameIDs(c.Categories, t.categories))
	check("limit_usage_to_x_items", int64(c.Pieces) == t.pieces)
	check("usage_limit", int64(c.Limit) == t.limit)
	check("usage_limit_per_user", int64(c.PerUser) == t.perUser)
	check("date_expires", timeOf(c.Expires).Equal(t.ends.UTC().Truncate(time.Second)))
	emails := len(c.Emails) == 0
	if t.email != "" {
		emails = len(c.Emails) == 1 && strings.EqualFold(string(c.Emails[0]), t.email)
	}
	check("email_restrictions", emails)
	return strings.Join(out, ", ")
}

func sameIDs(got list[whole], want []int64) bool {
	ids := make([]int64, 0, len(got))
	for _, n := range got {
		ids = append(ids, int64(n))
	}
	slices.Sort(ids)
	return slices.Equal(ids, want)
}
