package stripetest_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"grapevine/connectors/stripe/stripetest"
	"grapevine/internal/simshop"
)

func TestACouponKeepsItsTerms(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.post("/v1/coupons", "id", "grapevine-1", "percent_off", "12.5000", "name", "Friends", "metadata[programme]", "spring").ok().wants(
		"id", "grapevine-1", "percent_off", "12.5", "amount_off", "null", "duration", "once", "valid", "true", "times_redeemed", "0", "metadata.programme", "spring")
	same(t, "the same id", s.post("/v1/coupons", "id", "grapevine-1", "percent_off", "12.5").refused(), "400 invalid_request_error resource_already_exists absent")
	for _, field := range []string{"percent_off", "amount_off", "duration", "redeem_by", "max_redemptions"} {
		same(t, "changing "+field, s.post("/v1/coupons/grapevine-1", field, "5").refused(), "400 invalid_request_error parameter_unknown "+field)
	}
	s.post("/v1/coupons/grapevine-1", "name", "Pals", "metadata[programme]", "", "metadata[x]", "1").ok().wants("name", "Pals", "metadata.programme", "absent", "metadata.x", "1")
	s.send("DELETE", "/v1/coupons/grapevine-1", "", nil).ok().wants("deleted", "true")
	same(t, "after its end", s.get("/v1/coupons/grapevine-1").refused(), "404 invalid_request_error resource_missing id")
	s.post("/v1/coupons", "id", "grapevine-1", "percent_off", "20").ok()
}

func TestTermsThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	s := start(t)
	past := strconv.FormatInt(s.clock.now().Unix()-1, 10)
	for name, fields := range map[string][]string{
		"nothing off":                   {"id", "A"},
		"both kinds":                    {"percent_off", "10", "amount_off", "100", "currency", "usd"},
		"more than all":                 {"percent_off", "100.01"},
		"nothing in percent":            {"percent_off", "0"},
		"an amount without currency":    {"amount_off", "100"},
		"no currency at all":            {"amount_off", "100", "currency", "dollars"},
		"an amount below zero":          {"amount_off", "-1", "currency", "usd"},
		"dinars with a last digit":      {"amount_off", "1234", "currency", "kwd"},
		"kronur with a fraction":        {"amount_off", "150", "currency", "isk"},
		"an unknown duration":           {"percent_off", "10", "duration", "sometimes"},
		"repeating without months":      {"percent_off", "10", "duration", "repeating"},
		"months without repeating":      {"percent_off", "10", "duration_in_months", "3"},
		"a day that has passed":         {"percent_off", "10", "redeem_by", past},
		"no redemption at all":          {"percent_off", "10", "max_redemptions", "0"},
		"a name that is too long":       {"percent_off", "10", "name", strings.Repeat("n", 41)},
		"a metadata key that is long":   {"percent_off", "10", "metadata[" + strings.Repeat("k", 41) + "]", "1"},
		"a metadata value that is long": {"percent_off", "10", "metadata[k]", strings.Repeat("v", 501)},
	} {
		if got := s.post("/v1/coupons", fields...); got.status != 400 || got.at("error.type") != "invalid_request_error" {
			t.Errorf("%s: %s", name, got.refused())
		}
	}
	same(t, "coupons", s.get("/v1/coupons").ok().at("data.#"), "0")
}

func TestAPromotionCodeIsUniqueAmongTheActiveOnes(t *testing.T) {
	t.Parallel()
	s := start(t)
	coupon := s.post("/v1/coupons", "percent_off", "10").ok().at("id")
	anna, ben := s.post("/v1/customers").ok().at("id"), s.post("/v1/customers").ok().at("id")
	make := func(code string, more ...string) reply {
		return s.post("/v1/promotion_codes", append([]string{"coupon", coupon, "code", code}, more...)...)
	}
	first := make("Anna-7Q2M").ok().wants("active", "true", "code", "Anna-7Q2M", "coupon.id", coupon, "customer", "null", "expires_at", "null", "max_redemptions", "null",
		"restrictions.first_time_transaction", "false", "restrictions.minimum_amount", "null", "times_redeemed", "0").at("id")
	same(t, "another case", make("ANNA-7q2m").refused(), "400 invalid_request_error absent absent")
	same(t, "for one customer, while all have it", make("anna-7q2m", "customer", anna).status, 400)
	s.post("/v1/promotion_codes/"+first, "active", "false").ok().wants("active", "false")
	same(t, "once it is free", make("anna-7q2m", "customer", anna).status, 200)
	same(t, "for another customer", make("anna-7q2m", "customer", ben).status, 200)
	same(t, "for the same customer", make("anna-7q2m", "customer", ben).status, 400)
	same(t, "bringing the first back", s.post("/v1/promotion_codes/"+first, "active", "true").status, 400)
	all := s.get("/v1/promotion_codes", "code", "ANNA-7Q2M").ok()
	same(t, "all of that word", all.each("active"), []string{"true", "true", "false"})
	same(t, "the active ones", s.get("/v1/promotion_codes", "code", "anna-7q2m", "active", "true").ok().each("customer"), []string{ben, anna})
	same(t, "of one customer", s.get("/v1/promotion_codes", "customer", anna).ok().at("data.#"), "1")
	same(t, "of another coupon", s.get("/v1/promotion_codes", "coupon", "other").ok().at("data.#"), "0")
}

