package storage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"gorm.io/gorm"

	"grapevine/internal/secret"
	"grapevine/rewards"
)

// Options say which database is opened and how.
type Options struct {
	// URL is sqlite:PATH or postgres://… (GRAPEVINE_DATABASE_URL).
	URL string
	// MasterKeys are the base64 of 32 bytes each, the current one first (GRAPEVINE_MASTER_KEY). Without
	// one SQLite uses PATH.key, which is made where there is none; PostgreSQL requires one.
	MasterKeys []secret.Text
	// Exclusive is set by the one process that serves an SQLite file. A second is refused with Kind
	// Conflict, code database_in_use. PostgreSQL ignores it.
	Exclusive bool
	// PoolSize is the number of PostgreSQL connections, 20 if zero, at least 15: 4 for the door, a fifth (3 at
	// least) for pages, the rest for the worker. Long commands have up to 4 beside them. pool_max_conns in the
	// URL goes before it.
	PoolSize int
	// Log gets statements that took over a second, without their values, and what an owner should hear of:
	// budgets that run out. nil: none.
	Log *slog.Logger
	// Now is the clock of an SQLite database, time.Now if nil. PostgreSQL has its own.
	Now func() time.Time
	// Mint makes ids and codes, rewards.NewMint if it has no functions.
	Mint rewards.Mint
}

func (o Options) withDefaults() (Options, error) {
	if o.PoolSize == 0 {
		o.PoolSize = defaultPool
	}
	if o.PoolSize < minPool {
		return o, rewards.Errorf(rewards.Invalid, "bad_setting", "a pool of %d connections is too small, set at least %d", o.PoolSize, minPool)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Mint.ID == nil || o.Mint.Code == nil {
		o.Mint = rewards.NewMint()
	}
	return o, nil
}

// DB is an open database. It is safe for concurrent use. It is a webhooks.Inbox, Lanes, Work and Desk.
type DB struct {
	writer *gorm.DB
	reader *gorm.DB // on PostgreSQL the same as writer
	lite   bool     // SQLite
	keys   *secret.Keyring
	clock  func() time.Time // SQLite's
	mint   rewards.Mint
	log    *slog.Logger // may be nil
	grown  *grown
	claims *claims
	close  []func() error
	// dedicated leads to PostgreSQL beside the pool, for a connection that is kept; nil on SQLite.
	dedicated *pgx.ConnConfig
	inner     *inner
	pools     *pools
	turns     *turns // SQLite's
}

// Open opens a database. It neither migrates nor checks the schema: see Migrate and CheckSchema.
// Kind Invalid for a bad setting, Conflict for an SQLite file that another process serves, Unavailable
// where PostgreSQL does not answer.
func Open(ctx context.Context, opts Options) (*DB, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	d := &DB{clock: opts.Now, mint: opts.Mint, log: opts.Log, grown: &grown{since: time.Now()}, claims: &claims{}, inner: &inner{}, pools: &pools{}, turns: &turns{}}
	if path, ok := strings.CutPrefix(opts.URL, "sqlite:"); ok {
		d.lite = true
		*d.pools = pools{door: d, pages: d, patient: d}
		err = d.openSQLite(ctx, path, opts)
	} else if strings.HasPrefix(opts.URL, "postgres://") || strings.HasPrefix(opts.URL, "postgresql://") {
		err = d.openPostgres(ctx, opts)
	} else {
		err = rewards.Errorf(rewards.Invalid, "bad_setting", "GRAPEVINE_DATABASE_URL must begin with sqlite: or postgres://")
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// Close gives everything back, also a DB that was opened in part.
func (d *DB) Close() error {
	var errs []error
	for i := len(d.close) - 1; i >= 0; i-- {
		errs = append(errs, d.close[i]())
	}
	d.close = nil
	return errors.Join(errs...)
}

// Ping asks the database for an answer. Kind Unavailable without one.
func (d *DB) Ping(ctx context.Context) error {
	var one int
	return d.fault("asking the database for an answer", d.reader.WithContext(ctx).Raw("SELECT 1").Scan(&one).Error)
}

// Alone tells that no other process can be working: an SQLite file has one server.
func (d *DB) Alone() bool { return d.lite }

// Keys returns the keyring by which this database's secrets are sealed and its people are looked up.
func (d *DB) Keys() *secret.Keyring { return d.keys }

// gormConfig is alike for all handles. Values of statements never reach a log.
func gormConfig(log *slog.Logger) *gorm.Config {
	return &gorm.Config{SkipDefaultTransaction: true, TranslateError: true, Logger: slowLog{log}}
}

func (d *DB) own(g *gorm.DB) error {
	sdb, err := g.DB()
	if err != nil {
		return fmt.Errorf("taking the connection pool: %w", err)
	}
	d.close = append(d.close, sdb.Close)
	return nil
}

func closePool(p *pgxpool.Pool) func() error {
	return func() error { p.Close(); return nil }
}
