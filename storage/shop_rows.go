package storage

import (
	"encoding/json"
	"fmt"

	"grapevine/connectors"
	"grapevine/internal/secret"
	"grapevine/rewards"
)

type shopRow struct {
	ShopID      string `gorm:"primaryKey"`
	Platform    string
	Domain      string
	APIURL      string `gorm:"column:api_url"`
	Currency    string
	TimeZone    string
	Status      string
	Reason      string
	Since       stamp
	TokenSealed []byte
	HooksSealed []byte // the secrets of its webhooks, as a JSON list
	Settings    string // the connector's own, as a JSON object; "" for none
	InstalledAt stamp
	Created     stamp   `gorm:"column:created_at"`
	GroupID     *string `gorm:"->"` // written by who joins and leaves alone
}

func (shopRow) TableName() string { return "shops" }

// The states of a shop.
const (
	ShopActive      = "active"
	ShopPaused      = "paused" // by a person
	ShopParked      = "parked" // by us, because it can't be called
	ShopUninstalled = "uninstalled"
)

func (r shopRow) installed() connectors.Installed {
	return connectors.Installed{
		ID: r.ShopID, Platform: r.Platform, Domain: r.Domain, Currency: r.Currency,
		Status: r.Status, Reason: r.Reason, Since: r.Since.Time,
	}
}

// mayChangeTo refuses a shop of a group another currency: the group's budgets have one. Kind Invalid, code
// group_currency.
func (r shopRow) mayChangeTo(currency string) error {
	if r.GroupID == nil || currency == r.Currency {
		return nil
	}
	return rewards.Errorf(rewards.Invalid, "group_currency", "%s belongs to group %s, which is in %s: `grapevine group remove %s --shop %s` takes it out", r.Domain, *r.GroupID, r.Currency, *r.GroupID, r.ShopID)
}

func tokenPlace(shopID string) secret.Place {
	return secret.Place{Shop: shopID, Table: "shops", Column: "token_sealed"}
}

func hooksPlace(shopID string) secret.Place {
	return secret.Place{Shop: shopID, Table: "shops", Column: "hooks_sealed"}
}

func (r shopRow) settings(into *map[string]string) error {
	if r.Settings == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(r.Settings), into); err != nil {
		return fmt.Errorf("reading the settings of shop %s: %w", r.ShopID, err)
	}
	return nil
}

// keep stores settings instead of those that are there: what a connector no longer says of a shop holds no more.
// nil leaves them.
func (r *shopRow) keep(settings map[string]string) error {
	if settings == nil {
		return nil
	}
	b, err := json.Marshal(settings)
	r.Settings = string(b)
	return err
}

// sealHooks stores the secrets of a shop's webhooks.
func (d *DB) sealHooks(r *shopRow, secrets []secret.Text) error {
	if len(secrets) == 0 {
		r.HooksSealed = nil
		return nil
	}
	plain := make([]string, len(secrets))
	for i, s := range secrets {
		plain[i] = s.Reveal()
	}
	b, err := json.Marshal(plain)
	if err != nil {
		return err
	}
	r.HooksSealed = d.keys.Seal(hooksPlace(r.ShopID), b)
	return nil
}

// door is what guards the shop's own address. Kind Internal, code token_unreadable, if its secrets were sealed
// with another master key.
func (d *DB) door(r shopRow) (connectors.Door, error) {
	door := connectors.Door{ShopID: r.ShopID, Domain: r.Domain}
	if err := r.settings(&door.Settings); err != nil || len(r.HooksSealed) == 0 {
		return door, err
	}
	plain, err := d.keys.Open(hooksPlace(r.ShopID), r.HooksSealed)
	if err != nil {
		return door, rewards.Errorf(rewards.Internal, "token_unreadable", "webhook secrets of shop %s: %w", r.ShopID, err)
	}
	return door, json.Unmarshal(plain, &door.Secrets)
}

// callable is the shop as a connector needs it, with its token. Kind Denied, code token_unreadable, if
// the token was sealed with another master key.
func (d *DB) callable(r shopRow) (connectors.Shop, error) {
	s := connectors.Shop{
		ID: r.ShopID, Platform: r.Platform, Domain: r.Domain, APIURL: r.APIURL, Currency: r.Currency, TimeZone: r.TimeZone,
	}
	if err := r.settings(&s.Settings); err != nil {
		return s, err
	}
	if len(r.TokenSealed) == 0 {
		return s, nil
	}
	plain, err := d.keys.Open(tokenPlace(r.ShopID), r.TokenSealed)
	if err != nil {
		return s, rewards.Errorf(rewards.Denied, "token_unreadable", "shop %s: %w", r.ShopID, err)
	}
	s.Token = string(plain)
	return s, nil
}
