package woocommerce

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"grapevine/rewards"
)

// The webhook tells of refunds in one line each, the API tells them whole. Both are brought into the parts
// below, so that the arithmetic exists once.

// refundParts is one refund. Amounts are above zero.
type refundParts struct {
	amount rewards.Money // that moved, tax, shipping and fees and all
	lines  []returned
	other  rewards.Money // of it for shipping and fees, with their tax
}

// returned is what a refund says of one line of the order.
type returned struct {
	line     int // place among the order's lines, −1 where it is not known
	pieces   int64
	net, tax rewards.Money
}

// standing is one line of the order with what came back of it.
type standing struct {
	rewards.Line
	tax       rewards.Money // on Amount
	back      rewards.Money // paid back for pieces, without tax
	backGross rewards.Money // the same with tax
}

// mostQuantity bounds a quantity far above any real one.
const mostQuantity = 1 << 40

// quantity reads how many pieces. Plugins sell by weight, in parts of a piece: such a line cannot be
// reckoned with. Kind Invalid, code bad_quantity.
func quantity(t text) (int64, error) {
	m, err := rewards.ParseMoney(strings.TrimPrefix(string(t), "-"), "JPY") // exact, and whole
	if err != nil || m.Minor > mostQuantity {
		return 0, rewards.Errorf(rewards.Invalid, "bad_quantity", "%.40q is no number of pieces", string(t))
	}
	return m.Minor, nil
}

// positive reads an amount without its sign: refunds have one in an order and none by themselves.
func positive(t text, currency string) (rewards.Money, error) {
	if t == "" {
		t = "0"
	}
	return rewards.ParseMoney(strings.TrimPrefix(string(t), "-"), currency)
}

// tookOff reads what a coupon took off, which comes with any number of decimals, as whole minor units towards
// zero. Kind Invalid.
func tookOff(t text, currency string) (rewards.Money, error) {
	s, exp := string(t), 0
	if s == "" {
		s = "0"
	}
	if e, ok := rewards.Exponent(currency); ok {
		exp = e
	}
	if units, rest, ok := strings.Cut(s, "."); ok && len(rest) > exp && strings.Trim(rest, "0123456789") == "" {
		if s = units; exp > 0 {
			s += "." + rest[:exp]
		}
	}
	if s == "-0" || strings.HasPrefix(s, "-") {
		s = "0"
	}
	return rewards.ParseMoney(s, currency)
}

// price fills in codes, lines and the money that was given back without lines. Kind Invalid, codes
// unknown_currency, bad_amount, bad_quantity, amount_overflow.
func (b *orderBody) price(o *rewards.Order, refunds []refundParts) error {
	o.Codes, o.Lines = nil, nil
	for _, c := range b.Coupons {
		took, err := tookOff(c.Discount, o.Currency)
		if err != nil {
			return err
		}
		if c.Code != "" {
			o.Codes = append(o.Codes, rewards.AppliedCode{Code: string(c.Code), TookOff: took})
		}
	}
	lines, err := b.standings(o.Currency)
	if err != nil {
		return err
	}
	off, err := b.feesOff(o.Currency)
	if err != nil {
		return err
	}
	if err = takeOff(lines, off); err != nil {
		return err
	}
	if o.MoneyBack, err = moneyBack(o.Currency, lines, refunds); err != nil {
		return err
	}
	for _, l := range lines {
		o.Lines = append(o.Lines, l.Line)
	}
	return b.paidBack(o, refunds)
}

// standings are the order's lines as bought.
func (b *orderBody) standings(currency string) ([]standing, error) {
	out := make([]standing, 0, len(b.Lines))
	none := rewards.Money{Currency: currency}
	for _, l := range b.Lines {
		n, err := quantity(l.Quantity)
		if err != nil {
			return nil, err
		}
		s := standing{Line: rewards.Line{ID: l.ID.id(), ProductID: l.ProductID.id(), Quantity: n, Current: n}, tax: none, back: none, backGross: none}
		if s.Amount, err = rewards.ParseMoney(string(l.Total), currency); err != nil {
			return nil, err
		}
		if l.Tax != "" {
			if s.tax, err = rewards.ParseMoney(string(l.Tax), currency); err != nil {
				return nil, err
			}
		}
		out = append(out, s)
	}
	return out, nil
}

// feesOff is what fees below zero come to. Kind Invalid.
func (b *orderBody) feesOff(currency string) (rewards.Money, error) {
	off := rewards.Money{Currency: currency}
	for _, f := range b.Fees {
		if !strings.HasPrefix(string(f.Total), "-") {
			continue
		}
		m, err := positive(f.Total, currency)
		if err != nil {
			return off, err
		}
		if off, err = off.Add(m); err != nil {
			return off, err
		}
	}
	return off, nil
}

