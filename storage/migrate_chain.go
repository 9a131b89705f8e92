package storage

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"
	"gorm.io/gorm"

	"grapevine/rewards"
)

// The migration that chains the ledger is SQL with Go in its middle: goose is given a function for the
// version and leaves the file alone.
const (
	chainVersion = 2
	chainFile    = "0002_ledger_chain.sql"
	chainMark    = "\n-- +chain\n"
	chainPage    = 1000 // rows that are in memory at a time
)

func (d *DB) chainMigration(files fs.FS) *goose.Migration {
	return goose.NewGoMigration(chainVersion, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
		text, err := fs.ReadFile(files, chainFile)
		if err != nil {
			return fmt.Errorf("reading the migration: %w", err)
		}
		before, after, found := strings.Cut(string(text), chainMark)
		if !found {
			return rewards.Errorf(rewards.Internal, "bad_migration", "%s has no middle", chainFile)
		}
		if _, err := tx.ExecContext(ctx, before); err != nil {
			return fmt.Errorf("making room for the chain: %w", err)
		}
		if err := d.within(ctx, tx).chainOldRows(); err != nil {
			return fmt.Errorf("chaining the ledger: %w", err)
		}
		if _, err := tx.ExecContext(ctx, after); err != nil {
			return fmt.Errorf("closing the ledger again: %w", err)
		}
		return nil
	}}, nil)
}

// within is a transaction that somebody else began and will end.
func (d *DB) within(ctx context.Context, tx *sql.Tx) *txn {
	g := d.writer.Session(&gorm.Session{NewDB: true, Context: ctx})
	g.Statement.ConnPool = tx
	return d.txn(g)
}

// How each database gives its old rows their places: PostgreSQL in the table, SQLite, which cannot make
// a column of a table NOT NULL, on the way into a new one.
const (
	pgChain   = `UPDATE ledger AS l SET seq = v.seq, hash = v.hash FROM v WHERE l.shop_id = ? AND l.id = v.id`
	liteChain = `INSERT INTO ledger (shop_id, id, transaction_id, at, account, amount_minor, currency, reward_id, reason, seq, hash)
SELECT o.shop_id, o.id, o.transaction_id, o.at, o.account, o.amount_minor, o.currency, o.reward_id, o.reason, v.seq, v.hash
FROM v JOIN ledger_unchained o ON o.id = v.id WHERE o.shop_id = ?`
)

// chainOldRows chains the rows of each shop in the order of their ids.
func (x *txn) chainOldRows() error {
	from, write := "ledger", pgChain
	if x.d.lite {
		from, write = "ledger_unchained", liteChain
	}
	var shops []string
	if _, err := x.scan(&shops, "SELECT DISTINCT shop_id FROM "+from+" ORDER BY shop_id"); err != nil {
		return err
	}
	page := `SELECT shop_id, id, transaction_id, at, account, amount_minor, currency, reward_id, reason FROM ` + from +
		` WHERE shop_id = ? AND id > ? ORDER BY id LIMIT ?`
	for _, shopID := range shops {
		head, err := x.lockHead(shopID)
		if err != nil {
			return err
		}
		for last, more := int64(-1<<63), true; more; {
			var rows []chainRow
			if _, err := x.scan(&rows, page, shopID, last, chainPage); err != nil {
				return err
			}
			t := table{cols: "id bigint, seq bigint, hash bytea"}
			for _, r := range rows {
				head.add(&r)
				t.add(r.Row.ID, r.Seq, r.Hash)
				last = r.Row.ID
			}
			if _, err := x.execAll(t, write, shopID); err != nil {
				return err
			}
			more = len(rows) == chainPage
		}
		if err := x.moveHead(shopID, 0, head); err != nil {
			return err
		}
	}
	return nil
}
