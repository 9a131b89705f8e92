package storage

import (
	"context"
	"time"

	"grapevine/rewards"
	"grapevine/webhooks"
)

// Restored is what was done after an older backup was put in place.
type Restored struct {
	Jobs  int64 `json:"jobs"`  // jobs whose shop is read before anything is sent
	Polls int64 `json:"polls"` // shops that are asked what changed since the backup
}

// Restore is called once for a database that is older than what its shops have seen since: it was put back from
// a backup of the moment at. Everything that may have been done after it is in doubt from now on: a job that was
// there is looked up in the shop before it is done, and a reward that may have been given meanwhile is not given
// again until a person says so (see doubt). Shops are asked what changed since the backup. No server may run.
func (d *DB) Restore(ctx context.Context, at time.Time) (done Restored, err error) {
	err = d.write(ctx, "marking what may have been done after the backup", func(x *txn) error {
		done = Restored{}
		_, err := x.exec(`INSERT INTO memos (name, value, at) VALUES (?, ?, {now}) ON CONFLICT (name) DO UPDATE SET value = excluded.value, at = excluded.at`,
			memoRestored, []byte(at.UTC().Format(time.RFC3339)))
		if err != nil {
			return err
		}
		// The try that was to come when the backup was made may have come: it is counted, and leaves nothing to the next.
		if done.Jobs, err = x.exec("UPDATE jobs SET unclear = true, attempts = attempts + 1 WHERE kind NOT IN ('poll', 'confirm')"); err != nil {
			return err
		}
		if _, err := x.exec("UPDATE rewards SET tries = 1 WHERE tries = 0 AND status = 'issuing'"); err != nil {
			return err
		}
		if done.Polls, err = x.exec("UPDATE jobs SET run_at = {now}, note = ?, unclear = false, attempts = 0, first_at = NULL WHERE kind = 'poll'", webhooks.WatchFrom(at)); err != nil {
			return err
		}
		// Whoever held a lease when the backup was made does not hold it now.
		_, err = x.exec("UPDATE lanes SET token = '', owner = '', lease_until = {now}, paused_until = {now}, next_at = {now}")
		return err
	})
	return done, err
}

// loadRestored reads when the database was restored last.
func (d *DB) loadRestored(ctx context.Context) error {
	m, found, err := d.read(ctx).memo(memoRestored)
	if err == nil && found {
		d.inner.restored.Store(m.At.UnixMicro())
	}
	return d.fault("reading when the database was restored", err)
}

// The codes of jobs that are dead because the database was restored. Their reward may have been given between the
// backup and the restoring, under an id and a code that nobody knows any more. Nothing but RetryJob makes them due.
const (
	CodeRestored      = "restored_unclear" // a person is to look
	CodeRestoredGiven = "restored_given"   // a person has looked: the shop has it
)

// marked is the condition that a job is such a mark.
func marked(job string) string {
	return job + ".state = 'dead' AND " + job + ".last_code IN ('" + CodeRestored + "', '" + CodeRestoredGiven + "')"
}

// CloseJob is a person's word that the shop has what a job with the code CodeRestored was to give. The job stays
// dead, as the mark that its reward is there under another code, and nobody is asked about it again. One that is
// closed already stays as it is. Kind NotFound where there is no such job; Conflict, code not_in_doubt, where it is
// another one.
func (d *DB) CloseJob(ctx context.Context, shopID, id string) (webhooks.StoredJob, error) {
	var row storedJobRow
	err := d.write(ctx, "closing a job", func(x *txn) error {
		if err := x.lockLane(shopID); err != nil {
			return err
		}
		row = storedJobRow{}
		n, err := x.scan(&row, storedJobs+" AND id = ?", shopID, id)
		switch {
		case err != nil:
			return err
		case n == 0:
			return rewards.Errorf(rewards.NotFound, "job_not_found", "there is no job %.80q: it may have been done", id)
		case row.State != string(webhooks.JobDead) || row.LastCode != CodeRestored && row.LastCode != CodeRestoredGiven:
			return rewards.Errorf(rewards.Conflict, "not_in_doubt", "job %.80q does not wait with %s: only such a job can be closed", id, CodeRestored)
		}
		row.LastCode, row.LastError = CodeRestoredGiven, "it was given before the database was restored"
		_, err = x.exec("UPDATE jobs SET last_code = ?, last_error = ? WHERE shop_id = ? AND id = ?", row.LastCode, row.LastError, shopID, id)
		return err
	})
	return row.job(shopID), err
}

// doubt gives rewards that set out for their shop to a person, if they could have done so before the database was
// restored. What is in the books since has its own id: the shop cannot be asked for it.
func (x *txn) doubt(shopID string, changes []rewards.RewardChange) error {
	at := x.d.inner.restored.Load()
	if at == 0 {
		return nil
	}
	restored := time.UnixMicro(at).UTC()
	t := table{cols: "id text"}
	for _, c := range changes {
		if c.Reward.Status == rewards.StatusIssuing && c.Was != rewards.StatusIssuing && c.Reward.OrderID != "" && c.Reward.ReleaseAt.Before(restored) {
			t.add(c.Reward.ID)
		}
	}
	if len(t.rows) == 0 {
		return nil
	}
	_, err := x.execAll(t, `UPDATE jobs AS j SET state = 'dead', last_code = ?, last_error = 'it may have been given before the database was restored'
FROM v JOIN rewards r ON r.shop_id = ? AND r.id = v.id JOIN orders o ON o.shop_id = r.shop_id AND o.order_id = r.order_id AND o.placed_at < ?
WHERE j.shop_id = r.shop_id AND j.kind = 'fulfil' AND j.subject = v.id AND j.state = 'due'`, CodeRestored, shopID, restored)
	return err
}
