package storage

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/gorm"
	"gorm.io/gorm/schema"
)

// transact runs f in one transaction. On PostgreSQL GORM and the driver share its connection: the statements
// that txn's own methods run go to the driver directly, which takes half the processor time.
func (d *DB) transact(ctx context.Context, f func(x *txn) error) error {
	if d.lite {
		return d.writer.WithContext(ctx).Transaction(func(g *gorm.DB) error { return f(d.txn(g)) })
	}
	pool, err := d.writer.DB()
	if err != nil {
		return err
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	var native *pgx.Conn
	if err := conn.Raw(func(c any) error { native = c.(*stdlib.Conn).Conn(); return nil }); err != nil {
		return err
	}
	tx, err := native.Begin(ctx)
	if err != nil {
		return err
	}
	committed := false
	defer func() {
		if !committed { // also where f panics; a connection that does not answer is closed by the driver
			ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackFor)
			defer cancel()
			_ = tx.Rollback(ending)
		}
	}()
	g := d.writer.Session(&gorm.Session{NewDB: true, Context: ctx, SkipDefaultTransaction: true})
	g.Statement.ConnPool = conn
	x := d.txn(g)
	x.native = native
	if err := f(x); err != nil {
		return err
	}
	err = tx.Commit(ctx)
	committed = err == nil
	return err
}

// rollbackFor bounds how long a transaction that failed is waited for.
const rollbackFor = 5 * time.Second

// texts are statements as PostgreSQL knows them, by what was written. There are as many as places in this
// package that ask; beyond maxTexts they are translated each time.
var (
	texts   sync.Map
	textsN  int
	textsMu sync.Mutex
)

const maxTexts = 4096

// text translates a statement: {now} and its like, a number for each question mark, and one parameter for a
// list, so that lists of all lengths share a plan.
func (x *txn) text(statement string) string {
	if known, ok := texts.Load(statement); ok {
		return known.(string)
	}
	t := pgLexicon.Replace(statement)
	t = strings.ReplaceAll(strings.ReplaceAll(t, " NOT IN ?", " <> ALL(?)"), " IN ?", " = ANY(?)")
	var b strings.Builder
	for n := 1; ; n++ {
		before, after, more := strings.Cut(t, "?")
		b.WriteString(before)
		if !more {
			break
		}
		b.WriteString("$" + strconv.Itoa(n))
		t = after
	}
	textsMu.Lock()
	defer textsMu.Unlock()
	if textsN < maxTexts {
		texts.Store(statement, b.String())
		textsN++
	}
	return b.String()
}

// plainArgs turns what only GORM understands into what the driver does.
func (x *txn) plainArgs(args []any) []any {
	for i, a := range x.args(args) {
		if s, ok := a.(stamp); ok {
			args[i] = x.d.value(s.Time)
		}
	}
	return args
}

// run runs a statement by the driver.
func (x *txn) run(statement string, args []any) (int64, error) {
	begun, text := time.Now(), x.text(statement)
	tag, err := x.native.Exec(x.Statement.Context, text, x.plainArgs(args)...)
	x.slow(begun, text, tag.RowsAffected(), err)
	return tag.RowsAffected(), x.translated(err)
}

// ask runs a question by the driver and reads its rows into dest, as GORM's Scan does.
func (x *txn) ask(dest any, statement string, args []any) (found int64, err error) {
	begun, text := time.Now(), x.text(statement)
	rows, err := x.native.Query(x.Statement.Context, text, x.plainArgs(args)...)
	if err == nil {
		found, err = x.collect(rows, dest)
	}
	x.slow(begun, text, found, err)
	return found, x.translated(err)
}

func (x *txn) slow(begun time.Time, text string, rows int64, err error) {
	x.Logger.Trace(x.Statement.Context, begun, func() (string, int64) { return text, rows }, err)
}

// translated names the errors that GORM has names for.
func (x *txn) translated(err error) error {
	var pg *pgconn.PgError
	if t, ok := x.Dialector.(gorm.ErrorTranslator); ok && errors.As(err, &pg) {
		if named := t.Translate(err); named != err {
			return fmt.Errorf("%w: %w", named, err)
		}
	}
	return err
}

// collect reads rows into a slice of structs or of values, or the last row into one of these.
func (x *txn) collect(rows pgx.Rows, dest any) (found int64, err error) {
	defer rows.Close()
	out := reflect.ValueOf(dest).Elem()
	one, many := out.Type(), false
	if one.Kind() == reflect.Slice && one.Elem().Kind() != reflect.Uint8 {
		one, many = one.Elem(), true
		out.SetLen(0)
	}
	var paths [][]int
	if isRecord(one) {
		if paths, err = x.pathsOf(reflect.New(one).Interface(), rows.FieldDescriptions()); err != nil {
			return 0, err
		}
	}
	targets := make([]any, len(rows.FieldDescriptions()))
	for rows.Next() {
		row := out
		if many {
			out.Grow(1)
			out.SetLen(out.Len() + 1)
			row = out.Index(out.Len() - 1)
			row.SetZero()
		}
		for i, raw := range rows.RawValues() {
			switch {
			case raw == nil, paths != nil && paths[i] == nil, paths == nil && i > 0: // NULL leaves the zero value
				targets[i] = nil
			case paths == nil:
				targets[i] = row.Addr().Interface()
			default:
				targets[i] = row.FieldByIndex(paths[i]).Addr().Interface()
			}
		}
		if err := rows.Scan(targets...); err != nil {
			return found, err
		}
		found++
	}
	return found, rows.Err()
}

// isRecord tells a struct with columns from one that is a value.
func isRecord(t reflect.Type) bool {
	if t.Kind() != reflect.Struct || t == reflect.TypeFor[time.Time]() {
		return false
	}
	return !t.Implements(reflect.TypeFor[driver.Valuer]()) && t != reflect.TypeFor[stamp]()
}

// pathsOf finds the field of each column by GORM's rules; nil for one without.
func (x *txn) pathsOf(record any, columns []pgconn.FieldDescription) ([][]int, error) {
	s, err := schema.Parse(record, &schemas, x.NamingStrategy)
	if err != nil {
		return nil, err
	}
	paths := make([][]int, len(columns))
	for i, c := range columns {
		if f := s.LookUpField(c.Name); f != nil {
			paths[i] = f.StructField.Index
		}
	}
	return paths, nil
}

// schemas are what GORM knows of the structs that rows are read into.
var schemas sync.Map
