// Package problem turns errors into what a caller sees: a status, a stable code, a sentence and a next
// step, as application/problem+json (RFC 9457). An error's own text is for the log and never shown.
package problem

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"grapevine/rewards"
	"grapevine/web/words"
)

// MediaType is the content type of every problem.
const MediaType = "application/problem+json"

// retryAfter is how many seconds a caller is asked to wait where something is out of order.
const retryAfter = 5

// Problem is the body of an answer that is not a success.
type Problem struct {
	Type      string  `json:"type"`  // names the code as a URI
	Title     string  `json:"title"` // what happened, and why
	Status    int     `json:"status"`
	Code      string  `json:"code"`                 // stable, for programs
	Detail    string  `json:"detail"`               // what to do
	RequestID string  `json:"request_id,omitempty"` // finds the call in the log
	Errors    []Field `json:"errors,omitempty"`     // the parts of the call that are wrong
}

// Field is one part of a call that is wrong.
type Field struct {
	Field  string `json:"field"`  // the name of a parameter or header, a JSON pointer into the body, or what Tell names
	Code   string `json:"code"`   // stable, for programs
	Detail string `json:"detail"` // what is wrong with it
}

// refusal is an error that knows which parts of the call are wrong, or how things stand.
type refusal struct {
	cause  error
	fields []Field
}

func (r *refusal) Error() string { return r.cause.Error() }
func (r *refusal) Unwrap() error { return r.cause }

// Refuse makes an error of kind Invalid that names the parts of the call that are wrong.
func Refuse(code string, fields ...Field) error {
	return &refusal{cause: rewards.Errorf(rewards.Invalid, code, "%d parts of the call are wrong", len(fields)), fields: fields}
}

// Tell adds to an error how things stand, where the caller may know: each field names a member of what the
// call was about and gives its value as the detail. The error's kind and code stay.
func Tell(err error, fields ...Field) error { return &refusal{cause: err, fields: fields} }

// statuses are those of codes that have one of their own; the others have that of their kind.
var statuses = map[string]int{
	"token_missing":      http.StatusUnauthorized,
	"token_invalid":      http.StatusUnauthorized,
	"scope_missing":      http.StatusForbidden,
	"header_doubled":     http.StatusBadRequest,
	"bad_parameter":      http.StatusBadRequest,
	"bad_cursor":         http.StatusBadRequest,
	"bad_json":           http.StatusBadRequest,
	"bad_key":            http.StatusBadRequest,
	"body_missing":       http.StatusBadRequest,
	"body_unexpected":    http.StatusBadRequest,
	"media_type":         http.StatusUnsupportedMediaType,
	"body_too_large":     http.StatusRequestEntityTooLarge,
	"address_too_long":   http.StatusRequestURITooLong,
	"no_route":           http.StatusNotFound,
	"method_not_allowed": http.StatusMethodNotAllowed,
}

// From tells what the caller of a method sees of an error.
func From(err error, method string) Problem {
	kind, code := rewards.KindOf(err), rewards.CodeOf(err)
	var large *http.MaxBytesError
	var answer *echo.HTTPError
	switch {
	case errors.As(err, &large):
		kind, code = rewards.Invalid, "body_too_large"
	case errors.As(err, &answer):
		kind, code = fromEcho(answer.Code)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		kind, code = rewards.Unavailable, "unavailable"
	}
	said, known := words.Problem(code)
	if !known || kind == rewards.NotFound && code != "no_route" || kind == rewards.Internal {
		// What is missing, and what is wrong inside, is told in one way only. Other codes that nobody has
		// written a sentence for keep their name.
		said, _ = words.Problem(string(kind))
		if kind == rewards.NotFound || kind == rewards.Internal || kind == rewards.Unavailable {
			code = string(kind)
		}
	}
	p := Problem{Status: status(kind, code, method), Code: code, Type: "urn:grapevine:problem:" + code}
	p.Title, p.Detail = said.Says, said.Do
	var r *refusal
	if errors.As(err, &r) {
		p.Errors = r.fields
	}
	return p
}

// fromEcho names the errors that the router makes.
func fromEcho(status int) (rewards.Kind, string) {
	switch status {
	case http.StatusNotFound:
		return rewards.NotFound, "no_route"
	case http.StatusMethodNotAllowed:
		return rewards.Invalid, "method_not_allowed"
	case http.StatusRequestEntityTooLarge:
		return rewards.Invalid, "body_too_large"
	case http.StatusUnsupportedMediaType:
		return rewards.Invalid, "media_type"
	}
	if status < http.StatusInternalServerError {
		return rewards.Invalid, "invalid"
	}
	return rewards.Internal, "internal"
}

// status is that of the code, else that of the kind. Input that is wrong is a 400 where something was
// to be read and a 422 where something was to be done.
func status(kind rewards.Kind, code, method string) int {
	if s, ok := statuses[code]; ok {
		return s
	}
	switch kind {
	case rewards.Invalid:
		if method == http.MethodGet || method == http.MethodHead {
			return http.StatusBadRequest
		}
		return http.StatusUnprocessableEntity
	case rewards.NotFound:
		return http.StatusNotFound
	case rewards.Conflict:
		return http.StatusConflict
	case rewards.Denied:
		return http.StatusForbidden
	case rewards.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// SetHeaders sets the headers that belong to the problem.
func (p Problem) SetHeaders(h http.Header) {
	h.Set("Content-Type", MediaType)
	h.Set("Cache-Control", "no-store")
	switch {
	case p.Code == "token_missing":
		h.Set("WWW-Authenticate", `Bearer realm="grapevine"`)
	case p.Status == http.StatusUnauthorized:
		h.Set("WWW-Authenticate", `Bearer realm="grapevine", error="invalid_token"`)
	case p.Code == "scope_missing":
		h.Set("WWW-Authenticate", `Bearer realm="grapevine", error="insufficient_scope", scope="write"`)
	case p.Status == http.StatusServiceUnavailable:
		h.Set("Retry-After", strconv.Itoa(retryAfter))
	case p.Status == http.StatusRequestEntityTooLarge:
		h.Set("Connection", "close") // what is left of the body is not worth reading
	}
}
