package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// bothShare is how many webhooks come while the worker works, as a part of pgbench's bare inserts.
	bothShare = 0.37
	// bothFor is how much longer than other loads this one lasts: a backlog that grows slowly must show.
	bothFor = 4
)

// both has webhooks come at a fixed pace while the worker works, and asks the database how long each waited from
// being stored to being decided.
func (b *bench) both(bare float64) error {
	if bare == 0 {
		return fmt.Errorf("its pace is a part of pgbench's: name pgbench too")
	}
	const name = "postgres both at once"
	var s spec
	drop, err := b.fresh("postgres", &s)
	if err != nil {
		return err
	}
	defer drop()
	s.Kind, s.Worker = "door", true
	seen, _, err := b.drive(name, s, plan{connections: connections, duration: bothFor * b.duration, perSecond: bothShare * bare})
	if err != nil {
		return err
	}
	l, err := lagOf(s.URL)
	if err != nil {
		return err
	}
	b.report.add(name+", taken in ÷ pgbench", "×", seen.perSecond()/bare)
	b.report.add(name+", decided ÷ pgbench", "×", l.perSecond/bare)
	b.report.add(name+", lag p50", "ms", l.p50)
	b.report.add(name+", lag p99", "ms", l.p99)
	b.report.add(name+", left over", "events", float64(l.left))
	return nil
}

// lag is how events fared from being stored to being decided.
type lag struct {
	perSecond float64
	p50, p99  float64 // ms
	left      int64
}

func lagOf(url string) (l lag, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return l, err
	}
	defer conn.Close(ctx)
	err = conn.QueryRow(ctx, `SELECT count(finished_at) / extract(epoch FROM max(finished_at) - min(received_at))::float8,
  1000 * percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - received_at)::float8),
  1000 * percentile_cont(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM finished_at - received_at)::float8),
  count(*) FILTER (WHERE finished_at IS NULL) FROM events`).Scan(&l.perSecond, &l.p50, &l.p99, &l.left)
	return l, err
}
