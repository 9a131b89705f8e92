package stripetest

import (
	"net/http"
	"strings"

	"grapevine/internal/simshop"
)

// promo is a promotion code: what a buyer types for a coupon. It is never deleted.
type promo struct {
	id, code string
	coupon   *coupon
	customer string // who alone may use it; "": anybody
	off      bool   // active was set to false
	expires  int64
	max      int64
	redeemed int64
	created  int64
	metadata map[string]string
	first    bool // for customers that never paid
	minimum  int64
	currency string // of the minimum
	minimums map[string]int64
}

func (p *promo) key() string { return p.id }
func (p *promo) at() int64   { return p.created }

// active tells whether somebody could use the code now.
func (p *promo) active(now int64) bool {
	return !p.off && (p.expires == 0 || now < p.expires) && (p.max == 0 || p.redeemed < p.max) && p.coupon.valid(now)
}

func (p *promo) view(a *Account) object {
	return object{
		"id": p.id, "object": "promotion_code", "active": p.active(a.s.now().Unix()), "code": p.code, "coupon": p.coupon.view(a),
		"created": p.created, "customer": orNil(p.customer), "expires_at": orNull(p.expires), "livemode": a.live,
		"max_redemptions": orNull(p.max), "metadata": stringMap(p.metadata),
		"restrictions":   object{"first_time_transaction": p.first, "minimum_amount": orNull(p.minimum), "minimum_amount_currency": orNil(p.currency)},
		"times_redeemed": p.redeemed,
	}
}

func promotionRoutes() []route {
	const limits = "restrictions.currency_options.*.minimum_amount"
	fields := texts("coupon", "code", "customer", "restrictions.minimum_amount_currency").
		and(kindInt, "max_redemptions", "expires_at", "restrictions.minimum_amount", limits).
		and(kindBool, "active", "restrictions.first_time_transaction")
	return []route{
		{http.MethodPost, "/v1/promotion_codes", fields.writing(), createPromotion},
		{http.MethodGet, "/v1/promotion_codes", texts("code", "coupon", "customer").and(kindBool, "active").listing().dated(), listPromotions},
		{http.MethodGet, "/v1/promotion_codes/{id}", reading(), func(r request) (object, error) {
			p, ok := find[*promo](r.a, r.ids[0])
			if !ok {
				return nil, missing("promotion code", r.ids[0], "id")
			}
			return p.view(r.a), nil
		}},
		{http.MethodPost, "/v1/promotion_codes/{id}", spec{}.and(kindBool, "active").and(kindInt, limits).writing(), updatePromotion},
	}
}

func listPromotions(r request) (object, error) {
	now := r.a.s.now().Unix()
	return page(r, "/v1/promotion_codes", r.a.promos, func(p *promo) bool {
		switch {
		case r.has("active") && (r.text("active") == "true") != p.active(now):
			return false
		case r.has("code") && !strings.EqualFold(r.text("code"), p.code):
			return false
		}
		return r.is("coupon", p.coupon.id) && r.is("customer", p.customer)
	})
}

func createPromotion(r request) (object, error) {
	id, missed := r.need("coupon")
	if missed != nil {
		return nil, missed
	}
	c, err := r.a.coupon(id, "coupon")
	if err != nil {
		return nil, err
	}
	p := &promo{
		code: r.text("code"), coupon: c, customer: r.text("customer"), off: r.text("active") == "false",
		created: r.a.s.now().Unix(), first: r.text("restrictions.first_time_transaction") == "true",
		currency: strings.ToLower(r.text("restrictions.minimum_amount_currency")), minimums: map[string]int64{},
	}
	p.max, _ = r.number("max_redemptions")
	p.expires, _ = r.number("expires_at")
	p.minimum, _ = r.number("restrictions.minimum_amount")
	if p.code == "" {
		p.code = strings.ToUpper(r.a.s.newID("", 8))
	}
	if err := p.check(r); err != nil {
		return nil, err
	}
	p.id = r.a.s.newID("promo_", 24)
	p.setMinimums(r)
	r.a.promos = append(r.a.promos, p)
	r.a.things[p.id] = p
	r.a.emit("promotion_code.created", p.view(r.a), nil)
	return p.view(r.a), nil
}

