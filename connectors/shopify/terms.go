package shopify

import (
	"math/big"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"grapevine/rewards"
)

// terms is all that a discount says: what is sent, and what is compared when it is read back.
type terms struct {
	mark     string // who made it and for what; begins the title
	title    string
	discount rewards.Discount
	value    rewards.Discount // what is sent of it: a percentage of one piece is an amount there
	goods    goods            // what it is on
	customer string           // global id of the only one who may use it; "" for all
	whole    bool             // title and end count too when it is compared: they change with the programme
	starts   time.Time
	ends     time.Time // zero: open
}

// maxTitle is the longest title of a discount. Source: the user error TOO_LONG of Admin API 2026-10.
const maxTitle = 255

// markOf begins the title of everything that we make, so that it is recognised: by us after an unclear
// answer, by the merchant in the list of discounts.
func markOf(subject string) string { return "Grapevine " + subject }

func titleOf(mark, title string) string {
	full := mark + ": " + title
	if len(full) > maxTitle {
		full = strings.ToValidUTF8(full[:maxTitle], "")
	}
	return full
}

func offerTerms(a rewards.PublishOffer) (terms, error) {
	mark := markOf(a.Program)
	t := terms{mark: mark, title: titleOf(mark, a.Title), discount: a.Discount, starts: a.StartsAt, ends: a.EndsAt, whole: true}
	return t.checked()
}

func issueTerms(a rewards.IssueCode) (terms, error) {
	customer, err := gid("Customer", a.CustomerID)
	if err != nil {
		return terms{}, err
	}
	mark := markOf(a.RewardID)
	d := a.Discount
	d.OncePerCustomer = true
	t := terms{mark: mark, title: titleOf(mark, a.Title), discount: d, customer: customer, starts: a.StartsAt, ends: a.EndsAt}
	return t.checked()
}

// checked refuses terms that mean nothing, and completes them. Kind Invalid, codes bad_discount, bad_id.
func (t terms) checked() (terms, error) {
	d, kinds := t.discount, 0
	for _, is := range []bool{d.Percent != 0, !d.Amount.IsZero(), d.FreeShipping} {
		if is {
			kinds++
		}
	}
	if kinds != 1 || d.Percent < 0 || d.Percent > 10_000 || d.Amount.Minor < 0 || d.Minimum.Minor < 0 {
		return t, rewards.Errorf(rewards.Invalid, "bad_discount", "%s: exactly one of percent, amount and free shipping, none below zero", t.mark)
	}
	var err error
	t.value = d
	t.goods, err = goodsOf(d)
	return t, err
}

// input is the DiscountCodeBasicInput or DiscountCodeFreeShippingInput that states the terms, for a
// discount that is on now so far. What is not wanted is stated as null, so that an update clears it.
//
// combinesWith is false three times where it is not stated, and a code that does not combine is dropped
// at checkout without a word, and with it the referral. So ours combine with all that takes off
// something else; whether they really do is up to the merchant, because both discounts must agree.
// Discounts on the whole order never combine: two of our own would add up. Those on chosen goods combine
// with each other, because Shopify never lets two of them take something off the same goods.
func (t terms) input(now goods) map[string]any {
	d := t.discount
	in := map[string]any{
		"title":                  t.title,
		"startsAt":               stamp(t.starts),
		"endsAt":                 nil,
		"appliesOncePerCustomer": d.OncePerCustomer,
		"usageLimit":             nil,
		"minimumRequirement":     nil,
	}
	if !t.ends.IsZero() {
		in["endsAt"] = stamp(t.ends)
	}
	if !d.Minimum.IsZero() {
		in["minimumRequirement"] = map[string]any{"subtotal": map[string]any{"greaterThanOrEqualToSubtotal": d.Minimum.Decimal()}}
	}
	if t.customer != "" {
		in["usageLimit"] = 1
	}
	if d.FreeShipping {
		in["destination"] = map[string]any{"all": true}
		in["combinesWith"] = combines(true, true, false)
	} else {
		in["customerGets"] = gets(t.value, t.goods.input(now))
		in["combinesWith"] = combines(!t.goods.all(), true, true)
	}
	return in
}

// newInput is input with what only a creation states.
func (t terms) newInput(code string) map[string]any {
	in := t.input(goods{})
	in["code"] = code
	in["context"] = map[string]any{"all": "ALL"}
	if t.customer != "" {
		in["context"] = map[string]any{"customers": map[string]any{"add": []string{t.customer}}}
	}
	return in
}

func combines(order, product, shipping bool) map[string]any {
	return map[string]any{"orderDiscounts": order, "productDiscounts": product, "shippingDiscounts": shipping}
}

