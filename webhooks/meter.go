package webhooks

import (
	"time"

	"grapevine/rewards"
)

// Meter counts what the pipeline does. Nop counts nothing.
type Meter interface {
	// Received is called for each webhook that was answered.
	Received(platform string, status int, took time.Duration)
	// Queued is called when deliveries begin to wait for the disk, and with negative numbers when they end.
	Queued(deliveries, bytes int)
	// Stored is called for each group of deliveries that went to the disk, or could not.
	Stored(deliveries int, took time.Duration, err error)
	// Digested is called with the number of events that ended in one way.
	Digested(status EventStatus, n int)
	// Waited is called for each event that was digested with the time since it was received, by this
	// process's clock against the database's.
	Waited(lag time.Duration)
	// Called is called for each job that was tried; outcome is done, retry, throttled, parked or buried.
	Called(kind rewards.JobKind, outcome string, took time.Duration)
}

// Nop is a Meter that counts nothing.
type Nop struct{}

// Received does nothing.
func (Nop) Received(string, int, time.Duration) {}

// Queued does nothing.
func (Nop) Queued(int, int) {}

// Stored does nothing.
func (Nop) Stored(int, time.Duration, error) {}

// Digested does nothing.
func (Nop) Digested(EventStatus, int) {}

// Waited does nothing.
func (Nop) Waited(time.Duration) {}

// Called does nothing.
func (Nop) Called(rewards.JobKind, string, time.Duration) {}
