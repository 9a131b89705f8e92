package stripetest_test

import (
	"slices"
	"testing"
	"time"

	"grapevine/connectors/stripe/stripetest"
)

// plan is a subscription to one thing at 20.00.
func plan(by, code string) stripetest.SubscribeInput {
	return stripetest.SubscribeInput{Buyer: buyer(by), Items: []stripetest.Item{{Title: "Plan", Price: "20.00"}}, Code: code}
}

func TestASubscriptionBeginsWithASessionAndAnInvoice(t *testing.T) {
	t.Parallel()
	s := start(t)
	promo := s.code("HALF", "percent_off", "50")
	in := plan("ben", "half")
	in.Link, in.Metadata, in.Tax = "ANNA", map[string]string{"ref": "ANNA"}, "1.90"
	sale := must[stripetest.Sale](t)(s.Subscribe(in))
	s.get("/v1/checkout/sessions/"+sale.Session, "expand[]", "total_details.breakdown").ok().wants(
		"mode", "subscription", "payment_status", "paid", "payment_intent", "null", "invoice", sale.Invoice, "subscription", sale.Subscription,
		"amount_total", "1190", "customer", sale.Customer, "client_reference_id", "ANNA", "total_details.breakdown.discounts.0.discount.promotion_code", promo)
	s.get("/v1/invoices/"+sale.Invoice, "expand[]", "discounts").ok().wants(
		"billing_reason", "subscription_create", "status", "paid", "subscription", sale.Subscription, "charge", sale.Charge, "payment_intent", sale.PaymentIntent,
		"subtotal", "2000", "total", "1190", "tax", "190", "amount_paid", "1190", "discount.promotion_code", promo, "discounts.0.promotion_code", promo,
		"total_discount_amounts.0.amount", "1000", "subscription_details.metadata.ref", "ANNA", "customer_email", "ben@example.com", "lines.data.0.type", "subscription")
	s.get("/v1/invoices/"+sale.Invoice).ok().wants("total_discount_amounts.0.discount", s.get("/v1/invoices/"+sale.Invoice).at("discounts.0"))
	s.get("/v1/charges/"+sale.Charge).ok().wants("invoice", sale.Invoice, "amount", "1190")
	s.get("/v1/subscriptions/"+sale.Subscription, "expand[]", "latest_invoice").ok().wants("status", "active", "latest_invoice.id", sale.Invoice, "items.data.0.price.unit_amount", "2000", "discount", "null")
	same(t, "the session of a subscription", s.get("/v1/checkout/sessions", "subscription", sale.Subscription).ok().each("id"), []string{sale.Session})
	types := []string{}
	for _, e := range s.Events() {
		types = append(types, e.Type)
	}
	slices.Sort(types)
	same(t, "events", types, []string{
		"charge.succeeded", "checkout.session.completed", "coupon.created", "customer.created", "customer.discount.created", "customer.subscription.created", "invoice.created",
		"invoice.finalized", "invoice.paid", "invoice.payment_succeeded", "payment_intent.succeeded", "promotion_code.created", "promotion_code.updated",
	})
}

func TestEachPeriodIsAnInvoice(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		terms []string
		want  []string // totals of three renewals
	}{
		{"without a code", nil, []string{"2000", "2000", "2000"}},
		{"with one for the first invoice", []string{"percent_off", "50"}, []string{"2000", "2000", "2000"}},
		{"with one for three months", []string{"percent_off", "50", "duration", "repeating", "duration_in_months", "3"}, []string{"1000", "1000", "2000"}},
		{"with one for ever", []string{"percent_off", "50", "duration", "forever"}, []string{"1000", "1000", "1000"}},
	} {
		s := start(t)
		code := ""
		if c.terms != nil {
			code = "CODE"
			s.code(code, c.terms...)
		}
		sub := must[stripetest.Sale](t)(s.Subscribe(plan("ben", code))).Subscription
		var totals []string
		for range c.want {
			s.clock.advance(30 * 24 * time.Hour)
			in := s.get("/v1/invoices/"+must[string](t)(s.Renew(sub))).ok().wants("billing_reason", "subscription_cycle", "status", "paid")
			totals = append(totals, in.at("total"))
			if has := in.at("discount") != "null"; has != (in.at("total") == "1000") {
				t.Errorf("%s: a discount on an invoice of %s: %t", c.name, in.at("total"), has)
			}
		}
		same(t, c.name, totals, c.want)
		same(t, "invoices", s.get("/v1/invoices", "subscription", sub, "status", "paid").ok().at("data.#"), "4")
		paid := 0
		for _, e := range s.Events() {
			if e.Type == "invoice.paid" {
				paid++
			}
		}
		same(t, "invoice.paid", paid, 4)
	}
}

