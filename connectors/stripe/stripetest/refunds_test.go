package stripetest_test

import (
	"testing"

	"grapevine/connectors/stripe/stripetest"
	"grapevine/internal/simshop"
)

func TestRefundsAddUpInTheCharge(t *testing.T) {
	t.Parallel()
	s := start(t)
	sale := must[stripetest.Sale](t)(s.PlaceSession(mugs("ben", 3)))
	path := "/v1/charges/" + sale.Charge
	one := must[string](t)(s.RefundPartial(sale.Session, "5.00"))
	s.get(path).ok().wants("amount_refunded", "500", "refunded", "false")
	two := must[string](t)(s.RefundPartial(sale.PaymentIntent, "10.00"))
	s.get(path).ok().wants("amount_refunded", "1500", "refunded", "false", "refunds", "absent")
	if _, err := s.RefundPartial(sale.Charge, "15.01"); err == nil {
		t.Error("more was given back than was left")
	}
	if err := s.Refund(sale.Session, simshop.Refund{}); err != nil {
		t.Fatal(err)
	}
	s.get(path).ok().wants("amount_refunded", "3000", "refunded", "true", "amount", "3000", "status", "succeeded")
	told := s.get("/v1/events", "type", "charge.refunded").ok()
	same(t, "amounts that were told", told.each("data.object.amount_refunded"), []string{"3000", "1500", "500"})
	same(t, "amounts before", told.each("data.previous_attributes.amount_refunded"), []string{"1500", "500", "0"})
	same(t, "refunded before", told.each("data.previous_attributes.refunded"), []string{"false", "absent", "absent"})
	all := s.get("/v1/refunds", "charge", sale.Charge).ok()
	same(t, "refunds", all.each("amount"), []string{"1500", "1000", "500"})
	same(t, "the older ones", all.each("id")[1:], []string{two, one})
	same(t, "of the payment", s.get("/v1/refunds", "payment_intent", sale.PaymentIntent).ok().at("data.#"), "3")
	same(t, "refund.created", s.get("/v1/events", "type", "refund.*").ok().at("data.#"), "0")
	if err := s.FailRefund(two); err != nil {
		t.Fatal(err)
	}
	s.get("/v1/refunds/"+two, "expand[]", "charge").ok().wants("status", "failed", "charge.amount_refunded", "2000", "charge.refunded", "false")
	same(t, "what was told of it", s.get("/v1/events", "type", "charge.refund.updated").ok().each("data.object.status"), []string{"failed"})
}

func TestLinesAreGivenBackAtWhatWasPaidForThem(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.code("TEN", "percent_off", "10")
	in := stripetest.SessionInput{Buyer: buyer("ben"), Code: "TEN", Shipping: "5.00", Tax: "2.70", Items: []stripetest.Item{{Title: "A", Price: "10.00"}, {Title: "B", Price: "20.00"}}}
	sale := must[stripetest.Sale](t)(s.PlaceSession(in))
	back := func(r simshop.Refund) string {
		if err := s.Refund(sale.Session, r); err != nil {
			return "refused"
		}
		return s.get("/v1/charges/" + sale.Charge).at("amount_refunded")
	}
	for _, c := range []struct {
		name string
		r    simshop.Refund
		want string
	}{
		{"a line, with its tax", simshop.Refund{Lines: []int{1}}, "1980"},
		{"the same line", simshop.Refund{Lines: []int{1}}, "refused"},
		{"a line that is not there", simshop.Refund{Lines: []int{2}}, "refused"},
		{"the other line", simshop.Refund{Lines: []int{0}}, "2970"},
		{"some money", simshop.Refund{Amount: "1.00"}, "3070"},
		{"too much money", simshop.Refund{Amount: "4.01"}, "refused"},
		{"the rest", simshop.Refund{}, "3470"},
		{"nothing", simshop.Refund{}, "refused"},
	} {
		same(t, c.name, back(c.r), c.want)
	}
}

func TestWhatIsNotPaidIsNotGivenBack(t *testing.T) {
	t.Parallel()
	s := start(t)
	in := mugs("ben", 1)
	in.Delayed = true
	sale := must[stripetest.Sale](t)(s.PlaceSession(in))
	if err := s.Refund(sale.Session, simshop.Refund{}); err == nil {
		t.Error("an unpaid sale was refunded")
	}
	if err := s.Refund("cs_none", simshop.Refund{}); err == nil {
		t.Error("a sale that nobody knows was refunded")
	}
	if err := s.Cancel(sale.Session); err != nil {
		t.Fatal(err)
	}
	same(t, "cancelling it tells", s.get("/v1/events", "type", "checkout.session.async_payment_failed").ok().each("data.object.id"), []string{sale.Session})
	paid := must[stripetest.Sale](t)(s.PlaceSession(mugs("ben", 1)))
	if err := s.Cancel(paid.Session); err != nil {
		t.Fatal(err)
	}
	s.get("/v1/charges/"+paid.Charge).ok().wants("refunded", "true")
	sub := must[stripetest.Sale](t)(s.Subscribe(plan("ben", "")))
	if err := s.Refund(sub.Invoice, simshop.Refund{Amount: "5.00"}); err != nil {
		t.Fatal(err)
	}
	s.get("/v1/charges/"+sub.Charge).ok().wants("amount_refunded", "500", "invoice", sub.Invoice)
}

