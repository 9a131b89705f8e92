package variant_test

import (
	"fmt"
	"math"
	"testing"

	"grapevine/rewards/variant"
)

func subject(i int) string { return fmt.Sprintf("cus_%d", i) }

func TestASubjectKeepsItsArm(t *testing.T) {
	t.Parallel()
	// Each point is the first 8 bytes of what `printf '6:springcus_1' | sha256sum` prints, 98ce1dab…,
	// divided by 2^64; the arm is the one in whose part of 0 to 1 it lies.
	for name, tc := range map[string]struct {
		seed, subject string
		weights       []int
		want          int
	}{
		"point 0.5969 in halves":                 {"spring", "cus_1", []int{1, 1}, 1},
		"point 0.5969 where the first has 80 %":  {"spring", "cus_1", []int{80, 20}, 0},
		"point 0.1618 in halves":                 {"spring", "cus_3", []int{1, 1}, 0},
		"point 0.7114 in thirds":                 {"spring", "cus_5", []int{1, 1, 1}, 2},
		"point 0.0407 where the first has none":  {"spring", "cus_4", []int{0, 5}, 1},
		"the second has none":                    {"spring", "cus_1", []int{5, 0}, 0},
		"less than nothing counts as nothing":    {"spring", "cus_4", []int{-7, 5}, 1},
		"weights that are too large count alike": {"spring", "cus_1", []int{math.MaxInt, math.MaxInt - 1}, 1},
		"no arm":                                 {"spring", "cus_1", nil, -1},
		"arms that nobody enters":                {"spring", "cus_1", []int{0, 0}, -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := variant.Assign(tc.seed, tc.subject, tc.weights); got != tc.want {
				t.Errorf("arm %d, want %d", got, tc.want)
			}
		})
	}
}

// Chi-square with two degrees of freedom passes 13.82 once in a thousand.
func TestArmsFillAsTheirWeightsSay(t *testing.T) {
	t.Parallel()
	weights, n := []int{5, 3, 2}, 50_000
	got := make([]float64, 3)
	for i := range n {
		got[variant.Assign("spring", subject(i), weights)]++
	}
	var sum float64
	for i, w := range weights {
		want := float64(n*w) / 10
		sum += (got[i] - want) * (got[i] - want) / want
	}
	if sum > 13.82 {
		t.Errorf("arms %v for the weights %v: chi-square %.2f", got, weights, sum)
	}
}

// moves counts who goes from which arm to which when something changes.
func moves(before, after func(subject string) int) map[[2]int]int {
	found := map[[2]int]int{}
	for i := range 20_000 {
		if a, b := before(subject(i)), after(subject(i)); a != b {
			found[[2]int{a, b}]++
		}
	}
	return found
}

func TestOnlySubjectsBesideAMovedBorderChangeTheirArm(t *testing.T) {
	t.Parallel()
	with := func(seed string, weights ...int) func(string) int {
		return func(s string) int { return variant.Assign(seed, s, weights) }
	}
	for name, tc := range map[string]struct {
		before, after func(string) int
		want          map[[2]int]float64 // the part of all that moves
	}{
		"the same weights in other numbers": {with("s", 1, 1), with("s", 5, 5), nil},
		"the first arm grows":               {with("s", 50, 50), with("s", 90, 10), map[[2]int]float64{{1, 0}: 0.4}},
		"a third arm at the end":            {with("s", 1, 1), with("s", 1, 1, 1), map[[2]int]float64{{0, 1}: 1. / 6, {1, 2}: 1. / 3}},
		"an arm is closed":                  {with("s", 1, 1), with("s", 0, 1), map[[2]int]float64{{0, 1}: 0.5}},
		"another seed deals anew":           {with("s", 1, 1), with("t", 1, 1), map[[2]int]float64{{0, 1}: 0.25, {1, 0}: 0.25}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := moves(tc.before, tc.after)
			if len(got) != len(tc.want) {
				t.Fatalf("moves %v, want about %v", got, tc.want)
			}
			for from, part := range tc.want {
				if math.Abs(float64(got[from])/20_000-part) > 0.015 {
					t.Errorf("moves %v, want about %v of 20000", got, tc.want)
				}
			}
		})
	}
}

func TestSeedAndSubjectDoNotRunTogether(t *testing.T) {
	t.Parallel()
	ab := func(s string) int { return variant.Assign("ab", s, []int{1, 1}) }
	a := func(s string) int { return variant.Assign("a", "b"+s, []int{1, 1}) }
	if got := moves(ab, a); len(got) != 2 {
		t.Errorf("moves %v, want both ways", got)
	}
}
