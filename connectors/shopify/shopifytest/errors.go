package shopifytest

import "fmt"

// Error is a refusal by the shop's own hand (not by the Admin API): the HTTP status that the control
// API answers with, a stable code, a sentence.
type Error struct {
	Status  int    `json:"-"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

func invalid(format string, args ...any) *Error {
	return &Error{400, "invalid", fmt.Sprintf(format, args...)}
}

func notFound(format string, args ...any) *Error {
	return &Error{404, "not_found", "no " + fmt.Sprintf(format, args...)}
}
