package variant_test

import (
	"errors"
	"math"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"grapevine/rewards/variant"
)

func arm(name string, converted, subjects int64) variant.Arm {
	return variant.Arm{Name: name, Subjects: subjects, Converted: converted}
}

// said is what a verdict says besides its figures, which reckon_test.go tries.
type said struct {
	Outcome      variant.Outcome
	Winner       string
	Lack         variant.Lack
	MoreA, MoreB int64
	Hopeless     bool
	Sentence     string
}

func TestWhatTheFiguresSay(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		a, b variant.Arm
		want said
	}{
		"the second is better": {arm("A", 100, 1000), arm("B", 150, 1000), said{Outcome: variant.Better, Winner: "B",
			Sentence: "B is better: 15.0 % of B converted (150 of 1000) against 10.0 % of A converted (100 of 1000), 5.0 percentage points more (95 % interval 2.1 to 7.9, p < 0.001)."}},
		"the first is better": {arm("A", 150, 1000), arm("B", 100, 1000), said{Outcome: variant.Better, Winner: "A",
			Sentence: "A is better: 15.0 % of A converted (150 of 1000) against 10.0 % of B converted (100 of 1000), 5.0 percentage points more (95 % interval 2.1 to 7.9, p < 0.001)."}},
		// 14750.8 of each are needed for 10 % against 11 %, by the formula in reckon_test.go.
		"no difference": {arm("A", 100, 1000), arm("B", 110, 1000), said{Outcome: variant.NoDifference, MoreA: 13751, MoreB: 13751,
			Sentence: "No difference can be told: 10.0 % of A converted (100 of 1000) and 11.0 % of B converted (110 of 1000), a difference between -1.7 and 3.7 percentage points (95 % interval, p = 0.46); to see a difference of the present size it takes about 14000 more subjects in A and 14000 more subjects in B."}},
		"exactly alike": {arm("A", 100, 1000), arm("B", 200, 2000), said{Outcome: variant.NoDifference, Hopeless: true,
			Sentence: "No difference can be told: 10.0 % of A converted (100 of 1000) and 10.0 % of B converted (200 of 2000), a difference between -2.4 and 2.2 percentage points (95 % interval, p = 1.00); so far they are too much alike to say how many more it would take."}},
		// 434.4 of each are needed for 5 % against 10 %.
		"too few subjects": {arm("A", 2, 40), arm("B", 20, 200), said{Outcome: variant.TooEarly, Lack: variant.FewSubjects, MoreA: 395, MoreB: 235,
			Sentence: "Too early to tell: A has 40 subjects, at least 100 are needed; to see a difference of the present size it takes about 400 more subjects in A and 240 more subjects in B."}},
		"too few conversions": {arm("A", 100, 1000), arm("B", 1, 1000), said{Outcome: variant.TooEarly, Lack: variant.FewConverted, MoreB: 9000,
			Sentence: "Too early to tell: B has 1 conversion, at least 10 are needed; to see a difference of the present size it takes about 9000 more subjects in B."}},
		"too few without one": {arm("A", 195, 200), arm("B", 100, 200), said{Outcome: variant.TooEarly, Lack: variant.FewUnconverted, MoreA: 200,
			Sentence: "Too early to tell: A has 5 subjects without a conversion, at least 10 are needed; to see a difference of the present size it takes about 200 more subjects in A."}},
		"all converted": {arm("A", 200, 200), arm("B", 200, 200), said{Outcome: variant.TooEarly, Lack: variant.FewUnconverted, Hopeless: true,
			Sentence: "Too early to tell: A has 0 subjects without a conversion, at least 10 are needed; so far they are too much alike to say how many more it would take."}},
		"nobody converted": {arm("A", 0, 300), arm("B", 0, 200), said{Outcome: variant.TooEarly, Lack: variant.FewConverted, Hopeless: true,
			Sentence: "Too early to tell: A has 0 conversions, at least 10 are needed; so far they are too much alike to say how many more it would take."}},
		"nobody has come": {arm("A", 0, 0), arm("B", 0, 99), said{Outcome: variant.TooEarly, Lack: variant.FewSubjects, MoreA: 100, MoreB: 1,
			Sentence: "Too early to tell: A has 0 subjects, at least 100 are needed; it takes 100 more subjects in A and 1 more subject in B to say more."}},
		"just enough of everything": {arm("A", 10, 100), arm("B", 90, 100), said{Outcome: variant.Better, Winner: "B",
			Sentence: "B is better: 90.0 % of B converted (90 of 100) against 10.0 % of A converted (10 of 100), 80.0 percentage points more (95 % interval 69.5 to 86.3, p < 0.001)."}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := variant.Compare(tc.a, tc.b)
			if err != nil {
				t.Fatal(err)
			}
			if got := (said{v.Outcome, v.Winner, v.Lack, v.MoreA, v.MoreB, v.Hopeless, v.String()}); got != tc.want {
				t.Errorf("said %+v\nwant %+v", got, tc.want)
			}
		})
	}
}

