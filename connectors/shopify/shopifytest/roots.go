package shopifytest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// root answers one root field. Mutations act on the live state; queries may look at an earlier one.
func (s *Shop) root(st *State, name string, args map[string]any) (any, error) {
	switch name {
	case "discountCodeBasicCreate":
		return s.discountCreate("DiscountCodeBasicCreatePayload", "basicCodeDiscount", "basic", args)
	case "discountCodeBasicUpdate":
		return s.discountUpdate("DiscountCodeBasicUpdatePayload", "basicCodeDiscount", "basic", args)
	case "discountCodeFreeShippingCreate":
		return s.discountCreate("DiscountCodeFreeShippingCreatePayload", "freeShippingCodeDiscount", "free_shipping", args)
	case "discountCodeFreeShippingUpdate":
		return s.discountUpdate("DiscountCodeFreeShippingUpdatePayload", "freeShippingCodeDiscount", "free_shipping", args)
	case "discountCodeDeactivate":
		return s.discountDeactivate(args)
	case "discountRedeemCodeBulkAdd":
		return s.redeemCodeBulkAdd(args)
	case "discountCodeRedeemCodeBulkDelete":
		return s.redeemCodeBulkDelete(args)
	case "giftCardCreate":
		return s.giftCardCreate(args)
	case "giftCardDebit":
		return s.giftCardDebit(args)
	case "giftCardDeactivate":
		return s.giftCardDeactivate(args)
	case "tagsAdd":
		return s.tagsAdd(args)
	case "tagsRemove":
		return s.tagsRemove(args)
	case "storeCreditAccountCredit":
		return s.storeCreditCredit(args)
	case "storeCreditAccountDebit":
		return s.storeCreditDebit(args)
	}
	return s.query(st, name, args)
}

// query answers one root field of QueryRoot.
func (s *Shop) query(st *State, name string, args map[string]any) (any, error) {
	id := stringArg(args, "id")
	switch name {
	case "shop":
		return s.shopObject(), nil
	case "currentAppInstallation":
		return s.installationObject(), nil
	case "storeCreditConfiguration":
		return &object{"StoreCreditConfiguration", map[string]any{"storeCreditEnabled": !s.settings.StoreCreditOff}}, nil
	case "order":
		n, _ := idOf("Order", id)
		if o := st.Orders[n]; s.shows(o) {
			return s.orderObject(st, o), nil
		}
		return nil, nil
	case "orders":
		return s.orderPage(st, slices.DeleteFunc(slices.Collect(maps.Values(st.Orders)), func(o *Order) bool { return !s.shows(o) }), args)
	case "product":
		n, _ := idOf("Product", id)
		return s.productObject(st, n)
	case "nodes":
		return s.nodesByID(st, listArg(args, "ids"))
	case "giftCard":
		n, _ := idOf("GiftCard", id)
		return s.giftCardObject(st, st.GiftCards[n]), nil
	case "giftCards":
		return s.giftCardPage(st, args)
	case "refund":
		return s.findRefund(st, id), nil
	case "customer":
		n, _ := idOf("Customer", id)
		return s.customerObject(st, n), nil
	case "customerByIdentifier":
		return s.findCustomer(st, mapArg(args, "identifier")), nil
	case "codeDiscountNodeByCode":
		return s.codeDiscountNode(st, st.DiscountByCode(stringArg(args, "code"))), nil
	case "discountNode":
		n, ok := idOf("DiscountCodeNode", id)
		if !ok {
			n, _ = idOf("DiscountNode", id)
		}
		if d := st.Discounts[n]; d != nil {
			return s.discountNode(st, d), nil
		}
		return nil, nil
	case "discountNodes":
		return s.discountPage(st, args)
	case "discountRedeemCodeBulkCreation":
		return s.pollBulk(st, id), nil
	case "storeCreditAccount":
		n, _ := idOf("StoreCreditAccount", id)
		if a := st.Accounts[n]; a != nil {
			return s.creditAccountObject(st, a), nil
		}
		return nil, nil
	}
	return nil, fmt.Errorf("the simulator has no answer for %s", name)
}

func (s *Shop) shopObject() *object {
	return &object{"Shop", map[string]any{
		"id": gid("Shop", s.shopID), "name": s.opts.Name, "myshopifyDomain": s.opts.Domain,
		"currencyCode": s.opts.Currency, "ianaTimezone": s.opts.Timezone,
	}}
}

func (s *Shop) installationObject() *object {
	var scopes []any
	for _, handle := range s.settings.Scopes {
		scopes = append(scopes, &object{"AccessScope", map[string]any{"handle": handle}})
	}
	return &object{"AppInstallation", map[string]any{
		"id": gid("AppInstallation", s.shopID+1), "accessScopes": append([]any{}, scopes...),
	}}
}

func (s *Shop) findRefund(st *State, id string) *object {
	n, _ := idOf("Refund", id)
	for _, o := range st.Orders {
		for _, r := range o.Refunds {
			if r.ID == n {
				return s.refundObject(st, o, r)
			}
		}
	}
	return nil
}

func (s *Shop) findCustomer(st *State, by map[string]any) *object {
	if id := stringArg(by, "id"); id != "" {
		n, _ := idOf("Customer", id)
		return s.customerObject(st, n)
	}
	if email := stringArg(by, "emailAddress"); email != "" {
		return s.customerObject(st, st.emails[fold(email)])
	}
	phone := stringArg(by, "phoneNumber")
	for id, c := range st.Customers {
		if phone != "" && c.Phone == phone {
			return s.customerObject(st, id)
		}
	}
	return nil
}

// allScopes are those that Grapevine asks for.
func allScopes() []string {
	return []string{
		"read_orders", "read_customers", "read_products", "write_discounts", "read_store_credit_accounts",
		"read_store_credit_account_transactions", "write_store_credit_account_transactions",
		"write_customers", "write_gift_cards", "write_gift_card_transactions",
	}
}

// scopeOf is the access scope that a root field wants, as the access list of the schema tells.
func scopeOf(field string) string {
	switch field {
	case "order", "orders", "refund":
		return "read_orders"
	case "customer", "customerByIdentifier":
		return "read_customers"
	case "product":
		return "read_products"
	case "giftCard", "giftCards":
		return "read_gift_cards"
	case "giftCardCreate", "giftCardDeactivate":
		return "write_gift_cards"
	case "giftCardDebit":
		return "write_gift_card_transactions"
	case "tagsAdd", "tagsRemove":
		return "write_customers"
	case "storeCreditAccount":
		return "read_store_credit_accounts"
	case "storeCreditAccountCredit", "storeCreditAccountDebit":
		return "write_store_credit_account_transactions"
	case "codeDiscountNodeByCode", "discountNode", "discountNodes", "discountRedeemCodeBulkCreation":
		return "read_discounts"
	}
	if strings.HasPrefix(field, "discount") {
		return "write_discounts"
	}
	return ""
}

// hiddenAfter is how old an order may be for an app without read_all_orders. Source: schema text of
// Order, "the last 60 days".
const hiddenAfter = 60 * 24 * time.Hour

// shows tells whether the app may see an order at all.
func (s *Shop) shows(o *Order) bool {
	return o != nil && (s.granted("read_all_orders") || s.now().Sub(o.CreatedAt) <= hiddenAfter)
}

// granted tells whether a scope was given; writing includes reading.
func (s *Shop) granted(scope string) bool {
	if slices.Contains(s.settings.Scopes, scope) {
		return true
	}
	rest, reads := strings.CutPrefix(scope, "read_")
	return reads && slices.Contains(s.settings.Scopes, "write_"+rest)
}
