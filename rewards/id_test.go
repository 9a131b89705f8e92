package rewards_test

import (
	"regexp"
	"strings"
	"testing"

	"grapevine/rewards"
)

func TestIDsAndCodesAreWellFormedAndDiffer(t *testing.T) {
	t.Parallel()
	mint := rewards.NewMint()
	id, code := regexp.MustCompile(`^rw_[0-9a-hjkmnp-tv-z]{16}$`), regexp.MustCompile(`^GV(-[A-HJKMNP-Z2-9]{4}){3}$`)
	seen := map[string]bool{}
	for range 1000 {
		i, c := mint.ID("rw_"), mint.Code()
		if !id.MatchString(i) || !code.MatchString(c) || seen[i] || seen[c] {
			t.Fatalf("%s %s", i, c)
		}
		if folded, ok := rewards.FoldCode(c); !ok || folded != c {
			t.Fatalf("%s folds to %s", c, folded)
		}
		seen[i], seen[c] = true, true
	}
}

func TestRandomCodesUseEachCharacterAboutAsOften(t *testing.T) {
	t.Parallel()
	const n = 31 * 1000
	counts := map[rune]int{}
	for _, r := range rewards.RandomCode(n) {
		counts[r]++
	}
	if len(counts) != 31 {
		t.Fatalf("%d characters", len(counts))
	}
	for r, c := range counts {
		if c < 800 || c > 1200 { // six standard deviations
			t.Errorf("%c came %d times of 1000", r, c)
		}
	}
	if rewards.RandomCode(0) != "" || strings.ContainsAny(rewards.RandomCode(n), "01OIL") {
		t.Error("characters that are mistaken for one another")
	}
}
