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
)
