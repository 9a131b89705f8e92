package storage

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"grapevine/rewards"
)

const (
	// bellChannel is what processes on one PostgreSQL database ring and hear by.
	bellChannel = "grapevine"
	// echoWithin is how long a process waits for its own voice before it takes itself for deaf.
	echoWithin = 3 * time.Second
	// silence is how long nothing may be heard before the connection is asked whether it lives.
	silence = time.Minute
	// closeWithin bounds the farewell of a connection.
	closeWithin = time.Second
)

// Ring tells all processes that hear on this database that there is something to do. What is lost of it costs
// them a slow look. See webhooks.Others.
func (d *DB) Ring(ctx context.Context) error {
	return d.once(ctx, "waking other processes", func(x *txn) error { return x.Exec("NOTIFY " + bellChannel).Error })
}

// Hear calls heard whenever a process rings, and once as soon as it can hear: something may have been stored
// before. It has a connection of its own and returns when that is lost (Kind Unavailable) or ctx ends. Kind
// Conflict, code bell_not_heard, where what is rung does not come through: a pooler that gives the connection to
// others between two transactions swallows it. See webhooks.Others.
func (d *DB) Hear(ctx context.Context, heard func()) error {
	if d.dedicated == nil {
		return rewards.Errorf(rewards.Conflict, "bell_not_heard", "one process serves an SQLite file")
	}
	d.inner.deaf.Store(true) // until it hears itself
	conn, err := pgx.ConnectConfig(ctx, d.dedicated.Copy())
	if err != nil {
		return d.fault("connecting to hear other processes", err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeWithin)
		defer cancel()
		conn.Close(ctx)
	}()
	if _, err := conn.Exec(ctx, "LISTEN "+bellChannel); err != nil {
		return d.fault("listening to other processes", err)
	}
	if err := d.echo(ctx, conn); err != nil {
		return err
	}
	d.inner.listens.Store(true)
	d.inner.deaf.Store(false)
	defer func() {
		d.inner.deaf.Store(true)
		d.inner.listens.Store(false)
	}()
	for {
		heard()
		if err := d.awaitBell(ctx, conn); err != nil {
			return d.fault("hearing other processes", err)
		}
	}
}

// echo rings by the ways that others ring, and wants to hear it.
func (d *DB) echo(ctx context.Context, conn *pgx.Conn) error {
	voice := rewards.NewID("echo_")
	err := d.once(ctx, "trying the bell", func(x *txn) error { return x.Exec("SELECT pg_notify(?, ?)", bellChannel, voice).Error })
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, echoWithin)
	defer cancel()
	for {
		n, err := conn.WaitForNotification(ctx)
		switch {
		case err == nil && n.Payload == voice:
			return nil
		case errors.Is(err, context.DeadlineExceeded) || pgconn.Timeout(err):
			return rewards.Errorf(rewards.Conflict, "bell_not_heard", "the database's notifications do not come through")
		case err != nil:
			return d.fault("trying the bell", err)
		}
	}
}

// awaitBell waits for a ring. A connection that is silent for long is asked whether it lives: one whose other
// end has gone without a word would be silent for ever.
func (d *DB) awaitBell(ctx context.Context, conn *pgx.Conn) error {
	for {
		quiet, cancel := context.WithTimeout(ctx, silence)
		_, err := conn.WaitForNotification(quiet)
		cancel()
		if err == nil || ctx.Err() != nil || !pgconn.Timeout(err) {
			return err
		}
		alive, cancel := context.WithTimeout(ctx, echoWithin)
		err = conn.Ping(alive)
		cancel()
		if err != nil {
			return err
		}
	}
}
