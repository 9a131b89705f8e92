package shopifytest

import "time"

// Webhook bodies, in the shape of Shopify's REST resources: snake_case, ids as plain integers, money
// as text in the shop's currency, and beside it *_set in both currencies. Source: sample payloads of
// the webhook topics, API version 2026-07.

// local writes a time as webhook bodies do: with an offset, to the second.
func (s *Shop) local(t time.Time) string {
	zone, err := time.LoadLocation(s.opts.Timezone)
	if err != nil {
		zone = time.UTC
	}
	return t.In(zone).Format("2006-01-02T15:04:05-07:00")
}

func (s *Shop) localOrNil(t *time.Time) any {
	if t == nil {
		return nil
	}
	return s.local(*t)
}

// set is a *_set: the amount in both currencies.
func (o *Order) set(minor int64) map[string]any {
	side := func(m Money) map[string]any {
		return map[string]any{"amount": m.String(), "currency_code": m.Currency}
	}
	return map[string]any{"shop_money": side(o.money(minor)), "presentment_money": side(o.presentment(minor))}
}

func (s *Shop) orderPayload(o *Order) map[string]any {
	t := o.Totals()
	body := map[string]any{
		"id": o.ID, "admin_graphql_api_id": gid("Order", o.ID), "name": o.Name,
		"number": o.Number - 1000, "order_number": o.Number, "token": o.Token, "confirmation_number": nil,
		"created_at": s.local(o.CreatedAt), "processed_at": s.local(o.ProcessedAt), "updated_at": s.local(o.UpdatedAt),
		"closed_at": nil, "cancelled_at": s.localOrNil(o.CancelledAt), "cancel_reason": orNil(o.CancelReason),
		"currency": o.Currency, "presentment_currency": o.PresentmentCurrency,
		"financial_status": o.FinancialStatus(), "fulfillment_status": nil, "confirmed": true, "test": o.Test,
		"taxes_included": o.TaxesIncluded, "tax_exempt": false, "estimated_taxes": false, "duties_included": false,
		"source_name": o.SourceName, "app_id": nil, "user_id": nil, "location_id": nil, "device_id": nil,
		"cart_token": nil, "checkout_token": nil, "customer_locale": "en",
		"referring_site": nil, "reference": nil,
		"note": nil, "note_attributes": noteAttributes(o), "tags": "", "payment_gateway_names": o.gateways(),
		"payment_terms": nil, "po_number": nil, "returns": []any{}, "fulfillments": []any{}, "line_item_groups": []any{},
		"total_weight": 0, "buyer_accepts_marketing": false,
		"customer": nil,
	}
	if c := s.state.Customers[o.CustomerID]; c != nil {
		body["customer"] = s.customerPayload(c)
		if !s.settings.HideLevel2 {
			body["email"], body["contact_email"], body["phone"] = orNil(c.Email), orNil(c.Email), orNil(c.Phone)
		}
	} else if !s.settings.HideLevel2 {
		body["email"], body["contact_email"], body["phone"] = nil, nil, nil
	}
	if !s.settings.HideLevel2 {
		body["order_status_url"] = "https://" + s.opts.Domain + "/orders/" + o.Token
	}
	s.trailPayload(o, body)
	o.totalsPayload(t, body)
	o.discountsPayload(body)
	lines, refunds := []any{}, []any{}
	for _, l := range o.Lines {
		lines = append(lines, o.linePayload(l))
	}
	for _, r := range o.Refunds {
		refunds = append(refunds, s.refundPayload(o, r))
	}
	body["line_items"], body["refunds"], body["shipping_lines"] = lines, refunds, o.shippingPayload()
	return body
}

func noteAttributes(o *Order) []any {
	out := []any{}
	for _, a := range o.NoteAttributes {
		out = append(out, map[string]any{"name": a.Name, "value": a.Value})
	}
	return out
}

// gateways names what was paid with; store credit is a payment, not a discount.
func (o *Order) gateways() []any {
	names := []any{}
	if o.PaidWithCredit.Minor > 0 {
		names = append(names, "shopify_store_credit")
	}
	if o.Paid.Minor > o.PaidWithCredit.Minor {
		names = append(names, "bogus")
	}
	return names
}

func (o *Order) totalsPayload(t Totals, body map[string]any) {
	for name, minor := range map[string]int64{
		"current_subtotal_price": t.CurrentSubtotal.Minor, "current_total_price": t.CurrentTotal.Minor,
		"current_total_tax": t.CurrentTax.Minor, "current_total_discounts": t.Discounts.Minor,
		"subtotal_price": t.Subtotal.Minor, "total_price": t.Total.Minor, "total_tax": t.Tax.Minor,
		"total_discounts": t.Discounts.Minor, "total_line_items_price": t.Lines.Minor,
	} {
		body[name], body[name+"_set"] = o.money(minor).String(), o.set(minor)
	}
	body["total_outstanding"], body["total_tip_received"] = t.Outstanding.String(), o.Tip.String()
	body["total_shipping_price_set"], body["current_shipping_price_set"] = o.set(o.Shipping.Minor), o.set(t.CurrentShipping.Minor)
	body["current_total_duties_set"], body["original_total_duties_set"] = nil, nil
	taxes := []any{}
	if t.Tax.Minor > 0 {
		taxes = append(taxes, o.taxPayload(t.Tax.Minor))
	}
	body["tax_lines"] = taxes
}

