package storage

import (
	"context"
	"time"

	"grapevine/rewards"
)

// Chore is one piece of periodic work: when it is due, and how it went last. All times are the database's.
type Chore struct {
	Name  string
	Every time.Duration // between two runs
	Due   time.Time
	Begun time.Time // the last run, zero before the first
	Ended time.Time // of the last run that came to an end, well or not
	Done  time.Time // when the last run that went well began, zero if none did
	Did   int64     // what that run counted
	Tries int       // since it last went well, counted before each
	Code  string    // of the last failure, "" after a success
	// Detail is the failure's text, for the operator.
	Detail string
	// Since is how long ago Done was; of a chore that never went well, how long it has been known.
	Since time.Duration
}

// Late tells whether a chore has not gone well for so long that somebody should look: three of its turns, and
// an hour at least.
func (c Chore) Late() bool { return c.Since > max(3*c.Every, time.Hour) }

// PlanChores writes down which chores there are and how often each is to run. One that is new is due at once,
// one that is to run more often than before no later than that; those that no longer are go.
func (d *DB) PlanChores(ctx context.Context, l Lead, every map[string]time.Duration) error {
	return d.led(ctx, l, "planning chores", func(x *txn) error {
		names := keysOf(every)
		for _, name := range names {
			us := every[name].Microseconds()
			_, err := x.exec(`INSERT INTO chores (name, every_us, planned_at, due_at) VALUES (?, ?, {now}, {now})
ON CONFLICT (name) DO UPDATE SET every_us = excluded.every_us, due_at = CASE WHEN chores.due_at > {after} THEN {after} ELSE chores.due_at END`, name, us, us, us)
			if err != nil {
				return err
			}
		}
		_, err := x.exec("DELETE FROM chores WHERE name NOT IN ?", names)
		return err
	})
}

// DueChores lists what is due, the longest first.
func (d *DB) DueChores(ctx context.Context) ([]Chore, error) {
	return d.chores(ctx, "WHERE due_at <= {now} ORDER BY due_at, name")
}

// Chores lists all periodic work by name: empty until a process has led for the first time.
func (d *DB) Chores(ctx context.Context) ([]Chore, error) { return d.chores(ctx, "ORDER BY name") }

type choreRow struct {
	Name                             string
	EveryUs, Did                     int64
	PlannedAt, DueAt                 stamp
	BegunAt, EndedAt, DoneAt, ReadAt stamp
	Tries                            int
	Code, Detail                     string
}

func (d *DB) chores(ctx context.Context, which string) ([]Chore, error) {
	var rows []choreRow
	_, err := d.read(ctx).scan(&rows, "SELECT name, every_us, did, planned_at, due_at, begun_at, ended_at, done_at, tries, code, detail, {now} AS read_at FROM chores "+which)
	if err != nil {
		return nil, d.fault("listing chores", err)
	}
	list := make([]Chore, len(rows))
	for i, r := range rows {
		list[i] = Chore{
			Name: r.Name, Every: time.Duration(r.EveryUs) * time.Microsecond, Due: r.DueAt.Time, Begun: r.BegunAt.Time, Ended: r.EndedAt.Time,
			Done: r.DoneAt.Time, Did: r.Did, Tries: r.Tries, Code: r.Code, Detail: r.Detail,
		}
		from := r.DoneAt
		if from.IsZero() {
			from = r.PlannedAt
		}
		list[i].Since = max(r.ReadAt.Sub(from.Time), 0)
	}
	return list, nil
}

// BeginChore commits that a chore is being run before it is: one that kills its process is due again after
// wait, and not at once in the next process. at is the database's time. Kind NotFound, code chore_not_due, where
// it is not due any more.
func (d *DB) BeginChore(ctx context.Context, l Lead, name string, wait time.Duration) (at time.Time, err error) {
	err = d.led(ctx, l, "beginning a chore", func(x *txn) error {
		n, err := x.exec("UPDATE chores SET token = ?, tries = tries + 1, begun_at = {now}, due_at = {after} WHERE name = ? AND due_at <= {now}",
			l.Token, wait.Microseconds(), name)
		if err == nil && n == 0 {
			err = rewards.Errorf(rewards.NotFound, "chore_not_due", "%s is not due", name)
		}
		if err == nil {
			at, err = x.now()
		}
		return err
	})
	return at, err
}

// EndChore writes down how a run ended: did is what it counted; with a cause it went wrong. It is due again
// after wait. Kind Conflict, code lease_lost, where another process leads by now.
func (d *DB) EndChore(ctx context.Context, l Lead, name string, did int, cause error, wait time.Duration) error {
	return d.led(ctx, l, "ending a chore", func(x *txn) error {
		if cause != nil {
			_, err := x.exec("UPDATE chores SET ended_at = {now}, due_at = {after}, code = ?, detail = ? WHERE name = ? AND token = ?",
				wait.Microseconds(), rewards.CodeOf(cause), detail(cause), name, l.Token)
			return err
		}
		_, err := x.exec("UPDATE chores SET ended_at = {now}, due_at = {after}, tries = 0, done_at = begun_at, did = ?, code = '', detail = '' WHERE name = ? AND token = ?",
			wait.Microseconds(), did, name, l.Token)
		return err
	})
}
