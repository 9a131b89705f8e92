package shopifytest

import (
	"encoding/json"
	"slices"
)

// customerPayload is a customer, alone or in an order. Without approval for level 2 the keys of
// personal data are absent, not null.
func (s *Shop) customerPayload(c *Customer) map[string]any {
	body := map[string]any{
		"id": c.ID, "admin_graphql_api_id": gid("Customer", c.ID),
		"created_at": s.local(c.CreatedAt), "updated_at": s.local(c.UpdatedAt),
		"state": "disabled", "note": nil, "verified_email": true, "multipass_identifier": nil,
		"tax_exempt": false, "tax_exemptions": []any{}, "currency": s.opts.Currency,
	}
	if !s.settings.HideLevel2 {
		body["email"], body["phone"] = orNil(c.Email), orNil(c.Phone)
		body["first_name"], body["last_name"] = orNil(c.FirstName), orNil(c.LastName)
	}
	return body
}

// refundPayload is a refund, alone (flat, with the order's id) or in an order.
func (s *Shop) refundPayload(o *Order, r *Refund) map[string]any {
	lines, transactions := []any{}, []any{}
	for _, l := range r.Lines {
		lines = append(lines, o.refundLinePayload(r, l))
	}
	if r.Transaction != nil {
		transactions = append(transactions, s.transactionPayload(o, r))
	}
	shipping, adjustments := o.refundExtras(r)
	return map[string]any{
		"id": r.ID, "admin_graphql_api_id": gid("Refund", r.ID), "order_id": o.ID,
		"created_at": s.local(r.CreatedAt), "processed_at": s.local(r.CreatedAt),
		"note": orNil(r.Note), "user_id": nil, "restock": r.Restock, "return": nil,
		"duties": []any{}, "total_duties_set": o.set(0),
		"refund_line_items": lines, "transactions": transactions,
		"refund_shipping_lines": shipping, "order_adjustments": adjustments,
	}
}

// refundLinePayload has subtotal and total_tax as JSON numbers, beside the sets with text.
func (o *Order) refundLinePayload(r *Refund, l RefundLine) map[string]any {
	restock := "no_restock"
	if r.Cancel {
		restock = "cancel"
	} else if r.Restock {
		restock = "return"
	}
	i := slices.IndexFunc(o.Lines, func(line *Line) bool { return line.ID == l.LineID })
	return map[string]any{
		"id": l.ID, "line_item_id": l.LineID, "quantity": l.Quantity, "location_id": nil, "restock_type": restock,
		"subtotal": json.Number(l.Subtotal.String()), "subtotal_set": o.set(l.Subtotal.Minor),
		"total_tax": json.Number(l.Tax.String()), "total_tax_set": o.set(l.Tax.Minor),
		"line_item": o.linePayload(o.Lines[i]),
	}
}

// refundExtras are what a refund gives back beside lines. Shipping is in refund_shipping_lines since
// 2024-10; before that it was an adjustment of kind shipping_refund. Adjustments are negative.
func (o *Order) refundExtras(r *Refund) (shipping, adjustments []any) {
	shipping, adjustments = []any{}, []any{}
	adjust := func(id, minor int64, kind, reason string) {
		adjustments = append(adjustments, map[string]any{
			"id": id, "order_id": o.ID, "refund_id": r.ID, "kind": kind, "reason": reason,
			"amount": o.money(-minor).String(), "amount_set": o.set(-minor),
			"tax_amount": o.money(0).String(), "tax_amount_set": o.set(0),
		})
	}
	switch {
	case r.Shipping.Minor > 0 && r.LegacyShape:
		adjust(r.ShippingID, r.Shipping.Minor, "shipping_refund", "Shipping refund")
	case r.Shipping.Minor > 0:
		shipping = append(shipping, map[string]any{
			"id": r.ShippingID, "admin_graphql_api_id": gid("RefundShippingLine", r.ShippingID),
			"shipping_line":       map[string]any{"id": o.ShippingLineID},
			"subtotal_amount_set": o.set(r.Shipping.Minor), "tax_amount_set": o.set(0),
		})
	}
	if r.Discrepancy.Minor > 0 {
		adjust(r.AdjustID, r.Discrepancy.Minor, "refund_discrepancy", "Refund discrepancy")
	}
	return shipping, adjustments
}

func (s *Shop) transactionPayload(o *Order, r *Refund) map[string]any {
	t := r.Transaction
	amount := o.presentment(t.Amount.Minor)
	return map[string]any{
		"id": t.ID, "admin_graphql_api_id": gid("OrderTransaction", t.ID), "order_id": o.ID,
		"kind": t.Kind, "status": t.Status, "gateway": "bogus", "message": nil, "error_code": nil,
		// In the buyer's currency, as transactions are; the lines' sets have both.
		"amount": amount.String(), "currency": amount.Currency,
		"created_at": s.local(r.CreatedAt), "processed_at": s.local(r.CreatedAt),
		"test": o.Test, "authorization": nil, "parent_id": nil, "location_id": nil, "device_id": nil, "user_id": nil,
		"source_name": "web", "receipt": map[string]any{}, "payment_id": o.Name + ".1", "manual_payment_gateway": false,
	}
}

// shopPayload is the body of app/uninstalled. Shopify's sample has no domain in it: the header tells
// the shop.
func (s *Shop) shopPayload() map[string]any {
	return map[string]any{
		"id": s.shopID, "name": s.opts.Name, "currency": s.opts.Currency, "iana_timezone": nil,
		"domain": nil, "myshopify_domain": nil, "plan_name": "basic", "created_at": nil, "updated_at": nil,
	}
}