// takeOff takes an amount off the lines, off each by its share, with the tax on it, and never more than there is.
func takeOff(lines []standing, off rewards.Money) error {
	var amounts []rewards.Money
	for _, l := range lines {
		if l.Amount.Minor > 0 {
			amounts = append(amounts, l.Amount)
		}
	}
	goods, err := sum(off.Currency, amounts...)
	if err != nil {
		return err
	}
	off.Minor = min(off.Minor, goods.Minor)
	for i := range lines { // of what is left, by what is left: rounding loses nothing
		l := &lines[i]
		whole := l.Amount.Minor
		if whole <= 0 {
			continue
		}
		part, err := off.Portion(whole, goods.Minor)
		if err != nil {
			return err
		}
		tax, err := l.tax.Portion(part.Minor, whole)
		if err != nil {
			return err
		}
		l.Amount.Minor -= part.Minor
		l.tax.Minor -= tax.Minor
		off.Minor -= part.Minor
		goods.Minor -= whole
	}
	return nil
}

// paidBack notes that money came back: of an order that was paid, all of it or a part.
func (b *orderBody) paidBack(o *rewards.Order, refunds []refundParts) error {
	if o.Payment != rewards.PaymentPaid || len(refunds) == 0 {
		return nil
	}
	total, err := positive(b.Total, o.Currency)
	if err != nil {
		return err
	}
	back := rewards.Money{Currency: o.Currency}
	for _, r := range refunds {
		if back, err = back.Add(r.amount); err != nil {
			return err
		}
	}
	o.Payment = rewards.PaymentPartiallyRefunded
	if total.Minor > 0 && back.Minor >= total.Minor {
		o.Payment = rewards.PaymentRefunded
	}
	return nil
}

// moneyBack takes what came back off the lines, and tells what was given back for goods beside that,
// without tax:
//
//   - what a refund gave for a line without taking pieces of it, or for a line that is not known;
//   - what it gave for pieces beyond what they cost;
//   - what it gave without saying what for, less the tax in it by the goods' own share.
//
// Pieces can come back without money, or with less, and the money later in a refund that names no line.
// Money that equals what such pieces were worth, of one line or of all of them together, is the money of
// these pieces, which count already. Otherwise nothing tells what it was for, and it counts as goods: rather
// that than a reward for goods not paid for.
func moneyBack(currency string, lines []standing, refunds []refundParts) (rewards.Money, error) {
	back := rewards.Money{Currency: currency}
	var over []rewards.Money
	for _, r := range refunds {
		direct, unsaid, err := r.share(lines)
		if err != nil {
			return back, err
		}
		if back, err = back.Add(direct); err != nil {
			return back, err
		}
		if unsaid.Minor > 0 {
			over = append(over, unsaid)
		}
	}
	var open []rewards.Money
	for _, l := range lines {
		beyond, gap, err := l.compare()
		if err != nil {
			return back, err
		}
		if back, err = back.Add(beyond); err != nil {
			return back, err
		}
		if gap.Minor > 0 {
			open = append(open, gap)
		}
	}
	unsaid, err := sum(currency, fill(over, open)...)
	if err != nil {
		return back, err
	}
	net, err := netOf(unsaid, lines)
	if err != nil {
		return back, err
	}
	return back.Add(net)
}

// share takes a refund's pieces off the lines. direct is what it gave for lines without pieces; unsaid, what
// it gave without saying what for, with tax.
func (r refundParts) share(lines []standing) (direct, unsaid rewards.Money, err error) {
	direct = rewards.Money{Currency: r.amount.Currency}
	unsaid = r.amount
	explained := r.other
	for _, l := range r.lines {
		gross, err := l.net.Add(l.tax)
		if err != nil {
			return direct, unsaid, err
		}
		if explained, err = explained.Add(gross); err != nil {
			return direct, unsaid, err
		}
		if l.line < 0 || l.pieces == 0 {
			if direct, err = direct.Add(l.net); err != nil {
				return direct, unsaid, err
			}
			continue
		}
		s := &lines[l.line]
		s.Current = max(0, s.Current-l.pieces)
		if s.back, err = s.back.Add(l.net); err != nil {
			return direct, unsaid, err
		}
		if s.backGross, err = s.backGross.Add(gross); err != nil {
			return direct, unsaid, err
		}
	}
	unsaid, err = unsaid.Sub(explained)
	return direct, unsaid, err
}

