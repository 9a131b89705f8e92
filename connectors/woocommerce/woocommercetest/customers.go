package woocommercetest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// CustomerInput is an account to be made.
type CustomerInput struct {
	Email, FirstName, LastName string
	Billing, Shipping          Address
}

var errEmailTaken = errors.New("an account is already registered with that e-mail")

// CreateCustomer makes an account. An e-mail that has one is an error.
func (s *Server) CreateCustomer(in CustomerInput) (Customer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.newCustomer(in)
	if err != nil {
		return Customer{}, err
	}
	return *c, nil
}

// newCustomer is CreateCustomer. The lock is held.
func (s *Server) newCustomer(in CustomerInput) (*Customer, error) {
	if s.st.customerByEmail(in.Email) != nil {
		return nil, errEmailTaken
	}
	now := s.now()
	name, _, _ := strings.Cut(strings.ToLower(in.Email), "@")
	taken := func(c *Customer) bool { return c.Username == name }
	for base, n := name, 2; slices.ContainsFunc(sorted(s.st.customers), taken); n++ {
		name = fmt.Sprintf("%s-%d", base, n)
	}
	c := &Customer{
		ID: next(&s.st.lastUser), Email: in.Email, FirstName: in.FirstName, LastName: in.LastName, Username: name,
		Created: now, Modified: now, Billing: in.Billing, Shipping: in.Shipping,
	}
	s.st.customers[c.ID] = c
	s.emit("customer.created", c.ID)
	return c, nil
}

// DeleteCustomer removes an account; its orders stay, as those of a guest.
func (s *Server) DeleteCustomer(customerID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range s.st.customers {
		if idText(id) == customerID {
			s.removeCustomer(id)
			return nil
		}
	}
	return fmt.Errorf("no customer %s", customerID)
}

func (s *Server) removeCustomer(id int64) {
	delete(s.st.customers, id)
	for _, o := range s.st.orders {
		if o.CustomerID == id {
			o.CustomerID = 0
		}
	}
	s.emit("customer.deleted", id)
}

// customerBody is a customer as REST answers and webhooks give it.
func (s *Server) customerBody(c *Customer, base string) map[string]any {
	sum := sha256.Sum256([]byte(strings.ToLower(strings.TrimSpace(c.Email))))
	return map[string]any{
		"id": c.ID, "date_created": s.local(&c.Created), "date_created_gmt": gmt(&c.Created),
		"date_modified": s.local(&c.Modified), "date_modified_gmt": gmt(&c.Modified),
		"email": c.Email, "first_name": c.FirstName, "last_name": c.LastName, "role": "customer", "username": c.Username,
		"billing": addressBody(c.Billing, true), "shipping": addressBody(c.Shipping, false),
		"is_paying_customer": c.Paying,
		"avatar_url":         "https://secure.gravatar.com/avatar/" + hex.EncodeToString(sum[:]) + "?s=96&d=mm&r=g",
		"meta_data":          list(c.Meta), "_links": links(base, "customers", c.ID),
	}
}

// listCustomers lists accounts with the role customer; email finds one exactly.
func (c *call) listCustomers() (any, int, *problem) {
	role, _ := c.param("role")
	email, byEmail := c.param("email")
	search, _ := c.param("search")
	if byEmail && !strings.Contains(email, "@") {
		return nil, 0, invalidParam("email", "Invalid email address.")
	}
	found := slices.DeleteFunc(sorted(c.s.st.customers), func(k *Customer) bool {
		return byEmail && !strings.EqualFold(k.Email, email) || role != "" && role != "customer" && role != "all" ||
			!containsFold(strings.Join([]string{k.Email, k.Username, k.FirstName, k.LastName}, " "), search)
	})
	found, bad := page(c, found, func(k *Customer) row { return row{k.ID, k.Created, k.Modified, k.FirstName + k.LastName} })
	if bad != nil {
		return nil, 0, bad
	}
	out := make([]any, len(found))
	for i, k := range found {
		out[i] = c.s.customerBody(k, c.link("/wc/v3"))
	}
	return out, http.StatusOK, nil
}

func invalidUser() *problem {
	return &problem{status: http.StatusNotFound, code: "wc_user_invalid_id", text: "Invalid user ID."}
}

func (c *call) getCustomer(id int64) (any, int, *problem) {
	k := c.s.st.customers[id]
	if k == nil {
		return nil, 0, invalidUser()
	}
	return c.s.customerBody(k, c.link("/wc/v3")), http.StatusOK, nil
}

func (c *call) createCustomer() (any, int, *problem) {
	email, _ := c.param("email")
	if email == "" {
		return nil, 0, &problem{
			status: http.StatusBadRequest, code: "rest_missing_callback_param", text: "Missing parameter(s): email",
			data: map[string]any{"params": []string{"email"}},
		}
	}
	if len(emailList([]string{email})) == 0 {
		return nil, 0, invalidParam("email", "Invalid email address.")
	}
	in := CustomerInput{Email: email}
	in.FirstName, _ = c.param("first_name")
	in.LastName, _ = c.param("last_name")
	k, err := c.s.newCustomer(in)
	if err != nil {
		return nil, 0, &problem{
			status: http.StatusBadRequest, code: "registration-error-email-exists",
			text: `An account is already registered with your email address. <a href="#" class="showlogin">Please log in.</a>`,
		}
	}
	if bad := c.fillMeta(&k.Meta); bad != nil {
		return nil, 0, bad
	}
	base := c.link("/wc/v3")
	c.header.Set("Location", fmt.Sprintf("%s/customers/%d", base, k.ID))
	return c.s.customerBody(k, base), http.StatusCreated, nil
}

func (c *call) updateCustomer(id int64) (any, int, *problem) {
	k := c.s.st.customers[id]
	if k == nil {
		p := invalidUser()
		p.status = http.StatusBadRequest
		return nil, 0, p
	}
	if email, ok := c.param("email"); ok {
		if other := c.s.st.customerByEmail(email); other != nil && other.ID != id {
			return nil, 0, &problem{status: http.StatusBadRequest, code: "woocommerce_rest_customer_invalid_email", text: "Email address is invalid."}
		}
		k.Email = email
	}
	if first, ok := c.param("first_name"); ok {
		k.FirstName = first
	}
	if last, ok := c.param("last_name"); ok {
		k.LastName = last
	}
	if bad := c.fillMeta(&k.Meta); bad != nil {
		return nil, 0, bad
	}
	k.Modified = c.s.now()
	c.s.emit("customer.updated", id)
	return c.s.customerBody(k, c.link("/wc/v3")), http.StatusOK, nil
}

func (c *call) deleteCustomer(id int64) (any, int, *problem) {
	if !c.flag("force") {
		return nil, 0, &problem{status: http.StatusNotImplemented, code: "woocommerce_rest_trash_not_supported", text: "Customers do not support trashing."}
	}
	k := c.s.st.customers[id]
	if k == nil {
		return nil, 0, invalidUser()
	}
	body := c.s.customerBody(k, c.link("/wc/v3"))
	c.s.removeCustomer(id)
	return body, http.StatusOK, nil
}
