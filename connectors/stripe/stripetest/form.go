package stripetest

import (
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// pair is one form field: the name as it was sent, its path, its value.
type pair struct {
	name  string // restrictions[minimum_amount]
	path  string // restrictions.minimum_amount; places of lists as numbers
	value string
}

// params are the parameters of a request, in the order of their paths.
type params []pair

// kind is what the value of a parameter must look like.
type kind int

const (
	kindText    kind = iota
	kindInt          // an integer
	kindBool         // true or false
	kindDecimal      // 12.5
	kindFree         // anything, the empty string too
)

// spec names the parameters of a route: paths, with * for any one part.
type spec map[string]kind

// texts makes a spec of parameters that are texts.
func texts(paths ...string) spec {
	out := spec{}
	for _, p := range paths {
		out[p] = kindText
	}
	return out
}

// and returns a spec that has the parameters of both.
func (s spec) and(k kind, paths ...string) spec {
	out := spec{}
	for p, old := range s {
		out[p] = old
	}
	for _, p := range paths {
		out[p] = k
	}
	return out
}

// writing adds what every call takes that makes or changes a thing with metadata.
func (s spec) writing() spec {
	return s.and(kindFree, "metadata", "metadata.*").and(kindText, "expand.*")
}

// listing adds what every list takes.
func (s spec) listing() spec {
	return s.and(kindInt, "limit").and(kindText, "starting_after", "ending_before", "expand.*")
}

// dated adds the filter by time of creation.
func (s spec) dated() spec {
	return s.and(kindInt, "created", "created.gt", "created.gte", "created.lt", "created.lte")
}

// reading is what every call takes that gives one thing.
func reading() spec { return texts("expand.*") }

// parseForm reads form or query text with bracketed names. "a[]" takes the next place of the list.
func parseForm(text string) (params, *apiError) {
	values, err := url.ParseQuery(text)
	if err != nil {
		return nil, badParam("", "", "Invalid request: the parameters cannot be read: %v", err)
	}
	var out params
	for name, all := range values {
		for i, value := range all {
			path, ok := pathOf(name, i)
			if !ok {
				return nil, badParam("parameter_unknown", name, "Received unknown parameter: %s", name)
			}
			out = append(out, pair{name, path, value})
		}
	}
	sort.SliceStable(out, func(a, b int) bool { return placed(out[a].path) < placed(out[b].path) })
	return out, nil
}

// placed is a path in which the places of lists sort as numbers do.
func placed(path string) string {
	parts := strings.Split(path, ".")
	for i, p := range parts {
		if _, err := strconv.Atoi(p); err == nil {
			parts[i] = strings.Repeat("0", max(0, 6-len(p))) + p
		}
	}
	return strings.Join(parts, ".")
}

// pathOf is the path of a bracketed name; place is used for empty brackets.
func pathOf(name string, place int) (string, bool) {
	head, rest, nested := strings.Cut(name, "[")
	if head == "" || strings.ContainsAny(head, "].") {
		return "", false
	}
	if !nested {
		return head, true
	}
	inner, closed := strings.CutSuffix(rest, "]")
	if !closed {
		return "", false
	}
	parts := []string{head}
	for _, p := range strings.Split(inner, "][") {
		if p == "" {
			p = strconv.Itoa(place)
		}
		if strings.ContainsAny(p, "[]") {
			return "", false
		}
		parts = append(parts, strings.ReplaceAll(p, ".", "\x00"))
	}
	return strings.Join(parts, "."), true
}

// check refuses parameters that the route does not know, and values that cannot be.
func (p params) check(s spec) *apiError {
	for _, x := range p {
		k, known := s.find(x.path)
		if !known {
			return badParam("parameter_unknown", x.name, "Received unknown parameter: %s", x.name)
		}
		if x.value == "" && k != kindFree {
			return badParam("parameter_invalid_empty", x.name, "You passed an empty string for '%s'. We assume empty values are an attempt to unset a parameter; however '%s' cannot be unset. You should remove '%s' from your request or supply a non-empty value.", x.name, x.name, x.name)
		}
		switch _, isDecimal := parseFixed(x.value, 4); {
		case k == kindInt && !isInteger(x.value):
			return badParam("parameter_invalid_integer", x.name, "Invalid integer: %s", x.value)
		case k == kindBool && x.value != "true" && x.value != "false":
			return badParam("", x.name, "Invalid boolean: %s", x.value)
		case k == kindDecimal && !isDecimal:
			return badParam("", x.name, "Invalid decimal: %s", x.value)
		}
	}
	return nil
}

func isInteger(s string) bool {
	_, err := strconv.ParseInt(s, 10, 64)
	return err == nil
}

// find looks a path up, with * for any one part.
func (s spec) find(path string) (kind, bool) {
	if k, ok := s[path]; ok {
		return k, true
	}
	parts := strings.Split(path, ".")
	for pattern, k := range s {
		if want := strings.Split(pattern, "."); len(want) == len(parts) && matches(want, parts) {
			return k, true
		}
	}
	return 0, false
}

func matches(pattern, parts []string) bool {
	for i, w := range pattern {
		if w != "*" && w != parts[i] {
			return false
		}
	}
	return true
}

// text is a parameter's value, "" if it was not sent; of several the last.
func (p params) text(path string) string {
	for _, x := range slices.Backward(p) {
		if x.path == path {
			return x.value
		}
	}
	return ""
}

// has tells whether a parameter was sent, or one below it.
func (p params) has(path string) bool {
	return slices.ContainsFunc(p, func(x pair) bool { return x.path == path || strings.HasPrefix(x.path, path+".") })
}

// number is an integer parameter that check passed.
func (p params) number(path string) (int64, bool) {
	s := p.text(path)
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

// list is a list parameter, in order.
func (p params) list(path string) []string {
	var out []string
	for _, x := range p {
		if strings.HasPrefix(x.path, path+".") {
			out = append(out, x.value)
		}
	}
	return out
}

// need is a parameter that must be there.
func (p params) need(path string) (string, *apiError) {
	if !p.has(path) {
		return "", badParam("parameter_missing", path, "Missing required param: %s.", path)
	}
	return p.text(path), nil
}

// metadata changes a thing's metadata as Stripe does: an empty value takes a key away, an empty metadata all.
func (p params) metadata(old map[string]string) (map[string]string, *apiError) {
	out := map[string]string{}
	for k, v := range old {
		out[k] = v
	}
	for _, x := range p {
		key, inside := strings.CutPrefix(x.path, "metadata.")
		key = strings.ReplaceAll(key, "\x00", ".")
		switch {
		case x.path == "metadata" && x.value == "":
			out = map[string]string{}
		case x.path == "metadata":
			return nil, badRequest("", "metadata", "Invalid hash")
		case !inside:
		case len(key) > 40:
			return nil, badRequest("", "metadata", "Metadata keys can have up to 40 characters, but you passed in a key that is %d characters. Invalid key: %s", len(key), key)
		case len(x.value) > 500:
			return nil, badRequest("", x.name, "Metadata values can have up to 500 characters, but you passed in a value that is %d characters.", len(x.value))
		case x.value == "":
			delete(out, key)
		default:
			out[key] = x.value
		}
	}
	if len(out) > 50 {
		return nil, badRequest("", "metadata", "Metadata can have up to 50 keys, but you passed in %d", len(out))
	}
	return out, nil
}

// fingerprint is equal for requests with the same parameters, in whatever order they were sent.
func (p params) fingerprint() string {
	values := url.Values{}
	for _, x := range p {
		values.Add(x.path, x.value)
	}
	return values.Encode()
}
