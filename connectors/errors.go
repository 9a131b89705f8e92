package connectors

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"grapevine/rewards"
)

// CallError is a failed call to a shop. Its kind says whether to try again (Unavailable), and the
// other fields what has to happen first.
type CallError struct {
	Cause error // a *rewards.Error is in its chain
	// Unclear means that the action may have been carried out all the same: the shop must be read
	// before anything is sent again.
	Unclear bool
	// After is how long the shop wants to be left alone; zero if it does not say.
	After time.Duration
	// Throttled means that the whole shop has to rest for After, not only this job.
	Throttled bool
	// Park is the reason for which the shop cannot be called at all until a person acts
	// (token_refused, scope_missing, shop_frozen, shop_gone); "" otherwise.
	Park string
}

// Error is the cause's text.
func (e *CallError) Error() string { return e.Cause.Error() }

// Unwrap returns the cause.
func (e *CallError) Unwrap() error { return e.Cause }

// AsCallError finds the CallError in a chain. An error without one counts as unclear: nobody knows
// what it left behind.
func AsCallError(err error) *CallError {
	var ce *CallError
	if errors.As(err, &ce) {
		return ce
	}
	return &CallError{Cause: err, Unclear: true}
}

// MaxAfter bounds how long a Retry-After is obeyed: a header of 1e9 seconds must not stop a shop.
const MaxAfter = time.Hour

// RetryAfter reads the header in both of its forms, whole or broken seconds and an HTTP date, within
// [0, MaxAfter]. Zero if absent or unreadable. Shopify sends "2.0".
func RetryAfter(h http.Header, now time.Time) time.Duration {
	v := h.Get("Retry-After")
	if v == "" {
		return 0
	}
	d := time.Duration(0)
	if s, err := strconv.ParseFloat(v, 64); err == nil {
		if !(s > 0) {
			return 0
		}
		if s > MaxAfter.Seconds() {
			return MaxAfter
		}
		d = time.Duration(s * float64(time.Second))
	} else if t, err := http.ParseTime(v); err == nil {
		d = t.Sub(now)
	}
	return min(max(d, 0), MaxAfter)
}

// FromStatus classifies an HTTP answer that is not 2xx. read tells that the call could have had no
// effect; after is its Retry-After.
//
// 429 was not carried out. 401, 402, 403, 404 and 423 park the shop. Other 4xx are lasting. 5xx may
// have been carried out, so a write is unclear.
func FromStatus(status int, read bool, after time.Duration) *CallError {
	switch {
	case status == http.StatusTooManyRequests:
		if after == 0 {
			after = 2 * time.Second
		}
		return &CallError{Cause: rewards.Errorf(rewards.Unavailable, "shop_throttled", "status 429"), After: after, Throttled: true}
	case status == http.StatusUnauthorized:
		return parked("token_refused", status)
	case status == http.StatusPaymentRequired, status == http.StatusLocked:
		return parked("shop_frozen", status)
	case status == http.StatusForbidden:
		return parked("scope_missing", status)
	case status == http.StatusNotFound:
		return parked("shop_gone", status)
	case status >= 400 && status < 500 && status != http.StatusRequestTimeout:
		return &CallError{Cause: rewards.Errorf(rewards.Invalid, "shop_refused", "status %d", status)}
	}
	return &CallError{Cause: rewards.Errorf(rewards.Unavailable, "shop_unavailable", "status %d", status), Unclear: !read, After: after}
}

func parked(reason string, status int) *CallError {
	return &CallError{Cause: rewards.Errorf(rewards.Denied, reason, "status %d", status), Park: reason}
}

// Unreadable is an answer that cannot be understood. A write may have worked all the same.
func Unreadable(write bool, format string, args ...any) *CallError {
	return &CallError{Cause: rewards.Errorf(rewards.Unavailable, "shop_unreadable", format, args...), Unclear: write}
}

// NotDone is what Find says of an action that was not carried out. Kind NotFound.
func NotDone(format string, args ...any) error {
	return &CallError{Cause: rewards.Errorf(rewards.NotFound, "not_done", format, args...)}
}

// CodeTaken is what is said of a code that belongs to something which is not ours. Kind Conflict.
func CodeTaken(code string) error {
	return &CallError{Cause: rewards.Errorf(rewards.Conflict, "code_exists_in_shop", "the code %q belongs to a discount that is not ours", code)}
}

// AfterEffect marks an error that came after the shop was changed, or may have been: it must be read.
func AfterEffect(err error) error {
	if err == nil {
		return nil
	}
	ce := *AsCallError(err)
	ce.Unclear = true
	return &ce
}