func TestAPromotionCodeHardlyChanges(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.code("TEN", "percent_off", "10")
	for _, field := range []string{"code", "customer", "expires_at", "max_redemptions", "coupon"} {
		same(t, "changing "+field, s.post("/v1/promotion_codes/"+id, field, "1").refused(), "400 invalid_request_error parameter_unknown "+field)
	}
	s.post("/v1/promotion_codes/"+id, "metadata[a]", "1", "restrictions[currency_options][eur][minimum_amount]", "500").ok().wants("metadata.a", "1", "active", "true")
	later := strconv.FormatInt(s.clock.now().Add(time.Hour).Unix(), 10)
	for name, fields := range map[string][]string{
		"a customer that is not there":      {"customer", "cus_none"},
		"characters that codes do not have": {"code", "TEN%"},
		"an end in the past":                {"expires_at", "1000"},
		"a minimum without a currency":      {"restrictions[minimum_amount]", "100"},
		"no use at all":                     {"max_redemptions", "0"},
	} {
		fields = append([]string{"coupon", s.get("/v1/promotion_codes/" + id).at("coupon.id"), "expires_at", later, "code", "NEW"}, fields...)
		if got := s.post("/v1/promotion_codes", fields...); got.status != 400 {
			t.Errorf("%s: status %d", name, got.status)
		}
	}
	s.post("/v1/promotion_codes", "coupon", s.get("/v1/promotion_codes/"+id).at("coupon.id")).ok()
}

func TestACodeEndsByItself(t *testing.T) {
	t.Parallel()
	s := start(t)
	soon := strconv.FormatInt(s.clock.now().Add(time.Hour).Unix(), 10)
	for _, c := range []struct {
		name   string
		coupon []string
		code   []string
		end    func(code, coupon string)
	}{
		{"when it expires", nil, []string{"expires_at", soon}, func(string, string) { s.clock.advance(time.Hour) }},
		{"when it was used up", nil, []string{"max_redemptions", "1"}, func(code, _ string) { s.buy(code) }},
		{"when its coupon was used up", []string{"max_redemptions", "1"}, nil, func(code, _ string) { s.buy(code) }},
		{"when its coupon is deleted", nil, nil, func(_, coupon string) {
			if err := s.DeleteCoupon(coupon); err != nil {
				t.Error(err)
			}
		}},
	} {
		coupon := s.post("/v1/coupons", append([]string{"percent_off", "10"}, c.coupon...)...).ok().at("id")
		code := strings.ToUpper(strings.ReplaceAll(c.name, " ", "-"))
		id := s.post("/v1/promotion_codes", append([]string{"coupon", coupon, "code", code}, c.code...)...).ok().wants("active", "true").at("id")
		c.end(code, coupon)
		s.get("/v1/promotion_codes/"+id).ok().wants("active", "false")
		in := mugs("carla", 1)
		in.Code = code
		if _, err := s.PlaceSession(in); err == nil {
			t.Errorf("%s: the code works on", c.name)
		}
	}
}

// buy lets somebody use a code.
func (s *sim) buy(code string) stripetest.Sale {
	s.t.Helper()
	in := mugs("ben", 2)
	in.Code = code
	return must[stripetest.Sale](s.t)(s.PlaceSession(in))
}

func TestUsingACodeIsCountedAndTold(t *testing.T) {
	t.Parallel()
	s := start(t)
	id := s.code("TEN", "percent_off", "10")
	s.buy("ten")
	s.buy("TEN")
	s.get("/v1/promotion_codes/"+id).ok().wants("times_redeemed", "2", "coupon.times_redeemed", "2")
	same(t, "events", s.get("/v1/events", "type", "promotion_code.updated").ok().each("data.previous_attributes.times_redeemed"), []string{"1", "0"})
	same(t, "codes", must[[]simshop.Code](t)(s.Codes()), []simshop.Code{{Code: "TEN", Live: true, Used: 2}})
}

func TestCodesOfOneWordAreOneCode(t *testing.T) {
	t.Parallel()
	s := start(t)
	old := s.code("GIFT", "amount_off", "500", "currency", "usd")
	s.buy("gift")
	s.post("/v1/promotion_codes/"+old, "active", "false").ok()
	s.code("gift", "amount_off", "200", "currency", "usd")
	off := s.code("OFF", "percent_off", "5")
	s.post("/v1/promotion_codes/"+off, "active", "false").ok()
	same(t, "codes", must[[]simshop.Code](t)(s.Codes()), []simshop.Code{{Code: "gift", Live: true, Used: 1}, {Code: "OFF"}})
}
