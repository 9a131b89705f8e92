package storage

import (
	"container/list"
	"context"
	"database/sql/driver"
	"fmt"
	"strings"

	"modernc.org/sqlite"
)

// maxKept is how many compiled statements a connection to SQLite keeps. The whole program has some 400 texts, and
// one connection is asked for a part of them.
const maxKept = 256

// liteConnector opens connections that keep what they have compiled: to compile a small statement takes longer
// than to run it, and the driver itself forgets it after each run.
type liteConnector struct{ driver.Connector }

func newLiteConnector(name string) (liteConnector, error) {
	c, err := sqlite.NewConnector(name)
	return liteConnector{c}, err
}

func (c liteConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	known, ok := conn.(driverConn)
	if !ok {
		return nil, fmt.Errorf("SQLite's driver has connections of an unknown kind, %T", conn)
	}
	return &liteConn{driverConn: known, kept: map[string]*list.Element{}}, nil
}

// driverConn is what the driver's connections are able to do.
type driverConn interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// liteConn is a connection with its compiled statements that nobody is using. database/sql sees to it that it
// serves one at a time.
type liteConn struct {
	driverConn
	kept   map[string]*list.Element // of liteStmt, by text
	recent list.List                // the same, the last used first
}

// liteStmt is one compiled statement.
type liteStmt struct {
	text string
	driverStmt
}

type driverStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// worthKeeping tells what is asked again and again from scripts, which the driver takes apart, and from what may
// do its work while it is compiled: PRAGMA.
func worthKeeping(text string) bool {
	for _, verb := range []string{"SELECT ", "WITH ", "INSERT ", "UPDATE ", "DELETE "} {
		if len(text) > len(verb) && strings.EqualFold(text[:len(verb)], verb) {
			return true
		}
	}
	return false
}

// take returns a compiled statement that is nobody else's. A question inside the reading of the answers to the
// same one gets another.
func (c *liteConn) take(ctx context.Context, text string) (liteStmt, error) {
	if e := c.kept[text]; e != nil {
		delete(c.kept, text)
		return c.recent.Remove(e).(liteStmt), nil
	}
	s, err := c.PrepareContext(ctx, text)
	if err != nil {
		return liteStmt{}, err
	}
	known, ok := s.(driverStmt)
	if !ok {
		return liteStmt{}, fmt.Errorf("SQLite's driver has statements of an unknown kind, %T", s)
	}
	return liteStmt{text, known}, nil
}

// give takes a statement back. One that failed is not trusted again.
func (c *liteConn) give(s liteStmt, err error) {
	if err != nil || c.kept[s.text] != nil {
		_ = s.Close() // says again what the statement itself has said
		return
	}
	c.kept[s.text] = c.recent.PushFront(s)
	if c.recent.Len() > maxKept {
		oldest := c.recent.Remove(c.recent.Back()).(liteStmt)
		delete(c.kept, oldest.text)
		_ = oldest.Close()
	}
}

func (c *liteConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	if !worthKeeping(text) {
		return c.driverConn.ExecContext(ctx, text, args)
	}
	s, err := c.take(ctx, text)
	if err != nil {
		return nil, err
	}
	r, err := s.ExecContext(ctx, args)
	c.give(s, err)
	return r, err
}

func (c *liteConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	if !worthKeeping(text) {
		return c.driverConn.QueryContext(ctx, text, args)
	}
	s, err := c.take(ctx, text)
	if err != nil {
		return nil, err
	}
	r, err := s.QueryContext(ctx, args)
	if err != nil {
		c.give(s, err)
		return nil, err
	}
	return &liteRows{r, c, s}, nil
}

// Close gives back what was compiled, and the connection.
func (c *liteConn) Close() error {
	for e := c.recent.Front(); e != nil; e = e.Next() {
		_ = e.Value.(liteStmt).Close()
	}
	c.kept, c.recent = map[string]*list.Element{}, list.List{}
	return c.driverConn.Close()
}

// liteRows are rows whose statement goes back to its connection once they are read: what they hold open of the
// database ends with Close, kept statement or not.
type liteRows struct {
	driver.Rows
	c *liteConn
	s liteStmt
}

func (r *liteRows) Close() error {
	if r.c == nil {
		return nil
	}
	err := r.Rows.Close()
	r.c.give(r.s, err)
	r.c = nil
	return err
}
