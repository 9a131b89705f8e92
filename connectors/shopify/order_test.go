package shopify_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"grapevine/connectors"
	"grapevine/connectors/shopify/shopifytest"
	"grapevine/rewards"
)

func (w *world) read(id int64) rewards.Order {
	w.t.Helper()
	o, err := w.Order(w.t.Context(), w.shop, strconv.FormatInt(id, 10))
	if err != nil {
		w.t.Fatal(err)
	}
	return o
}

// told is the order as the newest webhook has it.
func (w *world) told(id int64) rewards.Order {
	w.t.Helper()
	var last *rewards.Order
	for _, d := range w.sim.Deliveries() {
		if d.OrderID != id {
			continue
		}
		e, err := w.Decode(d.Topic, d.Body, d.TriggeredAt)
		if err != nil {
			w.t.Fatalf("%s: %v\n%s", d.Topic, err, d.Body)
		}
		if seen, ok := e.(rewards.OrderSeen); ok {
			last = &seen.Order
		}
	}
	if last == nil {
		w.t.Fatalf("no webhook told of order %d", id)
	}
	return *last
}

// plain leaves out what only one of the two can tell.
func plain(o rewards.Order) rewards.Order {
	o.PaidAt, o.Risk, o.Trail.Agent, o.Trail.Card = nil, rewards.RiskNone, "", ""
	o.Touches = slices.Clone(o.Touches)
	for i := range o.Touches {
		o.Touches[i].At = time.Time{}
	}
	o.Lines = slices.Clone(o.Lines)
	for i := range o.Lines {
		o.Lines[i].Collections = nil
	}
	if o.Customer != nil {
		c := *o.Customer
		c.EarlierOrders = nil
		o.Customer = &c
	}
	return o
}

// TestTheWebhookAndTheAPITellTheSame places orders of every shape and lets all sorts of things happen to
// them: both ways of reading them must give the same order.
func TestTheWebhookAndTheAPITellTheSame(t *testing.T) {
	t.Parallel()
	clock := starts
	w := newWorld(t, func(o *shopifytest.Options) { o.Now = func() time.Time { return clock } })
	w.merchantsCode("Ten off", "ANNA-7Q2M", "10")
	if _, err := w.sim.AddDiscount(shopifytest.DiscountInput{Title: "Five off", Codes: []string{"BEN-44XY"}, Amount: "5.00"}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.sim.AddDiscount(shopifytest.DiscountInput{Kind: "free_shipping", Title: "Free", Codes: []string{"FREESHIP"}}); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(r *rapid.T) {
		clock = clock.Add(time.Duration(rapid.IntRange(1, 100_000).Draw(r, "later")) * time.Second)
		o, err := w.sim.PlaceOrder(anyOrder(r))
		if err != nil {
			r.Skip(err)
		}
		for range rapid.IntRange(0, 4).Draw(r, "steps") {
			clock = clock.Add(time.Second)
			w.happen(r, o)
		}
		told, read := plain(w.told(o.ID)), plain(w.read(o.ID))
		if !sameJSON(told, read) {
			r.Fatalf("told %+v\nread %+v", told, read)
		}
		// A shop may be told to tax more than the goods cost; nothing else may be beyond reckoning.
		e, err := read.Eligible()
		if o.TaxesIncluded || read.Cancelled { // where tax is included the parts of a line are rounded in two ways
			return
		}
		now, lost := w.sim.Order(o.ID)
		if err != nil || lost != nil || e.Left.Minor != now.Totals().Eligible.Minor {
			r.Fatalf("left %s, %v; the shop has %s, %v", e.Left, err, now.Totals().Eligible, lost)
		}
	})
}

