package fairness_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"grapevine/rewards/fairness"
)

func TestTheVerdictOnACase(t *testing.T) {
	t.Parallel()
	override := func(rule string, v fairness.Verdict) fairness.Settings {
		return fairness.Settings{Override: map[string]fairness.Verdict{rule: v}}
	}
	for name, tc := range map[string]struct {
		s      fairness.Settings
		c      fairness.Case
		rules  string
		want   fairness.Verdict
		points int
	}{
		"nothing is found":                             {},
		"an IP alone is shown":                         {c: pair(fairness.Pair{SameIP: true}), rules: "same_ip", want: fairness.Flag, points: 20},
		"an IP alone is shown whatever a shop says":    {s: override("same_ip", fairness.Reject), c: pair(fairness.Pair{SameIP: true}), rules: "same_ip", want: fairness.Flag, points: 20},
		"friends on one IP are never rejected":         {s: override("friends_per_ip", fairness.Reject), c: counts(fairness.Counts{FriendsByIP: 3}), rules: "friends_per_ip", want: fairness.Hold, points: 60},
		"a like e-mail alone is shown":                 {c: pair(fairness.Pair{NearEmail: true}), rules: "near_email", want: fairness.Flag, points: 40},
		"a like e-mail on one IP holds":                {c: pair(fairness.Pair{NearEmail: true, SameIP: true}), rules: "near_email same_ip", want: fairness.Hold, points: 60},
		"a like name and a like e-mail hold":           {c: pair(fairness.Pair{NearEmail: true, NearName: true}), rules: "near_email near_name", want: fairness.Hold, points: 80},
		"a family on one IP is shown":                  {c: pair(fairness.Pair{SameSurnamePostcode: true, SameIP: true}), rules: "surname_postcode same_ip", want: fairness.Flag, points: 50},
		"a higher line lets the same flags pass":       {s: fairness.Settings{ReviewPoints: 81}, c: pair(fairness.Pair{NearEmail: true, NearName: true}), rules: "near_email near_name", want: fairness.Flag, points: 80},
		"a household holds":                            {c: pair(fairness.Pair{SameAddress: true, SameSurnamePostcode: true}), rules: "surname_postcode same_address", want: fairness.Hold, points: 90},
		"a welcome household is shown":                 {s: household(fairness.Flag), c: pair(fairness.Pair{SameAddress: true, SameSurnamePostcode: true, SameIP: true}), rules: "same_address same_ip", want: fairness.Flag, points: 50},
		"a household that is refused":                  {s: household(fairness.Reject), c: pair(fairness.Pair{SameAddress: true}), rules: "same_address", want: fairness.Reject, points: 60},
		"a household that is not looked at":            {s: household(fairness.Off), c: pair(fairness.Pair{SameAddress: true, SameSurnamePostcode: true})},
		"an override outweighs the household":          {s: fairness.Settings{Household: fairness.Reject, Override: map[string]fairness.Verdict{"same_address": fairness.Flag}}, c: pair(fairness.Pair{SameAddress: true}), rules: "same_address", want: fairness.Flag, points: 30},
		"a rule that is off":                           {s: override("same_card", fairness.Off), c: pair(fairness.Pair{SameCard: true})},
		"a rule that is off has no trouble":            {s: override("already_referred", fairness.Off), c: trouble("already_referred", "timeout")},
		"a rejection that is only shown does not hold": {s: override("same_card", fairness.Flag), c: pair(fairness.Pair{SameCard: true}), rules: "same_card", want: fairness.Flag, points: 30},
		"a flag that is made a rejection":              {s: override("near_email", fairness.Reject), c: pair(fairness.Pair{NearEmail: true}), rules: "near_email", want: fairness.Reject, points: 40},
		"a verdict that nobody knows holds":            {s: override("near_email", "burn"), c: pair(fairness.Pair{NearEmail: true}), rules: "near_email", want: fairness.Hold, points: 40},
		"trouble with one rule holds":                  {c: trouble("ring", "timeout"), rules: "ring", want: fairness.Hold, points: 60},
		"trouble with data holds for each rule on it":  {c: trouble(fairness.DataCard, "no answer"), rules: "same_card account_farm known_card", want: fairness.Hold, points: 260},
		"trouble that no rule knows holds":             {c: trouble("horoscope", "no stars"), rules: "unread", want: fairness.Hold, points: 60},
		"a past order's missing data are no trouble":   {c: fairness.Case{Historic: true, Trouble: map[string]string{fairness.DataCard: "not imported"}}},
		"a past order is judged all the same":          {c: fairness.Case{Historic: true, Pair: fairness.Pair{SameCard: true}}, rules: "same_card", want: fairness.Reject, points: 100},
		"a shop's own lines":                           {s: fairness.Settings{PerDay: 1, PerMonth: 2, PerIP: 1, Firsts: 2, Pieces: 1, Strangers: 1}, c: counts(fairness.Counts{AdvocateDay: 1, AdvocateMonth: 2, FriendsByIP: 1, FirstsByCard: 1, Pieces: 2, StrangersDay: 2}), rules: "friends_per_ip account_farm velocity_day velocity_month code_leak bulk_buyer", want: fairness.Hold, points: 320},
		"one first order is no farm on any line":       {s: fairness.Settings{Firsts: 1}},
		"a shop whose goods come back late anyway":     {c: counts(fairness.Counts{LateReturns: 5, Referrals: 10, ShopLateBP: 2000})},
		"late returns of few are chance":               {c: counts(fairness.Counts{LateReturns: 4, Referrals: 4})},
		"strangers where links are not told of":        {c: counts(fairness.Counts{StrangersDay: 11}), rules: "code_leak", want: fairness.Hold, points: 60},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			signals := fairness.Judge(tc.s, tc.c)
			var rules []string
			for _, g := range signals {
				rules = append(rules, g.Rule)
			}
			worst, points := fairness.Sum(tc.s, signals)
			if got := strings.Join(rules, " "); got != tc.rules || worst != tc.want || points != tc.points {
				t.Fatalf("%q, %q with %d points; want %q, %q with %d", got, worst, points, tc.rules, tc.want, tc.points)
			}
		})
	}
}

