package shopify_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/connectors/shopify/shopifytest"
	"grapevine/rewards"
)

func numberIn(t testing.TB, gid string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(gid[strings.LastIndexByte(gid, '/')+1:], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// merchantsCode is a code that somebody made by hand.
func (w *world) merchantsCode(title, code, percent string) {
	w.t.Helper()
	if _, err := w.sim.AddDiscount(shopifytest.DiscountInput{Title: title, Codes: []string{code}, Percent: percent}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) placeOrder(in shopifytest.OrderInput) *shopifytest.Order {
	w.t.Helper()
	o, err := w.sim.PlaceOrder(in)
	if err != nil {
		w.t.Fatal(err)
	}
	return o
}

// use buys something with a code.
func (w *world) use(customer, code string) {
	w.t.Helper()
	id, err := strconv.ParseInt(customer, 10, 64)
	if err != nil {
		w.t.Fatal(err)
	}
	w.placeOrder(shopifytest.OrderInput{
		Customer: &shopifytest.CustomerInput{ID: id}, Lines: []shopifytest.LineInput{{Price: "40.00"}},
		Codes: []shopifytest.CodeInput{{Code: code}}, Paid: true,
	})
}

func wantError(t testing.TB, err error, kind rewards.Kind, code string) {
	t.Helper()
	if rewards.KindOf(err) != kind || rewards.CodeOf(err) != code {
		t.Errorf("got %v (kind %s, code %s), want kind %s, code %s", err, rewards.KindOf(err), rewards.CodeOf(err), kind, code)
	}
}

func TestACodeThatIsNotOursIsAConflict(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	customer := w.customer("a@example.com")
	w.merchantsCode("Autumn sale", "gv-aaaa-bbbb-cccc", "12.5")
	w.merchantsCode("Grapevine give10get10 copied by hand", "gv-seed-7q2mxyzw", "10")
	for _, a := range []rewards.Action{issue(customer, rewards.Discount{Percent: 1250}), offer()} {
		_, err := w.do(a)
		wantError(t, err, rewards.Conflict, "code_exists_in_shop")
		_, err = w.find(a)
		wantError(t, err, rewards.Conflict, "code_exists_in_shop")
	}
	if n := len(w.state().Discounts); n != 2 {
		t.Errorf("%d discounts", n)
	}
}

func TestOurMarkOnOtherTermsIsNotTheRewardThatWasAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	customer := w.customer("a@example.com")
	w.must(issue(customer, fiveOff))
	for name, a := range map[string]rewards.IssueCode{
		"another amount":   issue(customer, rewards.Discount{Amount: usd(600)}),
		"a percentage":     issue(customer, rewards.Discount{Percent: 500}),
		"a minimum":        issue(customer, rewards.Discount{Amount: usd(500), Minimum: usd(100)}),
		"another customer": issue(w.customer("b@example.com"), fiveOff),
	} {
		if _, err := w.find(a); rewards.KindOf(err) != rewards.Conflict {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// The programme changed after a try whose answer was lost: the discount is ours and has older terms.
func TestAnOfferThatIsThereWithOlderTermsIsBroughtUpToDate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(offer())
	newer := offer()
	newer.Discount, newer.EndsAt = fiveOff, ends
	_, err := w.find(newer)
	wantError(t, err, rewards.NotFound, "not_done")
	r := w.must(newer)
	if err := oneDiscount(w.state(), r); err != nil || !r.ExpiresAt.Equal(ends) {
		t.Errorf("%+v: %v", r, err)
	}
	if _, err := w.find(newer); err != nil {
		t.Error(err)
	}
}

func TestCodesAreAddedInTheBackground(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *shopifytest.Options) { o.BulkPolls = 3 })
	id := w.must(offer()).ExternalID
	w.merchantsCode("Autumn sale", "TAKEN-BY-HAND", "5")
	codes := []string{"taken-by-hand", strings.Repeat("X", 300)}
	for i := range 248 {
		codes = append(codes, fmt.Sprintf("CODE-%04d", i))
	}
	r := w.must(rewards.AddCodes{OfferID: id, Codes: codes})
	want := map[string]string{"taken-by-hand": "code_exists_in_shop", codes[1]: "too_long"}
	if !sameJSON(r.Refused, want) || r.ExternalID != id {
		t.Errorf("got %v", r.Refused)
	}
	again := w.must(rewards.AddCodes{OfferID: id, Codes: codes})
	if !sameJSON(again.Refused, want) {
		t.Errorf("the second time: got %v", again.Refused)
	}
	if n := len(w.state().Discounts[numberIn(t, id)].Codes); n != 249 {
		t.Errorf("%d codes", n)
	}
	_, err := w.do(rewards.AddCodes{OfferID: id, Codes: append(codes, "ONE-MORE")})
	wantError(t, err, rewards.Invalid, "bad_codes")
	_, err = w.do(rewards.AddCodes{OfferID: "gid://shopify/DiscountCodeNode/1", Codes: codes[:1]})
	wantError(t, err, rewards.Invalid, "invalid")
}

func TestCodesThatTakeTooLongAreLookedAtLater(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *shopifytest.Options) { o.BulkDelay = time.Hour })
	id := w.must(offer()).ExternalID
	_, err := w.do(rewards.AddCodes{OfferID: id, Codes: []string{"ANNA-7Q2M"}})
	wantError(t, err, rewards.Unavailable, "codes_pending")
	if ce := connectors.AsCallError(err); !ce.Unclear || ce.After == 0 {
		t.Errorf("got %+v", ce)
	}
	_, err = w.find(rewards.AddCodes{OfferID: id, Codes: []string{"ANNA-7Q2M"}})
	wantError(t, err, rewards.NotFound, "not_done")
}

