package stripetest_test

import (
	"testing"

	"grapevine/connectors/stripe/stripetest"
	"grapevine/internal/simshop"
)

func TestOneKeyReachesTheAccountsThatAreConnected(t *testing.T) {
	t.Parallel()
	s := start(t)
	shop := s.Connect()
	theirs := s.as(s.key, shop.AccountID())
	theirs.get("/v1/account").ok().wants("id", shop.AccountID())
	s.get("/v1/accounts/"+shop.AccountID()).ok().wants("id", shop.AccountID())
	cus := must[string](t)(shop.AddCustomer(buyer("anna")))
	theirs.get("/v1/customers/"+cus).ok().wants("email", "anna@example.com")
	same(t, "without the header", s.get("/v1/customers/"+cus).refused(), "404 invalid_request_error resource_missing id")
	own := s.as(s.KeyFor(shop), "")
	own.get("/v1/customers/"+cus).ok().wants("email", "anna@example.com")
	same(t, "the platform by the shop's key", own.as(own.key, s.AccountID()).get("/v1/account").refused(), "403 invalid_request_error account_invalid absent")
	sold := must[simshop.Sold](t)(shop.Place(simshop.Basket{Buyer: buyer("ben"), Goods: []simshop.Goods{{Title: "Mug", Price: "10.00"}}}))
	theirs.get("/v1/checkout/sessions/"+sold.ID).ok().wants("amount_total", "1000")
	same(t, "how it is installed", s.InstallConnected(shop), simshop.Install{
		Platform: "stripe", Domain: shop.AccountID(), APIURL: s.URL(), Token: s.Key(), Account: shop.AccountID(), Currency: "USD", TimeZone: "UTC",
	})
}

func TestConnectEndpointsHearOfConnectedAccounts(t *testing.T) {
	t.Parallel()
	s := start(t)
	shop := s.Connect()
	connect, own, theirs := receive(t, fine), receive(t, fine), receive(t, fine)
	s.post("/v1/webhook_endpoints", "url", connect.URL, "enabled_events[]", "*", "connect", "true").ok()
	s.AddEndpoint(own.URL, false)
	shop.AddEndpoint(theirs.URL, false)
	must[string](t)(s.AddCustomer(buyer("anna")))
	must[string](t)(shop.AddCustomer(buyer("ben")))
	if err := s.Deauthorize(shop); err != nil {
		t.Fatal(err)
	}
	must[string](t)(shop.AddCustomer(buyer("carla")))
	s.quiet()
	same(t, "the platform's own", own.types(), []string{"customer.created"})
	same(t, "the shop's", theirs.types(), []string{"customer.created", "customer.created"})
	same(t, "the Connect endpoint's", connect.types(), []string{"account.application.deauthorized", "customer.created"})
	for _, g := range connect.all() {
		same(t, "account", g.at("account"), shop.AccountID())
	}
	for _, g := range append(own.all(), theirs.all()...) {
		same(t, "account", g.at("account"), "absent")
	}
	same(t, "after it left", s.as(s.key, shop.AccountID()).get("/v1/account").refused(), "403 invalid_request_error account_invalid absent")
	if s.Deauthorize(shop) == nil || s.Deauthorize(s.Account) == nil {
		t.Error("an account left twice, or was never connected")
	}
}

func TestTestAndLiveDataDoNotMeet(t *testing.T) {
	t.Parallel()
	s := start(t, func(o *stripetest.Options) { o.Key = "sk_live_1" })
	testing, key := s.OtherMode(s.Account)
	tests := s.as(key, "")
	cus := must[string](t)(s.AddCustomer(buyer("anna")))
	same(t, "a live customer by a test key", tests.get("/v1/customers/"+cus).status, 404)
	sale := must[stripetest.Sale](t)(testing.PlaceSession(mugs("ben", 1)))
	tests.get("/v1/checkout/sessions/"+sale.Session).ok().wants("livemode", "false")
	same(t, "ids", []string{sale.Session[:8], must[stripetest.Sale](t)(s.PlaceSession(mugs("ben", 1))).Session[:8]}, []string{"cs_test_", "cs_live_"})
	tests.get("/v1/account").ok().wants("id", s.AccountID())
	if again, _ := s.OtherMode(testing); again != s.Account {
		t.Error("the other mode of the other mode is another account")
	}
}

func TestALiveConnectEndpointHearsOfTestEventsToo(t *testing.T) {
	t.Parallel()
	s := start(t, func(o *stripetest.Options) { o.Key = "sk_live_1" })
	live := s.Connect()
	testing, _ := s.OtherMode(live)
	connect, tests := receive(t, fine), receive(t, fine)
	s.AddEndpoint(connect.URL, true)
	platform, _ := s.OtherMode(s.Account)
	platform.AddEndpoint(tests.URL, true)
	must[string](t)(live.AddCustomer(buyer("anna")))
	must[string](t)(testing.AddCustomer(buyer("ben")))
	s.quiet()
	modes := map[string]string{}
	for _, g := range connect.all() {
		modes[g.at("data.object.email")] = g.at("livemode")
	}
	same(t, "the live endpoint", modes, map[string]string{"anna@example.com": "true", "ben@example.com": "false"})
	same(t, "the test endpoint", []string{tests.all()[0].at("livemode"), tests.all()[0].at("account")}, []string{"false", live.AccountID()})
	same(t, "how many", len(tests.all()), 1)
}
