package stripetest_test

import (
	"slices"
	"testing"

	"grapevine/connectors/stripe/stripetest"
	"grapevine/internal/simshop"
)

func TestASessionIsPriced(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, currency string
		coupon         []string
		items          []stripetest.Item
		shipping, tax  string
		subtotal, off  string // the API's
		total          string // the API's
		decimal        string
	}{
		{"two mugs", "", nil, []stripetest.Item{{Title: "Mug", Price: "10.00", Quantity: 2}}, "", "", "2000", "0", "2000", "20.00"},
		{"with shipping and tax", "", nil, []stripetest.Item{{Title: "Mug", Price: "10.00"}}, "4.90", "1.90", "1000", "0", "1680", "16.80"},
		{"with a percentage, which leaves shipping alone", "", []string{"percent_off", "12.5"}, []stripetest.Item{{Title: "Mug", Price: "19.99"}}, "5.00", "", "1999", "250", "2249", "22.49"},
		{"with an amount", "", []string{"amount_off", "500", "currency", "usd"}, []stripetest.Item{{Title: "A", Price: "3.00"}, {Title: "B", Price: "6.00"}}, "", "", "900", "500", "400", "4.00"},
		{"with more off than it costs", "", []string{"amount_off", "5000", "currency", "usd"}, []stripetest.Item{{Title: "A", Price: "3.00"}}, "", "", "300", "300", "0", "0.00"},
		{"with all of it off, but for shipping", "", []string{"percent_off", "100"}, []stripetest.Item{{Title: "A", Price: "3.00"}}, "2.00", "", "300", "300", "200", "2.00"},
		{"off one product", "", []string{"percent_off", "50", "applies_to[products][0]", "prod_B"}, []stripetest.Item{{Title: "A", Price: "3.00"}, {Title: "B", Price: "6.00"}}, "", "", "900", "300", "600", "6.00"},
		{"in yen", "JPY", []string{"percent_off", "10"}, []stripetest.Item{{Title: "A", Price: "1555"}}, "", "", "1555", "156", "1399", "1399"},
		{"in dinars", "kwd", []string{"percent_off", "10"}, []stripetest.Item{{Title: "A", Price: "5.550"}}, "", "", "5550", "560", "4990", "4.990"},
		{"in kronur", "isk", nil, []stripetest.Item{{Title: "A", Price: "500"}}, "", "", "50000", "0", "50000", "500"},
		{"in euros with an amount of their own", "eur", []string{"amount_off", "500", "currency", "usd", "currency_options[eur][amount_off]", "400"}, []stripetest.Item{{Title: "A", Price: "9.00"}}, "", "", "900", "400", "500", "5.00"},
	} {
		s := start(t)
		in := stripetest.SessionInput{Buyer: buyer("ben"), Items: c.items, Currency: c.currency, Shipping: c.shipping, Tax: c.tax}
		if c.coupon != nil {
			s.code("CODE", c.coupon...)
			in.Code = "code"
		}
		sale := must[stripetest.Sale](t)(s.PlaceSession(in))
		same(t, c.name, sale.Total, c.decimal)
		got := s.get("/v1/checkout/sessions/"+sale.Session, "expand[]", "line_items").ok()
		same(t, c.name, []string{got.at("amount_subtotal"), got.at("total_details.amount_discount"), got.at("amount_total")}, []string{c.subtotal, c.off, c.total})
	}
}

func TestAmountsThatStripeDoesNotTakeAreRefused(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, c := range []struct{ price, currency string }{
		{"1.005", "usd"}, {"1.5", "jpy"}, {"5.124", "kwd"}, {"1.50", "isk"}, {"x", "usd"}, {"-1.00", "usd"}, {"", ""},
	} {
		in := stripetest.SessionInput{Buyer: buyer("ben"), Currency: c.currency, Items: []stripetest.Item{{Title: "A", Price: c.price}}}
		if c.price == "" {
			in.Items = nil
		}
		if _, err := s.PlaceSession(in); err == nil {
			t.Errorf("%q in %s was taken", c.price, c.currency)
		}
	}
	same(t, "sessions", s.get("/v1/checkout/sessions").ok().at("data.#"), "0")
}

