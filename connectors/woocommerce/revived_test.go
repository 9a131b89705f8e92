package woocommerce_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"grapevine/connectors"
	"grapevine/connectors/woocommerce/woocommercetest"
	"grapevine/rewards"
)

// orderOf is a basket of hers for this price, with codes.
func orderOf(email, price string, codes ...string) woocommercetest.OrderInput {
	return woocommercetest.OrderInput{Billing: woocommercetest.Address{Email: email, Country: "US"},
		Lines: []woocommercetest.LineInput{{Name: "Mug", Price: price}}, Coupons: codes}
}

// A coupon that an order used is free again once the order is called off.
func TestWhatIsTakenBackWhileAnOrderHasItStaysTakenWhenTheOrderIsCalledOff(t *testing.T) {
	t.Parallel()
	const email = "anna@example.test"
	code := func(string) rewards.Action { return issue("", fiveOff) }
	credit := func(anna string) rewards.Action { return grant(anna) }
	for name, tc := range map[string]struct {
		give func(anna string) rewards.Action
		take func(connectors.Receipt) rewards.Action
		want string // status and amount afterwards
	}{
		"a code brought down": {code, func(r connectors.Receipt) rewards.Action {
			return rewards.ReduceCode{ExternalID: r.ExternalID, Code: "GV-AAAA-BBBB-CCCC", Amount: usd(200)}
		}, "publish 2.00"},
		"a code withdrawn": {code, func(r connectors.Receipt) rewards.Action {
			return rewards.WithdrawCode{ExternalID: r.ExternalID, Code: "GV-AAAA-BBBB-CCCC"}
		}, "draft 5.00"},
		"a credit brought down": {credit, func(r connectors.Receipt) rewards.Action {
			return rewards.TakeCredit{CreditID: r.ExternalID, Amount: usd(300), After: "10.00"}
		}, "publish 7.00"},
		"a credit taken away": {credit, func(r connectors.Receipt) rewards.Action {
			return rewards.TakeCredit{CreditID: r.ExternalID, Amount: usd(1000), After: "10.00"}
		}, "draft 10.00"},
	} {
		w := newWorld(t)
		given := w.must(tc.give(w.customer(email)))
		typed := "gv-aaaa-bbbb-cccc"
		if given.Refs != nil {
			typed = given.Refs[rewards.RefCode]
		}
		o := w.place(orderOf(email, "40", typed))
		take := tc.take(given)
		if r := w.must(take); !r.Spent || r.Taken.Minor != 0 {
			t.Errorf("%s: %+v, but an order has it", name, r)
		}
		if r, err := w.find(take); err != nil || !r.Spent {
			t.Errorf("%s: found %+v, %v", name, r, err)
		}
		if err := w.sim.SetStatus(itoa(o.ID), "cancelled"); err != nil {
			t.Fatal(err)
		}
		all := w.coupons(typed)
		if got := all[0].Status + " " + all[0].Amount.Text(2); len(all) != 1 || all[0].UsageCount != 0 || got != tc.want {
			t.Errorf("%s: the coupon is %s, used %d times; want %s", name, got, all[0].UsageCount, tc.want)
		}
	}
}

func TestAFurtherTryFindsTheCouponOfACustomerWhoChangedHerAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.customer("anna@example.test")
	made := w.must(issue(anna, fiveOff))
	w.rest(http.MethodPut, "/customers/"+anna, `{"email":"anna@elsewhere.test"}`)
	if again := w.must(issue(anna, fiveOff)); again.ExternalID != made.ExternalID {
		t.Errorf("made %+v, then %+v", made, again)
	}
	w.rest(http.MethodPut, "/coupons/"+made.ExternalID, `{"email_restrictions":[]}`)
	_, err := w.do(issue(anna, fiveOff))
	wantError(t, err, rewards.Conflict, "code_altered")
}

// In a restriction a star stands for anything, and WordPress takes it in an address.
func TestAnAddressThatStandsForOthersIsNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.do(issue(w.customer("*@example.test"), fiveOff))
	wantError(t, err, rewards.Invalid, "customer_without_email")
	if n := len(w.sim.Coupons()); n != 0 {
		t.Errorf("%d coupons were made", n)
	}
}

func TestFriendCodesAndRewardsDoNotAddUp(t *testing.T) {
	t.Parallel()
	const email = "anna@example.test"
	w := newWorld(t)
	anna := w.customer(email)
	w.must(rewards.AddCodes{OfferID: "1", Offer: offer(), Codes: []string{"ANNA-7Q2M", "BOB-2222"}})
	w.must(issue(anna, fiveOff))
	credit := w.must(grant(anna)).Refs[rewards.RefCode]
	second := grant(anna)
	second.RewardID = "rw_aaaaaaaaaaaaaaaa"
	other := w.must(second).Refs[rewards.RefCode]
	for _, codes := range [][]string{{"anna-7q2m", "bob-2222"}, {"anna-7q2m", "gv-aaaa-bbbb-cccc"}, {"bob-2222", credit}} {
		if _, err := w.sim.PlaceOrder(orderOf("zoe@example.test", "100", codes...)); err == nil {
			t.Errorf("an order has %v", codes)
		}
	}
	mug := w.sim.AddProduct(woocommercetest.Product{Name: "Pot", Price: money(t, "100")})
	chosen := offer()
	chosen.Discount.Products = []string{itoa(mug)}
	w.must(rewards.AddCodes{OfferID: "1", Offer: chosen, Codes: []string{"CARA-2222", "DORA-2222"}})
	pots := orderOf("zoe@example.test", "", "cara-2222", "dora-2222")
	pots.Lines = []woocommercetest.LineInput{{ProductID: mug}}
	if _, err := w.sim.PlaceOrder(pots); err == nil {
		t.Error("two friends' codes took something off the same pot")
	}
	gift := issue(anna, rewards.Discount{Percent: 10_000, Products: []string{itoa(mug)}, OnePiece: true})
	gift.RewardID, gift.Code = "rw_bbbbbbbbbbbbbbbb", "GV-GIFT"
	w.must(gift)
	pots = orderOf(email, "", "gv-gift", credit)
	pots.Lines = []woocommercetest.LineInput{{ProductID: mug, Quantity: 2}}
	if left, err := w.order(w.place(pots).ID).Eligible(); err != nil || left.Left != usd(9000) {
		t.Errorf("a gift and a credit leave %+v, %v", left, err)
	}
	third := grant(anna)
	third.RewardID = "rw_cccccccccccccccc"
	credit = w.must(third).Refs[rewards.RefCode]
	o := w.place(orderOf(email, "100", credit, other)) // money adds up
	if left, err := w.order(o.ID).Eligible(); err != nil || left.Left != usd(8000) {
		t.Errorf("two credits leave %+v, %v", left, err)
	}
}

