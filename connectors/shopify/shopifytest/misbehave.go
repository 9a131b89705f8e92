package shopifytest

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// before tells whether the fault can answer without the call being carried out.
func (f *Fault) before() bool {
	switch f.Kind {
	case FaultSlow, FaultStale, FaultTwice, FaultUserError, FaultTruncate, FaultCut, FaultPartial, FaultTrickle:
		return false
	}
	return true
}

// answer is what the fault makes of the right answer (nil where the call was not carried out).
func (f *Fault) answer(right []byte) answer {
	ok := func(body []byte) answer { return answer{status: http.StatusOK, body: body} }
	switch f.Kind {
	case FaultThrottle:
		after := f.RetryAfter
		if after == "" {
			after = "2.0"
		}
		return answer{status: http.StatusTooManyRequests, header: map[string]string{"Retry-After": after},
			body: errorsText("Exceeded 2 calls per second for api client. Reduce request rates to resume uninterrupted service.")}
	case FaultThrottled:
		return ok(mustJSON(map[string]any{"errors": []any{errorEntry("Throttled", "THROTTLED")}}))
	case FaultAccessDenied:
		return ok(mustJSON(map[string]any{"errors": []any{errorEntry("Access denied on demand.", "ACCESS_DENIED")}, "data": nil}))
	case FaultNullData:
		return ok(mustJSON(map[string]any{"data": nil, "errors": []any{errorEntry("Internal error. Looks like something went wrong on our end.", "INTERNAL_SERVER_ERROR")}}))
	case FaultStatus:
		return f.status()
	case FaultRedirect:
		status := f.Status
		if status == 0 {
			status = http.StatusMovedPermanently
		}
		return answer{status: status, header: map[string]string{"Location": f.Location}}
	case FaultDrop:
		return answer{drop: true}
	case FaultTruncate:
		return ok(right[:len(right)/2])
	case FaultPartial:
		return ok(partial(right))
	case FaultTrickle:
		return answer{status: http.StatusOK, body: right, pace: cmp.Or(f.Delay, time.Second)}
	case FaultCut:
		return answer{status: http.StatusOK, body: right, cut: true}
	case FaultHTML:
		return answer{status: http.StatusOK, header: map[string]string{"Content-Type": "text/html; charset=utf-8"},
			body: []byte("<!DOCTYPE html><html><head><title>Log in</title></head><body><form action=\"/login\"></form></body></html>")}
	case FaultEmpty:
		return ok(nil)
	case FaultHuge:
		const size = 16 << 20
		return ok([]byte(`{"padding":"` + strings.Repeat("x", size) + `","data":` + string(orNull(right)) + `}`))
	}
	return ok(right)
}

// partial keeps the keys of the right answer's data, with null for each, and adds an error.
func partial(right []byte) []byte {
	var full struct {
		Data map[string]any `json:"data"`
	}
	if err := json.Unmarshal(right, &full); err != nil {
		return errorsText(err.Error())
	}
	for key := range full.Data {
		full.Data[key] = nil
	}
	return mustJSON(map[string]any{"data": full.Data, "errors": []any{errorEntry("Internal error on demand.", "INTERNAL_SERVER_ERROR")}})
}

// trickle sends the body byte by byte, until the caller has gone.
func trickle(w http.ResponseWriter, r *http.Request, a answer) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(a.status)
	for i := range a.body {
		if _, err := w.Write(a.body[i : i+1]); err != nil || !pause(r.Context(), a.pace) {
			return
		}
		if f, ok := w.(http.Flusher); ok {
			f.Flush()
		}
	}
}

func orNull(b []byte) []byte {
	if len(b) == 0 {
		return []byte("null")
	}
	return b
}

// status answers with a bare HTTP status, as Shopify words it where its wording is known.
func (f *Fault) status() answer {
	a := answer{status: f.Status}
	if a.status == 0 {
		a.status = http.StatusServiceUnavailable
	}
	if f.RetryAfter != "" {
		a.header = map[string]string{"Retry-After": f.RetryAfter}
	}
	switch {
	case a.status == http.StatusUnauthorized:
		a.body = errorsText("[API] Invalid API key or access token (unrecognized login or wrong password)")
	case a.status == http.StatusPaymentRequired:
		a.body = errorsText("This shop's plan does not have access to this feature")
	case a.status == http.StatusForbidden:
		a.body = errorsText("[API] This action requires merchant approval")
	case a.status == http.StatusNotFound:
		a.body = errorsText("Not Found")
	case a.status == http.StatusLocked:
		a.body = errorsText("This shop is unavailable")
	case a.status < 500:
		a.body = errorsText(http.StatusText(a.status))
	}
	return a
}
