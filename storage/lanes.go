package storage

import (
	"context"
	"time"

	"grapevine/internal/fault"
	"grapevine/rewards"
	"grapevine/webhooks"
)

// Lease takes the shop that has waited longest. See webhooks.Lanes.
func (d *DB) Lease(ctx context.Context, worker string, ttl time.Duration) (webhooks.Lane, error) {
	return d.lease(ctx, worker, ttl, "")
}

// LeaseQuick is Lease among the shops that are not known to be slow. See webhooks.Lanes.
func (d *DB) LeaseQuick(ctx context.Context, worker string, ttl time.Duration) (webhooks.Lane, error) {
	return d.lease(ctx, worker, ttl, "AND NOT l.slow")
}

// lease takes a shop. What it asks is answered by the head of an index; lanes that are leased, or rest, or whose
// shop is not called are passed over.
func (d *DB) lease(ctx context.Context, worker string, ttl time.Duration, which string) (webhooks.Lane, error) {
	lane := webhooks.Lane{Token: d.mint.ID("lease_")}
	var row shopRow
	err := d.write(ctx, "leasing a shop", func(x *txn) error {
		only := ""
		if !d.lite {
			only = "FOR NO KEY UPDATE OF l SKIP LOCKED" // see makeDue
		}
		var taken struct {
			ShopID string
			Slow   bool
		}
		n, err := x.scan(&taken, `UPDATE lanes SET lease_until = {after}, owner = ?, token = ? WHERE shop_id = (
  SELECT l.shop_id FROM lanes l JOIN shops s ON s.shop_id = l.shop_id AND s.status = 'active'
  WHERE l.next_at <= {now} AND l.lease_until <= {now} AND l.paused_until <= {now} `+which+` ORDER BY l.next_at LIMIT 1 `+only+`) RETURNING shop_id, slow`,
			ttl.Microseconds(), worker, lane.Token)
		if err != nil {
			return err
		}
		if n == 0 {
			return rewards.Errorf(rewards.NotFound, "nothing_due", "no shop has a due job")
		}
		lane.Slow = taken.Slow
		row, err = x.shop(taken.ShopID)
		return err
	})
	if err != nil {
		return webhooks.Lane{}, err
	}
	if lane.Shop, err = d.callable(row); err != nil {
		return webhooks.Lane{}, d.parkUnreadable(ctx, row.ShopID, lane.Token, err)
	}
	return lane, nil
}

// parkUnreadable stops a shop whose token was sealed with another master key: no call can succeed.
func (d *DB) parkUnreadable(ctx context.Context, shopID, token string, cause error) error {
	lane := webhooks.Lane{Token: token}
	lane.Shop.ID = shopID
	if err := d.Park(ctx, lane, rewards.CodeOf(cause)); err != nil {
		return err
	}
	if err := d.Release(ctx, lane, 0); err != nil {
		return err
	}
	return cause
}

// fence makes sure that the lease is still ours, and that nobody else writes for the shop until the
// transaction ends. Kind Conflict, code lease_lost.
func (x *txn) fence(l webhooks.Lane) error {
	x.leased = l.Shop.ID
	var id string
	n, err := x.scan(&id, "SELECT shop_id FROM lanes WHERE shop_id = ? AND token = ?"+x.laneLock(), l.Shop.ID, l.Token)
	if err == nil && n != 1 && !fault.Bug(fault.NoFence) {
		err = leaseLost(l)
	}
	return err
}

// leaseLost refuses a write of a worker whose lease was lost. It is counted where it leaves the store, see fault.
func leaseLost(l webhooks.Lane) error {
	return rewards.Errorf(rewards.Conflict, "lease_lost", "the lease on shop %s was lost", l.Shop.ID)
}

// fenced is a transaction under a lease.
func (d *DB) fenced(ctx context.Context, l webhooks.Lane, doing string, f func(x *txn) error) error {
	return d.write(ctx, doing, func(x *txn) error {
		if err := x.fence(l); err != nil {
			return err
		}
		return f(x)
	})
}

// Renew extends the lease. See webhooks.Lanes.
func (d *DB) Renew(ctx context.Context, l webhooks.Lane, ttl time.Duration) error {
	return d.once(ctx, "renewing a lease", func(x *txn) error {
		n, err := x.exec("UPDATE lanes SET lease_until = {after} WHERE shop_id = ? AND token = ?", ttl.Microseconds(), l.Shop.ID, l.Token)
		if err == nil && n != 1 {
			err = leaseLost(l)
		}
		return err
	})
}

// Release ends the lease. See webhooks.Lanes.
//
// The lane is due again with its next job; one that has a job due already goes behind those that are
// waiting. See lane_locks.go for jobs that are being written meanwhile.
func (d *DB) Release(ctx context.Context, l webhooks.Lane, pause time.Duration) error {
	return d.write(ctx, "releasing a shop", func(x *txn) error {
		next := `(SELECT CASE WHEN min(h.run_at) < {now} THEN {now} ELSE min(h.run_at) END FROM (` + eachPriority("SELECT min(run_at) AS run_at FROM jobs WHERE jobs.shop_id = lanes.shop_id AND state = 'due'") + `) AS h)`
		alone, err := x.lockAlone(l)
		if err == nil && !alone {
			next, err = "{now}", x.fence(l)
		}
		if err != nil {
			return err
		}
		_, err = x.exec(`UPDATE lanes SET token = '', owner = '', slow = ?, lease_until = {now}, paused_until = {after}, next_at = `+next+`
WHERE shop_id = ? AND token = ?`, l.Slow, pause.Microseconds(), l.Shop.ID, l.Token)
		return err
	})
}

