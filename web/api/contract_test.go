package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/jsonschema-go/jsonschema"

	"grapevine/web/words"
)

// description is openapi.yaml as the tests read it.
type description struct {
	Paths      map[string]map[string]any `json:"paths"`
	Security   []any                     `json:"security"`
	Components struct {
		Schemas    map[string]json.RawMessage `json:"schemas"`
		Parameters map[string]parameter       `json:"parameters"`
		Responses  map[string]response        `json:"responses"`
	} `json:"components"`
}

type operation struct {
	ID          string              `json:"operationId"`
	Summary     string              `json:"summary"`
	Parameters  []parameter         `json:"parameters"`
	Responses   map[string]response `json:"responses"`
	Security    *[]any              `json:"security"`
	RequestBody struct {
		Content map[string]media `json:"content"`
	} `json:"requestBody"`
}

type parameter struct {
	Ref  string `json:"$ref"`
	Name string `json:"name"`
	In   string `json:"in"`
}

type response struct {
	Ref     string           `json:"$ref"`
	Content map[string]media `json:"content"`
}

type media struct {
	Schema   json.RawMessage `json:"schema"`
	Examples map[string]struct {
		Value any `json:"value"`
	} `json:"examples"`
}

var parsed = sync.OnceValues(func() (d description, err error) { // each answer of each test needs it
	var raw any
	if err := yaml.Unmarshal(spec, &raw); err != nil {
		return d, err
	}
	return d, recode(raw, &d)
})

func recode(from, to any) error {
	b, err := json.Marshal(from)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, to)
}

