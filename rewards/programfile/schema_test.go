package programfile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/google/jsonschema-go/jsonschema"

	"grapevine/rewards"
)

func read(t *testing.T) *jsonschema.Schema {
	t.Helper()
	var s jsonschema.Schema
	d := json.NewDecoder(bytes.NewReader(Schema()))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		t.Fatal(err)
	}
	return &s
}

// value reads a file as an editor does before it checks it against the schema.
func value(t *testing.T, source []byte) any {
	t.Helper()
	var v any
	if err := yaml.Unmarshal(source, &v); err != nil {
		t.Fatalf("%v", err)
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSchemaAndParserAcceptTheSameTemplates(t *testing.T) {
	t.Parallel()
	resolved, err := read(t).Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(Templates()) < 3 {
		t.Fatal("templates are missing")
	}
	for _, x := range Templates() {
		p, err := Parse(x.Source, "USD", time.UTC)
		if err != nil || p.Name != x.Name {
			t.Errorf("%s: %s %v", x.Name, p.Name, err)
		}
		if err := resolved.Validate(value(t, x.Source)); err != nil {
			t.Errorf("%s: %v", x.Name, err)
		}
	}
	if len(Templates()) == 0 {
		t.Error("there is no template to begin with")
	}
}

func TestSchemaRefusesWhatTheParserRefuses(t *testing.T) {
	t.Parallel()
	resolved, err := read(t).Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range refused {
		if tc.lax {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := resolved.Validate(value(t, []byte(tc.source))); err == nil {
				t.Fatal("the schema lets it pass")
			}
		})
	}
}

// sections finds each object of the schema by the path that the parser gives it.
func sections(root, s *jsonschema.Schema, path string, out map[string]*jsonschema.Schema) {
	if s.Ref != "" {
		s = root.Defs[strings.TrimPrefix(s.Ref, "#/$defs/")]
	}
	if s.Type != "object" {
		return
	}
	out[path] = s
	for name, sub := range s.Properties {
		sections(root, sub, join(path, name), out)
	}
}

func TestSchemaAndParserKnowTheSameKeys(t *testing.T) {
	t.Parallel()
	root, found := read(t), map[string]*jsonschema.Schema{}
	sections(root, root, "", found)
	if !slices.Equal(slices.Sorted(maps.Keys(found)), slices.Sorted(maps.Keys(keys))) {
		t.Fatalf("sections %v", slices.Sorted(maps.Keys(found)))
	}
	for path, s := range found {
		if got := slices.Sorted(maps.Keys(s.Properties)); !slices.Equal(got, slices.Sorted(slices.Values(keys[path]))) {
			t.Errorf("%q: the schema has %v", path, got)
		}
		if s.AdditionalProperties == nil || s.AdditionalProperties.Not == nil {
			t.Errorf("%q: other keys pass", path)
		}
		for _, key := range s.Required {
			without(t, path, key)
		}
	}
}

// without checks that the parser, too, misses a key that the schema requires.
func without(t *testing.T, path, key string) {
	t.Helper()
	if hints[join(path, key)] == "" {
		t.Errorf("%s is required by the schema, and the parser has no hint for it", join(path, key))
	}
}

func TestSchemaAndParserKnowTheSameWords(t *testing.T) {
	t.Parallel()
	root, found := read(t), map[string]*jsonschema.Schema{}
	sections(root, root, "", found)
	for path, want := range map[string][]any{
		"advocate.reward.kind": {string(rewards.KindStoreCredit), string(rewards.KindDiscountCode)},
		"qualify.customers":    {string(rewards.CustomersNew), string(rewards.CustomersAny)},
		"attribution.touch":    {"last", "first"},
		"partial_refund":       {string(rewards.RefundProportional), string(rewards.RefundKeep), string(rewards.RefundTakeBack)},
	} {
		section, key := "", path
		if i := strings.LastIndexByte(path, '.'); i > 0 {
			section, key = path[:i], path[i+1:]
		}
		if got := found[section].Properties[key].Enum; !slices.Equal(got, want) {
			t.Errorf("%s: %v", path, got)
		}
		for _, word := range want {
			source := map[string]string{
				"advocate.reward.kind": reward(fmt.Sprintf("{kind: %s, amount: 5}", word)), "qualify.customers": short + fmt.Sprintf("qualify: {customers: %s}\n", word),
				"attribution.touch": short + fmt.Sprintf("attribution: {touch: %s}\n", word), "partial_refund": short + fmt.Sprintf("partial_refund: %s\n", word),
			}[path]
			if _, err := Parse([]byte(source), "USD", nil); err != nil {
				t.Errorf("%s: %v", word, err)
			}
		}
	}
}

// Every key says what it is, and shows how it is written.
func TestSchemaExplainsEveryKey(t *testing.T) {
	t.Parallel()
	root, found := read(t), map[string]*jsonschema.Schema{}
	sections(root, root, "", found)
	for path, s := range found {
		for key, sub := range s.Properties {
			target := sub
			if sub.Ref != "" {
				target = root.Defs[strings.TrimPrefix(sub.Ref, "#/$defs/")]
			}
			if sub.Description == "" && target.Description == "" {
				t.Errorf("%s has no description", join(path, key))
			}
			if target.Type != "object" && target.Type != "boolean" && len(target.Examples) == 0 {
				t.Errorf("%s has no example", join(path, key))
			}
		}
	}
}
