package storage

import (
	"context"
	"time"

	"grapevine/rewards"
)

// Lead is the lease of the one process that leads: it runs what is to be run by one alone. Token rises with
// each new holder, also where a process takes its own place again after its lease ran out: what is written
// under an older one is refused with Kind Conflict, code lease_lost.
type Lead struct {
	Name   string // of what is led
	Holder string // the process
	Token  int64
}

// Lead takes the lease on name for ttl, or finds that another process has it: Kind Conflict, code
// led_by_another. When it ends is the database's to say. On SQLite, where one process serves a file, what an
// earlier process left behind is taken over at once.
func (d *DB) Lead(ctx context.Context, name, holder string, ttl time.Duration) (Lead, error) {
	free := "leases.until <= {now}"
	if d.lite {
		free = "true"
	}
	l := Lead{Name: name, Holder: holder}
	err := d.once(ctx, "asking for the lead", func(x *txn) error {
		n, err := x.scan(&l.Token, `INSERT INTO leases (name, holder, token, until) VALUES (?, ?, 1, {after})
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, token = leases.token + 1, until = excluded.until WHERE `+free+` RETURNING token`,
			name, holder, ttl.Microseconds())
		if err == nil && n == 0 {
			err = rewards.Errorf(rewards.Conflict, "led_by_another", "another process leads %s", name)
		}
		return err
	})
	if err == nil {
		d.inner.leads.Store(true)
	}
	return l, err
}

// KeepLead extends the lease from now on by ttl. Kind Conflict, code lease_lost, once another process has it.
func (d *DB) KeepLead(ctx context.Context, l Lead, ttl time.Duration) error {
	return d.once(ctx, "keeping the lead", func(x *txn) error {
		n, err := x.exec("UPDATE leases SET until = {after} WHERE name = ? AND token = ?", ttl.Microseconds(), l.Name, l.Token)
		if err == nil && n == 0 {
			err = l.lost()
		}
		return err
	})
}

// EndLead gives the lease back, so that another process can lead at once. One that was lost is nobody's
// business any more.
func (d *DB) EndLead(ctx context.Context, l Lead) error {
	d.inner.leads.Store(false)
	return d.once(ctx, "giving back the lead", func(x *txn) error {
		_, err := x.exec("UPDATE leases SET until = {now} WHERE name = ? AND token = ?", l.Name, l.Token)
		return err
	})
}

// Leads tells who leads name and until when by the database's clock; an empty holder if nobody does.
func (d *DB) Leads(ctx context.Context, name string) (holder string, until time.Time, err error) {
	var row struct {
		Holder string
		Until  stamp
	}
	_, err = d.read(ctx).scan(&row, "SELECT holder, until FROM leases WHERE name = ? AND until > {now}", name)
	return row.Holder, row.Until.Time, d.fault("looking who leads", err)
}

func (l Lead) lost() error {
	return rewards.Errorf(rewards.Conflict, "lease_lost", "the lead of %s was lost", l.Name)
}

// led is a transaction of the one who leads: it is refused once the lease has run out, and nobody can take
// the lead until it ends.
func (d *DB) led(ctx context.Context, l Lead, doing string, f func(x *txn) error) error {
	return d.write(ctx, doing, func(x *txn) error {
		var token int64
		n, err := x.scan(&token, "SELECT token FROM leases WHERE name = ? AND token = ? AND until > {now} {lock}", l.Name, l.Token)
		if err != nil {
			return err
		}
		if n == 0 {
			return l.lost()
		}
		return f(x)
	})
}
