package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// bothShare is how many webhooks come while the worker works, as a part of pgbench's bare inserts.
	bothShare = 0.37
	// bothFor is how much longer than other loads this one lasts: a backlog that grows slowly must show.
	bothFor = 4
	// grace is how long the worker may go on behind the last webhook. What is left then was left behind.
	grace = time.Second
)

// both has webhooks come at a fixed pace while the worker works, each of another order: once without codes, and once
// one in ordersPerCoded with a code, which alone costs as much as twenty others.
func (b *bench) both(bare float64) error {
	if bare == 0 {
		return fmt.Errorf("its pace is a part of pgbench's: name pgbench too")
	}
	if err := b.atOnce("postgres both at once", b.plain, bare); err != nil {
		return err
	}
	return b.atOnce("postgres both at once, with codes", b.load, bare)
}

// atOnce is both for one load. The service notes how long each event waited from being stored until the commit of its
// decision; one that is still there after the grace counts with its age.
func (b *bench) atOnce(name string, load *requests, bare float64) error {
	var s spec
	drop, err := b.fresh("postgres", &s)
	if err != nil {
		return err
	}
	defer drop()
	s.Kind, s.Worker, s.Grace = "door", true, grace
	seen, out, err := b.drive(name, s, plan{load: load, connections: connections, duration: bothFor * b.duration, perSecond: bothShare * bare})
	if err != nil {
		return err
	}
	if err := b.costliest(name, s.URL); err != nil {
		return err
	}
	left, err := leftBehind(s.URL, len(out.Waits))
	if err != nil {
		return err
	}
	all := slices.Concat(out.Waits, left)
	slices.Sort(all)
	b.report.add(name+", taken in ÷ pgbench", "×", seen.perSecond()/bare)
	b.report.add(name+", decided ÷ pgbench", "×", float64(len(out.Waits))/out.Seconds/bare)
	b.report.add(name+", lag p50", "ms", quantile(all, 0.5))
	b.report.add(name+", lag p99", "ms", quantile(all, 0.99))
	b.report.add(name+", left over", "events", float64(len(left)))
	return b.once(name, s.URL, 0)
}

// quantile is one of sorted values, 0 of none.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}

// leftBehind tells how old the events are that are not decided, in milliseconds. It fails if any is lost between
// these and those of which a decision was seen, or came to a bad end.
func leftBehind(url string, decided int) (ages []float64, err error) {
	var all, good int
	err = onDatabase(url, time.Minute, func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, `SELECT 1000 * extract(epoch FROM now() - received_at)::float8 FROM events WHERE status IN ('pending', 'confirming')`)
		if err != nil {
			return err
		}
		if ages, err = pgx.CollectRows(rows, pgx.RowTo[float64]); err != nil {
			return err
		}
		return conn.QueryRow(ctx, `SELECT count(*), count(*) FILTER (WHERE status = 'done') FROM events`).Scan(&all, &good)
	})
	if err != nil {
		return nil, err
	}
	if good != decided || good+len(ages) != all {
		return nil, fmt.Errorf("of %d events %d are done and %d are left; %d decisions were seen", all, good, len(ages), decided)
	}
	return ages, nil
}

// once reports how many rewards orders have beside the one that they may have: of one rule and beneficiary, and not
// taken back. It fails if an order that was judged has none, or if fewer than least orders have one.
func (b *bench) once(name, url string, least int) error {
	var doubled, none, rewarded int
	err := onDatabase(url, time.Minute, func(ctx context.Context, conn *pgx.Conn) error {
		return conn.QueryRow(ctx, `SELECT
  (SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM rewards WHERE status NOT IN ('reversed', 'revoked', 'failed') GROUP BY shop_id, order_id, beneficiary, rule) r),
  (SELECT count(*) FROM orders o WHERE outcome <> 'none' AND NOT EXISTS (SELECT 1 FROM rewards r WHERE r.shop_id = o.shop_id AND r.order_id = o.order_id)),
  (SELECT count(DISTINCT (shop_id, order_id)) FROM rewards)`).Scan(&doubled, &none, &rewarded)
	})
	if err != nil {
		return err
	}
	if none > 0 || rewarded < least {
		return fmt.Errorf("%d orders with a code have no reward, %d of at least %d have one", none, rewarded, least)
	}
	b.report.add(name+", rewards doubled", "", float64(doubled))
	return nil
}
