package shopifytest

import (
	"slices"
	"strings"
)

// change finds an order, lets edit alter a copy, and keeps that only if nothing went wrong.
func (s *Shop) change(id int64, edit func(o *Order, event string) ([]message, error)) (*Order, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle()
	live := s.state.Orders[id]
	if live == nil {
		return nil, notFound("order %d", id)
	}
	o := live.copy()
	event := s.uuid()
	messages, err := edit(o, event)
	if err != nil {
		return nil, err
	}
	s.remember()
	o.UpdatedAt = s.now()
	s.state.Orders[id] = o
	body := s.orderPayload(o)
	for _, m := range messages {
		if m.body == nil {
			m.body = body
		}
		s.emit(event, m)
	}
	s.emit(event, message{"orders/updated", body})
	return o.copy(), nil
}

// Pay marks an order as paid, whole or (amount not "") in part.
func (s *Shop) Pay(id int64, amount string) (*Order, error) {
	return s.change(id, func(o *Order, _ string) ([]message, error) {
		if o.CancelledAt != nil {
			return nil, &Error{Status: 409, Code: "cancelled", Message: "the order is cancelled"}
		}
		pay := o.Totals().Outstanding
		if amount != "" {
			m, err := o.amount("amount", amount)
			if err != nil {
				return nil, err
			}
			pay.Minor = min(m.Minor, pay.Minor)
		}
		if pay.Minor <= 0 {
			return nil, &Error{Status: 409, Code: "nothing_to_pay", Message: "nothing is outstanding"}
		}
		s.paid(o, pay.Minor, "bogus")
		if o.FinancialStatus() != "paid" {
			return nil, nil
		}
		return []message{{"orders/paid", nil}}, nil
	})
}

// CancelInput tells how an order is cancelled.
type CancelInput struct {
	Reason string `json:"reason"` // customer
	Refund bool   `json:"refund"` // give back what was paid
}

// Cancel cancels an order: its lines go, and with Refund the money too.
func (s *Shop) Cancel(id int64, in CancelInput) (*Order, error) {
	return s.change(id, func(o *Order, _ string) ([]message, error) {
		if o.CancelledAt != nil {
			return nil, &Error{Status: 409, Code: "cancelled", Message: "the order is cancelled already"}
		}
		reason := strings.ToLower(in.Reason)
		if reason == "" {
			reason = "customer"
		}
		if !slices.Contains([]string{"customer", "declined", "fraud", "inventory", "other", "staff"}, reason) {
			return nil, invalid("reason %q is none of Shopify's", in.Reason)
		}
		now := s.now()
		o.CancelledAt, o.CancelReason = &now, reason
		var messages []message
		if in.Refund && o.Paid.Minor > 0 {
			all := RefundInput{Shipping: o.Totals().CurrentShipping.String(), Restock: true, cancel: true}
			for _, l := range o.Lines {
				if l.CurrentQuantity > 0 {
					all.Lines = append(all.Lines, RefundLineInput{LineID: l.ID, Quantity: l.CurrentQuantity})
				}
			}
			r, err := s.refund(o, all)
			if err != nil {
				return nil, err
			}
			messages = append(messages, message{"refunds/create", s.refundPayload(o, r)})
		}
		for _, l := range o.Lines {
			l.CurrentQuantity = 0
		}
		return append(messages, message{"orders/cancelled", nil}), nil
	})
}

// EditInput changes an order's lines without refunding anything.
type EditInput struct {
	Set []EditLine  `json:"set"`
	Add []LineInput `json:"add"`
}

// EditLine gives a line another quantity; the line is named by LineID, or by Index where that is 0.
type EditLine struct {
	LineID   int64 `json:"line_id"`
	Index    int   `json:"index"`
	Quantity int64 `json:"quantity"`
}

// Edit changes an order's lines. The webhook orders/edited tells line ids and differences, not the
// order.
func (s *Shop) Edit(id int64, in EditInput) (*Order, error) {
	return s.change(id, func(o *Order, _ string) ([]message, error) {
		additions, removals := []any{}, []any{}
		for _, e := range in.Set {
			l, err := o.line(e.LineID, e.Index)
			if err != nil {
				return nil, err
			}
			if e.Quantity < 0 {
				return nil, invalid("quantity %d is below zero", e.Quantity)
			}
			switch delta := e.Quantity - l.CurrentQuantity; {
			case delta > 0:
				l.Quantity += delta
				additions = append(additions, map[string]any{"id": l.ID, "delta": delta})
			case delta < 0:
				removals = append(removals, map[string]any{"id": l.ID, "delta": -delta})
			}
			l.CurrentQuantity = e.Quantity
		}
		for _, a := range in.Add {
			l, err := s.newLine(o, a)
			if err != nil {
				return nil, err
			}
			o.Lines = append(o.Lines, l)
			s.nameLines(o)
			additions = append(additions, map[string]any{"id": l.ID, "delta": l.Quantity})
		}
		if len(additions)+len(removals) == 0 {
			return nil, invalid("the edit changes nothing")
		}
		o.Edited = true
		return []message{{"orders/edited", s.editPayload(o, additions, removals)}}, nil
	})
}

func (s *Shop) editPayload(o *Order, additions, removals []any) map[string]any {
	at := stamp(s.now())
	nothing := map[string]any{"additions": []any{}, "removals": []any{}}
	return map[string]any{"order_edit": map[string]any{
		"id": s.newID(), "order_id": o.ID, "app_id": nil, "user_id": nil, "staff_note": "", "notify_customer": false,
		"created_at": at, "committed_at": at,
		"line_items":     map[string]any{"additions": additions, "removals": removals},
		"discounts":      map[string]any{"line_item": nothing},
		"shipping_lines": nothing,
	}}
}

// DeleteOrder removes an order from the shop; the webhook tells its id and nothing more.
func (s *Shop) DeleteOrder(id int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state.Orders[id] == nil {
		return notFound("order %d", id)
	}
	s.remember()
	delete(s.state.Orders, id)
	s.emit(s.uuid(), message{"orders/delete", map[string]any{"id": id}})
	return nil
}

// Order returns an order as it stands.
func (s *Shop) Order(id int64) (*Order, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.state.Orders[id]
	if o == nil {
		return nil, notFound("order %d", id)
	}
	return o.copy(), nil
}

// line finds a line by id, or by its place where id is 0.
func (o *Order) line(id int64, index int) (*Line, error) {
	for i, l := range o.Lines {
		if l.ID == id || id == 0 && i == index {
			return l, nil
		}
	}
	return nil, invalid("order %s has no line %d (index %d)", o.Name, id, index)
}
