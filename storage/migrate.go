package storage

import (
	"context"
	"embed"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"grapevine/rewards"
)

//go:embed migrations
var migrations embed.FS

func (d *DB) provider() (*goose.Provider, error) {
	folder, dialect := "migrations/postgres", goose.DialectPostgres
	if d.lite {
		folder, dialect = "migrations/sqlite", goose.DialectSQLite3
	}
	files, err := fs.Sub(migrations, folder)
	if err != nil {
		return nil, err
	}
	sdb, err := d.pools.patient.writer.DB()
	if err != nil {
		return nil, err
	}
	opts := []goose.ProviderOption{
		goose.WithDisableGlobalRegistry(true),
		goose.WithExcludeNames([]string{chainFile, engineFile}), goose.WithGoMigrations(d.chainMigration(files), d.engineMigration(files)),
	}
	if !d.lite { // several processes may start at once; SQLite's transaction is lock enough
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return nil, err
		}
		opts = append(opts, goose.WithSessionLocker(locker))
	}
	return goose.NewProvider(dialect, sdb, files, opts...)
}

// Migrate brings the schema up to this program's version, and tells from where to where. A newer schema
// is refused with Kind Conflict, code schema_newer.
func (d *DB) Migrate(ctx context.Context) (from, to int64, err error) {
	p, err := d.provider()
	if err != nil {
		return 0, 0, d.fault("reading the migrations", err)
	}
	from, to, err = d.versions(ctx, p)
	if err != nil {
		return 0, 0, err
	}
	if from > to {
		return from, to, schemaNewer(from, to)
	}
	_, err = p.Up(ctx)
	return from, to, d.fault("migrating the database", err)
}

// CheckSchema refuses to work with a schema that this program cannot work with: Kind Conflict, code schema_older
// or schema_newer. One that is newer is accepted where each migration that this program does not know says that
// programs of this age may go on beside it: the database is migrated first, and its processes are replaced one
// after the other. It writes nothing.
func (d *DB) CheckSchema(ctx context.Context) error {
	_, _, err := d.Schema(ctx)
	return err
}

// Schema is CheckSchema that tells which version the database has, and which this program brought.
func (d *DB) Schema(ctx context.Context) (has, knows int64, err error) {
	p, err := d.provider()
	if err != nil {
		return 0, 0, d.fault("reading the migrations", err)
	}
	has, knows, err = d.versions(ctx, p)
	switch {
	case err != nil:
	case has < knows:
		err = rewards.Errorf(rewards.Conflict, "schema_older",
			"the database has schema %d and this program needs %d: run `grapevine migrate`", has, knows)
	case has > knows:
		err = d.newerSchema(ctx, has, knows)
	}
	return has, knows, err
}

// newerSchema refuses a newer schema, unless every migration beyond what this program knows has a note by which
// it may go on.
func (d *DB) newerSchema(ctx context.Context, has, knows int64) error {
	var strangers int64
	err := d.writer.WithContext(ctx).Raw(`SELECT count(*) FROM goose_db_version g WHERE g.is_applied AND g.version_id > ?
  AND NOT EXISTS (SELECT 1 FROM schema_notes n WHERE n.version = g.version_id AND n.oldest <= ?)`, knows, knows).Scan(&strangers).Error
	if err == nil && strangers > 0 {
		err = schemaNewer(has, knows)
	}
	return d.fault("reading what the newer schema allows", err)
}

func schemaNewer(has, knows int64) error {
	return rewards.Errorf(rewards.Conflict, "schema_newer",
		"the database has schema %d and this program knows only %d: use the newer program that migrated it", has, knows)
}

func (d *DB) versions(ctx context.Context, p *goose.Provider) (has, wants int64, err error) {
	for _, s := range p.ListSources() {
		wants = max(wants, s.Version)
	}
	table := "SELECT count(*) FROM pg_class WHERE oid = to_regclass('goose_db_version')"
	if d.lite {
		table = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'goose_db_version'"
	}
	var there int64
	g := d.writer.WithContext(ctx)
	if err := g.Raw(table).Scan(&there).Error; err != nil || there == 0 {
		return 0, wants, d.fault("reading the schema's version", err)
	}
	err = g.Raw("SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(&has).Error
	return has, wants, d.fault("reading the schema's version", err)
}
