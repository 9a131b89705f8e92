package webhooks

import (
	"time"

	"grapevine/rewards"
)

// Meter counts what the pipeline does. Nop counts nothing.
type Meter interface {
	// Received is called for each webhook that was answered.
	Received(platform string, status int, took time.Duration)
	// Digested is called with the number of events that ended in one way.
	Digested(status EventStatus, n int)
	// Called is called for each job that was tried; outcome is done, retry, throttled, parked or buried.
	Called(kind rewards.JobKind, outcome string, took time.Duration)
}

// Nop is a Meter that counts nothing.
type Nop struct{}

// Received does nothing.
func (Nop) Received(string, int, time.Duration) {}

// Digested does nothing.
func (Nop) Digested(EventStatus, int) {}

// Called does nothing.
func (Nop) Called(rewards.JobKind, string, time.Duration) {}