// Park stops all calls to the shop. See webhooks.Lanes.
func (d *DB) Park(ctx context.Context, l webhooks.Lane, reason string) error {
	return d.fenced(ctx, l, "parking a shop", func(x *txn) error {
		row, err := x.shop(l.Shop.ID)
		if err != nil {
			return err
		}
		if now, err := d.callable(row); err == nil && l.Shop.Token != "" && now.Token != l.Shop.Token {
			return nil // it was given another token meanwhile: what was refused is the old one
		}
		_, err = x.exec("UPDATE shops SET status = 'parked', reason = ?, since = {now} WHERE shop_id = ? AND status = 'active'", reason, l.Shop.ID)
		return err
	})
}

// KeepPolling sees to it that shops have their poll jobs. See webhooks.Lanes. One that is there stays as it
// is, also if it was given up.
func (d *DB) KeepPolling(ctx context.Context, platforms []string) error {
	var without []string
	_, err := d.read(ctx).scan(&without, `SELECT s.shop_id FROM shops s WHERE s.status = 'active' AND s.platform IN ? AND NOT EXISTS
  (SELECT 1 FROM jobs j WHERE j.shop_id = s.shop_id AND j.kind = ? AND j.subject = ?) ORDER BY s.shop_id`, platforms, string(rewards.JobPoll), webhooks.PollSubject)
	if err != nil || len(without) == 0 {
		return d.fault("looking for shops that nobody asks", err)
	}
	jobs := make([]webhooks.ShopJob, len(without))
	for i, id := range without {
		jobs[i] = webhooks.ShopJob{ShopID: id, JobRequest: rewards.JobRequest{Kind: rewards.JobPoll, Subject: webhooks.PollSubject}}
	}
	return d.write(ctx, "asking for polls", func(x *txn) error { return x.enqueue(jobs) })
}

type jobRow struct {
	ID         string
	Kind       string
	Subject    string
	Attempts   int
	Generation int64
	Hint       stamp
	FirstAt    stamp
	Unclear    bool
	Note       string
	Trace      string
}

// Begin takes due jobs and commits the try. See webhooks.Lanes.
func (d *DB) Begin(ctx context.Context, l webhooks.Lane, limit int) (jobs []webhooks.Job, err error) {
	err = d.fenced(ctx, l, "taking jobs", func(x *txn) error {
		jobs = nil
		var rows []jobRow
		_, err := x.scan(&rows, `SELECT id, kind, subject, attempts, generation, hint, first_at, unclear, note, trace FROM jobs
WHERE shop_id = ? AND state = 'due' AND run_at <= {now} AND priority = (`+firstPriority+`)
ORDER BY run_at, id LIMIT ? {skip}`, l.Shop.ID, l.Shop.ID, l.Shop.ID, l.Shop.ID, l.Shop.ID, limit)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return rewards.Errorf(rewards.NotFound, "nothing_due", "shop %s has no due job", l.Shop.ID)
		}
		if rows[0].Kind != string(rewards.JobConfirm) {
			rows = rows[:1]
		}
		now, err := x.now()
		if err != nil {
			return err
		}
		for _, r := range rows {
			jobs = append(jobs, r.begun(now))
		}
		return x.beginTries(l.Shop.ID, jobs)
	})
	return jobs, err
}

func (r jobRow) begun(now time.Time) webhooks.Job {
	if r.FirstAt.IsZero() {
		r.FirstAt.Time = now
	}
	return webhooks.Job{
		ID: r.ID, Kind: rewards.JobKind(r.Kind), Subject: r.Subject, Attempts: r.Attempts + 1, Generation: r.Generation,
		Hint: r.Hint.Time, FirstAt: r.FirstAt.Time, Begun: now, Unclear: r.Unclear, Note: r.Note, Trace: r.Trace,
	}
}

// beginTries writes down that the jobs are being tried. Until somebody says how a try ended it counts
// as unclear. A reward that was never sent and is not wanted any more needs no call, so it is not
// counted as tried. Orders that are read are not: a read changes nothing, and only one that fails is kept.
func (x *txn) beginTries(shopID string, jobs []webhooks.Job) error {
	if jobs[0].Kind == rewards.JobConfirm || fault.Bug(fault.BegunAfter) {
		return nil
	}
	tries, again, fulfils := table{cols: "att text, id text, kind text, subject text, n integer"}, false, false
	for _, j := range jobs {
		tries.add(x.d.mint.ID("att_"), j.ID, string(j.Kind), j.Subject, j.Attempts)
		again, fulfils = again || j.Attempts > 1, fulfils || j.Kind == rewards.JobFulfil
	}
	steps := []string{`UPDATE jobs AS j SET attempts = v.n, unclear = true, first_at = coalesce(j.first_at, {now}) FROM v WHERE j.shop_id = ? AND j.id = v.id AND ` + x.among("j.id", "v.id")}
	if again { // a job that was not tried before has no try that is open
		steps = append(steps, `UPDATE attempts AS a SET outcome = 'lost', ended_at = {now} FROM v WHERE a.shop_id = ? AND a.job_id = v.id AND a.outcome = '' AND `+x.among("a.job_id", "v.id"))
	}
	if fulfils {
		steps = append(steps, `UPDATE rewards AS r SET tries = r.tries + 1 FROM v WHERE r.shop_id = ? AND v.kind = 'fulfil' AND r.id = v.subject
  AND r.status = 'issuing' AND NOT (r.void AND r.tries = 0)`)
	}
	return x.execTogether(tries, append(steps, `INSERT INTO attempts (shop_id, id, job_id, kind, subject, n, started_at) SELECT ?, v.att, v.id, v.kind, v.subject, v.n, {now} FROM v`), shopID)
}
