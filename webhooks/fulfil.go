package webhooks

import (
	"context"
	"encoding/json"
	"time"

	"grapevine/connectors"
	"grapevine/internal/fault"
	"grapevine/rewards"
)

const (
	// An action whose effect cannot be refused the second time (store credit has no key and no name) is
	// sent again only after the shop was seen without it this often, over this long: a read right after
	// a write may still be old, and a call that somebody else left behind is on its way for callFor at most.
	absentReads = 3
	absentFor   = callFor + 2*time.Second
	absentWait  = 3 * time.Second
)

// memory is what a job's tries tell one another, kept in its note.
type memory struct {
	Rested  int `json:"rested,omitempty"`  // tries that were none
	Stale   int `json:"stale,omitempty"`   // reads of an order that were older than its webhook
	Missing int `json:"missing,omitempty"` // reads of an order that the shop did not know

	Absent int       `json:"absent,omitempty"` // tries that began with a read which did not find the effect
	Since  time.Time `json:"since,omitzero"`   // the first of them, by the books' clock
	// Send is the number of the try that may send again without a look: the look was just before it. A
	// process that dies in that try is followed by one of another number, which looks. Numbers begin anew when a
	// shop comes back, and with them the time that the job has: From is the FirstAt that this one counts from.
	Send int       `json:"send,omitempty"`
	From time.Time `json:"from,omitzero"`
	// Of a credit that is being taken back: the account's newest transaction before the first try, and
	// what the try was for. It is finished as it was begun, also if the order has shrunk meanwhile: another
	// amount would not be recognised.
	After string           `json:"after,omitempty"`
	Step  rewards.StepKind `json:"step,omitempty"`
	Net   rewards.Money    `json:"net,omitzero"`
}

func (m memory) String() string {
	b, err := json.Marshal(m)
	if err != nil { // a struct of plain fields always marshals
		panic(err)
	}
	return string(b)
}

// recall reads a note; one that cannot be read is an empty one, which only costs a further look.
func recall(note string) (m memory) {
	if json.Unmarshal([]byte(note), &m) != nil {
		return memory{}
	}
	return m
}

// fulfil takes a reward's next step in the shop. The step is found out anew at each try, so a job that
// is done twice, or after the order changed its mind, does what is right now.
func (v *visit) fulfil(ctx context.Context, j Job) (*failure, error) {
	r, siblings, err := v.opts.Desk.Reward(ctx, v.lane, j.Subject)
	if err != nil {
		return nil, err
	}
	m := recall(j.Note)
	step := r.Next()
	if m.After != "" {
		step, r.Net = m.Step, m.Net
	}
	switch step {
	case rewards.StepNone:
		return nil, v.opts.Work.Done(ctx, v.lane, j)
	case rewards.StepDrop:
		return nil, v.opts.Work.Step(ctx, v.lane, j, rewards.StepResult{Step: step})
	}
	action, err := r.Action(step)
	if err != nil {
		return nil, err
	}
	if take, ok := action.(rewards.TakeCredit); ok {
		take.After, take.Siblings = m.After, siblings
		if m.After == "" {
			return v.baseline(ctx, j, take, memory{Step: step, Net: r.Net})
		}
		action = take
	}
	if _, ok := action.(rewards.RemoveTag); ok && siblings.SameTag { // it stays for the other reward's sake
		return nil, v.opts.Work.Step(ctx, v.lane, j, rewards.StepResult{Step: step, Net: r.Net})
	}
	receipt, failed := v.ensure(ctx, j, r.ID+"/"+string(step), action, m)
	if failed == nil {
		return nil, v.opts.Work.Step(ctx, v.lane, j, rewards.StepResult{
			Step: step, Net: r.Net, ExternalID: receipt.ExternalID, Refs: receipt.Refs,
			Expires: receipt.ExpiresAt, Taken: receipt.Taken, Spent: receipt.Spent,
		})
	}
	if failed.lasting() && (!j.Unclear || failed.clean) {
		return nil, v.opts.Work.Step(ctx, v.lane, j, rewards.StepResult{Step: step, Net: r.Net, Refused: rewards.CodeOf(failed.call)})
	}
	return failed, nil
}

