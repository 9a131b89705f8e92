package stripe

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	stripego "github.com/stripe/stripe-go/v76"

	"grapevine/connectors"
	"grapevine/connectors/stripe/mocktest"
	"grapevine/connectors/stripe/stripetest"
	"grapevine/rewards"
)

// The facts about Stripe that are most easily got wrong, each with its test.

func TestFact01AnEventOfAnotherVersionIsNoBadSignature(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{DefaultVersion: "2025-09-30.clover"})
	w.sim.AddEndpoint("https://shop.example.com/made/by/hand", false) // has the account's version
	sold := w.buy(stripetest.SessionInput{Buyer: anna})
	door := &connectors.Door{Domain: w.shop.Domain, Secrets: w.sim.Endpoints()[0].Secrets}
	var got []string
	for _, l := range w.sim.Take() {
		d, err := w.conn.Receive(connectors.Arrival{Header: l.Header, Body: l.Body, Door: door})
		w.no(err)
		if !strings.Contains(string(l.Body), "2025-09-30.clover") {
			t.Fatal("the body is of our own version")
		}
		e, err := w.conn.Decode(d.Topic, d.Body, d.TriggeredAt)
		w.no(err)
		if touched, ok := e.(rewards.OrderTouched); ok && touched.Ask {
			got = append(got, touched.OrderID)
		}
	}
	same(t, "orders that are asked for", got, []string{sold.Session})

	sub, err := w.conn.Subscribe(context.Background(), w.shop, "https://shop.example.com/webhooks/stripe/shop_1")
	w.no(err)
	made := w.sim.Endpoints()[1]
	same(t, "endpoint", []string{made.ID, made.Version}, []string{sub.Settings[SettingEndpoint], "2023-10-16"})
	same(t, "events", slices.Sorted(slices.Values(made.Events)), slices.Sorted(slices.Values(Topics())))
}

func TestFact02TheCodeIsFoundByReadingTheSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	w.friendCode("ANNA-7Q2M", tenPercent)
	sold := w.buy(stripetest.SessionInput{Buyer: anna, Code: "anna-7q2m"})
	w.sim.AddEndpoint("https://shop.example.com/h", false)
	seen := w.decoded(sessionCompleted)[0].(rewards.OrderSeen)
	if len(seen.Order.Codes) > 0 || !seen.Ask {
		t.Errorf("the webhook tells %v, ask %v", seen.Order.Codes, seen.Ask)
	}
	want := []rewards.AppliedCode{{Code: "ANNA-7Q2M", TookOff: usd(300)}}
	same(t, "codes", w.order(sold.Session).Codes, want)
	same(t, "codes, read again", w.order(sold.Session).Codes, want)
	asked := 0
	for _, c := range w.sim.Calls() {
		if c.Method == http.MethodGet && strings.HasPrefix(c.Path, "/v1/promotion_codes/") {
			asked++
		}
	}
	same(t, "a code's text is asked for once", asked, 1)
}

// decoded are the account's events of a type, as webhooks would bring them.
func (w *world) decoded(kind string) (out []rewards.Event) {
	w.Helper()
	page, err := w.conn.Changes(context.Background(), w.shop, time.Now().Add(-time.Hour), "")
	w.no(err)
	for _, d := range page.Deliveries {
		if d.Topic != kind {
			continue
		}
		e, err := w.conn.Decode(d.Topic, d.Body, d.TriggeredAt)
		w.no(err)
		out = append(out, e)
	}
	return out
}

func TestFact03PaymentsAndChargesTellNoDiscount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	w.friendCode("ANNA-7Q2M", tenPercent)
	sold := w.buy(stripetest.SessionInput{Buyer: anna, Code: "ANNA-7Q2M"})
	for _, topic := range []string{"payment_intent.succeeded", "charge.succeeded", "payment_intent.created"} {
		e, err := w.conn.Decode(topic, []byte(`{}`), now)
		w.no(err)
		same(t, topic, e, rewards.Unheeded{Reason: "unknown_topic"})
	}
	o := w.order(sold.PaymentIntent)
	same(t, "the payment's order", []any{o.ID, o.Codes}, []any{sold.Session, []rewards.AppliedCode{{Code: "ANNA-7Q2M", TookOff: usd(300)}}})
}

