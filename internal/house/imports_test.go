package house

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// rule says what one part of the tree may import of the module's other packages. Names are paths
// below the module, "x/..." means x and all below it. The first rule whose part matches counts.
type rule struct {
	part    string
	may     []string // besides the standard library and other modules
	tests   []string // what its tests may import besides
	outside []string // the only other modules it may import; nil: those that no one reserves
	reason  string
}

// everything is the list of a part that may import all others.
var everything = []string{"..."}

// rules is who may import whom. Data goes one way: shop, webhooks, rewards, connectors, shop.
var rules = []rule{
	{part: "rewards/fairness/...", tests: []string{"internal/..."}, outside: []string{"golang.org/x/text"},
		reason: "the rules of fairness are a leaf: the domain rests on them, so they know nothing of it"},
	{part: "rewards/programfile", may: []string{"rewards", "rewards/fairness"}, tests: []string{"internal/..."},
		outside: parsers, reason: "programme files are rewards and parsers"},
	{part: "rewards/contest", outside: []string{}, reason: "a draw is redone from its record with the standard library alone"},
	{part: "rewards/variant", outside: []string{}, reason: "a comparison of two figures needs the standard library alone"},
	{part: "rewards", may: []string{"rewards/fairness", "rewards/contest", "rewards/variant"},
		tests: []string{"rewards/...", "internal/..."}, outside: []string{"golang.org/x/text"},
		reason: "the domain is pure: the standard library and golang.org/x/text only"},
	{part: "rewards/...", may: []string{"rewards", "rewards/fairness", "rewards/contest", "rewards/variant"},
		tests: []string{"rewards/...", "internal/..."}, outside: []string{"golang.org/x/text"},
		reason: "the domain is pure: the standard library and golang.org/x/text only"},
	{part: "connectors/shopify/shopifytest/...", may: []string{"connectors", "rewards", "internal/...", "connectors/shopify/shopifytest/..."},
		reason: "a simulated shop that shares code with the connector would share its mistakes"},
	{part: "connectors/stripe/stripetest/...", may: []string{"internal/...", "connectors/stripe/stripetest/..."},
		reason: "a simulated shop that shares code with the connector would share its mistakes"},
	{part: "connectors/woocommerce/woocommercetest/...", may: []string{"internal/...", "connectors/woocommerce/woocommercetest/..."},
		reason: "a simulated shop that shares code with the connector would share its mistakes"},
	{part: "connectors", may: []string{"rewards", "internal/..."},
		reason: "what all connectors have in common knows none of them"},
	{part: "connectors/connectortest/...", may: []string{"connectors", "rewards/...", "webhooks", "storage", "internal/..."},
		tests:  []string{"connectors/..."},
		reason: "the conformance suite plays on the whole pipeline and knows no platform"},
	{part: "connectors/{platform}/...", may: []string{"connectors", "rewards", "internal/...", "connectors/{platform}/..."},
		tests:  []string{"connectors/connectortest/..."},
		reason: "one platform is one folder: never another platform, nor webhooks, storage, web"},
	{part: "webhooks/...", may: []string{"webhooks/...", "connectors", "rewards/...", "internal/..."},
		tests:  []string{"storage/...", "connectors/..."},
		reason: "the pipeline declares the interfaces that storage and the connectors fulfil"},
	{part: "storage/...", may: []string{"storage/...", "webhooks/...", "connectors", "rewards/...", "internal/..."},
		reason: "storage knows no platform and no page"},
	{part: "web/...", may: []string{"web/...", "webhooks/...", "connectors", "rewards/...", "internal/..."},
		tests:  []string{"storage/...", "connectors/..."},
		reason: "pages ask through interfaces of their own, never storage"},
	{part: "cmd/...", may: everything, reason: "cmd knows everyone"},
	{part: "internal/bench/...", may: everything, reason: "benchmarks run the whole program"},
	{part: "internal/chaos/...", may: everything, reason: "chaos runs the whole program, and the simulated shops"},
	{part: "internal/dst/...", may: everything, reason: "the simulation runs the whole program"},
	{part: "internal/e2e/...", may: everything, reason: "end-to-end tests run the whole program"},
	{part: "internal/chart", outside: []string{}, reason: "a chart is drawn with the standard library alone"},
	{part: "internal/tracing", may: []string{"rewards", "webhooks"}, reason: "traces are a view on the pipeline"},
	{part: "internal/...", may: []string{"internal/..."},
		reason: "internal packages are leaves: others import them, so they import none of those"},
}

// parsers are the modules that programme files may be read with.
var parsers = []string{
	"golang.org/x/text",
	"go.yaml.in/yaml", "gopkg.in/yaml.v3", "github.com/goccy/go-yaml",
	"github.com/go-json-experiment/json",
	"github.com/santhosh-tekuri/jsonschema", "github.com/google/jsonschema-go",
}

