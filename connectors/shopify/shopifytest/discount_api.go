package shopifytest

import "slices"

func discountRefused(typ, field string, rs ...refusal) *object {
	errs := make([]*object, len(rs))
	for i, r := range rs {
		errs[i] = userError("DiscountUserError", r.code, r.message, r.field...)
	}
	return payload(typ, field, nil, errs...)
}

// discountCreate is discountCodeBasicCreate and discountCodeFreeShippingCreate.
func (s *Shop) discountCreate(typ, arg, kind string, args map[string]any) (*object, error) {
	in := mapArg(args, arg)
	d := &Discount{Kind: kind, Amount: Money{0, s.opts.Currency}}
	r, err := s.discountInput(d, arg, in)
	if err != nil {
		return nil, err
	}
	if r != nil {
		return discountRefused(typ, "codeDiscountNode", *r), nil
	}
	if mapArg(in, "context") == nil {
		return discountRefused(typ, "codeDiscountNode", refusal{"BLANK", "Context can't be blank", []string{arg, "context"}}), nil
	}
	code := stringArg(in, "code")
	if errorCode, message := s.checkCode(d, code); errorCode != "" {
		return discountRefused(typ, "codeDiscountNode", refusal{errorCode, message, []string{arg, "code"}}), nil
	}
	s.remember()
	s.keepDiscount(d, code)
	return payload(typ, "codeDiscountNode", s.codeDiscountNode(s.state, d)), nil
}

// discountUpdate is discountCodeBasicUpdate and discountCodeFreeShippingUpdate. A code in the input
// renames the discount's only code; where there are several, Shopify's doing is not known and the
// simulator refuses.
func (s *Shop) discountUpdate(typ, arg, kind string, args map[string]any) (*object, error) {
	n, _ := idOf("DiscountCodeNode", stringArg(args, "id"))
	d := s.state.Discounts[n]
	if d == nil || d.Kind != kind {
		return discountRefused(typ, "codeDiscountNode", refusal{"INVALID", "Discount does not exist", []string{"id"}}), nil
	}
	in := mapArg(args, arg)
	changed := d.copy()
	r, err := s.discountInput(changed, arg, in)
	if err != nil {
		return nil, err
	}
	if r != nil {
		return discountRefused(typ, "codeDiscountNode", *r), nil
	}
	code, renames := in["code"].(string)
	if renames {
		if errorCode, message := s.checkCode(d, code); errorCode != "" {
			return discountRefused(typ, "codeDiscountNode", refusal{errorCode, message, []string{arg, "code"}}), nil
		}
		if len(d.Codes) != 1 {
			return discountRefused(typ, "codeDiscountNode", refusal{"INVALID", "Discount has several codes", []string{arg, "code"}}), nil
		}
	}
	s.remember()
	codes := d.Codes
	*d = *changed
	d.Codes, d.UpdatedAt = codes, s.now()
	if renames {
		delete(s.state.codes, fold(codes[0].Code))
		codes[0].Code = code
		s.state.codes[fold(code)] = codeRef{d, codes[0]}
	}
	return payload(typ, "codeDiscountNode", s.codeDiscountNode(s.state, d)), nil
}

// discountDeactivate is discountCodeDeactivate; deactivating twice is no error.
func (s *Shop) discountDeactivate(args map[string]any) (*object, error) {
	const typ = "DiscountCodeDeactivatePayload"
	n, _ := idOf("DiscountCodeNode", stringArg(args, "id"))
	d := s.state.Discounts[n]
	if d == nil {
		return discountRefused(typ, "codeDiscountNode", refusal{"INVALID", "Discount does not exist", []string{"id"}}), nil
	}
	if d.status(s.now()) != "EXPIRED" {
		s.remember()
		d.deactivate(s.now())
	}
	return payload(typ, "codeDiscountNode", s.codeDiscountNode(s.state, d)), nil
}

// codeDiscountNode is a DiscountCodeNode.
func (s *Shop) codeDiscountNode(st *State, d *Discount) *object {
	if d == nil {
		return nil
	}
	return &object{"DiscountCodeNode", map[string]any{
		"id":           gid("DiscountCodeNode", d.ID),
		"codeDiscount": s.discountObject(st, d),
	}}
}