func anyOrder(r *rapid.T) shopifytest.OrderInput {
	price := func(name string) string {
		return fmt.Sprintf("%d.%02d", rapid.IntRange(0, 90).Draw(r, name), rapid.IntRange(0, 99).Draw(r, name))
	}
	included := rapid.Bool().Draw(r, "tax included")
	in := shopifytest.OrderInput{
		Shipping: price("shipping"), TaxesIncluded: &included, ForceCodes: true,
		Paid: rapid.Bool().Draw(r, "paid"), Test: rapid.IntRange(0, 9).Draw(r, "test") == 0,
		JourneyPending: rapid.Bool().Draw(r, "pending"),
	}
	if rapid.IntRange(0, 4).Draw(r, "anonymous") > 0 {
		in.Customer = &shopifytest.CustomerInput{Email: fmt.Sprintf("c%d@example.com", rapid.IntRange(1, 5).Draw(r, "customer")), FirstName: "Cleo"}
	}
	if rapid.Bool().Draw(r, "address") {
		in.ShippingAddress = &shopifytest.Address{Address1: "12 Elm Street", City: "Springfield", Zip: "01101", CountryCode: "US"}
		in.BillingAddress = &shopifytest.Address{Address1: "7 Oak Lane", CountryCode: "CA"}
		in.ClientIP, in.UserAgent = "203.0.113.9", "Mozilla/5.0"
	}
	if rapid.Bool().Draw(r, "link") && !in.JourneyPending && in.Customer != nil {
		in.LandingSite = "/?utm_source=mail&ref=anna-7q2m"
		in.NoteAttributes = []shopifytest.Attribute{{Name: "gift_wrap", Value: "yes"}, {Name: "grapevine_ref", Value: "BEN-44XY"}}
	}
	for range rapid.IntRange(1, 20).Draw(r, "lines") {
		in.Lines = append(in.Lines, shopifytest.LineInput{
			Title: "Mug", Price: price("price"), Quantity: rapid.Int64Range(1, 5).Draw(r, "quantity"), GiftCard: rapid.IntRange(0, 9).Draw(r, "gift") == 0,
		})
	}
	for _, code := range []string{"ANNA-7Q2M", "ben-44xy", "FREESHIP"} {
		if rapid.Bool().Draw(r, code) {
			in.Codes = append(in.Codes, shopifytest.CodeInput{Code: code})
		}
	}
	if rapid.IntRange(0, 3).Draw(r, "staff") == 0 {
		in.Manual = &shopifytest.ManualDiscount{Title: "ANNA-7Q2M", Percent: "5"}
	}
	if rapid.Bool().Draw(r, "tax") {
		in.Tax = fmt.Sprintf("0.%02d", rapid.IntRange(1, 99).Draw(r, "tax"))
	}
	return in
}

// happen lets something happen to an order; what the shop refuses did not happen.
func (w *world) happen(r *rapid.T, o *shopifytest.Order) {
	status := rapid.SampledFrom([]string{"success", "success", "pending", "failure"}).Draw(r, "status")
	switch rapid.SampledFrom([]string{"pay", "refund line", "refund money", "refund shipping", "all at once", "no money", "its money", "edit", "cancel"}).Draw(r, "what") {
	case "pay":
		_, _ = w.sim.Pay(o.ID, "")
	case "refund line":
		_, _ = w.sim.Refund(o.ID, shopifytest.RefundInput{Lines: []shopifytest.RefundLineInput{{Index: rapid.IntRange(0, 1).Draw(r, "line"), Quantity: 1}}, Status: status})
	case "refund money":
		_, _ = w.sim.Refund(o.ID, shopifytest.RefundInput{Amount: "1.37", Status: status})
	case "refund shipping":
		_, _ = w.sim.Refund(o.ID, shopifytest.RefundInput{Shipping: "0.50", LegacyShape: rapid.Bool().Draw(r, "legacy"), Status: status})
	case "all at once":
		_, _ = w.sim.Refund(o.ID, shopifytest.RefundInput{Lines: []shopifytest.RefundLineInput{{Index: 0, Quantity: 1}}, Amount: "0.75", Shipping: "0.25", Status: status})
	case "no money":
		_, _ = w.sim.Refund(o.ID, shopifytest.RefundInput{Lines: []shopifytest.RefundLineInput{{Index: 0, Quantity: 1}}, NoMoney: true})
	case "its money":
		w.moveItsMoney(r, o.ID, status)
	case "edit":
		_, _ = w.sim.Edit(o.ID, shopifytest.EditInput{Set: []shopifytest.EditLine{{Index: 0, Quantity: rapid.Int64Range(0, 6).Draw(r, "to")}}})
	case "cancel":
		_, _ = w.sim.Cancel(o.ID, shopifytest.CancelInput{Refund: rapid.Bool().Draw(r, "refund")})
	}
}

