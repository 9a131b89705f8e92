package stripetest

import (
	"slices"
)

// dated is a thing that lists can be of.
type dated interface {
	thing
	key() string
	at() int64
}

// page answers a list: newest first, cursors by id, at most 100. all is in the order of creation.
func page[T dated](r request, url string, all []T, match func(T) bool) (object, error) {
	var of []T
	for _, t := range slices.Backward(all) {
		if r.inRange(t.at()) && match(t) {
			of = append(of, t)
		}
	}
	return cut(r, url, of)
}

// cut is the asked-for part of a list that is in its order.
func cut[T dated](r request, url string, of []T) (object, error) {
	limit := 10
	if n, ok := r.number("limit"); ok {
		if n < 1 || n > 100 {
			return nil, badParam("parameter_invalid_integer", "limit", "Invalid integer: %d. This value must be between 1 and 100 (inclusive).", n)
		}
		limit = int(n)
	}
	after, before := r.text("starting_after"), r.text("ending_before")
	if after != "" && before != "" {
		return nil, badParam("", "", "You cannot parameterize both starting_after and ending_before.")
	}
	more := false
	place := func(id, param string) (int, error) {
		i := slices.IndexFunc(of, func(t T) bool { return t.key() == id })
		if i < 0 {
			return 0, missing("object", id, param)
		}
		return i, nil
	}
	switch {
	case before != "":
		i, err := place(before, "ending_before")
		if err != nil {
			return nil, err
		}
		of, more = of[max(0, i-limit):i], i > limit
	case after != "":
		i, err := place(after, "starting_after")
		if err != nil {
			return nil, err
		}
		of = of[i+1:]
		fallthrough
	default:
		more = len(of) > limit
		of = of[:min(limit, len(of))]
	}
	data := []any{}
	for _, t := range of {
		data = append(data, t.view(r.a))
	}
	return object{"object": "list", "url": url, "has_more": more, "data": data}, nil
}

// inRange tells whether a time passes the filter created.
func (r request) inRange(at int64) bool {
	for _, f := range []struct {
		param string
		ok    func(n int64) bool
	}{
		{"created", func(n int64) bool { return at == n }},
		{"created.gt", func(n int64) bool { return at > n }},
		{"created.gte", func(n int64) bool { return at >= n }},
		{"created.lt", func(n int64) bool { return at < n }},
		{"created.lte", func(n int64) bool { return at <= n }},
	} {
		if n, ok := r.number(f.param); ok && !f.ok(n) {
			return false
		}
	}
	return true
}

// is tells whether a filter lets a value through; a filter that was not sent does.
func (r request) is(param, value string) bool { return !r.has(param) || r.text(param) == value }
