package stripetest_test

import (
	"testing"
)

func TestAKeyHasOneAnswer(t *testing.T) {
	t.Parallel()
	s := start(t)
	first := s.keyed("k1", "/v1/customers", "email", "a@example.com", "name", "A")
	again := s.keyed("k1", "/v1/customers", "name", "A", "email", "a@example.com")
	same(t, "the second answer", again.raw, first.raw)
	same(t, "replayed", []string{first.header.Get("Idempotent-Replayed"), again.header.Get("Idempotent-Replayed")}, []string{"", "true"})
	same(t, "the first request", again.header.Get("Original-Request"), first.header.Get("Request-Id"))
	same(t, "other parameters", s.keyed("k1", "/v1/customers", "name", "B").refused(), "400 idempotency_error absent absent")
	same(t, "another address", s.keyed("k1", "/v1/coupons", "percent_off", "5").refused(), "400 idempotency_error absent absent")
	same(t, "customers", s.get("/v1/customers").ok().at("data.#"), "1")
}

func TestARefusalStandsUnderItsKey(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.post("/v1/coupons", "id", "TEN", "percent_off", "10").ok()
	same(t, "the first", s.keyed("k", "/v1/coupons", "id", "TEN", "percent_off", "10").refused(), "400 invalid_request_error resource_already_exists absent")
	s.send("DELETE", "/v1/coupons/TEN", "", nil).ok()
	again := s.keyed("k", "/v1/coupons", "id", "TEN", "percent_off", "10")
	same(t, "the second, although it could be made now", again.refused(), "400 invalid_request_error resource_already_exists absent")
	same(t, "replayed", again.header.Get("Idempotent-Replayed"), "true")
}

func TestRefusedParametersAreNotKept(t *testing.T) {
	t.Parallel()
	s := start(t)
	same(t, "unknown", s.keyed("k", "/v1/customers", "colour", "red").status, 400)
	same(t, "then known", s.keyed("k", "/v1/customers", "name", "A").status, 200)
	same(t, "missing", s.keyed("m", "/v1/promotion_codes", "code", "A").status, 400)
	coupon := s.post("/v1/coupons", "percent_off", "10").ok().at("id")
	same(t, "then there", s.keyed("m", "/v1/promotion_codes", "code", "A", "coupon", coupon).status, 200)
}

func TestA500StandsUnderItsKeyWhetherItWasCarriedOutOrNot(t *testing.T) {
	t.Parallel()
	s := start(t)
	cus := s.post("/v1/customers").ok().at("id")
	path := "/v1/customers/" + cus + "/balance_transactions"
	credit := []string{"amount", "-500", "currency", "usd"}
	for _, c := range []struct {
		name, key string
		effect    bool
		balance   string
	}{
		{"not carried out", "k1", false, "0"},
		{"carried out", "k2", true, "-500"},
	} {
		s.FailNext("POST", path, c.effect)
		same(t, c.name, s.keyed(c.key, path, credit...).refused(), "500 api_error absent absent")
		again := s.keyed(c.key, path, credit...)
		same(t, c.name+", again", again.refused(), "500 api_error absent absent")
		same(t, c.name+", replayed", again.header.Get("Idempotent-Replayed"), "true")
		s.get("/v1/customers/"+cus).ok().wants("balance", c.balance)
	}
	same(t, "under a new key", s.keyed("k3", path, credit...).ok().at("ending_balance"), "-1000")
}

func TestForgottenKeysAreAsGoodAsNew(t *testing.T) {
	t.Parallel()
	s := start(t)
	one := s.keyed("k", "/v1/customers").ok().at("id")
	s.ForgetIdempotencyKeys()
	two := s.keyed("k", "/v1/customers").ok()
	if two.at("id") == one || two.header.Get("Idempotent-Replayed") != "" {
		t.Errorf("the key was not forgotten: %s, %s", one, two.at("id"))
	}
}

func TestKeysOfAccountsAndOfReadingsDoNotMeet(t *testing.T) {
	t.Parallel()
	s := start(t)
	other := s.as(s.key, s.Connect().AccountID())
	one := s.keyed("k", "/v1/customers").ok().at("id")
	if two := other.keyed("k", "/v1/customers").ok().at("id"); two == one {
		t.Error("two accounts share a key")
	}
	header := map[string]string{"Idempotency-Key": "g"}
	s.send("GET", "/v1/customers", "limit=1", header).ok()
	s.send("GET", "/v1/customers", "limit=2", header).ok()
	long := string(make([]byte, 0, 300))
	for len(long) < 256 {
		long += "k"
	}
	same(t, "a key that is too long", s.keyed(long, "/v1/customers").status, 400)
}
