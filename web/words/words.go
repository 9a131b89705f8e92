// Package words holds the sentences for the codes that Grapevine speaks in: reasons, states and
// problems. Pages and the API's errors take them from here, so that one code is told in one way.
//
// A sentence says what happened and why; a second one says what to do. Neither needs the code.
package words

import (
	"slices"
	"strings"

	"grapevine/rewards"
	"grapevine/webhooks"
)

// Entry is what is said of one code.
type Entry struct {
	Code string
	Says string // what happened, and why
	Do   string // what to do about it; "" where nothing has to be done
}

// Find returns what is said of a reason (of an order, reward, shop, advocate, event or ledger entry),
// and whether there is such a sentence.
func Find(code string) (Entry, bool) {
	return find(code, reasons, losing, shops, acts, installs, advocates, events, looked, ledger, health)
}

// Shop returns what is said of a shop that cannot be called, or that refused something. An API token may lack a
// scope as a shop's may, and each is mended in another way.
func Shop(code string) (Entry, bool) { return find(code, shops, acts, installs) }

// Problem returns what is said to the caller of the API who met this code. A reason that refuses a call
// is told as everywhere else.
func Problem(code string) (Entry, bool) {
	if e, ok := find(code, problems); ok {
		return e, true
	}
	return Find(code)
}

func find(code string, lists ...[]Entry) (Entry, bool) {
	for _, list := range lists {
		for _, e := range list {
			if e.Code == code {
				return e, true
			}
		}
	}
	return Entry{}, false
}

// For is Find for a page that must show something: a code without a sentence is shown as plain words.
func For(code string) Entry {
	if e, ok := Find(code); ok {
		return e
	}
	return Entry{Code: code, Says: strings.ReplaceAll(code, "_", " ")}
}

// Outcome names a verdict in a word or two.
func Outcome(o rewards.Outcome) string { return label(outcomes, string(o)) }

// Ended tells why an event ended as it did. A few reasons mean another thing there than with an order.
func Ended(code string) Entry {
	if e, ok := find(code, ended); ok {
		return e
	}
	return For(code)
}

// Verdict tells what an outcome means that needs no reason.
func Verdict(o rewards.Outcome) Entry {
	e, _ := find(string(o), verdicts)
	return e
}

// Status names the state of a reward.
func Status(s rewards.Status) string { return label(statuses, string(s)) }

// Event names the state of an event. One that waits for its order to be read is told as pending.
func Event(s webhooks.EventStatus) string { return label(eventStates, string(s)) }

// Statuses lists the states of a reward.
func Statuses() []rewards.Status { return codes[rewards.Status](statuses) }

// Outcomes lists the verdicts.
func Outcomes() []rewards.Outcome { return codes[rewards.Outcome](outcomes) }

// Events lists the states of an event as the outside sees them.
func Events() []webhooks.EventStatus {
	return slices.DeleteFunc(codes[webhooks.EventStatus](eventStates), func(s webhooks.EventStatus) bool {
		return s == webhooks.EventConfirming
	})
}

func codes[S ~string](list []Entry) []S {
	out := make([]S, len(list))
	for i, e := range list {
		out[i] = S(e.Code)
	}
	return out
}

// label is for names of states: each is one of a short list that is known here.
func label(list []Entry, code string) string {
	for _, e := range list {
		if e.Code == code {
			return e.Says
		}
	}
	return strings.ReplaceAll(code, "_", " ")
}
