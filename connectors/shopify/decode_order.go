package shopify

import (
	"strconv"

	"grapevine/rewards"
)

// maxCurrency bounds what is kept of a currency that is not known.
const maxCurrency = 8

// decodeOrder reads an order. Where the currency is not known no amount can be read: the order then
// carries its codes without amounts and lines without prices, which is enough to find out whose it is
// and never enough to be paid for.
func decodeOrder(body []byte) (rewards.Event, error) {
	var b orderBody
	if err := parse(body, &b); err != nil {
		return nil, err
	}
	if err := ofType(b.GID, "Order"); err != nil {
		return nil, err
	}
	id, err := idText(b.ID, "id")
	if err != nil {
		return nil, err
	}
	if b.Currency == "" || len(b.Currency) > maxCurrency || b.CreatedAt == nil {
		return nil, rewards.Errorf(rewards.Invalid, "missing_field", "currency %.8q or created_at is missing", b.Currency)
	}
	o := rewards.Order{
		ID:        id,
		Name:      b.Name,
		PlacedAt:  b.CreatedAt.UTC(),
		UpdatedAt: b.CreatedAt.UTC(),
		Currency:  b.Currency,
		Payment:   payment(b.Status),
		Cancelled: b.CancelledAt != nil,
		Test:      b.Test,
	}
	if b.UpdatedAt != nil {
		o.UpdatedAt = b.UpdatedAt.UTC()
	}
	if c := b.Customer; c != nil && c.ID > 0 {
		o.Customer = &rewards.Person{ID: strconv.FormatInt(c.ID, 10), Email: c.Email, Phone: c.Phone, Name: c.FirstName, Surname: c.LastName}
	}
	b.leaveTrail(&o)
	if _, known := rewards.Exponent(b.Currency); !known {
		return rewards.OrderSeen{Order: unpriced(o, b.applications(), b.bareLines())}, nil
	}
	if err := b.price(&o); err != nil {
		return nil, err
	}
	return rewards.OrderSeen{Order: o}, nil
}

// unpriced is an order in a currency that is not known.
func unpriced(o rewards.Order, apps []application, lines []rewards.Line) rewards.Order {
	o.Codes, _ = codesOf("", apps, nil) // adding nothing cannot fail
	o.Lines = lines
	return o
}

// price fills in codes, lines and money back.
func (b *orderBody) price(o *rewards.Order) error {
	var allocations []allocation
	var goods goodsParts
	for _, l := range b.Lines {
		p, err := l.parts(b.Currency)
		if err != nil {
			return err
		}
		allocations = append(allocations, p.allocations...)
		if present(l.Tip) {
			continue
		}
		line, err := p.finish(b.Currency, b.TaxesInclude)
		if err != nil {
			return err
		}
		o.Lines = append(o.Lines, line)
		if err := goods.add(p, line.Amount); err != nil {
			return err
		}
	}
	for _, l := range b.Shipping {
		as, err := allocated(l.Allocations, b.Currency)
		if err != nil {
			return err
		}
		allocations = append(allocations, as...)
	}
	var err error
	if o.Codes, err = codesOf(b.Currency, b.applications(), allocations); err != nil {
		return err
	}
	refunds := make([]refundParts, 0, len(b.Refunds))
	for _, r := range b.Refunds {
		p, err := r.parts(b.Currency)
		if err != nil {
			return err
		}
		refunds = append(refunds, p)
	}
	back, err := moneyWithoutLines(b.Currency, b.TaxesInclude, refunds)
	if err != nil {
		return err
	}
	o.MoneyBack, err = goods.netOf(back)
	return err
}

func (b *orderBody) applications() []application {
	apps := make([]application, 0, len(b.Discounts))
	for i, d := range b.Discounts {
		a := application{index: i}
		if d.Type == "discount_code" {
			a.code = d.Code
		}
		apps = append(apps, a)
	}
	return apps
}

