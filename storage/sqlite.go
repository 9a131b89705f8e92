package storage

import (
	"context"
	"database/sql"
	"os"
	"strings"

	"gorm.io/gorm"

	"grapevine/internal/secret"
	"grapevine/rewards"
)

// sqlitePragmas hold for every connection. synchronous=FULL: WAL with NORMAL loses rows that were
// acknowledged when the power goes. secure_delete: an erased person is gone from the file. wal_autocheckpoint: whoever
// commits the last of so many pages carries all of them over, and webhooks wait meanwhile; half as many cost more than
// the shorter waits are worth.
const sqlitePragmas = "?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
	"&_pragma=foreign_keys(1)&_pragma=secure_delete(1)&_pragma=wal_autocheckpoint(2000)&_pragma=cache_size(-16000)"

const sqliteReaders = 4

// sqliteName escapes what has a meaning in the name of a database.
var sqliteName = strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23")

// openSQLite opens one connection that writes and several that can only read: a reader on the writer's
// connection would wait for the transaction that it is part of.
func (d *DB) openSQLite(ctx context.Context, path string, opts Options) error {
	if path == "" || strings.HasPrefix(path, ":") || strings.HasPrefix(path, "//") {
		return rewards.Errorf(rewards.Invalid, "bad_setting", "GRAPEVINE_DATABASE_URL needs a file: sqlite:PATH")
	}
	if opts.Exclusive {
		unlock, err := lockFile(path + ".lock")
		if err != nil {
			return err
		}
		d.close = append(d.close, unlock)
	}
	if err := d.sqliteKeys(path, opts.MasterKeys); err != nil {
		return err
	}
	// The file holds people's orders: it is its owner's alone, and SQLite gives its logs the same mode.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return rewards.Errorf(rewards.Invalid, "bad_setting", "GRAPEVINE_DATABASE_URL: %w", err)
	}
	if err := f.Close(); err != nil {
		return d.fault("opening the SQLite file", err)
	}
	name := "file:" + sqliteName.Replace(path) + sqlitePragmas
	if d.writer, err = d.openHandle(ctx, name+"&_txlock=immediate", 1, opts); err != nil {
		return err
	}
	if d.reader, err = d.openHandle(ctx, name+"&_pragma=query_only(1)", sqliteReaders, opts); err != nil {
		return err
	}
	d.watchHandle("writer", d.writer)
	d.watchHandle("readers", d.reader)
	return nil
}

func (d *DB) openHandle(ctx context.Context, name string, connections int, opts Options) (*gorm.DB, error) {
	connector, err := newLiteConnector(name)
	if err != nil {
		return nil, d.fault("opening the SQLite file", err)
	}
	pool := sql.OpenDB(connector)
	d.close = append(d.close, pool.Close)
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
	if err := pool.PingContext(ctx); err != nil {
		return nil, d.fault("opening the SQLite file", err)
	}
	g, err := gorm.Open(liteDialect{pool}, gormConfig(opts.Log))
	return g, d.fault("opening the SQLite file", err)
}

func (d *DB) sqliteKeys(path string, keys []secret.Text) error {
	if len(keys) == 0 {
		key, _, err := secret.KeyFile(path + ".key")
		if err != nil {
			return rewards.Errorf(rewards.Invalid, "bad_setting", "GRAPEVINE_MASTER_KEY is not set, and its file cannot stand in: %w", err)
		}
		keys = []secret.Text{key}
	}
	return d.useKeys(keys)
}

func (d *DB) useKeys(keys []secret.Text) (err error) {
	if d.keys, err = secret.NewKeyring(keys...); err != nil {
		return rewards.Errorf(rewards.Invalid, "bad_setting", "GRAPEVINE_MASTER_KEY: %w", err)
	}
	return nil
}
