package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// preload makes the server count what each statement costs. The extension comes with PostgreSQL.
const preload = "pg_stat_statements"

// costliest prints the statements that took PostgreSQL longest since the database was made. The library
// keeps one count for the whole server, so those of this database are picked.
func (b *bench) costliest(name, url string) error {
	if !b.statements {
		return nil
	}
	return onDatabase(url, time.Minute, func(ctx context.Context, conn *pgx.Conn) error { return costliestOf(ctx, conn, name) })
}

// costliestOf asks on a connection what costliest prints: what statements took to plan and to run.
func costliestOf(ctx context.Context, conn *pgx.Conn, name string) error {
	if _, err := conn.Exec(ctx, "CREATE EXTENSION IF NOT EXISTS "+preload); err != nil {
		return err
	}
	rows, err := conn.Query(ctx, `SELECT total_plan_time + total_exec_time, calls, rows, shared_blks_hit, query FROM pg_stat_statements
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY 1 DESC LIMIT 12`)
	if err != nil {
		return err
	}
	defer rows.Close()
	fmt.Fprintf(os.Stderr, "%s, by PostgreSQL's time:\n", name)
	for rows.Next() {
		var ms float64
		var calls, touched, hit int64
		var query string
		if err := rows.Scan(&ms, &calls, &touched, &hit, &query); err != nil {
			return err
		}
		query = strings.Join(strings.Fields(query), " ")
		fmt.Fprintf(os.Stderr, "%8.0f ms %7d calls %8d rows %9d pages  %.160s\n", ms, calls, touched, hit, query)
	}
	return rows.Err()
}
