package stripetest_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"grapevine/connectors/stripe/stripetest"
)

func TestListsGoFromTheNewestToTheOldest(t *testing.T) {
	t.Parallel()
	s := start(t)
	var ids []string
	for range 5 {
		ids = append([]string{s.post("/v1/customers").ok().at("id")}, ids...)
		s.clock.advance(time.Minute)
	}
	third := s.get("/v1/customers/" + ids[2]).ok().at("created")
	for _, c := range []struct {
		name   string
		fields []string
		want   []string
		more   string
	}{
		{"all", nil, ids, "false"},
		{"a page", []string{"limit", "2"}, ids[:2], "true"},
		{"the next page", []string{"limit", "2", "starting_after", ids[1]}, ids[2:4], "true"},
		{"the last page", []string{"limit", "2", "starting_after", ids[3]}, ids[4:], "false"},
		{"back from the end", []string{"limit", "2", "ending_before", ids[4]}, ids[2:4], "true"},
		{"back to the beginning", []string{"limit", "2", "ending_before", ids[2]}, ids[:2], "false"},
		{"after the last", []string{"starting_after", ids[4]}, []string{}, "false"},
		{"since a moment", []string{"created[gte]", third}, ids[:3], "false"},
		{"after a moment", []string{"created[gt]", third}, ids[:2], "false"},
		{"before a moment", []string{"created[lt]", third}, ids[3:], "false"},
		{"until a moment", []string{"created[lte]", third, "limit", "1"}, ids[2:3], "true"},
		{"at a moment", []string{"created", third}, ids[2:3], "false"},
	} {
		got := s.get("/v1/customers", c.fields...).ok()
		same(t, c.name, got.each("id"), c.want)
		same(t, c.name+", has_more", got.at("has_more"), c.more)
	}
	s.get("/v1/customers").wants("object", "list", "url", "/v1/customers")
	same(t, "both cursors", s.get("/v1/customers", "starting_after", ids[0], "ending_before", ids[1]).status, 400)
	same(t, "a cursor that is none", s.get("/v1/customers", "starting_after", "cus_no").refused(), "400 invalid_request_error resource_missing starting_after")
}

func TestExpansionPutsThingsInThePlaceOfIDs(t *testing.T) {
	t.Parallel()
	s := start(t)
	promo := s.code("TEN", "percent_off", "10")
	in := mugs("ben", 3)
	in.Code, in.Invoiced = "TEN", true
	sale := must[stripetest.Sale](t)(s.PlaceSession(in))
	path := "/v1/checkout/sessions/" + sale.Session
	s.get(path).ok().wants("customer", sale.Customer, "total_details.breakdown", "absent", "line_items", "absent")
	s.get(path, "expand[]", "customer", "expand[]", "payment_intent.latest_charge", "expand[]", "total_details.breakdown", "expand[]", "line_items.data.discounts").ok().wants(
		"customer.email", "ben@example.com", "payment_intent.latest_charge.amount", "2700",
		"total_details.breakdown.discounts.0.amount", "300",
		"total_details.breakdown.discounts.0.discount.promotion_code", promo,
		"line_items.data.0.discounts.0.discount.promotion_code", promo, "line_items.data.0.amount_total", "2700")
	s.get("/v1/checkout/sessions", "expand[0]", "data.total_details.breakdown").ok().wants("data.0.total_details.breakdown.discounts.0.amount", "300")
	s.get("/v1/invoices/"+sale.Invoice, "expand[]", "discounts.promotion_code", "expand[]", "charge").ok().wants(
		"discounts.0.promotion_code.code", "TEN", "charge.id", sale.Charge)
	must[string](t)(s.RefundPartial(sale.Session, "1.00"))
	s.get("/v1/charges/"+sale.Charge).ok().wants("refunds", "absent")
	s.get("/v1/charges/"+sale.Charge, "expand[]", "refunds").ok().wants("refunds.data.0.amount", "100")
	for _, deep := range []string{"total_details.breakdown.discounts.discount.promotion_code", "status", "nothing", "total_details", "line_items.data.price.colour"} {
		same(t, deep, s.get(path, "expand[]", deep).refused(), "400 invalid_request_error absent expand")
	}
	guest := mugs("carla", 1)
	guest.Buyer.Guest = true
	alone := must[stripetest.Sale](t)(s.PlaceSession(guest))
	s.get("/v1/checkout/sessions/"+alone.Session, "expand[]", "customer", "expand[]", "invoice").ok().wants("customer", "null", "invoice", "null")
}

func TestListsInsideObjectsHoldTenThings(t *testing.T) {
	t.Parallel()
	s := start(t)
	in := mugs("ben", 1)
	in.Items, in.Invoiced = nil, true
	for i := range 12 {
		in.Items = append(in.Items, stripetest.Item{Title: "Thing " + strconv.Itoa(i), Price: "1.00"})
	}
	sale := must[stripetest.Sale](t)(s.PlaceSession(in))
	path := "/v1/checkout/sessions/" + sale.Session
	inside := s.get(path, "expand[]", "line_items").ok().wants("line_items.data.#", "10", "line_items.has_more", "true")
	rest := s.get(path+"/line_items", "limit", "100", "starting_after", inside.at("line_items.data.9.id")).ok()
	same(t, "the rest of the lines", rest.each("description"), []string{"Thing 10", "Thing 11"})
	invoice := s.get("/v1/invoices/"+sale.Invoice).ok().wants("lines.data.#", "10", "lines.has_more", "true")
	more := s.get("/v1/invoices/"+sale.Invoice+"/lines", "starting_after", invoice.at("lines.data.9.id")).ok()
	same(t, "the rest of the invoice", more.each("amount"), []string{"100", "100"})
}

func TestLongIDsGrow(t *testing.T) {
	t.Parallel()
	s := start(t)
	var ids []string
	for range 80 {
		ids = append(ids, must[stripetest.Sale](t)(s.PlaceSession(mugs("ben", 1))).PaymentIntent)
	}
	if !slices.IsSorted(ids) || !strings.HasPrefix(ids[0], "pi_1") {
		t.Errorf("ids do not grow: %v", ids)
	}
}
