package storage

import (
	"context"
	"fmt"
	"time"

	"grapevine/rewards"
	"grapevine/webhooks"
)

// maxDetail bounds the text of an error that is kept.
const maxDetail = 500

func detail(err error) string {
	s := clean(err.Error())
	return s[:min(len(s), maxDetail)]
}

// endJobs ends jobs that were done, and returns the subjects of those that nobody asked for again
// meanwhile. The others are due at once, as if they were new.
func (x *txn) endJobs(shopID string, jobs []webhooks.Job) (ended []string, err error) {
	t := table{cols: "id text, generation bigint"}
	for _, j := range jobs {
		t.add(j.ID, j.Generation)
	}
	const tried = `UPDATE attempts AS a SET ended_at = {now}, outcome = 'done' FROM v WHERE a.shop_id = ? AND a.job_id = v.id AND a.outcome = '' AND `
	const end = `DELETE FROM jobs WHERE shop_id = ? AND (id, generation) IN (SELECT v.id, v.generation FROM v) AND `
	if jobs[0].Kind != rewards.JobConfirm {
		if _, err := x.execAll(t, tried+x.among("a.job_id", "v.id"), shopID); err != nil {
			return nil, err
		}
	}
	if x.d.lite {
		ended, err = queryAll[string](x, t, end+x.among("id", "v.id")+" RETURNING subject", shopID)
	} else { // the rows are met in the order in which others ask for them
		ended, err = queryAll[string](x, t, `, met AS (
  SELECT j.id FROM jobs j WHERE j.shop_id = ? AND `+x.among("j.id", "v.id")+` ORDER BY j.kind COLLATE "C", j.subject COLLATE "C" FOR UPDATE) `+
			end+"id = ANY(ARRAY(SELECT m.id FROM met m)) RETURNING subject", shopID, shopID)
	}
	if err != nil || len(ended) == len(jobs) {
		return ended, err
	}
	_, err = x.execAll(t, `UPDATE jobs AS j SET attempts = 0, first_at = NULL, unclear = false, note = ''
FROM v WHERE j.shop_id = ? AND j.id = v.id AND `+x.among("j.id", "v.id"), shopID)
	return ended, err
}

// endTry closes the open try of a job that failed; of an order that could not be read it is written down now.
func (x *txn) endTry(shopID string, j webhooks.Job, outcome string, cause error, next time.Time) error {
	if j.Kind == rewards.JobConfirm {
		_, err := x.exec(`INSERT INTO attempts (shop_id, id, job_id, kind, subject, n, started_at, ended_at, outcome, code, detail, next_at)
VALUES (?, ?, ?, ?, ?, ?, {now}, {now}, ?, ?, ?, ?)`, shopID, x.d.mint.ID("att_"), j.ID, string(j.Kind), clean(j.Subject), j.Attempts, outcome, rewards.CodeOf(cause), detail(cause), next)
		return err
	}
	_, err := x.exec("UPDATE attempts SET ended_at = {now}, outcome = ?, code = ?, detail = ?, next_at = ? WHERE shop_id = ? AND job_id = ? AND outcome = ''",
		outcome, rewards.CodeOf(cause), detail(cause), next, shopID, j.ID)
	return err
}

// Done ends a job that needs nothing stored. See webhooks.Work.
func (d *DB) Done(ctx context.Context, l webhooks.Lane, j webhooks.Job) error {
	return d.fenced(ctx, l, "ending a job", func(x *txn) error {
		_, err := x.endJobs(l.Shop.ID, []webhooks.Job{j})
		return err
	})
}

// Again ends a try with success and leaves the job for later. See webhooks.Work. Its tries are not kept: a
// job that never ends would leave a row each time. One that somebody asked for meanwhile is due at once.
func (d *DB) Again(ctx context.Context, l webhooks.Lane, j webhooks.Job, wait time.Duration, note string) error {
	return d.fenced(ctx, l, "leaving a job for later", func(x *txn) error {
		now, err := x.now()
		if err != nil {
			return err
		}
		if _, err := x.exec("DELETE FROM attempts WHERE shop_id = ? AND job_id = ?", l.Shop.ID, j.ID); err != nil {
			return err
		}
		_, err = x.exec(`UPDATE jobs SET run_at = CASE WHEN generation = ? THEN ? ELSE {now} END,
  unclear = false, note = ?, attempts = 0, first_at = NULL, last_code = '', last_error = '' WHERE shop_id = ? AND id = ?`,
			j.Generation, now.Add(wait), clean(note), l.Shop.ID, j.ID)
		return err
	})
}

