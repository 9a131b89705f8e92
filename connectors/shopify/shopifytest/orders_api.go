package shopifytest

import (
	"cmp"
	"slices"
	"strings"
)

// bag is a MoneyBag: the shop's currency and the buyer's.
func (o *Order) bag(minor int64) *object {
	return &object{"MoneyBag", map[string]any{
		"shopMoney":        moneyObject(o.money(minor)),
		"presentmentMoney": moneyObject(o.presentment(minor)),
	}}
}

// presentment is an amount in the buyer's currency.
func (o *Order) presentment(minor int64) Money {
	if o.PresentmentCurrency == o.Currency {
		return o.money(minor)
	}
	// Both in units of the finer exponent, so that 100 JPY at 0.0065 is 0.65 USD.
	scale := func(places int) int64 {
		n := int64(1)
		for range places {
			n *= 10
		}
		return n
	}
	to := share(minor, o.PresentmentRatePPM*scale(exponent(o.PresentmentCurrency)), 1_000_000*scale(exponent(o.Currency)))
	return Money{to, o.PresentmentCurrency}
}

// orderObject is an Order, or nil.
func (s *Shop) orderObject(st *State, o *Order) *object {
	if o == nil {
		return nil
	}
	t := o.Totals()
	var codes, attributes []any
	for _, c := range o.discountCodes() {
		codes = append(codes, c.code)
	}
	for _, a := range o.NoteAttributes {
		attributes = append(attributes, &object{"Attribute", map[string]any{"key": a.Name, "value": a.Value}})
	}
	fields := map[string]any{
		"id": gid("Order", o.ID), "legacyResourceId": formatFixed(o.ID, 0), "name": o.Name, "test": o.Test,
		"createdAt": stamp(o.CreatedAt), "processedAt": stamp(o.ProcessedAt), "updatedAt": stamp(o.UpdatedAt),
		"cancelledAt": stampOrNil(o.CancelledAt), "cancelReason": orNil(strings.ToUpper(o.CancelReason)),
		"displayFinancialStatus": strings.ToUpper(o.FinancialStatus()),
		"fullyPaid":              t.Outstanding.Minor == 0, "unpaid": o.Paid.Minor == 0 && t.Total.Minor > 0,
		"currencyCode": o.Currency, "presentmentCurrencyCode": o.PresentmentCurrency,
		"taxesIncluded": o.TaxesIncluded, "edited": o.Edited, "sourceName": o.SourceName, "email": nil, "phone": nil,
		"cartToken": nil, "checkoutToken": nil, "closed": false, "closedAt": nil, "confirmed": true, "note": nil, "tags": []any{},
		"number": o.Number, "paymentGatewayNames": o.gateways(),
		"discountCodes": append([]any{}, codes...), "discountCode": nil,
		"customAttributes":       append([]any{}, attributes...),
		"customer":               lazy(func(map[string]any) (any, error) { return s.customerObject(st, o.CustomerID), nil }),
		"customerJourneySummary": s.journeyObject(o),
		"clientIp":               orNil(o.ClientIP),
		"risk":                   o.riskObject(),
		"shippingAddress":        s.addressObject(o, o.ShippingAddress),
		"billingAddress":         s.addressObject(o, o.BillingAddress),
		"displayAddress":         s.addressObject(o, cmp.Or(o.ShippingAddress, o.BillingAddress)),
		"discountApplications":   connection("DiscountApplicationConnection", numbered(len(o.Applications), o.applicationObject)),
		"lineItems":              connection("LineItemConnection", numbered(len(o.Lines), func(i int) *object { return s.lineObject(st, o, o.Lines[i]) })),
		"transactions":           lazy(o.transactions),
		"shippingLines":          connection("ShippingLineConnection", o.shippingItems()),
		"refunds": lazy(func(args map[string]any) (any, error) {
			var refunds []any
			for _, r := range firstOf(args, o.Refunds) {
				refunds = append(refunds, s.refundObject(st, o, r))
			}
			return append([]any{}, refunds...), nil
		}),
	}
	if len(codes) > 0 {
		fields["discountCode"] = codes[0]
	}
	if c := st.Customers[o.CustomerID]; c != nil && !s.settings.HideLevel2 {
		fields["email"], fields["phone"] = orNil(c.Email), orNil(c.Phone)
	}
	o.totalFields(t, fields)
	return &object{"Order", fields}
}

