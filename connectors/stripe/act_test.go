package stripe

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"grapevine/connectors/stripe/stripetest"
	"grapevine/rewards"
)

func (w *world) try(key string, a rewards.Action) error {
	_, err := w.conn.Do(context.Background(), w.shop, key, a)
	return err
}

// finds looks for an action and tells what it found: the id, or kind and code.
func (w *world) finds(a rewards.Action) string {
	r, err := w.conn.Find(context.Background(), w.shop, a)
	if err != nil {
		return string(rewards.KindOf(err)) + " " + rewards.CodeOf(err)
	}
	return r.ExternalID
}

func TestTermsThatStripeCannotCarry(t *testing.T) {
	t.Parallel()
	for name, d := range map[string]rewards.Discount{
		"nothing":             {},
		"both":                {Percent: 1000, Amount: usd(500)},
		"free shipping":       {FreeShipping: true},
		"more than all":       {Percent: 10_001},
		"below zero":          {Amount: usd(-1)},
		"a minimum below it":  {Percent: 1000, Minimum: usd(-1)},
		"chosen products":     {Percent: 1000, Products: []string{"prod_1"}},
		"chosen collections":  {Percent: 1000, Collections: []string{"c"}},
		"one piece":           {Percent: 10_000, OnePiece: true},
		"an unsettled amount": {Amount: rewards.Money{Minor: 100, Currency: "UGX"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := termsOf("friends", "", d, time.Time{})
			if code := rewards.CodeOf(err); rewards.KindOf(err) != rewards.Invalid || code != "bad_discount" && code != "unknown_currency" {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestCouponsAreNamedByTheirTerms(t *testing.T) {
	t.Parallel()
	names := map[string]string{}
	for what, o := range map[string]rewards.PublishOffer{
		"ten percent":      offer(tenPercent),
		"eleven percent":   offer(rewards.Discount{Percent: 1100}),
		"ten":              offer(rewards.Discount{Amount: usd(1000)}),
		"ten euros":        offer(rewards.Discount{Amount: eur(1000)}),
		"another's ten pc": {Program: "others", Discount: tenPercent},
	} {
		terms, err := offerTerms(o)
		if err != nil {
			t.Fatal(err)
		}
		id := terms.coupon()
		if was, ok := names[id]; ok || !strings.HasPrefix(id, "grapevine_") || len(id) > 50 {
			t.Errorf("%s and %s are %s", what, was, id)
		}
		names[id] = what
	}
	with, err := offerTerms(offer(rewards.Discount{Percent: 1000, Minimum: usd(500), OncePerCustomer: true}))
	if err != nil || names[with.coupon()] != "ten percent" {
		t.Errorf("what a code says of its use makes another coupon: %v", err)
	}
	if title := []rune(with.title); len(title) > 40 || shortened(strings.Repeat("ü", 50)) != strings.Repeat("ü", 40) {
		t.Errorf("title %q", with.title)
	}
}

func TestAMerchantsCodeIsNeverTouched(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	w.foreignCode("TAKEN-1", "customers")
	coupon := w.friendCode("ANNA-7Q2M", tenPercent)
	r := w.do("codes", rewards.AddCodes{OfferID: coupon, Offer: offer(tenPercent), Codes: []string{"BEN-1111", "taken-1", "CARL-2222"}})
	same(t, "refused", r.Refused, map[string]string{"taken-1": "code_exists_in_shop"})
	failed(t, "a reward with the merchant's code", w.try("i", rewards.IssueCode{RewardID: "rw_1", Code: "Taken-1", Discount: rewards.Discount{Amount: usd(500)}}), "conflict code_exists_in_shop")
	w.do("retire", rewards.RetireCode{OfferID: coupon, Code: "TAKEN-1"})
	same(t, "codes", w.codes(), []string{"ANNA-7Q2M live", "BEN-1111 live", "CARL-2222 live", "TAKEN-1 live"})
	same(t, "found", w.finds(rewards.AddCodes{OfferID: coupon, Offer: offer(tenPercent), Codes: []string{"NOBODY-1"}}), "not_found not_done")
}

// foreignCode makes a promotion code as the merchant would, by the API.
func (w *world) foreignCode(code, coupon string) {
	w.Helper()
	for _, call := range []struct{ path, form string }{
		{"/v1/coupons", "id=" + coupon + "&percent_off=5&duration=once"},
		{"/v1/promotion_codes", "coupon=" + coupon + "&code=" + code},
	} {
		w.post(call.path, call.form)
	}
}

// post makes a call of the API as the merchant's own programs do.
func (w *world) post(path, form string) {
	w.Helper()
	req, err := http.NewRequest(http.MethodPost, w.sim.URL()+path, strings.NewReader(form))
	w.no(err)
	req.Header.Set("Authorization", "Bearer "+w.sim.Key())
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := http.DefaultClient.Do(req)
	w.no(err)
	w.no(res.Body.Close())
	if res.StatusCode != http.StatusOK {
		w.Fatalf("%s: %d", path, res.StatusCode)
	}
}

func TestManyCodesAreMadeOverSeveralTries(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	coupon := w.do("offer", offer(tenPercent)).ExternalID
	add := rewards.AddCodes{OfferID: coupon, Offer: offer(tenPercent)}
	for i := range codesPerCall {
		add.Codes = append(add.Codes, fmt.Sprintf("CODE-%03d", i))
	}
	// Time is over after a few codes: the rest is for the next try.
	var ticks atomic.Int64
	at := time.Now()
	w.conn.opts.Now = func() time.Time { return at.Add(time.Duration(ticks.Add(1)) * 50 * time.Millisecond) }
	tries := 0
	for {
		tries++
		err := w.try("codes", add)
		if err == nil {
			break
		}
		failed(t, "a try", err, "unavailable codes_pending unclear")
		if tries > 20 {
			t.Fatal("no end")
		}
	}
	same(t, "codes", len(w.codes()), codesPerCall)
	if tries < 2 {
		t.Error("all codes were made at once: the test tests nothing")
	}
	made := 0
	for _, c := range w.sim.Calls() {
		if c.Method == http.MethodPost && c.Path == "/v1/promotion_codes" {
			made++
		}
	}
	same(t, "calls that make a code", made, codesPerCall)
	failed(t, "too many at a time", w.try("codes", rewards.AddCodes{OfferID: coupon, Offer: add.Offer, Codes: append(add.Codes, "ONE-MORE")}), "invalid bad_codes")
}

func TestAnOffersCouponThatSomebodyRemoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	coupon := w.friendCode("ANNA-7Q2M", tenPercent)
	w.no(w.sim.DeleteCoupon(coupon))
	w.do("offer", offer(tenPercent)) // the same key, within the day: what was stored tells of one that is gone
	w.do("codes", rewards.AddCodes{OfferID: coupon, Offer: offer(tenPercent), Codes: []string{"ANNA-7Q2M"}})
	sold := w.buy(stripetest.SessionInput{Buyer: anna, Code: "ANNA-7Q2M"})
	same(t, "took off", w.order(sold.Session).Codes[0].TookOff, usd(300))
	failed(t, "an offer of other terms", w.try("codes", rewards.AddCodes{OfferID: "grapevine_gone", Offer: offer(tenPercent), Codes: []string{"BEN-1"}}), "invalid offer_missing")
}

func TestRetiringACodeThatIsStillOnTheOldCoupon(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	w.friendCode("ANNA-7Q2M", tenPercent)
	second := w.do("offer2", offer(rewards.Discount{Percent: 2000})).ExternalID
	retire := rewards.RetireCode{OfferID: second, Code: "anna-7q2m"}
	same(t, "before", w.finds(retire), "not_found not_done")
	w.sim.FailNext(http.MethodPost, "/v1/promotion_codes/", false) // and Stripe keeps that answer for a day
	failed(t, "the first try", w.try("retire", retire), "unavailable shop_unavailable unclear")
	w.do("retire", retire)
	same(t, "after", w.finds(retire), second)
	same(t, "codes", w.codes(), []string{"ANNA-7Q2M off"})
}

// reward is a code of 8.00 for a customer.
func (w *world) reward() (a rewards.IssueCode, id string) {
	w.Helper()
	customer, err := w.sim.AddCustomer(anna)
	w.no(err)
	a = rewards.IssueCode{
		RewardID: "rw_1", Title: "friends reward", Code: "GV-7Q2M", CustomerID: customer, StartsAt: now,
		Discount: rewards.Discount{Amount: usd(800), Minimum: usd(1000), OncePerCustomer: true}, EndsAt: time.Now().Add(90 * 24 * time.Hour).Truncate(time.Second),
	}
	r := w.do("rw_1/issue", a)
	if !r.ExpiresAt.Equal(a.EndsAt) || r.Spent {
		w.Errorf("receipt %+v", r)
	}
	return a, r.ExternalID
}

func TestARewardIsBroughtDownAndTakenAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	issue, id := w.reward()
	less := rewards.ReduceCode{ExternalID: id, Code: issue.Code, Amount: usd(500)}
	same(t, "before", w.finds(less), "not_found not_done")
	r := w.do("rw_1/reduce", less)
	same(t, "reduced", []any{r.ExternalID, r.Spent, r.ExpiresAt.Equal(issue.EndsAt)}, []any{id, false, true})
	same(t, "found", w.finds(less), id)
	again := rewards.ReduceCode{ExternalID: id, Code: issue.Code, Amount: usd(300)}
	w.do("rw_1/reduce", again)
	same(t, "the older step is not done any more", w.finds(less), "not_found not_done")
	issue.Discount.Amount = usd(300) // as the books know it now
	same(t, "the reward as the books know it", w.finds(issue), id)
	sold := w.buy(stripetest.SessionInput{Buyer: anna, Code: issue.Code})
	same(t, "takes off", w.order(sold.Session).Codes[0].TookOff, usd(300))
	off := rewards.WithdrawCode{ExternalID: id, Code: issue.Code}
	r = w.do("rw_1/withdraw", off)
	same(t, "withdrawn", []any{r.ExternalID, r.Spent}, []any{id, true})
	same(t, "found withdrawn", w.finds(off), id)
}

func TestACodeThatIsUsedIsSpent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	issue, id := w.reward()
	w.buy(stripetest.SessionInput{Buyer: anna, Code: issue.Code})
	r := w.do("rw_1/reduce", rewards.ReduceCode{ExternalID: id, Code: issue.Code, Amount: usd(500)})
	same(t, "reduced", []any{r.ExternalID, r.Spent}, []any{id, true})
	same(t, "issued again", w.do("rw_1/issue", issue).Spent, true)
	same(t, "codes", w.codes(), []string{"GV-7Q2M off used 1 for " + issue.CustomerID})
}

func TestAReductionThatStoppedHalfWayIsFinished(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{
		"before the coupon":     "/v1/coupons",
		"while it is switched":  "/v1/promotion_codes/",
		"before the code":       "/v1/promotion_codes",
		"after the code's call": "/v1/promotion_codes",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, stripetest.Options{})
			issue, id := w.reward()
			less := rewards.ReduceCode{ExternalID: id, Code: issue.Code, Amount: usd(500)}
			if name == "before the code" || name == "after the code's call" {
				w.sim.FailNext(http.MethodPost, path+"/"+id, true) // switched off, and nobody knows
			} else {
				w.sim.FailNext(http.MethodPost, path, strings.HasPrefix(name, "after"))
			}
			if err := w.try("rw_1/reduce", less); err == nil {
				t.Fatal("nothing went wrong")
			}
			same(t, "found", w.finds(less), "not_found not_done")
			w.do("rw_1/reduce", less)
			same(t, "codes", w.codes(), []string{"GV-7Q2M live for " + issue.CustomerID})
			sold := w.buy(stripetest.SessionInput{Buyer: anna, Code: issue.Code})
			same(t, "takes off", w.order(sold.Session).Codes[0].TookOff, usd(500))
		})
	}
}

