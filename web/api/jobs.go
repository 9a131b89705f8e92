package api

import (
	"context"
	"net/http"
	"time"

	"grapevine/web/words"
	"grapevine/webhooks"
)

// jobView is work that is still to be done in the shop, or was given up.
type jobView struct {
	ID       string     `json:"id"`
	Kind     string     `json:"kind"`
	Subject  string     `json:"subject"`
	About    string     `json:"about"` // in plain words
	State    string     `json:"state"`
	Attempts int        `json:"attempts"`
	RunAt    *time.Time `json:"run_at"`
	Code     *string    `json:"code"` // of the last failure
	Says     *string    `json:"says"` // what the code means
	Do       *string    `json:"do"`   // what to do about it
}

func viewJob(j webhooks.StoredJob) jobView {
	out := jobView{ID: j.ID, Kind: string(j.Kind), Subject: j.Subject, About: words.Job(j), State: string(j.State), Attempts: j.Attempts,
		RunAt: when(j.RunAt), Code: some(j.Code)}
	if j.Code != "" {
		e := words.For(j.Code)
		out.Says, out.Do = some(e.Says), some(e.Do)
	}
	return out
}

func (a *API) listJobs(ctx context.Context, c call) (answer, error) {
	p, err := c.query.page()
	if err != nil {
		return answer{}, err
	}
	state, err := oneOf(c.query, "state", []webhooks.JobState{webhooks.JobDue, webhooks.JobDead})
	if err != nil {
		return answer{}, err
	}
	found, next, err := a.jobs.Jobs(ctx, c.shop, webhooks.JobFilter{State: state}, p)
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusOK, viewList(found, next, viewJob)}, nil
}

// retryJob answers 202: the job is due, and done soon.
func (a *API) retryJob(ctx context.Context, c call) (answer, error) {
	if len(c.body) > 0 {
		var none struct{}
		if err := decode(c.body, &none); err != nil {
			return answer{}, err
		}
	}
	j, err := a.jobs.RetryJob(ctx, c.shop, c.id)
	if err != nil {
		return answer{}, err
	}
	return answer{http.StatusAccepted, viewJob(j)}, nil
}
