package rewards

// Priced tells whether this reward is an amount of money; a percentage off or free shipping is not.
func (s RewardSpec) Priced() bool {
	return s.Kind == KindStoreCredit || s.Discount.Amount.Minor > 0
}

// Earned is what the rule yields for an order whose eligible total was original when placed: the amount,
// or the percentage of it, towards zero. It is zero for a code that takes a percentage or the shipping off.
// Kind Invalid for a percentage that is none.
func (s RewardSpec) Earned(original Money) (Money, error) {
	switch {
	case s.Kind == KindStoreCredit && s.Percent > 0:
		return original.Share(s.Percent)
	case s.Kind == KindStoreCredit:
		return s.Amount, nil
	case s.Discount.Amount.Minor > 0:
		return s.Discount.Amount, nil
	}
	return Money{Currency: original.Currency}, nil
}

// Net is what is left of a reward of this value after refunds, by the programme's policy. The minimum
// is not looked at here.
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
	return value.Portion(e.Left.Minor, e.Original.Minor)
}

// amounts checks what the order is worth and reckons the reward. false: it cannot be reckoned.
func (t *trial) amounts() bool {
	o := t.f.Order
	if o.Currency != t.p.Currency {
		t.holdFirmly(ReasonUnknownCurrency, "currency", false, "the order is in %s, the offer in %s", o.Currency, t.p.Currency)
		return false
	}
	var err error
	if t.left, err = o.Eligible(); err != nil {
		t.holdFirmly(ReasonUnreadableOrder, "readable", false, "%s", CodeOf(err))
		return false
	}
	t.standing()
	if t.d.Value, err = t.p.Reward.Earned(t.left.Original); err == nil {
		t.d.Net, err = t.p.Net(t.d.Value, t.left)
	}
	if err != nil {
		t.d.Value, t.d.Net = Money{}, Money{}
		if t.rejected != "" { // nothing is left to reckon from
			return true
		}
		t.holdFirmly(ReasonUnreadableOrder, "reward", false, "%s", CodeOf(err))
		return false
	}
	if t.p.Reward.Priced() && t.rejected == "" {
		t.reject(ReasonBelowMinimum, "reward", t.d.Value.Minor > 0, "%s of %s", t.d.Value, t.left.Original)
		t.reject(ReasonRefunded, "reward_left", t.d.Net.Minor > 0, "%s of %s", t.d.Net, t.d.Value)
	}
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
	if t.p.Minimum.Minor > 0 {
		basis := e.Left
		if t.p.PartialRefund == RefundKeep {
			basis = e.Original // the reward is whole until nothing is left
		}
		t.reject(ReasonBelowMinimum, "minimum", basis.Minor >= t.p.Minimum.Minor, "eligible %s, minimum %s", basis, t.p.Minimum)
	}
}
