package shopify

import (
	"slices"

	"grapevine/rewards"
)

// The webhook and the API tell of the same order in two shapes. Both are brought into the parts below,
// so that the arithmetic exists once and both give the same rewards.Order.

// application is one discount on an order; code is "" unless the buyer applied it as a code.
type application struct {
	index int
	code  string
}

// allocation is what a discount took off one line.
type allocation struct {
	index  int
	amount rewards.Money
}

// lineParts is one line as bought: price × quantity, and the tax in it where prices include tax.
type lineParts struct {
	line        rewards.Line // without its amount
	gross       rewards.Money
	taxes       []rewards.Money
	allocations []allocation
}

// refundParts is one refund: what its lines were worth, their tax, the shipping paid back with its tax,
// and the money that really moved.
type refundParts struct {
	lines, tax, shipping, back rewards.Money
}

// sum adds amounts up; currency is that of an empty sum.
func sum(currency string, amounts ...rewards.Money) (rewards.Money, error) {
	total := rewards.Money{Currency: currency}
	for _, m := range amounts {
		var err error
		if total, err = total.Add(m); err != nil {
			return rewards.Money{}, err
		}
	}
	return total, nil
}

// finish gives the line its amount: after discounts, without tax.
func (p lineParts) finish(currency string, taxesIncluded bool) (rewards.Line, error) {
	off := make([]rewards.Money, 0, len(p.allocations)+len(p.taxes))
	for _, a := range p.allocations {
		off = append(off, a.amount)
	}
	if taxesIncluded {
		off = append(off, p.taxes...)
	}
	less, err := sum(currency, off...)
	if err != nil {
		return rewards.Line{}, err
	}
	p.line.Amount, err = p.gross.Sub(less)
	return p.line, err
}

// times multiplies a price without overflow. Kind Invalid.
func times(m rewards.Money, n int64) (rewards.Money, error) {
	if n != 0 && (m.Minor*n)/n != m.Minor || n < 0 {
		return rewards.Money{}, rewards.Errorf(rewards.Invalid, "amount_overflow", "%d × %s", n, m)
	}
	return rewards.Money{Minor: m.Minor * n, Currency: m.Currency}, nil
}

// codesOf tells what each code took off. A code that stands for two discounts (one on goods, one on
// shipping) is one code.
func codesOf(currency string, apps []application, allocations []allocation) ([]rewards.AppliedCode, error) {
	took := map[int]rewards.Money{}
	for _, a := range allocations {
		var err error
		if took[a.index], err = took[a.index].Add(a.amount); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(apps, func(a, b application) int { return a.index - b.index })
	var codes []rewards.AppliedCode
	place := map[string]int{}
	for _, a := range apps {
		if a.code == "" {
			continue
		}
		key := a.code
		if folded, ok := rewards.FoldCode(a.code); ok {
			key = folded
		}
		i, seen := place[key]
		if !seen {
			i = len(codes)
			place[key] = i
			codes = append(codes, rewards.AppliedCode{Code: a.code, TookOff: rewards.Money{Currency: currency}})
		}
		var err error
		if codes[i].TookOff, err = codes[i].TookOff.Add(took[a.index]); err != nil {
			return nil, err
		}
	}
	return codes, nil
}

// moneyBack is what was refunded for goods without naming a line: refunds less lines less shipping,
// over all refunds of the order, never below zero.
//
// Where prices include tax, Shopify does not say whether a refund line's subtotal includes it too, so
// whichever of the two explains the money that moved is taken.
func moneyBack(currency string, taxesIncluded bool, refunds []refundParts) (rewards.Money, error) {
	total := rewards.Money{Currency: currency}
	for _, r := range refunds {
		left, err := r.back.Sub(r.shipping)
		if err != nil {
			return rewards.Money{}, err
		}
		goods, err := r.lines.Add(r.tax)
		if err != nil {
			return rewards.Money{}, err
		}
		if taxesIncluded {
			goods.Minor = min(goods.Minor, max(left.Minor, r.lines.Minor))
		}
		if left, err = left.Sub(goods); err != nil {
			return rewards.Money{}, err
		}
		if total, err = total.Add(left); err != nil {
			return rewards.Money{}, err
		}
	}
	total.Minor = max(total.Minor, 0)
	return total, nil
}

// payment brings Shopify's financial status, as a webhook or as the API writes it in lower case, into
// the domain's words. What is not known never counts as paid.
// Source: Admin API 2026-10, OrderDisplayFinancialStatus; REST Order.financial_status.
func payment(status string) rewards.Payment {
	switch status {
	case "pending", "authorized", "partially_paid":
		return rewards.PaymentPending
	case "paid":
		return rewards.PaymentPaid
	case "partially_refunded":
		return rewards.PaymentPartiallyRefunded
	case "refunded":
		return rewards.PaymentRefunded
	case "voided", "expired":
		return rewards.PaymentVoided
	}
	return rewards.PaymentUnknown
}