func (o *Order) taxPayload(minor int64) map[string]any {
	return map[string]any{"title": "Sales tax", "price": o.money(minor).String(), "price_set": o.set(minor), "channel_liable": nil}
}

// orderCode is an entry of discount_codes.
type orderCode struct {
	code, kind string
	amount     Money
}

// discountCodes are all codes, and the titles of manual discounts: Shopify lists those among the
// codes, though nobody entered one.
func (o *Order) discountCodes() []orderCode {
	var out []orderCode
	for _, a := range o.Applications {
		c := orderCode{code: a.Code, kind: "fixed_amount", amount: a.Taken}
		if a.Type == "manual" {
			c.code = a.Title
		}
		switch {
		case a.Target == "shipping_line":
			c.kind = "shipping"
		case a.PercentPPM > 0:
			c.kind = "percentage"
		}
		out = append(out, c)
	}
	return out
}

// discountsPayload writes discount_codes (amounts are money, even of percentages) and
// discount_applications (values are percent, or money).
func (o *Order) discountsPayload(body map[string]any) {
	codes, applications := []any{}, []any{}
	for _, c := range o.discountCodes() {
		codes = append(codes, map[string]any{"code": c.code, "amount": c.amount.String(), "type": c.kind})
	}
	for _, a := range o.Applications {
		entry := map[string]any{
			"type": a.Type, "target_type": a.Target, "target_selection": selection(a), "allocation_method": "across",
			"value": trimDecimal(a.Amount.String()), "value_type": "fixed_amount",
		}
		if a.PercentPPM > 0 {
			entry["value"], entry["value_type"] = trimDecimal(formatFixed(a.PercentPPM, 4)), "percentage"
		}
		if a.Type == "manual" {
			entry["title"], entry["description"] = a.Title, a.Title
		} else {
			entry["code"] = a.Code
		}
		applications = append(applications, entry)
	}
	body["discount_codes"], body["discount_applications"] = codes, applications
}

func selection(a Application) string {
	if a.Entitled {
		return "entitled"
	}
	return "all"
}

func (o *Order) allocationsPayload(list []Allocation) []any {
	out := []any{}
	for _, a := range list {
		out = append(out, map[string]any{
			"amount": a.Amount.String(), "amount_set": o.set(a.Amount.Minor), "discount_application_index": a.Index,
		})
	}
	return out
}

func (o *Order) linePayload(l *Line) map[string]any {
	taxes := []any{}
	if l.Tax.Minor > 0 {
		taxes = append(taxes, o.taxPayload(l.Tax.Minor))
	}
	return map[string]any{
		"id": l.ID, "admin_graphql_api_id": gid("LineItem", l.ID), "title": l.Title, "name": l.Title,
		"product_id": l.ProductID, "variant_id": l.VariantID, "variant_title": nil, "sku": nil, "vendor": nil,
		"quantity": l.Quantity, "current_quantity": l.CurrentQuantity, "fulfillable_quantity": l.CurrentQuantity,
		"fulfillment_service": "manual", "fulfillment_status": nil, "gift_card": l.GiftCard, "grams": 0,
		"price": l.Price.String(), "price_set": o.set(l.Price.Minor),
		// What is allocated from the order's discounts is not in total_discount.
		"total_discount": o.money(0).String(), "total_discount_set": o.set(0),
		"discount_allocations": o.allocationsPayload(l.Allocations), "tax_lines": taxes, "duties": []any{},
		"product_exists": true, "requires_shipping": !l.GiftCard, "taxable": !l.GiftCard, "properties": []any{},
	}
}

func (o *Order) shippingPayload() []any {
	if o.ShippingLineID == 0 {
		return []any{}
	}
	net := o.shippingNet()
	return []any{map[string]any{
		"id": o.ShippingLineID, "title": "Standard", "code": "Standard", "source": "shopify", "is_removed": false,
		"price": o.Shipping.String(), "price_set": o.set(o.Shipping.Minor),
		"discounted_price": o.money(net).String(), "discounted_price_set": o.set(net),
		"discount_allocations": o.allocationsPayload(o.ShippingAllocations), "tax_lines": []any{},
		"carrier_identifier": nil, "phone": nil, "requested_fulfillment_service_id": nil,
	}}
}
