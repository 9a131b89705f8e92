package rewards

import (
	"errors"
	"fmt"
)

// Kind tells the caller of a failed function what to do. Only Unavailable is worth a retry.
type Kind string

// The kinds of error. An error without a kind counts as Internal.
const (
	Invalid     Kind = "invalid"     // the input is wrong: mend it
	NotFound    Kind = "not_found"   // there is no such thing
	Conflict    Kind = "conflict"    // it contradicts what is stored
	Denied      Kind = "denied"      // the caller lacks the right
	Unavailable Kind = "unavailable" // try again later
	Internal    Kind = "internal"    // a fault of ours
)

// Error is an error with a kind for the program, a stable code for the sentence that a person sees,
// and a text for the log.
type Error struct {
	Kind  Kind
	Code  string // stable, snake_case: "code_taken"
	cause error  // the text for the log, and what it wraps
}

// Error gives code and text for the log; visitors see the sentence of the code instead.
func (e *Error) Error() string { return e.Code + ": " + e.cause.Error() }

// Text is the error's own words without the code.
func (e *Error) Text() string { return e.cause.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// Errorf makes an Error at the place where things went wrong. A %w in the format keeps its cause.
func Errorf(kind Kind, code, format string, args ...any) error {
	return &Error{Kind: kind, Code: code, cause: fmt.Errorf(format, args...)}
}

// KindOf returns the kind of the first Error in the chain, Internal where there is none, and "" for nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// CodeOf returns the code of the first Error in the chain, "internal" where there is none.
func CodeOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return "internal"
}
