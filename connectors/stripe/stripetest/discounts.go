package stripetest

import (
	"slices"
	"strings"
)

// discount is a coupon as it was given to a session, an invoice or a subscription.
type discount struct {
	id       string
	coupon   *coupon
	promo    *promo // nil: the coupon was given without a code
	customer string
	session  string
	invoice  string
	sub      string
	start    int64
	end      int64
}

func (d *discount) view(a *Account) object {
	code := any(nil)
	if d.promo != nil {
		code = d.promo.id
	}
	return object{
		"id": d.id, "object": "discount", "checkout_session": orNil(d.session), "coupon": d.coupon.view(a), "customer": orNil(d.customer),
		"end": orNull(d.end), "invoice": orNil(d.invoice), "invoice_item": nil, "promotion_code": code, "start": d.start,
		"subscription": orNil(d.sub),
	}
}

// line is what was bought of one thing. Amounts are of all its pieces.
type line struct {
	id, title, price, product string
	unit, quantity            int64
	subtotal, off, tax        int64
	inside                    bool // the tax is in the price
}

// total is what is paid for the line.
func (l *line) total() int64 {
	if l.inside {
		return l.subtotal - l.off
	}
	return l.subtotal - l.off + l.tax
}

// Item is pieces of one thing, at a decimal price for one.
type Item struct {
	Title    string
	Price    string
	Quantity int    // 0: 1
	Product  string // prod_…; "": one by the title
}

// linesOf prices items.
func (a *Account) linesOf(items []Item, currency string) ([]*line, error) {
	if len(items) == 0 {
		return nil, refuse("invalid", "nothing is bought")
	}
	var out []*line
	for _, it := range items {
		unit, err := parseAmount(it.Price, currency)
		if err != nil {
			return nil, err
		}
		if unit < 0 || it.Quantity < 0 {
			return nil, refuse("invalid", "%d pieces at %s cannot be bought", it.Quantity, it.Price)
		}
		n := int64(max(1, it.Quantity))
		product := it.Product
		if product == "" {
			product = "prod_" + strings.Map(plain, it.Title)
		}
		out = append(out, &line{
			id: a.s.newID("li_", 24), title: it.Title, price: a.s.newID("price_", 24), product: product,
			unit: unit, quantity: n, subtotal: unit * n,
		})
	}
	return out, nil
}

// plain keeps the characters that ids have.
func plain(r rune) rune {
	if r < 128 && strings.ContainsRune(alphabet, r) {
		return r
	}
	return -1
}

func subtotal(lines []*line) int64 {
	var sum int64
	for _, l := range lines {
		sum += l.subtotal
	}
	return sum
}

// addTax spreads a tax over the lines: one that comes on top, or one that is inside the prices.
func addTax(lines []*line, tax int64, inside bool) {
	for i, part := range spread(tax, weights(lines, nil)) {
		lines[i].tax, lines[i].inside = part, inside
	}
}

// weights are what is still to be paid of the lines that a coupon is for.
func weights(lines []*line, products []string) []int64 {
	out := make([]int64, len(lines))
	for i, l := range lines {
		if len(products) == 0 || slices.Contains(products, l.product) {
			out[i] = l.subtotal - l.off
		}
	}
	return out
}

// usable finds the active promotion code that a buyer means, and refuses her where its terms do. c is nil for
// a guest, who never bought as far as Stripe knows.
func (a *Account) usable(code string, c *customer, currency string, lines []*line) (*promo, error) {
	now := a.s.now().Unix()
	var p *promo
	for _, q := range a.promos {
		mine := q.customer == "" || c != nil && q.customer == c.id
		if strings.EqualFold(q.code, code) && q.active(now) && mine {
			p = q
		}
	}
	if p == nil {
		return nil, refuse("no_such_code", "the code %s is not known, not active or not this customer's", code)
	}
	least, limited := p.minimum, p.minimum > 0
	if p.currency != currency && limited {
		least = p.minimums[currency]
	}
	switch {
	case limited && (least == 0 || subtotal(lines) < least):
		return nil, refuse("code_not_usable", "the code %s asks for a higher sum", code)
	case p.first && c != nil && a.paidBefore(c.id):
		return nil, refuse("code_not_usable", "the code %s is for first payments", code)
	case p.coupon.amount > 0 && p.coupon.amountIn(currency) == 0:
		return nil, refuse("code_not_usable", "the code %s is of another currency", code)
	case !slices.ContainsFunc(weights(lines, p.coupon.products), func(n int64) bool { return n > 0 }):
		return nil, refuse("code_not_usable", "the code %s is for other products", code)
	}
	return p, nil
}

// amountIn is the amount that a coupon takes off in a currency; 0: it is not for that currency.
func (c *coupon) amountIn(currency string) int64 {
	if c.currency == currency {
		return c.amount
	}
	return c.options[currency]
}

// paidBefore tells whether a customer ever paid.
func (a *Account) paidBefore(customer string) bool {
	paid := slices.ContainsFunc(a.charges, func(c *charge) bool { return c.customer == customer && c.status == "succeeded" })
	return paid || slices.ContainsFunc(a.invoices, func(in *invoice) bool { return in.customer.id == customer && in.status == "paid" })
}

// takeOff lowers lines by a coupon: it never takes more than there is.
func (c *coupon) takeOff(lines []*line, currency string) (off int64) {
	parts := weights(lines, c.products)
	if c.ppm > 0 {
		var sum int64
		for _, w := range parts {
			sum += w
		}
		off = percentOf(sum, c.ppm, currency)
	} else {
		off = c.amountIn(currency)
	}
	var most int64
	for _, w := range parts {
		most += w
	}
	off = min(off, most)
	for i, part := range spread(off, parts) {
		lines[i].off += part
	}
	return off
}

// redeem counts a use of a code. The code's owner hears of it as of any other update.
func (a *Account) redeem(d *discount) {
	if d.promo == nil {
		d.coupon.redeemed++
		return
	}
	before := d.promo.view(a)
	d.promo.redeemed++
	d.coupon.redeemed++
	a.emitChange("promotion_code.updated", before, d.promo.view(a))
}

// newDiscount gives a coupon by a code.
func (a *Account) newDiscount(p *promo, c *customer) *discount {
	d := &discount{id: a.s.newID("di_", 24), coupon: p.coupon, promo: p, start: a.s.now().Unix()}
	if c != nil {
		d.customer = c.id
	}
	a.things[d.id] = d
	return d
}
