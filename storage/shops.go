package storage

import (
	"context"
	"errors"
	"strings"

	"gorm.io/gorm"

	"grapevine/connectors"
	"grapevine/internal/secret"
	"grapevine/rewards"
)

// NewShop is what is known of a shop when it is installed.
type NewShop struct {
	Platform string
	Domain   string // names the shop in webhooks; unique
	APIURL   string // "" in production
	Currency string // ISO 4217
	TimeZone string // IANA name, UTC if ""
	Token    secret.Text
	Settings map[string]string // the connector's own
	Hooks    []secret.Text     // the secrets of its webhooks, newest first
}

func (n NewShop) validate() error {
	switch {
	case n.Platform == "":
		return rewards.Errorf(rewards.Invalid, "bad_shop", "a shop needs a platform")
	case n.Domain == "" || strings.ContainsAny(n.Domain, " \t\n\x00"):
		return rewards.Errorf(rewards.Invalid, "bad_shop", "%.80q is not a domain", n.Domain)
	}
	if _, ok := rewards.Exponent(n.Currency); n.Currency != "" && !ok {
		return rewards.Errorf(rewards.Invalid, "unknown_currency", "currency %.8q is not in ISO 4217", n.Currency)
	}
	return nil
}

// AddShop installs a shop. One that had left comes back under its old id. Kind Conflict, code
// shop_exists, if it is installed already.
func (d *DB) AddShop(ctx context.Context, n NewShop) (connectors.Installed, error) {
	n.Domain = foldDomain(strings.TrimSpace(n.Domain))
	if err := n.validate(); err != nil {
		return connectors.Installed{}, err
	}
	var row shopRow
	err := d.write(ctx, "adding a shop", func(x *txn) error {
		row = shopRow{}
		err := x.Where("domain = ?", n.Domain).Take(&row).Error
		switch {
		case errors.Is(err, gorm.ErrRecordNotFound):
			row = shopRow{ShopID: d.mint.ID("shop_"), Domain: n.Domain}
		case err != nil:
			return err
		case row.Status != ShopUninstalled:
			return rewards.Errorf(rewards.Conflict, "shop_exists", "%s is installed as %s", n.Domain, row.ShopID)
		case row.Platform != n.Platform:
			return rewards.Errorf(rewards.Conflict, "shop_exists", "%s was installed as a %s shop", n.Domain, row.Platform)
		}
		if err := row.mayChangeTo(n.Currency); err != nil {
			return err
		}
		return x.install(&row, n)
	})
	return row.installed(), err
}

// foldDomain writes a domain in small letters, and leaves the path behind it as it is: a shop may live in a
// folder, whose letters count.
func foldDomain(s string) string {
	host, path, inside := strings.Cut(s, "/")
	if !inside {
		return strings.ToLower(host)
	}
	return strings.ToLower(host) + "/" + path
}

func (x *txn) install(row *shopRow, n NewShop) error {
	now, err := x.now()
	if err != nil {
		return err
	}
	if row.Created.IsZero() {
		row.Created.Time = now
	}
	row.Platform, row.APIURL, row.Currency = n.Platform, n.APIURL, n.Currency
	if row.TimeZone = n.TimeZone; row.TimeZone == "" {
		row.TimeZone = "UTC"
	}
	row.Status, row.Reason = ShopActive, ""
	row.Since.Time, row.InstalledAt.Time = now, now
	row.TokenSealed = x.d.keys.Seal(tokenPlace(row.ShopID), []byte(n.Token.Reveal()))
	row.Settings = ""
	if err := row.keep(n.Settings); err != nil {
		return err
	}
	if err := x.d.sealHooks(row, n.Hooks); err != nil {
		return err
	}
	if err := x.Save(row).Error; err != nil {
		return err
	}
	if _, err = x.exec(`INSERT INTO lanes (shop_id, lease_until, paused_until) VALUES (?, {now}, {now}) ON CONFLICT DO NOTHING`, row.ShopID); err != nil {
		return err
	}
	return x.restartJobs(row.ShopID)
}