// Payments that are disputed, and those that a fraud filter doubts, are put on hold with their time of payment.
func TestAnOrderThatWaitsForMoneyIsNotPaidWhateverWasPaidBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.place(someOrder)
	for _, step := range []struct {
		status string
		want   rewards.Payment
	}{
		{"on-hold", rewards.PaymentPending}, {"processing", rewards.PaymentPaid}, {"partially-paid", rewards.PaymentPending},
		{"shipped", rewards.PaymentPaid}, {"pending", rewards.PaymentPending}, {"failed", rewards.PaymentVoided}, {"completed", rewards.PaymentPaid},
	} {
		if err := w.sim.SetStatus(itoa(o.ID), step.status); err != nil {
			t.Fatal(err)
		}
		if got := w.order(o.ID); got.Payment != step.want || got.Paid() && got.PaidAt == nil {
			t.Errorf("%s: %s, paid at %v", step.status, got.Payment, got.PaidAt)
		}
	}
}

// Discounts by quantity, points, wallets and gift cards of plugins are fees below zero.
func TestAFeeBelowZeroIsADiscount(t *testing.T) {
	t.Parallel()
	for fees, want := range map[string]string{
		`{"id":3,"total":"12.00","total_tax":"2.40"}`:                             "80.00 2 4", // something that costs
		`{"id":3,"total":"-20.00","total_tax":"-4.00"}`:                           "60.00 2 4",
		`{"id":3,"total":"-10.00"},{"id":4,"total":"-0.01"},{"id":5,"total":"5"}`: "69.99 2 4",
		`{"id":3,"total":"-99.00"}`:                                               "0.00 2 4",
		`{"id":3,"total":"-0.00"}`:                                                "80.00 2 4",
	} {
		w, shop := serve(t, func(rw http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(rw, strings.Replace(fmt.Sprintf(refundedOrder, ""), `"line_items"`, `"fee_lines":[`+fees+`],"line_items"`, 1))
		})
		o, err := w.Order(t.Context(), shop, "9")
		if err != nil {
			t.Errorf("%s: %v", fees, err)
			continue
		}
		e, err := o.Eligible()
		if got := fmt.Sprintf("%s %d %d", e.Left.Decimal(), o.Lines[0].Current, o.Lines[1].Current); err != nil || got != want || e.Left != e.Original {
			t.Errorf("%s: %s of %s (%v), want %s", fees, got, e.Original, err, want)
		}
	}
}

// A coupon's amount has no currency: ten dollars would be ten dinars.
func TestAnAmountInAnotherCurrencyThanTheShopsIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.customer("anna@example.test")
	dinars := rewards.Discount{Amount: rewards.Money{Minor: 5000, Currency: "KWD"}}
	foreign := offer()
	foreign.Discount.Minimum.Currency = "EUR"
	credit := grant(anna)
	credit.Amount.Currency = "EUR"
	for _, a := range []rewards.Action{
		issue(anna, dinars), credit, foreign, rewards.ChangeOffer{ExternalID: "1", Offer: foreign},
		rewards.AddCodes{OfferID: "1", Offer: foreign, Codes: []string{"ANNA-7Q2M"}},
	} {
		_, err := w.do(a)
		wantError(t, err, rewards.Invalid, "wrong_currency")
	}
	if n := len(w.sim.Coupons()); n != 0 {
		t.Errorf("%d coupons were made", n)
	}
}

// A copy of a shop has its webhooks and their secret. Whoever is deleted there is still a customer.
func TestACopyOfTheShopTellsNothingOfItsCustomers(t *testing.T) {
	t.Parallel()
	w := newConnector()
	door := &connectors.Door{ShopID: "shop_1", Domain: "shop.example.com", Secrets: []string{"s"}}
	for source, copied := range map[string]bool{
		"https://shop.example.com/": false, "http://www.Shop.example.com": false, "": false,
		"https://staging.example.com/": true, "https://shop.example.com/staging/": true, "http://shop.example.com.evil.test/": true,
	} {
		for topic, stored := range map[string]bool{"customer.deleted": !copied, "customer.updated": !copied, "order.updated": true} {
			const body = `{"id":31}`
			h := http.Header{"X-Wc-Webhook-Topic": {topic}, "X-Wc-Webhook-Source": {source}, "X-Wc-Webhook-Signature": {signature("s", body)}}
			if source == "" {
				h.Del("X-Wc-Webhook-Source")
			}
			d, err := w.Receive(connectors.Arrival{Header: h, Body: []byte(body), Door: door})
			if err != nil || d.Ping == stored {
				t.Errorf("%s from %q: %+v, %v", topic, source, d, err)
			}
		}
	}
}
