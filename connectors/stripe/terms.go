package stripe

import (
	"context"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	stripego "github.com/stripe/stripe-go/v76"

	"grapevine/rewards"
)

// terms is all that a discount says: what is sent, and what is compared when it is read back. The coupon holds
// what it takes off, the promotion code to whom and when.
type terms struct {
	subject  string // what it is for: a programme's name or a reward's id
	title    string
	percent  rewards.BasisPoints
	amount   int64  // Stripe's; 0 for a percentage
	currency string // Stripe's; "" for a percentage

	minimum         int64 // 0: none
	minimumCurrency string
	first           bool   // only for a customer's first payment
	customer        string // the only one who may use it; "": anybody
	uses            int64  // 0: any number
	ends            time.Time
}

// maxTitle is the longest name of a coupon. Source: API 2023-10-16, "Create a coupon".
const maxTitle = 40

// termsOf reads a discount. Kind Invalid, codes bad_discount, unknown_currency, bad_amount.
func termsOf(subject, title string, d rewards.Discount, ends time.Time) (terms, error) {
	t := terms{subject: subject, title: shortened(title), percent: d.Percent, ends: ends}
	switch {
	case d.FreeShipping:
		return t, rewards.Errorf(rewards.Invalid, "bad_discount", "%s: Stripe has no coupon that takes the shipping off", subject)
	case len(d.Products) > 0 || len(d.Collections) > 0 || d.OnePiece:
		return t, rewards.Errorf(rewards.Invalid, "bad_discount", "%s: Stripe has no coupon for one piece or for a collection", subject)
	case (d.Percent != 0) == !d.Amount.IsZero() || d.Percent < 0 || d.Percent > 10_000 || d.Amount.Minor < 0 || d.Minimum.Minor < 0:
		return t, rewards.Errorf(rewards.Invalid, "bad_discount", "%s: exactly one of percent and amount, none below zero", subject)
	}
	var err error
	if !d.Amount.IsZero() {
		if t.amount, t.currency, err = amountOf(d.Amount); err != nil {
			return t, err
		}
	}
	if !d.Minimum.IsZero() {
		t.minimum, t.minimumCurrency, err = amountOf(d.Minimum)
	}
	return t, err
}

// shortened cuts a title to what Stripe keeps of it, between characters.
func shortened(title string) string {
	runes := []rune(title)
	return strings.TrimSpace(string(runes[:min(len(runes), maxTitle)]))
}

// offerTerms are those of a programme's codes. Stripe has no beginning for a promotion code: it works from
// when it is made.
func offerTerms(a rewards.PublishOffer) (terms, error) {
	t, err := termsOf(a.Program, a.Title, a.Discount, a.EndsAt)
	t.first = a.Discount.OncePerCustomer
	return t, err
}

// issueTerms are those of a reward's code: for its owner alone, once.
func issueTerms(a rewards.IssueCode) (terms, error) {
	a.Discount.Amount = payable(a.Discount.Amount)
	t, err := termsOf(a.RewardID, a.Title, a.Discount, a.EndsAt)
	t.uses = 1
	if strings.HasPrefix(a.CustomerID, "cus_") {
		t.customer = a.CustomerID
	}
	return t, err
}

// coupon is the id of the coupon with these terms: made of them and of what it is for, so that it is made once
// however often it is tried.
func (t terms) coupon() string {
	const digits = 28
	return "grapevine_" + stepKey(t.subject, strconv.FormatInt(int64(t.percent), 10), strconv.FormatInt(t.amount, 10), t.currency)[len("grapevine-"):][:digits]
}

// use is what a promotion code says of its use, as part of a key: with other terms it is another call.
func (t terms) use() string {
	return fmt.Sprintf("%q %q %d %d %q %t %d", t.subject, t.customer, t.uses, t.minimum, t.minimumCurrency, t.first, t.ends.Unix())
}

// couponBody is a coupon.
type couponBody struct {
	ID       string            `json:"id"`
	Name     string            `json:"name"`
	Percent  jsontext.Value    `json:"percent_off"` // a number with up to two decimals, or null
	Amount   int64             `json:"amount_off"`
	Currency string            `json:"currency"`
	Metadata map[string]string `json:"metadata"`
}

