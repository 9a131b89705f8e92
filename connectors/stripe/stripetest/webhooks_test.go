package stripetest_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"grapevine/connectors/stripe/stripetest"
	"grapevine/internal/simshop"
)

// signedBy tells which of these secrets signed a delivery at its time, by the rule of Stripe's documentation.
func signedBy(header, body string, secrets ...string) []string {
	stamp, rest, _ := strings.Cut(header, ",")
	stamp = strings.TrimPrefix(stamp, "t=")
	out := []string{}
	for _, secret := range secrets {
		mac := hmac.New(sha256.New, []byte(secret))
		fmt.Fprintf(mac, "%s.%s", stamp, body)
		if slices.Contains(strings.Split(rest, ","), "v1="+hex.EncodeToString(mac.Sum(nil))) {
			out = append(out, secret)
		}
	}
	return out
}

func TestAnEndpointIsMadeWithASecretThatIsToldOnce(t *testing.T) {
	t.Parallel()
	s := start(t)
	made := s.post("/v1/webhook_endpoints", "url", "http://127.0.0.1:9/hook", "enabled_events[]", "checkout.session.completed", "enabled_events[]", "invoice.paid",
		"api_version", "2023-10-16", "metadata[by]", "grapevine").ok().wants("api_version", "2023-10-16", "status", "enabled", "enabled_events.#", "2", "metadata.by", "grapevine")
	if secret := made.at("secret"); !strings.HasPrefix(secret, "whsec_") || len(secret) != 38 {
		t.Errorf("secret %q", secret)
	}
	path := "/v1/webhook_endpoints/" + made.at("id")
	s.get(path).ok().wants("secret", "absent", "url", "http://127.0.0.1:9/hook")
	s.get("/v1/webhook_endpoints").ok().wants("data.0.secret", "absent", "data.0.id", made.at("id"))
	s.post(path, "url", "http://127.0.0.1:9/other", "enabled_events[0]", "*").ok().wants("url", "http://127.0.0.1:9/other", "enabled_events.0", "*", "enabled_events.#", "1", "metadata.by", "grapevine")
	s.post(path, "disabled", "true").ok().wants("status", "disabled")
	s.post(path, "disabled", "false").ok().wants("status", "enabled")
	same(t, "changing the version", s.post(path, "api_version", "2020-08-27").refused(), "400 invalid_request_error parameter_unknown api_version")
	same(t, "an unknown type", s.post(path, "enabled_events[]", "order.paid").refused(), "400 invalid_request_error absent enabled_events")
	same(t, "no address", s.post(path, "url", "nowhere").refused(), "400 invalid_request_error url_invalid url")
	same(t, "no types", s.post("/v1/webhook_endpoints", "url", "http://127.0.0.1:9/").refused(), "400 invalid_request_error parameter_missing enabled_events")
	s.send("DELETE", path, "", nil).ok().wants("deleted", "true")
	same(t, "after its end", s.get(path).refused(), "404 invalid_request_error resource_missing id")
	for range 16 {
		s.post("/v1/webhook_endpoints", "url", "http://127.0.0.1:9/", "enabled_events[]", "*").ok()
	}
	same(t, "the seventeenth", s.post("/v1/webhook_endpoints", "url", "http://127.0.0.1:9/", "enabled_events[]", "*").status, 400)
}

