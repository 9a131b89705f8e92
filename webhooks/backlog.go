package webhooks

import (
	"time"

	"grapevine/rewards"
)

// Backlog is what waits at one moment.
type Backlog struct {
	// Events that have not ended well, by status: pending, confirming, held, quarantined, dead. Pending ones are
	// counted up to BacklogCap, and so are all others together.
	Events map[EventStatus]int64
	// OldestEvent is the age of the oldest event that is pending, OldestConfirming that of the oldest whose order is
	// still to be read from its shop, if that shop is called. Zero if there is none.
	OldestEvent, OldestConfirming time.Duration
	// Due and Dead are the jobs that could be done now, and those that were given up, by kind. Asking shops what
	// changed, which is always to be done again, is left out of Due while it goes on.
	Due, Dead map[rewards.JobKind]int64
	// InDoubt counts the jobs that wait for a person since the database was restored. They are not among Dead, and
	// those that a person has closed are in neither.
	InDoubt int64
	// OldestDue is how long the job that should have been done first has been waiting, zero if there is none.
	// Those of shops that are not called do not count.
	OldestDue time.Duration
	// Late are the shops with the oldest due jobs, the latest first, at most LateShops; LateRest are further
	// ones, with the age of the oldest among them.
	Late     []LateShop
	LateRest LateShop
	// Shops by status.
	Shops map[string]int64
}

// LateShop is a shop that has a due job, or of LateRest several.
type LateShop struct {
	ShopID string
	Age    time.Duration // of the oldest due job
}

// The bounds of a Backlog.
const (
	LateShops  = 20
	BacklogCap = 1_000_000
)

// Stock is what changes slowly and costs more to count.
type Stock struct {
	// Rewards that have not ended, by status: pending, held, approved, issuing, failed.
	Rewards map[rewards.Status]int64
	// OldestIssuing is the age of the oldest reward that is on its way into a shop, zero if there is none.
	OldestIssuing time.Duration
	// Waiting are all jobs that are not given up, by kind.
	Waiting map[rewards.JobKind]int64
	// Schema is the version of the database's schema.
	Schema int64
	Chores []ChoreState
}

// ChoreState is how one kind of periodic work went last.
type ChoreState struct {
	Name string
	Good time.Time // when it last went well, zero if never
	Code string    // of the last failure, "" if the last run went well
	Late bool      // it has not gone well for several of its turns
}

// LagBounds are by what waits of events are counted, in seconds, rising. They reach from a busy hour's goal to the
// time at which somebody is called.
func LagBounds() []float64 {
	return []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 3600}
}

// Lags count how long events waited until their orders were decided, in this process.
type Lags struct {
	Upper []float64 // seconds, rising
	Count []uint64  // of waits up to each bound, those of smaller bounds included
	Total uint64
	Sum   float64 // seconds
}

// Pool is how one pool of database connections is used.
type Pool struct {
	Name      string
	Open      int
	InUse     int
	Max       int
	Waits     int64         // how often somebody had to wait for a connection
	WaitedFor time.Duration // how long all of them together
}

// Inner is what a store has counted itself, in this process.
type Inner struct {
	// Decided are the waits from a webhook's arrival to the decision about its order.
	Decided Lags
	// Refused counts writes of workers whose lease was lost meanwhile.
	Refused uint64
	Pools   []Pool
	// Listens tells whether news of other processes arrive at once; Deaf that somebody wants them and they do not,
	// whatever the reason. Neither is so where nobody wants them.
	Listens, Deaf bool
	Leads         bool // this process does the periodic work
}
