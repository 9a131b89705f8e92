package programfile

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"grapevine/rewards/fairness"
)

// page is what owners read.
func page(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("../../docs/programs.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestThePageExplainsEveryKey(t *testing.T) {
	t.Parallel()
	text := page(t)
	for shape, names := range keys {
		for _, key := range names {
			if !regexp.MustCompile("`[^`\n]*\\b" + key + "\\b[^`\n]*`").MatchString(text) {
				t.Errorf("docs/programs.md does not explain %s.%s", shape, key)
			}
		}
	}
	for kind := range kindKeys {
		if !strings.Contains(text, fmt.Sprintf("| `%s` |", kind)) {
			t.Errorf("docs/programs.md does not explain the reward %s", kind)
		}
	}
	for _, r := range fairness.Rules() {
		if !strings.Contains(text, fmt.Sprintf("| `%s` | %s | %s", r.Name, r.Verdict, r.Title)) {
			t.Errorf("docs/programs.md does not say what %s is and does", r.Name)
		}
	}
}

// Examples are parts of files: where they leave out the name, or who gets something, it is added.
func TestTheExamplesOfThePageAreValid(t *testing.T) {
	t.Parallel()
	found := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(page(t), -1)
	if len(found) < 15 {
		t.Fatalf("%d examples", len(found))
	}
	for _, m := range found {
		source := m[1]
		if !strings.Contains(source, "program:") {
			source = "program: offer\n" + source
		}
		if !regexp.MustCompile(`(?m)^(friend|advocate):`).MatchString(source) {
			source += `advocate: {reward: {kind: store_credit, amount: "10.00"}}`
		}
		if _, err := Parse([]byte(source), "USD", time.UTC); err != nil {
			t.Errorf("%v\n%s", err, source)
		}
	}
}
