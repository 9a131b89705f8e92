package storage

import (
	"context"
	"crypto/rand"
	"time"

	"gorm.io/gorm"

	"grapevine/internal/access"
	"grapevine/internal/secret"
	"grapevine/rewards"
)

type tokenRow struct {
	ShopID     string
	ID         string
	Hash       []byte
	Scope      string
	Created    stamp `gorm:"column:created_at"`
	LastUsedAt stamp
	RevokedAt  stamp
}

func (tokenRow) TableName() string { return "tokens" }

// StoredToken is a token as people look at it: without its secret.
type StoredToken struct {
	access.Token
	CreatedAt  time.Time
	LastUsedAt time.Time // zero: never; kept to the minute
	RevokedAt  time.Time // zero: live
}

// CreateToken makes an API token of a shop. Its plain value is returned this once and not stored.
// Kind NotFound without the shop, Invalid for another scope than read and write.
func (d *DB) CreateToken(ctx context.Context, shopID string, scope access.Scope) (t access.Token, plain secret.Text, err error) {
	if scope != access.Read && scope != access.Write {
		return t, "", rewards.Errorf(rewards.Invalid, "bad_scope", "%.20q is neither read nor write", scope)
	}
	plain = secret.Text("gv_" + rand.Text() + rand.Text())
	row := tokenRow{ShopID: shopID, ID: d.mint.ID("tok_"), Hash: secret.HashToken(plain), Scope: string(scope)}
	err = d.write(ctx, "creating a token", func(x *txn) error {
		if _, err := x.shop(shopID); err != nil {
			return err
		}
		now, err := x.now()
		if err != nil {
			return err
		}
		row.Created.Time = now
		return x.Create(&row).Error
	})
	if err != nil {
		return access.Token{}, "", err
	}
	return row.token(), plain, nil
}

func (r tokenRow) token() access.Token {
	return access.Token{ID: r.ID, ShopID: r.ShopID, Scope: access.Scope(r.Scope)}
}

const usedEvery = time.Minute

// CheckToken finds the live token with this plain value. Kind Denied, code bad_token, otherwise.
func (d *DB) CheckToken(ctx context.Context, plain string) (access.Token, error) {
	var row tokenRow
	hash := secret.HashToken(secret.Text(plain))
	err := d.read(ctx).Where("hash = ? AND revoked_at IS NULL", hash).Take(&row).Error
	if err == nil && !secret.SameToken(row.Hash, secret.Text(plain)) {
		err = gorm.ErrRecordNotFound
	}
	if rewards.KindOf(d.fault("", err)) == rewards.NotFound {
		return access.Token{}, rewards.Errorf(rewards.Denied, "bad_token", "no live token has this value")
	}
	if err != nil {
		return access.Token{}, d.fault("checking a token", err)
	}
	err = d.once(ctx, "checking a token", func(x *txn) error { return x.used(row) })
	return row.token(), err
}

// used notes that a token is in use, at most once a minute.
func (x *txn) used(row tokenRow) error {
	if !row.LastUsedAt.IsZero() && x.d.clock().Sub(row.LastUsedAt.Time) < usedEvery {
		return nil
	}
	_, err := x.exec("UPDATE tokens SET last_used_at = {now} WHERE shop_id = ? AND id = ?", row.ShopID, row.ID)
	return err
}

// Tokens lists a shop's tokens, also those that were revoked, oldest first.
func (d *DB) Tokens(ctx context.Context, shopID string) ([]StoredToken, error) {
	var rows []tokenRow
	if err := d.read(ctx).Where("shop_id = ?", shopID).Order("created_at, id").Find(&rows).Error; err != nil {
		return nil, d.fault("listing tokens", err)
	}
	list := make([]StoredToken, len(rows))
	for i, r := range rows {
		list[i] = StoredToken{Token: r.token(), CreatedAt: r.Created.Time, LastUsedAt: r.LastUsedAt.Time, RevokedAt: r.RevokedAt.Time}
	}
	return list, nil
}

// RevokeToken ends a token at once. Kind NotFound.
func (d *DB) RevokeToken(ctx context.Context, shopID, id string) error {
	return d.once(ctx, "revoking a token", func(x *txn) error {
		n, err := x.exec("UPDATE tokens SET revoked_at = coalesce(revoked_at, {now}) WHERE shop_id = ? AND id = ?", shopID, id)
		if err == nil && n == 0 {
			err = rewards.Errorf(rewards.NotFound, "token_not_found", "there is no token %.80q", id)
		}
		return err
	})
}
