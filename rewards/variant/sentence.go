package variant

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// String says the verdict in one sentence for an owner.
func (v Verdict) String() string {
	switch v.Outcome {
	case TooEarly:
		return "Too early to tell: " + v.reason() + v.outlook() + "."
	case NoDifference:
		return fmt.Sprintf("No difference can be told: %s and %s, a difference between %s and %s percentage points (95 %% interval, %s)%s.",
			v.A.result(), v.B.result(), points(v.Low), points(v.High), chance(v.P), v.outlook())
	case Better:
		winner, other, low, high := v.B, v.A, v.Low, v.High
		if v.Winner == v.A.Name {
			winner, other, low, high = v.A, v.B, -v.High, -v.Low
		}
		return fmt.Sprintf("%s is better: %s against %s, %s percentage points more (95 %% interval %s to %s, %s).",
			winner.Name, winner.result(), other.result(), points(math.Abs(v.Difference)), points(low), points(high), chance(v.P))
	}
	return "No verdict."
}

// reason names the arm that lacks most, and what it has.
func (v Verdict) reason() string {
	least := func(of func(Arm) int64) (string, int64) {
		if of(v.B) < of(v.A) {
			return v.B.Name, of(v.B)
		}
		return v.A.Name, of(v.A)
	}
	switch v.Lack {
	case FewConverted:
		name, n := least(func(a Arm) int64 { return a.Converted })
		return fmt.Sprintf("%s has %s, at least %d are needed", name, count(n, "conversion"), MinConverted)
	case FewUnconverted:
		name, n := least(func(a Arm) int64 { return a.Subjects - a.Converted })
		return fmt.Sprintf("%s has %s without a conversion, at least %d are needed", name, count(n, "subject"), MinConverted)
	default:
		name, n := least(func(a Arm) int64 { return a.Subjects })
		return fmt.Sprintf("%s has %s, at least %d are needed", name, count(n, "subject"), MinSubjects)
	}
}

// outlook says how long it will take, where that can be said.
func (v Verdict) outlook() string {
	if v.Hopeless {
		return "; so far they are too much alike to say how many more it would take"
	}
	var more []string
	for _, arm := range []struct {
		name string
		more int64
	}{{v.A.Name, v.MoreA}, {v.B.Name, v.MoreB}} {
		if arm.more > 0 {
			more = append(more, count(about(arm.more), "more subject")+" in "+arm.name)
		}
	}
	switch {
	case more == nil:
		return ""
	case v.A.Subjects == 0 || v.B.Subjects == 0:
		return "; it takes " + strings.Join(more, " and ") + " to say more"
	}
	return "; to see a difference of the present size it takes about " + strings.Join(more, " and ")
}

func (a Arm) result() string {
	return fmt.Sprintf("%s of %s converted (%d of %d)", percent(a.share()), a.Name, a.Converted, a.Subjects)
}

func count(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.FormatInt(n, 10) + " " + what + "s"
}

// about rounds up to two digits: more would be false precision.
func about(n int64) int64 {
	unit := int64(1)
	for n/unit >= 100 {
		unit *= 10
	}
	return (n + unit - 1) / unit * unit
}

func percent(share float64) string { return strconv.FormatFloat(100*share, 'f', 1, 64) + " %" }

// points writes percentage points with one decimal, and two where one would show nothing.
func points(p float64) string {
	decimals := 1
	if math.Abs(p) < 0.1 {
		decimals = 2
	}
	if s := strconv.FormatFloat(p, 'f', decimals, 64); s != "-0.00" {
		return s
	}
	return "0.00"
}

// chance cuts p instead of rounding it, so that one below 0.05 never reads as 0.050.
func chance(p float64) string {
	switch {
	case p < 0.001:
		return "p < 0.001"
	case p < 0.1:
		return "p = " + strconv.FormatFloat(math.Floor(p*1000)/1000, 'f', 3, 64)
	}
	return "p = " + strconv.FormatFloat(math.Floor(p*100)/100, 'f', 2, 64)
}
