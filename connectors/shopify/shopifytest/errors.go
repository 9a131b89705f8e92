package shopifytest

import "fmt"

// Error is a refusal by the shop's own hand (not by the Admin API): the HTTP status that the control
// API answers with, a stable code, a sentence.
type Error struct {
	Status  int    `json:"-"`
	Code    string `json:"code"`
	Message string `json:"message"`
	// Reason tells why a code was refused: unknown_code, expired, not_started, usage_limit_reached,
	// not_for_this_customer, once_per_customer, minimum_not_met, no_such_goods, cannot_be_combined.
	Reason string `json:"reason,omitempty"`
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

func invalid(format string, args ...any) *Error {
	return &Error{Status: 400, Code: "invalid", Message: fmt.Sprintf(format, args...)}
}

func notFound(format string, args ...any) *Error {
	return &Error{Status: 404, Code: "not_found", Message: "no " + fmt.Sprintf(format, args...)}
}
