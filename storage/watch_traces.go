package storage

import (
	"cmp"

	"grapevine/rewards"
	"grapevine/webhooks"
)

// traced gives jobs the traces of what asks for them.
func (x *txn) traced(jobs []webhooks.ShopJob) []webhooks.ShopJob {
	for i, j := range jobs {
		jobs[i].Trace = cmp.Or(j.Trace, x.traces[j.Subject], x.traces[""])
	}
	return jobs
}

// carry has jobs that follow from an order follow its trace too.
func (x *txn) carry(trace string, jobs []rewards.JobRequest) {
	if trace == "" {
		return
	}
	if x.traces == nil {
		x.traces = map[string]string{}
	}
	for _, j := range jobs {
		x.traces[j.Subject] = trace
	}
}
