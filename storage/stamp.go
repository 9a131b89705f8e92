package storage

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// stamp is a time in a row: timestamptz on PostgreSQL, microseconds since 1970 on SQLite, NULL for the
// zero time. It is always in UTC.
type stamp struct{ time.Time }

// GormDataType keeps GORM from taking the struct for a relation.
func (stamp) GormDataType() string { return "time" }

// GormValue is what a statement carries.
func (s stamp) GormValue(_ context.Context, g *gorm.DB) clause.Expr {
	switch {
	case s.IsZero():
		return clause.Expr{SQL: "NULL"}
	case g.Name() == "sqlite":
		return clause.Expr{SQL: "?", Vars: []any{s.UnixMicro()}}
	}
	return clause.Expr{SQL: "?", Vars: []any{s.UTC().Truncate(time.Microsecond)}}
}

// Scan reads either form.
func (s *stamp) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		s.Time = time.Time{}
	case time.Time:
		s.Time = v.UTC()
	case int64:
		s.Time = time.UnixMicro(v).UTC()
	default:
		return fmt.Errorf("a time is kept as %T", v)
	}
	return nil
}
