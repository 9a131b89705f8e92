package stripe

import (
	"cmp"
	"strings"

	"github.com/go-json-experiment/json"

	"grapevine/rewards"
)

// person is a customer of the account.
func (b customerBody) person() rewards.Person {
	p := rewards.Person{ID: b.ID, Email: b.Email, Phone: b.Phone}
	p.Name, p.Surname = names(b.Name)
	if len(b.Locales) > 0 {
		p.Locale = b.Locales[0]
	}
	return p
}

// names takes a name apart: Stripe has one, and the last word is taken for the surname.
func names(full string) (name, surname string) {
	words := strings.Fields(full)
	if len(words) < 2 {
		return strings.Join(words, " "), ""
	}
	last := len(words) - 1
	return strings.Join(words[:last], " "), words[last]
}

// customer is who bought: a guest is known by her e-mail alone. nil where nothing is told.
func (s sale) customer() *rewards.Person {
	var p rewards.Person
	if b := s.invoice; b != nil {
		p = customerBody{ID: b.Customer.ID, Email: b.Email, Phone: b.Phone, Name: b.Name}.person()
	}
	if b := s.session; b != nil {
		told := customerBody{ID: b.Customer.ID, Email: b.Email}
		if d := b.Details; d != nil {
			told.Email, told.Phone, told.Name = cmp.Or(d.Email, b.Email), d.Phone, d.Name
		}
		at := told.person()
		p.ID, p.Email, p.Phone = cmp.Or(p.ID, at.ID), cmp.Or(p.Email, at.Email), cmp.Or(p.Phone, at.Phone)
		if p.Name == "" {
			p.Name, p.Surname = at.Name, at.Surname
		}
		if b.Locale != "auto" {
			p.Locale = b.Locale
		}
	}
	if p == (rewards.Person{}) {
		return nil
	}
	return &p
}

// The keys of metadata in which an advocate's code may stand, of a session, an invoice or a subscription.
var touchKeys = []string{"grapevine_code", "ref", "referral"}

// touches are the links by which the buyer came: the session's client_reference_id, and metadata. Neither has
// a time of its own, so they count as at the order; also for each later invoice of the subscription that the
// session began, as does the code that was typed then.
func (s sale) touches() []rewards.Touch {
	var out []rewards.Touch
	seen := map[string]bool{}
	add := func(code string) {
		if folded, ok := rewards.FoldCode(code); ok && !seen[folded] {
			seen[folded] = true
			out = append(out, rewards.Touch{Code: folded})
		}
	}
	read := func(metadata map[string]string) {
		for _, key := range touchKeys {
			add(metadata[key])
		}
	}
	if s.session != nil {
		add(s.session.Reference)
		read(s.session.Metadata)
	}
	if s.invoice != nil {
		read(s.invoice.Metadata)
		read(s.invoice.Plan.Metadata)
	}
	for _, code := range s.earlier {
		add(code)
	}
	return out
}

// leaveTrail fills in where the sale came from, as far as it is told. None of it is ever logged.
func (s sale) leaveTrail(o *rewards.Order) {
	var ship, bill *addressBody
	if b := s.session; b != nil {
		if b.Shipping != nil {
			ship = b.Shipping.Address
		}
		if b.Details != nil {
			bill = b.Details.Address
		}
	}
	if b := s.invoice; b != nil {
		for _, to := range []*shippingBody{b.ShippingTo, b.Shipping} {
			if ship == nil && to != nil {
				ship = to.Address
			}
		}
		if bill == nil {
			bill = b.Address
		}
	}
	to := ship
	if to == nil || *to == (addressBody{}) {
		to = bill
	}
	if to != nil {
		a := &o.Trail.Address
		a.Line1, a.Line2, a.City, a.Postcode, a.Country = to.Line1, to.Line2, to.City, to.Zip, countryOf(to.Country)
		if o.Country = a.Country; o.Country == "" && bill != nil {
			o.Country = countryOf(bill.Country)
		}
	}
	for _, c := range s.charges {
		if mark := c.mark(); c.Status == "succeeded" && mark != "" {
			o.Trail.Card = mark
			break
		}
	}
}

// countryOf is an ISO code of two letters, "" for anything else.
func countryOf(code string) string {
	if len(code) != 2 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return ""
	}
	return code
}

// mark tells one means of payment from another: the fingerprint that Stripe gives cards and bank accounts, the
// same for the same one in an account. "" for methods without one.
func (b chargeBody) mark() string {
	var kind string
	if json.Unmarshal(b.Method["type"], &kind) != nil || len(b.Method[kind]) == 0 || b.Method[kind].Kind() != '{' {
		return ""
	}
	var method struct {
		Fingerprint string `json:"fingerprint"`
	}
	if json.Unmarshal(b.Method[kind], &method) != nil {
		return ""
	}
	return method.Fingerprint
}
