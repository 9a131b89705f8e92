package storage

import (
	"database/sql"
	"errors"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/callbacks"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
	"gorm.io/gorm/migrator"
	"gorm.io/gorm/schema"
	"modernc.org/sqlite"
)

// liteDialect tells GORM how SQLite is spoken to, as far as this package has GORM write statements. Tables are
// made by migrations alone.
type liteDialect struct{ pool *sql.DB }

var (
	_ gorm.Dialector       = liteDialect{}
	_ gorm.ErrorTranslator = liteDialect{}
)

func (liteDialect) Name() string { return "sqlite" }

func (l liteDialect) Initialize(g *gorm.DB) error {
	g.ConnPool = l.pool
	callbacks.RegisterDefaultCallbacks(g, &callbacks.Config{
		CreateClauses:        []string{"INSERT", "VALUES", "ON CONFLICT", "RETURNING"},
		UpdateClauses:        []string{"UPDATE", "SET", "FROM", "WHERE", "RETURNING"},
		DeleteClauses:        []string{"DELETE", "FROM", "WHERE", "RETURNING"},
		LastInsertIDReversed: true,
	})
	return nil
}

func (l liteDialect) Migrator(g *gorm.DB) gorm.Migrator {
	return migrator.Migrator{Config: migrator.Config{DB: g, Dialector: l}}
}

func (liteDialect) DataTypeOf(f *schema.Field) string { return string(f.DataType) }

// DefaultValueOf is what stands for a value that is left to the database: SQLite has no DEFAULT in VALUES, and
// numbers a row whose key is NULL.
func (liteDialect) DefaultValueOf(*schema.Field) clause.Expression { return clause.Expr{SQL: "NULL"} }

func (liteDialect) BindVarTo(w clause.Writer, _ *gorm.Statement, _ any) { _ = w.WriteByte('?') }

// QuoteTo quotes a name, or several with dots between them.
func (liteDialect) QuoteTo(w clause.Writer, name string) {
	_, _ = w.WriteString("`" + strings.ReplaceAll(strings.ReplaceAll(name, "`", "``"), ".", "`.`") + "`")
}

func (liteDialect) Explain(statement string, vars ...any) string {
	return logger.ExplainSQL(statement, nil, `'`, vars...)
}

// The result codes of SQLite that GORM has names for. Source: sqlite.org/rescode.html.
const (
	sqliteForeignKey = 787
	sqlitePrimaryKey = 1555
	sqliteUnique     = 2067
)

// Translate names the errors that GORM has names for.
func (liteDialect) Translate(err error) error {
	var lite *sqlite.Error
	if !errors.As(err, &lite) {
		return err
	}
	switch lite.Code() {
	case sqliteUnique, sqlitePrimaryKey:
		return gorm.ErrDuplicatedKey
	case sqliteForeignKey:
		return gorm.ErrForeignKeyViolated
	}
	return err
}
