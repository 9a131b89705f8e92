package stripe

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	stripego "github.com/stripe/stripe-go/v76"

	"grapevine/connectors"
	"grapevine/rewards"
)

// The codes of Stripe's errors that are told apart. Source: stripe-go v76.25.0, error.go; account_invalid is
// what a platform gets for an account that left it (docs.stripe.com/error-codes).
const (
	codeMissing = "resource_missing"
	codeExists  = "resource_already_exists"
	codeAccount = "account_invalid"
)

// refusal classifies an answer other than 200, by its status before its text.
//
// A 4xx was not carried out, but for 409 (another call under the same key is under way). That goes for 429
// too, and where it did not, the next try has the same key and looks first. A 5xx, and anything that is not
// Stripe's own error document, may have been carried out.
func (x exchange) refusal(err error, write bool, now time.Time) error {
	var se *stripego.Error
	said := errors.As(err, &se) && x.status >= 400
	if !said {
		se = &stripego.Error{Type: "no error of Stripe's"}
	}
	after := connectors.RetryAfter(x.header, now)
	text := fmt.Sprintf("status %d, %s, code %q, param %q, request %s", x.status, se.Type, se.Code, se.Param, x.header.Get("Request-Id"))
	switch {
	case x.status == http.StatusTooManyRequests:
		if after == 0 {
			after = 2 * time.Second
		}
		return &connectors.CallError{Cause: rewards.Errorf(rewards.Unavailable, "shop_throttled", "%s", text), After: after, Throttled: true}
	case x.status == http.StatusUnauthorized:
		return parked("token_refused", text)
	case string(se.Code) == codeAccount:
		return parked("shop_gone", text)
	case x.status == http.StatusForbidden:
		return parked("scope_missing", text)
	case !said, x.status == http.StatusConflict, x.status >= 500, x.status == http.StatusRequestTimeout, x.status == http.StatusFailedDependency, se.Type == stripego.ErrorTypeIdempotency:
		return &connectors.CallError{Cause: rewards.Errorf(rewards.Unavailable, "shop_unavailable", "%s", text), After: after, Unclear: write}
	case x.status == http.StatusNotFound, string(se.Code) == codeMissing:
		return call(rewards.Errorf(rewards.NotFound, codeMissing, "%s", text))
	case string(se.Code) == codeExists:
		return call(rewards.Errorf(rewards.Conflict, codeExists, "%s", text))
	}
	return call(rewards.Errorf(rewards.Invalid, reasonOf(string(se.Code)), "%s", text))
}

// reasonOf is Stripe's code as the reason of a refusal.
func reasonOf(code string) string {
	if code == "" || len(code) > 60 || strings.Trim(code, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
		return "shop_refused"
	}
	return code
}

func parked(reason, text string) error {
	return &connectors.CallError{Cause: rewards.Errorf(rewards.Denied, reason, "%s", text), Park: reason}
}

// replayed tells that the last answer was one that Stripe had stored under the key: also a failure is.
// Source: docs.stripe.com/idempotency.
func (x exchange) replayed() bool {
	return strings.EqualFold(x.header.Get("Idempotent-Replayed"), "true")
}

// call makes a lasting error of a call that had no effect.
func call(cause error) *connectors.CallError { return &connectors.CallError{Cause: cause} }

// callOf wraps an error that is none of a call, as all that leave must be.
func callOf(err error) error {
	if err == nil {
		return nil
	}
	var ce *connectors.CallError
	if errors.As(err, &ce) {
		return err
	}
	return call(err)
}

// within says which operation an error belongs to and keeps all else.
func within(operation string, err error) error {
	ce := *connectors.AsCallError(err)
	ce.Cause = fmt.Errorf("%s: %w", operation, ce.Cause)
	return &ce
}

// pending says that something was begun and not ended: it must be looked at later.
func pending(code, format string, args ...any) error {
	return &connectors.CallError{Cause: rewards.Errorf(rewards.Unavailable, code, format, args...), Unclear: true, After: time.Second}
}

// isMissing tells whether Stripe knows no such thing.
func isMissing(err error) bool { return rewards.KindOf(err) == rewards.NotFound }

const (
	// patience bounds how often one call waits for the rate limit where there is time.
	patience = 60
	// breath is the shortest wait.
	breath = 250 * time.Millisecond
)

// patiently makes a call again for as long as nothing but the rate limit is in its way.
func patiently(ctx context.Context, do func() error) (err error) {
	for range patience {
		if err = do(); err == nil || !connectors.AsCallError(err).Throttled {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(max(connectors.AsCallError(err).After, breath)):
		}
	}
	return err
}