func TestFact04CompletedIsNotPaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	late := w.buy(stripetest.SessionInput{Buyer: anna, Delayed: true})
	state := func(id string) rewards.Payment { return w.order(id).Payment }
	same(t, "completed", w.decoded(sessionCompleted)[0].(rewards.OrderSeen).Order.Payment, rewards.PaymentPending)
	same(t, "completed, read", state(late.Session), rewards.PaymentPending)
	w.no(w.sim.Pay(late.Session))
	same(t, "paid days later", w.decoded(sessionSucceeded)[0].(rewards.OrderSeen).Order.Payment, rewards.PaymentPaid)
	same(t, "paid days later, read", state(late.Session), rewards.PaymentPaid)

	bad := w.buy(stripetest.SessionInput{Buyer: anna, Delayed: true})
	w.no(w.sim.FailAsync(bad.Session))
	same(t, "refused days later", w.decoded(sessionFailed)[0].(rewards.OrderSeen).Order.Payment, rewards.PaymentVoided)
	same(t, "refused days later, read", state(bad.Session), rewards.PaymentVoided)

	w.friendCode("FREE-4ALL", rewards.Discount{Percent: 10_000})
	free := w.buy(stripetest.SessionInput{Buyer: anna, Code: "FREE-4ALL"})
	same(t, "no payment", free.PaymentIntent, "")
	o := w.order(free.Session)
	left, err := o.Eligible()
	w.no(err)
	same(t, "everything off", []any{o.Payment, left.Left, o.Codes[0].TookOff}, []any{rewards.PaymentPaid, usd(0), usd(3000)})
	if o.PaidAt == nil {
		t.Error("nobody knows when it was paid")
	}

	setup, err := w.sim.PlaceSetup(anna)
	w.no(err)
	_, err = w.conn.Order(context.Background(), w.shop, setup.Session)
	failed(t, "a session that only keeps a card", err, "invalid not_an_order")
}

func TestFact05OneSaleIsOneOrderHoweverManyEventsTellOfIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	plan, err := w.sim.Subscribe(stripetest.SubscribeInput{Buyer: anna, Items: []stripetest.Item{{Title: "Box", Price: "9.00"}}})
	w.no(err)
	invoiced := w.buy(stripetest.SessionInput{Buyer: anna, Invoiced: true})
	w.no(w.sim.Refund(invoiced.Session, simRefund("1.00")))
	for _, e := range w.sim.Events() {
		if e.Type == sessionCompleted || e.Type == invoicePaid {
			_, err := w.sim.RepeatEvent(e.ID) // another event of the same change
			w.no(err)
		}
	}
	orders := map[string]int{}
	for _, kind := range []string{sessionCompleted, invoicePaid, chargeRefunded} {
		for _, e := range w.decoded(kind) {
			switch e := e.(type) {
			case rewards.OrderSeen:
				orders[e.Order.ID]++
			case rewards.OrderTouched:
				orders[w.order(e.OrderID).ID]++
			}
		}
	}
	same(t, "events by order", orders, map[string]int{plan.Invoice: 4, invoiced.Invoice: 5})
	for _, id := range []string{plan.Session, plan.Invoice, w.intentOf(plan.Invoice)} {
		same(t, id, w.order(id).ID, plan.Invoice)
	}
	for _, id := range []string{invoiced.Session, invoiced.Invoice, invoiced.PaymentIntent} {
		same(t, id, w.order(id).ID, invoiced.Invoice)
	}
}

