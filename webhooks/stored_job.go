package webhooks

import (
	"time"

	"grapevine/rewards"
)

// JobState tells whether a job is still tried.
type JobState string

// The states of a job. One that was done is gone.
const (
	JobDue  JobState = "due"
	JobDead JobState = "dead" // given up; a person may have it tried again
)

// StoredJob is a job as people look at it.
type StoredJob struct {
	ShopID   string
	ID       string // "job_…"
	Kind     rewards.JobKind
	Subject  string // see the kinds
	State    JobState
	Attempts int
	RunAt    time.Time // of a dead job: when it was last due
	FirstAt  time.Time // the first try, zero before it
	Code     string    // of the last failure, "" if there was none
	Detail   string    // its text, for the operator
}

// JobFilter finds jobs; empty fields do not count.
type JobFilter struct {
	State   JobState
	Subject string
}
