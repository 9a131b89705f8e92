package woocommercetest

import (
	"cmp"
	"slices"
	"strings"
)

// item is a line of a basket while coupons are reckoned; amounts are in the smallest unit of the shop's
// decimals, with tax where prices include it.
type item struct {
	line     int
	product  *Product
	quantity int64
	price    int64 // of the line, before discounts
	taken    int64 // by coupons so far
}

func (i *item) left() int64 { return max(0, i.price-i.taken) }

// reckoning applies coupons one after the other. Each is reckoned from the full prices, as long as the shop
// does not discount sequentially (the default).
type reckoning struct {
	decimals int
	items    []*item
	taken    []map[int]int64 // per coupon: what it took off a line
}

// apply takes a coupon off the lines that it is for.
func (r *reckoning) apply(c *Coupon) {
	off := map[int]int64{}
	r.taken = append(r.taken, off)
	var fit []*item
	for _, i := range r.items {
		if i.left() > 0 && (c.Type == "fixed_cart" || c.fits(i.product)) {
			fit = append(fit, i)
		}
	}
	slices.SortStableFunc(fit, func(a, b *item) int { return cmp.Compare(b.price, a.price) })
	switch c.Type {
	case "percent":
		r.percent(c, fit, off)
	case "fixed_product":
		r.perPiece(fit, off, r.minor(c.Amount), c.LimitToItems)
	default:
		r.fixedCart(fit, off, r.minor(c.Amount))
	}
}

// minor is an amount in the smallest unit.
func (r *reckoning) minor(m Money) int64 { return int64(m.round(r.decimals) / step(r.decimals)) }

func (r *reckoning) take(i *item, off map[int]int64, amount int64) int64 {
	amount = min(amount, i.left())
	i.taken += amount
	off[i.line] += amount
	return amount
}

// percent rounds down per line and then gives what the whole basket is owed beyond that, a unit at a time.
func (r *reckoning) percent(c *Coupon, fit []*item, off map[int]int64) {
	var base, total, used int64
	for _, i := range fit {
		pieces := i.quantity
		if c.LimitToItems > 0 {
			pieces = min(pieces, max(0, c.LimitToItems-used))
		}
		used += pieces
		of := i.price * pieces / max(1, i.quantity)
		base += of
		total += r.take(i, off, of*int64(c.Amount)/int64(100*unit))
	}
	// Half a unit is rounded down (WC_DISCOUNT_ROUNDING_MODE).
	whole := int64(100 * unit)
	owed := (base*int64(c.Amount) + whole/2 - 1) / whole
	if total < owed {
		r.remainder(fit, off, owed-total)
	}
}

func (r *reckoning) perPiece(fit []*item, off map[int]int64, amount, limit int64) int64 {
	var total, used int64
	for _, i := range fit {
		pieces := i.quantity
		if limit > 0 {
			pieces = min(pieces, max(0, limit-used))
		}
		used += pieces
		total += r.take(i, off, amount*pieces)
	}
	return total
}

// fixedCart spreads an amount over the pieces evenly, again and again until it is spent or nothing is left.
func (r *reckoning) fixedCart(fit []*item, off map[int]int64, amount int64) {
	for amount > 0 {
		var pieces int64
		fit = slices.DeleteFunc(fit, func(i *item) bool { return i.left() == 0 })
		for _, i := range fit {
			pieces += i.quantity
		}
		if pieces == 0 {
			return
		}
		each := amount / pieces
		if each == 0 {
			r.remainder(fit, off, amount)
			return
		}
		amount -= r.perPiece(fit, off, each, 0)
	}
}

// remainder takes single units, at most one per piece.
func (r *reckoning) remainder(fit []*item, off map[int]int64, amount int64) {
	for _, i := range fit {
		for range i.quantity {
			if amount <= 0 {
				return
			}
			amount -= r.take(i, off, 1)
		}
	}
}

// fits tells whether a coupon may take something off a product.
func (c *Coupon) fits(p *Product) bool {
	var categories []int64
	id, onSale := int64(0), false
	if p != nil {
		id, categories, onSale = p.ID, p.Categories, p.OnSale
	}
	named := len(c.ProductIDs) == 0 && len(c.Categories) == 0 || slices.Contains(c.ProductIDs, id) || meets(categories, c.Categories)
	return named && !slices.Contains(c.ExcludedProductIDs, id) && !meets(categories, c.ExcludedCategories) && !(c.ExcludeSaleItems && onSale)
}

