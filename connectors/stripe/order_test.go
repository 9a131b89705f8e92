package stripe

import (
	"context"
	"testing"
	"time"

	"grapevine/connectors/stripe/stripetest"
	"grapevine/internal/simshop"
	"grapevine/rewards"
)

// later gives the simulated Stripe a clock that is this much ahead.
func (w *world) later(d time.Duration) {
	w.sim.SetClock(func() time.Time { return time.Now().Add(d) })
}

func (w *world) subscribe(in stripetest.SubscribeInput) stripetest.Sale {
	w.Helper()
	if in.Items == nil {
		in.Items = []stripetest.Item{{Title: "Box", Price: "20.00"}}
	}
	s, err := w.sim.Subscribe(in)
	w.no(err)
	return s
}

func (w *world) renew(subscription string) (invoice string) {
	w.Helper()
	invoice, err := w.sim.Renew(subscription)
	w.no(err)
	return invoice
}

func TestASessionIsReadWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	w.friendCode("ANNA-7Q2M", tenPercent)
	sold := w.buy(stripetest.SessionInput{
		Buyer: anna, Code: "anna-7q2m", Link: "carl-9xyz", Shipping: "4.00", Tax: "2.70",
		Metadata: map[string]string{"grapevine_code": "CARL-9XYZ", "referral": "DORA-1ABC", "basket": "17"},
	})
	o := w.order(sold.Session)
	who := *o.Customer
	if who.EarlierOrders == nil || *who.EarlierOrders != 0 || o.PaidAt == nil || o.PlacedAt.IsZero() || o.UpdatedAt.Before(*o.PaidAt) || o.Trail.Card == "" {
		t.Errorf("customer %+v, paid at %v, placed at %v, updated at %v, card %q", who, o.PaidAt, o.PlacedAt, o.UpdatedAt, o.Trail.Card)
	}
	lines := o.Lines
	o.Customer, o.PaidAt, o.PlacedAt, o.UpdatedAt, o.Trail.Card, o.Lines, who.EarlierOrders = nil, nil, time.Time{}, time.Time{}, "", nil, nil
	want := rewards.Order{
		ID: sold.Session, Name: sold.Session, Currency: "USD", Payment: rewards.PaymentPaid, Country: "DE", MoneyBack: usd(0),
		Codes:   []rewards.AppliedCode{{Code: "ANNA-7Q2M", TookOff: usd(300)}},
		Touches: []rewards.Touch{{Code: "CARL-9XYZ"}, {Code: "DORA-1ABC"}},
	}
	want.Trail.Address.Line1, want.Trail.Address.City, want.Trail.Address.Postcode, want.Trail.Address.Country = "Hauptstr. 1", "Berlin", "10115", "DE"
	same(t, "order", o, want)
	same(t, "customer", who, rewards.Person{ID: sold.Customer, Email: "anna@example.com", Name: "Anna", Surname: "Berg"})
	for i := range lines {
		lines[i].ID = ""
	}
	same(t, "lines", lines, []rewards.Line{
		{ProductID: "prod_Tea", Quantity: 1, Current: 1, Amount: usd(1800)},
		{ProductID: "prod_Cup", Quantity: 2, Current: 2, Amount: usd(900)},
	})
}