// restartJobs lets the time in which a shop could not be called not count: its jobs would be given up
// at their first failure.
func (x *txn) restartJobs(shopID string) error {
	_, err := x.exec("UPDATE jobs SET attempts = 0, first_at = NULL WHERE shop_id = ? AND state = 'due'", shopID)
	return err
}

// ShopUpdate changes what is not nil.
type ShopUpdate struct {
	Token    *secret.Text
	APIURL   *string
	Currency *string
	TimeZone *string
	Settings map[string]string // all of them; nil leaves them as they are
	Hooks    []secret.Text     // newest first; nil leaves them as they are
}

// UpdateShop changes a shop. A new token sets a parked shop going. Kind NotFound; Conflict, code
// shop_uninstalled, for one that has left; Invalid, code group_currency, for another currency than its group's.
func (d *DB) UpdateShop(ctx context.Context, id string, u ShopUpdate) (connectors.Installed, error) {
	return d.changeShop(ctx, "updating a shop", id, func(r *shopRow) error {
		if u.Token != nil {
			r.TokenSealed = d.keys.Seal(tokenPlace(id), []byte(u.Token.Reveal()))
			r.InstalledAt = stamp{} // it is given anew: what is still to be heard of a leaving was before
			if r.Status == ShopParked {
				r.Status, r.Reason = ShopActive, ""
			}
		}
		if u.Hooks != nil {
			if err := d.sealHooks(r, u.Hooks); err != nil {
				return err
			}
		}
		if err := r.keep(u.Settings); err != nil {
			return err
		}
		if u.Currency != nil {
			if err := r.mayChangeTo(*u.Currency); err != nil {
				return err
			}
		}
		for field, value := range map[*string]*string{&r.APIURL: u.APIURL, &r.Currency: u.Currency, &r.TimeZone: u.TimeZone} {
			if value != nil {
				*field = *value
			}
		}
		return nil
	})
}

// PauseShop stops all calls to a shop until ResumeShop; its webhooks are still stored.
func (d *DB) PauseShop(ctx context.Context, id string) (connectors.Installed, error) {
	return d.changeShop(ctx, "pausing a shop", id, func(r *shopRow) error {
		r.Status, r.Reason = ShopPaused, "paused_by_staff"
		return nil
	})
}

// ResumeShop sets a paused or parked shop going.
func (d *DB) ResumeShop(ctx context.Context, id string) (connectors.Installed, error) {
	return d.changeShop(ctx, "resuming a shop", id, func(r *shopRow) error {
		r.Status, r.Reason = ShopActive, ""
		return nil
	})
}

// RemoveShop forgets a shop's token and never calls it again. What was earned there stays in the books.
func (d *DB) RemoveShop(ctx context.Context, id string) (connectors.Installed, error) {
	return d.changeShop(ctx, "removing a shop", id, func(r *shopRow) error {
		r.Status, r.Reason, r.TokenSealed = ShopUninstalled, "removed_by_staff", nil
		r.HooksSealed = nil
		return nil
	})
}

func (d *DB) changeShop(ctx context.Context, doing, id string, change func(*shopRow) error) (connectors.Installed, error) {
	var row shopRow
	err := d.write(ctx, doing, func(x *txn) error {
		if err := x.lockLane(id); err != nil {
			return err
		}
		row = shopRow{}
		if err := x.Where("shop_id = ?", id).Take(&row).Error; err != nil {
			return missing(err, "shop", id)
		}
		if row.Status == ShopUninstalled {
			return rewards.Errorf(rewards.Conflict, "shop_uninstalled", "%s has left: add it again", row.Domain)
		}
		was := row.Status
		if err := change(&row); err != nil {
			return err
		}
		return x.saveShop(&row, was)
	})
	return row.installed(), err
}

