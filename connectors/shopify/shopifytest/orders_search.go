package shopifytest

import (
	"maps"
	"slices"
	"strings"
)

// orderPage answers a connection of orders: filtered by query, ordered by sortKey.
func (s *Shop) orderPage(st *State, orders []*Order, args map[string]any) (any, error) {
	terms, err := parseSearch(stringArg(args, "query"), "created_at", "updated_at", "processed_at",
		"customer_id", "discount_code", "name", "test", "financial_status", "status", "id", "email")
	if err != nil {
		return nil, &queryError{err.Error(), "NOT_SIMULATED"}
	}
	var items []item
	for _, o := range orders {
		matches, err := o.matches(st, terms)
		if err != nil {
			return nil, &queryError{err.Error(), "NOT_SIMULATED"}
		}
		if !matches {
			continue
		}
		key := sortKey(o.ID)
		switch stringArg(args, "sortKey") {
		case "ID", "ORDER_NUMBER":
		case "CREATED_AT":
			key = timeKey(o.CreatedAt, o.ID)
		case "UPDATED_AT":
			key = timeKey(o.UpdatedAt, o.ID)
		case "PROCESSED_AT", "":
			key = timeKey(o.ProcessedAt, o.ID)
		default:
			return nil, &queryError{"the simulator cannot sort orders by " + stringArg(args, "sortKey"), "NOT_SIMULATED"}
		}
		items = append(items, item{key, func() *object { return s.orderObject(st, o) }})
	}
	return connection("OrderConnection", items)(args)
}

func (o *Order) matches(st *State, terms []term) (bool, error) {
	for _, t := range terms {
		ok, err := o.matchesTerm(st, t)
		if err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}

func (o *Order) matchesTerm(st *State, t term) (bool, error) {
	switch t.key {
	case "created_at":
		return t.matchTime(o.CreatedAt)
	case "updated_at":
		return t.matchTime(o.UpdatedAt)
	case "processed_at":
		return t.matchTime(o.ProcessedAt)
	case "customer_id":
		return t.value == formatFixed(o.CustomerID, 0), nil
	case "id":
		return t.value == formatFixed(o.ID, 0), nil
	case "name":
		return t.matchText(o.Name), nil
	case "test":
		return o.Test == (t.value == "true"), nil
	case "financial_status":
		return t.matchText(o.FinancialStatus()), nil
	case "discount_code":
		return slices.ContainsFunc(o.discountCodes(), func(c orderCode) bool { return t.matchText(c.code) }), nil
	case "email":
		c := st.Customers[o.CustomerID]
		return c != nil && t.matchText(c.Email), nil
	}
	// status: any, open, closed, cancelled; nothing here is closed.
	switch strings.ToLower(t.value) {
	case "any":
		return true, nil
	case "cancelled":
		return o.CancelledAt != nil, nil
	}
	return o.CancelledAt == nil, nil
}

// discountPage answers discountNodes: filtered by title, code and status.
func (s *Shop) discountPage(st *State, args map[string]any) (any, error) {
	terms, err := parseSearch(stringArg(args, "query"), "title", "code", "status", "method", "id")
	if err != nil {
		return nil, &queryError{err.Error(), "NOT_SIMULATED"}
	}
	var items []item
	for _, id := range slices.Sorted(maps.Keys(st.Discounts)) {
		d := st.Discounts[id]
		matches := !slices.ContainsFunc(terms, func(t term) bool { return !s.discountMatches(d, t) })
		if !matches {
			continue
		}
		key := sortKey(d.ID)
		switch stringArg(args, "sortKey") {
		case "CREATED_AT":
			key = timeKey(d.CreatedAt, d.ID)
		case "UPDATED_AT":
			key = timeKey(d.UpdatedAt, d.ID)
		case "TITLE":
			key = fold(d.Title) + sortKey(d.ID)
		}
		items = append(items, item{key, func() *object { return s.discountNode(st, d) }})
	}
	return connection("DiscountNodeConnection", items)(args)
}

func (s *Shop) discountMatches(d *Discount, t term) bool {
	switch t.key {
	case "title":
		return t.matchText(d.Title)
	case "status":
		return t.matchText(d.status(s.now()))
	case "method":
		return t.matchText("code")
	case "id":
		return t.value == formatFixed(d.ID, 0)
	}
	return slices.ContainsFunc(d.Codes, func(c *RedeemCode) bool { return t.matchText(c.Code) })
}
