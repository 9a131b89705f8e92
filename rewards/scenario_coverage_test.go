package rewards_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"sync"
	"testing"

	"grapevine/rewards"
	"grapevine/rewards/fairness"
	"grapevine/rewards/programfile"
)

// coverage collects what the stories met, so that nothing is without one.
type coverage struct {
	reasons, outcomes, statuses, templates, fired, passed, kinds sets
}

type sets struct{ m sync.Map }

func (s *sets) add(x string) { s.m.Store(x, true) }

// check fails where a reason, template, rule, kind or state has no story.
func (c *coverage) check(t *testing.T) {
	t.Helper()
	for _, r := range reasons(t) {
		if _, ok := c.reasons.m.Load(r); !ok {
			t.Errorf("no story tells of reason %s", r)
		}
	}
	for _, o := range []rewards.Outcome{
		rewards.OutcomeRewarded, rewards.OutcomePending, rewards.OutcomeHeld, rewards.OutcomeRejected, rewards.OutcomeNone,
	} {
		if _, ok := c.outcomes.m.Load(string(o)); !ok {
			t.Errorf("no story ends %s", o)
		}
	}
	for _, tpl := range programfile.Templates() {
		if _, ok := c.templates.m.Load(tpl.Name); !ok {
			t.Errorf("no story tells of template %s", tpl.Name)
		}
	}
	for _, r := range fairness.Rules() {
		if _, ok := c.fired.m.Load(r.Name); !ok {
			t.Errorf("no story in which rule %s fires", r.Name)
		}
		if _, ok := c.passed.m.Load(r.Name); !ok {
			t.Errorf("no story in which rule %s nearly fires", r.Name)
		}
	}
	for _, s := range []rewards.Status{
		rewards.StatusPending, rewards.StatusHeld, rewards.StatusIssuing, rewards.StatusIssued, rewards.StatusRedeemed,
		rewards.StatusExpired, rewards.StatusFailed, rewards.StatusReversed, rewards.StatusRevoked,
	} {
		if _, ok := c.statuses.m.Load(string(s)); !ok {
			t.Errorf("no story tells of a reward that is %s", s)
		}
	}
	for _, k := range rewards.RewardKinds {
		if _, ok := c.kinds.m.Load(string(k)); !ok {
			t.Errorf("no story tells of a reward of kind %s", k)
		}
	}
}

// reasons reads the reason codes from the source, so that none is forgotten. What the store says of an order
// that nobody has judged yet is not the engine's to tell.
func reasons(t *testing.T) (codes []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "decision.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, decl := range file.Decls {
		consts, ok := decl.(*ast.GenDecl)
		if !ok || consts.Tok != token.CONST {
			continue
		}
		for _, spec := range consts.Specs {
			v := spec.(*ast.ValueSpec)
			if of, ok := v.Type.(*ast.Ident); !ok || of.Name != "Reason" {
				continue
			}
			code, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			if code != string(rewards.ReasonNone) && code != string(rewards.ReasonConfirming) {
				codes = append(codes, code)
			}
		}
	}
	if len(codes) < 30 {
		t.Fatalf("only %d reasons were found", len(codes))
	}
	return codes
}

// enough checks that there are as many stories as were promised: 120, 30 of them of refunds, and for each
// template one in which it pays and one in which it refuses. No two have one title.
func enough(t *testing.T, stories []story) {
	t.Helper()
	refunds, titles, templates := 0, map[string]bool{}, map[string]int{}
	for _, s := range stories {
		if titles[s.title] {
			t.Errorf("%s:%d: there is a story of this title already", s.file, s.line)
		}
		titles[s.title] = true
		if strings.HasPrefix(s.file, "refunds") {
			refunds++
		}
		for _, line := range s.lines {
			if name, ok := strings.CutPrefix(line, "template "); ok {
				templates[name]++
			}
		}
	}
	if len(stories) < 120 || refunds < 30 {
		t.Errorf("%d stories, %d of them of refunds", len(stories), refunds)
	}
	for _, tpl := range programfile.Templates() {
		if templates[tpl.Name] < 2 {
			t.Errorf("%d stories of template %s", templates[tpl.Name], tpl.Name)
		}
	}
}