// baseline notes the account's newest transaction before a debit is tried for the first time: an equal
// debit after it can only be ours. The note is stored first, and the job done again at once.
func (v *visit) baseline(ctx context.Context, j Job, take rewards.TakeCredit, m memory) (*failure, error) {
	receipt, err := v.call(ctx, func(ctx context.Context) (connectors.Receipt, error) {
		return v.store.Find(ctx, v.lane.Shop, take)
	})
	if err != nil && rewards.KindOf(err) != rewards.NotFound {
		return &failure{call: err, note: j.Note}, nil
	}
	if m.After = receipt.Refs[rewards.RefNewest]; m.After == "" {
		m.After = "none"
	}
	return nil, v.opts.Work.Retry(ctx, v.lane, j, errBaseline, 0, false, m.String())
}

var errBaseline = rewards.Errorf(rewards.Unavailable, "baseline_noted", "the account was read before it is debited")

// ensure has the action carried out exactly once: where an earlier try may have worked the shop is
// asked first, and after an unclear answer it is asked at once.
func (v *visit) ensure(ctx context.Context, j Job, key string, a rewards.Action, m memory) (connectors.Receipt, *failure) {
	seen := m.Send == j.Attempts && m.From.Equal(j.FirstAt)
	m.Send, m.From = 0, time.Time{} // it is for this try, and for no other that its note may come to
	if j.Unclear && !seen && !fault.Bug(fault.BlindRetry) {
		receipt, failed, absent := v.look(ctx, a, m, j.Begun)
		if !absent {
			return receipt, failed
		}
		m.Absent, m.Since = 0, time.Time{}
		if !refusesRepetition(a) { // what was seen is forgotten in the books before anything is sent
			m.Send, m.From = j.Attempts+1, j.FirstAt
			return receipt, &failure{call: failed.call, note: m.String(), wait: time.Millisecond}
		}
	}
	receipt, err := v.call(ctx, func(ctx context.Context) (connectors.Receipt, error) {
		return v.store.Do(ctx, v.lane.Shop, key, a)
	})
	if err == nil {
		return receipt, nil
	}
	if err.Unclear && !fault.Bug(fault.BlindRetry) {
		found, failed, _ := v.look(ctx, a, m, time.Time{})
		if failed == nil {
			return found, nil
		}
		failed.call = &connectors.CallError{Cause: err.Cause, Unclear: true, After: max(err.After, failed.call.After), Throttled: err.Throttled, Park: err.Park}
		return connectors.Receipt{}, failed
	}
	return connectors.Receipt{}, &failure{call: err, note: m.String(), clean: true}
}

// look asks the shop whether an action was carried out. absent says that it certainly was not, so that
// it may be sent again; otherwise there is a receipt or a failure. begun is when the try began that looks before it
// sends anything, by the books' clock: no process's own may tell how long an effect was not seen. It is zero of a look
// behind a call of the same try, which is too early to count.
func (v *visit) look(ctx context.Context, a rewards.Action, m memory, begun time.Time) (r connectors.Receipt, f *failure, absent bool) {
	receipt, err := v.call(ctx, func(ctx context.Context) (connectors.Receipt, error) {
		return v.store.Find(ctx, v.lane.Shop, a)
	})
	if err == nil {
		return receipt, nil, false
	}
	if rewards.KindOf(err) != rewards.NotFound {
		return receipt, &failure{call: err, note: m.String()}, false
	}
	if refusesRepetition(a) {
		return receipt, &failure{call: unclear(err), note: m.String()}, true
	}
	if !begun.IsZero() {
		if m.Absent == 0 || begun.Before(m.Since) { // that clock was put back: counted anew, or it would wait for it
			m.Absent, m.Since = 0, begun
		}
		m.Absent++
		if m.Absent >= absentReads && begun.Sub(m.Since) >= absentFor {
			return receipt, &failure{call: unclear(err), note: m.String()}, true
		}
	}
	return receipt, &failure{call: unclear(err), note: m.String(), wait: absentWait}, false
}

// refusesRepetition tells whether the shop itself refuses an action the second time, so that one look
// is enough: codes are unique there, and switching off or setting a value twice is once.
func refusesRepetition(a rewards.Action) bool {
	switch a := a.(type) {
	case rewards.GrantCredit, rewards.TakeCredit:
		return false
	case rewards.TakeGiftCard: // a debit; to leave nothing is to switch the card off
		return a.Left.IsZero()
	}
	return true
}

// unclear turns "not found" into "not yet seen": the job is tried again.
func unclear(err *connectors.CallError) *connectors.CallError {
	return &connectors.CallError{Cause: rewards.Errorf(rewards.Unavailable, "not_seen_yet", "%w", err), Unclear: true}
}