// moveItsMoney gives back what one of the order's refunds was worth, of goods alone.
func (w *world) moveItsMoney(r *rapid.T, id int64, status string) {
	o, err := w.sim.Order(id)
	if err != nil || len(o.Refunds) == 0 {
		return
	}
	var worth shopifytest.Money
	for _, l := range o.Refunds[rapid.IntRange(0, len(o.Refunds)-1).Draw(r, "refund")].Lines {
		worth = shopifytest.Money{Minor: worth.Minor + l.Subtotal.Minor, Currency: l.Subtotal.Currency}
		if !o.TaxesIncluded {
			worth.Minor += l.Tax.Minor
		}
	}
	_, _ = w.sim.Refund(id, shopifytest.RefundInput{Amount: worth.String(), Status: status})
}

func (w *world) simpleOrder(change ...func(*shopifytest.OrderInput)) *shopifytest.Order {
	in := shopifytest.OrderInput{Customer: &shopifytest.CustomerInput{Email: "f@example.com"}, Lines: []shopifytest.LineInput{{Price: "40.00"}}, Paid: true}
	for _, f := range change {
		f(&in)
	}
	return w.placeOrder(in)
}

func TestEarlierOrdersAreCountedTheSameWayOrNot(t *testing.T) {
	t.Parallel()
	clock := starts
	w := newWorld(t, func(o *shopifytest.Options) { o.Now = func() time.Time { return clock } })
	var ids []int64
	for range 4 {
		ids = append(ids, w.simpleOrder().ID)
		clock = clock.Add(time.Hour)
	}
	for _, ready := range []bool{true, false} {
		for i, id := range ids {
			if _, err := w.sim.SetJourneyReady(id, ready); err != nil {
				t.Fatal(err)
			}
			if got := w.read(id).Customer.EarlierOrders; got == nil || *got != int64(i) {
				t.Errorf("journey known %v: order %d has %v before it", ready, i, got)
			}
		}
	}
	anonymous := w.simpleOrder(func(in *shopifytest.OrderInput) { in.Customer = nil })
	if w.read(anonymous.ID).Customer != nil {
		t.Error("an order without a customer has one")
	}
}

func TestAnOrderIsPaidWhenItsPaymentCameIn(t *testing.T) {
	t.Parallel()
	clock := starts
	w := newWorld(t, func(o *shopifytest.Options) { o.Now = func() time.Time { return clock } })
	o := w.simpleOrder(func(in *shopifytest.OrderInput) { in.Paid = false })
	if got := w.read(o.ID); got.PaidAt != nil || got.Payment != rewards.PaymentPending {
		t.Errorf("before: %v, %s", got.PaidAt, got.Payment)
	}
	clock = clock.Add(36 * time.Hour)
	if _, err := w.sim.Pay(o.ID, ""); err != nil {
		t.Fatal(err)
	}
	if got := w.read(o.ID); got.PaidAt == nil || !got.PaidAt.Equal(clock) || !got.Paid() {
		t.Errorf("after: %v, %s", got.PaidAt, got.Payment)
	}
}

func TestALongOrderIsReadWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.simpleOrder(func(in *shopifytest.OrderInput) {
		in.Lines = nil
		for i := range 130 {
			in.Lines = append(in.Lines, shopifytest.LineInput{Price: fmt.Sprintf("1.%02d", i%100)})
		}
	})
	for i := range 12 {
		if _, err := w.sim.Refund(o.ID, shopifytest.RefundInput{Lines: []shopifytest.RefundLineInput{{Index: i}}, Amount: "0.10"}); err != nil {
			t.Fatal(err)
		}
	}
	var many []shopifytest.RefundLineInput
	for i := 20; i < 110; i++ {
		many = append(many, shopifytest.RefundLineInput{Index: i})
	}
	if _, err := w.sim.Refund(o.ID, shopifytest.RefundInput{Lines: many}); err != nil {
		t.Fatal(err)
	}
	got := w.read(o.ID)
	if len(got.Lines) != 130 || got.MoneyBack != usd(120) || !sameJSON(plain(got), plain(w.told(o.ID))) {
		t.Errorf("%d lines, money back %v", len(got.Lines), got.MoneyBack)
	}
}

