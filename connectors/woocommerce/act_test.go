package woocommerce_test

import (
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"grapevine/connectors"
	"grapevine/connectors/woocommerce/woocommercetest"
	"grapevine/rewards"
)

func TestAnOfferIsADraftThatNobodyCanUse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.find(offer())
	wantError(t, err, rewards.NotFound, "not_done")
	made := w.must(offer())
	found, err := w.find(offer())
	if err != nil || !reflect.DeepEqual(found, made) || made.ExternalID == "" {
		t.Errorf("made %+v, found %+v, %v", made, found, err)
	}
	if again := w.must(offer()); !reflect.DeepEqual(again, made) {
		t.Errorf("twice: %+v", again)
	}
	all := w.coupons("gv-seed-7q2mxyzw")
	if len(all) != 1 || all[0].Status != "draft" || all[0].Type != "percent" {
		t.Errorf("got %+v", all)
	}
	changed := offer()
	changed.Discount = fiveOff
	change := rewards.ChangeOffer{ExternalID: made.ExternalID, Offer: changed}
	_, err = w.find(change)
	wantError(t, err, rewards.NotFound, "not_done")
	if r := w.must(change); r.ExternalID != made.ExternalID {
		t.Errorf("got %+v", r)
	}
	if _, err = w.find(change); err != nil {
		t.Error(err)
	}
	if _, err = w.find(offer()); rewards.KindOf(err) != rewards.NotFound {
		t.Errorf("the old terms: %v", err)
	}
}

func TestAnOfferThatSomebodyRemovedIsMadeAnewByAChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	change := rewards.ChangeOffer{ExternalID: "99", Offer: offer()}
	_, err := w.find(change)
	wantError(t, err, rewards.NotFound, "not_done")
	r := w.must(change)
	if found, err := w.find(change); err != nil || found.ExternalID != r.ExternalID || r.ExternalID == "99" {
		t.Errorf("made %+v, found %+v, %v", r, found, err)
	}
}

func TestFriendCodesAreCouponsOfTheirOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.must(offer())
	if _, err := w.sim.AddCoupon(woocommercetest.Coupon{Code: "summer", Type: "percent", Status: "publish"}); err != nil {
		t.Fatal(err)
	}
	add := rewards.AddCodes{OfferID: o.ExternalID, Offer: offer(), Codes: []string{"ANNA-7Q2M", "BOB-2222", "SUMMER"}}
	want := connectors.Receipt{ExternalID: o.ExternalID, Refused: map[string]string{"SUMMER": "code_exists_in_shop"}}
	_, err := w.find(add)
	wantError(t, err, rewards.NotFound, "not_done")
	for _, what := range []string{"first", "again"} {
		if r := w.must(add); !reflect.DeepEqual(r, want) {
			t.Errorf("%s: got %+v", what, r)
		}
	}
	if r, err := w.find(add); err != nil || !reflect.DeepEqual(r, want) {
		t.Errorf("find: %+v, %v", r, err)
	}
	all := w.coupons("anna-7q2m")
	if len(all) != 1 || all[0].Status != "publish" || all[0].UsageLimitPerUser != 1 || len(w.sim.Coupons()) != 4 {
		t.Errorf("got %+v of %d", all, len(w.sim.Coupons()))
	}
	add.Offer.Discount = fiveOff
	if _, err := w.find(add); rewards.KindOf(err) != rewards.NotFound {
		t.Errorf("with other terms: %v", err)
	}
	w.must(add)
	if after := w.coupons("anna-7q2m"); len(after) != 1 || after[0].ID != all[0].ID || after[0].Type != "fixed_cart" {
		t.Errorf("renewed: %+v", after)
	}
}

func TestARetiredCodeStopsAndCanComeBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	add := rewards.AddCodes{OfferID: "1", Offer: offer(), Codes: []string{"ANNA-7Q2M"}}
	w.must(add)
	retire := rewards.RetireCode{OfferID: "1", Code: "ANNA-7Q2M"}
	_, err := w.find(retire)
	wantError(t, err, rewards.NotFound, "not_done")
	w.must(retire)
	if _, err := w.find(retire); err != nil {
		t.Error(err)
	}
	w.must(retire)
	if all := w.coupons("anna-7q2m"); len(all) != 1 || all[0].Status != "draft" {
		t.Errorf("got %+v", all)
	}
	w.must(add)
	if all := w.coupons("anna-7q2m"); len(all) != 1 || all[0].Status != "publish" {
		t.Errorf("got %+v", all)
	}
}

func TestARewardCodeIsForOneOrderOfOneCustomer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.customer("Anna@Example.test")
	a := issue(anna, fiveOff)
	_, err := w.find(a)
	wantError(t, err, rewards.NotFound, "not_done")
	r := w.must(a)
	if !r.ExpiresAt.Equal(ends) || r.Spent || r.ExternalID == "" {
		t.Errorf("got %+v", r)
	}
	if found, err := w.find(a); err != nil || !reflect.DeepEqual(found, r) {
		t.Errorf("found %+v, %v", found, err)
	}
	if again := w.must(a); !reflect.DeepEqual(again, r) {
		t.Errorf("again %+v", again)
	}
	all := w.coupons("gv-aaaa-bbbb-cccc")
	if len(all) != 1 || all[0].UsageLimit != 1 || !reflect.DeepEqual(all[0].Emails, []string{"anna@example.test"}) {
		t.Errorf("got %+v", all)
	}
	other := a
	other.RewardID = "rw_aaaaaaaaaaaaaaaa"
	_, err = w.do(other)
	wantError(t, err, rewards.Conflict, "code_exists_in_shop")
	_, err = w.find(other)
	wantError(t, err, rewards.Conflict, "code_exists_in_shop")

	reduce := rewards.ReduceCode{ExternalID: r.ExternalID, Code: a.Code, Amount: usd(200)}
	_, err = w.find(reduce)
	wantError(t, err, rewards.NotFound, "not_done")
	w.must(reduce)
	if found, err := w.find(reduce); err != nil || found.Spent {
		t.Errorf("reduced: %+v, %v", found, err)
	}
	_, err = w.find(a)
	wantError(t, err, rewards.Conflict, "code_altered")
	withdraw := rewards.WithdrawCode{ExternalID: r.ExternalID, Code: a.Code}
	_, err = w.find(withdraw)
	wantError(t, err, rewards.NotFound, "not_done")
	w.must(withdraw)
	if found, err := w.find(withdraw); err != nil || found.Spent {
		t.Errorf("withdrawn: %+v, %v", found, err)
	}
}

func TestACodeThatWasUsedIsSpent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.customer("anna@example.test")
	r := w.must(issue(anna, fiveOff))
	w.place(woocommercetest.OrderInput{Billing: woocommercetest.Address{Email: "anna@example.test", Country: "US"},
		Lines: []woocommercetest.LineInput{{Name: "Mug", Price: "20"}}, Coupons: []string{"GV-AAAA-BBBB-CCCC"}})
	for _, a := range []rewards.Action{
		rewards.ReduceCode{ExternalID: r.ExternalID, Code: "GV-AAAA-BBBB-CCCC", Amount: usd(200)},
		rewards.WithdrawCode{ExternalID: r.ExternalID, Code: "GV-AAAA-BBBB-CCCC"},
	} {
		if got := w.must(a); !got.Spent {
			t.Errorf("%T: %+v", a, got)
		}
	}
}