func (o *Order) totalFields(t Totals, fields map[string]any) {
	var shippingBack int64
	for _, r := range o.Refunds {
		shippingBack += r.Shipping.Minor
	}
	for name, minor := range map[string]int64{
		"currentShippingPriceSet": t.CurrentShipping.Minor, "currentTotalDiscountsSet": t.Discounts.Minor,
		"netPaymentSet": o.Paid.Minor - t.Refunded.Minor, "currentSubtotalPriceSet": t.CurrentSubtotal.Minor, "currentTotalPriceSet": t.CurrentTotal.Minor,
		"currentTotalTaxSet": t.CurrentTax.Minor, "subtotalPriceSet": t.Subtotal.Minor,
		"totalDiscountsSet": t.Discounts.Minor, "totalOutstandingSet": t.Outstanding.Minor,
		"totalPriceSet": t.Total.Minor, "totalReceivedSet": o.Paid.Minor, "totalRefundedSet": t.Refunded.Minor,
		"totalRefundedShippingSet": shippingBack, "totalShippingPriceSet": o.Shipping.Minor,
		"totalTaxSet": t.Tax.Minor, "totalTipReceivedSet": o.Tip.Minor,
	} {
		fields[name] = o.bag(minor)
	}
}

// journeyObject is not ready while Shopify still reckons; its index counts from one and leaves test
// orders out. Source: schema text of CustomerJourneySummary; from one: what readers of it assume.
func (s *Shop) journeyObject(o *Order) *object {
	if o.CustomerID == 0 {
		return nil
	}
	fields := map[string]any{"ready": !o.JourneyPending, "customerOrderIndex": nil, "daysToConversion": nil, "firstVisit": nil, "lastVisit": nil}
	if !o.JourneyPending && len(o.Visits) > 0 {
		fields["firstVisit"], fields["lastVisit"] = s.visitObject(o, 0), s.visitObject(o, len(o.Visits)-1)
	}
	if !o.JourneyPending && o.CustomerOrderIndex > 0 {
		fields["customerOrderIndex"] = o.CustomerOrderIndex
		fields["daysToConversion"] = 1
	}
	return &object{"CustomerJourneySummary", fields}
}

// SetJourneyReady makes an order's customer journey known, or pending again.
func (s *Shop) SetJourneyReady(id int64, ready bool) (*Order, error) {
	return s.change(id, func(o *Order, _ string) ([]message, error) {
		o.JourneyPending = !ready
		return nil, nil
	})
}

func (o *Order) applicationObject(i int) *object {
	a := o.Applications[i]
	target, selection := "LINE_ITEM", "ALL"
	if a.Entitled {
		selection = "ENTITLED"
	}
	if a.Target == "shipping_line" {
		target = "SHIPPING_LINE"
	}
	var value *object
	if a.PercentPPM > 0 {
		value = &object{"PricingPercentageValue", map[string]any{"percentage": number(formatFixed(a.PercentPPM, 4))}}
	} else {
		value = moneyObject(a.Amount)
	}
	fields := map[string]any{
		"index": i, "targetType": target, "targetSelection": selection, "allocationMethod": "ACROSS", "value": value,
	}
	if a.Type == "manual" {
		fields["title"], fields["description"] = a.Title, a.Title
		return &object{"ManualDiscountApplication", fields}
	}
	fields["code"] = a.Code
	return &object{"DiscountCodeApplication", fields}
}

// allocationObjects are the parts that discounts have in a line or in the shipping.
func (o *Order) allocationObjects(list []Allocation) []any {
	out := []any{}
	for _, a := range list {
		out = append(out, &object{"DiscountAllocation", map[string]any{
			"allocatedAmountSet":  o.bag(a.Amount.Minor),
			"discountApplication": o.applicationObject(a.Index),
		}})
	}
	return out
}

// shippingObject is the order's one ShippingLine.
func (o *Order) shippingObject() *object {
	return &object{"ShippingLine", map[string]any{
		"id": gid("ShippingLine", o.ShippingLineID), "title": "Standard", "code": "Standard", "isRemoved": false,
		"originalPriceSet": o.bag(o.Shipping.Minor), "discountedPriceSet": o.bag(o.shippingNet()),
		"currentDiscountedPriceSet": o.bag(o.Totals().CurrentShipping.Minor),
		"discountAllocations":       o.allocationObjects(o.ShippingAllocations), "taxLines": []any{},
	}}
}

func (o *Order) shippingItems() []item {
	if o.ShippingLineID == 0 {
		return nil
	}
	return numbered(1, func(int) *object { return o.shippingObject() })
}

// transactions answers Order.transactions: payments, then refunds.
func (o *Order) transactions(args map[string]any) (any, error) {
	out := []any{}
	for _, t := range o.Payments {
		out = append(out, o.transactionObject(t))
	}
	for _, r := range o.Refunds {
		if r.Transaction != nil {
			out = append(out, o.transactionObject(*r.Transaction))
		}
	}
	if args["capturable"] == true || args["manuallyResolvable"] == true {
		out = out[:0] // nothing here is only authorised
	}
	return firstOf(args, out), nil
}

