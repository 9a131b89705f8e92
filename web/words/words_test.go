package words

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"grapevine/connectors"
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
	for i, list := range [][]Entry{reasons, losing, shops, acts, installs, advocates, events, looked, ledger, health, problems} {
		if i == 10 { // a caller of the API has words of her own
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

// unsaid are codes of connectors and of the seam that nobody meets as they are: faults of the program, answers that
// the pipeline turns into something else, and why a door let nothing in, which is not told.
var unsaid = []string{
	"bad_request", "bad_variables", "no_document", "no_such_action", "not_done", "not_there",
	"bad_signature", "doubled_header", "missing_header", "no_door", "signature_in_future", "signature_too_old",
	"inbox_full", "inbox_slow", "door_busy", "unknown_event", "unknown_job", "bad_install",
}

// coded are the places in a source where a code is made.
var coded = []*regexp.Regexp{
	regexp.MustCompile(`rewards\.Errorf\(rewards\.\w+, "([a-z_]+)"`),
	regexp.MustCompile(`(?:Unheeded|HooksBroken)\{Reason: "([a-z_]+)"`),
	regexp.MustCompile(`(?:parked|pending|refuse)\("([a-z_]+)"`),
}

// What a connector says of a shop, a reward or an event is read by people.
func TestEveryCodeOfAConnectorHasASentence(t *testing.T) {
	t.Parallel()
	var sources []string
	for _, pattern := range []string{"../../connectors/*.go", "../../connectors/shopify/*.go", "../../connectors/stripe/*.go", "../../connectors/woocommerce/*.go", "../../webhooks/*.go", "../../storage/installs.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatal(pattern, err)
		}
		sources = append(sources, names...)
	}
	seen := map[string]bool{}
	for _, name := range sources {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, form := range coded {
			for _, m := range form.FindAllStringSubmatch(string(text), -1) {
				code := m[1]
				if _, ok := Problem(code); !ok && !seen[code] && !slices.Contains(unsaid, code) {
					t.Errorf("%s: %s has no sentence: add one to connections.go", name, code)
				}
				seen[code] = true
			}
		}
	}
	if len(seen) < 60 {
		t.Errorf("only %d codes were found: the test reads the sources wrongly", len(seen))
	}
	for _, code := range []string{connectors.NotAnOrder, "nothing_billed", "other_mode", "other_account", "thin_event", "shop_uninstalled"} {
		if e := Ended(code); e.Says == strings.ReplaceAll(code, "_", " ") {
			t.Errorf("an event that ends as %s has no sentence", code)
		}
	}
}

// A shop’s scope and an API token’s are not mended alike.
func TestWhatIsSaidOfAShopIsNotWhatIsSaidToACaller(t *testing.T) {
	t.Parallel()
	ofShop, _ := Shop("scope_missing")
	toCaller, _ := Problem("scope_missing")
	if ofShop.Do == toCaller.Do || !strings.Contains(ofShop.Do, "grapevine shop resume") {
		t.Errorf("of a shop: %q; to a caller: %q", ofShop.Do, toCaller.Do)
	}
	if _, ok := Shop("below_minimum"); ok {
		t.Error("an order’s reason is said of a shop")
	}
}
