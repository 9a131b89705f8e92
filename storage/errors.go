package storage

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"
	"modernc.org/sqlite"

	"grapevine/rewards"
)

// fault says what was being done when err happened, and gives the faults of the database itself the
// kind Unavailable. It knows them by SQLSTATE and by SQLite's result codes, never by their text.
func (d *DB) fault(doing string, err error) error {
	if err == nil {
		return nil
	}
	var known *rewards.Error
	switch {
	case errors.As(err, &known):
		if known.Code == "lease_lost" {
			d.inner.refused.Add(1)
		}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		err = rewards.Errorf(rewards.Unavailable, "request_cancelled", "%w", err)
	case cutOff(err) != "":
		err = rewards.Errorf(rewards.Unavailable, cutOff(err), "%w", err)
	case databaseGone(err):
		err = rewards.Errorf(rewards.Unavailable, "database_unavailable", "%w", err)
	case errors.Is(err, gorm.ErrRecordNotFound):
		err = rewards.Errorf(rewards.NotFound, "not_found", "%w", err)
	case errors.Is(err, gorm.ErrDuplicatedKey):
		err = rewards.Errorf(rewards.Conflict, "already_exists", "%w", err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// missing is the answer to a question for one row that is not there.
func missing(err error, what, id string) error {
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return rewards.Errorf(rewards.NotFound, what+"_not_found", "there is no %s %.80q", what, id)
	}
	return err
}

// codeTooLong is the code of a statement that took longer than it may.
const codeTooLong = "statement_timeout"

// cutOff names the setting by which PostgreSQL ended a statement or a transaction, "" if none did. What a person
// cancelled looks like a statement that took too long.
func cutOff(err error) string {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return ""
	}
	switch pg.Code {
	case "57014":
		return codeTooLong
	case "55P03":
		return "lock_timeout"
	case "25P03":
		return "idle_in_transaction_session_timeout"
	}
	return ""
}

// databaseGone tells that the database could not do its work, whatever it was asked.
func databaseGone(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return transientState(pg.Code)
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return transientResult(lite.Code())
	}
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || errors.As(err, &network) || pgconn.SafeToRetry(err) || pgconn.Timeout(err) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, sql.ErrTxDone)
}

// transientState knows the SQLSTATEs of a database that is not up to its work: connections (08), resources
// (53), shutdown and recovery (57P), rolled back or unknown (40), system errors (58), one that reads only since another
// took over (25006), what a time-out ended (57014, 55P03, 25P03).
func transientState(state string) bool {
	if len(state) != 5 {
		return false
	}
	switch state[:2] {
	case "08", "40", "53", "58":
		return true
	}
	switch state {
	case "25006", "57014", "55P03", "25P03", tableChanged:
		return true
	}
	return state[:3] == "57P"
}

// tableChanged is what a statement that was prepared before a table grew is told, once on each connection: a
// migration ran beside this process. The driver prepares it anew. Source: PostgreSQL, plancache.c,
// ERRCODE_FEATURE_NOT_SUPPORTED "cached plan must not change result type".
const tableChanged = "0A000"

// The primary result codes of SQLite that speak of the file and not of the statement.
// Source: sqlite.org/rescode.html.
const (
	sqliteBusy     = 5
	sqliteLocked   = 6
	sqliteNoMemory = 7
	sqliteIOError  = 10
	sqliteFull     = 13
	sqliteCantOpen = 14
	sqliteProtocol = 15
)

func transientResult(code int) bool {
	switch code & 0xff {
	case sqliteBusy, sqliteLocked, sqliteNoMemory, sqliteIOError, sqliteFull, sqliteCantOpen, sqliteProtocol:
		return true
	}
	return false
}

// mayRunAgain tells that a transaction was rolled back because of its neighbours: a serialisation
// failure, a deadlock, or a migration that changed a table under it.
func mayRunAgain(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01" || pg.Code == tableChanged)
}
