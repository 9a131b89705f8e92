// Package fault names the moments at which a process may die, and lets tests be there.
//
// The pipeline and the store call Point where the outside could notice that a process ended: before a commit,
// after it, around a call to a shop. Nothing happens there unless a test has asked: the simulator hooks in with
// Hook and makes each point a step of its scheduler; a binary built with the tag "faults" stops or kills itself
// at the point that its environment names (see Variable).
//
// Bug is for testing the tests: with that tag a bug that was planted on purpose can be switched on, and the
// simulator must find it. Without the tag Bug is false and the compiler leaves the branch out.
package fault

import (
	"context"
	"sync/atomic"
)

// The points, in the order in which an order's webhook passes them.
const (
	PutBefore         = "put.before"         // deliveries are at hand, nothing is stored
	PutCommitted      = "put.committed"      // they are stored, nobody was answered
	WorkClaimed       = "work.claimed"       // events are noted and locked
	WorkUncommitted   = "work.uncommitted"   // they are digested, not committed
	JobBegun          = "job.begun"          // a try is committed, nothing was called
	CallBefore        = "call.before"        // the shop is about to be called
	CallAnswered      = "call.answered"      // it answered, nobody wrote that down
	DecideUncommitted = "decide.uncommitted" // orders are judged and booked, not committed
	StepUncommitted   = "step.uncommitted"   // a reward's step is recorded, not committed
)

// Points are all of them.
var Points = []string{PutBefore, PutCommitted, WorkClaimed, WorkUncommitted, JobBegun, CallBefore, CallAnswered, DecideUncommitted, StepUncommitted}

var hook atomic.Pointer[func(ctx context.Context, point string)]

// Point tells whoever listens that the program is at a point. It costs one load where nobody does.
func Point(ctx context.Context, point string) {
	if f := hook.Load(); f != nil {
		(*f)(ctx, point)
	}
}

// Hook has f called at every point of the process, in the goroutine that is there; nil ends it.
func Hook(f func(ctx context.Context, point string)) {
	if f == nil {
		hook.Store(nil)
		return
	}
	hook.Store(&f)
}
