package storage

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"gorm.io/gorm"

	"grapevine/webhooks"
)

// inner is what a DB counts itself.
type inner struct {
	decided lagCounts
	refused atomic.Uint64
	pools   []func() webhooks.Pool
	// What other processes ring is heard, or is not although it should be; this process leads.
	listens, deaf, leads atomic.Bool
	// restored is when the database was put back from a backup, in microseconds since 1970; 0 if it never was.
	restored atomic.Int64
	// careful is until when Put looks for deliveries that were seen, in nanoseconds since 1970.
	careful atomic.Int64
}

// Inner tells what this handle has counted.
func (d *DB) Inner() webhooks.Inner {
	in := webhooks.Inner{Decided: d.inner.decided.read(), Refused: d.inner.refused.Load(),
		Listens: d.inner.listens.Load(), Deaf: d.inner.deaf.Load(), Leads: d.inner.leads.Load()}
	for _, p := range d.inner.pools {
		in.Pools = append(in.Pools, p())
	}
	return in
}

// watchPool has a PostgreSQL pool told of.
func (d *DB) watchPool(name string, p *pgxpool.Pool) {
	d.inner.pools = append(d.inner.pools, func() webhooks.Pool {
		s := p.Stat()
		return webhooks.Pool{Name: name, Open: int(s.TotalConns()), InUse: int(s.AcquiredConns()), Max: int(s.MaxConns()),
			Waits: s.EmptyAcquireCount(), WaitedFor: s.EmptyAcquireWaitTime()}
	})
}

// watchHandle has the connections of an SQLite handle told of.
func (d *DB) watchHandle(name string, g *gorm.DB) {
	sdb, err := g.DB()
	if err != nil {
		return
	}
	d.inner.pools = append(d.inner.pools, func() webhooks.Pool {
		s := sdb.Stats()
		return webhooks.Pool{Name: name, Open: s.OpenConnections, InUse: s.InUse, Max: s.MaxOpenConnections, Waits: s.WaitCount, WaitedFor: s.WaitDuration}
	})
}

var lagBounds = webhooks.LagBounds()

// lagCounts counts waits. It is safe for concurrent use.
type lagCounts struct {
	counts [16]atomic.Uint64 // one more than there are bounds
	micros atomic.Int64
}

func (l *lagCounts) add(wait time.Duration) {
	wait = max(wait, 0)
	i := 0
	for i < len(lagBounds) && wait.Seconds() > lagBounds[i] {
		i++
	}
	l.counts[i].Add(1)
	l.micros.Add(wait.Microseconds())
}

func (l *lagCounts) read() webhooks.Lags {
	out := webhooks.Lags{Upper: lagBounds, Sum: float64(l.micros.Load()) / 1e6}
	for i := range l.counts {
		out.Total += l.counts[i].Load()
		if i < len(lagBounds) {
			out.Count = append(out.Count, out.Total)
		}
	}
	return out
}

// decided counts how long events had waited that a decision has ended, until that is committed.
func (x *txn) decided(received []stamp) {
	x.afterwards(func(*slog.Logger) {
		now := x.d.clock()
		for _, at := range received {
			x.d.inner.decided.add(now.Sub(at.Time))
		}
	})
}

var _ interface {
	Backlog(context.Context) (webhooks.Backlog, error)
	Stock(context.Context) (webhooks.Stock, error)
} = (*DB)(nil)
