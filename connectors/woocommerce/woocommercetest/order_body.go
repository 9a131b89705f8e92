package woocommercetest

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// orderBody is an order as REST answers and webhooks give it, with so many decimals.
func (s *Server) orderBody(o *Order, base string, d int) map[string]any {
	var discount, discountTax, shipping, shippingTax, cartTax Money
	for _, l := range o.Lines {
		discount += l.Subtotal - l.Total
		discountTax += l.SubtotalTax - l.TotalTax
		cartTax += l.TotalTax
	}
	for _, l := range o.ShippingLines {
		shipping += l.Total
		shippingTax += l.Tax
	}
	all := links(base, "orders", o.ID)
	if o.CustomerID != 0 {
		all["customer"] = []map[string]any{{"href": fmt.Sprintf("%s/customers/%d", base, o.CustomerID)}}
	}
	return map[string]any{
		"id": o.ID, "parent_id": 0, "status": o.Status, "currency": o.Currency, "version": s.opts.Version,
		"prices_include_tax": o.PricesIncludeTax,
		"date_created":       s.local(&o.Created), "date_created_gmt": gmt(&o.Created),
		"date_modified": s.local(&o.Modified), "date_modified_gmt": gmt(&o.Modified),
		"date_completed": s.local(o.Completed), "date_completed_gmt": gmt(o.Completed),
		"date_paid": s.local(o.Paid), "date_paid_gmt": gmt(o.Paid),
		"discount_total": discount.Text(d), "discount_tax": discountTax.Text(d),
		"shipping_total": shipping.Text(d), "shipping_tax": shippingTax.Text(d),
		"cart_tax": cartTax.Text(d), "total": o.Total().Text(d), "total_tax": (cartTax + shippingTax).Text(d),
		"customer_id": o.CustomerID, "order_key": o.Key, "number": o.Number,
		"billing": addressBody(o.Billing, true), "shipping": addressBody(o.Shipping, false),
		"payment_method": o.Method, "payment_method_title": o.MethodTitle, "transaction_id": o.TransactionID,
		"customer_ip_address": o.IP, "customer_user_agent": o.UserAgent, "created_via": o.CreatedVia,
		"customer_note": o.Note, "cart_hash": "", "meta_data": list(o.Meta),
		"line_items": s.lineBodies(o, d), "tax_lines": []any{}, "fee_lines": []any{},
		"shipping_lines": shippingBodies(o, d), "coupon_lines": s.couponLineBodies(o), "refunds": s.refundList(o, d),
		"payment_url":      fmt.Sprintf("%s/checkout/order-pay/%d/?pay_for_order=true&key=%s", s.home(), o.ID, o.Key),
		"is_editable":      o.Status == "pending" || o.Status == "on-hold",
		"needs_payment":    (o.Status == "pending" || o.Status == "failed" || o.Status == "checkout-draft") && o.Total() > 0,
		"needs_processing": !o.Virtual, "currency_symbol": symbol(o.Currency), "_links": all,
	}
}

func addressBody(a Address, billing bool) map[string]any {
	out := map[string]any{
		"first_name": a.FirstName, "last_name": a.LastName, "company": a.Company, "address_1": a.Address1,
		"address_2": a.Address2, "city": a.City, "state": a.State, "postcode": a.Postcode, "country": a.Country, "phone": a.Phone,
	}
	if billing {
		out["email"] = a.Email
	}
	return out
}

// lineBodies are the goods. The price of one, after discounts, is a JSON number and no text.
func (s *Server) lineBodies(o *Order, d int) []any {
	out := []any{}
	for _, l := range o.Lines {
		body := map[string]any{
			"id": l.ID, "name": l.Name, "product_id": l.ProductID, "variation_id": 0, "quantity": l.Quantity, "tax_class": "",
			"subtotal": l.Subtotal.Text(d), "subtotal_tax": l.SubtotalTax.Text(d),
			"total": l.Total.Text(d), "total_tax": l.TotalTax.Text(d), "taxes": []any{}, "meta_data": []any{}, "sku": "",
			"price": perPiece(l), "image": map[string]any{"id": "", "src": ""}, "parent_name": nil,
		}
		if !s.before(9, 2) {
			body["global_unique_id"] = ""
		}
		out = append(out, body)
	}
	return out
}

// perPiece is the price of one as PHP writes a float: with as many digits as it takes.
func perPiece(l Line) json.Number {
	price := float64(l.Total) / float64(unit) / float64(max(1, l.Quantity))
	return json.Number(strconv.FormatFloat(price, 'f', -1, 64))
}

func shippingBodies(o *Order, d int) []any {
	out := []any{}
	for _, l := range o.ShippingLines {
		out = append(out, map[string]any{
			"id": l.ID, "method_title": l.Title, "method_id": "flat_rate", "instance_id": "1",
			"total": l.Total.Text(d), "total_tax": l.Tax.Text(d), "taxes": []any{}, "tax_status": "taxable", "meta_data": []any{},
		})
	}
	return out
}

// couponLineBodies are the coupons. What they took off is written without zeros at its end, unlike all other
// amounts, and what is said of the coupon depends on the version.
func (s *Server) couponLineBodies(o *Order) []any {
	out := []any{}
	for _, l := range o.Coupons {
		c := l.Coupon
		body := map[string]any{"id": l.ID, "code": c.Code, "discount": l.Discount.short(), "discount_tax": l.DiscountTax.short()}
		key, value := "coupon_info", any(couponInfo(&c))
		if s.before(8, 7) {
			key, value = "coupon_data", couponData(&c)
		} else {
			body["discount_type"], body["nominal_amount"] = c.Type, json.Number(c.Amount.short())
			body["free_shipping"] = c.FreeShipping
		}
		body["meta_data"] = []any{map[string]any{"id": l.MetaID, "key": key, "value": value, "display_key": key, "display_value": value}}
		out = append(out, body)
	}
	return out
}

// refundList is what an order says of its refunds: the youngest first, negative.
func (s *Server) refundList(o *Order, d int) []any {
	out := []any{}
	for i := len(o.Refunds) - 1; i >= 0; i-- {
		r := o.Refunds[i]
		body := map[string]any{"id": r.ID, "reason": r.Reason, "total": (-r.Amount).Text(d)}
		if !s.before(9, 0) {
			body["total_tax"] = (-r.tax()).Text(d)
		}
		out = append(out, body)
	}
	return out
}
