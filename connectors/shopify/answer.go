package shopify

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"grapevine/connectors"
	"grapevine/rewards"
)

// answer is what the Admin API says with a 200, which proves nothing by itself.
type answer struct {
	Data       jsontext.Value `json:"data"`
	Errors     jsontext.Value `json:"errors"`
	Extensions struct {
		Cost cost `json:"cost"`
	} `json:"extensions"`
}

// cost is what a call took of the shop's points, and what is left. The figures may have a fraction.
type cost struct {
	Requested float64 `json:"requestedQueryCost"`
	Throttle  struct {
		Maximum   float64 `json:"maximumAvailable"`
		Available float64 `json:"currentlyAvailable"`
		Restore   float64 `json:"restoreRate"`
	} `json:"throttleStatus"`
}

// graphError is one entry of errors.
type graphError struct {
	Message    string           `json:"message"`
	Path       []jsontext.Value `json:"path"`
	Extensions struct {
		Code string `json:"code"`
	} `json:"extensions"`
}

// readAnswer looks at errors first, then at the data. User errors belong to the operation and are left
// to it.
func readAnswer(raw []byte, write bool, out any) (connectors.Pace, error) {
	var a answer
	if err := json.Unmarshal(raw, &a); err != nil {
		return connectors.Pace{}, connectors.Unreadable(write, "%w", err)
	}
	pace := a.Extensions.Cost.pace()
	errs, err := a.errors()
	if err != nil {
		return pace, connectors.Unreadable(write, "%w", err)
	}
	if len(errs) > 0 {
		return pace, a.refusal(errs, write)
	}
	if a.empty() {
		return pace, connectors.Unreadable(write, "the answer has no data")
	}
	if err := json.Unmarshal(a.Data, out); err != nil {
		return pace, connectors.Unreadable(write, "%w", err)
	}
	return pace, nil
}

func (a answer) empty() bool { return len(a.Data) == 0 || a.Data.Kind() == 'n' }

// optional are fields whose refusal is no failure: without approval for protected data the shop keeps
// them from us, and everything works on the customer's id alone.
// Only fields that may be null are among them: where another is refused the whole order is missing.
var optional = []string{
	`"defaultEmailAddress"`, `"defaultPhoneNumber"`, `"firstName"`, `"lastName"`, `"shippingAddress"`, `"billingAddress"`,
	`"clientIp"`, `"firstVisit"`, `"lastVisit"`, `"paymentDetails"`,
}

// errors reads the entries of errors, without those that only keep optional fields from us.
func (a answer) errors() ([]graphError, error) {
	if len(a.Errors) == 0 || a.Errors.Kind() == 'n' {
		return nil, nil
	}
	if a.Errors.Kind() == '"' { // {"errors":"[API] Not Found"}
		return []graphError{{Message: a.Errors.String()}}, nil
	}
	var errs []graphError
	if err := json.Unmarshal(a.Errors, &errs); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(errs, func(e graphError) bool {
		return e.Extensions.Code == "ACCESS_DENIED" && !a.empty() && slices.ContainsFunc(e.Path, func(p jsontext.Value) bool {
			return slices.Contains(optional, string(bytes.TrimSpace(p)))
		})
	}), nil
}

// neverRun are codes of documents that the shop did not carry out and never will.
// Source: shopify.dev, "GraphQL Admin API: status and error codes"; codes of graphql-ruby's validation
// begin in lower case (undefinedField, argumentLiteralsIncompatible).
var neverRun = []string{"MAX_COST_EXCEEDED", "INVALID_VARIABLE", "BAD_REQUEST", "MAX_INPUT_SIZE_EXCEEDED", "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED"}

