package storage

import (
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// sqliteParams bounds the parameters of one statement, and with them how long it takes to compile.
const sqliteParams = 480

// table is a set of rows that goes into a statement as the relation v: by unnest on PostgreSQL, so that
// one prepared statement serves every size, and by VALUES on SQLite.
type table struct {
	cols string // "order_id text, at timestamptz"
	rows [][]any
}

// add appends a row.
func (t *table) add(values ...any) { t.rows = append(t.rows, values) }

// execAll runs WITH v AS (rows) + sql, in several statements where SQLite needs them. args follow v's.
func (x *txn) execAll(t table, sql string, args ...any) (affected int64, err error) {
	err = x.chunks(t, func(with string, vals []any) error {
		n, err := x.exec(with+sql, append(vals, args...)...)
		affected += n
		return err
	})
	return affected, err
}

// execTogether runs steps over the same rows, each with args, which do not need one another's effects: as one
// statement on PostgreSQL, where all of them see what was there before.
func (x *txn) execTogether(t table, steps []string, args ...any) error {
	if x.d.lite {
		for _, step := range steps {
			if _, err := x.execAll(t, step, args...); err != nil {
				return err
			}
		}
		return nil
	}
	var b strings.Builder
	var all []any
	for i, step := range steps {
		all = append(all, args...)
		if i == len(steps)-1 {
			b.WriteString(step)
		} else {
			b.WriteString(", step" + strconv.Itoa(i) + " AS (" + step + ") ")
		}
	}
	_, err := x.execAll(t, b.String(), all...)
	return err
}

// queryAll is execAll for questions; the answers are in no order.
func queryAll[T any](x *txn, t table, sql string, args ...any) ([]T, error) {
	var all []T
	err := x.chunks(t, func(with string, vals []any) error {
		var part []T
		_, err := x.scan(&part, with+sql, append(vals, args...)...)
		all = append(all, part...)
		return err
	})
	return all, err
}

// among limits a column to what a column of v holds. PostgreSQL then looks the rows up by index however
// old its statistics are: those of tables that fill and empty always are.
//
// SQLite, which has no statistics, may begin with the large table instead. FROM v CROSS JOIN keeps it to the
// order in which a statement is written; to PostgreSQL it means nothing.
func (x *txn) among(column, of string) string {
	if x.d.lite {
		return column + " IN (SELECT " + of + " FROM v)"
	}
	return column + " = ANY(ARRAY(SELECT " + of + " FROM v))"
}

// alsoAmong is among for a statement that SQLite looks up by index anyway, behind its other conditions.
func (x *txn) alsoAmong(column, of string) string {
	if x.d.lite {
		return ""
	}
	return " AND " + x.among(column, of)
}

func (x *txn) chunks(t table, f func(with string, vals []any) error) error {
	names, types := columns(t.cols)
	size := len(t.rows)
	if x.d.lite {
		size = max(1, sqliteParams/len(names))
	}
	for rest := t.rows; len(rest) > 0; {
		n := min(size, len(rest))
		if x.d.lite {
			n = fewSizes(n)
		}
		part := rest[:n]
		rest = rest[len(part):]
		with, vals := x.d.relation(names, types, part)
		if err := f(with, vals); err != nil {
			return err
		}
	}
	return nil
}

// fewSizes is the largest of 1, 2, 3, 4, 6, 8, 12, 16, 24… up to n. A text of each size would be compiled nearly each
// time: batches of all sizes cost a tenth more processor time than in the pieces of which there are few.
func fewSizes(n int) int {
	size := 1
	for 2*size <= n {
		size *= 2
	}
	if half := size + size/2; half <= n {
		return half
	}
	return size
}

func columns(cols string) (names, types []string) {
	for _, c := range strings.Split(cols, ",") {
		name, kind, _ := strings.Cut(strings.TrimSpace(c), " ")
		names, types = append(names, name), append(types, kind)
	}
	return names, types
}

func (d *DB) relation(names, types []string, rows [][]any) (with string, vals []any) {
	var b strings.Builder
	b.WriteString("WITH v(" + strings.Join(names, ", ") + ") AS (")
	if d.lite {
		tuple := "(" + strings.TrimSuffix(strings.Repeat("?, ", len(names)), ", ") + ")"
		b.WriteString("VALUES " + strings.TrimSuffix(strings.Repeat(tuple+", ", len(rows)), ", "))
		vals = make([]any, 0, len(names)*len(rows))
		for _, r := range rows {
			for _, v := range r {
				vals = append(vals, d.value(v))
			}
		}
	} else {
		b.WriteString("SELECT * FROM unnest(")
		for i, kind := range types {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString("?::" + kind + "[]")
			vals = append(vals, d.column(kind, rows, i))
		}
		b.WriteString(")")
	}
	b.WriteString(") ")
	return b.String(), vals
}

// column is one column as an array for PostgreSQL, by its own type where all values are of it: that of any is
// looked up for each value. It is a pointer, since GORM would take a slice apart.
func (d *DB) column(kind string, rows [][]any, i int) any {
	switch kind {
	case "text":
		if col, ok := ofType[string](rows, i); ok {
			return &col
		}
	case "bigint":
		if col, ok := ofType[int64](rows, i); ok {
			return &col
		}
	case "integer":
		if col, ok := ofType[int](rows, i); ok {
			return &col
		}
	case "boolean":
		if col, ok := ofType[bool](rows, i); ok {
			return &col
		}
	case "timestamptz":
		if times, ok := ofType[time.Time](rows, i); ok {
			col := make([]pgtype.Timestamptz, len(times))
			for j, t := range times {
				col[j] = pgtype.Timestamptz{Time: t.UTC().Truncate(time.Microsecond), Valid: !t.IsZero()}
			}
			return &col
		}
	}
	col := make([]any, len(rows))
	for j, r := range rows {
		col[j] = d.value(r[i])
	}
	return &col
}

func ofType[T any](rows [][]any, i int) ([]T, bool) {
	col := make([]T, len(rows))
	for j, r := range rows {
		v, ok := r[i].(T)
		if !ok {
			return nil, false
		}
		col[j] = v
	}
	return col, true
}

// value turns a time into what the database keeps of it; the zero time is NULL.
func (d *DB) value(v any) any {
	t, ok := v.(time.Time)
	switch {
	case !ok:
		return v
	case t.IsZero():
		return nil
	case d.lite:
		return t.UnixMicro()
	}
	return t.UTC().Truncate(time.Microsecond)
}
