package fairness

import (
	"slices"
	"testing"
)

func TestARuleThatBreaksHolds(t *testing.T) {
	t.Parallel()
	rules := []Rule{
		{Name: "sound", Version: 1, Verdict: Flag, Points: 10, check: func(*Settings, *Case) string { return "found" }},
		{Name: "broken", Version: 3, Verdict: Flag, Points: 20, check: func(*Settings, *Case) string { panic("no such row") }},
	}
	want := []Signal{
		{Rule: "sound", Version: 1, Verdict: Flag, Points: 10, Evidence: "found"},
		{Rule: "broken", Version: 3, Verdict: Hold, Points: 20, Evidence: "this could not be judged: the rule broke: no such row"},
	}
	if got := judge(rules, Settings{}, Case{}); !slices.Equal(got, want) {
		t.Fatalf("%+v", got)
	}
}

func TestListsAreSorted(t *testing.T) {
	t.Parallel()
	if !slices.IsSorted(disposables()) || len(slices.Compact(slices.Clone(disposables()))) != len(disposables()) {
		t.Error("disposable.txt is not sorted by bytes, or has a domain twice")
	}
	if len(disposables()) != 8883 {
		t.Errorf("disposable.txt has %d domains; its head tells another number", len(disposables()))
	}
	if !slices.IsSorted(freeDomains) || !slices.IsSorted(freeBrands) {
		t.Error("the free providers are not sorted")
	}
	for _, d := range freeDomains {
		if Disposable(d) {
			t.Errorf("%s is on both lists", d)
		}
	}
}

func TestWithin(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		a, b  string
		edits int
	}{
		{"", "", 0}, {"anna", "anna", 0}, {"anna", "ana", 1}, {"anna", "hanna", 1}, {"anna", "anne", 1}, {"anna", "nana", 1},
		{"anna", "ann", 1}, {"jürgen", "jurgen", 1}, {"kitten", "sitting", 3}, {"ab", "", 2}, {"ca", "abc", 3},
	} {
		for most := range 4 {
			if got := within(tc.a, tc.b, most); got != (tc.edits <= most) {
				t.Errorf("%q and %q within %d: %v", tc.a, tc.b, most, got)
			}
			if within(tc.a, tc.b, most) != within(tc.b, tc.a, most) {
				t.Errorf("%q and %q: it matters which comes first", tc.a, tc.b)
			}
		}
	}
}
