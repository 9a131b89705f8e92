package stripetest_test

import (
	"testing"

	"grapevine/internal/simshop"
)

func TestABalanceIsTheSumOfWhatWasBooked(t *testing.T) {
	t.Parallel()
	s := start(t)
	cus := s.post("/v1/customers", "email", "anna@example.com").ok().at("id")
	path := "/v1/customers/" + cus + "/balance_transactions"
	one := s.post(path, "amount", "-1500", "currency", "USD", "metadata[reward]", "rw_1", "description", "Thanks").ok().wants(
		"object", "customer_balance_transaction", "amount", "-1500", "ending_balance", "-1500", "currency", "usd", "type", "adjustment",
		"invoice", "null", "metadata.reward", "rw_1", "description", "Thanks", "customer", cus).at("id")
	two := s.post(path, "amount", "-500", "currency", "usd").ok().wants("ending_balance", "-2000").at("id")
	three := s.post(path, "amount", "700", "currency", "usd").ok().wants("ending_balance", "-1300").at("id")
	s.get("/v1/customers/"+cus, "expand[]", "invoice_credit_balance").ok().wants("balance", "-1300", "currency", "usd", "invoice_credit_balance.usd", "1300")
	page := s.get(path, "limit", "2").ok()
	same(t, "the newest", page.each("id"), []string{three, two})
	same(t, "the oldest", s.get(path, "limit", "2", "starting_after", two).ok().each("id"), []string{one})
	s.post(path+"/"+one, "metadata[reward]", "rw_2").ok().wants("metadata.reward", "rw_2", "amount", "-1500")
	same(t, "changing an amount", s.post(path+"/"+one, "amount", "-1").refused(), "400 invalid_request_error parameter_unknown amount")
	s.get(path+"/"+one, "expand[]", "customer").ok().wants("customer.email", "anna@example.com")
	same(t, "deleting one", s.send("DELETE", path+"/"+one, "", nil).status, 404)
	for name, fields := range map[string][]string{
		"nothing": {"amount", "0", "currency", "usd"}, "no amount": {"currency", "usd"}, "no currency": {"amount", "-5"},
		"no such currency": {"amount", "-5", "currency", "dollars"}, "dinars with a last digit": {"amount", "-1234", "currency", "kwd"},
	} {
		if got := s.post(path, fields...); got.status != 400 {
			t.Errorf("%s: status %d", name, got.status)
		}
	}
	updated := s.get("/v1/events", "type", "customer.updated").ok()
	same(t, "balances before", updated.each("data.previous_attributes.balance"), []string{"-2000", "-1500", "0"})
}

func TestBalancesOfCurrenciesDoNotMix(t *testing.T) {
	t.Parallel()
	s := start(t)
	cus := s.post("/v1/customers").ok().at("id")
	path := "/v1/customers/" + cus + "/balance_transactions"
	s.post(path, "amount", "-300", "currency", "jpy").ok()
	s.post(path, "amount", "-500", "currency", "usd").ok().wants("ending_balance", "-500")
	s.get("/v1/customers/"+cus, "expand[]", "invoice_credit_balance").ok().wants("currency", "jpy", "balance", "-300", "invoice_credit_balance.usd", "500")
	balance, live, err := s.Credit(cus)
	same(t, "her credit", []any{balance, live, err}, []any{"300", 1, nil})
}

func TestCreditsThatWereTakenBackAreNotLive(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		amounts []string // decimal, in the order of what happened
		balance string
		live    int
	}{
		{"nothing", nil, "0.00", 0},
		{"two credits", []string{"-5.00", "-7.00"}, "12.00", 2},
		{"one taken back", []string{"-5.00", "-7.00", "5.00"}, "7.00", 1},
		{"of two equal ones", []string{"-5.00", "-5.00", "5.00"}, "5.00", 1},
		{"a part of one", []string{"-5.00", "2.00"}, "3.00", 1},
		{"in two parts", []string{"-5.00", "2.00", "3.00"}, "0.00", 0},
		{"over two credits", []string{"-5.00", "-7.00", "9.00"}, "3.00", 1},
		{"more than there is", []string{"-5.00", "9.00"}, "-4.00", 0},
	} {
		s := start(t)
		cus := must[string](t)(s.AddCustomer(buyer("anna")))
		for _, amount := range c.amounts {
			if err := s.AdjustBalance(cus, amount); err != nil {
				t.Fatal(err)
			}
		}
		balance, live, err := s.Credit(cus)
		same(t, c.name, []any{balance, live, err}, []any{c.balance, c.live, nil})
	}
}

