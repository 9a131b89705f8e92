package storage

import (
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
	InstalledAt stamp
	Created     stamp `gorm:"column:created_at"`
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

func tokenPlace(shopID string) secret.Place {
	return secret.Place{Shop: shopID, Table: "shops", Column: "token_sealed"}
}

// callable is the shop as a connector needs it, with its token. Kind Denied, code token_unreadable, if
// the token was sealed with another master key.
func (d *DB) callable(r shopRow) (connectors.Shop, error) {
	s := connectors.Shop{
		ID: r.ShopID, Platform: r.Platform, Domain: r.Domain, APIURL: r.APIURL, Currency: r.Currency, TimeZone: r.TimeZone,
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
