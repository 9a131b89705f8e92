package stripetest

import (
	"fmt"
	"net/http"
)

// Error is a refusal by the account's own hand (not by its API): what a test or the demo asked for cannot be.
type Error struct {
	Code    string // no_such_code, code_not_usable, not_found, invalid
	Message string
}

func (e *Error) Error() string { return "stripetest: " + e.Code + ": " + e.Message }

func refuse(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// apiError is an error as Stripe's API answers it.
type apiError struct {
	status  int
	kind    string // type
	code    string
	param   string
	message string
	// early tells that nothing was carried out yet: such an answer is not kept under its idempotency key.
	early bool
}

func (e *apiError) Error() string { return e.message }

func (e *apiError) body() object {
	in := object{"message": e.message, "type": e.kind}
	if e.code != "" {
		in["code"] = e.code
	}
	if e.param != "" {
		in["param"] = e.param
	}
	return object{"error": in}
}

// badRequest is a refusal of what was asked for.
func badRequest(code, param, format string, args ...any) *apiError {
	return &apiError{
		status: http.StatusBadRequest, kind: "invalid_request_error", code: code, param: param,
		message: fmt.Sprintf(format, args...),
	}
}

// badParam is a refusal of the shape of a parameter, before anything is carried out.
func badParam(code, param, format string, args ...any) *apiError {
	e := badRequest(code, param, format, args...)
	e.early = true
	return e
}

// missing says that a thing does not exist: 404 where the path names it (param "id"), 400 elsewhere.
func missing(what, id, param string) *apiError {
	e := badRequest("resource_missing", param, "No such %s: '%s'", what, id)
	if param == "id" {
		e.status = http.StatusNotFound
	}
	return e
}

func unauthorised(format string, args ...any) *apiError {
	return &apiError{status: http.StatusUnauthorized, kind: "invalid_request_error", message: fmt.Sprintf(format, args...), early: true}
}

func forbidden(code, format string, args ...any) *apiError {
	return &apiError{status: http.StatusForbidden, kind: "invalid_request_error", code: code, message: fmt.Sprintf(format, args...), early: true}
}
