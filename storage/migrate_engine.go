package storage

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"

	"grapevine/rewards"
)

// The migration to programmes with rules is SQL, and then Go: what was decided is written as this engine
// writes it, so that it can be derived again.
const (
	engineVersion = 3
	engineFile    = "0003_engine.sql"
	enginePage    = 500 // orders that are in memory at a time
)

func (d *DB) engineMigration(files fs.FS) *goose.Migration {
	return goose.NewGoMigration(engineVersion, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
		text, err := fs.ReadFile(files, engineFile)
		if err != nil {
			return fmt.Errorf("reading the migration: %w", err)
		}
		if _, err := tx.ExecContext(ctx, string(text)); err != nil {
			return fmt.Errorf("making room for rules: %w", err)
		}
		if err := d.within(ctx, tx).rewriteDecisions(); err != nil {
			return fmt.Errorf("writing what was decided anew: %w", err)
		}
		return nil
	}}, nil)
}

// rewriteDecisions goes through the orders of each shop that were judged.
func (x *txn) rewriteDecisions() error {
	var shops []string
	if _, err := x.scan(&shops, "SELECT shop_id FROM shops ORDER BY shop_id"); err != nil {
		return err
	}
	for _, shopID := range shops {
		versions, err := x.programVersions(shopID, nil)
		if err != nil {
			return err
		}
		for last, more := "", true; more; {
			var rows []orderRow
			_, err := x.scan(&rows, "SELECT order_id, record FROM orders WHERE shop_id = ? AND outcome <> 'none' AND order_id > ? ORDER BY order_id LIMIT ?", shopID, last, enginePage)
			if err != nil {
				return err
			}
			t := table{cols: "order_id text, referral integer, code text, linked boolean, record text"}
			for _, r := range rows {
				rec, err := r.rewritten(versions)
				if err != nil {
					return err
				}
				text, err := json.Marshal(rec)
				if err != nil {
					return fmt.Errorf("writing the record of order %s: %w", r.OrderID, err)
				}
				code, linked := referrer(rec)
				t.add(r.OrderID, rec.Decision.Referral, code, linked, string(text))
				last = r.OrderID
			}
			_, err = x.execAll(t, "UPDATE orders AS o SET referral = v.referral, code = v.code, linked = v.linked, record = v.record{json} FROM v WHERE o.shop_id = ? AND o.order_id = v.order_id", shopID)
			if err != nil {
				return err
			}
			more = len(rows) == enginePage
		}
	}
	return nil
}

// rewritten is a record of version 2 as this engine writes it. Where this engine would decide otherwise the
// verdict of then stays, with the reward that it brought: fsck tells of it.
func (r orderRow) rewritten(versions map[string][]rewards.Program) (rewards.Record, error) {
	rec, err := r.record()
	if err != nil {
		return rec, err
	}
	var was struct {
		Decision struct{ Value, Net rewards.Money }
	}
	if err := json.Unmarshal([]byte(r.Record), &was); err != nil {
		return rec, fmt.Errorf("reading the record of order %s: %w", r.OrderID, err)
	}
	old, value, net := rec.Decision, was.Decision.Value, was.Decision.Net
	again := rec.Rejudge(versions)
	same := again.Outcome == old.Outcome && again.Reason == old.Reason && again.Advocate == old.Advocate && len(again.Grants) <= 1
	for _, g := range again.Grants {
		same = same && g.Value == value && g.Net == net
	}
	if same {
		rec.Decision = again
		return rec, nil
	}
	if old.Advocate != "" && value.Currency != "" {
		rec.Decision.Reckoned, rec.Decision.Referral = true, 1
		rec.Decision.Grants = []rewards.Grant{{Rule: string(rewards.ForAdvocate), For: rewards.ForAdvocate, Value: value, Net: net}}
	}
	return rec, nil
}
