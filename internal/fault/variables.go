package fault

// What a build with the tag "faults" reads from its environment; any other build has no eyes for it.
const (
	// Variable names the point at which the process does something to itself, the how-manieth time it comes there,
	// and what: "call.answered:3:kill" or "put.committed:1:stop".
	Variable = "GRAPEVINE_FAULT"
	// BugVariable names the planted bug that is switched on.
	BugVariable = "GRAPEVINE_BUG"
	// ClockVariable tells how far the process's clock is off: at its start, and after each SIGUSR1, such as
	// "0s,10m,-10m". After the last step it stays.
	ClockVariable = "GRAPEVINE_CLOCK"
)

// Planted bugs, by the names that BugVariable takes.
const (
	AckBeforeCommit = "ack before commit" // the door answers 2xx while the delivery is on its way to the disk
	BlindRetry      = "blind retry"       // after an unclear answer the shop is called again without a look
	NoDedupe        = "no dedupe"         // a delivery that was seen is stored again (SQLite)
	MarkBeforeWork  = "mark before work"  // events end before what follows from them is committed (SQLite)
	LastArrival     = "last arrival wins" // of two states of an order the one counts that came last
	CapOutside      = "cap outside"       // a budget is checked by what an earlier transaction read of it
	NoFence         = "no fence"          // whoever lost a lease writes on
	BegunAfter      = "begun after"       // that a job is being tried is not noted before the call
)