func TestALeakSaysWhatToDo(t *testing.T) {
	t.Parallel()
	g, _ := find(fairness.Judge(fairness.Settings{}, counts(fairness.Counts{StrangersDay: 12, ClicksKnown: true, LinkShareBP: 305})), "code_leak")
	const want = "strangers used the code 12 times within 24 hours, allowed 10; 3.05 % came by the link; the code should be rotated"
	if g.Evidence != want {
		t.Fatalf("%q", g.Evidence)
	}
}

func TestWorse(t *testing.T) {
	t.Parallel()
	order := []fairness.Verdict{fairness.None, fairness.Flag, fairness.Hold, fairness.Reject}
	for i, a := range order {
		for j, b := range order {
			if got := fairness.Worse(a, b); got != order[max(i, j)] {
				t.Errorf("%q or %q: %q", a, b, got)
			}
		}
	}
	if got := fairness.Worse("burn", fairness.Flag); got != "burn" {
		t.Errorf("what is not known ranks above a flag, got %q", got)
	}
}

func TestSettingsProblems(t *testing.T) {
	t.Parallel()
	s := fairness.Settings{Household: "tolerant", PerDay: -1, Override: map[string]fairness.Verdict{
		"same_ip": fairness.Hold, "near_email": fairness.Off, "same_card": "burn", "zodiac": fairness.Flag, "friends_per_ip": fairness.Hold,
	}}
	want := []string{
		`household: "tolerant" is none of flag, hold, reject, off`,
		`same_card: "burn" is none of flag, hold, reject, off`,
		`same_ip: this rule can do no more than flag`,
		`zodiac: there is no such rule`,
		`per_day: -1 is below zero`,
	}
	if got := s.Problems(); !slices.Equal(got, want) {
		t.Fatalf("%q", got)
	}
	if got := (fairness.Settings{}).WithDefaults().Problems(); got != nil {
		t.Fatalf("the defaults: %q", got)
	}
}

func TestWhatIsStoredComesBack(t *testing.T) {
	t.Parallel()
	yes := true
	in := fairness.Case{Disposable: &yes, Historic: true, Trouble: map[string]string{"card": "timeout"}}
	fill(reflect.ValueOf(&in.Pair).Elem())
	fill(reflect.ValueOf(&in.Counts).Elem())
	var out fairness.Case
	if text, err := json.Marshal(in); err != nil {
		t.Fatal(err)
	} else if err := json.Unmarshal(text, &out); err != nil || !reflect.DeepEqual(in, out) {
		t.Fatalf("%s: %+v, %v", text, out, err)
	}
	if text, err := json.Marshal(fairness.Case{}); err != nil || string(text) != "{}" {
		t.Fatalf("%s, %v", text, err)
	}
	if got := (fairness.Pair{}).Or(in.Pair); got != in.Pair {
		t.Fatalf("nothing or all: %+v", got)
	}
	if got := in.Pair.Or(fairness.Pair{}); got != in.Pair {
		t.Fatalf("all or nothing: %+v", got)
	}
}

// fill gives each field of a flat struct a value that is not zero.
func fill(v reflect.Value) {
	for i := range v.NumField() {
		if f := v.Field(i); f.Kind() == reflect.Bool {
			f.SetBool(true)
		} else {
			f.SetInt(int64(i + 1))
		}
	}
}

func BenchmarkJudgeNothingFound(b *testing.B) {
	no := false
	c := fairness.Case{Disposable: &no, Counts: fairness.Counts{AdvocateDay: 1, Pieces: 3, Referrals: 10}}
	b.ReportAllocs()
	for b.Loop() {
		if fairness.Judge(fairness.Settings{}, c) != nil {
			b.Fatal("something was found")
		}
	}
}