func TestEarlierOrdersAreCountedByCustomerAndByEmail(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	guest := anna
	guest.Guest = true
	earlier := func(id string) int64 { return *w.order(id).Customer.EarlierOrders }
	step := time.Duration(0)
	next := func() { step += time.Minute; w.later(step) }

	first := w.buy(stripetest.SessionInput{Buyer: guest})
	next()
	w.buy(stripetest.SessionInput{Buyer: guest, Open: true})    // nobody went through it
	w.buy(stripetest.SessionInput{Buyer: guest, Delayed: true}) // nobody paid
	_, err := w.sim.PlaceSetup(anna)
	w.no(err)
	next()
	second := w.buy(stripetest.SessionInput{Buyer: anna, Invoiced: true}) // a session and an invoice: one sale
	next()
	trial := w.subscribe(stripetest.SubscribeInput{Buyer: anna, Trial: true}) // nothing is billed
	next()
	paid := w.renew(trial.Subscription)
	next()
	again := w.renew(trial.Subscription)
	same(t, "first", earlier(first.Session), 0)
	same(t, "second", earlier(second.Session), 1)
	same(t, "the subscription's first payment", []any{earlier(paid), w.order(paid).Renewal}, []any{2, 1})
	same(t, "its second", []any{earlier(again), w.order(again).Renewal}, []any{3, 2})
	next()
	guest.Email = "Anna@Example.com"
	same(t, "with capitals", earlier(w.buy(stripetest.SessionInput{Buyer: guest}).Session), 2)
	stranger := w.buy(stripetest.SessionInput{Buyer: simshop.Buyer{Email: "ben@example.com"}})
	same(t, "a stranger", earlier(stranger.Session), 0)
}

func TestASubscriptionRemembersHowItBegan(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	w.friendCode("ANNA-7Q2M", tenPercent)
	s := w.subscribe(stripetest.SubscribeInput{Buyer: anna, Code: "ANNA-7Q2M", Link: "CARL-9XYZ", Tax: "2.00"})
	w.later(30 * 24 * time.Hour)
	second := w.renew(s.Subscription)
	for name, tc := range map[string]struct {
		id      string
		codes   []rewards.AppliedCode
		touches []rewards.Touch
		renewal int
		amount  rewards.Money
	}{
		"the first invoice":    {s.Invoice, []rewards.AppliedCode{{Code: "ANNA-7Q2M", TookOff: usd(200)}}, []rewards.Touch{{Code: "CARL-9XYZ"}}, 1, usd(1800)},
		"the session":          {s.Session, []rewards.AppliedCode{{Code: "ANNA-7Q2M", TookOff: usd(200)}}, []rewards.Touch{{Code: "CARL-9XYZ"}}, 1, usd(1800)},
		"the second invoice":   {second, nil, []rewards.Touch{{Code: "CARL-9XYZ"}, {Code: "ANNA-7Q2M"}}, 2, usd(2000)},
		"the second's payment": {w.intentOf(second), nil, []rewards.Touch{{Code: "CARL-9XYZ"}, {Code: "ANNA-7Q2M"}}, 2, usd(2000)},
	} {
		t.Run(name, func(t *testing.T) {
			o := w.order(tc.id)
			same(t, "order", []any{o.Codes, o.Touches, o.Renewal, o.Lines[0].Amount}, []any{tc.codes, tc.touches, tc.renewal, tc.amount})
		})
	}
	failedInvoice, err := w.sim.FailRenewal(s.Subscription)
	w.no(err)
	same(t, "a renewal that was not paid", w.order(failedInvoice).Payment, rewards.PaymentPending)
}

func TestWhatIsNoOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	trial := w.subscribe(stripetest.SubscribeInput{Buyer: anna, Trial: true})
	customer, err := w.sim.AddCustomer(anna)
	w.no(err)
	for name, tc := range map[string]struct{ id, want string }{
		"the session of a trial":    {trial.Session, "invalid not_an_order"},
		"the invoice of a trial":    {trial.Invoice, "invalid not_an_order"},
		"a customer":                {customer, "invalid not_an_order"},
		"nothing":                   {"", "invalid not_an_order"},
		"a way out of the address":  {"cs_../../v1/account", "invalid not_an_order"},
		"a session nobody knows":    {"cs_test_a1b2", "not_found resource_missing"},
		"an invoice nobody knows":   {"in_1a2b", "not_found resource_missing"},
		"a payment nobody knows":    {"pi_1a2b", "not_found resource_missing"},
		"a payment of another shop": {"pi_" + "0", "not_found resource_missing"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.conn.Order(context.Background(), w.shop, tc.id)
			failed(t, name, err, tc.want)
		})
	}
}

