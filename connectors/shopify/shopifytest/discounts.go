package shopifytest

import (
	"slices"
	"time"
)

// Discount is a code discount. Percent and Amount are mutually exclusive.
type Discount struct {
	ID              int64         `json:"id"`
	Kind            string        `json:"kind"` // "basic", "free_shipping", "bxgy" or "app"
	Title           string        `json:"title"`
	PercentPPM      int64         `json:"percent_ppm,omitempty"` // 100000 is 10 %
	Amount          Money         `json:"amount"`
	EachItem        bool          `json:"each_item"`
	Minimum         *Money        `json:"minimum,omitempty"`
	MinimumQuantity int64         `json:"minimum_quantity,omitempty"`
	StartsAt        time.Time     `json:"starts_at"`
	EndsAt          *time.Time    `json:"ends_at,omitempty"`
	UsageLimit      *int64        `json:"usage_limit,omitempty"`
	OncePerCustomer bool          `json:"once_per_customer"`
	CustomerIDs     []int64       `json:"customer_ids,omitempty"`   // bound to these; none: everybody
	ProductIDs      []int64       `json:"product_ids,omitempty"`    // on these alone …
	CollectionIDs   []int64       `json:"collection_ids,omitempty"` // … or on these; none: on everything
	Combines        Combines      `json:"combines"`
	Tags            []string      `json:"tags,omitempty"`
	Codes           []*RedeemCode `json:"codes"`
	Usage           int64         `json:"usage"`
	UsedBy          map[int64]int `json:"used_by,omitempty"` // times, by customer
	CreatedAt       time.Time     `json:"created_at"`
	UpdatedAt       time.Time     `json:"updated_at"`
}

// Combines tells with which classes of discounts a discount may stand on one order.
type Combines struct {
	Order    bool `json:"order"`
	Product  bool `json:"product"`
	Shipping bool `json:"shipping"`
}

// RedeemCode is one code of a discount.
type RedeemCode struct {
	ID    int64  `json:"id"`
	Code  string `json:"code"`
	Usage int64  `json:"usage"`
}

// class is what other discounts must combine with.
func (d *Discount) class() string {
	switch {
	case d.Kind == "free_shipping":
		return "shipping"
	case d.EachItem || d.Kind == "bxgy", d.scoped():
		return "product"
	}
	return "order"
}

func (c Combines) with(class string) bool {
	return class == "order" && c.Order || class == "product" && c.Product || class == "shipping" && c.Shipping
}

// status is DiscountStatus at a moment.
func (d *Discount) status(now time.Time) string {
	switch {
	case d.EndsAt != nil && !d.EndsAt.After(now):
		return "EXPIRED"
	case d.StartsAt.After(now):
		return "SCHEDULED"
	}
	return "ACTIVE"
}

// DiscountInput makes a discount of the merchant's own, or of another app's (Kind).
type DiscountInput struct {
	Kind            string     `json:"kind"` // "basic" where nothing else is said
	Title           string     `json:"title"`
	Codes           []string   `json:"codes"`
	Percent         string     `json:"percent"` // "10" is 10 %
	Amount          string     `json:"amount"`
	Minimum         string     `json:"minimum"`
	UsageLimit      *int64     `json:"usage_limit"`
	OncePerCustomer bool       `json:"once_per_customer"`
	CustomerIDs     []int64    `json:"customer_ids"`
	Combines        Combines   `json:"combines"`
	EndsAt          *time.Time `json:"ends_at"`
}