func TestInvoicesArePaidFromTheBalanceAndCheckoutsAreNot(t *testing.T) {
	t.Parallel()
	s := start(t)
	cus := must[string](t)(s.AddCustomer(buyer("anna")))
	if err := s.AdjustBalance(cus, "-15.00"); err != nil {
		t.Fatal(err)
	}
	must[simshop.Sold](t)(s.Place(simshop.Basket{Buyer: buyer("anna"), Goods: []simshop.Goods{{Title: "Mug", Price: "10.00"}}}))
	s.get("/v1/customers/"+cus).ok().wants("balance", "-1500")
	euros := must[string](t)(s.Bill(cus, "10.00", "eur", false))
	s.get("/v1/invoices/"+euros).ok().wants("amount_due", "1000", "starting_balance", "0")
	for _, c := range []struct{ amount, start, end, due, paid string }{
		{"10.00", "-1500", "-500", "0", "true"},
		{"8.00", "-500", "0", "300", "true"},
		{"8.00", "0", "0", "800", "true"},
	} {
		id := must[string](t)(s.Bill(cus, c.amount, "", false))
		in := s.get("/v1/invoices/"+id).ok().wants("starting_balance", c.start, "ending_balance", c.end, "amount_due", c.due, "amount_paid", c.due, "paid", c.paid, "status", "paid")
		if none := in.at("charge") == "null"; none != (c.due == "0") {
			t.Errorf("an invoice of %s with %s due has the charge %s", c.amount, c.due, in.at("charge"))
		}
	}
	applied := s.get("/v1/customers/" + cus + "/balance_transactions").ok()
	same(t, "transactions", applied.each("amount"), []string{"500", "1000", "-1500"})
	same(t, "their types", applied.each("type"), []string{"applied_to_invoice", "applied_to_invoice", "adjustment"})
	balance, live, err := s.Credit(cus)
	same(t, "what was spent is not taken back", []any{balance, live, err}, []any{"0.00", 1, nil})
	if err := s.AdjustBalance(cus, "2.00"); err != nil {
		t.Fatal(err)
	}
	id := must[string](t)(s.Bill(cus, "5.00", "", true))
	s.get("/v1/invoices/"+id).ok().wants("amount_due", "700", "ending_balance", "0", "paid_out_of_band", "true", "charge", "null")
}

func TestACustomerIsKeptDeletedAndFound(t *testing.T) {
	t.Parallel()
	s := start(t)
	one := s.post("/v1/customers", "email", "anna@example.com", "name", "Anna", "address[city]", "Ulm", "address[country]", "DE").ok().wants("address.city", "Ulm", "address.line1", "null").at("id")
	two := s.post("/v1/customers", "email", "anna@example.com").ok().at("id")
	same(t, "by e-mail", s.get("/v1/customers", "email", "anna@example.com").ok().each("id"), []string{two, one})
	same(t, "by an e-mail in another case", s.get("/v1/customers", "email", "ANNA@example.com").ok().at("data.#"), "0")
	s.post("/v1/customers/"+one, "name", "", "metadata[a]", "1").ok().wants("name", "null", "metadata.a", "1", "email", "anna@example.com")
	s.send("DELETE", "/v1/customers/"+one, "", nil).ok().wants("deleted", "true")
	s.get("/v1/customers/"+one).ok().wants("deleted", "true", "email", "absent")
	same(t, "crediting a deleted one", s.post("/v1/customers/"+one+"/balance_transactions", "amount", "-5", "currency", "usd").refused(), "404 invalid_request_error resource_missing id")
	same(t, "by e-mail then", s.get("/v1/customers", "email", "anna@example.com").ok().each("id"), []string{two})
	s.get("/v1/events", "type", "customer.deleted").ok().wants("data.0.data.object.email", "anna@example.com", "data.0.data.object.name", "null")
	same(t, "who has the e-mail", must[string](t)(s.AddCustomer(buyer("anna"))), two)
	if err := s.DeleteCustomer(two); err != nil {
		t.Fatal(err)
	}
	if again := must[string](t)(s.AddCustomer(buyer("anna"))); again == two || again == one {
		t.Error("a deleted customer came back")
	}
}
