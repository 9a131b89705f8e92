package storage

import (
	"context"

	"grapevine/internal/secret"
)

// rekeyBatch is how many values are sealed anew in one transaction.
const rekeyBatch = 200

// sealedColumn is a place where sealed values are kept.
type sealedColumn struct {
	table, column string
	id            string // what tells the rows of a shop apart, "''" where there is one
}

var sealedColumns = []sealedColumn{
	{"shops", "token_sealed", "''"},
	{"shops", "hooks_sealed", "''"},
	{"advocates", "person_sealed", "id"},
	{"draws", "seed_sealed", "id"},
}

// stale finds rows that were not sealed under a key; it takes the key's header.
func (c sealedColumn) stale() string {
	return c.column + " IS NOT NULL AND length(" + c.column + ") > 0 AND substr(" + c.column + ", 1, 5) <> ?"
}

// Rekeyed is how far sealing anew has come.
type Rekeyed struct {
	Table      string `json:"-"`          // where it is
	Done       int64  `json:"done"`       // values that are under the current key now
	Unreadable int64  `json:"unreadable"` // values that none of the keys opens; they stay
}

// Rekey seals everything under the current key, batch by batch, beside a running server. What is done is done:
// a run that was cut off is finished by the next. tell hears how far it is after each batch; it may be nil.
func (d *DB) Rekey(ctx context.Context, tell func(Rekeyed)) (done Rekeyed, err error) {
	if err := d.rekeyRoot(ctx); err != nil {
		return done, err
	}
	for _, c := range sealedColumns {
		done.Table = c.table
		for shop, id, more := "", "", true; more; {
			if shop, id, more, err = d.rekeyBatch(ctx, c, shop, id, &done); err != nil {
				return done, err
			}
			if tell != nil {
				tell(done)
			}
		}
	}
	return done, nil
}

// rekeyRoot seals the key of look-ups anew.
func (d *DB) rekeyRoot(ctx context.Context) error {
	return d.write(ctx, "sealing the key of look-ups anew", func(x *txn) error {
		m, found, err := x.memo(memoRoot)
		if err != nil || !found {
			return err
		}
		sealed, err := d.keys.ResealRoot(m.Value)
		if err != nil {
			return wrongKey(err)
		}
		_, err = x.exec("UPDATE memos SET value = ?, at = {now} WHERE name = ? AND value = ?", sealed, memoRoot, m.Value)
		return err
	})
}

type sealedRow struct {
	ShopID string
	ID     string
	Sealed []byte
}

// rekeyBatch seals the next rows behind (shop, id). A row that somebody else changes meanwhile is left to
// them: they seal under the current key, or it is found again.
func (d *DB) rekeyBatch(ctx context.Context, c sealedColumn, shop, id string, done *Rekeyed) (lastShop, lastID string, more bool, err error) {
	var batch Rekeyed
	err = d.write(ctx, "sealing "+c.table+" anew", func(x *txn) error {
		batch = Rekeyed{}
		var rows []sealedRow
		_, err := x.scan(&rows, "SELECT shop_id, "+c.id+" AS id, "+c.column+" AS sealed FROM "+c.table+" WHERE "+c.stale()+
			" AND (shop_id, "+c.id+") > (?, ?) ORDER BY shop_id, 2 LIMIT ?", d.keys.CurrentHeader(), shop, id, rekeyBatch)
		if err != nil {
			return err
		}
		lastShop, lastID, more = shop, id, len(rows) == rekeyBatch
		for _, r := range rows {
			lastShop, lastID = r.ShopID, r.ID
			anew, err := d.keys.Reseal(secret.Place{Shop: r.ShopID, Table: c.table, Column: c.column}, r.Sealed)
			if err != nil {
				batch.Unreadable++
				continue
			}
			n, err := x.exec("UPDATE "+c.table+" SET "+c.column+" = ? WHERE shop_id = ? AND "+c.id+" = ? AND "+c.column+" = ?", anew, r.ShopID, r.ID, r.Sealed)
			if err != nil {
				return err
			}
			batch.Done += n
		}
		return nil
	})
	done.Done, done.Unreadable = done.Done+batch.Done, done.Unreadable+batch.Unreadable
	return lastShop, lastID, more && err == nil, err
}