func TestPeriodsFollowEachOther(t *testing.T) {
	t.Parallel()
	s := start(t)
	in := plan("ben", "")
	in.Interval = "week"
	sub := must[stripetest.Sale](t)(s.Subscribe(in)).Subscription
	first := s.get("/v1/subscriptions/" + sub).ok()
	id := must[string](t)(s.Renew(sub))
	s.get("/v1/invoices/"+id).ok().wants("period_start", first.at("current_period_end"))
	s.get("/v1/subscriptions/"+sub).ok().wants("current_period_start", first.at("current_period_end"), "latest_invoice", id)
}

func TestARenewalThatFailsCanBePaidLater(t *testing.T) {
	t.Parallel()
	s := start(t)
	sub := must[stripetest.Sale](t)(s.Subscribe(plan("ben", ""))).Subscription
	id := must[string](t)(s.FailRenewal(sub))
	s.get("/v1/invoices/"+id).ok().wants("status", "open", "paid", "false", "amount_remaining", "2000")
	s.get("/v1/subscriptions/"+sub).ok().wants("status", "past_due")
	same(t, "failures", s.get("/v1/events", "type", "invoice.payment_failed").ok().each("data.object.id"), []string{id})
	if err := s.PayInvoice(id); err != nil {
		t.Fatal(err)
	}
	s.get("/v1/invoices/"+id).ok().wants("status", "paid", "amount_remaining", "0")
	s.get("/v1/subscriptions/"+sub).ok().wants("status", "active")
	if err := s.CancelSubscription(sub); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Renew(sub); err == nil {
		t.Error("a cancelled subscription was renewed")
	}
	same(t, "subscriptions", s.get("/v1/subscriptions").ok().at("data.#"), "0")
	same(t, "all subscriptions", s.get("/v1/subscriptions", "status", "all").ok().each("status"), []string{"canceled"})
}

func TestATrialBeginsWithAnInvoiceOfNothing(t *testing.T) {
	t.Parallel()
	s := start(t)
	in := plan("ben", "")
	in.Trial = true
	sale := must[stripetest.Sale](t)(s.Subscribe(in))
	s.get("/v1/checkout/sessions/"+sale.Session).ok().wants("payment_status", "no_payment_required", "amount_total", "0")
	s.get("/v1/invoices/"+sale.Invoice).ok().wants("total", "0", "subtotal", "0", "status", "paid", "charge", "null", "billing_reason", "subscription_create")
	s.get("/v1/subscriptions/"+sale.Subscription).ok().wants("status", "trialing", "items.data.0.price.unit_amount", "2000")
	s.get("/v1/invoices/"+must[string](t)(s.Renew(sale.Subscription))).ok().wants("total", "2000")
	s.get("/v1/subscriptions/"+sale.Subscription).ok().wants("status", "active")
}

func TestASubscriptionIsPaidFromTheBalanceFirst(t *testing.T) {
	t.Parallel()
	s := start(t)
	cus := must[string](t)(s.AddCustomer(buyer("ben")))
	if err := s.AdjustBalance(cus, "-45.00"); err != nil {
		t.Fatal(err)
	}
	sale := must[stripetest.Sale](t)(s.Subscribe(plan("ben", "")))
	s.get("/v1/checkout/sessions/"+sale.Session).ok().wants("payment_status", "paid", "amount_total", "2000")
	s.get("/v1/invoices/"+sale.Invoice).ok().wants("total", "2000", "amount_due", "0", "charge", "null", "starting_balance", "-4500", "ending_balance", "-2500")
	must[string](t)(s.Renew(sale.Subscription))
	s.get("/v1/invoices/"+must[string](t)(s.Renew(sale.Subscription))).ok().wants("amount_due", "1500", "starting_balance", "-500")
	s.get("/v1/customers/"+cus).ok().wants("balance", "0")
}