// compare tells what was paid for a line's pieces beyond what they cost, without tax, and what was paid too
// little, with tax.
func (s standing) compare() (beyond, gap rewards.Money, err error) {
	beyond, gap = rewards.Money{Currency: s.Amount.Currency}, rewards.Money{Currency: s.Amount.Currency}
	if s.Quantity == 0 || s.Current == s.Quantity {
		return beyond, gap, nil
	}
	worth := func(m rewards.Money) (rewards.Money, error) {
		left, err := m.Portion(s.Current, s.Quantity)
		if err != nil {
			return m, err
		}
		return m.Sub(left)
	}
	net, err := worth(s.Amount)
	if err != nil {
		return beyond, gap, err
	}
	gross, err := s.Amount.Add(s.tax)
	if err != nil {
		return beyond, gap, err
	}
	if gross, err = worth(gross); err != nil {
		return beyond, gap, err
	}
	if s.back.Minor > net.Minor {
		beyond, err = s.back.Sub(net)
	} else if s.backGross.Minor < gross.Minor {
		gap, err = gross.Sub(s.backGross)
	}
	return beyond, gap, err
}

// fill takes out every amount that equals a gap, each gap once; then, where what is left open comes to one of
// the amounts, or to all of them, those too.
func fill(over, open []rewards.Money) []rewards.Money {
	slices.SortFunc(over, func(a, b rewards.Money) int { return cmp.Compare(a.Minor, b.Minor) })
	var rest []rewards.Money
	for _, m := range over {
		if i := slices.Index(open, m); i >= 0 {
			open = slices.Delete(open, i, i+1)
		} else {
			rest = append(rest, m)
		}
	}
	together, total := int64(0), int64(0)
	for _, m := range open {
		together += m.Minor
	}
	for _, m := range rest {
		total += m.Minor
	}
	if len(open) == 0 {
		return rest
	}
	if together == total {
		return nil
	}
	if i := slices.IndexFunc(rest, func(m rewards.Money) bool { return m.Minor == together }); i >= 0 {
		rest = slices.Delete(rest, i, i+1)
	}
	return rest
}

// netOf is the part of an amount paid for goods that is not tax, by the goods' own share of tax. It is
// rounded up: what is taken off the eligible total must not be too little.
func netOf(paid rewards.Money, lines []standing) (rewards.Money, error) {
	net, tax := rewards.Money{Currency: paid.Currency}, rewards.Money{Currency: paid.Currency}
	var err error
	for _, l := range lines {
		if net, err = net.Add(l.Amount); err != nil {
			return paid, err
		}
		if tax, err = tax.Add(l.tax); err != nil {
			return paid, err
		}
	}
	whole, err := net.Add(tax)
	if err != nil {
		return paid, err
	}
	if tax.Minor <= 0 || net.Minor < 0 {
		return paid, nil
	}
	part, err := paid.Portion(tax.Minor, whole.Minor)
	if err != nil {
		return paid, err
	}
	return paid.Sub(part)
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

// stubs are the refunds as the order itself tells them: how much, and not what for.
func (b *orderBody) stubs() ([]refundParts, error) {
	var out []refundParts
	for _, r := range b.Refunds {
		amount, err := positive(r.Total, string(b.Currency))
		if err != nil {
			return nil, err
		}
		out = append(out, refundParts{amount: amount, other: rewards.Money{Currency: string(b.Currency)}})
	}
	return out, nil
}

// metaRefunded names the line of the order that a line of a refund is about.
const metaRefunded = "_refunded_item_id"

// parts reads a refund. Its amount counts whatever its lines come to.
func (r refundBody) parts(b *orderBody) (refundParts, error) {
	currency := string(b.Currency)
	p := refundParts{other: rewards.Money{Currency: currency}}
	var err error
	if p.amount, err = positive(r.Amount, currency); err != nil {
		return p, err
	}
	for _, l := range r.Lines {
		back := returned{line: b.refunded(l)}
		if back.pieces, err = quantity(l.Quantity); err != nil {
			return p, err
		}
		if back.net, back.tax, err = l.amounts(currency); err != nil {
			return p, err
		}
		p.lines = append(p.lines, back)
	}
	for _, l := range append(slices.Clone(r.Shipping), r.Fees...) {
		net, tax, err := l.amounts(currency)
		if err != nil {
			return p, err
		}
		if p.other, err = sum(currency, p.other, net, tax); err != nil {
			return p, err
		}
	}
	return p, nil
}

func (l lineBody) amounts(currency string) (net, tax rewards.Money, err error) {
	if net, err = positive(l.Total, currency); err != nil {
		return net, tax, err
	}
	tax, err = positive(l.Tax, currency)
	return net, tax, err
}

// refunded finds the order's line that a refund's line is about: by its meta data, else as the only line of
// that product. −1 where it cannot be told.
func (b *orderBody) refunded(l lineBody) int {
	if id, err := strconv.ParseInt(metaText(l.Meta, metaRefunded), 10, 64); err == nil {
		return slices.IndexFunc(b.Lines, func(o lineBody) bool { return int64(o.ID) == id })
	}
	found := -1
	for i, o := range b.Lines {
		if o.ProductID != l.ProductID || o.Variation != l.Variation {
			continue
		}
		if found >= 0 {
			return -1
		}
		found = i
	}
	return found
}