// reserved are modules that only some parts may import, so that they can be replaced there.
var reserved = []struct {
	module string
	parts  []string
	reason string
}{
	{"gorm.io", databases, "storage alone knows the database"},
	{"modernc.org/sqlite", databases, "storage alone knows the database"},
	{"github.com/jackc/pgx", databases, "storage alone knows the database"},
	{"github.com/pressly/goose", databases, "storage alone knows the database"},
	{"github.com/labstack/echo", []string{"webhooks/...", "web/...", "cmd/...", "connectors/connectortest"}, "HTTP comes in by webhooks and web"},
	{"github.com/bold-commerce/go-shopify", []string{"connectors/shopify/..."}, "a platform's library stays in its connector"},
	{"github.com/Shopify/toxiproxy", []string{"internal/chaos/..."}, "faults of the network are for tests"},
	{"github.com/stripe/stripe-go", []string{"connectors/stripe/..."}, "a platform's library stays in its connector"},
}

var databases = []string{"storage/...", "cmd/...", "internal/testdb", "internal/bench/...", "internal/chaos/...", "internal/e2e/..."}

// edge is one import; test tells that only the package's tests have it.
type edge struct {
	from, to string
	test     bool
}

func TestImportsFollowTheRules(t *testing.T) {
	t.Parallel()
	all, err := packages()
	if err != nil {
		t.Fatal(err)
	}
	var edges []edge
	for _, p := range all {
		for _, to := range p.Imports {
			edges = append(edges, edge{p.ImportPath, to, false})
		}
		for _, to := range append(p.TestImports, p.XTestImports...) {
			edges = append(edges, edge{p.ImportPath, to, true})
		}
	}
	report(t, breaches(edges))
}

func breaches(edges []edge) []string {
	var found []string
	for _, e := range edges {
		if reason := forbidden(e); reason != "" {
			found = append(found, fmt.Sprintf("%s imports %s: %s", e.from, e.to, reason))
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// forbidden returns the reason why an import is forbidden, or "".
func forbidden(e edge) string {
	from, ours := cutModule(e.from)
	if !ours || e.from == e.to || standard(e.to) {
		return ""
	}
	r, platform, known := ruleFor(from)
	if !known {
		return "there is no rule for this part of the tree; add one to the table in internal/house"
	}
	if to, ours := cutModule(e.to); ours {
		return forbiddenInside(e, r, platform, to)
	}
	return forbiddenOutside(e, r, from)
}

func forbiddenInside(e edge, r rule, platform, to string) string {
	may := r.may
	if e.test {
		may = append(slices.Clone(may), r.tests...)
	}
	for _, pattern := range may {
		if _, ok := match(strings.ReplaceAll(pattern, "{platform}", platform), to); ok {
			return testSupport(e, to)
		}
	}
	return r.reason
}

// testSupport keeps packages that serve tests out of what is shipped. The command may have them:
// its demo runs a simulated shop.
func testSupport(e edge, to string) string {
	from, _ := cutModule(e.from)
	if e.test || !forTests(to) || forTests(from) {
		return ""
	}
	for _, pattern := range []string{"cmd/...", "internal/bench/...", "internal/chaos/...", "internal/dst/...", "internal/e2e/..."} {
		if _, ok := match(pattern, from); ok {
			return ""
		}
	}
	return "test support does not belong into the program"
}

func forTests(pkg string) bool {
	support := func(name string) bool {
		return strings.HasSuffix(name, "test") && name != "contest" || name == "testdb"
	}
	return slices.ContainsFunc(strings.Split(pkg, "/"), support)
}

func forbiddenOutside(e edge, r rule, from string) string {
	if e.test {
		return "" // what tests use is not shipped
	}
	if r.outside != nil && !slices.ContainsFunc(r.outside, func(m string) bool { return inModule(e.to, m) }) {
		return r.reason
	}
	for _, m := range reserved {
		if !inModule(e.to, m.module) {
			continue
		}
		for _, pattern := range m.parts {
			if _, ok := match(pattern, from); ok {
				return ""
			}
		}
		return m.reason
	}
	return ""
}

// ruleFor returns the first rule for a package, and the platform's name where the rule has one.
func ruleFor(pkg string) (r rule, platform string, known bool) {
	for _, r := range rules {
		if platform, ok := match(r.part, pkg); ok {
			return r, platform, true
		}
	}
	return rule{}, "", false
}

// match compares a package's path with a pattern: "x" is x alone, "x/..." is x and all below,
// "{platform}" is any one name, which is returned.
func match(pattern, pkg string) (platform string, ok bool) {
	if pattern == "..." {
		return "", true
	}
	want, open := strings.CutSuffix(pattern, "/...")
	wants, has := strings.Split(want, "/"), strings.Split(pkg, "/")
	if len(has) < len(wants) || !open && len(has) > len(wants) {
		return "", false
	}
	for i, w := range wants {
		switch w {
		case "{platform}":
			platform = has[i]
		case has[i]:
		default:
			return "", false
		}
	}
	return platform, true
}

func cutModule(path string) (string, bool) {
	return strings.CutPrefix(path, module+"/")
}

// standard tells whether a path is the standard library's: the first element has no dot.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return first != module && !strings.Contains(first, ".")
}

// inModule tells whether a path lies in a module, of whatever major version.
func inModule(path, module string) bool {
	return path == module || strings.HasPrefix(path, module+"/") || strings.HasPrefix(path, module+".v")
}
