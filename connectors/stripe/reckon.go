package stripe

import (
	"cmp"
	"math"
	"slices"

	"grapevine/rewards"
)

// pricedLine is a line in Stripe's amounts: net of discounts and tax, and the tax on it.
type pricedLine struct {
	line     rewards.Line // without its amount
	net, tax int64
}

// price fills in codes, lines and money back.
func (s sale) price(o *rewards.Order) error {
	for _, c := range s.codes {
		off, err := moneyOf(c.off, o.Currency)
		if err != nil {
			return err
		}
		o.Codes = append(o.Codes, rewards.AppliedCode{Code: c.code, TookOff: off})
	}
	lines, err := s.lines()
	if err != nil {
		return err
	}
	var net, tax int64
	for _, l := range lines {
		if l.line.Amount, err = moneyOf(l.net, o.Currency); err != nil {
			return err
		}
		o.Lines = append(o.Lines, l.line)
		if net, err = plus(net, l.net); err != nil {
			return err
		}
		if tax, err = plus(tax, l.tax); err != nil {
			return err
		}
	}
	s.disputed(o)
	back, _ := s.back()
	if s.invoice != nil {
		if back, err = plus(back, s.invoice.NotesBefore); err != nil {
			return err
		}
	}
	if back, err = netOf(back, net, tax); err != nil {
		return err
	}
	o.MoneyBack, err = moneyUp(back, o.Currency)
	return err
}

func (s sale) disputed(o *rewards.Order) {
	o.Disputed = slices.ContainsFunc(s.disputes, func(d disputeBody) bool { return openDispute(d.Status) })
}

// plus adds two amounts. Kind Invalid on overflow.
func plus(a, b int64) (int64, error) {
	sum := a + b
	if (sum > a) != (b > 0) && b != 0 {
		return 0, rewards.Errorf(rewards.Invalid, "amount_overflow", "%d + %d", a, b)
	}
	return sum, nil
}

// netOf is the part of money paid back that is not tax, by the sale's own share of tax. Stripe does not tell
// what a refund was for, so all of it counts as goods. It is rounded up: what comes off must not be too little,
// or a reward would come out higher than was promised.
func netOf(back, net, tax int64) (int64, error) {
	if back <= 0 || tax <= 0 || net < 0 {
		return max(back, 0), nil
	}
	whole, err := plus(net, tax)
	if err != nil {
		return 0, err
	}
	part, err := rewards.Money{Minor: back}.Portion(tax, whole)
	if err != nil {
		return 0, err
	}
	return back - part.Minor, nil
}

// moneyUp is moneyOf for an amount that was reckoned and may end in digits that the currency has not: those
// are rounded up.
func moneyUp(amount int64, currency string) (rewards.Money, error) {
	if rest := amount % scale; currency == hundredths && rest != 0 {
		if amount > math.MaxInt64-scale {
			return rewards.Money{}, rewards.Errorf(rewards.Invalid, "amount_overflow", "%d %s", amount, currency)
		}
		amount += scale - rest
	}
	return moneyOf(amount, currency)
}

// lines are the sale's goods. Lines that take something off (the unused part of a plan that was changed) take
// it off the others: off the same product first.
func (s sale) lines() ([]pricedLine, error) {
	switch {
	case s.invoice != nil:
		lines, err := s.invoice.pricedLines()
		if err != nil {
			return nil, err
		}
		return settled(lines), nil
	case s.session.Items != nil:
		return s.session.pricedLines(), nil
	}
	return s.session.asOne(), nil
}

func (b *sessionBody) pricedLines() []pricedLine {
	lines := make([]pricedLine, 0, len(b.Items.Data))
	for _, i := range b.Items.Data {
		lines = append(lines, pricedLine{line: bareLine(i.ID, i.Quantity, i.Price), net: i.Total - i.Tax, tax: i.Tax})
	}
	return settled(lines)
}

// asOne is all that was bought in one line: a webhook tells no more.
func (b *sessionBody) asOne() []pricedLine {
	var shipping, tax int64
	if b.Totals != nil {
		shipping, tax = b.Totals.Shipping, b.Totals.Tax
	}
	return []pricedLine{{line: bareLine(b.ID, 1, nil), net: max(0, b.Total-tax-shipping), tax: tax}}
}

func (b *invoiceBody) pricedLines() ([]pricedLine, error) {
	if b.Lines == nil {
		return nil, nil
	}
	lines := make([]pricedLine, 0, len(b.Lines.Data))
	for _, l := range b.Lines.Data {
		p := pricedLine{line: bareLine(l.ID, l.Quantity, l.Price), net: l.Amount}
		for _, off := range l.Off {
			var err error
			if p.net, err = plus(p.net, -off.Amount); err != nil {
				return nil, err
			}
		}
		for _, t := range l.Taxes {
			var err error
			if p.tax, err = plus(p.tax, t.Amount); err != nil {
				return nil, err
			}
			if t.Inclusive {
				p.net -= t.Amount
			}
		}
		lines = append(lines, p)
	}
	return lines, nil
}

// bareLine is a line without its amount. A line of which no quantity is told counts as one piece.
func bareLine(id string, quantity int64, price *priceBody) rewards.Line {
	q := max(quantity, 1)
	l := rewards.Line{ID: id, Quantity: q, Current: q}
	if price != nil {
		l.ProductID = price.Product.ID
	}
	return l
}

// settled takes what is below zero off the other lines, the same product's first, then the largest.
func settled(lines []pricedLine) []pricedLine {
	var below, above []pricedLine
	for _, l := range lines {
		if l.net < 0 {
			below = append(below, l)
		} else {
			above = append(above, l)
		}
	}
	for _, b := range below {
		owed := -b.net
		order := make([]int, len(above))
		for i := range above {
			order[i] = i
		}
		slices.SortStableFunc(order, func(i, k int) int {
			same := func(n int) int {
				if above[n].line.ProductID == b.line.ProductID {
					return 0
				}
				return 1
			}
			return cmp.Or(same(i)-same(k), cmp.Compare(above[k].net, above[i].net))
		})
		for _, i := range order {
			took := min(owed, above[i].net)
			above[i].net -= took
			owed -= took
		}
		if len(above) > 0 { // its tax is less too
			above[order[0]].tax += b.tax
		}
	}
	return above
}