func TestADeliveryIsSignedAndTellsItsEvent(t *testing.T) {
	t.Parallel()
	s := start(t)
	hook := receive(t, fine)
	secret := s.post("/v1/webhook_endpoints", "url", hook.URL, "enabled_events[]", "customer.created", "api_version", "2023-10-16").ok().at("secret")
	cus := s.keyed("our-key", "/v1/customers", "email", "anna@example.com").ok()
	s.quiet()
	got := hook.all()
	if len(got) != 1 {
		t.Fatalf("%d deliveries", len(got))
	}
	wants(t, got[0].event, "object", "event", "type", "customer.created", "api_version", "2023-10-16", "livemode", "false", "account", "absent",
		"request.idempotency_key", "our-key", "request.id", cus.header.Get("Request-Id"), "data.object.id", cus.at("id"), "data.previous_attributes", "absent",
		"created", fmt.Sprint(s.clock.now().Unix()), "pending_webhooks", "1")
	header := got[0].header.Get("Stripe-Signature")
	same(t, "signed by", signedBy(header, string(got[0].body), secret, "whsec_other"), []string{secret})
	if !strings.HasPrefix(header, fmt.Sprintf("t=%d,v1=", s.clock.now().Unix())) || strings.Contains(header, " ") {
		t.Errorf("header %q", header)
	}
	same(t, "content type", got[0].header.Get("Content-Type"), "application/json; charset=utf-8")
	s.get("/v1/events/"+got[0].at("id")).ok().wants("type", "customer.created", "pending_webhooks", "0", "data.object.id", cus.at("id"))
}

func TestAnEndpointWithoutAVersionGetsTheAccounts(t *testing.T) {
	t.Parallel()
	s := start(t, func(o *stripetest.Options) { o.DefaultVersion = "2020-08-27" })
	old, pinned := receive(t, fine), receive(t, fine)
	s.post("/v1/webhook_endpoints", "url", old.URL, "enabled_events[]", "*").ok().wants("api_version", "null")
	s.post("/v1/webhook_endpoints", "url", pinned.URL, "enabled_events[]", "*", "api_version", "2023-10-16").ok()
	s.post("/v1/customers").ok()
	s.quiet()
	same(t, "versions", []string{old.all()[0].at("api_version"), pinned.all()[0].at("api_version")}, []string{"2020-08-27", "2023-10-16"})
}

func TestOneSaleIsSeveralEventsInNoSureOrder(t *testing.T) {
	t.Parallel()
	s := start(t, func(o *stripetest.Options) { o.HoldPost = true })
	s.AddEndpoint("http://127.0.0.1:9/", false)
	orders := map[string]bool{}
	for range 20 {
		must[stripetest.Sale](t)(s.PlaceSession(mugs("ben", 1)))
		var topics []string
		for _, l := range s.Take() {
			if l.Topic != "customer.created" {
				topics = append(topics, l.Topic)
			}
		}
		orders[strings.Join(topics, " ")] = true
		slices.Sort(topics)
		same(t, "events of a sale", topics, []string{"charge.succeeded", "checkout.session.completed", "payment_intent.created", "payment_intent.succeeded"})
	}
	if !orders["payment_intent.created payment_intent.succeeded charge.succeeded checkout.session.completed"] || len(orders) < 4 {
		t.Errorf("the orders are %v", orders)
	}
}

func TestAnEventTellsWhatWasTrueWhenItWasMade(t *testing.T) {
	t.Parallel()
	s := start(t, func(o *stripetest.Options) { o.HoldPost = true })
	s.AddEndpoint("http://127.0.0.1:9/", false, "charge.refunded", "checkout.session.completed")
	s.code("TEN", "percent_off", "10")
	in := mugs("ben", 2)
	in.Code = "TEN"
	sale := must[stripetest.Sale](t)(s.PlaceSession(in))
	must[string](t)(s.RefundPartial(sale.Session, "1.00"))
	must[string](t)(s.RefundPartial(sale.Session, "2.00"))
	letters := s.Take()
	var refunded []string
	for _, l := range letters {
		event := parse(t, l.Body)
		if l.Topic == "charge.refunded" {
			refunded = append(refunded, at(event, "data.object.amount_refunded")+" after "+at(event, "data.previous_attributes.amount_refunded"))
			continue
		}
		wants(t, event, "data.object.id", sale.Session, "data.object.total_details.amount_discount", "200", "data.object.total_details.breakdown", "absent", "data.object.discounts", "absent")
		if strings.Contains(string(l.Body), "promo_") || strings.Contains(string(l.Body), "TEN") {
			t.Error("the session's event tells the code")
		}
	}
	same(t, "refunds", refunded, []string{"100 after 0", "300 after 100"})
}