func TestACheckoutCanComeWithAnInvoice(t *testing.T) {
	t.Parallel()
	s := start(t)
	promo := s.code("TEN", "percent_off", "10")
	in := mugs("ben", 2)
	in.Invoiced, in.Code, in.Shipping = true, "TEN", "3.00"
	sale := must[stripetest.Sale](t)(s.PlaceSession(in))
	s.get("/v1/checkout/sessions/"+sale.Session).ok().wants("invoice", sale.Invoice, "payment_intent", sale.PaymentIntent, "amount_total", "2100")
	s.get("/v1/invoices/"+sale.Invoice).ok().wants("billing_reason", "manual", "subscription", "null", "total", "2100", "discount.promotion_code", promo, "payment_intent", sale.PaymentIntent)
	s.get("/v1/payment_intents/"+sale.PaymentIntent).ok().wants("invoice", sale.Invoice)
	same(t, "invoice.paid", s.get("/v1/events", "type", "invoice.paid").ok().each("data.object.id"), []string{sale.Invoice})
	late := in
	late.Delayed, late.Code = true, ""
	later := must[stripetest.Sale](t)(s.PlaceSession(late))
	s.get("/v1/checkout/sessions/"+later.Session).ok().wants("invoice", "null")
	if err := s.Pay(later.Session); err != nil {
		t.Fatal(err)
	}
	if s.get("/v1/checkout/sessions/"+later.Session).at("invoice") == "null" {
		t.Error("a late payment made no invoice")
	}
}

func TestAPlanIsChangedByAnInvoiceWithALineBelowZero(t *testing.T) {
	t.Parallel()
	s := start(t)
	sub := must[stripetest.Sale](t)(s.Subscribe(plan("ben", ""))).Subscription
	id := must[string](t)(s.ChangePlan(sub, []stripetest.Item{{Title: "Big plan", Price: "50.00"}}, "12.50"))
	in := s.get("/v1/invoices/"+id).ok().wants("billing_reason", "subscription_update", "total", "3750", "amount_paid", "3750", "lines.data.#", "2", "lines.data.0.amount", "-1250", "lines.data.1.amount", "5000")
	same(t, "the product that it is given back for", in.at("lines.data.0.price.product"), "prod_Plan")
	s.get("/v1/subscriptions/"+sub).ok().wants("items.data.0.price.unit_amount", "5000", "latest_invoice", id)
	s.get("/v1/invoices/"+must[string](t)(s.Renew(sub))).ok().wants("total", "5000")
	small := []stripetest.Item{{Title: "Small plan", Price: "5.00"}}
	if _, err := s.ChangePlan(sub, small, "50.01"); err == nil {
		t.Error("more was given back than was paid")
	}
	id = must[string](t)(s.ChangePlan(sub, small, "12.50"))
	s.get("/v1/invoices/"+id).ok().wants("status", "paid", "total", "-750", "subtotal", "-750", "amount_due", "0", "amount_paid", "0", "ending_balance", "-750")
}

func TestTaxIsOnTopOrInsideThePrices(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                       string
		included                   bool
		total, inclusive, pretaxed string
	}{
		{"on top", false, "2380", "false", "2000"},
		{"inside", true, "2000", "true", "1620"},
	} {
		s := start(t)
		in := plan("ben", "")
		in.Tax, in.Included = "3.80", c.included
		sale := must[stripetest.Sale](t)(s.Subscribe(in))
		for _, id := range []string{sale.Invoice, must[string](t)(s.Renew(sale.Subscription))} {
			s.get("/v1/invoices/"+id).ok().wants("total", c.total, "tax", "380", "total_excluding_tax", c.pretaxed, "total_tax_amounts.0.inclusive", c.inclusive,
				"lines.data.0.tax_amounts.0.amount", "380", "lines.data.0.tax_amounts.0.inclusive", c.inclusive, "lines.data.0.amount", "2000")
		}
		s.get("/v1/checkout/sessions/"+sale.Session, "expand[]", "line_items").ok().wants("amount_total", c.total, "total_details.amount_tax", "380",
			"line_items.data.0.amount_total", c.total, "line_items.data.0.amount_tax", "380")
	}
}
