package browsertest

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

//go:embed axe.min.js
var axeSource string

// axeRun asks for the rules of WCAG 2.0 to 2.2, levels A and AA, and returns []Violation.
const axeRun = `axe.run(document, {
	runOnly: {type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
	resultTypes: ["violations"],
}).then(r => r.violations.map(v => ({
	rule: v.id, impact: v.impact || "", help: v.help,
	places: v.nodes.map(n => n.target.join(" ") + ": " + (n.failureSummary || "").replace(/\s+/g, " ")),
})))`

// Violation is one accessibility rule that a page breaks.
type Violation struct {
	Rule   string   `json:"rule"`   // axe-core's name of the rule, such as "color-contrast"
	Impact string   `json:"impact"` // minor, moderate, serious or critical
	Help   string   `json:"help"`   // the rule in one sentence
	Places []string `json:"places"` // the CSS selector of each element that breaks it, and how
}

// String tells the rule and all places, one a line.
func (v Violation) String() string {
	return fmt.Sprintf("%s (%s): %s\n\t%s", v.Rule, v.Impact, v.Help, strings.Join(v.Places, "\n\t"))
}

// Axe fails the test for each accessibility rule that the tab's page breaks in light or dark. The
// page keeps the width that it has.
func Axe(tb testing.TB, ctx context.Context) {
	tb.Helper()
	for _, scheme := range Schemes() {
		Scheme(tb, ctx, scheme)
		found, err := Violations(ctx)
		if err != nil {
			tb.Fatal(err)
		}
		for _, v := range found {
			tb.Errorf("%s, %s scheme: %s", location(ctx), scheme, v)
		}
	}
}

// Violations returns the accessibility rules that the tab's page breaks as it is shown now.
func Violations(ctx context.Context) ([]Violation, error) {
	// Evaluated by the debugger, axe-core runs under the page's own content security policy
	// without having to be allowed by it.
	loaded, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("typeof axe === 'object'"))
	if err == nil && !loaded {
		_, err = chromedp.Run(ctx, chromedp.Evaluate[bool](axeSource+";true"))
	}
	if err != nil {
		return nil, fmt.Errorf("browsertest: load axe-core: %w", err)
	}
	found, err := chromedp.Run(ctx, chromedp.Evaluate[[]Violation](axeRun, chromedp.EvalAwaitPromise))
	if err != nil {
		return nil, fmt.Errorf("browsertest: run axe-core: %w", err)
	}
	return found, nil
}

// location tells the page's address for messages.
func location(ctx context.Context) string {
	url, err := chromedp.Run(ctx, chromedp.Location())
	if err != nil {
		return err.Error()
	}
	return url
}
