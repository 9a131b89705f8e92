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
	"grapevine/rewards/fairness"
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

func TestSchemaAndParserAcceptTheSameFiles(t *testing.T) {
	t.Parallel()
	resolved, err := read(t).Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	sources := map[string][]byte{"the shortest": []byte(short)}
	for _, x := range Templates() {
		sources["template "+x.Name] = x.Source
	}
	for name, x := range accepted {
		sources[name] = []byte(x.source)
	}
	for name, source := range sources {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := Parse(source, "USD", time.UTC); err != nil {
				t.Error(err)
			}
			if err := resolved.Validate(value(t, source)); err != nil {
				t.Error(err)
			}
		})
	}
}

// A template is called what its file says, is explained from its first line on, and gives nothing to warn of.
func TestTemplatesAreGoodExamples(t *testing.T) {
	t.Parallel()
	used := map[rewards.RewardKind]bool{}
	for _, x := range Templates() {
		f, err := Read(x.Source, "USD", time.UTC)
		if err != nil {
			t.Errorf("%s: %v", x.Name, err)
			continue
		}
		if f.Program.Name != x.Name || !bytes.HasPrefix(x.Source, []byte("# ")) || f.Program.Title == x.Name {
			t.Errorf("%s: %s, %s", x.Name, f.Program.Name, f.Program.Title)
		}
		if len(f.Warnings) > 0 {
			t.Errorf("%s: %v", x.Name, f.Warnings)
		}
		for _, r := range f.Program.Rules {
			used[r.Reward.Kind] = true
		}
	}
	for _, k := range rewards.RewardKinds {
		if !used[k] {
			t.Errorf("no template shows a reward of kind %s", k)
		}
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

// sections are the objects of the schema by the name that the parser gives them. All of them but the
// programme itself are definitions, so that those which look alike are one.
func sections(t *testing.T, root *jsonschema.Schema) map[string]*jsonschema.Schema {
	t.Helper()
	found := map[string]*jsonschema.Schema{"programme": root}
	for name, s := range root.Defs {
		if s.Type == "object" {
			found[name] = s
		}
	}
	for name, s := range found {
		for key, sub := range s.Properties {
			if sub.Type == "object" {
				t.Errorf("%s.%s is no definition", name, key)
			}
		}
	}
	return found
}

func TestSchemaAndParserKnowTheSameKeys(t *testing.T) {
	t.Parallel()
	found := sections(t, read(t))
	if !slices.Equal(slices.Sorted(maps.Keys(found)), slices.Sorted(maps.Keys(keys))) {
		t.Fatalf("sections %v", slices.Sorted(maps.Keys(found)))
	}
	for shape, s := range found {
		if got := slices.Sorted(maps.Keys(s.Properties)); !slices.Equal(got, slices.Sorted(slices.Values(keys[shape]))) {
			t.Errorf("%s: the schema has %v", shape, got)
		}
		if closed := s.AdditionalProperties != nil && s.AdditionalProperties.Not != nil; closed == (keys[shape] == nil) {
			t.Errorf("%s: other keys pass, or names of one's own do not", shape)
		}
		for _, key := range s.Required {
			if hints[shape+"."+key] == "" {
				t.Errorf("%s.%s is required by the schema, and the parser has no hint for it", shape, key)
			}
		}
	}
	for at := range hints {
		shape, key, _ := strings.Cut(at, ".")
		if _, ok := keys[shape]; !ok || key == "" && found[shape] == nil {
			t.Errorf("the hint %s is for nothing", at)
		}
	}
}

func TestSchemaAndParserKnowTheSameWords(t *testing.T) {
	t.Parallel()
	found := sections(t, read(t))
	verdicts := []string{"flag", "hold", "reject", "off"}
	var names []string
	for _, k := range rewards.RewardKinds {
		names = append(names, string(k))
	}
	for at, tc := range map[string]struct {
		source string // with the word in place of %s
		words  []string
	}{
		"reward.kind":              {reward("{kind: %s, REST}"), names},
		"programme.mode":           {"program: offer\ninstead_of: [other]\nadvocate: {reward: {kind: cash, amount: 5}}\nmode: %s\n", []string{"live", "shadow"}},
		"qualify.customers":        {short + "qualify: {customers: %s}\n", []string{"new", "any"}},
		"qualify.other_discounts":  {short + "qualify: {other_discounts: %s}\n", []string{"allow", "refuse"}},
		"attribution.touch":        {short + "attribution: {touch: %s}\n", []string{"last", "first"}},
		"attribution.bind":         {short + "attribution: {bind: %s}\n", []string{"none", "first_order"}},
		"programme.partial_refund": {short + "partial_refund: %s\n", []string{"proportional", "keep", "take_back"}},
		"points.kind":              {short + "points: {per: 1, worth: 1, kind: %s}\n", []string{"store_credit", "discount_code", "gift_card"}},
		"fairness.household":       {short + "fairness: {household: %s}\n", verdicts},
	} {
		shape, key, _ := strings.Cut(at, ".")
		var got []string
		for _, word := range found[shape].Properties[key].Enum {
			got = append(got, fmt.Sprint(word))
		}
		if !slices.Equal(got, tc.words) {
			t.Errorf("%s: %v", at, got)
		}
		for _, word := range tc.words {
			source := strings.Replace(fmt.Sprintf(tc.source, word), "REST", restOf[word], 1)
			if _, err := Parse([]byte(source), "USD", nil); err != nil {
				t.Errorf("%s: %v", word, err)
			}
		}
	}
}

// restOf is what a reward of each kind says at least.
var restOf = map[string]string{
	"discount_code": "amount: 5", "store_credit": "amount: 5", "gift_card": "amount: 5", "points": "per: 1", "cash": "percent: 5", "product": `product: "1"`,
	"tag": "tag: vip", "donation": "amount: 5, charity: wwf", "entry": "count: 1", "ticket": "count: 1",
}

// What a single rule may be set to is asked of the rules themselves.
func TestSchemaAndParserKnowTheSameVerdicts(t *testing.T) {
	t.Parallel()
	rules := sections(t, read(t))["rules"]
	for _, rule := range fairness.Rules() {
		for _, v := range []fairness.Verdict{fairness.Flag, fairness.Hold, fairness.Reject, fairness.Off} {
			p, err := Parse(fmt.Appendf(nil, "%sfairness: {rules: {%s: %s}}\n", short, rule.Name, v), "USD", nil)
			want := len(fairness.Settings{Override: map[string]fairness.Verdict{rule.Name: v}}.Problems()) == 0
			if (err == nil) != want || want && p.Fairness.Override[rule.Name] != v {
				t.Errorf("%s: %s gives %v, %v", rule.Name, v, p.Fairness, err)
			}
			if slices.Contains(rules.Properties[rule.Name].Enum, any(string(v))) != want {
				t.Errorf("%s: the schema has %v", rule.Name, rules.Properties[rule.Name].Enum)
			}
		}
	}
}

// Every key says what it is, and shows how it is written.
func TestSchemaExplainsEveryKey(t *testing.T) {
	t.Parallel()
	root := read(t)
	for shape, s := range sections(t, root) {
		for key, sub := range s.Properties {
			target := sub
			if sub.Ref != "" {
				target = root.Defs[strings.TrimPrefix(sub.Ref, "#/$defs/")]
			}
			if sub.Description == "" && target.Description == "" {
				t.Errorf("%s.%s has no description", shape, key)
			}
			if target.Type != "object" && target.Type != "boolean" && len(target.Examples) == 0 {
				t.Errorf("%s.%s has no example", shape, key)
			}
		}
	}
}