func TestDisputesHoldAndDecide(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		amount, ends string
		warning      bool
		disputed     bool
		payment      rewards.Payment
		back         rewards.Money
	}{
		"open":             {"", "", false, true, rewards.PaymentPaid, usd(0)},
		"an open warning":  {"", "", true, true, rewards.PaymentPaid, usd(0)},
		"lost whole":       {"", "lost", false, false, rewards.PaymentRefunded, usd(3000)},
		"lost in part":     {"10.00", "lost", false, false, rewards.PaymentPartiallyRefunded, usd(1000)},
		"won":              {"", "won", false, false, rewards.PaymentPaid, usd(0)},
		"a warning closed": {"", "warning_closed", true, false, rewards.PaymentPaid, usd(0)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, stripetest.Options{})
			sold := w.buy(stripetest.SessionInput{Buyer: anna})
			d, err := w.sim.Dispute(sold.Session, tc.amount, tc.warning)
			w.no(err)
			if tc.ends != "" {
				w.no(w.sim.CloseDispute(d, tc.ends))
			}
			o := w.order(sold.Session)
			same(t, "order", []any{o.Disputed, o.Payment, o.MoneyBack}, []any{tc.disputed, tc.payment, tc.back})
			for _, e := range append(w.decoded(disputeCreated), w.decoded(disputeClosed)...) {
				same(t, "event", e.(rewards.OrderTouched).OrderID, sold.PaymentIntent)
			}
		})
	}
}

func TestMoneyBackIsReckonedWithoutTax(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	sold := w.buy(stripetest.SessionInput{Buyer: anna, Tax: "5.70"}) // 30.00 of goods
	_, err := w.sim.RefundPartial(sold.Session, "11.90")
	w.no(err)
	o := w.order(sold.Session)
	left, err := o.Eligible()
	w.no(err)
	same(t, "money back", []any{o.MoneyBack, left}, []any{usd(1000), rewards.Eligible{Original: usd(3000), Left: usd(2000)}})
	w.no(w.sim.Refund(sold.Session, simshop.Refund{}))
	left, err = w.order(sold.Session).Eligible()
	w.no(err)
	same(t, "left after all of it", left.Left, usd(0))
}

func TestALongSaleIsReadToItsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	var items []stripetest.Item
	for range 130 {
		items = append(items, stripetest.Item{Title: "Spoon", Price: "1.00"})
	}
	once := w.buy(stripetest.SessionInput{Buyer: anna, Items: items})
	plan := w.subscribe(stripetest.SubscribeInput{Buyer: anna, Items: items})
	for _, id := range []string{once.Session, plan.Invoice} {
		o := w.order(id)
		sum, err := o.Eligible()
		w.no(err)
		same(t, id, []any{len(o.Lines), sum.Left}, []any{130, usd(13_000)})
	}
}

func TestAnInvoiceByHandIsAnOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	customer, err := w.sim.AddCustomer(anna)
	w.no(err)
	for _, outside := range []bool{false, true} {
		id, err := w.sim.Bill(customer, "12.00", "", outside)
		w.no(err)
		o := w.order(id)
		same(t, "invoice", []any{o.ID, o.Payment, o.Renewal, o.Lines[0].Amount, o.Customer.ID, o.PaidAt != nil}, []any{id, rewards.PaymentPaid, 0, usd(1200), customer, true})
	}
}

func TestASaleIsInTheCurrencyThatItWasPaidIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{Currency: "eur"})
	sold := w.buy(stripetest.SessionInput{Buyer: anna, Currency: "chf", Items: []stripetest.Item{{Title: "Tea", Price: "12.00"}}})
	o := w.order(sold.Session)
	same(t, "sale", []any{w.shop.Currency, o.Currency, o.Lines[0].Amount}, []any{"EUR", "CHF", rewards.Money{Minor: 1200, Currency: "CHF"}})
}
