package storage

import (
	"cmp"
	"context"
	"log/slog"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"gorm.io/gorm"
)

// txn is one transaction. Statements written for it use {now} for the database's time, {after} for
// {now} plus a parameter in microseconds, {lock} and {skip} for row locks: all of them are what the
// database at hand understands.
type txn struct {
	*gorm.DB
	native *pgx.Conn // the same connection without GORM; nil on SQLite, and outside a transaction
	d      *DB
	at     time.Time // the database's time, once asked for
	// leased is the shop whose lease was found to be ours, "" for none.
	leased string
	// left are the traces of orders at hand that are known to be stored.
	left map[leftTrace]bool
	// told is what is to be logged or counted once the transaction is committed.
	told []func(*slog.Logger)
	// traces are the traceparents of what asks for jobs, by the job's subject; "" is for all others.
	traces map[string]string
}

// afterwards has something logged or counted once the transaction is committed: of one that is run again only the
// last run counts.
func (x *txn) afterwards(tell func(*slog.Logger)) { x.told = append(x.told, tell) }

const (
	maxRuns  = 8
	runPause = 5 * time.Millisecond
)

// write runs f in one transaction, and again (with jitter, a bounded number of times) where the database
// rolled it back because of its neighbours. f must not do anything but write to x.
func (d *DB) write(ctx context.Context, doing string, f func(x *txn) error) error {
	return d.writeAs(ctx, doing, false, f)
}

// writeAs is write that tells whether it is for the door.
func (d *DB) writeAs(ctx context.Context, doing string, door bool, f func(x *txn) error) error {
	var err error
	var told []func(*slog.Logger)
	for run := range maxRuns {
		if run > 0 && pause(ctx, rand.N(runPause<<run)) != nil {
			break
		}
		err = d.inTurn(ctx, door, func() error {
			return d.transact(ctx, func(x *txn) error {
				err := f(x)
				told = x.told
				return err
			})
		})
		if !mayRunAgain(err) {
			break
		}
	}
	if err == nil {
		log := cmp.Or(d.log, slog.New(slog.DiscardHandler))
		for _, tell := range told {
			tell(log)
		}
	}
	return d.fault(doing, err)
}

// inTurn calls f when it is its turn to write, on SQLite.
func (d *DB) inTurn(ctx context.Context, door bool, f func() error) error {
	if !d.lite {
		return f()
	}
	if err := d.turns.take(ctx, door); err != nil {
		return err
	}
	defer d.turns.give()
	return f()
}

// once is write for a single statement, which is a transaction of its own.
func (d *DB) once(ctx context.Context, doing string, f func(x *txn) error) error {
	return d.runs(ctx, doing, func() error {
		return d.inTurn(ctx, false, func() error { return f(d.direct(ctx)) })
	})
}

// runs calls f, and again where the database rolled it back because of its neighbours.
func (d *DB) runs(ctx context.Context, doing string, f func() error) error {
	var err error
	for run := range maxRuns {
		if run > 0 && pause(ctx, rand.N(runPause<<run)) != nil {
			break
		}
		if err = f(); !mayRunAgain(err) {
			break
		}
	}
	return d.fault(doing, err)
}

func pause(ctx context.Context, t time.Duration) error {
	timer := time.NewTimer(t)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// read is for questions outside a transaction.
func (d *DB) read(ctx context.Context) *txn { return d.txn(d.reader.WithContext(ctx)) }

// direct is for a single statement that is its own transaction.
func (d *DB) direct(ctx context.Context) *txn { return d.txn(d.writer.WithContext(ctx)) }

var pgLexicon = strings.NewReplacer("{now}", "now()", "{after}", "(now() + ?::bigint * interval '1 microsecond')",
	"{lock}", "FOR UPDATE", "{skip}", "FOR UPDATE SKIP LOCKED", "{json}", "::json", "{hourago}", "(now() - interval '1 hour')")

func (d *DB) txn(g *gorm.DB) *txn {
	x := &txn{DB: g, d: d}
	if d.lite {
		x.at = d.clock().UTC().Truncate(time.Microsecond)
	}
	return x
}

// translate is a statement and its values as the database at hand knows them, outside of native transactions.
func (x *txn) translate(statement string, args []any) (string, []any, error) {
	args = x.args(args)
	if !x.d.lite {
		return pgLexicon.Replace(statement), args, nil
	}
	t := toLite(statement)
	args, err := t.with(x.at, args)
	return t.text, args, err
}

// now is the database's time, the same during the whole transaction.
func (x *txn) now() (time.Time, error) {
	if !x.at.IsZero() {
		return x.at, nil
	}
	var at stamp
	if _, err := x.scan(&at.Time, "SELECT now()"); err != nil {
		return time.Time{}, err
	}
	at.Time = at.UTC()
	x.at = at.Time
	return x.at, nil
}

func (x *txn) exec(sql string, args ...any) (int64, error) {
	if x.native != nil {
		return x.run(sql, args)
	}
	text, args, err := x.translate(sql, args)
	if err != nil {
		return 0, err
	}
	r := x.Exec(text, args...)
	return r.RowsAffected, r.Error
}

// scan reads rows into a slice, or one row or value into dest; found is how many rows there were.
func (x *txn) scan(dest any, sql string, args ...any) (found int64, err error) {
	if x.native != nil {
		return x.ask(dest, sql, args)
	}
	text, args, err := x.translate(sql, args)
	if err != nil {
		return 0, err
	}
	r := x.Raw(text, args...).Scan(dest)
	return r.RowsAffected, r.Error
}

// args turns times into what the database keeps.
func (x *txn) args(args []any) []any {
	for i, a := range args {
		args[i] = x.d.value(a)
	}
	return args
}
