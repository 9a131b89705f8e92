package api

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"grapevine/rewards"
	"grapevine/web/problem"
)

const (
	defaultLimit = 50
	maxLimit     = 100
)

// cursorForm is that of every cursor; whether it was given out is for the listing to say.
var cursorForm = form{regexp.MustCompile(`^[0-9A-Za-z._=~-]+$`), 512}

// query is the query of a call: only parameters that its route knows, each once.
type query struct{ values url.Values }

// readQuery refuses what the route does not know. A mistyped filter must not list everything.
func readQuery(raw string, known []string) (query, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return query{}, badParameter("", "unreadable", "the query is not well formed")
	}
	for name, vs := range values {
		switch {
		case !slices.Contains(known, name):
			return query{}, badParameter(name, "unknown", "there is no such parameter here")
		case len(vs) > 1:
			return query{}, badParameter(name, "doubled", "came more than once")
		case vs[0] == "" && name != "cursor":
			return query{}, badParameter(name, "empty", "has no value")
		case !printable(vs[0], 512):
			return query{}, badParameter(name, "malformed", "holds characters that cannot be in it, or too many")
		}
	}
	return query{values}, nil
}

// get returns a parameter, "" if it is absent.
func (q query) get(name string) string { return q.values.Get(name) }

// page reads limit and cursor.
func (q query) page() (rewards.Page, error) {
	p := rewards.Page{Limit: defaultLimit, Cursor: q.get("cursor")}
	if p.Cursor != "" && !cursorForm.fits(p.Cursor) {
		return p, problem.Refuse("bad_cursor")
	}
	s := q.get("limit")
	if s == "" {
		return p, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return p, badParameter("limit", "malformed", "has to be a number from 1 to 100")
	}
	p.Limit = min(n, maxLimit)
	return p, nil
}

// match returns a parameter that has to have a form.
func (q query) match(name string, f form) (string, error) {
	v := q.get(name)
	if v != "" && !f.fits(v) {
		return "", badParameter(name, "malformed", "is not of the form that this has")
	}
	return v, nil
}

// yes returns a parameter that is true or false, false if it is absent.
func (q query) yes(name string) (bool, error) {
	switch q.get(name) {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	}
	return false, badParameter(name, "malformed", "has to be true or false")
}

// oneOf returns a parameter that has to be one of a list.
func oneOf[S ~string](q query, name string, allowed []S) (S, error) {
	v := S(q.get(name))
	if v == "" || slices.Contains(allowed, v) {
		return v, nil
	}
	names := make([]string, len(allowed))
	for i, a := range allowed {
		names[i] = string(a)
	}
	return "", badParameter(name, "unknown_value", "has to be one of "+strings.Join(names, ", "))
}

func badParameter(name, code, detail string) error {
	return problem.Refuse("bad_parameter", problem.Field{Field: clip(name), Code: code, Detail: detail})
}

// clip shortens what a caller sent, before it is sent back.
func clip(s string) string {
	if !printable(s, 80) {
		return "?"
	}
	return s
}

// printable tells whether s is at most limit characters of UTF-8 without controls.
func printable(s string, limit int) bool {
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= limit && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
	})
}
