package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Breach is one row, or a set of rows, that contradicts an invariant.
type Breach struct {
	ID      string // of the invariant: "I5"
	ShopID  string
	Subject string // what it is about: an id, an account
	Text    string
}

// String is for a terminal.
func (b Breach) String() string {
	return fmt.Sprintf("%s %s %s: %s", b.ID, b.ShopID, b.Subject, b.Text)
}

// Summary tells what was checked.
type Summary struct {
	Checks []CheckResult
}

// CheckResult is the outcome of one check.
type CheckResult struct {
	ID       string
	Sentence string // what holds where there is no breach
	Breaches int
	// Unchecked is what the check did not look at, and why; empty where it looked at all.
	Unchecked []string
}

// Breaches counts them all.
func (s Summary) Breaches() (n int) {
	for _, c := range s.Checks {
		n += c.Breaches
	}
	return n
}

// check is one invariant and how the rows are searched for what contradicts it.
type check struct {
	id       string
	sentence string
	run      func(x *txn, found func(shopID, subject, text string)) error
}

// unchecked is what a check returns that has found no fault of its own, and did not look at all.
type unchecked []string

func (u unchecked) Error() string { return "not checked: " + strings.Join(u, ", ") }

// allChecks lists the checks by story: what came in, the books, rewards, decisions, what is kept here, groups, figures, the tables.
func allChecks() []check {
	return slices.Concat(inboxChecks, ledgerChecks, rewardChecks, decisionChecks, keptChecks, groupChecks, figureChecks, tableChecks)
}

// Fsck checks the invariants that rows can tell of, and reports each breach. It writes nothing, sees one
// moment of the database, and reads row by row, so it may run on a live one. An error means that a check
// could not be made.
func (d *DB) Fsck(ctx context.Context, report func(Breach)) (Summary, error) {
	var s Summary
	err := d.snapshot(ctx, func(x *txn) error {
		for _, c := range allChecks() {
			result := CheckResult{ID: c.id, Sentence: c.sentence}
			err := c.run(x, func(shopID, subject, text string) {
				result.Breaches++
				report(Breach{c.id, shopID, subject, text})
			})
			var left unchecked
			if errors.As(err, &left) {
				result.Unchecked = left
			} else if err != nil {
				return fmt.Errorf("%s (%s): %w", c.id, c.sentence, err)
			}
			s.Checks = append(s.Checks, result)
		}
		return nil
	})
	return s, d.fault("checking the database", err)
}

// snapshot reads in one transaction that sees one moment and can write nothing.
func (d *DB) snapshot(ctx context.Context, f func(x *txn) error) error {
	opts := &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	if d.lite { // its readers cannot write, and every transaction of theirs sees one moment
		opts = &sql.TxOptions{}
	}
	tx := d.reader.WithContext(ctx).Begin(opts)
	if tx.Error != nil {
		return tx.Error
	}
	defer tx.Rollback()
	return f(d.txn(tx))
}

// found is a row that contradicts.
type found struct {
	ShopID  string
	Subject string
	Detail  string
}

// search makes a check of a statement whose rows are the breaches: shop_id, subject, detail.
func search(statement string) func(*txn, func(shopID, subject, text string)) error {
	return func(x *txn, report func(shopID, subject, text string)) error {
		return stream(x, statement, func(r found) error {
			report(r.ShopID, r.Subject, r.Detail)
			return nil
		})
	}
}

// stream reads the rows of a statement one by one. f must not ask the database: the connection is busy.
func stream[T any](x *txn, statement string, f func(T) error, args ...any) error {
	text, args, err := x.translate(statement, args)
	if err != nil {
		return err
	}
	rows, err := x.Raw(text, args...).Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var row T
		if err := x.ScanRows(rows, &row); err != nil {
			return err
		}
		if err := f(row); err != nil {
			return err
		}
	}
	return rows.Err()
}