func TestADisputeIsOpenedAndClosed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		warning bool
		passes  []string
		ends    string
		types   []string // of the events, as they came
	}{
		{"lost", false, []string{"under_review"}, "lost", []string{"charge.dispute.closed", "charge.dispute.created", "charge.dispute.funds_withdrawn", "charge.dispute.updated"}},
		{"won", false, nil, "won", []string{"charge.dispute.closed", "charge.dispute.created", "charge.dispute.funds_reinstated", "charge.dispute.funds_withdrawn"}},
		{"an inquiry that comes to nothing", true, []string{"warning_under_review"}, "warning_closed", []string{"charge.dispute.closed", "charge.dispute.created", "charge.dispute.updated"}},
		{"an inquiry that becomes a dispute", true, []string{"needs_response"}, "lost", []string{"charge.dispute.closed", "charge.dispute.created", "charge.dispute.updated"}},
	} {
		s := start(t)
		hook := receive(t, fine)
		s.AddEndpoint(hook.URL, false, "charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed", "charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated")
		sale := must[stripetest.Sale](t)(s.PlaceSession(mugs("ben", 3)))
		id := must[string](t)(s.Dispute(sale.Session, "10.00", c.warning))
		s.get("/v1/charges/"+sale.Charge).ok().wants("disputed", "true", "refunded", "false")
		for _, status := range c.passes {
			if err := s.UpdateDispute(id, status); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.CloseDispute(id, c.ends); err != nil {
			t.Fatal(err)
		}
		s.get("/v1/disputes/"+id).ok().wants("status", c.ends, "amount", "1000", "charge", sale.Charge, "payment_intent", sale.PaymentIntent, "customer", "absent")
		same(t, "disputes of the charge", s.get("/v1/disputes", "charge", sale.Charge).ok().each("id"), []string{id})
		s.quiet()
		same(t, c.name, hook.types(), c.types)
		if s.CloseDispute(id, "won") == nil {
			t.Errorf("%s: it was closed twice", c.name)
		}
	}
}

func TestACreditNoteTakesMoneyOffAnInvoice(t *testing.T) {
	t.Parallel()
	s := start(t)
	sale := must[stripetest.Sale](t)(s.Subscribe(plan("ben", "")))
	invoice := "/v1/invoices/" + sale.Invoice
	note := must[string](t)(s.CreditNote(sale.Invoice, "5.00", "refund"))
	s.get("/v1/credit_notes/"+note).ok().wants("amount", "500", "invoice", sale.Invoice, "type", "post_payment", "refund", s.get("/v1/refunds").at("data.0.id"))
	must[string](t)(s.CreditNote(sale.Invoice, "3.00", "balance"))
	must[string](t)(s.CreditNote(sale.Invoice, "2.00", "out_of_band"))
	s.get(invoice).ok().wants("post_payment_credit_notes_amount", "1000", "pre_payment_credit_notes_amount", "0", "total", "2000", "status", "paid")
	s.get("/v1/charges/"+sale.Charge).ok().wants("amount_refunded", "500")
	s.get("/v1/customers/"+sale.Customer+"/balance_transactions").ok().wants("data.0.amount", "-300", "data.0.type", "credit_note")
	if _, err := s.CreditNote(sale.Invoice, "10.01", "balance"); err == nil {
		t.Error("more than the invoice was taken off it")
	}
	open := must[string](t)(s.FailRenewal(sale.Subscription))
	due := s.get("/v1/invoices/"+open).ok().wants("amount_due", "1700", "starting_balance", "-300").at("total")
	must[string](t)(s.CreditNote(open, "7.00", ""))
	s.get("/v1/invoices/"+open).ok().wants("amount_due", "1000", "pre_payment_credit_notes_amount", "700", "total", due)
	if err := s.PayInvoice(open); err != nil {
		t.Fatal(err)
	}
	s.get("/v1/invoices/"+open).ok().wants("amount_paid", "1000", "status", "paid")
	same(t, "credit notes", s.get("/v1/credit_notes", "invoice", sale.Invoice).ok().each("amount"), []string{"200", "300", "500"})
	same(t, "what was told", s.get("/v1/events", "type", "credit_note.created").ok().at("data.#"), "4")
}
