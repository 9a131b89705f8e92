package stripetest

import (
	"slices"
	"strings"
)

// maxExpand is how deep an expansion may go. Source: docs.stripe.com/api/expanding_objects.
const maxExpand = 4

// references are the fields that hold an id and can be expanded to the thing.
func references() []string {
	return strings.Fields(`
		checkout.session.customer checkout.session.payment_intent checkout.session.invoice
		checkout.session.subscription payment_intent.customer payment_intent.latest_charge
		payment_intent.invoice charge.customer charge.payment_intent charge.invoice refund.charge
		refund.payment_intent dispute.charge dispute.payment_intent invoice.customer invoice.subscription
		invoice.charge invoice.payment_intent invoice.discounts invoice.total_discount_amounts.discount
		subscription.customer subscription.latest_invoice discount.customer discount.promotion_code
		promotion_code.customer customer_balance_transaction.customer customer_balance_transaction.invoice`)
}

// inclusions are the fields that are only there when they are asked for.
func (a *Account) inclusions(field, id string) (any, bool) {
	switch t := a.things[id].(type) {
	case *session:
		switch field {
		case "checkout.session.total_details.breakdown":
			return t.breakdown(a), true
		case "checkout.session.line_items":
			return listOf(a, "/v1/checkout/sessions/"+id+"/line_items", t.items()), true
		}
	case *charge:
		if field == "charge.refunds" {
			var of []*refund
			for _, f := range a.refunds {
				if f.charge == t {
					of = append([]*refund{f}, of...)
				}
			}
			return listOf(a, "/v1/charges/"+id+"/refunds", of), true
		}
	case *customer:
		if field == "customer.invoice_credit_balance" {
			out := object{}
			for currency, n := range t.balances {
				out[currency] = -n
			}
			return out, true
		}
	}
	if field == "coupon.applies_to" {
		for _, c := range a.coupons {
			if c.id == id && len(c.products) > 0 {
				return object{"products": c.products}, true
			}
		}
		return nil, true
	}
	return a.itemInclusions(field, id)
}

// itemInclusions are those of a session's lines.
func (a *Account) itemInclusions(field, id string) (any, bool) {
	if field != "item.discounts" && field != "item.taxes" {
		return nil, false
	}
	for _, s := range a.sessions {
		for _, l := range s.lines {
			switch {
			case l.id != id:
			case field == "item.discounts" && s.discount != nil && l.off > 0:
				return []any{object{"amount": l.off, "discount": s.discount.view(a)}}, true
			default:
				return []any{}, true
			}
		}
	}
	return nil, false
}

// embedded is how many things a list inside an object holds at most.
const embedded = 10

// listOf is a list inside an object.
func listOf[T thing](a *Account, url string, of []T) object {
	data := []any{}
	for _, t := range of[:min(embedded, len(of))] {
		data = append(data, t.view(a))
	}
	return object{"object": "list", "data": data, "has_more": len(of) > embedded, "url": url}
}

// expand puts things in the place of their ids where a request asks for it.
func (a *Account) expand(root object, paths []string) error {
	for _, path := range paths {
		parts := strings.Split(path, ".")
		if len(parts) > maxExpand {
			return badRequest("", "expand", "You cannot expand more than %d levels of a property: %s", maxExpand, path)
		}
		if !a.follow(root, place{}, parts) {
			return badRequest("", "expand", "This property cannot be expanded (%s).", path)
		}
	}
	return nil
}

// place is where an expansion stands: in which thing, and how far inside it.
type place struct {
	thing, id string
	inside    string // "total_details."
}

// follow goes along a path through an object and expands what it passes; it tells whether it could.
func (a *Account) follow(o object, at place, parts []string) bool {
	if len(parts) == 0 {
		return true
	}
	if kind, ok := o["object"].(string); ok {
		id, _ := o["id"].(string)
		at = place{thing: kind, id: id}
	}
	name, rest := parts[0], parts[1:]
	field := at.thing + "." + at.inside + name
	if at.thing == "list" && name == "data" {
		return a.followAll(o, name, at, rest, false)
	}
	reference := slices.Contains(references(), field)
	if _, present := o[name]; !present {
		included, ok := a.inclusions(field, at.id)
		if !ok {
			return false
		}
		o[name], reference = included, true
	}
	next := place{thing: at.thing, id: at.id, inside: at.inside + name + "."}
	switch v := o[name].(type) {
	case nil:
		return reference || len(rest) > 0
	case string:
		t, known := a.things[v]
		if !reference || !known {
			return false
		}
		o[name] = t.view(a)
		return a.follow(o[name].(object), next, rest)
	case object:
		return (reference || len(rest) > 0) && a.follow(v, next, rest)
	case []any:
		return a.followAll(o, name, next, rest, reference)
	}
	return false
}

// followAll does the same for each element of a list.
func (a *Account) followAll(o object, name string, at place, rest []string, reference bool) bool {
	all, ok := o[name].([]any)
	if !ok || !reference && len(rest) == 0 {
		return false
	}
	for i, v := range all {
		if id, isID := v.(string); isID && reference && a.things[id] != nil {
			all[i] = a.things[id].view(a)
		}
		inner, isObject := all[i].(object)
		if !isObject || !a.follow(inner, at, rest) {
			return false
		}
	}
	return true
}