func TestAnOrderInAnUnknownCurrencyIsStillTold(t *testing.T) {
	t.Parallel()
	n := `{"data":{"order":{"id":"gid://shopify/Order/17","name":"#1","test":false,"createdAt":"2026-11-05T09:30:00Z","updatedAt":"2026-11-05T09:30:00Z",
		"cancelledAt":null,"displayFinancialStatus":"PAID","currencyCode":"XQQ","taxesIncluded":false,"customer":null,"customerJourneySummary":null,
		"totalTipReceivedSet":{"shopMoney":{"amount":"0.0","currencyCode":"XQQ"}},
		"discountApplications":{"nodes":[{"__typename":"DiscountCodeApplication","index":0,"code":"ANNA-7Q2M"}],"pageInfo":{"hasNextPage":false}},
		"shippingLines":{"nodes":[],"pageInfo":{"hasNextPage":false}},"transactions":[],
		"lineItems":{"nodes":[{"id":"gid://shopify/LineItem/1","quantity":1,"currentQuantity":1,"isGiftCard":false,"product":null,
			"originalTotalSet":{"shopMoney":{"amount":"1.0","currencyCode":"XQQ"}},"taxLines":[],"discountAllocations":[]}],"pageInfo":{"hasNextPage":false}},
		"refundIds":[],"refunds":[]}}}`
	s, shop := answering(t, 200, n)
	got, err := s.Order(t.Context(), shop, "17")
	if err != nil || got.Currency != "XQQ" || len(got.Codes) != 1 || got.ID != "17" {
		t.Fatalf("got %+v, %v", got, err)
	}
	if _, err := got.Eligible(); rewards.KindOf(err) != rewards.Invalid {
		t.Errorf("its total can be reckoned: %v", err)
	}
}

func TestAnOrderThatIsNotThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.simpleOrder()
	if err := w.sim.DeleteOrder(o.ID); err != nil {
		t.Fatal(err)
	}
	_, err := w.Order(t.Context(), w.shop, strconv.FormatInt(o.ID, 10))
	wantError(t, err, rewards.NotFound, "order_missing")
	for _, id := range []string{"", "0", "-1", "007", "1e3", "gid://shopify/Order/1", "99999999999999999999"} {
		_, err := w.Order(t.Context(), w.shop, id)
		wantError(t, err, rewards.Invalid, "bad_id")
	}
}

// Reading has no effect, so no trouble with it is unclear.
func TestTroubleWhileReadingIsNeverUnclear(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.simpleOrder()
	for name, fault := range troubles() {
		fault.Operation, fault.Count = "Order", 1
		w.sim.ResetFaults()
		w.fault(fault)
		_, err := w.Order(t.Context(), w.shop, strconv.FormatInt(o.ID, 10))
		ce := connectors.AsCallError(err)
		if err != nil && (ce.Unclear || rewards.KindOf(err) != rewards.Unavailable) {
			t.Errorf("%s: got %v, unclear %v", name, err, ce.Unclear)
		}
	}
}

func TestProtectedDataMayBeWithheld(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *shopifytest.Options) { o.HideLevel2 = true })
	o := w.simpleOrder()
	got := w.read(o.ID)
	if got.Customer == nil || got.Customer.ID == "" || got.Customer.Email != "" || !sameJSON(plain(got), plain(w.told(o.ID))) {
		t.Errorf("got %+v", got.Customer)
	}
}

func TestAShopIsProbed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *shopifytest.Options) { o.Scopes = []string{"read_orders", "read_customers", "write_discounts"} })
	p, err := w.Probe(t.Context(), w.shop)
	if err != nil || p.Domain != "demo.myshopify.com" || p.Currency != "USD" || p.TimeZone != "America/New_York" || len(p.Missing) != 4 {
		t.Errorf("got %+v, %v", p, err)
	}
}
