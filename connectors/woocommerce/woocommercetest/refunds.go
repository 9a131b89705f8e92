package woocommercetest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
)

func (r *Refund) tax() Money {
	var sum Money
	for _, l := range r.Lines {
		sum += l.Tax
	}
	return sum
}

// RefundInput says what is given back. Without an amount it is the sum of the lines; without lines, it is
// for nothing in particular.
type RefundInput struct {
	Amount string // "": what the lines come to; without lines all that is left
	Reason string
	Lines  []RefundLine // LineID, Quantity, Total, Tax
	ByAPI  bool         // the payment gateway moves the money
}

// RefundOrder gives money back. An order of which nothing is left is refunded; until then its status and its
// total stay.
func (s *Server) RefundOrder(orderID string, in RefundInput) (Refund, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, err := s.order(orderID)
	if err != nil {
		return Refund{}, err
	}
	return s.refund(o, in)
}

// refund is RefundOrder. The lock is held.
func (s *Server) refund(o *Order, in RefundInput) (Refund, error) {
	left := o.Total() - o.Refunded()
	amount := left
	var err error
	switch {
	case in.Amount != "":
		if amount, err = ParseMoney(in.Amount); err != nil {
			return Refund{}, err
		}
	case len(in.Lines) > 0:
		amount = 0
		for _, l := range in.Lines {
			amount += l.Total + l.Tax
		}
	}
	if amount = amount.round(s.opts.Decimals); amount <= 0 || amount > left {
		return Refund{}, &refusal{text: "Invalid refund amount."}
	}
	r := Refund{
		ID: next(&s.st.lastPost), OrderID: o.ID, MetaID: next(&s.st.lastMeta), At: s.now(), Amount: amount, Reason: in.Reason, ByAPI: in.ByAPI,
	}
	for _, l := range in.Lines {
		l.ID, l.MetaID = next(&s.st.lastItem), next(&s.st.lastMeta)
		r.Lines = append(r.Lines, l)
	}
	o.Refunds = append(o.Refunds, r)
	o.Modified = s.now()
	if amount == left {
		s.setStatus(o, "refunded")
	}
	s.emit("order.updated", o.ID)
	s.emit("action.woocommerce_order_refunded", o.ID)
	return r, nil
}

// whole is a refund line for all that is left of a line; not ok: nothing is.
func (o *Order) whole(l Line) (RefundLine, bool) {
	out := RefundLine{LineID: l.ID, Quantity: l.Quantity, Total: l.Total, Tax: l.TotalTax}
	for _, r := range o.Refunds {
		for _, gone := range r.Lines {
			if gone.LineID == l.ID {
				out.Quantity -= gone.Quantity
				out.Total -= gone.Total
				out.Tax -= gone.Tax
			}
		}
	}
	return out, out.Quantity > 0
}

// refundBody is a refund as its own endpoints give it: the amount is positive, what is in the lines negative.
func (s *Server) refundBody(r *Refund, base string, parent bool) map[string]any {
	d := s.opts.Decimals
	goods, shipping := []any{}, []any{}
	for _, l := range r.Lines {
		meta := []any{map[string]any{"id": l.MetaID, "key": "_refunded_item_id", "value": idText(l.LineID), "display_key": "_refunded_item_id", "display_value": idText(l.LineID)}}
		if l.Shipping {
			shipping = append(shipping, map[string]any{"id": l.ID, "method_title": "Flat rate", "method_id": "flat_rate", "total": (-l.Total).Text(d), "total_tax": (-l.Tax).Text(d), "taxes": []any{}, "meta_data": meta})
			continue
		}
		name, product, price := "", int64(0), Money(0)
		if o := s.st.orders[r.OrderID]; o != nil {
			if i := slices.IndexFunc(o.Lines, func(of Line) bool { return of.ID == l.LineID }); i >= 0 {
				name, product = o.Lines[i].Name, o.Lines[i].ProductID
			}
		}
		if l.Quantity > 0 {
			price = l.Total / Money(l.Quantity)
		}
		goods = append(goods, map[string]any{
			"id": l.ID, "name": name, "product_id": product, "variation_id": 0, "quantity": -l.Quantity, "tax_class": "",
			"subtotal": (-l.Total).Text(d), "subtotal_tax": (-l.Tax).Text(d), "total": (-l.Total).Text(d), "total_tax": (-l.Tax).Text(d),
			"taxes": []any{}, "meta_data": meta, "sku": nil, "price": json.Number(price.short()), "image": map[string]any{"id": "", "src": ""},
		})
	}
	up := fmt.Sprintf("%s/orders/%d", base, r.OrderID)
	out := map[string]any{
		"id": r.ID, "date_created": s.local(&r.At), "date_created_gmt": gmt(&r.At), "amount": r.Amount.Text(d), "reason": r.Reason,
		"refunded_by": 1, "refunded_payment": r.ByAPI,
		"meta_data":  []any{map[string]any{"id": r.MetaID, "key": "_refund_type", "value": s.refundType(r)}},
		"line_items": goods, "shipping_lines": shipping, "tax_lines": []any{}, "fee_lines": []any{},
		"_links": map[string]any{
			"self":       []any{map[string]any{"href": fmt.Sprintf("%s/refunds/%d", up, r.ID)}},
			"collection": []any{map[string]any{"href": up + "/refunds"}},
			"up":         []any{map[string]any{"href": up}},
		},
	}
	if parent {
		out["parent_id"] = r.OrderID
	}
	return out
}

