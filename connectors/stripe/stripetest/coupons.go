package stripetest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// coupon is a discount's terms, which never change.
type coupon struct {
	id, name   string
	ppm        int64 // percent_off; 100000 is 10 %
	amount     int64
	currency   string
	options    map[string]int64 // amount_off by further currency
	duration   string
	months     int64
	max        int64 // redemptions; 0: any number
	redeemBy   int64
	products   []string // applies_to; empty: everything
	redeemed   int64
	created    int64
	deleted    bool
	metadata   map[string]string
	percentOff json.Number
}

func (c *coupon) key() string { return c.id }
func (c *coupon) at() int64   { return c.created }

// valid tells whether anybody can still redeem the coupon.
func (c *coupon) valid(now int64) bool {
	return !c.deleted && (c.max == 0 || c.redeemed < c.max) && (c.redeemBy == 0 || now < c.redeemBy)
}

func (c *coupon) view(a *Account) object {
	out := object{
		"id": c.id, "object": "coupon", "amount_off": orNull(c.amount), "created": c.created, "currency": orNil(c.currency),
		"duration": c.duration, "duration_in_months": orNull(c.months), "livemode": a.live, "max_redemptions": orNull(c.max),
		"metadata": stringMap(c.metadata), "name": orNil(c.name), "percent_off": nil, "redeem_by": orNull(c.redeemBy),
		"times_redeemed": c.redeemed, "valid": c.valid(a.s.now().Unix()),
	}
	if c.ppm > 0 {
		out["percent_off"] = c.percentOff
	}
	return out
}

func couponRoutes() []route {
	terms := texts("id", "currency", "duration", "name", "applies_to.products.*").and(kindDecimal, "percent_off").
		and(kindInt, "amount_off", "duration_in_months", "max_redemptions", "redeem_by", "currency_options.*.amount_off")
	return []route{
		{http.MethodPost, "/v1/coupons", terms.writing(), createCoupon},
		{http.MethodGet, "/v1/coupons", spec{}.listing().dated(), func(r request) (object, error) {
			return page(r, "/v1/coupons", r.a.coupons, func(c *coupon) bool { return !c.deleted })
		}},
		{http.MethodGet, "/v1/coupons/{id}", reading(), func(r request) (object, error) {
			c, err := r.a.coupon(r.ids[0], "id")
			if err != nil {
				return nil, err
			}
			return c.view(r.a), nil
		}},
		{http.MethodPost, "/v1/coupons/{id}", spec{}.and(kindFree, "name").and(kindInt, "currency_options.*.amount_off").writing(), updateCoupon},
		{http.MethodDelete, "/v1/coupons/{id}", spec{}, deleteCoupon},
	}
}

// coupon finds a coupon that is not deleted.
func (a *Account) coupon(id, param string) (*coupon, error) {
	for _, c := range a.coupons {
		if c.id == id && !c.deleted {
			return c, nil
		}
	}
	return nil, missing("coupon", id, param)
}

func createCoupon(r request) (object, error) {
	c := &coupon{
		id: r.text("id"), name: r.text("name"), duration: r.text("duration"), currency: strings.ToLower(r.text("currency")),
		options: map[string]int64{}, products: r.list("applies_to.products"), created: r.a.s.now().Unix(),
	}
	c.amount, _ = r.number("amount_off")
	c.months, _ = r.number("duration_in_months")
	c.max, _ = r.number("max_redemptions")
	c.redeemBy, _ = r.number("redeem_by")
	c.ppm, _ = parseFixed(r.text("percent_off"), 4)
	c.percentOff = json.Number(formatPercent(c.ppm))
	if c.duration == "" {
		c.duration = "once"
	}
	if err := c.check(r); err != nil {
		return nil, err
	}
	if c.id == "" {
		c.id = r.a.s.newID("", 8)
	}
	if _, err := r.a.coupon(c.id, "id"); err == nil {
		return nil, badRequest("resource_already_exists", "", "Coupon already exists.")
	}
	c.setOptions(r)
	r.a.coupons = append(r.a.coupons, c)
	r.a.emit("coupon.created", c.view(r.a), nil)
	return c.view(r.a), nil
}

