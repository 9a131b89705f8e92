package stripetest_test

import (
	"context"
	"testing"
	"time"

	"grapevine/connectors/stripe/stripetest"
	"grapevine/internal/simshop"
)

func shopOf(t *testing.T, o simshop.Options) (simshop.Shop, *sim) {
	t.Helper()
	shop, err := stripetest.Simulate(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = shop.Close() })
	server, ok := shop.(*stripetest.Server)
	if !ok {
		t.Fatalf("it is a %T", shop)
	}
	return shop, &sim{Server: server, t: t, key: server.Key()}
}

func TestAShopIsInstalledWithItsKey(t *testing.T) {
	t.Parallel()
	shop, s := shopOf(t, simshop.Options{Currency: "EUR", Seed: 3, Hooks: "http://127.0.0.1:9/"})
	same(t, "install", shop.Install(), simshop.Install{Platform: "stripe", APIURL: s.URL(), Token: s.Key(), Currency: "EUR", TimeZone: "UTC"})
	s.get("/v1/account").ok().wants("default_currency", "eur")
	same(t, "endpoints", s.get("/v1/webhook_endpoints").ok().at("data.#"), "0")
	_, secret := s.AddEndpoint("http://127.0.0.1:9/", false)
	s.post("/v1/webhook_endpoints", "url", "http://127.0.0.1:9/", "enabled_events[]", "*").ok()
	same(t, "secrets of those made by hand", shop.Install().WebhookSecrets, []string{secret})
}

func TestTheSameSeedMakesTheSameShop(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 2, 9, 30, 0, 0, time.UTC)
	var sold [3]simshop.Sold
	for i, seed := range []int64{3, 3, 4} {
		shop, _ := shopOf(t, simshop.Options{Seed: seed, Now: func() time.Time { return at }})
		sold[i] = must[simshop.Sold](t)(shop.Place(simshop.Basket{Buyer: buyer("ben"), Goods: []simshop.Goods{{Title: "Mug", Price: "10.00"}}}))
	}
	if sold[0] != sold[1] || sold[0].ID == sold[2].ID {
		t.Errorf("sold %v", sold)
	}
}

func TestAStoryIsToldAtTheTill(t *testing.T) {
	t.Parallel()
	shop, s := shopOf(t, simshop.Options{Seed: 3, HoldPost: true})
	s.post("/v1/webhook_endpoints", "url", "http://127.0.0.1:9/", "enabled_events[]", "checkout.session.completed", "enabled_events[]", "checkout.session.async_payment_succeeded",
		"enabled_events[]", "charge.refunded", "enabled_events[]", "checkout.session.async_payment_failed").ok()
	s.code("ANNA", "percent_off", "10")
	basket := simshop.Basket{Buyer: buyer("ben"), Goods: []simshop.Goods{{Title: "Teapot", Price: "80.00"}}, Code: "anna", Link: "ANNA", Shipping: "5.00"}
	paid := must[simshop.Sold](t)(shop.Place(basket))
	same(t, "total", paid.Total, "77.00")
	s.get("/v1/checkout/sessions/"+paid.ID).ok().wants("client_reference_id", "ANNA", "shipping_cost.amount_total", "500", "total_details.amount_discount", "800")
	basket.Unpaid = true
	late, never := must[simshop.Sold](t)(shop.Place(basket)), must[simshop.Sold](t)(shop.Place(basket))
	for _, err := range []error{shop.Pay(late.ID), shop.Cancel(never.ID), shop.Refund(paid.ID, simshop.Refund{Lines: []int{0}}), shop.Cancel(late.ID)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	var told []string
	for _, l := range shop.Take() {
		told = append(told, l.Topic)
	}
	same(t, "told", told, []string{
		"checkout.session.completed", "checkout.session.completed", "checkout.session.completed", "checkout.session.async_payment_succeeded",
		"checkout.session.async_payment_failed", "charge.refunded", "charge.refunded",
	})
	codes := must[[]simshop.Code](t)(shop.Codes())
	same(t, "codes", codes, []simshop.Code{{Code: "ANNA", Live: true, Used: 3}})
	basket.Code = "NOBODY"
	if _, err := shop.Place(basket); err == nil {
		t.Error("a code that nobody made was taken")
	}
	if _, _, err := shop.Credit("cus_nobody"); err == nil {
		t.Error("nobody has credit")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := shop.WaitQuiet(ctx); err != nil {
		t.Error(err)
	}
}

func TestTheClockCanBeChanged(t *testing.T) {
	t.Parallel()
	_, s := shopOf(t, simshop.Options{})
	s.SetClock(func() time.Time { return time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC) })
	got := s.post("/v1/customers").ok()
	same(t, "created", got.at("created"), "1577836800")
	same(t, "Date", got.header.Get("Date"), "Wed, 01 Jan 2020 00:00:00 GMT")
}
