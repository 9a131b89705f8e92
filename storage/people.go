package storage

import (
	"cmp"
	"encoding/json"
	"fmt"

	"grapevine/internal/secret"
	"grapevine/rewards"
	"grapevine/rewards/fairness"
)

// The kinds of keyed look-up. They are the kinds of traces too.
const (
	lookupEmail   = "email"
	lookupPhone   = "phone"
	lookupAddress = "address"
	lookupIP      = "ip"
	lookupDevice  = "device" // IP and browser together
	lookupCard    = "card"
)

// EmailKey is the keyed hash by which an e-mail address is found in one shop; "" for what is none.
func (d *DB) EmailKey(shopID, email string) string {
	canonical, ok := rewards.CanonicalEmail(email)
	if !ok {
		return ""
	}
	return d.keys.Lookup(shopID, lookupEmail, canonical)
}

// Seal replaces what an order tells of people and places by keyed hashes and forgets it. It is the
// pipeline's webhooks.Seal.
func (d *DB) Seal(shopID string, o *rewards.Order) {
	d.sealPerson(shopID, o.Customer, cmp.Or(o.Country, o.Trail.Address.Country))
	d.sealTrail(shopID, &o.Trail)
}

// sealPerson seals who placed an order that goes to a country. A telephone number whose form would be a
// guess has no key: it could be anybody's.
func (d *DB) sealPerson(shopID string, p *rewards.Person, country string) {
	if p == nil {
		return
	}
	if p.Email != "" {
		p.EmailKey = d.EmailKey(shopID, p.Email)
	}
	if p.Phone != "" {
		phone, _ := fairness.CanonicalPhone(p.Phone, country)
		p.PhoneKey = d.keys.Lookup(shopID, lookupPhone, phone)
	}
	p.Email, p.Phone, p.Name, p.Surname = "", "", "", ""
}

// person is what is kept of an advocate in sealed form.
type person struct {
	Email     string `json:"email,omitempty"`
	FirstName string `json:"first_name,omitempty"`
	LastName  string `json:"last_name,omitempty"` // where the shop told it
}

func personPlace(shopID string) secret.Place {
	return secret.Place{Shop: shopID, Table: "advocates", Column: "person_sealed"}
}

func (d *DB) sealedPerson(shopID string, p person) ([]byte, error) {
	text, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("sealing a person: %w", err)
	}
	return d.keys.Seal(personPlace(shopID), text), nil
}

// openPerson reads what was sealed; nothing sealed is nobody. A value that does not open is Internal.
func (d *DB) openPerson(shopID string, sealed []byte) (p person, err error) {
	if len(sealed) == 0 {
		return p, nil
	}
	text, err := d.keys.Open(personPlace(shopID), sealed)
	if err == nil {
		err = json.Unmarshal(text, &p)
	}
	if err != nil {
		return p, fmt.Errorf("opening a person: %w", err)
	}
	return p, nil
}

// noneIfEmpty stores nothing as NULL: unique indexes pass it over.
func noneIfEmpty(s string) any {
	if s == "" {
		return nil
	}
	return s
}