func TestASessionTellsWhoBoughtAndHow(t *testing.T) {
	t.Parallel()
	s := start(t)
	in := mugs("ben", 1)
	in.Link, in.Metadata, in.Shipping = "ANNA", map[string]string{"campaign": "spring"}, "5.00"
	in.Buyer.Street, in.Buyer.City, in.Buyer.Postcode, in.Buyer.Country = "Am Wall 1", "Ulm", "89073", "DE"
	sale := must[stripetest.Sale](t)(s.PlaceSession(in))
	s.get("/v1/checkout/sessions/"+sale.Session).ok().wants(
		"object", "checkout.session", "status", "complete", "payment_status", "paid", "mode", "payment", "client_reference_id", "ANNA",
		"metadata.campaign", "spring", "customer", sale.Customer, "customer_details.email", "ben@example.com", "customer_details.name", "ben Example",
		"customer_details.address.country", "DE", "shipping_details.address.line1", "Am Wall 1", "shipping_cost.amount_total", "500",
		"payment_intent", sale.PaymentIntent, "invoice", "null", "subscription", "null", "livemode", "false", "url", "null", "discounts", "absent")
	s.get("/v1/payment_intents/"+sale.PaymentIntent).ok().wants("status", "succeeded", "amount_received", "1500", "latest_charge", sale.Charge, "customer", sale.Customer, "discount", "absent")
	s.get("/v1/charges/"+sale.Charge).ok().wants("status", "succeeded", "paid", "true", "amount", "1500", "payment_intent", sale.PaymentIntent, "refunded", "false", "invoice", "null", "billing_details.email", "ben@example.com")
	guest := mugs("carla", 1)
	guest.Buyer.Guest = true
	alone := must[stripetest.Sale](t)(s.PlaceSession(guest))
	s.get("/v1/checkout/sessions/"+alone.Session).ok().wants("customer", "null", "customer_details.email", "carla@example.com", "customer_creation", "if_required", "shipping_details", "null", "shipping_cost", "null")
	for _, c := range []struct{ filter, value, want string }{
		{"payment_intent", sale.PaymentIntent, sale.Session},
		{"customer", sale.Customer, sale.Session},
		{"customer_details[email]", "carla@example.com", alone.Session},
	} {
		same(t, c.filter, s.get("/v1/checkout/sessions", c.filter, c.value).ok().each("id"), []string{c.want})
	}
	same(t, "charges of a payment", s.get("/v1/charges", "payment_intent", sale.PaymentIntent).ok().each("id"), []string{sale.Charge})
	same(t, "charges of a customer", s.get("/v1/charges", "customer", sale.Customer).ok().each("id"), []string{sale.Charge})
	same(t, "payments of a customer", s.get("/v1/payment_intents", "customer", sale.Customer).ok().each("id"), []string{sale.PaymentIntent})
	again := must[stripetest.Sale](t)(s.PlaceSession(mugs("ben", 1)))
	same(t, "her card", s.get("/v1/charges/"+again.Charge).at("payment_method_details.card.fingerprint"), s.get("/v1/charges/"+sale.Charge).at("payment_method_details.card.fingerprint"))
}

func TestACodeIsRefusedWhereItsTermsAreNotMet(t *testing.T) {
	t.Parallel()
	s := start(t)
	coupon := s.post("/v1/coupons", "percent_off", "10").ok().at("id")
	anna := must[string](t)(s.AddCustomer(buyer("anna")))
	must[stripetest.Sale](t)(s.PlaceSession(mugs("regular", 1)))
	for code, more := range map[string][]string{
		"BIG": {"restrictions[minimum_amount]", "3000", "restrictions[minimum_amount_currency]", "usd"}, "FIRST": {"restrictions[first_time_transaction]", "true"},
		"HERS": {"customer", anna},
	} {
		s.post("/v1/promotion_codes", append([]string{"coupon", coupon, "code", code}, more...)...).ok()
	}
	s.code("EUROS", "amount_off", "100", "currency", "eur")
	s.code("TEAPOTS", "percent_off", "10", "applies_to[products][0]", "prod_Teapot")
	for _, c := range []struct {
		name, code, by string
		n              int
		guest          bool
		want           bool
	}{
		{"a code that nobody made", "NONE", "ben", 1, false, false},
		{"a sum below the minimum", "BIG", "ben", 2, false, false},
		{"the minimum", "big", "ben", 3, false, true},
		{"a first payment, for somebody new", "FIRST", "new", 1, false, true},
		{"a first payment, for a guest", "FIRST", "regular", 1, true, true},
		{"a first payment, for a regular", "FIRST", "regular", 1, false, false},
		{"her code, for her", "HERS", "anna", 1, false, true},
		{"her code, for another", "HERS", "ben", 1, false, false},
		{"her code, for a guest with her e-mail", "HERS", "anna", 1, true, false},
		{"an amount in another currency", "EUROS", "ben", 1, false, false},
		{"a coupon for other products", "TEAPOTS", "ben", 1, false, false},
	} {
		in := mugs(c.by, c.n)
		in.Code, in.Buyer.Guest = c.code, c.guest
		if _, err := s.PlaceSession(in); (err == nil) != c.want {
			t.Errorf("%s: %v, want it taken: %t", c.name, err, c.want)
		}
	}
}

