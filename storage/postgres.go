package storage

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"

	"grapevine/rewards"
)

// openPostgres opens the pools of connections.
func (d *DB) openPostgres(ctx context.Context, opts Options) error {
	if len(opts.MasterKeys) == 0 {
		return rewards.Errorf(rewards.Invalid, "bad_setting", "GRAPEVINE_MASTER_KEY is required with PostgreSQL: make one by `openssl rand -base64 32`")
	}
	if err := d.useKeys(opts.MasterKeys); err != nil {
		return err
	}
	config, err := pgxpool.ParseConfig(opts.URL)
	if err != nil {
		return rewards.Errorf(rewards.Invalid, "bad_setting", "GRAPEVINE_DATABASE_URL is no PostgreSQL URL: %w", err)
	}
	connections := opts.PoolSize
	if strings.Contains(opts.URL, "pool_max_conns=") {
		connections = int(config.MaxConns)
	}
	config.ConnConfig.RuntimeParams["timezone"] = "UTC"
	config.ConnConfig.RuntimeParams["application_name"] = "grapevine"
	return d.openPools(ctx, config, connections, opts.Log)
}