func TestACodeThatTheMerchantSwitchedOffStaysOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	issue, id := w.reward()
	c, err := w.conn.caller(w.shop)
	w.no(err)
	w.no(c.switchOff(context.Background(), "by hand", id, ""))
	w.do("rw_1/reduce", rewards.ReduceCode{ExternalID: id, Code: issue.Code, Amount: usd(500)})
	same(t, "codes", w.codes(), []string{"GV-7Q2M off for " + issue.CustomerID})
	failed(t, "one that nobody knows", w.try("k", rewards.ReduceCode{ExternalID: "promo_gone", Code: "GV-NONE", Amount: usd(500)}), "conflict code_gone")
	r := w.do("k", rewards.WithdrawCode{ExternalID: "promo_gone", Code: "GV-NONE"})
	same(t, "withdrawing one that nobody knows", []any{r.ExternalID, r.Spent}, []any{"promo_gone", false})
}

func TestActionsOfOtherPlatformsAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	for _, a := range []rewards.Action{rewards.IssueGiftCard{}, rewards.AddTag{}, rewards.TakeGiftCard{}, rewards.RemoveTag{}} {
		failed(t, fmt.Sprintf("%T", a), w.try("k", a), "internal no_such_action")
		same(t, "found", w.finds(a), "internal no_such_action")
	}
}
