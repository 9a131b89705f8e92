package variant

import (
	"errors"
	"fmt"
	"math"
)

// ErrArm says that an arm cannot be compared: its counts are negative, more converted than there are,
// it has no name or that of another one, or there are fewer than two arms.
var ErrArm = errors.New("variant: bad arm")

// Arm is one offer and what came of it.
type Arm struct {
	Name      string
	Subjects  int64 // those who were given this offer
	Converted int64 // those of them who did what was hoped for
}

// Outcome is what can be said of two arms.
type Outcome string

// The outcomes.
const (
	TooEarly     Outcome = "too_early"     // an arm is below MinSubjects or MinConverted
	NoDifference Outcome = "no_difference" // none can be told from chance; there may be a small one
	Better       Outcome = "better"        // one arm is better
)

// Lack is why it is too early.
type Lack string

// The lacks, in the order in which they are looked for.
const (
	FewSubjects    Lack = "few_subjects"    // fewer than MinSubjects in an arm
	FewConverted   Lack = "few_converted"   // fewer than MinConverted of an arm
	FewUnconverted Lack = "few_unconverted" // fewer than MinConverted of an arm did not convert
)

// Below these, for each arm, nothing is said: with fewer than 10 on either side the normal
// distribution that the test rests on is too far from the counts.
const (
	MinSubjects  = 100
	MinConverted = 10
)

const (
	significance = 0.05 // the chance of seeing a difference that is not there
	power        = 0.80 // the chance of seeing one that is
	mostNeeded   = 1e9  // a test that needs more will never end
)

// Verdict is what the figures of two arms say.
type Verdict struct {
	Outcome Outcome
	A, B    Arm
	Winner  string // the name of the better arm, only where the outcome is Better
	// Difference is B's share less A's in percentage points; 0 where an arm has no subjects.
	Difference float64
	// Low and High bound the difference: between them it lies with 95 % certainty, for all pairs of a
	// CompareAll at once. In percentage points; 0 where it is TooEarly.
	Low, High float64
	// P is the chance of a difference of this size or more, either way, if there is none; after
	// CompareAll it is corrected for the number of pairs. 0 where it is TooEarly.
	P    float64
	Lack Lack // only where it is TooEarly
	// MoreA and MoreB are about how many subjects the arms need besides those they have, to see a
	// difference of the present size with a chance of 80 %. 0 where it is Better or no number can be
	// named: see Hopeless.
	MoreA, MoreB int64
	// Hopeless says that the shares are so much alike that no number of subjects can be named.
	Hopeless bool

	pairs int // that are compared at once
}

// Compare says which of two arms is better. Errors: ErrArm.
func Compare(a, b Arm) (Verdict, error) {
	all, err := CompareAll([]Arm{a, b})
	if err != nil {
		return Verdict{}, err
	}
	return all[0], nil
}

// CompareAll compares each arm with each later one: three arms give AB, AC, BC. The more pairs, the
// likelier that one differs by chance, so each pair has to pass 5 % divided by their number
// (Bonferroni). Holm's correction would find a little more, but its intervals would not fit its
// verdicts. Errors: ErrArm.
func CompareAll(arms []Arm) ([]Verdict, error) {
	if len(arms) < 2 {
		return nil, fmt.Errorf("%w: %d arms, at least two are compared", ErrArm, len(arms))
	}
	seen := map[string]bool{}
	for _, a := range arms {
		switch {
		case a.Name == "" || seen[a.Name]:
			return nil, fmt.Errorf("%w: the name %q is empty or there twice", ErrArm, a.Name)
		case a.Subjects < 0 || a.Converted < 0 || a.Converted > a.Subjects:
			return nil, fmt.Errorf("%w %s: %d of %d converted", ErrArm, a.Name, a.Converted, a.Subjects)
		}
		seen[a.Name] = true
	}
	pairs := len(arms) * (len(arms) - 1) / 2
	var verdicts []Verdict
	for i, a := range arms {
		for _, b := range arms[i+1:] {
			verdicts = append(verdicts, compare(a, b, pairs))
		}
	}
	return verdicts, nil
}

func compare(a, b Arm, pairs int) Verdict {
	v := Verdict{A: a, B: b, pairs: pairs}
	if a.Subjects > 0 && b.Subjects > 0 {
		v.Difference = 100 * (b.share() - a.share())
	}
	if v.Lack = lack(a, b); v.Lack != "" {
		v.Outcome = TooEarly
		v.reckonMore()
		return v
	}
	v.P = math.Min(1, pValue(a, b)*float64(pairs))
	v.Low, v.High = newcombe(a, b, quantile(1-significance/float64(pairs)))
	switch {
	case v.P >= significance:
		v.Outcome = NoDifference
		v.reckonMore()
	case v.Difference > 0:
		v.Outcome, v.Winner = Better, b.Name
	default:
		v.Outcome, v.Winner = Better, a.Name
	}
	return v
}

func (a Arm) share() float64 { return float64(a.Converted) / float64(a.Subjects) }

func lack(a, b Arm) Lack {
	switch {
	case min(a.Subjects, b.Subjects) < MinSubjects:
		return FewSubjects
	case min(a.Converted, b.Converted) < MinConverted:
		return FewConverted
	case min(a.Subjects-a.Converted, b.Subjects-b.Converted) < MinConverted:
		return FewUnconverted
	}
	return ""
}

// reckonMore says how many more subjects would do.
func (v *Verdict) reckonMore() {
	if v.A.Subjects == 0 || v.B.Subjects == 0 {
		v.MoreA, v.MoreB = max(0, MinSubjects-v.A.Subjects), max(0, MinSubjects-v.B.Subjects)
		return
	}
	each := needed(v.A.share(), v.B.share(), significance/float64(v.pairs))
	if each > mostNeeded {
		v.Hopeless = true
		return
	}
	v.MoreA, v.MoreB = v.A.more(each), v.B.more(each)
}

// more is what an arm lacks of so many subjects and of the least counts at its present share.
func (a Arm) more(each float64) int64 {
	each = math.Max(each, MinSubjects)
	for _, share := range []float64{a.share(), 1 - a.share()} {
		if share > 0 {
			each = math.Max(each, MinConverted/share)
		}
	}
	return max(0, int64(math.Ceil(each-1e-6))-a.Subjects)
}
