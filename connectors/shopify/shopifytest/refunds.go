package shopifytest

import "slices"

// RefundInput is what goes back: pieces of lines, shipping, and money that belongs to no line.
type RefundInput struct {
	Lines       []RefundLineInput `json:"lines"`
	Amount      string            `json:"amount"`   // money without lines
	Shipping    string            `json:"shipping"` // of the shipping
	Note        string            `json:"note"`
	Restock     bool              `json:"restock"`
	Status      string            `json:"status"`       // of the transaction: success, pending, failure, error
	NoMoney     bool              `json:"no_money"`     // lines go back, but no money moves
	Force       bool              `json:"force"`        // more than was paid
	LegacyShape bool              `json:"legacy_shape"` // shipping as an order adjustment, as before 2024-10

	cancel bool
}

// RefundLineInput names a line by id, or by its place where LineID is 0; Quantity 0 is all that is
// left of it.
type RefundLineInput struct {
	LineID   int64 `json:"line_id"`
	Index    int   `json:"index"`
	Quantity int64 `json:"quantity"`
}

// Refund gives something back. It returns the order with the new refund as its last.
func (s *Shop) Refund(id int64, in RefundInput) (*Order, error) {
	return s.change(id, func(o *Order, _ string) ([]message, error) {
		r, err := s.refund(o, in)
		if err != nil {
			return nil, err
		}
		return []message{{"refunds/create", s.refundPayload(o, r)}}, nil
	})
}

// refund changes the order and adds the refund to it.
func (s *Shop) refund(o *Order, in RefundInput) (*Refund, error) {
	if in.Status == "" {
		in.Status = "success"
	}
	if !slices.Contains([]string{"success", "pending", "failure", "error"}, in.Status) {
		return nil, invalid("status %q of a refund's transaction", in.Status)
	}
	r := &Refund{
		ID: s.newID(), OrderID: o.ID, CreatedAt: s.now(), Note: in.Note, Restock: in.Restock, Cancel: in.cancel,
		LegacyShape: in.LegacyShape, Lines: []RefundLine{},
	}
	sum, err := s.refundLines(o, r, in.Lines)
	if err != nil {
		return nil, err
	}
	if r.Shipping, err = o.amount("shipping", in.Shipping); err != nil {
		return nil, err
	}
	if r.Discrepancy, err = o.amount("amount", in.Amount); err != nil {
		return nil, err
	}
	t := o.Totals()
	if r.Shipping.Minor > t.CurrentShipping.Minor && !in.Force {
		return nil, &Error{Status: 422, Code: "refund_too_high", Message: "shipping left is " + t.CurrentShipping.String()}
	}
	sum += r.Shipping.Minor + r.Discrepancy.Minor
	if sum == 0 && len(r.Lines) == 0 {
		return nil, invalid("the refund gives nothing back")
	}
	if left := o.Paid.Minor - t.Refunded.Minor; sum > left && !in.Force && !in.NoMoney {
		return nil, &Error{Status: 422, Code: "refund_too_high", Message: "paid and not refunded is " + o.money(left).String()}
	}
	if r.Shipping.Minor > 0 {
		r.ShippingID = s.newID()
	}
	if r.Discrepancy.Minor > 0 {
		r.AdjustID = s.newID()
	}
	if !in.NoMoney && sum > 0 {
		r.Transaction = &Transaction{ID: s.newID(), Kind: "refund", Status: in.Status, Gateway: "bogus", At: r.CreatedAt, Amount: o.money(sum)}
	}
	o.Refunds = append(o.Refunds, r)
	return r, nil
}

// refundLines takes pieces back; what a piece gives back is cumulative, so that the parts of a line
// add up to the line.
func (s *Shop) refundLines(o *Order, r *Refund, lines []RefundLineInput) (int64, error) {
	var sum int64
	for _, in := range lines {
		l, err := o.line(in.LineID, in.Index)
		if err != nil {
			return 0, err
		}
		if in.Quantity == 0 {
			in.Quantity = l.CurrentQuantity
		}
		if in.Quantity <= 0 || in.Quantity > l.CurrentQuantity {
			return 0, &Error{Status: 422, Code: "refund_too_high", Message: "of line " + l.Title + " there are " + formatFixed(l.CurrentQuantity, 0) + " left"}
		}
		left := l.CurrentQuantity - in.Quantity
		subtotal := l.part(l.CurrentQuantity) - l.part(left)
		tax := l.taxPart(l.CurrentQuantity) - l.taxPart(left)
		l.CurrentQuantity = left
		r.Lines = append(r.Lines, RefundLine{
			ID: s.newID(), LineID: l.ID, Quantity: in.Quantity, Subtotal: o.money(subtotal), Tax: o.money(tax),
		})
		sum += subtotal
		if !o.TaxesIncluded {
			sum += tax
		}
	}
	return sum, nil
}