// check refuses terms that cannot be, and takes the metadata.
func (c *coupon) check(r request) error {
	percent, amount := r.has("percent_off"), r.has("amount_off")
	switch {
	case percent && amount:
		return badRequest("", "", "You may only specify one of these parameters: amount_off, percent_off.")
	case !percent && !amount:
		return badRequest("parameter_missing", "", "You must pass either percent_off or amount_off.")
	case percent && (c.ppm <= 0 || c.ppm > 1_000_000):
		return badRequest("", "percent_off", "Invalid percent_off: must be greater than 0 and at most 100.")
	case amount && c.amount <= 0:
		return badRequest("parameter_invalid_integer", "amount_off", "This value must be greater than or equal to 1.")
	case amount && c.currency == "":
		return badRequest("parameter_missing", "currency", "You must pass currency when passing amount_off")
	case c.currency != "" && !validCurrency(c.currency):
		return badRequest("", "currency", "Invalid currency: %s.", c.currency)
	case amount && c.amount%step(c.currency) != 0:
		return badRequest("", "amount_off", "Invalid amount: %d is no multiple of %d in %s.", c.amount, step(c.currency), c.currency)
	case !slices.Contains([]string{"once", "repeating", "forever"}, c.duration):
		return badRequest("", "duration", "Invalid duration: must be one of forever, once, or repeating")
	case (c.duration == "repeating") != r.has("duration_in_months"):
		return badRequest("", "duration_in_months", "duration_in_months is required for, and only for, repeating coupons.")
	case r.has("max_redemptions") && c.max < 1:
		return badRequest("parameter_invalid_integer", "max_redemptions", "This value must be greater than or equal to 1.")
	case r.has("redeem_by") && c.redeemBy <= c.created:
		return badRequest("", "redeem_by", "redeem_by must be in the future.")
	case len([]rune(c.name)) > 40:
		return badRequest("parameter_invalid_string", "name", "Invalid string: must be at most 40 characters")
	}
	metadata, err := r.metadata(nil)
	if err != nil {
		return err
	}
	c.metadata = metadata
	return nil
}

// formatPercent writes 25.5 for 255000.
func formatPercent(ppm int64) string {
	s := strings.TrimRight(fmt.Sprintf("%d.%04d", ppm/10_000, ppm%10_000), "0")
	return strings.TrimSuffix(s, ".")
}

func (c *coupon) setOptions(r request) {
	for _, x := range *r.params {
		parts := strings.Split(x.path, ".")
		if parts[0] == "currency_options" {
			c.options[strings.ToLower(parts[1])], _ = r.number(x.path)
		}
	}
}

func updateCoupon(r request) (object, error) {
	c, err := r.a.coupon(r.ids[0], "id")
	if err != nil {
		return nil, err
	}
	metadata, bad := r.metadata(c.metadata)
	if bad != nil {
		return nil, bad
	}
	if len([]rune(r.text("name"))) > 40 {
		return nil, badRequest("parameter_invalid_string", "name", "Invalid string: must be at most 40 characters")
	}
	before := c.view(r.a)
	c.metadata = metadata
	if r.has("name") {
		c.name = r.text("name")
	}
	c.setOptions(r)
	r.a.emitChange("coupon.updated", before, c.view(r.a))
	return c.view(r.a), nil
}

func deleteCoupon(r request) (object, error) {
	c, err := r.a.coupon(r.ids[0], "id")
	if err != nil {
		return nil, err
	}
	r.a.dropCoupon(c)
	return object{"id": c.id, "object": "coupon", "deleted": true}, nil
}

func (a *Account) dropCoupon(c *coupon) {
	view := c.view(a)
	c.deleted = true
	a.emit("coupon.deleted", view, nil)
}

// DeleteCoupon deletes a coupon, as the merchant might in the dashboard: its codes stop working.
func (a *Account) DeleteCoupon(id string) error {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	c, err := a.coupon(id, "id")
	if err != nil {
		return refuse("not_found", "no coupon %s", id)
	}
	a.dropCoupon(c)
	return nil
}
