package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	pgbenchClients = 32
	bareTable      = `CREATE TABLE bare (id bigserial PRIMARY KEY, shop bigint NOT NULL, webhook_id uuid NOT NULL, topic text NOT NULL,
  body bytea NOT NULL, received_at timestamptz NOT NULL, UNIQUE (shop, webhook_id));
ALTER TABLE bare ALTER COLUMN body SET STORAGE EXTERNAL`
	// The body is a parameter, so that it travels from the client each time, as in the service.
	bareInsert = `\set shop random(1, 20)
INSERT INTO bare (shop, webhook_id, topic, body, received_at) VALUES (:shop, gen_random_uuid(), 'orders/paid', convert_to(:body, 'UTF8'), now());
`
)

// pgbench is where the program is. Debian keeps it beside the server's.
func pgbench() (string, error) {
	if path, err := exec.LookPath("pgbench"); err == nil {
		return path, nil
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pgbench") // the only error is a bad pattern
	if len(found) == 0 {
		return "", errors.New("no pgbench found; install it: apt-get install postgresql (Fedora: dnf install postgresql-contrib)")
	}
	return found[len(found)-1], nil
}

// bareInserts measures single-row inserts of a webhook's body, each its own transaction: inserts/s.
func (b *bench) bareInserts(d time.Duration) (float64, error) {
	url, drop, err := b.freshPostgres()
	if err != nil {
		return 0, err
	}
	defer drop()
	if err := runSQL(url, bareTable); err != nil {
		return 0, err
	}
	script := filepath.Join(b.dir, "insert.sql")
	if err := os.WriteFile(script, []byte(bareInsert), 0o600); err != nil {
		return 0, err
	}
	body := string(orderBody(5_000_000_000, "", time.Now()))
	before := cpuNow(0)
	cmd := exec.Command(b.pgbench, "-n", "-M", "prepared", "-c", strconv.Itoa(pgbenchClients), "-j", "2",
		"-T", strconv.Itoa(max(1, int(d.Seconds()+0.5))), "-D", "body="+body, "-f", script, url)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("pgbench: %w: %s", err, out)
	}
	used := cpuNow(0).since(before)
	rate := regexp.MustCompile(`tps = ([0-9.]+)`).FindSubmatch(out)
	done := regexp.MustCompile(`actually processed: ([0-9]+)`).FindSubmatch(out)
	if rate == nil || done == nil {
		return 0, fmt.Errorf("pgbench printed no rate: %s", out)
	}
	n, err := strconv.ParseFloat(string(done[1]), 64)
	if err != nil {
		return 0, err
	}
	b.report.add("pgbench database", "µs CPU/insert", used.postgres/n*1e6)
	return strconv.ParseFloat(string(rate[1]), 64)
}

func runSQL(url, text string) error {
	return onDatabase(url, time.Minute, func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, text)
		return err
	})
}

// onDatabase opens a connection for f, which has so long at most.
func onDatabase(url string, within time.Duration, f func(ctx context.Context, conn *pgx.Conn) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return f(ctx, conn)
}