func TestALatePaymentSucceedsOrFails(t *testing.T) {
	t.Parallel()
	s := start(t)
	in := mugs("ben", 1)
	in.Delayed = true
	good, bad := must[stripetest.Sale](t)(s.PlaceSession(in)), must[stripetest.Sale](t)(s.PlaceSession(in))
	for _, sale := range []stripetest.Sale{good, bad} {
		s.get("/v1/checkout/sessions/"+sale.Session).ok().wants("status", "complete", "payment_status", "unpaid", "payment_intent", sale.PaymentIntent)
		s.get("/v1/charges/"+sale.Charge).ok().wants("status", "pending", "paid", "false")
	}
	if err := s.Pay(good.Session); err != nil {
		t.Fatal(err)
	}
	if err := s.FailAsync(bad.Session); err != nil {
		t.Fatal(err)
	}
	s.get("/v1/checkout/sessions/"+good.Session).ok().wants("payment_status", "paid")
	s.get("/v1/checkout/sessions/"+bad.Session).ok().wants("payment_status", "unpaid", "status", "complete")
	s.get("/v1/payment_intents/"+bad.PaymentIntent).ok().wants("status", "requires_payment_method")
	types := []string{}
	for _, e := range s.Events() {
		types = append(types, e.Type)
	}
	slices.Sort(types)
	same(t, "events", types, []string{
		"charge.failed", "charge.pending", "charge.pending", "charge.succeeded", "checkout.session.async_payment_failed", "checkout.session.async_payment_succeeded",
		"checkout.session.completed", "checkout.session.completed", "customer.created", "payment_intent.created", "payment_intent.created",
		"payment_intent.payment_failed", "payment_intent.processing", "payment_intent.processing", "payment_intent.succeeded",
	})
	if s.Pay(good.Session) == nil || s.FailAsync(bad.Session) == nil {
		t.Error("a payment was settled twice")
	}
}

func TestASessionThatIsFreeHasNoPayment(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.code("ALL", "percent_off", "100")
	in := mugs("ben", 1)
	in.Code = "ALL"
	sale := must[stripetest.Sale](t)(s.PlaceSession(in))
	s.get("/v1/checkout/sessions/"+sale.Session).ok().wants("payment_status", "no_payment_required", "payment_intent", "null", "amount_total", "0")
	if err := s.Refund(sale.Session, simshop.Refund{}); err == nil {
		t.Error("nothing was given back")
	}
}

func TestAnOpenSessionIsCompletedOrExpires(t *testing.T) {
	t.Parallel()
	s := start(t)
	in := mugs("ben", 1)
	in.Open = true
	var open []stripetest.Sale
	for range 3 {
		open = append(open, must[stripetest.Sale](t)(s.PlaceSession(in)))
	}
	s.get("/v1/checkout/sessions/"+open[0].Session).ok().wants("status", "open", "payment_status", "unpaid", "payment_intent", "null", "customer_details", "null")
	done := must[stripetest.Sale](t)(s.Complete(open[0].Session))
	s.get("/v1/checkout/sessions/"+done.Session).ok().wants("status", "complete", "payment_intent", done.PaymentIntent)
	s.post("/v1/checkout/sessions/"+open[1].Session+"/expire").ok().wants("status", "expired")
	same(t, "expiring it twice", s.post("/v1/checkout/sessions/"+open[1].Session+"/expire").status, 400)
	if err := s.Cancel(open[2].Session); err != nil {
		t.Fatal(err)
	}
	same(t, "expired ones", s.get("/v1/checkout/sessions", "status", "expired").ok().each("id"), []string{open[2].Session, open[1].Session})
	same(t, "what was told", s.get("/v1/events", "type", "checkout.session.expired").ok().each("data.object.id"), []string{open[2].Session, open[1].Session})
	setup := must[stripetest.Sale](t)(s.PlaceSetup(buyer("carla")))
	s.get("/v1/checkout/sessions/"+setup.Session).ok().wants("mode", "setup", "payment_status", "no_payment_required", "amount_total", "null", "currency", "null")
}