func (b *orderBody) bareLines() []rewards.Line {
	lines := make([]rewards.Line, 0, len(b.Lines))
	for _, l := range b.Lines {
		lines = append(lines, l.bare())
	}
	return lines
}

// bare is the line without its amount.
func (l lineBody) bare() rewards.Line {
	line := rewards.Line{
		ID:       strconv.FormatInt(l.ID, 10),
		Quantity: l.Quantity,
		Current:  l.Quantity, // bodies before API version 2023-04 do not tell
		GiftCard: l.GiftCard,
	}
	if l.Current != nil {
		line.Current = *l.Current
	}
	if l.ProductID > 0 && (l.ProductExists == nil || *l.ProductExists) {
		line.ProductID = strconv.FormatInt(l.ProductID, 10)
	}
	return line
}

func (l lineBody) parts(currency string) (lineParts, error) {
	p := lineParts{line: l.bare()}
	price, err := l.PriceSet.money(l.Price, currency)
	if err != nil {
		return p, err
	}
	if p.gross, err = times(price, l.Quantity); err != nil {
		return p, err
	}
	for _, t := range l.TaxLines {
		tax, err := t.PriceSet.money(t.Price, currency)
		if err != nil {
			return p, err
		}
		p.taxes = append(p.taxes, tax)
	}
	p.allocations, err = allocated(l.Allocations, currency)
	return p, err
}

func allocated(bodies []allocationBody, currency string) ([]allocation, error) {
	list := make([]allocation, 0, len(bodies))
	for _, b := range bodies {
		m, err := b.AmountSet.money(b.Amount, currency)
		if err != nil {
			return nil, err
		}
		list = append(list, allocation{index: b.Index, amount: m})
	}
	return list, nil
}

// parts reads a refund. A transaction in the buyer's currency cannot be brought into the shop's from
// this body alone, so such a refund counts as explained by its lines until the order is read again.
func (r refundBody) parts(currency string) (refundParts, error) {
	none := rewards.Money{Currency: currency}
	p := refundParts{lines: none, tax: none, shipping: none, back: none}
	foreign := false
	for _, t := range r.Transactions {
		if t.Kind != "refund" || t.Status != "success" {
			continue
		}
		if t.Currency != "" && t.Currency != currency {
			foreign = true
			continue
		}
		if err := grow(&p.back, nil, t.Amount, currency); err != nil {
			return p, err
		}
	}
	for _, l := range r.Lines {
		if err := grow(&p.lines, l.SubtotalSet, string(l.Subtotal), currency); err != nil {
			return p, err
		}
		if err := grow(&p.tax, l.TaxSet, string(l.Tax), currency); err != nil {
			return p, err
		}
	}
	if err := r.shippingBack(&p, currency); err != nil {
		return p, err
	}
	if foreign {
		return refundParts{lines: none, tax: none, shipping: none, back: none}, nil
	}
	return p, nil
}

// shippingBack adds up the shipping that was paid back. Versions up to 2024-07 tell it as adjustments
// below zero, later ones as lines of their own; where both are there they tell of the same money.
func (r refundBody) shippingBack(p *refundParts, currency string) error {
	adjusted := rewards.Money{Currency: currency}
	for _, a := range r.Adjustments {
		if a.Kind != "shipping_refund" {
			continue
		}
		for _, set := range []*moneySet{a.AmountSet, a.TaxSet} {
			if err := grow(&adjusted, set, "0", currency); err != nil {
				return err
			}
		}
	}
	for _, l := range r.Shipping {
		for _, set := range []*moneySet{l.SubtotalSet, l.TaxSet} {
			if err := grow(&p.shipping, set, "0", currency); err != nil {
				return err
			}
		}
	}
	p.shipping.Minor = max(p.shipping.Minor, -adjusted.Minor)
	return nil
}

// grow adds a set's amount, or the plain one, to total.
func grow(total *rewards.Money, set *moneySet, plain, currency string) error {
	m, err := set.money(plain, currency)
	if err != nil {
		return err
	}
	*total, err = total.Add(m)
	return err
}
