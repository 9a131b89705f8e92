package storage

import (
	"context"

	"grapevine/rewards"
)

// The memos: what the program keeps about a database itself.
const (
	memoRoot     = "root"     // the key of look-ups, sealed
	memoRestored = "restored" // the moment of the backup that was restored; at is when that was said
)

type memoRow struct {
	Value []byte
	At    stamp
}

// memo reads a memo; found is false where there is none.
func (x *txn) memo(name string) (m memoRow, found bool, err error) {
	n, err := x.scan(&m, "SELECT value, at FROM memos WHERE name = ?", name)
	return m, n == 1, err
}

// CheckKeys makes sure that the master keys are those of this database, and takes the key of look-ups from it;
// a database that has none yet is given it. It comes behind CheckSchema and before anything else. Kind Invalid,
// code wrong_master_key, where what is sealed here cannot be opened; code open_with_one_key where it cannot be told
// which of several keys people were looked up by.
func (d *DB) CheckKeys(ctx context.Context) error {
	m, found, err := d.read(ctx).memo(memoRoot)
	if err != nil {
		return d.fault("reading the key of look-ups", err)
	}
	if !found {
		if err := d.knownKeys(ctx); err != nil {
			return err
		}
		if err := d.knownRoot(ctx); err != nil {
			return err
		}
		err := d.write(ctx, "keeping the key of look-ups", func(x *txn) error {
			if _, err := x.exec("INSERT INTO memos (name, value, at) VALUES (?, ?, {now}) ON CONFLICT DO NOTHING", memoRoot, d.keys.SealRoot()); err != nil {
				return err
			}
			var err error
			m, _, err = x.memo(memoRoot) // another process may have been first
			return err
		})
		if err != nil {
			return err
		}
	}
	if err := d.keys.Adopt(m.Value); err != nil {
		return wrongKey(err)
	}
	return d.loadRestored(ctx)
}

func wrongKey(cause error) error {
	return rewards.Errorf(rewards.Invalid, "wrong_master_key", "the database was sealed with another master key than those at hand: %w", cause)
}

// knownKeys refuses keys that open none of the tokens that are there.
func (d *DB) knownKeys(ctx context.Context) error {
	type sealedToken struct {
		ShopID string
		Token  []byte
	}
	var tokens []sealedToken
	if _, err := d.read(ctx).scan(&tokens, "SELECT shop_id, token_sealed AS token FROM shops WHERE token_sealed IS NOT NULL LIMIT 20"); err != nil {
		return d.fault("reading the shops' tokens", err)
	}
	var err error
	for _, t := range tokens {
		if _, err = d.keys.Open(tokenPlace(t.ShopID), t.Token); err == nil {
			return nil
		}
	}
	if err != nil {
		return wrongKey(err)
	}
	return nil
}

// knownRoot refuses to make one of several keys the key of look-ups for good unless it is certain that it was so
// before: the oldest key was, which is the last of the list, and if somebody has put the new one there then nobody
// would be known any more. It is certain where the last key has sealed all that there is.
func (d *DB) knownRoot(ctx context.Context) error {
	head, only := d.keys.LookupHeader()
	if only {
		return nil
	}
	n, err := d.sealedByOthers(ctx, head)
	if err != nil || n == 0 {
		return err
	}
	return rewards.Errorf(rewards.Invalid, "open_with_one_key", "this database was made by an older version, several master keys are at hand, and the last of them did not seal all that is here:"+
		" set GRAPEVINE_MASTER_KEY to the key that the older version had (of several, the last in its list) and run grapevine doctor once; then set all keys again")
}

// SealedByOthers counts what is sealed under other keys than the current one, the key of look-ups included.
func (d *DB) SealedByOthers(ctx context.Context) (n int64, err error) {
	var roots int64
	if _, err := d.read(ctx).scan(&roots, "SELECT count(*) FROM memos WHERE name = ? AND substr(value, 1, 5) <> ?", memoRoot, d.keys.CurrentHeader()); err != nil {
		return 0, d.fault("looking for the key of look-ups", err)
	}
	n, err = d.sealedByOthers(ctx, d.keys.CurrentHeader())
	return roots + n, err
}

// sealedByOthers counts the values that do not begin with a header.
func (d *DB) sealedByOthers(ctx context.Context, head []byte) (n int64, err error) {
	for _, c := range sealedColumns {
		var more int64
		if _, err := d.read(ctx).scan(&more, "SELECT count(*) FROM "+c.table+" WHERE "+c.stale(), head); err != nil {
			return n, d.fault("counting what is sealed under other keys", err)
		}
		n += more
	}
	return n, nil
}
