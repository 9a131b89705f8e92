package shopifytest

import (
	"encoding/json"
	"slices"
	"time"
)

// What a fault does in place of, or after, the right answer.
const (
	FaultThrottle     = "throttle"      // 429 with Retry-After
	FaultThrottled    = "throttled"     // 200 with the error THROTTLED
	FaultStatus       = "status"        // Status (503) with {"errors": …}
	FaultDrop         = "drop"          // the connection is closed without an answer
	FaultTruncate     = "truncate"      // 200 with the first half of the answer
	FaultCut          = "cut"           // the connection is closed in the middle of the answer
	FaultHTML         = "html"          // 200 with a login page
	FaultEmpty        = "empty"         // 200 without a body
	FaultNullData     = "null_data"     // 200 with data null and errors
	FaultPartial      = "partial"       // 200 with errors, and null for each root field
	FaultTrickle      = "trickle"       // the right answer, a byte each Delay (1s)
	FaultHuge         = "huge"          // 200 with 16 MiB around the answer
	FaultSlow         = "slow"          // the right answer after Delay
	FaultRedirect     = "redirect"      // Status (301) to Location
	FaultStale        = "stale"         // a query is answered from before the last Behind (1) changes
	FaultTwice        = "twice"         // a mutation is carried out twice
	FaultAccessDenied = "access_denied" // 200 with the error ACCESS_DENIED
	FaultUserError    = "user_error"    // a mutation is refused with the user error Code
)

// Fault is one misbehaviour. The first that fits a call, has some left and comes up is the one.
type Fault struct {
	Operation   string        `json:"operation"`   // name of the GraphQL operation; "" or "*": every one
	Kind        string        `json:"kind"`        // one of the constants
	Effect      bool          `json:"effect"`      // the call is carried out first
	Count       int           `json:"count"`       // so many times; 0: without end
	Skip        int           `json:"skip"`        // let so many calls pass first
	Percent     int           `json:"percent"`     // of the calls, by the seeded source; 0: all
	Status      int           `json:"status"`      // for status and redirect
	RetryAfter  string        `json:"retry_after"` // for throttle and status; "2.0" for throttle
	Delay       time.Duration `json:"-"`           // for slow and trickle
	DelayMillis int           `json:"delay_ms"`    // the same, in JSON
	Location    string        `json:"location"`    // for redirect
	Behind      int           `json:"behind"`      // for stale; 1
	Code        string        `json:"code"`        // for user_error
	Message     string        `json:"message"`

	used int
}

func (f *Fault) message() string {
	if f.Message != "" {
		return f.Message
	}
	return "refused on demand: " + f.Code
}

// SetFaults adds misbehaviour.
func (s *Shop) SetFaults(faults ...Fault) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range faults {
		if !slices.Contains(faultKinds(), f.Kind) {
			return invalid("fault kind %q is none of %v", f.Kind, faultKinds())
		}
		if f.Percent < 0 || f.Percent > 100 || f.Count < 0 || f.Skip < 0 {
			return invalid("percent is 0 to 100, count and skip are not below zero")
		}
		if f.Kind == FaultUserError && f.Code == "" || f.Kind == FaultRedirect && f.Location == "" {
			return invalid("%s needs its code or location", f.Kind)
		}
		if f.Delay == 0 {
			f.Delay = time.Duration(f.DelayMillis) * time.Millisecond
		}
		fault := f
		s.faults = append(s.faults, &fault)
	}
	return nil
}

// ResetFaults ends all misbehaviour.
func (s *Shop) ResetFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults, s.past = nil, nil
}

func faultKinds() []string {
	return []string{
		FaultThrottle, FaultThrottled, FaultStatus, FaultDrop, FaultTruncate, FaultCut, FaultHTML, FaultEmpty,
		FaultNullData, FaultPartial, FaultTrickle, FaultHuge, FaultSlow, FaultRedirect, FaultStale, FaultTwice, FaultAccessDenied, FaultUserError,
	}
}

// pick chooses the fault of a call, if any, and counts it.
func (s *Shop) pick(req *request) *Fault {
	for _, f := range s.faults {
		if f.Operation != "" && f.Operation != "*" && f.Operation != req.operation() {
			continue
		}
		onlyMutations := f.Kind == FaultTwice || f.Kind == FaultUserError
		if onlyMutations != req.isMutation() && (onlyMutations || f.Kind == FaultStale) {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		if f.Count > 0 && f.used >= f.Count {
			continue
		}
		if f.Percent > 0 && s.rng.IntN(100) >= f.Percent {
			continue
		}
		f.used++
		chosen := *f
		return &chosen
	}
	return nil
}

// remember keeps the state before a change, as long as a stale fault could ask for it.
func (s *Shop) remember() {
	armed := slices.ContainsFunc(s.faults, func(f *Fault) bool {
		return f.Kind == FaultStale && (f.Count == 0 || f.used < f.Count)
	})
	if !armed {
		return
	}
	earlier, err := s.state.clone()
	if err != nil {
		return // plain data always copies; without a past the live state answers
	}
	const keep = 64
	s.past = append(s.past, earlier)
	if len(s.past) > keep {
		s.past = s.past[1:]
	}
}

// earlier is the state before the last changes; nil where none is known.
func (s *Shop) earlier(behind int) *State {
	if len(s.past) == 0 {
		return nil
	}
	return s.past[max(0, len(s.past)-max(1, behind))]
}

// Call is what became of one GraphQL call.
type Call struct {
	At        time.Time       `json:"at"`
	Operation string          `json:"operation"`
	Mutation  bool            `json:"mutation"`
	Fields    []string        `json:"fields"`    // root fields
	Variables json.RawMessage `json:"variables"` // as sent
	Executed  int             `json:"executed"`  // how often it was carried out
	Fault     string          `json:"fault,omitempty"`
	Status    int             `json:"status"` // 0: no answer was sent
}

// Calls returns all GraphQL calls so far, in the order in which they were answered.
func (s *Shop) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// Mutations returns the mutations that were carried out; operation "" means all of them.
func (s *Shop) Mutations(operation string) []Call {
	var out []Call
	for _, c := range s.Calls() {
		if c.Mutation && c.Executed > 0 && (operation == "" || operation == c.Operation) {
			out = append(out, c)
		}
	}
	return out
}