func (s *Server) refundType(r *Refund) string {
	if o := s.st.orders[r.OrderID]; o != nil && o.Total() == r.Amount {
		return "full"
	}
	return "partial"
}

// refundHandler finds the endpoint of an order's refunds.
func (c *call) refundHandler(order int64) handle {
	switch {
	case len(c.parts) == 3 && c.method == http.MethodGet:
		return func() (any, int, *problem) { return c.orderRefunds(order) }
	case len(c.parts) == 3 && c.method == http.MethodPost:
		return func() (any, int, *problem) { return c.createRefund(order) }
	case len(c.parts) == 4 && c.method == http.MethodGet:
		return func() (any, int, *problem) { return c.oneRefund(order) }
	}
	return nil
}

func (c *call) orderRefunds(id int64) (any, int, *problem) {
	o := c.s.st.orders[id]
	if o == nil {
		return nil, 0, &problem{status: http.StatusNotFound, code: "woocommerce_rest_invalid_order_id", text: "Invalid order ID."}
	}
	return c.refundPage(slices.Clone(o.Refunds), false)
}

// listRefunds are the refunds of all orders.
func (c *call) listRefunds() (any, int, *problem) {
	var all []Refund
	for _, o := range sorted(c.s.st.orders) {
		all = append(all, o.Refunds...)
	}
	return c.refundPage(all, true)
}

func (c *call) refundPage(all []Refund, parent bool) (any, int, *problem) {
	sp, bad := c.span()
	if bad != nil {
		return nil, 0, bad
	}
	all = slices.DeleteFunc(all, func(r Refund) bool { return !sp.holds(c.s, r.At, r.At) })
	all, bad = page(c, all, func(r Refund) row { return row{r.ID, r.At, r.At, ""} })
	if bad != nil {
		return nil, 0, bad
	}
	out := make([]any, len(all))
	for i := range all {
		out[i] = c.s.refundBody(&all[i], c.link("/wc/v3"), parent)
	}
	return out, http.StatusOK, nil
}

func (c *call) oneRefund(id int64) (any, int, *problem) {
	if o := c.s.st.orders[id]; o != nil {
		for i := range o.Refunds {
			if idText(o.Refunds[i].ID) == c.parts[3] {
				return c.s.refundBody(&o.Refunds[i], c.link("/wc/v3"), false), http.StatusOK, nil
			}
		}
	}
	return nil, 0, invalidID("shop_order_refund", http.StatusNotFound)
}

// createRefund gives back by the API. api_refund, true unless it is said, wants the gateway to move the
// money, and of the three only cards can.
func (c *call) createRefund(id int64) (any, int, *problem) {
	o := c.s.st.orders[id]
	if o == nil {
		return nil, 0, &problem{status: http.StatusNotFound, code: "woocommerce_rest_invalid_order_id", text: "Invalid order ID."}
	}
	fail := func(text string) *problem {
		return &problem{status: http.StatusInternalServerError, code: "woocommerce_rest_cannot_create_order_refund", text: text}
	}
	in := RefundInput{ByAPI: true}
	if _, ok := c.param("api_refund"); ok {
		in.ByAPI = c.flag("api_refund")
	}
	if in.ByAPI && o.Method != "card" {
		return nil, 0, fail("The payment gateway for this order does not support automatic refunds.")
	}
	in.Amount, _ = c.param("amount")
	in.Reason, _ = c.param("reason")
	var bad *problem
	if in.Lines, bad = c.refundLines(o); bad != nil {
		return nil, 0, bad
	}
	r, err := c.s.refund(o, in)
	if err != nil {
		return nil, 0, fail(err.Error())
	}
	return c.s.refundBody(&r, c.link("/wc/v3"), false), http.StatusCreated, nil
}

// refundLines reads line_items of a refund: {id, quantity, refund_total, refund_tax: [{refund_total}]}.
func (c *call) refundLines(o *Order) ([]RefundLine, *problem) {
	raw, ok := c.body["line_items"]
	if !ok {
		return nil, nil
	}
	var given []struct {
		ID          int64           `json:"id"`
		Quantity    int64           `json:"quantity"`
		RefundTotal json.RawMessage `json:"refund_total"`
		RefundTax   []struct {
			RefundTotal json.RawMessage `json:"refund_total"`
		} `json:"refund_tax"`
	}
	if err := json.Unmarshal(raw, &given); err != nil {
		return nil, invalidParam("line_items", "line_items is not of type array.")
	}
	var out []RefundLine
	for _, g := range given {
		l := RefundLine{LineID: g.ID, Quantity: g.Quantity, Total: amountOf(g.RefundTotal)}
		for _, t := range g.RefundTax {
			l.Tax += amountOf(t.RefundTotal)
		}
		l.Shipping = slices.ContainsFunc(o.ShippingLines, func(s ShippingLine) bool { return s.ID == g.ID })
		out = append(out, l)
	}
	return out, nil
}

func amountOf(raw json.RawMessage) Money {
	text, _ := scalar(raw)
	if _, err := strconv.ParseFloat(text, 64); err != nil {
		return 0
	}
	m, err := ParseMoney(text)
	if err != nil {
		return 0
	}
	return m
}