func read(t *testing.T) description {
	t.Helper()
	d, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// operation returns one method of a path.
func (d description) operation(t *testing.T, path, method string) (op operation, ok bool) {
	t.Helper()
	raw, ok := d.Paths[path][strings.ToLower(method)]
	if !ok {
		return op, false
	}
	if err := recode(raw, &op); err != nil {
		t.Fatal(err)
	}
	for i, p := range op.Parameters {
		if p.Ref != "" {
			op.Parameters[i] = d.Components.Parameters[strings.TrimPrefix(p.Ref, "#/components/parameters/")]
		}
	}
	return op, true
}

// schemas remembers the resolved schemas, by their text.
var schemas sync.Map

// schema resolves a schema of the description.
func (d description) schema(t *testing.T, raw json.RawMessage) *jsonschema.Resolved {
	t.Helper()
	if known, ok := schemas.Load(string(raw)); ok {
		return known.(*jsonschema.Resolved)
	}
	defs, err := json.Marshal(d.Components.Schemas)
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf(`{"$defs": %s, "allOf": [%s]}`, defs, raw)
	var s jsonschema.Schema
	if err := json.Unmarshal([]byte(strings.ReplaceAll(text, "#/components/schemas/", "#/$defs/")), &s); err != nil {
		t.Fatal(err)
	}
	resolved, err := s.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	schemas.Store(string(raw), resolved)
	return resolved
}

func (d description) response(r response) response {
	if r.Ref != "" {
		return d.Components.Responses[strings.TrimPrefix(r.Ref, "#/components/responses/")]
	}
	return r
}

var braces = regexp.MustCompile(`\{[a-z]+\}`)

// template finds the described path that an address belongs to.
func (d description) template(address string) string {
	address, _, _ = strings.Cut(address, "?")
	for path := range d.Paths {
		form := braces.ReplaceAllString(strings.ReplaceAll(path, ".", `\.`), "[^/]+")
		if regexp.MustCompile("^" + form + "$").MatchString(address) {
			return path
		}
	}
	return ""
}

// described fails the test where an answer is not as the description says.
func described(t *testing.T, method, address string, r result) {
	t.Helper()
	d := read(t)
	if method == http.MethodHead {
		method = http.MethodGet
	}
	op, ok := d.operation(t, d.template(address), method)
	res, listed := op.Responses[strconv.Itoa(r.status)]
	if !ok || !listed && r.status >= 400 {
		res = response{Ref: "#/components/responses/Problem"} // also where there is no such path or method
	} else if !listed {
		t.Errorf("%s %s answers %d, which is not described", method, address, r.status)
		return
	}
	content := d.response(res).Content
	kind, _, _ := strings.Cut(r.header.Get("Content-Type"), ";")
	if len(content) == 0 || kind == "application/yaml" || r.body == "" {
		return
	}
	m, ok := content[kind]
	if !ok {
		t.Errorf("%s %s answers %d as %q, described are %v", method, address, r.status, kind, slices.Collect(maps.Keys(content)))
		return
	}
	var v any
	if err := json.Unmarshal([]byte(r.body), &v); err != nil {
		t.Errorf("%s %s: %v in %s", method, address, err, r.body)
		return
	}
	if err := d.schema(t, m.Schema).Validate(v); err != nil {
		t.Errorf("%s %s answers %d against its schema: %v\n%s", method, address, r.status, err, r.body)
	}
}

var colon = regexp.MustCompile(`:([a-z]+)`)

func TestRoutesAndDescriptionAreTheSame(t *testing.T) {
	t.Parallel()
	d := read(t)
	seen := map[string]bool{}
	for _, r := range (&API{}).routes() {
		path := colon.ReplaceAllString(r.path, "{$1}")
		seen[r.method+" "+path] = true
		op, ok := d.operation(t, path, r.method)
		if !ok {
			t.Errorf("%s %s is not described", r.method, path)
			continue
		}
		var query []string
		keyed := false
		for _, p := range op.Parameters {
			if p.In == "query" {
				query = append(query, p.Name)
			}
			keyed = keyed || p.Name == "Idempotency-Key"
		}
		if !slices.Equal(query, r.query) {
			t.Errorf("%s %s: takes %v, described are %v", r.method, path, r.query, query)
		}
		if keyed != r.idempotent {
			t.Errorf("%s %s: idempotent %v, described %v", r.method, path, r.idempotent, keyed)
		}
		if open := op.Security != nil && len(*op.Security) == 0; open != (r.scope == "") {
			t.Errorf("%s %s: scope %q, described without token: %v", r.method, path, r.scope, open)
		}
		if op.ID == "" || op.Summary == "" {
			t.Errorf("%s %s has no operationId or summary", r.method, path)
		}
		if _, ok := op.Responses["default"]; !ok && r.scope != "" {
			t.Errorf("%s %s does not describe problems", r.method, path)
		}
	}
	for path, methods := range d.Paths {
		for method := range methods {
			if name := strings.ToUpper(method) + " " + path; method != "parameters" && !seen[name] {
				t.Errorf("%s is described and not there", name)
			}
		}
	}
}

func TestExamplesFollowTheirSchemas(t *testing.T) {
	t.Parallel()
	d := read(t)
	n := 0
	check := func(where string, content map[string]media) {
		for _, m := range content {
			for name, ex := range m.Examples {
				n++
				if err := d.schema(t, m.Schema).Validate(ex.Value); err != nil {
					t.Errorf("%s: example %s: %v", where, name, err)
				}
			}
		}
	}
	for path, methods := range d.Paths {
		for method := range methods {
			if method == "parameters" {
				continue
			}
			op, _ := d.operation(t, path, method)
			check(op.ID, op.RequestBody.Content)
			for _, r := range op.Responses {
				check(op.ID, d.response(r).Content)
			}
		}
	}
	if n < 8 {
		t.Errorf("%d examples: the test does not find them", n)
	}
}

func TestEnumsListEveryState(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{"RewardStatus": texts(words.Statuses()), "EventStatus": texts(words.Events())} {
		var s struct{ Enum []string }
		if err := json.Unmarshal(read(t).Components.Schemas[name], &s); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(slices.Sorted(slices.Values(s.Enum)), slices.Sorted(slices.Values(want))) {
			t.Errorf("%s: described %v, there are %v", name, s.Enum, want)
		}
	}
}

func TestTheDescriptionKnowsEveryOutcome(t *testing.T) {
	t.Parallel()
	var s struct {
		Properties struct{ Outcome struct{ Enum []string } }
	}
	if err := json.Unmarshal(read(t).Components.Schemas["Decision"], &s); err != nil {
		t.Fatal(err)
	}
	if got, want := s.Properties.Outcome.Enum, texts(words.Outcomes()); !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))) {
		t.Errorf("described %v, there are %v", got, want)
	}
}

func texts[S ~string](list []S) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	return out
}

func TestTheSchemasCatchDrift(t *testing.T) {
	t.Parallel()
	d := read(t)
	s := d.schema(t, json.RawMessage(`{"$ref": "#/components/schemas/Money"}`))
	for name, v := range map[string]any{
		"a member too many": map[string]any{"amount": "1.00", "currency": "USD", "minor": 100},
		"a member too few":  map[string]any{"amount": "1.00"},
		"a number":          map[string]any{"amount": 1.0, "currency": "USD"},
	} {
		if s.Validate(v) == nil {
			t.Errorf("%s passes", name)
		}
	}
}