// discountNode is a DiscountNode: the same discount under the newer name.
func (s *Shop) discountNode(st *State, d *Discount) *object {
	return &object{"DiscountNode", map[string]any{
		"id":       gid("DiscountCodeNode", d.ID),
		"discount": s.discountObject(st, d),
	}}
}

func (s *Shop) discountObject(st *State, d *Discount) *object {
	fields := map[string]any{
		"title": d.Title, "status": d.status(s.now()), "asyncUsageCount": d.Usage,
		"appliesOncePerCustomer": d.OncePerCustomer, "usageLimit": nil,
		"startsAt": stamp(d.StartsAt), "endsAt": stampOrNil(d.EndsAt),
		"createdAt": stamp(d.CreatedAt), "updatedAt": stamp(d.UpdatedAt),
		"tags":       anys(d.Tags),
		"codesCount": &object{"Count", map[string]any{"count": len(d.Codes), "precision": "EXACT"}},
		"codes":      s.codesOf(d),
		"combinesWith": &object{"DiscountCombinesWith", map[string]any{
			"orderDiscounts": d.Combines.Order, "productDiscounts": d.Combines.Product, "shippingDiscounts": d.Combines.Shipping,
		}},
		"minimumRequirement": d.minimumObject(),
		"context":            s.contextObject(st, d),
	}
	if d.UsageLimit != nil {
		fields["usageLimit"] = *d.UsageLimit
	}
	switch d.Kind {
	case "basic":
		fields["customerGets"] = &object{"DiscountCustomerGets", map[string]any{
			"appliesOnOneTimePurchase": true, "appliesOnSubscription": false,
			"items": s.itemsObject(st, d),
			"value": d.valueObject(),
		}}
		return &object{"DiscountCodeBasic", fields}
	case "free_shipping":
		return &object{"DiscountCodeFreeShipping", fields}
	case "bxgy":
		return &object{"DiscountCodeBxgy", fields}
	}
	return &object{"DiscountCodeApp", fields}
}

func (s *Shop) codesOf(d *Discount) lazy {
	return func(args map[string]any) (any, error) {
		terms, err := parseSearch(stringArg(args, "query"), "code")
		if err != nil {
			return nil, &queryError{err.Error(), "NOT_SIMULATED"}
		}
		var items []item
		for _, c := range d.Codes {
			matches := !slices.ContainsFunc(terms, func(t term) bool { return !t.matchText(c.Code) })
			if matches {
				items = append(items, item{sortKey(c.ID), func() *object { return redeemCodeObject(c) }})
			}
		}
		return connection("DiscountRedeemCodeConnection", items)(args)
	}
}

func redeemCodeObject(c *RedeemCode) *object {
	return &object{"DiscountRedeemCode", map[string]any{
		"id": gid("DiscountRedeemCode", c.ID), "code": c.Code, "asyncUsageCount": c.Usage,
	}}
}

func (d *Discount) valueObject() *object {
	if d.PercentPPM > 0 {
		return &object{"DiscountPercentage", map[string]any{"percentage": number(formatFixed(d.PercentPPM, 6))}}
	}
	return &object{"DiscountAmount", map[string]any{"amount": moneyObject(d.Amount), "appliesOnEachItem": d.EachItem}}
}

func (d *Discount) minimumObject() *object {
	switch {
	case d.Minimum != nil:
		return &object{"DiscountMinimumSubtotal", map[string]any{"greaterThanOrEqualToSubtotal": moneyObject(*d.Minimum)}}
	case d.MinimumQuantity > 0:
		return &object{"DiscountMinimumQuantity", map[string]any{"greaterThanOrEqualToQuantity": formatFixed(d.MinimumQuantity, 0)}}
	}
	return nil
}

func (s *Shop) contextObject(st *State, d *Discount) *object {
	if len(d.CustomerIDs) == 0 {
		return &object{"DiscountBuyerSelectionAll", map[string]any{"all": "ALL"}}
	}
	var customers []any
	for _, id := range d.CustomerIDs {
		if c := s.customerObject(st, id); c != nil {
			customers = append(customers, c)
		}
	}
	return &object{"DiscountCustomers", map[string]any{"customers": customers}}
}

func anys[T any](list []T) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = v
	}
	return out
}