func (o *Order) transactionObject(t Transaction) *object {
	return &object{"OrderTransaction", map[string]any{
		"id": gid("OrderTransaction", t.ID), "kind": strings.ToUpper(t.Kind), "status": strings.ToUpper(t.Status),
		"amountSet": o.bag(t.Amount.Minor), "createdAt": stamp(t.At), "processedAt": stamp(t.At),
		"gateway": t.Gateway, "test": o.Test, "paymentDetails": o.cardObject(t),
	}}
}

func (s *Shop) lineObject(st *State, o *Order, l *Line) *object {
	var taxes []any
	if l.Tax.Minor > 0 {
		taxes = append(taxes, &object{"TaxLine", map[string]any{"title": "Sales tax", "priceSet": o.bag(l.Tax.Minor)}})
	}
	return &object{"LineItem", map[string]any{
		"id": gid("LineItem", l.ID), "name": l.Title, "title": l.Title,
		"quantity": l.Quantity, "currentQuantity": l.CurrentQuantity, "isGiftCard": l.GiftCard,
		"originalUnitPriceSet":                 o.bag(l.Price.Minor),
		"originalTotalSet":                     o.bag(l.Price.Minor * l.Quantity),
		"priceAfterAllDiscountsBeforeTaxesSet": o.bag(l.beforeTax(l.CurrentQuantity, o.TaxesIncluded)),
		"discountAllocations":                  o.allocationObjects(l.Allocations),
		"taxLines": lazy(func(args map[string]any) (any, error) {
			return append([]any{}, firstOf(args, taxes)...), nil
		}),
		"product": lazy(func(map[string]any) (any, error) { return s.productObject(st, l.ProductID) }),
	}}
}

// firstOf cuts a list to the argument first.
func firstOf[T any](args map[string]any, list []T) []T {
	if n, ok := intArg(args, "first"); ok && n >= 0 && n < int64(len(list)) {
		return list[:n]
	}
	return list
}

func (s *Shop) refundObject(st *State, o *Order, r *Refund) *object {
	var shipping, adjustments, transactions []*object
	if r.Shipping.Minor > 0 {
		shipping = append(shipping, &object{"RefundShippingLine", map[string]any{
			"id": gid("RefundShippingLine", r.ShippingID), "shippingLine": o.shippingObject(), "subtotalAmountSet": o.bag(r.Shipping.Minor), "taxAmountSet": o.bag(0),
		}})
	}
	if r.Discrepancy.Minor > 0 {
		adjustments = append(adjustments, &object{"OrderAdjustment", map[string]any{
			"id": gid("OrderAdjustment", r.AdjustID), "amountSet": o.bag(-r.Discrepancy.Minor), "taxAmountSet": o.bag(0),
		}})
	}
	refunded := int64(0)
	if t := r.Transaction; t != nil {
		if r.moved() {
			refunded = t.Amount.Minor
		}
		transactions = append(transactions, o.transactionObject(*t))
	}
	return &object{"Refund", map[string]any{
		"id": gid("Refund", r.ID), "legacyResourceId": formatFixed(r.ID, 0), "createdAt": stamp(r.CreatedAt),
		"updatedAt": stamp(r.CreatedAt), "note": orNil(r.Note), "totalRefundedSet": o.bag(refunded),
		"order":               lazy(func(map[string]any) (any, error) { return s.orderObject(st, o), nil }),
		"refundLineItems":     connection("RefundLineItemConnection", numbered(len(r.Lines), func(i int) *object { return s.refundLineObject(st, o, r, r.Lines[i]) })),
		"refundShippingLines": connection("RefundShippingLineConnection", numbered(len(shipping), func(i int) *object { return shipping[i] })),
		"orderAdjustments":    connection("OrderAdjustmentConnection", numbered(len(adjustments), func(i int) *object { return adjustments[i] })),
		"transactions":        connection("OrderTransactionConnection", numbered(len(transactions), func(i int) *object { return transactions[i] })),
	}}
}

func (s *Shop) refundLineObject(st *State, o *Order, r *Refund, l RefundLine) *object {
	i := slices.IndexFunc(o.Lines, func(line *Line) bool { return line.ID == l.LineID })
	return &object{"RefundLineItem", map[string]any{
		"id": gid("RefundLineItem", l.ID), "lineItem": s.lineObject(st, o, o.Lines[i]), "quantity": l.Quantity,
		"restocked": r.Restock, "subtotalSet": o.bag(l.Subtotal.Minor), "totalTaxSet": o.bag(l.Tax.Minor),
	}}
}
