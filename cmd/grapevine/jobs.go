package main

import (
	"context"
	"fmt"
	"time"

	"grapevine/rewards"
	"grapevine/storage"
	"grapevine/web/words"
	"grapevine/webhooks"
)

// jobsCmd looks at what is still to be done in the shops.
type jobsCmd struct {
	List  jobsListCmd  `cmd:"" help:"List jobs that are due, or were given up."`
	Retry jobsRetryCmd `cmd:"" help:"Try a job again that was given up."`
	Close jobsCloseCmd `cmd:"" help:"Say that the shop has what a job in doubt was to give, after a restore."`
}

// jobView is a job as commands print it, in the API's words.
type jobView struct {
	ID       string `json:"id"`
	Kind     string `json:"kind"`
	Subject  string `json:"subject"`
	About    string `json:"about"`
	State    string `json:"state"`
	Attempts int    `json:"attempts"`
	RunAt    string `json:"run_at"`
	Code     string `json:"code"`
	Detail   string `json:"detail"`
}

func viewJob(j webhooks.StoredJob) jobView {
	return jobView{j.ID, string(j.Kind), j.Subject, words.Job(j), string(j.State), j.Attempts, when(j.RunAt), j.Code, j.Detail}
}

// jobsListCmd lists jobs.
type jobsListCmd struct {
	listing `embed:""`
	Dead    bool `help:"Only those that were given up."`
}

// Run prints one line a job.
func (c *jobsListCmd) Run(ctx context.Context, s *settings, io streams) error {
	return s.withShop(ctx, c.Shop, func(db *storage.DB) error {
		var filter webhooks.JobFilter
		if c.Dead {
			filter.State = webhooks.JobDead
		}
		views, err := gather(c.Limit, func(p rewards.Page) ([]webhooks.StoredJob, string, error) { return db.Jobs(ctx, c.Shop, filter, p) }, viewJob)
		if err != nil {
			return err
		}
		return list(io, c.JSON, views, "No jobs.", "ID STATE TRIES RUN CODE ABOUT", func(v jobView) []string {
			return []string{v.ID, v.State, fmt.Sprint(v.Attempts), v.RunAt, v.Code, v.About}
		})
	})
}

// jobsRetryCmd tries a job again.
type jobsRetryCmd struct {
	Shop string `required:"" placeholder:"ID" help:"The job's shop."`
	ID   string `arg:"" help:"The job's id, job_…"`
	JSON bool   `help:"Print JSON."`
}

// Run makes the job due; a running serve takes it up.
func (c *jobsRetryCmd) Run(ctx context.Context, s *settings, io streams) error {
	return s.with(ctx, func(db *storage.DB) error {
		j, err := db.RetryJob(ctx, c.Shop, c.ID)
		if err != nil {
			return err
		}
		v := viewJob(j)
		if c.JSON {
			return io.asJSON(v)
		}
		if j.RunAt.After(time.Now().Add(time.Minute)) { // what was given up is due at once
			_, err = fmt.Fprintf(io.out, "%s was not given up: it waits until %s, as it did before.\n", v.ID, v.RunAt)
			return err
		}
		_, err = fmt.Fprintf(io.out, "%s is due: %s\n", v.ID, v.About)
		if e := words.For(v.Code); err == nil && v.Code != "" {
			_, err = fmt.Fprintf(io.out, "It failed last with %s: %s %s\n", v.Code, e.Says, e.Do)
		}
		return err
	})
}

// jobsCloseCmd is a person's word about a reward that may have been given before the database was restored.
type jobsCloseCmd struct {
	Shop string `required:"" placeholder:"ID" help:"The job's shop."`
	ID   string `arg:"" help:"The job's id, job_…; its code is restored_unclear."`
	JSON bool   `help:"Print JSON."`
}

// Run leaves the job dead, as a mark that nobody is asked about any more.
func (c *jobsCloseCmd) Run(ctx context.Context, s *settings, io streams) error {
	return s.with(ctx, func(db *storage.DB) error {
		j, err := db.CloseJob(ctx, c.Shop, c.ID)
		if err != nil {
			return err
		}
		v := viewJob(j)
		if c.JSON {
			return io.asJSON(v)
		}
		_, err = fmt.Fprintf(io.out, "%s is closed and will not be given: %s\n", v.ID, v.About)
		return err
	})
}