func TestFact06RefundsAddUpInTheCharge(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	sold := w.buy(stripetest.SessionInput{Buyer: anna})
	back := func() []any { o := w.order(sold.Session); return []any{o.Payment, o.MoneyBack} }
	same(t, "before", back(), []any{rewards.PaymentPaid, usd(0)})
	_, err := w.sim.RefundPartial(sold.Session, "5.00")
	w.no(err)
	same(t, "once", back(), []any{rewards.PaymentPartiallyRefunded, usd(500)})
	second, err := w.sim.RefundPartial(sold.Session, "7.50")
	w.no(err)
	same(t, "twice", back(), []any{rewards.PaymentPartiallyRefunded, usd(1250)})
	same(t, "events", len(w.decoded(chargeRefunded)), 2)
	w.no(w.sim.FailRefund(second))
	same(t, "one that failed", back(), []any{rewards.PaymentPartiallyRefunded, usd(500)})
	w.no(w.sim.Refund(sold.Session, simRefund("")))
	same(t, "all", back(), []any{rewards.PaymentRefunded, usd(3000)})
}

func TestFact07NothingIsTriedAgainByItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	customer, err := w.sim.AddCustomer(anna)
	w.no(err)
	grant := rewards.GrantCredit{RewardID: "rw_1", CustomerID: customer, Amount: usd(500)}
	posts := func() (n int, keys []string) {
		for _, c := range w.sim.Calls() {
			if c.Method == http.MethodPost {
				n, keys = n+1, append(keys, c.Key)
			}
		}
		return n, keys
	}
	w.sim.FailNext(http.MethodPost, "/v1/customers", false)
	_, err = w.conn.Do(context.Background(), w.shop, "rw_1/issue", grant)
	failed(t, "a POST that ended in 500", err, "unavailable shop_unavailable unclear")
	n, first := posts()
	same(t, "tries after a 500", n, 1)
	w.sim.Throttle(1)
	_, err = w.conn.Do(context.Background(), w.shop, "rw_1/issue", grant)
	failed(t, "429", err, "unavailable shop_throttled throttled")
	same(t, "wait", connectors.AsCallError(err).After, 2*time.Second)
	if _, err = w.conn.Do(context.Background(), w.shop, "rw_1/issue", grant); err != nil {
		t.Error(err)
	}
	if _, keys := posts(); keys[0] != keys[1] || keys[0] != first[0] {
		t.Errorf("another try has another key: %v", keys)
	}

	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(silent.Close)
	w.conn.opts.Timeout = 100 * time.Millisecond
	w.shop.APIURL = silent.URL
	began := time.Now()
	_, err = w.conn.Do(context.Background(), w.shop, "off", rewards.PublishOffer{Program: "p", Discount: tenPercent})
	failed(t, "silence", err, "unavailable shop_unreachable")
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v: something tried again", took)
	}
}

func TestFact08AfterADayOurOwnMarksTell(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	customer, err := w.sim.AddCustomer(anna)
	w.no(err)
	acts := []rewards.Action{
		offer(tenPercent),
		rewards.GrantCredit{RewardID: "rw_1", CustomerID: customer, Amount: usd(500)},
		rewards.IssueCode{RewardID: "rw_2", Code: "GV-7Q2M", CustomerID: customer, Discount: rewards.Discount{Amount: usd(500)}},
	}
	for _, a := range acts {
		first := w.do("key", a)
		w.sim.ForgetIdempotencyKeys()
		same(t, "done again after a day", w.do("key", a), first)
	}
	balance, live, err := w.sim.Credit(customer)
	w.no(err)
	same(t, "credit", []any{balance, live}, []any{"5.00", 1})
	same(t, "codes", w.codes(), []string{"GV-7Q2M live for " + customer})

	// Stripe keeps a failure under its key too: the next try must not get it again for a day.
	for _, fault := range []struct {
		path string
		act  rewards.Action
	}{
		{"/v1/customers", rewards.GrantCredit{RewardID: "rw_3", CustomerID: customer, Amount: usd(100)}},
		{"/v1/coupons", rewards.PublishOffer{Program: "other", Discount: tenPercent}},
		{"/v1/promotion_codes", rewards.IssueCode{RewardID: "rw_4", Code: "GV-AAAA", Discount: rewards.Discount{Amount: usd(500)}}},
	} {
		w.sim.FailNext(http.MethodPost, fault.path, false)
		_, err := w.conn.Do(context.Background(), w.shop, "key2", fault.act)
		failed(t, fault.path, err, "unavailable shop_unavailable unclear")
		once := w.do("key2", fault.act)
		same(t, fault.path+" once more", w.do("key2", fault.act), once)
	}
	_, live, err = w.sim.Credit(customer)
	w.no(err)
	same(t, "credits", live, 2)
}

