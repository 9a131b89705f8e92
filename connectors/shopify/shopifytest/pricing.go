package shopifytest

import "fmt"

// price applies the codes in the order in which they were entered, then the manual discount, and
// spreads the tax. It returns the shop's own codes that apply.
func (s *Shop) price(o *Order, in OrderInput) ([]codeRef, error) {
	var applied []codeRef
	for _, c := range in.Codes {
		ref, err := s.applyCode(o, in, c, applied)
		if err != nil {
			return nil, err
		}
		if ref.code != nil {
			applied = append(applied, ref)
		}
	}
	if in.Manual != nil {
		a := Application{Type: "manual", Target: "line_item", Title: in.Manual.Title}
		if err := o.worth(&a, in.Manual.Percent, in.Manual.Amount); err != nil {
			return nil, err
		}
		o.apply(a, false, goodsOf)
	}
	tax, err := o.amount("tax", in.Tax)
	if err != nil {
		return nil, err
	}
	weights := make([]int64, len(o.Lines))
	for i, l := range o.Lines {
		if !l.GiftCard {
			weights[i] = l.net()
		}
	}
	for i, part := range allocate(tax.Minor, weights) {
		o.Lines[i].Tax.Minor = part
	}
	return applied, nil
}

// applyCode applies one code, or refuses it as a checkout would.
func (s *Shop) applyCode(o *Order, in OrderInput, c CodeInput, earlier []codeRef) (codeRef, error) {
	var customerID int64
	if in.Customer != nil {
		customerID = in.Customer.ID
		if customerID == 0 && in.Customer.Email != "" {
			customerID = s.state.emails[fold(in.Customer.Email)]
		}
	}
	ref, reason := s.redeemable(c.Code, customerID, o)
	if reason == "" {
		reason = clash(ref.discount, earlier)
	}
	if reason != "" && !in.ForceCodes {
		return codeRef{}, &Error{Status: 422, Code: "code_refused", Message: fmt.Sprintf("%s: %s", c.Code, reason), Reason: reason}
	}
	if ref.discount == nil {
		a := Application{Type: "discount_code", Target: "line_item", Code: c.Code}
		if err := o.worth(&a, c.Percent, c.Amount); err != nil {
			return codeRef{}, err
		}
		o.apply(a, false, goodsOf)
		return codeRef{}, nil
	}
	d := ref.discount
	a := Application{
		Type: "discount_code", Target: "line_item", Code: ref.code.Code,
		PercentPPM: d.PercentPPM, Amount: o.money(d.Amount.Minor), DiscountID: d.ID,
		Entitled: d.scoped(),
	}
	if d.Kind == "free_shipping" {
		a.Target, a.PercentPPM = "shipping_line", 1_000_000
	}
	o.apply(a, d.EachItem, func(l *Line) bool { return d.covers(s.state, l) })
	return ref, nil
}

// clash tells whether a discount may not stand beside those that apply already: both must allow the
// other's class.
func clash(d *Discount, earlier []codeRef) string {
	for _, e := range earlier {
		if e.discount.ID == d.ID || !d.Combines.with(e.discount.class()) || !e.discount.Combines.with(d.class()) {
			return "cannot_be_combined"
		}
	}
	return ""
}

// worth reads what an application without a discount of the shop's takes off.
func (o *Order) worth(a *Application, percent, amount string) error {
	a.Amount = o.money(0)
	var err error
	if percent != "" {
		if a.PercentPPM, err = parseFixed(percent, 4); err != nil {
			return invalid("percent %q: %v", percent, err)
		}
		return nil
	}
	a.Amount, err = o.amount("amount", amount)
	return err
}

// goodsOf is what a discount is for that has no scope: everything but gift cards.
func goodsOf(l *Line) bool { return !l.GiftCard }

// apply takes a discount off what the covered lines (or the shipping) still cost, and allocates it.
func (o *Order) apply(a Application, eachItem bool, covers func(*Line) bool) {
	index := len(o.Applications)
	if a.Target == "shipping_line" {
		left := o.shippingNet()
		a.Taken = o.money(rounded(left, a.PercentPPM, 1_000_000))
		o.ShippingAllocations = append(o.ShippingAllocations, Allocation{index, a.Taken})
		o.Applications = append(o.Applications, a)
		return
	}
	weights := make([]int64, len(o.Lines))
	var left, pieces int64
	for i, l := range o.Lines {
		if !covers(l) {
			continue
		}
		weights[i] = l.net()
		left += weights[i]
		pieces += l.Quantity
	}
	off := a.Amount.Minor
	if a.PercentPPM > 0 {
		off = rounded(left, a.PercentPPM, 1_000_000)
	} else if eachItem {
		off *= pieces
	}
	off = min(off, left)
	a.Taken = o.money(off)
	for i, part := range allocate(off, weights) {
		if part > 0 {
			o.Lines[i].Allocations = append(o.Lines[i].Allocations, Allocation{index, o.money(part)})
		}
	}
	o.Applications = append(o.Applications, a)
}

// net is what a line costs after discounts, with tax where prices include it.
func (l *Line) net() int64 {
	sum := l.Price.Minor * l.Quantity
	for _, a := range l.Allocations {
		sum -= a.Amount.Minor
	}
	return sum
}

func (o *Order) shippingNet() int64 {
	sum := o.Shipping.Minor
	for _, a := range o.ShippingAllocations {
		sum -= a.Amount.Minor
	}
	return sum
}
