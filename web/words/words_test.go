package words

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"grapevine/rewards"
	"grapevine/webhooks"
)

// constants returns the values of a package's constants of one type, as its source lists them, so that
// a new one cannot be forgotten here.
func constants(t *testing.T, dir, typeName string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok {
				if name, ok := spec.Type.(*ast.Ident); ok && name.Name == typeName && len(spec.Values) == 1 {
					found = append(found, literal(t, spec.Values[0]))
				}
			}
			return true
		})
	}
	if len(found) < 3 {
		t.Fatalf("%s has %d constants of type %s: the test reads them wrongly", dir, len(found), typeName)
	}
	return found
}

func literal(t *testing.T, x ast.Expr) string {
	t.Helper()
	lit, ok := x.(*ast.BasicLit)
	if !ok {
		t.Fatalf("a constant is not a plain string: %T", x)
	}
	s, err := strconv.Unquote(lit.Value)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEveryReasonHasASentence(t *testing.T) {
	t.Parallel()
	for _, code := range constants(t, "../../rewards", "Reason") {
		if e, ok := Find(code); code != "" && (!ok || e.Says == "") {
			t.Errorf("reason %q has no sentence: add one to reasons.go", code)
		}
	}
}

func TestEveryStateHasAName(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		dir, typeName string
		list          []Entry
		name          func(string) string
	}{
		{"../../rewards", "Outcome", outcomes, func(s string) string { return Outcome(rewards.Outcome(s)) }},
		{"../../rewards", "Status", statuses, func(s string) string { return Status(rewards.Status(s)) }},
		{"../../webhooks", "EventStatus", eventStates, func(s string) string { return Event(webhooks.EventStatus(s)) }},
	} {
		states := constants(t, tc.dir, tc.typeName)
		if len(states) != len(tc.list) {
			t.Errorf("%s: %d states, %d names", tc.typeName, len(states), len(tc.list))
		}
		for _, s := range states {
			if name := tc.name(s); name == "" || name[0] < 'A' || name[0] > 'Z' {
				t.Errorf("%s %q has no name, only %q", tc.typeName, s, name)
			}
		}
	}
}

func TestSentencesAreWellFormed(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for i, list := range [][]Entry{reasons, losing, shops, advocates, events, ledger, health, problems} {
		if i == 7 { // a caller of the API has words of her own
			seen = map[string]bool{}
		}
		for _, e := range list {
			if seen[e.Code] {
				t.Errorf("%s is said twice", e.Code)
			}
			seen[e.Code] = true
			for _, s := range []string{e.Says, e.Do} {
				if s == "" && s == e.Do {
					continue
				}
				if !strings.HasSuffix(s, ".") || strings.ToUpper(s[:1]) != s[:1] {
					t.Errorf("%s: %q is not a sentence", e.Code, s)
				}
				if strings.Contains(s, e.Code) && strings.Contains(e.Code, "_") {
					t.Errorf("%s: %q needs the code to be understood", e.Code, s)
				}
			}
		}
	}
}

func TestACodeWithoutASentenceIsShownAsWords(t *testing.T) {
	t.Parallel()
	if got := For("moon_is_full"); got.Says != "moon is full" || got.Do != "" {
		t.Errorf("got %+v", got)
	}
}