// worth tells whether the coupon takes this much off.
func (b couponBody) worth(t terms) bool {
	if t.percent != 0 {
		return samePercent(b.Percent, t.percent)
	}
	return b.Amount == t.amount && strings.EqualFold(b.Currency, t.currency) && !samePercentGiven(b.Percent)
}

func samePercentGiven(number jsontext.Value) bool { return len(number) > 0 && number.Kind() == '0' }

// samePercent compares a JSON number exactly with a rate.
func samePercent(number jsontext.Value, rate rewards.BasisPoints) bool {
	const longest = 24
	text := string(number)
	if !samePercentGiven(number) || len(text) > longest || strings.ContainsAny(text, "eE/") {
		return false
	}
	got, ok := new(big.Rat).SetString(text)
	return ok && got.Cmp(big.NewRat(int64(rate), 100)) == 0
}

// promotionBody is a promotion code.
type promotionBody struct {
	ID       string            `json:"id"`
	Code     string            `json:"code"`
	Active   bool              `json:"active"`
	Coupon   couponBody        `json:"coupon"`
	Customer ref[bare]         `json:"customer"`
	Expires  int64             `json:"expires_at"`
	Uses     int64             `json:"max_redemptions"`
	Used     int64             `json:"times_redeemed"`
	Metadata map[string]string `json:"metadata"`
	Limits   struct {
		First    bool   `json:"first_time_transaction"`
		Minimum  int64  `json:"minimum_amount"`
		Currency string `json:"minimum_amount_currency"`
	} `json:"restrictions"`
}

// expired tells that the time of a promotion code is over: Stripe then says that it is not active.
func (b promotionBody) expired(now time.Time) bool {
	return b.Expires > 0 && !now.Before(unix(b.Expires))
}

// ours tells whether we made it for this very subject.
func (b promotionBody) ours(subject string) bool { return b.Metadata[metaSubject] == subject }

// holds tells whether a promotion code says what the terms say, on that coupon.
func (b promotionBody) holds(t terms, coupon string) bool {
	return b.Coupon.ID == coupon && b.Customer.ID == t.customer && b.Uses == t.uses && b.Limits.First == t.first &&
		b.Limits.Minimum == t.minimum && strings.EqualFold(b.Limits.Currency, t.minimumCurrency) &&
		unix(b.Expires).Equal(t.ends.UTC().Truncate(time.Second))
}

// ensureCoupon makes the coupon of these terms, or finds it.
func (c *caller) ensureCoupon(ctx context.Context, key string, t terms) (couponBody, error) {
	id := t.coupon()
	b, err := c.coupon(ctx, id)
	if isMissing(err) {
		err = c.newCoupon(ctx, key, t, &b)
		if rewards.CodeOf(err) == codeExists { // made meanwhile
			b, err = c.coupon(ctx, id)
		}
	}
	if err != nil {
		return b, err
	}
	if b.Metadata[metaSubject] != t.subject || !b.worth(t) {
		return b, call(rewards.Errorf(rewards.Conflict, "coupon_exists_in_shop", "the coupon %s is not ours, or not what was made", id))
	}
	return b, nil
}

func (c *caller) coupon(ctx context.Context, id string) (couponBody, error) {
	var b couponBody
	err := c.get(ctx, "reading coupon", &b, func(p stripego.Params) error {
		_, err := c.api.Coupons.Get(id, &stripego.CouponParams{Params: p})
		return err
	})
	return b, err
}

func (c *caller) newCoupon(ctx context.Context, key string, t terms, b *couponBody) error {
	id := t.coupon()
	return c.create(ctx, func(n string) error {
		return c.post(ctx, "making coupon", stepKey(key, "coupon", id, t.title, n), b, func(p stripego.Params) error {
			q := &stripego.CouponParams{
				Params: p, ID: stripego.String(id), Duration: stripego.String(string(stripego.CouponDurationOnce)),
				Metadata: map[string]string{metaSubject: t.subject},
			}
			if t.title != "" {
				q.Name = stripego.String(t.title)
			}
			if t.percent != 0 {
				q.PercentOff = stripego.Float64(float64(t.percent) / 100) // the library writes four decimals
			} else {
				q.AmountOff, q.Currency = stripego.Int64(t.amount), stripego.String(t.currency)
			}
			_, err := c.api.Coupons.New(q)
			return err
		})
	}, func() (bool, error) {
		there, err := c.coupon(ctx, id)
		if isMissing(err) {
			return false, nil
		}
		*b = there
		return err == nil, err
	})
}
