package fairness_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"grapevine/rewards/fairness"
)

const (
	rulesFile  = "../../docs/fairness.md"
	rulesBegin = "<!-- rules: generated from the table in rewards/fairness by its tests with -update -->\n"
	rulesEnd   = "<!-- /rules -->\n"
)

// The documentation's table of rules is the table.
func TestTheDocumentationListsTheRules(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(rulesFile)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), rulesBegin)
	listed, after, ended := strings.Cut(rest, rulesEnd)
	if !found || !ended {
		t.Fatalf("%s has no place for the rules", rulesFile)
	}
	want := rulesTable()
	if listed == want {
		return
	}
	if !*update {
		t.Fatalf("%s lists other rules than there are: go test ./rewards/fairness -run Documentation -update", rulesFile)
	}
	if err := os.WriteFile(rulesFile, []byte(before+rulesBegin+want+rulesEnd+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

func rulesTable() string {
	var b strings.Builder
	b.WriteString("| rule | verdict | points | most | rejects as | looks at | fires when |\n| --- | --- | --- | --- | --- | --- | --- |\n")
	for _, r := range fairness.Rules() {
		fmt.Fprintf(&b, "| `%s` | %s | %d | %s | `%s` | %s | %s |\n", r.Name, r.Verdict, r.Points, r.Most, r.Rejects, strings.Join(r.Data, ", "), r.Title)
	}
	return b.String()
}
