package stripe

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"grapevine/connectors/stripe/stripetest"
	"grapevine/rewards"
)

func TestTermsThatChangeWithinOneJobMakeAnotherCode(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	coupon := w.friendCode("ANNA-7Q2M", tenPercent)
	for name, d := range map[string]rewards.Discount{
		"a minimum":          {Percent: 1000, Minimum: usd(500)},
		"another minimum":    {Percent: 1000, Minimum: usd(700)},
		"once a customer":    {Percent: 1000, OncePerCustomer: true},
		"back to how it was": tenPercent,
	} {
		add := rewards.AddCodes{OfferID: coupon, Offer: offer(d), Codes: []string{"ANNA-7Q2M"}}
		r := w.do("codes", add) // the same key: the job goes on with the programme's newest terms
		same(t, name, []any{r.Refused, w.finds(add)}, []any{map[string]string(nil), coupon})
	}
	same(t, "codes", w.codes(), []string{"ANNA-7Q2M live"})
}

func TestACodeWhoseTimeIsOverIsStillKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	issue, id := w.reward()
	w.do("rw_1/reduce", rewards.ReduceCode{ExternalID: id, Code: issue.Code, Amount: usd(500)})
	reduced := issue
	reduced.Discount.Amount = usd(500)
	same(t, "while it works", w.finds(reduced), id)
	w.later(91 * 24 * time.Hour)
	same(t, "when its time is over", w.finds(reduced), id)
	less := rewards.ReduceCode{ExternalID: id, Code: issue.Code, Amount: usd(300)}
	r := w.do("rw_1/reduce", less)
	same(t, "brought down", []any{r.ExternalID, r.Spent, w.finds(less)}, []any{id, false, id})
	r = w.do("rw_1/withdraw", rewards.WithdrawCode{ExternalID: id, Code: issue.Code})
	same(t, "withdrawn", []any{r.ExternalID, r.Spent}, []any{id, false})
}

func TestTheMerchantsCodeForSomebodyElseIsNotInTheWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	issue, id := w.reward()
	other, err := w.sim.AddCustomer(simBuyer("other@example.com"))
	w.no(err)
	w.foreignCode("VIP-1", "vip")
	w.post("/v1/promotion_codes", "coupon=vip&code="+issue.Code+"&customer="+other)
	same(t, "found", w.finds(issue), id)
	coupon := w.friendCode("ANNA-7Q2M", tenPercent)
	w.post("/v1/promotion_codes", "coupon=vip&code=BEN-1111&customer="+other)
	add := rewards.AddCodes{OfferID: coupon, Offer: offer(tenPercent), Codes: []string{"ANNA-7Q2M", "BEN-1111"}}
	r, err := w.conn.Find(context.Background(), w.shop, add)
	same(t, "friends' codes", []any{r.Refused, err}, []any{map[string]string{"BEN-1111": "code_exists_in_shop"}, nil})
}

func TestAReducedCodeKeepsItsTitle(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	issue, id := w.reward()
	w.do("rw_1/reduce", rewards.ReduceCode{ExternalID: id, Code: issue.Code, Amount: usd(500)})
	c, err := w.conn.caller(w.shop)
	w.no(err)
	for _, b := range []bool{true, false} {
		all, err := c.byCode(context.Background(), issue.Code, b)
		w.no(err)
		for _, p := range all {
			same(t, "title", p.Coupon.Name, issue.Title)
		}
	}
}

func TestAnOutageOfSeveralTriesDoesNotCostADay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	customer, err := w.sim.AddCustomer(anna)
	w.no(err)
	grant := rewards.GrantCredit{RewardID: "rw_1", CustomerID: customer, Amount: usd(500)}
	for range keptAnswers - 1 {
		w.sim.FailNext(http.MethodPost, "/v1/customers", false)
		failed(t, "a try", w.try("rw_1/issue", grant), "unavailable shop_unavailable unclear")
	}
	w.do("rw_1/issue", grant)
	same(t, "left", w.left(customer), "5.00")
}

func TestErrorsDoNotTellWhatWasAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	w.no(err)
	shop := w.shop
	shop.APIURL = "http://" + l.Addr().String()
	w.no(l.Close()) // nobody is there any more
	c, err := w.conn.caller(shop)
	w.no(err)
	_, err = c.byCode(context.Background(), "ANNA-7Q2M", true)
	failed(t, "nobody is there", err, "unavailable shop_unreachable")
	if err != nil && (strings.Contains(err.Error(), "ANNA-7Q2M") || strings.Contains(err.Error(), "promotion_codes")) {
		t.Errorf("the error tells the question: %v", err)
	}
}

func TestASmallerPlanBillsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	s := w.subscribe(stripetest.SubscribeInput{Buyer: anna, Items: []stripetest.Item{{Title: "Large", Price: "50.00"}}})
	w.later(24 * time.Hour)
	less, err := w.sim.ChangePlan(s.Subscription, []stripetest.Item{{Title: "Small", Price: "5.00"}}, "48.00")
	w.no(err)
	_, err = w.conn.Order(context.Background(), w.shop, less)
	failed(t, "the invoice of the change", err, "invalid not_an_order")
	w.later(30 * 24 * time.Hour)
	same(t, "the next payment's number", w.order(w.renew(s.Subscription)).Renewal, 2)
}

func TestMoneyThatIsReservedFirstIsPaidWhenItIsTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	sold := w.buy(stripetest.SessionInput{Buyer: anna, Reserved: true})
	same(t, "reserved", []any{w.order(sold.Session).Payment, len(w.decoded(chargeCaptured))}, []any{rewards.PaymentPending, 0})
	w.no(w.sim.Capture(sold.Session))
	e := w.decoded(chargeCaptured)[0].(rewards.OrderTouched)
	o := w.order(e.OrderID)
	same(t, "taken", []any{e.Ask, o.ID, o.Payment}, []any{true, sold.Session, rewards.PaymentPaid})
}

func TestMoneyBackInTheBuyersCurrencyIsAShareOfTheSale(t *testing.T) {
	t.Parallel()
	session := &sessionBody{ID: "cs_test_1", Currency: "usd", Total: 3000, Subtotal: 3000, Status: "complete", PaymentStatus: "paid", Created: now.Unix()}
	for name, tc := range map[string]struct {
		back    int64
		payment rewards.Payment
		money   rewards.Money
	}{
		"nothing":   {0, rewards.PaymentPaid, usd(0)},
		"a third":   {460_00, rewards.PaymentPartiallyRefunded, usd(1000)},
		"a bit":     {1, rewards.PaymentPartiallyRefunded, usd(1)},
		"all of it": {1380_00, rewards.PaymentRefunded, usd(3000)},
	} {
		charge := chargeBody{ID: "ch_1", Status: "succeeded", Currency: "thb", Captured: 1380_00, Back: tc.back, Created: now.Unix()}
		o, err := sale{session: session, charges: []chargeBody{charge}, at: now}.order()
		same(t, name, []any{o.Payment, o.MoneyBack, err}, []any{tc.payment, tc.money, nil})
	}
}