func TestOldAndNewSecretSignWhileOneIsRolled(t *testing.T) {
	t.Parallel()
	s := start(t, func(o *stripetest.Options) { o.HoldPost = true })
	id, first := s.AddEndpoint("http://127.0.0.1:9/", false)
	sign := func() simshop.Letter {
		must[string](t)(s.AddCustomer(buyer(fmt.Sprint(len(s.Events())))))
		return s.Take()[0]
	}
	second := must[string](t)(s.RollSecret(id, true))
	l := sign()
	same(t, "while it is rolled", signedBy(l.Header.Get("Stripe-Signature"), string(l.Body), first, second), []string{first, second})
	third := must[string](t)(s.RollSecret(id, false))
	l = sign()
	same(t, "after a roll without overlap", signedBy(l.Header.Get("Stripe-Signature"), string(l.Body), first, second, third), []string{third})
	same(t, "secrets", s.Endpoints()[0].Secrets, []string{third})
}

func TestADeliveryIsTriedAgainUntilItIsTaken(t *testing.T) {
	t.Parallel()
	s := start(t)
	hook := receive(t, func(n int) int { return []int{500, 302, 404, 204}[n-1] })
	id, _ := s.AddEndpoint(hook.URL, false, "customer.created")
	must[string](t)(s.AddCustomer(buyer("anna")))
	s.quiet()
	got := hook.all()
	same(t, "tries", len(got), 4)
	for _, g := range got {
		same(t, "event", g.at("id"), got[0].at("id"))
		same(t, "body", string(g.body), string(got[0].body))
	}
	same(t, "delivered", s.get("/v1/events", "delivery_success", "true").ok().at("data.#"), "1")
	if err := s.DisableEndpoint(id); err != nil {
		t.Fatal(err)
	}
	must[string](t)(s.AddCustomer(buyer("ben")))
	s.quiet()
	same(t, "tries after it was disabled", len(hook.all()), 4)
	s.get("/v1/webhook_endpoints/"+id).ok().wants("status", "disabled")
}

func TestADeliveryIsGivenUpAtLast(t *testing.T) {
	t.Parallel()
	s := start(t)
	hook := receive(t, func(int) int { return http.StatusInternalServerError })
	s.AddEndpoint(hook.URL, false, "customer.created")
	must[string](t)(s.AddCustomer(buyer("anna")))
	s.quiet()
	same(t, "tries", len(hook.all()), 7)
	same(t, "not delivered", s.get("/v1/events", "delivery_success", "false").ok().each("type"), []string{"customer.created"})
	same(t, "delivered", s.get("/v1/events", "delivery_success", "true").ok().at("data.#"), "0")
}

func TestHeldDeliveriesAreTakenOnce(t *testing.T) {
	t.Parallel()
	s := start(t, func(o *stripetest.Options) { o.HoldPost = true })
	hook := receive(t, fine)
	_, secret := s.AddEndpoint(hook.URL, false, "customer.created")
	must[string](t)(s.AddCustomer(buyer("anna")))
	must[string](t)(s.AddCustomer(buyer("ben")))
	s.Hold(false)
	must[string](t)(s.AddCustomer(buyer("carla")))
	s.quiet()
	same(t, "sent", len(hook.all()), 1)
	s.clock.advance(time.Hour)
	var emails []string
	for _, l := range s.Take() {
		emails = append(emails, at(parse(t, l.Body), "data.object.email"))
		same(t, "where to", []string{l.URL, l.Topic}, []string{hook.URL, "customer.created"})
		header := l.Header.Get("Stripe-Signature")
		same(t, "signed by", signedBy(header, string(l.Body), secret), []string{secret})
		if !strings.HasPrefix(header, fmt.Sprintf("t=%d,", s.clock.now().Unix())) {
			t.Errorf("signed at another time: %s", header)
		}
	}
	same(t, "taken", emails, []string{"anna@example.com", "ben@example.com"})
	same(t, "left", len(s.Take()), 0)
}

