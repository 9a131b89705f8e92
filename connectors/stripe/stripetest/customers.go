package stripetest

import (
	"maps"
	"net/http"

	"grapevine/internal/simshop"
)

// customer is a customer object. Several may have the same e-mail.
type customer struct {
	id, email, name, phone, description string
	currency                            string // of its first credit or invoice; "": none yet
	created                             int64
	metadata                            map[string]string
	balances                            map[string]int64 // by currency; below zero: credit
	transactions                        []*balanceTransaction
	address                             object
	invoicePrefix                       string
	deleted                             bool
}

func (c *customer) key() string { return c.id }
func (c *customer) at() int64   { return c.created }

func (c *customer) view(a *Account) object {
	if c.deleted {
		return object{"id": c.id, "object": "customer", "deleted": true}
	}
	return c.full(a)
}

// full is the customer as its events show it, deleted or not.
func (c *customer) full(a *Account) object {
	return object{
		"id": c.id, "object": "customer", "address": orNilObject(c.address), "balance": c.balances[c.currency], "created": c.created,
		"currency": orNil(c.currency), "default_source": nil, "delinquent": false, "description": orNil(c.description),
		"discount": nil, "email": orNil(c.email), "invoice_prefix": c.invoicePrefix,
		"invoice_settings": object{"custom_fields": nil, "default_payment_method": nil, "footer": nil, "rendering_options": nil},
		"livemode":         a.live, "metadata": stringMap(c.metadata), "name": orNil(c.name), "next_invoice_sequence": 1,
		"phone": orNil(c.phone), "preferred_locales": []any{}, "shipping": nil, "tax_exempt": "none", "test_clock": nil,
	}
}

func orNilObject(o object) any {
	if o == nil {
		return nil
	}
	return maps.Clone(o)
}

// newCustomer makes a customer without telling anybody.
func (a *Account) newCustomer() *customer {
	c := &customer{
		id: a.s.newID("cus_", 14), created: a.s.now().Unix(), metadata: map[string]string{}, balances: map[string]int64{},
		invoicePrefix: a.s.newID("", 8),
	}
	a.customers = append(a.customers, c)
	a.things[c.id] = c
	return c
}

func customerRoutes() []route {
	fields := spec{}.and(kindFree, "email", "name", "phone", "description", "address.line1", "address.line2", "address.city", "address.postal_code", "address.state", "address.country").writing()
	return []route{
		{http.MethodPost, "/v1/customers", fields, createCustomer},
		{http.MethodGet, "/v1/customers", texts("email").listing().dated(), listCustomers},
		{http.MethodGet, "/v1/customers/{id}", reading(), func(r request) (object, error) {
			c, ok := find[*customer](r.a, r.ids[0])
			if !ok {
				return nil, missing("customer", r.ids[0], "id")
			}
			return c.view(r.a), nil
		}},
		{http.MethodPost, "/v1/customers/{id}", fields, updateCustomer},
		{http.MethodDelete, "/v1/customers/{id}", spec{}, deleteCustomer},
	}
}

// liveCustomer finds a customer that is not deleted.
func (a *Account) liveCustomer(id, param string) (*customer, error) {
	c, ok := find[*customer](a, id)
	if !ok || c.deleted {
		return nil, missing("customer", id, param)
	}
	return c, nil
}

// fill takes over what a request says of a customer.
func (c *customer) fill(r request) error {
	metadata, err := r.metadata(c.metadata)
	if err != nil {
		return err
	}
	c.metadata = metadata
	for path, field := range map[string]*string{"email": &c.email, "name": &c.name, "phone": &c.phone, "description": &c.description} {
		if r.has(path) {
			*field = r.text(path)
		}
	}
	if r.has("address") {
		c.address = object{}
		for _, part := range []string{"city", "country", "line1", "line2", "postal_code", "state"} {
			c.address[part] = orNil(r.text("address." + part))
		}
	}
	return nil
}

func createCustomer(r request) (object, error) {
	if _, err := r.metadata(nil); err != nil {
		return nil, err
	}
	c := r.a.newCustomer()
	if err := c.fill(r); err != nil {
		return nil, err
	}
	r.a.emit("customer.created", c.view(r.a), nil)
	return c.view(r.a), nil
}

func listCustomers(r request) (object, error) {
	return page(r, "/v1/customers", r.a.customers, func(c *customer) bool { return !c.deleted && r.is("email", c.email) })
}

func updateCustomer(r request) (object, error) {
	c, err := r.a.liveCustomer(r.ids[0], "id")
	if err != nil {
		return nil, err
	}
	before := c.view(r.a)
	if err := c.fill(r); err != nil {
		return nil, err
	}
	r.a.emitChange("customer.updated", before, c.view(r.a))
	return c.view(r.a), nil
}

func deleteCustomer(r request) (object, error) {
	c, err := r.a.liveCustomer(r.ids[0], "id")
	if err != nil {
		return nil, err
	}
	r.a.dropCustomer(c)
	return c.view(r.a), nil
}

func (a *Account) dropCustomer(c *customer) {
	c.deleted = true
	a.emit("customer.deleted", c.full(a), nil)
}

// customerFor is the newest customer with a buyer's e-mail, or a new one; fresh tells which.
func (a *Account) customerFor(b simshop.Buyer) (c *customer, fresh bool) {
	for i := len(a.customers) - 1; i >= 0; i-- {
		if c := a.customers[i]; !c.deleted && c.email == b.Email && b.Email != "" {
			return c, false
		}
	}
	c = a.newCustomer()
	c.email, c.name, c.address = b.Email, fullName(b), addressOf(b)
	return c, true
}

func fullName(b simshop.Buyer) string {
	switch {
	case b.FirstName == "":
		return b.Surname
	case b.Surname == "":
		return b.FirstName
	}
	return b.FirstName + " " + b.Surname
}

// addressOf is a buyer's address, nil if none is told.
func addressOf(b simshop.Buyer) object {
	if b.Street == "" && b.City == "" && b.Postcode == "" && b.Country == "" {
		return nil
	}
	return object{
		"city": orNil(b.City), "country": orNil(b.Country), "line1": orNil(b.Street), "line2": nil,
		"postal_code": orNil(b.Postcode), "state": nil,
	}
}

// AddCustomer makes a customer, or returns the newest that has the e-mail.
func (a *Account) AddCustomer(b simshop.Buyer) (string, error) {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	if b.Email == "" {
		return "", refuse("invalid", "a customer needs an e-mail")
	}
	c, fresh := a.customerFor(b)
	if fresh {
		a.emit("customer.created", c.view(a), nil)
	}
	return c.id, nil
}

// DeleteCustomer deletes a customer, as the merchant might in the dashboard.
func (a *Account) DeleteCustomer(id string) error {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	c, err := a.liveCustomer(id, "id")
	if err != nil {
		return refuse("not_found", "no customer %s", id)
	}
	a.dropCustomer(c)
	return nil
}
