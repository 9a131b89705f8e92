package storage

import (
	"encoding/json"
	"fmt"

	"grapevine/internal/secret"
	"grapevine/rewards"
)

// The kinds of keyed look-up.
const (
	lookupEmail = "email"
	lookupPhone = "phone"
)

// EmailKey is the keyed hash by which an e-mail address is found in one shop; "" for what is none.
func (d *DB) EmailKey(shopID, email string) string {
	canonical, ok := rewards.CanonicalEmail(email)
	if !ok {
		return ""
	}
	return d.keys.Lookup(shopID, lookupEmail, canonical)
}

// Seal replaces a person's plain e-mail and phone by keyed hashes and forgets them. It is the
// pipeline's webhooks.Seal.
func (d *DB) Seal(shopID string, p *rewards.Person) { d.sealPerson(shopID, p) }

func (d *DB) sealPerson(shopID string, p *rewards.Person) {
	if p == nil {
		return
	}
	if p.Email != "" {
		p.EmailKey = d.EmailKey(shopID, p.Email)
	}
	if p.Phone != "" {
		p.PhoneKey = d.keys.Lookup(shopID, lookupPhone, p.Phone)
	}
	p.Email, p.Phone = "", ""
}

// person is what is kept of an advocate in sealed form.
type person struct {
	Email     string `json:"email,omitempty"`
	FirstName string `json:"first_name,omitempty"`
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
