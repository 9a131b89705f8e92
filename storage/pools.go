package storage

import (
	"context"
	"log/slog"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"

	"grapevine/rewards"
)

// pools are the ways to one database. On SQLite all of them are the same.
type pools struct {
	ingest  *pgxpool.Pool // what stores deliveries, nil on SQLite
	door    *DB           // what else the door asks, over the same connections
	pages   *DB
	patient *DB
}

// part is one pool of connections on PostgreSQL, and how long its statements may take. No part can take
// another's connections: a page that asks for years does not keep a webhook waiting.
type part struct {
	name string
	size int32
	// statement ends a statement that runs, lock one that waits for a row or a table. open ends a transaction
	// whose process does nothing: it was stopped, or its network is gone. 0: no end.
	statement, lock, open time.Duration
	// idle closes a connection that nobody used for so long; 0: the driver's own half an hour.
	idle time.Duration
}

const (
	defaultPool = 20
	minPool     = 15
	// doorPool is enough for those who store groups and those who ask whose door it is.
	doorPool = 4
	minPages = 3
	// patientPool comes on top. Its connections are opened when a long command comes, and closed behind it.
	patientPool = 4
)

// split shares out so many connections. The door's statements take milliseconds; what takes seconds waits for
// a lock that somebody forgot, and its senders were answered 503 after three. The worker's transactions are
// longer, but they wait for nobody but the database: one that stands still belongs to a process that was stopped, and
// holds what others digest and decide. Pages are not worth more than a reader's patience.
func split(connections int) (ingest, work, pages, patient part) {
	onPages := max(minPages, connections/5)
	ingest = part{name: "ingest", size: doorPool, statement: 8 * time.Second, lock: 3 * time.Second, open: 10 * time.Second}
	pages = part{name: "pages", size: int32(onPages), statement: 5 * time.Second, lock: 3 * time.Second, open: 10 * time.Second}
	work = part{name: "work", size: int32(connections - onPages - doorPool), statement: time.Minute, lock: 5 * time.Second, open: 15 * time.Second}
	patient = part{name: "patient", size: patientPool, open: 10 * time.Minute, idle: time.Minute}
	return ingest, work, pages, patient
}

// limit adds what a part's connections are told when they begin. What the URL says of a time-out goes for all
// parts, before what is said here; one that it gives as empty is not sent at all, for a pooler that refuses it.
func (p part) limit(told map[string]string) {
	for name, limit := range map[string]time.Duration{"statement_timeout": p.statement, "lock_timeout": p.lock, "idle_in_transaction_session_timeout": p.open} {
		value, given := told[name]
		switch {
		case given && value == "":
			delete(told, name)
		case !given && limit > 0:
			told[name] = strconv.FormatInt(limit.Milliseconds(), 10)
		}
	}
}

// openPool opens one part.
func (d *DB) openPool(ctx context.Context, common *pgxpool.Config, p part, log *slog.Logger) (*pgxpool.Pool, *gorm.DB, error) {
	config := common.Copy()
	config.MaxConns, config.MinConns, config.MinIdleConns = p.size, 0, 0
	if p.idle > 0 {
		config.MaxConnIdleTime = p.idle
	}
	p.limit(config.ConnConfig.RuntimeParams)
	if config.ConnConfig.DefaultQueryExecMode == pgx.QueryExecModeCacheStatement {
		config.ConnConfig.DescriptionCacheCapacity = 0 // a table for another mode, made for each connection
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, nil, d.fault("opening PostgreSQL", err)
	}
	d.close = append(d.close, closePool(pool))
	d.watchPool(p.name, pool)
	g, err := gorm.Open(postgres.New(postgres.Config{Conn: stdlib.OpenDBFromPool(pool)}), gormConfig(log))
	if err != nil {
		return nil, nil, d.fault("opening PostgreSQL", err)
	}
	return pool, g, d.own(g)
}

// openPools opens all parts and makes d the one that works.
func (d *DB) openPools(ctx context.Context, common *pgxpool.Config, connections int, log *slog.Logger) (err error) {
	if connections < minPool {
		return rewards.Errorf(rewards.Invalid, "bad_setting", "GRAPEVINE_DATABASE_URL asks for %d connections, set pool_max_conns to at least %d", connections, minPool)
	}
	ingest, work, pages, patient := split(connections)
	if _, d.writer, err = d.openPool(ctx, common, work, log); err != nil {
		return err
	}
	d.reader = d.writer
	pool, front, err := d.openPool(ctx, common, ingest, log)
	if err != nil {
		return err
	}
	_, back, err := d.openPool(ctx, common, pages, log)
	if err != nil {
		return err
	}
	_, slow, err := d.openPool(ctx, common, patient, log)
	if err != nil {
		return err
	}
	d.dedicated = common.ConnConfig.Copy()
	part{}.limit(d.dedicated.RuntimeParams)
	*d.pools = pools{ingest: pool, door: d.over(front), pages: d.over(back), patient: d.over(slow)}
	return nil
}

// over is the same database by other connections. Only d closes them.
func (d *DB) over(g *gorm.DB) *DB {
	view := *d
	view.writer, view.reader, view.close = g, g, nil
	return &view
}

// Pages is the same database for what people and machines look at: the API, the console, metrics and health.
// On PostgreSQL it has connections and time-outs of its own, on SQLite it is d itself. It is not to be closed.
func (d *DB) Pages() *DB { return d.pools.pages }

// Patient is the same database for commands that may take as long as they need: its statements have no
// time-out. On SQLite it is d itself. It is not to be closed.
func (d *DB) Patient() *DB { return d.pools.patient }