// Retry ends a try without success. See webhooks.Work.
//
// A try that is known to have had no effect, after others that had none, was no try of the reward.
func (d *DB) Retry(ctx context.Context, l webhooks.Lane, j webhooks.Job, cause error, wait time.Duration, unclear bool, note string) error {
	return d.fenced(ctx, l, "putting off a job", func(x *txn) error {
		now, err := x.now()
		if err != nil {
			return err
		}
		next := now.Add(wait)
		if err := x.endTry(l.Shop.ID, j, "retry", cause, next); err != nil {
			return err
		}
		if j.Kind == rewards.JobFulfil && !unclear {
			if _, err := x.exec("UPDATE rewards SET tries = 0 WHERE shop_id = ? AND id = ? AND status = 'issuing'", l.Shop.ID, j.Subject); err != nil {
				return err
			}
		}
		if j.Kind == rewards.JobConfirm { // Begin wrote nothing down
			if _, err := x.exec("UPDATE jobs SET attempts = ?, first_at = coalesce(first_at, ?) WHERE shop_id = ? AND id = ?", j.Attempts, j.FirstAt, l.Shop.ID, j.ID); err != nil {
				return err
			}
		}
		_, err = x.exec(`UPDATE jobs SET run_at = ?, unclear = ?, note = ?, last_code = ?, last_error = ? WHERE shop_id = ? AND id = ?`,
			next, unclear, clean(note), rewards.CodeOf(cause), detail(cause), l.Shop.ID, j.ID)
		return err
	})
}

// Bury gives a job up. See webhooks.Work. One that somebody asked for again meanwhile is tried again.
//
// Where what follows from it cannot be stored, because a row is damaged, the job is given up alone: it
// would be tried for ever, before all others of the shop.
func (d *DB) Bury(ctx context.Context, l webhooks.Lane, j webhooks.Job, cause error) error {
	err := d.giveUp(ctx, l, j, cause, (*txn).bury)
	if err == nil || rewards.KindOf(err) == rewards.Unavailable || rewards.CodeOf(err) == "lease_lost" {
		return err
	}
	cause = fmt.Errorf("%w; what follows from it cannot be stored: %w", cause, err)
	return d.giveUp(ctx, l, j, cause, (*txn).holdWaiting)
}

// holdWaiting leaves the events that waited for an order to a person, where nothing can be written of the order.
func (x *txn) holdWaiting(l webhooks.Lane, j webhooks.Job, _ error) error {
	if j.Kind != rewards.JobConfirm {
		return nil
	}
	if err := x.looksUp(); err != nil {
		return err
	}
	_, err := x.exec(`UPDATE events SET status = 'held', reason = ?, finished_at = {now} WHERE shop_id = ? AND order_id = ? AND order_id <> '' AND status = 'confirming'`,
		string(rewards.ReasonUnreadableOrder), l.Shop.ID, clean(j.Subject))
	return err
}

// giveUp marks a job as dead, and lets follow write what comes of it.
func (d *DB) giveUp(ctx context.Context, l webhooks.Lane, j webhooks.Job, cause error, follow func(*txn, webhooks.Lane, webhooks.Job, error) error) error {
	return d.fenced(ctx, l, "giving up a job", func(x *txn) error {
		if err := x.endTry(l.Shop.ID, j, "dead", cause, time.Time{}); err != nil {
			return err
		}
		n, err := x.exec(`UPDATE jobs SET state = 'dead', last_code = ?, last_error = ? WHERE shop_id = ? AND id = ? AND generation = ?`,
			rewards.CodeOf(cause), detail(cause), l.Shop.ID, j.ID, j.Generation)
		if err != nil {
			return err
		}
		if n == 0 {
			_, err := x.endJobs(l.Shop.ID, []webhooks.Job{j})
			return err
		}
		return follow(x, l, j, cause)
	})
}

// bury makes it show in what waited for the job.
func (x *txn) bury(l webhooks.Lane, j webhooks.Job, cause error) error {
	shopID, code := l.Shop.ID, rewards.CodeOf(cause)
	switch j.Kind {
	case rewards.JobConfirm:
		if err := x.looksUp(); err != nil {
			return err
		}
		c := webhooks.Confirmed{Job: j, Order: rewards.Order{ID: j.Subject}, Trouble: rewards.ReasonUnreadableOrder, Detail: detail(cause)}
		if err := x.judge(l, []webhooks.Confirmed{c}); err != nil {
			return err
		}
		return x.endWaiting(shopID, []webhooks.Confirmed{c})
	case rewards.JobFulfil:
		return x.refuse(shopID, j, cause)
	case rewards.JobOffer:
		_, err := x.exec("UPDATE offers SET status = 'failed', reason = ? WHERE shop_id = ? AND program = ?", code, shopID, j.Subject)
		return err
	}
	return nil // codes wait on, for their job to be asked for again
}