func (x *txn) saveShop(row *shopRow, was string) error {
	now, err := x.now()
	if err != nil {
		return err
	}
	if row.Status != was {
		row.Since.Time = now
	}
	if row.InstalledAt.IsZero() {
		row.InstalledAt.Time = now
	}
	if row.Status == ShopActive && was != ShopActive {
		if err := x.restartJobs(row.ShopID); err != nil {
			return err
		}
	}
	if row.Status == ShopUninstalled && was != ShopUninstalled { // nobody will read the orders that events wait for
		_, err := x.exec("UPDATE events SET status = 'ignored', reason = 'shop_uninstalled', body = NULL, finished_at = {now} WHERE shop_id = ? AND status = 'confirming'", row.ShopID)
		if err != nil {
			return err
		}
	}
	return x.Save(row).Error
}

// Shops returns all shops, also those that have left, by domain.
func (d *DB) Shops(ctx context.Context) ([]connectors.Installed, error) {
	return d.shops("listing shops", d.read(ctx).Order("domain"))
}

// InstalledShops returns up to limit shops, the latest first.
func (d *DB) InstalledShops(ctx context.Context, limit int) ([]connectors.Installed, error) {
	return d.shops("listing shops", d.read(ctx).Where("status <> ?", ShopUninstalled).Order("installed_at DESC, shop_id").Limit(limit))
}

func (d *DB) shops(doing string, q *gorm.DB) ([]connectors.Installed, error) {
	var rows []shopRow
	if err := q.Find(&rows).Error; err != nil {
		return nil, d.fault(doing, err)
	}
	shops := make([]connectors.Installed, len(rows))
	for i, r := range rows {
		shops[i] = r.installed()
	}
	return shops, nil
}

// Shop returns a shop. Kind NotFound.
func (d *DB) Shop(ctx context.Context, id string) (connectors.Installed, error) {
	row, err := d.read(ctx).shop(id)
	return row.installed(), d.fault("reading a shop", err)
}

// FindShop returns the shop of a domain. Kind NotFound.
func (d *DB) FindShop(ctx context.Context, domain string) (connectors.Installed, error) {
	var row shopRow
	err := d.read(ctx).Where("domain = ?", foldDomain(domain)).Take(&row).Error
	return row.installed(), d.fault("finding a shop", missing(err, "shop", domain))
}

// CallableShop returns a shop with its token, for the commands that call it outside a lane. Kind
// NotFound; Denied if its token cannot be read.
func (d *DB) CallableShop(ctx context.Context, id string) (connectors.Shop, error) {
	row, err := d.read(ctx).shop(id)
	if err != nil {
		return connectors.Shop{}, d.fault("reading a shop", err)
	}
	return d.callable(row)
}

// Door finds what guards a shop's own address. See webhooks.Doors.
func (d *DB) Door(ctx context.Context, platform, shopID string) (connectors.Door, error) {
	row, err := d.pools.door.read(ctx).shop(clean(shopID))
	if err == nil && (row.Platform != platform || row.Status == ShopUninstalled) {
		err = rewards.Errorf(rewards.NotFound, "shop_not_found", "there is no %s shop %.80q", platform, shopID)
	}
	if err != nil {
		return connectors.Door{}, d.fault("reading a shop's door", err)
	}
	return d.door(row)
}

func (x *txn) shop(id string) (shopRow, error) {
	var row shopRow
	err := x.Where("shop_id = ?", id).Take(&row).Error
	return row, missing(err, "shop", id)
}

// lockLane makes all that write for a shop wait for each other. It comes first in a transaction.
func (x *txn) lockLane(shopID string) error {
	var id string
	n, err := x.scan(&id, "SELECT shop_id FROM lanes WHERE shop_id = ?"+x.laneLock(), shopID)
	if err == nil && n == 0 {
		err = rewards.Errorf(rewards.NotFound, "shop_not_found", "there is no shop %.80q", shopID)
	}
	return err
}
