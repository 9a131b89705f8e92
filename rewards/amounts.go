package rewards

import "cmp"

// Priced tells whether this reward is an amount: a percentage off, free shipping, a product or a tag is not.
func (s RewardSpec) Priced() bool {
	switch s.Kind {
	case KindDiscountCode:
		return s.Discount.Amount.Minor > 0
	case KindProduct, KindTag:
		return false
	}
	return true
}

// Earned is what the rule yields for an order whose eligible total was original when placed: the amount,
// the percentage of it, or so many points for each whole unit of it, towards zero. It is zero for what has
// no amount. Kind Invalid for a percentage that is none or an amount that leaves int64.
func (s RewardSpec) Earned(original Money) (Money, error) {
	unit := s.Kind.Unit(original.Currency)
	switch {
	case !s.Priced():
		return Money{Currency: original.Currency}, nil
	case s.Kind == KindDiscountCode:
		return s.Discount.Amount, nil
	case s.PerUnit > 0:
		return s.pointsFor(original)
	case s.Percent > 0:
		return original.Share(s.Percent)
	}
	return Money{Minor: s.Amount.Minor, Currency: cmp.Or(s.Amount.Currency, unit)}, nil
}

// pointsFor gives points for each unit of money, a part of a point not counting.
func (s RewardSpec) pointsFor(original Money) (Money, error) {
	whole := int64(1)
	exp, _ := Exponent(original.Currency)
	for range exp {
		whole *= 10
	}
	points, err := Money{Minor: original.Minor, Currency: UnitPoints}.times(s.PerUnit, whole)
	return points, err
}

// times returns m × num ÷ den, towards zero. Kind Invalid where the result leaves int64 or den is not
// above zero.
func (m Money) times(num, den int64) (Money, error) {
	if num <= den {
		return m.Portion(num, den)
	}
	if den <= 0 || m.Minor < 0 {
		return Money{}, Errorf(Invalid, "bad_portion", "%s × %d ÷ %d", m, num, den)
	}
	whole, part := num/den, num%den
	rest, err := m.Portion(part, den)
	if err != nil {
		return Money{}, err
	}
	if whole != 0 && m.Minor > (1<<62)/whole {
		return Money{}, Errorf(Invalid, "amount_overflow", "%s × %d leaves the range of int64", m, whole)
	}
	return Money{Minor: m.Minor * whole, Currency: m.Currency}.Add(rest)
}

// Net is what is left of a reward of this value after refunds, by the programme's policy. In proportion
// means towards zero; of entries and tickets, which have no parts, away from it. The minimum is not looked
// at here.
func (p Program) Net(value Money, e Eligible) (Money, error) {
	none := Money{Currency: value.Currency}
	switch {
	case e.Left.Minor <= 0:
		return none, nil
	case p.PartialRefund == RefundKeep:
		return value, nil
	case p.PartialRefund == RefundTakeBack && e.Left.Minor < e.Original.Minor:
		return none, nil
	}
	part := min(e.Left.Minor, e.Original.Minor)
	if value.Currency == UnitEntries || value.Currency == UnitTickets { // no part of one is worth anything
		gone, err := value.Portion(e.Original.Minor-part, e.Original.Minor)
		if err != nil {
			return none, err
		}
		return value.Sub(gone)
	}
	return value.Portion(part, e.Original.Minor)
}

// amounts checks what the order is worth and reckons the rewards. false: they cannot be reckoned.
func (t *trial) amounts() bool {
	o := t.f.Order
	if o.Currency != t.p.Currency {
		t.holdFirmly(ReasonUnknownCurrency, "currency", false, "the order is in %s, the offer in %s", o.Currency, t.p.Currency)
		return false
	}
	var err error
	if t.left, err = o.EligibleFor(t.p.Qualify.Scope); err != nil {
		t.holdFirmly(ReasonUnreadableOrder, "readable", false, "%s", CodeOf(err))
		return false
	}
	t.standing()
	if err := t.grants(); err != nil {
		t.d.Grants = nil
		if t.rejected != "" { // nothing is left to reckon from
			return true
		}
		t.holdFirmly(ReasonUnreadableOrder, "reward", false, "%s", CodeOf(err))
		return false
	}
	t.d.Reckoned = true
	return true
}

// standing checks that the order is there and large enough.
func (t *trial) standing() {
	o, e := t.f.Order, t.left
	t.reject(ReasonCancelled, "not_cancelled", !o.Cancelled && o.Payment != PaymentVoided, "%s, payment %s", either(o.Cancelled, "cancelled", "not cancelled"), o.Payment)
	t.reject(ReasonRefunded, "not_refunded", o.Payment != PaymentRefunded, "payment %s", o.Payment)
	t.reject(ReasonNoEligibleGoods, "eligible_goods", e.Original.Minor > 0, "goods for %s", e.Original)
	if e.Original.Minor > 0 && !o.Gone() {
		kept := e.Left.Minor > 0 && (t.p.PartialRefund != RefundTakeBack || e.Left.Minor == e.Original.Minor)
		t.reject(ReasonRefunded, "left", kept, "%s of %s left, a part refunded: %s", e.Left, e.Original, t.p.PartialRefund)
	}
	if minimum := t.p.Qualify.Minimum; minimum.Minor > 0 {
		basis := e.Left
		if t.p.PartialRefund == RefundKeep {
			basis = e.Original // the reward is whole until nothing is left
		}
		t.reject(ReasonBelowMinimum, "minimum", basis.Minor >= minimum.Minor, "eligible %s, minimum %s", basis, minimum)
	}
}
