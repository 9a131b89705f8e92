package chart

import "math"

// axis is a range of values with ticks at round figures, both ends among them.
type axis struct {
	ticks  []float64 // ascending, at least two
	labels []string
}

// newAxis covers lo to hi and zero with about five steps of 1, 2, 2.5 or 5 times a power of ten. Whole
// numbers get whole steps. Steps whose labels would read alike are widened.
func newAxis(lo, hi float64, whole bool, label func(float64) string) axis {
	lo, hi = math.Min(lo, 0), math.Max(hi, 0)
	if hi-lo < 1/biggest { // nothing but zero
		lo, hi = 0, 1
	}
	step := niceStep((hi - lo) / 5)
	if whole {
		step = math.Max(step, 1)
		if step < 10 {
			step = math.Ceil(step)
		}
	}
	for {
		a := ticked(lo, hi, step, label)
		if len(a.ticks) <= 2 || distinct(a.labels) {
			return a
		}
		step = niceStep(step * 1.5)
	}
}

func ticked(lo, hi, step float64, label func(float64) string) axis {
	var a axis
	first, last := math.Floor(lo/step+1e-9), math.Ceil(hi/step-1e-9)
	for i := first; i <= last; i++ {
		v := tidy(i * step)
		a.ticks, a.labels = append(a.ticks, v), append(a.labels, label(v))
	}
	return a
}

func distinct(labels []string) bool {
	for i := 1; i < len(labels); i++ {
		if labels[i] == labels[i-1] {
			return false
		}
	}
	return true
}

// niceStep returns the least round step that is not below the given one.
func niceStep(least float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(least)))
	for _, m := range []float64{1, 2, 2.5, 5} {
		if tidy(m*power) >= tidy(least) {
			return tidy(m * power)
		}
	}
	return tidy(10 * power)
}

// scale maps values from one range to another.
type scale struct{ from, to, at, span float64 }

// of returns the place of a value. The conversion keeps every processor from fusing the two steps, so
// that all of them draw the same.
func (s scale) of(v float64) float64 {
	if s.to == s.from {
		return s.at + s.span/2
	}
	return s.at + float64((v-s.from)/(s.to-s.from)*s.span)
}