func meets(a, b []int64) bool {
	return slices.ContainsFunc(a, func(v int64) bool { return slices.Contains(b, v) })
}

// purchase is who buys what, as the rules of coupons see it.
type purchase struct {
	customer *Customer // nil: a guest
	email    string    // of the billing address
	subtotal Money
	items    []*item
	rest     bool // an order by the REST API, which is checked less
}

// check tells why a coupon cannot be used, "" if it can. The sentences are WooCommerce's. The lock is held.
func (s *Server) check(c *Coupon, p purchase) string {
	switch {
	case c.UsageLimit > 0 && c.UsageCount >= c.UsageLimit:
		return "Usage limit for coupon \"" + c.Code + "\" has been reached."
	case c.UsageLimitPerUser > 0 && c.usesBy(p) >= c.UsageLimitPerUser:
		return "Usage limit for coupon \"" + c.Code + "\" has been reached."
	case c.Expires != nil && s.now().After(*c.Expires):
		return "Coupon \"" + c.Code + "\" has expired."
	case p.subtotal < c.MinimumAmount:
		return "The minimum spend for coupon \"" + c.Code + "\" is " + c.MinimumAmount.Text(s.opts.Decimals) + "."
	case c.MaximumAmount > 0 && p.subtotal > c.MaximumAmount:
		return "The maximum spend for coupon \"" + c.Code + "\" is " + c.MaximumAmount.Text(s.opts.Decimals) + "."
	case !c.goods(p.items):
		return "Sorry, coupon \"" + c.Code + "\" is not applicable to selected products."
	case len(c.Emails) > 0 && !c.allows(p):
		if p.email == "" && p.customer == nil {
			return "Please enter a valid email at checkout to use coupon code \"" + c.Code + "\"."
		}
		return "Please enter a valid email to use coupon code \"" + c.Code + "\"."
	}
	return ""
}

// goods tells whether there is something in the basket that the coupon is for, and nothing that forbids it.
func (c *Coupon) goods(items []*item) bool {
	if c.Type == "fixed_cart" {
		named := len(c.ProductIDs) == 0 && len(c.Categories) == 0
		for _, i := range items {
			p := i.product
			if p == nil {
				continue
			}
			if slices.Contains(c.ExcludedProductIDs, p.ID) || meets(p.Categories, c.ExcludedCategories) || c.ExcludeSaleItems && p.OnSale {
				return false
			}
			named = named || slices.Contains(c.ProductIDs, p.ID) || meets(p.Categories, c.Categories)
		}
		return named
	}
	return slices.ContainsFunc(items, func(i *item) bool { return c.fits(i.product) })
}

// emails are the addresses that a buyer is known by.
func (p purchase) emails() []string {
	out := []string{}
	if p.email != "" {
		out = append(out, strings.ToLower(strings.TrimSpace(p.email)))
	}
	if p.customer != nil {
		out = append(out, strings.ToLower(p.customer.Email))
	}
	return out
}

// usesBy counts how often the buyer used the coupon: by account and by address; an order by the REST API is
// counted by account alone.
func (c *Coupon) usesBy(p purchase) int64 {
	var n int64
	for _, by := range c.UsedBy {
		switch {
		case p.customer != nil && by == idText(p.customer.ID):
			n++
		case !p.rest && slices.Contains(p.emails(), by):
			n++
		}
	}
	return n
}

// allows tells whether one of the buyer's addresses is among those that may use the coupon; "*" stands for
// anything in these.
func (c *Coupon) allows(p purchase) bool {
	for _, email := range p.emails() {
		for _, allowed := range c.Emails {
			if matches(allowed, email) {
				return true
			}
		}
	}
	return false
}

func matches(pattern, s string) bool {
	head, rest, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == s
	}
	if !strings.HasPrefix(s, head) {
		return false
	}
	for i := len(head); i <= len(s); i++ {
		if matches(rest, s[i:]) {
			return true
		}
	}
	return false
}