// 128 against 100 of 1000: p is 0.0488 alone (z = 0.028/√(0.114·0.886·0.002) = 1.970), so one pair is told
// apart; among three pairs it is 0.1465, and 128 against 140 is 0.4309 alone, so at most 1. 140 against
// 100 is z = 0.04/√(0.12·0.88·0.002) = 2.7524, p = 0.00592, three times that is 0.0177.
func TestMoreArmsNeedMoreProof(t *testing.T) {
	t.Parallel()
	a, b, c := arm("A", 100, 1000), arm("B", 128, 1000), arm("C", 140, 1000)
	alone, err := variant.Compare(a, b)
	if err != nil || alone.Winner != "B" || math.Abs(alone.P-0.0488) > 5e-5 || alone.Low <= 0 {
		t.Fatalf("alone %+v, %v", alone, err)
	}
	all, err := variant.CompareAll([]variant.Arm{a, b, c})
	if err != nil {
		t.Fatal(err)
	}
	type pair struct {
		a, b, winner string
		p            float64
	}
	var got []pair
	for _, v := range all {
		got = append(got, pair{v.A.Name, v.B.Name, v.Winner, math.Round(v.P*1e4) / 1e4})
		if (v.Low > 0) != (v.Winner != "") {
			t.Errorf("%s: the interval does not fit the verdict", v)
		}
	}
	want := []pair{{"A", "B", "", 0.1465}, {"A", "C", "C", 0.0177}, {"B", "C", "", 1}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("pairs %v, want %v", got, want)
	}
}

func TestArmsThatCannotBeCompared(t *testing.T) {
	t.Parallel()
	good := arm("A", 10, 100)
	for name, arms := range map[string][]variant.Arm{
		"no arm":                            nil,
		"one arm":                           {good},
		"more converted than there are":     {good, arm("B", 101, 100)},
		"fewer than none converted":         {good, arm("B", -1, 100)},
		"fewer than no subjects":            {good, arm("B", -2, -1)},
		"two of one name":                   {good, good},
		"one without a name":                {good, arm("", 1, 2)},
		"the third is wrong":                {good, arm("B", 1, 2), arm("C", 3, 2)},
		"subjects none, but some converted": {arm("A", 1, 0), arm("B", 1, 2)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if v, err := variant.CompareAll(arms); !errors.Is(err, variant.ErrArm) || v != nil {
				t.Errorf("verdicts %v, error %v", v, err)
			}
		})
	}
	if v, err := variant.Compare(good, arm("B", 2, 1)); !errors.Is(err, variant.ErrArm) || v.Outcome != "" {
		t.Errorf("verdict %v, error %v", v, err)
	}
}

func TestAComparisonIsTheSameFromBothSides(t *testing.T) {
	t.Parallel()
	anyArm := func(t *rapid.T, name string) variant.Arm {
		n := rapid.OneOf(rapid.Int64Range(0, 300), rapid.Int64Range(0, math.MaxInt64)).Draw(t, "subjects")
		return arm(name, rapid.Int64Range(0, n).Draw(t, "converted"), n)
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyArm(t, "A"), anyArm(t, "B")
		v, err := variant.Compare(a, b)
		w, err2 := variant.Compare(b, a)
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		if v.Outcome != w.Outcome || v.Winner != w.Winner || v.P != w.P || v.Difference != -w.Difference ||
			v.Low != -w.High && v.P != 0 || v.MoreA != w.MoreB || v.MoreB != w.MoreA || v.Hopeless != w.Hopeless {
			t.Fatalf("%+v\nfrom the other side %+v", v, w)
		}
		for _, f := range []float64{v.P, v.Low, v.High, v.Difference} {
			if math.IsNaN(f) || math.Abs(f) > 100 {
				t.Fatalf("%+v", v)
			}
		}
		if v.MoreA < 0 || v.MoreB < 0 || v.Winner != "" && v.P >= 0.05 || v.Low > v.High {
			t.Fatalf("%+v", v)
		}
	})
}
