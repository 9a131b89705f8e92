package shopifytest

import (
	"fmt"
	"strings"
	"time"
)

// term is one filter of a search: created_at:>='2026-11-01T00:00:00Z'.
type term struct {
	key, op, value string
}

// parseSearch reads the part of Shopify's search syntax that is used here: terms of key:value, each
// with an optional comparison and quotes, all of which must hold (an AND between them is the same).
// A key that the simulator does not know is an error; Shopify would let everything through.
// Source: shopify.dev, "API search syntax".
func parseSearch(query string, known ...string) ([]term, error) {
	var terms []term
	rest := strings.TrimSpace(query)
	for rest != "" {
		if after, ok := strings.CutPrefix(rest, "AND "); ok {
			rest = strings.TrimSpace(after)
			continue
		}
		key, after, ok := strings.Cut(rest, ":")
		if !ok || strings.ContainsAny(key, " '\"") {
			return nil, fmt.Errorf("the simulator searches by key:value only, not %q", rest)
		}
		found := false
		for _, k := range known {
			found = found || k == key
		}
		if !found {
			return nil, fmt.Errorf("the simulator cannot search by %q", key)
		}
		t := term{key: key, op: "="}
		for _, op := range []string{">=", "<=", ">", "<"} {
			if v, ok := strings.CutPrefix(after, op); ok {
				t.op, after = op, v
				break
			}
		}
		t.value, rest = cutValue(after)
		terms = append(terms, t)
	}
	return terms, nil
}

// cutValue takes a quoted or a bare value from the start.
func cutValue(s string) (value, rest string) {
	if s != "" && (s[0] == '\'' || s[0] == '"') {
		if end := strings.IndexByte(s[1:], s[0]); end >= 0 {
			return s[1 : 1+end], strings.TrimSpace(s[end+2:])
		}
	}
	value, rest, _ = strings.Cut(s, " ")
	return value, strings.TrimSpace(rest)
}

// matchText compares without regard to case; a * at the end matches any rest.
func (t term) matchText(s string) bool {
	if prefix, ok := strings.CutSuffix(t.value, "*"); ok {
		return strings.HasPrefix(fold(s), fold(prefix))
	}
	return fold(s) == fold(t.value)
}

// matchTime compares at the second, which is what Shopify stores.
func (t term) matchTime(at time.Time) (bool, error) {
	want, err := time.Parse(time.RFC3339, t.value)
	if err != nil {
		if want, err = time.Parse(time.DateOnly, t.value); err != nil {
			return false, fmt.Errorf("%s: %q is no time", t.key, t.value)
		}
	}
	c := at.Truncate(time.Second).Compare(want)
	switch t.op {
	case ">=":
		return c >= 0, nil
	case "<=":
		return c <= 0, nil
	case ">":
		return c > 0, nil
	case "<":
		return c < 0, nil
	}
	return c == 0, nil
}