// gets states the value, and what it is on unless items is nil. A percentage is a fraction, 0.1 for 10 %,
// written digit by digit; an amount is taken off once, not off each piece.
func gets(d rewards.Discount, items map[string]any) map[string]any {
	value := map[string]any{"percentage": jsontext.Value(d.Percent.Fraction())}
	if d.Percent == 0 {
		value = map[string]any{"discountAmount": map[string]any{"amount": d.Amount.Decimal(), "appliesOnEachItem": false}}
	}
	if items == nil {
		return map[string]any{"value": value}
	}
	return map[string]any{"value": value, "items": items}
}

// stamp writes a time as Shopify stores it, to the second.
func stamp(t time.Time) string { return t.UTC().Truncate(time.Second).Format(time.RFC3339) }

// discountNode is a discount as discount_by_code and discount_by_id read it.
type discountNode struct {
	Type   string     `json:"__typename"`
	Title  string     `json:"title"`
	Status string     `json:"status"`
	EndsAt *time.Time `json:"endsAt"`
	Once   bool       `json:"appliesOncePerCustomer"`
	Limit  *int64     `json:"usageLimit"`
	Used   int64      `json:"asyncUsageCount"`
	Gets   struct {
		Value struct {
			Percentage jsontext.Value `json:"percentage"`
			Amount     *moneyNode     `json:"amount"`
			EachItem   bool           `json:"appliesOnEachItem"`
		} `json:"value"`
		Items itemsNode `json:"items"`
	} `json:"customerGets"`
	Minimum *struct {
		Subtotal *moneyNode `json:"greaterThanOrEqualToSubtotal"`
	} `json:"minimumRequirement"`
	Context struct {
		Customers []struct {
			ID string `json:"id"`
		} `json:"customers"`
	} `json:"context"`
}

// The two kinds of discount that we make. Codes of apps and buy-X-get-Y belong to others.
const (
	typeBasic        = "DiscountCodeBasic"
	typeFreeShipping = "DiscountCodeFreeShipping"
)

// ours tells whether we made the discount for this very subject.
func (n discountNode) ours(mark string) bool {
	return (n.Type == typeBasic || n.Type == typeFreeShipping) && strings.HasPrefix(n.Title, mark+":")
}

// holds tells whether the discount gives what the terms say, to the ones they say.
func (n discountNode) holds(t terms) bool {
	if n.Once != t.discount.OncePerCustomer || !n.worth(t.discount) || !n.wants(t.discount.Minimum) || !n.Gets.Items.goods().equal(t.goods) {
		return false
	}
	if t.whole && (n.Title != t.title || !timeOf(n.EndsAt).Equal(t.ends.UTC().Truncate(time.Second))) {
		return false
	}
	if t.customer == "" {
		return len(n.Context.Customers) == 0
	}
	return len(n.Context.Customers) == 1 && n.Context.Customers[0].ID == t.customer
}

// worth tells whether the discount takes this much off. What one piece was worth when it was given is not
// known any more: then any amount will do.
func (n discountNode) worth(d rewards.Discount) bool {
	switch {
	case d.FreeShipping:
		return n.Type == typeFreeShipping
	case n.Type != typeBasic:
		return false
	case d.OnePiece && d.Percent != 0:
		return n.Gets.Value.Amount != nil && !n.Gets.Value.EachItem
	case d.Percent != 0:
		return sameFraction(n.Gets.Value.Percentage, d.Percent)
	}
	return n.Gets.Value.Amount != nil && !n.Gets.Value.EachItem && n.Gets.Value.Amount.is(d.Amount)
}

// wants tells whether the discount has this minimum.
func (n discountNode) wants(minimum rewards.Money) bool {
	if n.Minimum == nil || n.Minimum.Subtotal == nil {
		return n.Minimum == nil && minimum.IsZero()
	}
	if m, err := n.Minimum.Subtotal.money(); err == nil && m.IsZero() && minimum.IsZero() {
		return true
	}
	return n.Minimum.Subtotal.is(minimum)
}

func (m moneyNode) is(want rewards.Money) bool {
	got, err := m.money()
	return err == nil && got == want
}

// sameFraction compares a JSON number exactly with a rate.
func sameFraction(number jsontext.Value, rate rewards.BasisPoints) bool {
	const longest = 24
	text := string(number)
	if text == "" || len(text) > longest || strings.ContainsAny(text, "eE/") {
		return false
	}
	got, ok := new(big.Rat).SetString(text)
	return ok && got.Cmp(big.NewRat(int64(rate), 10_000)) == 0
}
