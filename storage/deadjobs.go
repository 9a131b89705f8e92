package storage

import (
	"context"

	"grapevine/rewards"
	"grapevine/webhooks"
)

type storedJobRow struct {
	ID        string
	Kind      string
	Subject   string
	State     string
	Attempts  int
	RunAt     stamp
	FirstAt   stamp
	LastCode  string
	LastError string
}

func (r storedJobRow) job(shopID string) webhooks.StoredJob {
	return webhooks.StoredJob{
		ShopID: shopID, ID: r.ID, Kind: rewards.JobKind(r.Kind), Subject: r.Subject, State: webhooks.JobState(r.State), Attempts: r.Attempts,
		RunAt: r.RunAt.Time, FirstAt: r.FirstAt.Time, Code: r.LastCode, Detail: r.LastError,
	}
}

const storedJobs = "SELECT id, kind, subject, state, attempts, run_at, first_at, last_code, last_error FROM jobs WHERE shop_id = ?"

// Jobs lists a shop's jobs, those that run last first: that is, of the dead the latest that were given up.
// Kind Invalid, code bad_state, for a state that there is not.
func (d *DB) Jobs(ctx context.Context, shopID string, f webhooks.JobFilter, p rewards.Page) (list []webhooks.StoredJob, next string, err error) {
	sql, args := storedJobs, []any{shopID}
	switch f.State {
	case "":
	case webhooks.JobDue, webhooks.JobDead:
		sql, args = sql+" AND state = ?", append(args, string(f.State))
	default:
		return nil, "", rewards.Errorf(rewards.Invalid, "bad_state", "%.40q is none of due, dead", f.State)
	}
	if f.Subject != "" {
		sql, args = sql+" AND subject = ?", append(args, clean(f.Subject))
	}
	if p.Cursor != "" {
		at, err := d.position("jobs", shopID, p.Cursor)
		if err != nil {
			return nil, "", err
		}
		sql, args = sql+" AND (run_at, id) < (?, ?)", append(args, at.at, at.id)
	}
	var rows []storedJobRow
	if _, err := d.read(ctx).scan(&rows, sql+" ORDER BY run_at DESC, id DESC LIMIT ?", append(args, limit(p)+1)...); err != nil {
		return nil, "", d.fault("listing jobs", err)
	}
	rows, more := cut(rows, limit(p))
	if more {
		last := rows[len(rows)-1]
		next = d.cursor("jobs", shopID, position{last.RunAt.Time, last.ID})
	}
	for _, r := range rows {
		list = append(list, r.job(shopID))
	}
	return list, next, nil
}

// RetryJob makes a job that was given up due at once. The count of its tries stays, the time within which
// it may fail begins anew. One that is due anyway stays as it is. Kind NotFound: also one that was done
// meanwhile.
func (d *DB) RetryJob(ctx context.Context, shopID, id string) (webhooks.StoredJob, error) {
	var row storedJobRow
	err := d.write(ctx, "retrying a job", func(x *txn) error {
		if err := x.lockLane(shopID); err != nil {
			return err
		}
		_, err := x.exec(`UPDATE jobs SET state = 'due', run_at = {now}, first_at = NULL, generation = generation + 1
WHERE shop_id = ? AND id = ? AND state = 'dead'`, shopID, id)
		if err != nil {
			return err
		}
		row = storedJobRow{}
		n, err := x.scan(&row, storedJobs+" AND id = ?", shopID, id)
		if err == nil && n == 0 {
			err = rewards.Errorf(rewards.NotFound, "job_not_found", "there is no job %.80q: it may have been done", id)
		}
		if err != nil {
			return err
		}
		_, err = x.exec("UPDATE lanes SET next_at = CASE WHEN next_at < {now} THEN next_at ELSE {now} END WHERE shop_id = ?", shopID)
		return err
	})
	return row.job(shopID), err
}