func TestRewardsForPeopleWhoCannotHaveThemAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.do(issue("77", fiveOff))
	wantError(t, err, rewards.Invalid, "customer_missing")
	_, err = w.do(grant(""))
	wantError(t, err, rewards.Invalid, "bad_credit")
	short := grant("1")
	short.RewardID = "rw_1"
	_, err = w.do(short)
	wantError(t, err, rewards.Invalid, "bad_credit")
	_, err = w.do(issue("", rewards.Discount{FreeShipping: true}))
	wantError(t, err, rewards.Invalid, "bad_discount")
	_, err = w.do(rewards.AddTag{})
	wantError(t, err, rewards.Internal, "no_such_action")
	_, err = w.find(rewards.AddTag{})
	wantError(t, err, rewards.Internal, "no_such_action")
	if n := len(w.sim.Coupons()); n != 0 {
		t.Errorf("%d coupons were made", n)
	}
}

func TestAGiftIsOnePieceOfOneProduct(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mug := w.sim.AddProduct(woocommercetest.Product{Name: "Mug", Price: money(t, "12.50")})
	id := strings.TrimSpace(itoa(mug))
	w.must(issue("", rewards.Discount{Percent: 10_000, Products: []string{id}, OnePiece: true}))
	o := w.place(woocommercetest.OrderInput{Billing: woocommercetest.Address{Email: "anna@example.test", Country: "US"},
		Lines: []woocommercetest.LineInput{{ProductID: mug, Quantity: 3}}, Coupons: []string{"GV-AAAA-BBBB-CCCC"}})
	if got := w.order(o.ID).Lines[0].Amount; got != usd(2500) {
		t.Errorf("three mugs with one as a gift cost %s", got)
	}
}

func TestAnAmountOffChosenProductsIsTakenOffOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mug := w.sim.AddProduct(woocommercetest.Product{Name: "Mug", Price: money(t, "12.50")})
	w.must(issue("", rewards.Discount{Amount: usd(500), Products: []string{itoa(mug)}}))
	o := w.place(woocommercetest.OrderInput{Billing: woocommercetest.Address{Email: "anna@example.test", Country: "US"},
		Lines: []woocommercetest.LineInput{{ProductID: mug, Quantity: 3}, {Name: "Bowl", Price: "10"}}, Coupons: []string{"gv-aaaa-bbbb-cccc"}})
	if got, err := w.order(o.ID).Eligible(); err != nil || got.Original != usd(4250) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestCreditIsGivenAndTakenBackToALevel(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.customer("anna@example.test")
	_, err := w.find(grant(anna))
	wantError(t, err, rewards.NotFound, "not_done")
	r := w.must(grant(anna))
	if r.Refs[rewards.RefCode] != "credit-k3v9x2m8qat4c7np" || !r.ExpiresAt.Equal(ends) {
		t.Fatalf("got %+v", r)
	}
	if found, err := w.find(grant(anna)); err != nil || !reflect.DeepEqual(found, r) {
		t.Errorf("found %+v, %v", found, err)
	}
	balance := func(want string, live int) {
		t.Helper()
		if got, n, err := w.sim.Credit(anna); err != nil || got != want || n != live {
			t.Errorf("balance %s of %d, %v; want %s of %d", got, n, err, want, live)
		}
	}
	balance("10.00", 1)
	take := rewards.TakeCredit{CustomerID: anna, CreditID: r.ExternalID, Amount: usd(300)}
	first, err := w.find(take)
	if rewards.KindOf(err) != rewards.NotFound || first.Refs[rewards.RefNewest] != "10.00" {
		t.Fatalf("baseline: %+v, %v", first, err)
	}
	take.After = first.Refs[rewards.RefNewest]
	_, err = w.find(take)
	wantError(t, err, rewards.NotFound, "not_done")
	for range 3 { // to a level: doing it again takes nothing more
		if got := w.must(take); got.Taken != usd(300) || got.Spent {
			t.Errorf("got %+v", got)
		}
	}
	balance("7.00", 1)
	if got, err := w.find(take); err != nil || got.Taken != usd(300) {
		t.Errorf("found %+v, %v", got, err)
	}
	rest := rewards.TakeCredit{CustomerID: anna, CreditID: r.ExternalID, Amount: usd(700), After: "7.00"}
	_, err = w.find(rest)
	wantError(t, err, rewards.NotFound, "not_done")
	for range 2 {
		if got := w.must(rest); got.Taken != usd(700) || got.Spent {
			t.Errorf("got %+v", got)
		}
	}
	balance("0.00", 0)
	_, err = w.do(rewards.TakeCredit{CreditID: "99", Amount: usd(1)})
	wantError(t, err, rewards.Invalid, "credit_missing")
}

func TestCreditThatWasUsedIsLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.customer("anna@example.test")
	r := w.must(grant(anna))
	w.place(woocommercetest.OrderInput{Billing: woocommercetest.Address{Email: "anna@example.test", Country: "US"},
		Lines: []woocommercetest.LineInput{{Name: "Cup", Price: "4"}}, Coupons: []string{r.Refs[rewards.RefCode]}})
	take := rewards.TakeCredit{CustomerID: anna, CreditID: r.ExternalID, Amount: usd(300), After: "10.00"}
	want := connectors.Receipt{ExternalID: r.ExternalID, ExpiresAt: ends, Refs: map[string]string{rewards.RefNewest: "7.00"}, Taken: usd(0), Spent: true}
	if got := w.must(take); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got, err := w.find(take); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
}

// Two processes can both be at it, and the shop's own check for codes that exist is not atomic.
func TestRacingTriesLeaveOneCoupon(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.customer("anna@example.test")
	w.sim.GatherCoupons(3, time.Second)
	var group sync.WaitGroup
	for range 3 { // connectors of their own share no locks, as processes
		group.Go(func() {
			if _, err := newConnector().Do(t.Context(), w.shop, "", issue(anna, fiveOff)); err != nil && !connectors.AsCallError(err).Unclear {
				t.Error(err)
			}
		})
	}
	group.Wait()
	r := w.must(issue(anna, fiveOff))
	live := 0
	for _, c := range w.coupons("gv-aaaa-bbbb-cccc") {
		if c.Status == "publish" {
			live++
		}
	}
	if found, err := w.find(issue(anna, fiveOff)); live != 1 || err != nil || found.ExternalID != r.ExternalID {
		t.Errorf("%d live, %+v, %v", live, found, err)
	}
}

func TestWhatTheShopHoldsIsListed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	anna := w.customer("anna@example.test")
	o := w.must(offer())
	w.must(rewards.AddCodes{OfferID: o.ExternalID, Offer: offer(), Codes: []string{"ANNA-7Q2M"}})
	c := w.must(issue(anna, fiveOff))
	credit := grant(anna)
	credit.RewardID = "rw_aaaaaaaaaaaaaaaa"
	g := w.must(credit)
	if _, err := w.sim.AddCoupon(woocommercetest.Coupon{Code: "summer", Type: "percent", Status: "publish"}); err != nil {
		t.Fatal(err)
	}
	var got []connectors.Holding
	if err := w.Holdings(t.Context(), w.shop, func(h connectors.Holding) error { got = append(got, h); return nil }); err != nil {
		t.Fatal(err)
	}
	want := []connectors.Holding{
		{ExternalID: o.ExternalID, Subject: "give10get10", Code: "gv-seed-7q2mxyzw"},
		{ExternalID: got[1].ExternalID, Subject: "give10get10", Code: "anna-7q2m", Live: true},
		{ExternalID: c.ExternalID, Subject: rewardID, Code: "gv-aaaa-bbbb-cccc", Live: true},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	ids, err := w.Credits(t.Context(), w.shop, rewards.Reward{ID: credit.RewardID, Refs: g.Refs})
	if err != nil || !reflect.DeepEqual(ids, []string{g.ExternalID}) {
		t.Errorf("got %v, %v", ids, err)
	}
	ids, err = w.Credits(t.Context(), w.shop, rewards.Reward{ID: rewardID})
	if err != nil || len(ids) != 0 {
		t.Errorf("got %v, %v", ids, err)
	}
}
