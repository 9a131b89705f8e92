package storage

import (
	"context"
	"crypto/rand"
	"time"

	"grapevine/internal/invite"
	"grapevine/internal/secret"
	"grapevine/rewards"
)

type installRow struct {
	ShopID    string
	StateHash []byte
	Platform  string
	Domain    string
	Created   stamp `gorm:"column:created_at"`
	Expires   stamp `gorm:"column:expires_at"`
	UsedAt    stamp
	Reason    string
}

func (installRow) TableName() string { return "installs" }

func (r installRow) invitation() invite.Invitation {
	return invite.Invitation{Platform: r.Platform, Domain: r.Domain, CreatedAt: r.Created.Time, ExpiresAt: r.Expires.Time,
		UsedAt: r.UsedAt.Time, ShopID: r.ShopID, Reason: r.Reason}
}

// installsKept is for how long a link that ran out is remembered, so that its page can say so.
const installsKept = 30 * 24 * time.Hour

// CreateInstall makes a one-time link for a shop of a platform, which can be used during life. What it
// carries is returned this once and not stored. Kind Invalid without a platform, a domain or a life.
func (d *DB) CreateInstall(ctx context.Context, platform, domain string, life time.Duration) (state secret.Text, err error) {
	if platform == "" || domain == "" || life <= 0 {
		return "", rewards.Errorf(rewards.Invalid, "bad_install", "an install needs a platform, a domain and a life")
	}
	state = secret.Text("in_" + rand.Text() + rand.Text())
	err = d.write(ctx, "making an install link", func(x *txn) error {
		if _, err := x.exec("DELETE FROM installs WHERE expires_at < {after}", -installsKept.Microseconds()); err != nil {
			return err
		}
		_, err := x.exec("INSERT INTO installs (platform, domain, state_hash, created_at, expires_at) VALUES (?, ?, ?, {now}, {after})",
			clean(platform), clean(domain), secret.HashToken(state), life.Microseconds())
		return err
	})
	if err != nil {
		return "", err
	}
	return state, nil
}

// UseInstall uses a link up: of any number of calls one succeeds. Kind NotFound, code install_not_found,
// if there is no such link of this platform; Conflict, install_used; Denied, install_expired.
func (d *DB) UseInstall(ctx context.Context, platform, state string) (invite.Invitation, error) {
	var row installRow
	hash := secret.HashToken(secret.Text(state))
	err := d.write(ctx, "using an install link", func(x *txn) error {
		n, err := x.exec("UPDATE installs SET used_at = {now} WHERE state_hash = ? AND platform = ? AND used_at IS NULL AND expires_at > {now}", hash, clean(platform))
		if err != nil {
			return err
		}
		if row, err = x.findInstall(platform, hash); err != nil || n == 1 {
			return err
		}
		if !row.UsedAt.IsZero() {
			return rewards.Errorf(rewards.Conflict, "install_used", "the link for %s was used at %v", row.Domain, row.UsedAt.Time)
		}
		return rewards.Errorf(rewards.Denied, "install_expired", "the link for %s ran out at %v", row.Domain, row.Expires.Time)
	})
	if err != nil {
		return invite.Invitation{}, err
	}
	return row.invitation(), nil
}

// EndInstall notes what came of a link that was used: a shop, or the code of the error that kept it away.
// The first end counts. Kind NotFound if the link was not used.
func (d *DB) EndInstall(ctx context.Context, platform, state, shopID, reason string) error {
	return d.once(ctx, "ending an install", func(x *txn) error {
		n, err := x.exec(`UPDATE installs SET shop_id = CASE WHEN shop_id = '' AND reason = '' THEN ? ELSE shop_id END,
reason = CASE WHEN shop_id = '' AND reason = '' THEN ? ELSE reason END WHERE state_hash = ? AND platform = ? AND used_at IS NOT NULL`,
			clean(shopID), short(reason), secret.HashToken(secret.Text(state)), clean(platform))
		if err == nil && n == 0 {
			err = rewards.Errorf(rewards.NotFound, "install_not_found", "there is no such link that was used")
		}
		return err
	})
}

// Install reads a link and changes nothing. Kind NotFound, code install_not_found.
func (d *DB) Install(ctx context.Context, platform, state string) (invite.Invitation, error) {
	row, err := d.read(ctx).findInstall(platform, secret.HashToken(secret.Text(state)))
	if err != nil {
		return invite.Invitation{}, d.fault("reading an install link", err)
	}
	return row.invitation(), nil
}

func (x *txn) findInstall(platform string, hash []byte) (installRow, error) {
	var row installRow
	err := x.Where("state_hash = ? AND platform = ?", hash, clean(platform)).Take(&row).Error
	return row, missing(err, "install", "with this state")
}