func TestFact09EachBackendHasAnAddressOfItsOwn(t *testing.T) {
	t.Parallel()
	var got []string
	for _, kind := range []stripego.SupportedBackend{stripego.APIBackend, stripego.ConnectBackend, stripego.UploadsBackend} {
		got = append(got, backend(kind, "", http.DefaultClient).(*stripego.BackendImplementation).URL)
	}
	same(t, "addresses", got, []string{"https://api.stripe.com", "https://connect.stripe.com", "https://files.stripe.com"})
	one := backend(stripego.APIBackend, "http://127.0.0.1:1", http.DefaultClient).(*stripego.BackendImplementation)
	same(t, "simulated", []any{one.URL, one.MaxNetworkRetries}, []any{"http://127.0.0.1:1", 0})
}

func TestFact10StoreCreditPaysInvoicesOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	customer, err := w.sim.AddCustomer(anna)
	w.no(err)
	r := w.do("k", rewards.GrantCredit{RewardID: "rw_1", CustomerID: customer, Amount: usd(500)})
	balance, live, err := w.sim.Credit(customer)
	w.no(err)
	same(t, "credit", []any{balance, live, r.Refs[rewards.RefAccount], r.ExpiresAt.IsZero()}, []any{"5.00", 1, customer, true})
	sold := w.buy(stripetest.SessionInput{Buyer: anna, Items: []stripetest.Item{{Title: "Tea", Price: "20.00"}}})
	same(t, "a checkout's total", sold.Total, "20.00")
	balance, _, err = w.sim.Credit(customer)
	w.no(err)
	same(t, "credit after a checkout", balance, "5.00")
	_, err = w.sim.Bill(customer, "20.00", "", false)
	w.no(err)
	balance, _, err = w.sim.Credit(customer)
	w.no(err)
	same(t, "credit after an invoice", balance, "0.00")
	if note := w.conn.Capabilities().CreditNote; !strings.Contains(note, "invoice") || !strings.Contains(note, "one-off") {
		t.Errorf("the note says %q", note)
	}
}

func TestFact11ACodeIsUniqueAmongActiveOnesAndNeverChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	first := w.friendCode("ANNA-7Q2M", tenPercent)
	fifteen := rewards.Discount{Percent: 1500, Minimum: usd(1000)}
	second := w.do("offer2", rewards.ChangeOffer{ExternalID: first, Offer: offer(fifteen)}).ExternalID
	if first == second {
		t.Fatal("new terms are on the old coupon")
	}
	add := rewards.AddCodes{OfferID: second, Offer: offer(fifteen), Codes: []string{"anna-7q2m"}}
	same(t, "refused", w.do("codes", add).Refused, map[string]string(nil))
	same(t, "codes", w.codes(), []string{"anna-7q2m live"})
	sold := w.buy(stripetest.SessionInput{Buyer: anna, Code: "ANNA-7Q2M"})
	same(t, "took off", w.order(sold.Session).Codes, []rewards.AppliedCode{{Code: "anna-7q2m", TookOff: usd(450)}})

	// Back to the first terms within the day: what Stripe stored of the first time must not be taken for it.
	add.OfferID, add.Offer = first, offer(tenPercent)
	w.do("codes", add)
	w.do("codes", rewards.AddCodes{OfferID: first, Offer: offer(tenPercent), Codes: []string{"ANNA-7Q2M"}})
	sold = w.buy(stripetest.SessionInput{Buyer: anna, Code: "ANNA-7Q2M"})
	same(t, "took off again", w.order(sold.Session).Codes[0].TookOff, usd(300))

	e, err := w.conn.Decode("promotion_code.updated", []byte(`{}`), now)
	w.no(err)
	same(t, "a redemption", e, rewards.Unheeded{Reason: "unknown_topic"})
}

