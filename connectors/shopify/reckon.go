package shopify

import (
	"cmp"
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

// lineParts is one line as bought: price × quantity, and the tax, which is in it where prices include tax.
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

// goodsParts is what an order's goods cost as they were bought, and the tax on them. Tips and gift cards
// are no goods.
type goodsParts struct {
	net, tax rewards.Money
}

// add counts a line, which costs net.
func (g *goodsParts) add(p lineParts, net rewards.Money) error {
	if p.line.GiftCard {
		return nil
	}
	var err error
	if g.net, err = g.net.Add(net); err != nil {
		return err
	}
	g.tax, err = sum(net.Currency, append(p.taxes, g.tax)...)
	return err
}

// netOf is the part of an amount paid for goods that is not tax, by the order's own share of tax. It is
// rounded up: what is taken off the eligible total must not be too little, or a reward would come out
// higher than was promised.
func (g goodsParts) netOf(paid rewards.Money) (rewards.Money, error) {
	whole, err := g.net.Add(g.tax)
	if err != nil {
		return rewards.Money{}, err
	}
	if g.tax.Minor <= 0 || g.net.Minor < 0 {
		return paid, nil
	}
	tax, err := paid.Portion(g.tax.Minor, whole.Minor)
	if err != nil {
		return rewards.Money{}, err
	}
	return paid.Sub(tax)
}

// gap is what a refund's lines and shipping are worth less the money that moved: above zero where it
// gave back less, below where it gave back more. Where prices include tax, Shopify does not say whether
// a refund line's subtotal includes it too: few is the gap if it does, all if it does not.
type gap struct {
	few, all rewards.Money
}

func (g gap) ifIncluded() rewards.Money    { return g.few }
func (g gap) ifNotIncluded() rewards.Money { return g.all }

// readings are the two ways to take a gap, in the order in which they are tried.
var readings = []func(gap) rewards.Money{gap.ifIncluded, gap.ifNotIncluded}

func (r refundParts) gap(taxesIncluded bool) (gap, error) {
	left, err := r.back.Sub(r.shipping)
	if err != nil {
		return gap{}, err
	}
	var g gap
	if g.few, err = r.lines.Sub(left); err != nil {
		return gap{}, err
	}
	if g.all, err = g.few.Add(r.tax); err != nil {
		return gap{}, err
	}
	if !taxesIncluded {
		g.few = g.all
	}
	return g, nil
}

// moneyWithoutLines is what was given back, tax and all, without naming lines or shipping for it.
//
// Each refund is reckoned by itself: what it moved beyond the worth of its lines and shipping is money
// without lines. A refund that moved less leaves a gap: the lines were taken off before they were paid,
// a fee was kept, or the money moves later, in a refund that names no lines. The gap therefore takes
// nothing off other refunds, with one exception: money without lines that is, to the unit, what such
// gaps left open is the money of those lines, which count already. It may have moved before the lines
// came back or after. That is so for an amount that equals
//
//   - one gap, each gap being filled once;
//   - else all gaps that are still open, together;
//
// and for all remaining amounts where together they equal those gaps. In any other case nothing tells
// what the money was for, and it counts as goods: rather that than a reward for goods not paid for.
func moneyWithoutLines(currency string, taxesIncluded bool, refunds []refundParts) (rewards.Money, error) {
	none := rewards.Money{Currency: currency}
	var over []rewards.Money
	var open []gap
	for _, r := range refunds {
		g, err := r.gap(taxesIncluded)
		if err != nil {
			return none, err
		}
		if g.few.Minor > 0 {
			open = append(open, g)
		} else if g.all.Minor < 0 {
			more, err := none.Sub(g.all)
			if err != nil {
				return none, err
			}
			over = append(over, more)
		}
	}
	over, open = fillEach(over, open)
	total, err := sum(currency, over...)
	if err != nil || len(over) == 0 {
		return total, err
	}
	for _, reading := range readings {
		together := none
		for _, g := range open {
			if together, err = together.Add(reading(g)); err != nil {
				return none, err
			}
		}
		if together == total {
			return none, nil
		}
		if slices.Contains(over, together) {
			return total.Sub(together)
		}
	}
	return total, nil
}

// fillEach takes out every amount that equals a gap, with its gap. In which order a shop lists its
// refunds makes no difference.
func fillEach(over []rewards.Money, open []gap) ([]rewards.Money, []gap) {
	slices.SortFunc(over, func(a, b rewards.Money) int { return cmp.Compare(a.Minor, b.Minor) })
	slices.SortFunc(open, func(a, b gap) int {
		return cmp.Or(cmp.Compare(a.few.Minor, b.few.Minor), cmp.Compare(a.all.Minor, b.all.Minor))
	})
	for _, reading := range readings {
		var rest []rewards.Money
		for _, m := range over {
			if i := slices.IndexFunc(open, func(g gap) bool { return reading(g) == m }); i >= 0 {
				open = slices.Delete(open, i, i+1)
			} else {
				rest = append(rest, m)
			}
		}
		over = rest
	}
	return over, open
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