// refusal makes one error of all entries. A write whose data is there in part, or whose error is of no
// known kind, may have worked.
func (a answer) refusal(errs []graphError, write bool) *connectors.CallError {
	code := mostTelling(errs)
	unclear := write && a.touched()
	e := graphError{}
	for _, e = range errs {
		if e.Extensions.Code == code {
			break
		}
	}
	text := shorten(e.Message)
	switch {
	case code == "THROTTLED":
		return &connectors.CallError{
			Cause:   rewards.Errorf(rewards.Unavailable, "shop_throttled", "%s", text),
			Unclear: unclear, Throttled: true, After: a.Extensions.Cost.wait(),
		}
	case code == "ACCESS_DENIED":
		return &connectors.CallError{Cause: rewards.Errorf(rewards.Denied, "scope_missing", "%s", text), Unclear: unclear, Park: "scope_missing"}
	case code == "SHOP_INACTIVE":
		return &connectors.CallError{Cause: rewards.Errorf(rewards.Denied, "shop_frozen", "%s", text), Unclear: unclear, Park: "shop_frozen"}
	case slices.Contains(neverRun, code) || code != "" && code[0] >= 'a' && code[0] <= 'z':
		return &connectors.CallError{Cause: rewards.Errorf(rewards.Invalid, "request_refused", "%s: %s", code, text), Unclear: unclear}
	}
	return &connectors.CallError{Cause: rewards.Errorf(rewards.Unavailable, "shop_error", "%.40s: %s", code, text), Unclear: write}
}

// mostTelling picks the code that decides what to do. A code that is not known is worse than those that
// say that nothing was done.
func mostTelling(errs []graphError) string {
	known := append([]string{"THROTTLED", "ACCESS_DENIED", "SHOP_INACTIVE"}, neverRun...)
	for _, e := range errs {
		if c := e.Extensions.Code; !slices.Contains(known, c) && (c == "" || c[0] < 'a' || c[0] > 'z') {
			return c
		}
	}
	for _, k := range known {
		if slices.ContainsFunc(errs, func(e graphError) bool { return e.Extensions.Code == k }) {
			return k
		}
	}
	return errs[0].Extensions.Code
}

// touched tells whether a write's answer has data of its own beside the errors.
func (a answer) touched() bool {
	if a.empty() {
		return false
	}
	var roots map[string]jsontext.Value
	if json.Unmarshal(a.Data, &roots) != nil {
		return true
	}
	for _, v := range roots {
		if v.Kind() != 'n' {
			return true
		}
	}
	return false
}

// pace tells how much the shop still has for us. A quarter of its points is left to others.
func (c cost) pace() connectors.Pace {
	return connectors.Pace{
		Available: int64(c.Throttle.Available),
		PerSecond: int64(c.Throttle.Restore),
		Reserve:   int64(c.Throttle.Maximum / 4),
	}
}

// wait is how long the points that a throttled call lacked take to come back; a second if not told.
func (c cost) wait() time.Duration {
	lack := c.Requested - c.Throttle.Available
	if lack <= 0 || c.Throttle.Restore <= 0 {
		return time.Second
	}
	seconds := lack / c.Throttle.Restore
	if seconds > connectors.MaxAfter.Seconds() {
		return connectors.MaxAfter
	}
	return time.Duration(seconds * float64(time.Second))
}

// userError is a refusal by the operation itself. Its code may be null.
type userError struct {
	Code    string   `json:"code"`
	Field   []string `json:"field"`
	Message string   `json:"message"`
}

// refused makes an error of an operation's user errors, nil if there are none. done tells that the
// answer holds the result all the same: then nobody knows, and the shop must be read.
func refused(errs []userError, done bool) error {
	if len(errs) == 0 {
		return nil
	}
	e := errs[0]
	text := strings.Join(e.Field, ".") + ": " + shorten(e.Message)
	if done || e.Code == "INTERNAL_ERROR" {
		return &connectors.CallError{Cause: rewards.Errorf(rewards.Unavailable, "shop_error", "%s %s", e.Code, text), Unclear: true}
	}
	return call(rewards.Errorf(rewards.Invalid, reasonOf(e.Code), "%s", text))
}

// reasonOf writes a platform's error code as ours are written; a null code is "shop_refused".
func reasonOf(code string) string {
	if code == "" {
		return "shop_refused"
	}
	return strings.ToLower(code)
}

// hasCode tells whether one of the user errors has this code.
func hasCode(errs []userError, code string) bool {
	return slices.ContainsFunc(errs, func(e userError) bool { return e.Code == code })
}

// shorten bounds what a shop's own words add to a log.
func shorten(s string) string {
	const most = 200
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
