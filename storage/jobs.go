package storage

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"grapevine/rewards"
	"grapevine/webhooks"
)

// enqueue asks for jobs, behind the lanes that they are due in. A job that is a mark stays one: only a person knows
// whether it may be done, see RetryJob.
func (x *txn) enqueue(jobs []webhooks.ShopJob) error {
	jobs = mergeJobs(jobs)
	if len(jobs) == 0 {
		return nil
	}
	if err := x.makeDue(jobs); err != nil {
		return err
	}
	t := table{cols: "shop_id text, id text, kind text, subject text, priority integer, run_at timestamptz, hint timestamptz, trace text"}
	for _, j := range jobs {
		t.add(j.ShopID, x.d.mint.ID("job_"), string(j.Kind), clean(j.Subject), priorityOf(j.Kind), j.RunAt, j.Hint, j.Trace)
	}
	_, err := x.execAll(t, `INSERT INTO jobs (shop_id, id, kind, subject, priority, run_at, hint, trace)
SELECT v.shop_id, v.id, v.kind, v.subject, v.priority, `+whenDue+`, v.hint, v.trace FROM v WHERE true
ON CONFLICT (shop_id, kind, subject) DO UPDATE SET generation = jobs.generation + 1, state = CASE WHEN `+marked("jobs")+` THEN 'dead' ELSE 'due' END,
  run_at = CASE WHEN jobs.state = 'due' AND jobs.run_at < excluded.run_at THEN jobs.run_at ELSE excluded.run_at END,
  hint = CASE WHEN jobs.hint > excluded.hint OR excluded.hint IS NULL THEN jobs.hint ELSE excluded.hint END,
  attempts = CASE WHEN jobs.state = 'due' THEN jobs.attempts ELSE 0 END,
  first_at = CASE WHEN jobs.state = 'due' THEN jobs.first_at END,
  trace = CASE WHEN excluded.trace = '' THEN jobs.trace ELSE excluded.trace END`)
	return err
}

// mergeJobs sorts by shop, kind and subject, and makes one of those that ask for the same: a statement
// must not touch a row twice.
func mergeJobs(jobs []webhooks.ShopJob) []webhooks.ShopJob {
	jobs = slices.Clone(jobs)
	slices.SortStableFunc(jobs, func(a, b webhooks.ShopJob) int {
		return cmp.Or(strings.Compare(a.ShopID, b.ShopID), cmp.Compare(a.Kind, b.Kind), strings.Compare(a.Subject, b.Subject))
	})
	var out []webhooks.ShopJob
	for _, j := range jobs {
		if n := len(out); n > 0 && out[n-1].ShopID == j.ShopID && out[n-1].Kind == j.Kind && out[n-1].Subject == j.Subject {
			if earlier(j.RunAt, out[n-1].RunAt) {
				out[n-1].RunAt = j.RunAt
			}
			if j.Hint.After(out[n-1].Hint) {
				out[n-1].Hint = j.Hint
			}
			if j.Trace != "" {
				out[n-1].Trace = j.Trace
			}
			continue
		}
		out = append(out, j)
	}
	return out
}

// earlier compares run times; the zero time is at once.
func earlier(a, b time.Time) bool {
	return !b.IsZero() && (a.IsZero() || a.Before(b))
}

func shopJobs(shopID string, requests []rewards.JobRequest) []webhooks.ShopJob {
	jobs := make([]webhooks.ShopJob, len(requests))
	for i, r := range requests {
		jobs[i] = webhooks.ShopJob{ShopID: shopID, JobRequest: r}
	}
	return jobs
}
