package shopifytest

import "slices"

// Totals are an order's sums. The first group is as sold (what was returned still counts), the
// second is after returns, edits and removals.
type Totals struct {
	Lines     Money `json:"lines"` // before discounts
	Discounts Money `json:"discounts"`
	Subtotal  Money `json:"subtotal"` // goods after discounts
	Shipping  Money `json:"shipping"` // after discounts
	Tax       Money `json:"tax"`
	Total     Money `json:"total"` // with tip

	CurrentSubtotal Money `json:"current_subtotal"`
	CurrentTax      Money `json:"current_tax"`
	CurrentShipping Money `json:"current_shipping"`
	CurrentTotal    Money `json:"current_total"`

	Refunded    Money `json:"refunded"` // money that went back
	Outstanding Money `json:"outstanding"`
	// Eligible is what goods are worth now: after discounts and returns, less refunds of money that
	// belong to no line, without tax, shipping, tip and gift cards.
	Eligible Money `json:"eligible"`
}

// Totals sums the order up.
func (o *Order) Totals() Totals {
	var lines, subtotal, tax, currentSubtotal, currentTax, eligible int64
	for _, l := range o.Lines {
		lines += l.Price.Minor * l.Quantity
		subtotal += l.net()
		tax += l.Tax.Minor
		currentSubtotal += l.part(l.CurrentQuantity)
		currentTax += l.taxPart(l.CurrentQuantity)
		if !l.GiftCard {
			eligible += l.beforeTax(l.CurrentQuantity, o.TaxesIncluded)
		}
	}
	addedTax, addedCurrentTax := tax, currentTax
	if o.TaxesIncluded {
		addedTax, addedCurrentTax = 0, 0
	}
	shipping, shippingBack := o.shippingNet(), int64(0)
	var refunded, loose int64
	for _, r := range o.Refunds {
		shippingBack += r.Shipping.Minor
		if r.moved() {
			refunded += r.Transaction.Amount.Minor
			eligible -= r.Discrepancy.Minor
			loose += r.Discrepancy.Minor
		}
	}
	total := subtotal + addedTax + shipping + o.Tip.Minor
	currentTotal := currentSubtotal + addedCurrentTax + shipping - shippingBack + o.Tip.Minor
	return Totals{
		Lines: o.money(lines), Discounts: o.money(lines - subtotal + o.Shipping.Minor - shipping), Subtotal: o.money(subtotal),
		Shipping: o.money(shipping), Tax: o.money(tax), Total: o.money(total),
		CurrentSubtotal: o.money(currentSubtotal), CurrentTax: o.money(currentTax),
		CurrentShipping: o.money(shipping - shippingBack), CurrentTotal: o.money(currentTotal),
		Refunded: o.money(refunded), Outstanding: o.money(max(0, currentTotal-max(0, o.Paid.Minor-refunded+loose))),
		Eligible: o.money(max(0, eligible)),
	}
}

// moved tells whether the refund's money really went back.
func (r *Refund) moved() bool { return r.Transaction != nil && r.Transaction.Status == "success" }

// part is what q pieces of the line cost after discounts: cumulative, so that returning all pieces
// one by one gives back exactly the whole.
func (l *Line) part(q int64) int64 { return share(l.net(), q, l.Quantity) }

func (l *Line) taxPart(q int64) int64 { return share(l.Tax.Minor, q, l.Quantity) }

// beforeTax is LineItem.priceAfterAllDiscountsBeforeTaxesSet for q pieces.
func (l *Line) beforeTax(q int64, taxesIncluded bool) int64 {
	if taxesIncluded {
		return l.part(q) - l.taxPart(q)
	}
	return l.part(q)
}

// FinancialStatus is the order's state of payment, as webhook bodies spell it.
func (o *Order) FinancialStatus() string {
	t := o.Totals()
	switch {
	case o.CancelledAt != nil && o.Paid.Minor == 0 && t.Total.Minor > 0:
		return "voided"
	case t.Refunded.Minor > 0 && t.Refunded.Minor >= o.Paid.Minor:
		return "refunded"
	case t.Refunded.Minor > 0:
		return "partially_refunded"
	case o.Paid.Minor == 0 && t.CurrentTotal.Minor > 0:
		return "pending"
	case o.Paid.Minor < t.CurrentTotal.Minor:
		return "partially_paid"
	}
	return "paid"
}

// copy is independent of the shop's own order.
func (o *Order) copy() *Order {
	c := *o
	c.Lines = make([]*Line, 0, len(o.Lines))
	for _, l := range o.Lines {
		line := *l
		line.Allocations = slices.Clone(l.Allocations)
		c.Lines = append(c.Lines, &line)
	}
	c.Refunds = make([]*Refund, 0, len(o.Refunds))
	for _, r := range o.Refunds {
		refund := *r
		refund.Lines = slices.Clone(r.Lines)
		c.Refunds = append(c.Refunds, &refund)
	}
	c.Payments = slices.Clone(o.Payments)
	c.Applications = slices.Clone(o.Applications)
	c.ShippingAllocations = slices.Clone(o.ShippingAllocations)
	c.NoteAttributes = slices.Clone(o.NoteAttributes)
	if o.CancelledAt != nil {
		at := *o.CancelledAt
		c.CancelledAt = &at
	}
	return &c
}