func TestRetiringACodeThatIsNotInTheOfferIsNoWork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.must(offer()).ExternalID
	w.merchantsCode("Autumn sale", "AUTUMN", "5")
	for _, code := range []string{"AUTUMN", "NOBODY"} {
		w.must(rewards.RetireCode{OfferID: id, Code: code})
	}
	if n := len(w.sim.Mutations("RedeemCodeBulkDelete")); n != 0 {
		t.Errorf("%d deletions", n)
	}
}

func TestACodeThatWasUsedIsReportedAsSpent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	customer := w.customer("a@example.com")
	r := w.must(issue(customer, fiveOff))
	w.use(customer, "gv-aaaa-bbbb-cccc")
	reduced := w.must(rewards.ReduceCode{ExternalID: r.ExternalID, Code: "GV-AAAA-BBBB-CCCC", Amount: usd(100)})
	withdrawn := w.must(rewards.WithdrawCode{ExternalID: r.ExternalID, Code: "GV-AAAA-BBBB-CCCC"})
	if !reduced.Spent || !withdrawn.Spent {
		t.Errorf("reduced %+v, withdrawn %+v", reduced, withdrawn)
	}
	if len(w.sim.Mutations("DiscountBasicUpdate")) != 0 {
		t.Error("a spent code was changed")
	}
	again, err := w.find(rewards.WithdrawCode{ExternalID: r.ExternalID})
	if err != nil || !again.Spent {
		t.Errorf("got %+v, %v", again, err)
	}
}

func TestACodeThatTheMerchantRemoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.must(issue(w.customer("a@example.com"), fiveOff))
	if err := w.sim.DeleteDiscount(numberIn(t, r.ExternalID)); err != nil {
		t.Fatal(err)
	}
	_, err := w.do(rewards.ReduceCode{ExternalID: r.ExternalID, Code: "GV-AAAA-BBBB-CCCC", Amount: usd(100)})
	wantError(t, err, rewards.Conflict, "code_gone")
	if got := w.must(rewards.WithdrawCode{ExternalID: r.ExternalID}); got.Spent {
		t.Errorf("got %+v", got)
	}
}

func TestTermsThatMeanNothingAreNotSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, d := range map[string]rewards.Discount{
		"nothing off": {}, "two things off": {Percent: 1000, Amount: usd(500)}, "more than all": {Percent: 10_001},
		"less than nothing": {Amount: usd(-1)}, "a minimum below zero": {Percent: 1000, Minimum: usd(-1)},
	} {
		a := offer()
		a.Discount = d
		if _, err := w.do(a); rewards.CodeOf(err) != "bad_discount" {
			t.Errorf("%s: got %v", name, err)
		}
	}
	_, err := w.do(issue("12x", fiveOff))
	wantError(t, err, rewards.Invalid, "bad_id")
	if n := len(w.sim.Calls()); n != 0 {
		t.Errorf("%d calls", n)
	}
}

func TestTheReceiptTellsThePace(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *shopifytest.Options) { o.Bucket = shopifytest.Bucket{Maximum: 2000, Restore: 100} })
	p := w.must(offer()).Pace
	if p.PerSecond != 100 || p.Reserve != 500 || p.Available <= 0 || p.Available >= 2000 {
		t.Errorf("got %+v", p)
	}
	w.sim.DrainBucket()
	_, err := w.do(offer())
	ce := connectors.AsCallError(err)
	if !ce.Throttled || ce.Unclear || ce.After <= 0 || ce.After > time.Second {
		t.Errorf("got %v, %+v", err, ce)
	}
}
