package shopifytest

import (
	"slices"
	"strings"
)

// CustomerInput names a customer by ID or by e-mail address, or describes a new one.
type CustomerInput struct {
	ID        int64  `json:"id"`
	Email     string `json:"email"`
	Phone     string `json:"phone"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
}

// AddCustomer makes a customer, or finds the one with that id or address.
func (s *Shop) AddCustomer(in CustomerInput) (*Customer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.customer(in)
	if err != nil {
		return nil, err
	}
	return c.copy(), nil
}

// customer finds or makes a customer; a new one is told by webhook.
func (s *Shop) customer(in CustomerInput) (*Customer, error) {
	if in.ID != 0 {
		c := s.state.Customers[in.ID]
		if c == nil {
			return nil, notFound("customer %d", in.ID)
		}
		return c, nil
	}
	if id, ok := s.state.emails[fold(in.Email)]; ok && in.Email != "" {
		return s.state.Customers[id], nil
	}
	s.remember()
	now := s.now()
	c := &Customer{
		ID: s.newID(), Email: in.Email, Phone: in.Phone, FirstName: in.FirstName, LastName: in.LastName,
		CreatedAt: now, UpdatedAt: now, OrderIDs: []int64{},
	}
	s.state.Customers[c.ID] = c
	if c.Email != "" {
		s.state.emails[fold(c.Email)] = c.ID
	}
	s.emit(s.uuid(), message{"customers/create", s.customerPayload(c)})
	return c, nil
}

// UpdateCustomer changes a customer's address, phone and names to what in holds.
func (s *Shop) UpdateCustomer(id int64, in CustomerInput) (*Customer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.state.Customers[id]
	if c == nil {
		return nil, notFound("customer %d", id)
	}
	if other, taken := s.state.emails[fold(in.Email)]; taken && in.Email != "" && other != id {
		return nil, &Error{Status: 409, Code: "email_taken", Message: "another customer has that address"}
	}
	s.remember()
	delete(s.state.emails, fold(c.Email))
	c.Email, c.Phone, c.FirstName, c.LastName, c.UpdatedAt = in.Email, in.Phone, in.FirstName, in.LastName, s.now()
	if c.Email != "" {
		s.state.emails[fold(c.Email)] = id
	}
	s.emit(s.uuid(), message{"customers/update", s.customerPayload(c)})
	return c.copy(), nil
}

// TagCustomer gives a customer exactly these tags, by the merchant's hand.
func (s *Shop) TagCustomer(id int64, tags ...string) (*Customer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.state.Customers[id]
	if c == nil {
		return nil, notFound("customer %d", id)
	}
	s.remember()
	c.Tags, c.UpdatedAt = tags, s.now()
	s.emit(s.uuid(), message{"customers/update", s.customerPayload(c)})
	return c.copy(), nil
}

// DeleteCustomer removes a customer; orders stay, without one.
func (s *Shop) DeleteCustomer(id int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.state.Customers[id]
	if c == nil {
		return notFound("customer %d", id)
	}
	s.remember()
	for _, orderID := range c.OrderIDs {
		if o := s.state.Orders[orderID]; o != nil {
			o.CustomerID = 0
		}
	}
	delete(s.state.emails, fold(c.Email))
	delete(s.state.Customers, id)
	s.emit(s.uuid(), message{"customers/delete", map[string]any{
		"id": id, "tax_exemptions": []any{}, "admin_graphql_api_id": gid("Customer", id),
	}})
	return nil
}

// ordersOf counts a customer's orders, without test orders and deleted ones.
func (st *State) ordersOf(c *Customer) int64 {
	var n int64
	for _, id := range c.OrderIDs {
		if o := st.Orders[id]; o != nil && !o.Test {
			n++
		}
	}
	return n
}

// copy is independent of the shop's own customer.
func (c *Customer) copy() *Customer {
	out := *c
	out.OrderIDs, out.Tags = slices.Clone(c.OrderIDs), slices.Clone(c.Tags)
	return &out
}

// customerObject is a Customer, or nil; level-2 fields are null where they are hidden.
func (s *Shop) customerObject(st *State, id int64) *object {
	c := st.Customers[id]
	if c == nil {
		return nil
	}
	fields := map[string]any{
		"id": gid("Customer", c.ID), "legacyResourceId": formatFixed(c.ID, 0),
		"createdAt": stamp(c.CreatedAt), "updatedAt": stamp(c.UpdatedAt),
		"firstName": nil, "lastName": nil, "displayName": "", "locale": "en", "note": nil, "tags": anys(c.Tags), "defaultEmailAddress": nil, "defaultPhoneNumber": nil,
		"numberOfOrders": formatFixed(st.ordersOf(c), 0),
		"orders": lazy(func(args map[string]any) (any, error) {
			var orders []*Order
			for _, id := range c.OrderIDs {
				if o := st.Orders[id]; s.shows(o) {
					orders = append(orders, o)
				}
			}
			return s.orderPage(st, orders, args)
		}),
		"storeCreditAccounts": lazy(func(args map[string]any) (any, error) {
			if stringArg(args, "query") != "" {
				return nil, &queryError{"the simulator cannot search store-credit accounts", "NOT_SIMULATED"}
			}
			var items []item
			for _, a := range st.Accounts {
				if a.CustomerID == c.ID {
					items = append(items, item{sortKey(a.ID), func() *object { return s.creditAccountObject(st, a) }})
				}
			}
			return connection("StoreCreditAccountConnection", items)(args)
		}),
	}
	if !s.settings.HideLevel2 {
		fields["firstName"], fields["lastName"] = orNil(c.FirstName), orNil(c.LastName)
		fields["displayName"] = strings.TrimSpace(c.FirstName + " " + c.LastName)
		if c.Email != "" {
			fields["defaultEmailAddress"] = &object{"CustomerEmailAddress", map[string]any{"emailAddress": c.Email}}
		}
		if c.Phone != "" {
			fields["defaultPhoneNumber"] = &object{"CustomerPhoneNumber", map[string]any{"phoneNumber": c.Phone}}
		}
	}
	return &object{"Customer", fields}
}

func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}