// AddDiscount makes a discount by the merchant's hand.
func (s *Shop) AddDiscount(in DiscountInput) (*Discount, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle()
	now := s.now()
	d := &Discount{
		Kind: in.Kind, Title: in.Title, StartsAt: now.Truncate(time.Second), EndsAt: in.EndsAt, UsageLimit: in.UsageLimit,
		OncePerCustomer: in.OncePerCustomer, CustomerIDs: in.CustomerIDs, Combines: in.Combines,
		Amount: Money{0, s.opts.Currency},
	}
	if d.Kind == "" {
		d.Kind = "basic"
	}
	if !slices.Contains([]string{"basic", "free_shipping", "bxgy", "app"}, d.Kind) || len(in.Codes) == 0 {
		return nil, invalid("a discount needs codes, and a kind of basic, free_shipping, bxgy or app")
	}
	var err error
	if in.Percent != "" {
		if d.PercentPPM, err = parseFixed(in.Percent, 4); err != nil {
			return nil, invalid("percent %q: %v", in.Percent, err)
		}
	}
	if in.Amount != "" {
		if d.Amount, err = ParseMoney(in.Amount, s.opts.Currency); err != nil {
			return nil, invalid("%v", err)
		}
	}
	if in.Minimum != "" {
		m, err := ParseMoney(in.Minimum, s.opts.Currency)
		if err != nil {
			return nil, invalid("%v", err)
		}
		d.Minimum = &m
	}
	for _, code := range in.Codes {
		if _, taken := s.state.codes[fold(code)]; taken {
			return nil, &Error{Status: 409, Code: "code_taken", Message: "code " + code + " exists"}
		}
	}
	s.remember()
	s.keepDiscount(d, in.Codes...)
	return d.copy(), nil
}

// DeleteDiscount removes a discount and its codes, as a merchant may.
func (s *Shop) DeleteDiscount(id int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.state.Discounts[id]
	if d == nil {
		return notFound("discount %d", id)
	}
	s.remember()
	for _, c := range d.Codes {
		delete(s.state.codes, fold(c.Code))
	}
	delete(s.state.Discounts, id)
	return nil
}

// keepDiscount stores a checked discount under a new id, with its codes.
func (s *Shop) keepDiscount(d *Discount, codes ...string) {
	d.ID, d.CreatedAt, d.UpdatedAt = s.newID(), s.now(), s.now()
	d.UsedBy = map[int64]int{}
	for _, code := range codes {
		s.addCode(d, code)
	}
	s.state.Discounts[d.ID] = d
}

func (s *Shop) addCode(d *Discount, code string) *RedeemCode {
	c := &RedeemCode{ID: s.newID(), Code: code}
	d.Codes = append(d.Codes, c)
	s.state.codes[fold(code)] = codeRef{d, c}
	return c
}

// copy is independent of the shop's own discount.
func (d *Discount) copy() *Discount {
	c := *d
	c.Codes = nil
	for _, code := range d.Codes {
		r := *code
		c.Codes = append(c.Codes, &r)
	}
	c.CustomerIDs, c.ProductIDs, c.CollectionIDs = slices.Clone(d.CustomerIDs), slices.Clone(d.ProductIDs), slices.Clone(d.CollectionIDs)
	c.UsedBy = map[int64]int{}
	for k, v := range d.UsedBy {
		c.UsedBy[k] = v
	}
	return &c
}

// redeemable tells why a code would be refused by a checkout with these goods; "" means it applies. The
// minimum is of the goods that the discount is for.
func (s *Shop) redeemable(code string, customerID int64, o *Order) (codeRef, string) {
	ref, ok := s.state.codes[fold(code)]
	if !ok {
		return codeRef{}, "unknown_code"
	}
	d := ref.discount
	now := s.now()
	var goodsMinor, quantity int64
	for _, l := range o.Lines {
		if d.covers(s.state, l) {
			goodsMinor += l.Price.Minor * l.Quantity
		}
		if d.covers(s.state, l) || l.GiftCard && !d.scoped() {
			quantity += l.Quantity
		}
	}
	switch {
	case d.status(now) == "EXPIRED":
		return ref, "expired"
	case d.status(now) == "SCHEDULED":
		return ref, "not_started"
	case d.UsageLimit != nil && d.Usage >= *d.UsageLimit:
		return ref, "usage_limit_reached"
	case len(d.CustomerIDs) > 0 && !slices.Contains(d.CustomerIDs, customerID):
		return ref, "not_for_this_customer"
	case d.OncePerCustomer && customerID != 0 && d.UsedBy[customerID] > 0:
		return ref, "once_per_customer"
	case d.Minimum != nil && goodsMinor < d.Minimum.Minor:
		return ref, "minimum_not_met"
	case d.MinimumQuantity > quantity:
		return ref, "minimum_not_met"
	case d.scoped() && quantity == 0:
		return ref, "no_such_goods"
	}
	return ref, ""
}