func TestFact12AmountsAreNeverRescaledByGuess(t *testing.T) {
	t.Parallel()
	for currency, tc := range map[string]struct {
		price string // as the shop writes it
		want  rewards.Money
		off   rewards.Money // ten percent
	}{
		"jpy": {"2500", rewards.Money{Minor: 2250, Currency: "JPY"}, rewards.Money{Minor: 250, Currency: "JPY"}},
		"kwd": {"5.100", rewards.Money{Minor: 4590, Currency: "KWD"}, rewards.Money{Minor: 510, Currency: "KWD"}},
		"isk": {"2500", rewards.Money{Minor: 2250, Currency: "ISK"}, rewards.Money{Minor: 250, Currency: "ISK"}},
		"mga": {"4000", rewards.Money{Minor: 360_000, Currency: "MGA"}, rewards.Money{Minor: 40_000, Currency: "MGA"}},
		"eur": {"25.00", rewards.Money{Minor: 2250, Currency: "EUR"}, rewards.Money{Minor: 250, Currency: "EUR"}},
	} {
		t.Run(currency, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, stripetest.Options{Currency: currency})
			w.friendCode("ANNA-7Q2M", tenPercent)
			sold := w.buy(stripetest.SessionInput{Buyer: anna, Code: "ANNA-7Q2M", Items: []stripetest.Item{{Title: "Tea", Price: tc.price}}})
			o := w.order(sold.Session)
			same(t, "order", []any{o.Currency, o.Lines[0].Amount, o.Codes[0].TookOff}, []any{tc.want.Currency, tc.want, tc.off})
			customer, err := w.sim.AddCustomer(anna)
			w.no(err)
			w.do("g", rewards.GrantCredit{RewardID: "rw_1", CustomerID: customer, Amount: tc.off})
			r := w.do("i", rewards.IssueCode{RewardID: "rw_2", Code: "GV-1", CustomerID: customer, Discount: rewards.Discount{Amount: tc.off}})
			take := w.do("t", rewards.TakeCredit{CustomerID: customer, CreditID: w.do("g", rewards.GrantCredit{RewardID: "rw_1", CustomerID: customer, Amount: tc.off}).ExternalID, Amount: tc.off, After: "none"})
			same(t, "taken back", take.Taken, tc.off)
			used := w.buy(stripetest.SessionInput{Buyer: anna, Code: "GV-1", Items: []stripetest.Item{{Title: "Tea", Price: tc.price}}})
			same(t, "the reward takes off", w.order(used.Session).Codes[0].TookOff, tc.off)
			same(t, "the reward's code", r.Spent, false)
		})
	}
	w := newWorld(t, stripetest.Options{Currency: "ugx"})
	sold := w.buy(stripetest.SessionInput{Buyer: anna, Items: []stripetest.Item{{Title: "Tea", Price: "2500"}}})
	_, err := w.conn.Order(context.Background(), w.shop, sold.Session)
	failed(t, "UGX", err, "invalid unknown_currency")
}

func TestFact13StripeMockIsOfTheVersionThatKnowsOurPromotionCodes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	w.shop.APIURL = mocktest.Start(t)
	c, err := w.conn.caller(w.shop)
	w.no(err)
	w.no(c.post(context.Background(), "making promotion code", "k", &promotionBody{}, func(p stripego.Params) error {
		_, err := c.api.PromotionCodes.New(terms{subject: "friends"}.promotion(p, "ANNA-7Q2M", "grapevine_x"))
		return err
	}))
	err = c.post(context.Background(), "making promotion code", "k", &promotionBody{}, func(p stripego.Params) error {
		p.AddExtra("promotion[coupon]", "grapevine_x") // as later versions have it
		_, err := c.api.PromotionCodes.New(terms{subject: "friends"}.promotion(p, "ANNA-7Q2M", "grapevine_x"))
		return err
	})
	failed(t, "the shape of a later version", err, "invalid shop_refused")
}
