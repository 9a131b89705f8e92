package shopifytest

import (
	"math/big"
	"slices"
)

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
	// belong to no line, without tax, shipping, tip and gift cards. Of such a refund the goods' share
	// before tax counts; one that pays exactly for what went back unpaid does not count again.
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
			loose += r.Discrepancy.Minor
		}
	}
	eligible -= o.goodsBack()
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

// goodsBack is the goods' share before tax, rounded up, of the money that went back and belongs to no
// line and to nothing that went back unpaid.
func (o *Order) goodsBack() int64 {
	var before, tax int64
	for _, l := range o.Lines {
		if !l.GiftCard {
			before += l.beforeTax(l.Quantity, o.TaxesIncluded)
			tax += l.Tax.Minor
		}
	}
	loose := o.looseMoney()
	if tax <= 0 || before < 0 {
		return loose
	}
	n := new(big.Int).Mul(big.NewInt(loose), big.NewInt(before))
	n.Add(n, big.NewInt(before+tax-1))
	return n.Quo(n, big.NewInt(before+tax)).Int64()
}

// looseMoney is the money that belongs to no line, but for amounts that pay for one refund whose own
// money did not move, or for all such refunds that are left, or add up to them.
func (o *Order) looseMoney() int64 {
	unpaid := map[int64]int{} // how many refunds of that worth moved no money
	var given []int64
	var sum, owed int64
	for _, r := range o.Refunds {
		if worth := r.worth(o.TaxesIncluded); !r.moved() && worth > 0 {
			unpaid[worth]++
			owed += worth
		} else if r.moved() && r.Discrepancy.Minor > 0 {
			given = append(given, r.Discrepancy.Minor)
			sum += r.Discrepancy.Minor
		}
	}
	var rest []int64
	for _, amount := range given {
		if unpaid[amount] == 0 {
			rest = append(rest, amount)
			continue
		}
		unpaid[amount]--
		owed -= amount
		sum -= amount
	}
	if sum == owed {
		return 0
	}
	if slices.Contains(rest, owed) {
		return sum - owed
	}
	return sum
}

// worth is what the refund's lines and shipping cost, with tax.
func (r *Refund) worth(taxesIncluded bool) int64 {
	worth := r.Shipping.Minor
	for _, l := range r.Lines {
		worth += l.Subtotal.Minor
		if !taxesIncluded {
			worth += l.Tax.Minor
		}
	}
	return worth
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