// check refuses what cannot be, and takes the metadata.
func (p *promo) check(r request) error {
	if p.customer != "" {
		if _, err := r.a.liveCustomer(p.customer, "customer"); err != nil {
			return err
		}
	}
	switch {
	case !p.coupon.valid(p.created):
		return badRequest("coupon_expired", "coupon", "This coupon is expired or has been used up.")
	case len(p.code) > 500 || strings.Trim(p.code, alphabet+"-") != "":
		return badRequest("", "code", "Invalid code: %s. Only letters, digits and hyphens are allowed.", p.code)
	case r.has("max_redemptions") && p.max < 1:
		return badRequest("parameter_invalid_integer", "max_redemptions", "This value must be greater than or equal to 1.")
	case p.coupon.max > 0 && p.max > p.coupon.max:
		return badRequest("", "max_redemptions", "max_redemptions cannot be greater than that of the coupon.")
	case r.has("expires_at") && p.expires <= p.created:
		return badRequest("", "expires_at", "expires_at must be in the future.")
	case p.coupon.redeemBy > 0 && p.expires > p.coupon.redeemBy:
		return badRequest("", "expires_at", "expires_at cannot be after the coupon's redeem_by.")
	case (p.minimum > 0) != (p.currency != ""):
		return badRequest("", "restrictions", "minimum_amount and minimum_amount_currency must be given together.")
	case p.currency != "" && !validCurrency(p.currency):
		return badRequest("", "restrictions[minimum_amount_currency]", "Invalid currency: %s.", p.currency)
	case p.active(p.created) && r.a.rival(p) != nil:
		return badRequest("", "", "An active promotion code with `code: %s` already exists.", p.code)
	}
	metadata, err := r.metadata(nil)
	if err != nil {
		return err
	}
	p.metadata = metadata
	return nil
}

// rival is an active code that somebody could mean by the same word; nil: none.
func (a *Account) rival(p *promo) *promo {
	now := a.s.now().Unix()
	for _, q := range a.promos {
		same := q.customer == p.customer || q.customer == "" || p.customer == ""
		if q != p && same && q.active(now) && strings.EqualFold(q.code, p.code) {
			return q
		}
	}
	return nil
}

func (p *promo) setMinimums(r request) {
	for _, x := range *r.params {
		if parts := strings.Split(x.path, "."); len(parts) == 4 {
			p.minimums[strings.ToLower(parts[2])], _ = r.number(x.path)
		}
	}
}

func updatePromotion(r request) (object, error) {
	p, ok := find[*promo](r.a, r.ids[0])
	if !ok {
		return nil, missing("promotion code", r.ids[0], "id")
	}
	metadata, bad := r.metadata(p.metadata)
	if bad != nil {
		return nil, bad
	}
	before := p.view(r.a)
	if r.text("active") == "true" && p.off {
		p.off = false
		switch {
		case !p.active(r.a.s.now().Unix()):
			p.off = true
			return nil, badRequest("", "active", "This promotion code cannot be made active: it or its coupon is expired or used up.")
		case r.a.rival(p) != nil:
			p.off = true
			return nil, badRequest("", "active", "An active promotion code with `code: %s` already exists.", p.code)
		}
	}
	if r.text("active") == "false" {
		p.off = true
	}
	p.metadata = metadata
	p.setMinimums(r)
	r.a.emitChange("promotion_code.updated", before, p.view(r.a))
	return p.view(r.a), nil
}

// Codes are the words that work, or worked, as promotion codes, oldest first. Promotion codes of one word of
// which one works are one code: the others made room for it. For is a customer's id.
func (a *Account) Codes() ([]simshop.Code, error) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	now := a.s.now().Unix()
	out := []simshop.Code{}
	at := map[string]int{}
	for _, p := range a.promos {
		c := simshop.Code{Code: p.code, Live: p.active(now), Used: int(p.redeemed), For: p.customer}
		i, known := at[strings.ToUpper(p.code)]
		switch {
		case !known || c.Live && out[i].Live:
			at[strings.ToUpper(p.code)] = len(out)
			out = append(out, c)
		case out[i].Live:
			out[i].Used += c.Used
		default:
			c.Used += out[i].Used
			out[i] = c
		}
	}
	return out, nil
}