func TestLostDeliveriesAreNeitherSentNorKept(t *testing.T) {
	t.Parallel()
	s := start(t, func(o *stripetest.Options) { o.HoldPost = true })
	s.AddEndpoint("http://127.0.0.1:9/", false, "customer.created")
	s.Lose(0.5)
	for i := range 60 {
		must[string](t)(s.AddCustomer(buyer(fmt.Sprint(i))))
	}
	kept := len(s.Take())
	if kept < 15 || kept > 45 {
		t.Errorf("of 60 with a chance of a half, %d were kept", kept)
	}
	same(t, "events all the same", s.get("/v1/events", "limit", "100").ok().at("data.#"), "60")
	same(t, "those that failed", s.get("/v1/events", "limit", "100", "delivery_success", "false").ok().at("data.#"), fmt.Sprint(60-kept))
}

func TestEverythingIsSentOnceMore(t *testing.T) {
	t.Parallel()
	s := start(t)
	hook := receive(t, fine)
	s.AddEndpoint(hook.URL, false, "customer.created")
	for _, name := range []string{"anna", "ben"} {
		must[string](t)(s.AddCustomer(buyer(name)))
	}
	s.quiet()
	for range 2 {
		same(t, "sent again", must[int](t)(s.Redeliver()), 2)
		s.quiet()
	}
	ids := map[string]int{}
	for _, g := range hook.all() {
		ids[g.at("id")]++
	}
	same(t, "deliveries", len(hook.all()), 6)
	for id, n := range ids {
		same(t, "times of "+id, n, 3)
	}
	first := s.Events()[0]
	again := must[string](t)(s.RepeatEvent(first.ID))
	s.quiet()
	last := hook.all()[6]
	if again == first.ID || last.at("id") != again {
		t.Errorf("a second event object has the id %s", last.at("id"))
	}
	same(t, "its object", last.at("data.object.id"), at(parse(t, first.Data), "object.id"))
}

func TestEventsAreListedForThirtyDays(t *testing.T) {
	t.Parallel()
	s := start(t)
	must[stripetest.Sale](t)(s.PlaceSession(mugs("ben", 1)))
	old := s.get("/v1/events").ok().at("data.0.id")
	s.clock.advance(29 * 24 * time.Hour)
	must[string](t)(s.AddCustomer(buyer("anna")))
	all := s.get("/v1/events").ok()
	same(t, "the newest", all.at("data.0.type"), "customer.created")
	same(t, "all", all.at("data.#"), "6")
	same(t, "of two types", s.get("/v1/events", "types[]", "customer.created", "types[]", "charge.succeeded").ok().at("data.#"), "3")
	same(t, "of a family", s.get("/v1/events", "type", "payment_intent.*").ok().at("data.#"), "2")
	same(t, "since then", s.get("/v1/events", "created[gte]", all.at("data.0.created")).ok().at("data.#"), "1")
	same(t, "newer than one", s.get("/v1/events", "ending_before", all.at("data.1.id")).ok().each("id"), []string{all.at("data.0.id")})
	same(t, "both filters", s.get("/v1/events", "type", "a", "types[]", "b").status, 400)
	tooMany := []string{}
	for range 21 {
		tooMany = append(tooMany, "types[]", "charge.succeeded")
	}
	same(t, "too many types", s.get("/v1/events", tooMany...).status, 400)
	s.clock.advance(2 * 24 * time.Hour)
	same(t, "after a month", s.get("/v1/events").ok().each("type"), []string{"customer.created"})
	same(t, "an old one", s.get("/v1/events/"+old).refused(), "404 invalid_request_error resource_missing id")
}
