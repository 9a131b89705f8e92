package chart

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// LineSpec is a chart of one to four series over a common x axis. The y axis always shows zero.
type LineSpec struct {
	Title string
	Note  string // a sentence below the title
	// Desc tells the figures to who cannot see them. Where it is empty, an English summary is made.
	Desc   string
	Empty  string // what stands in the place of a chart without data; English where it is empty
	Series []Series
	// X are the places of the points, strictly ascending: for time take Times. Nil: evenly spaced.
	X []float64
	// XLabel names the i-th point, Y a value; a nil one counts from 1, or writes a Number.
	XLabel func(i int) string
	Y      func(v float64) string
}

// Series is one line.
type Series struct {
	Name   string
	Values []float64 // NaN is a gap
}

// maxSeries is how many series have dashes that can be told apart.
const maxSeries = 4

// biggest bounds values, so that differences and powers of ten stay finite.
const biggest = 1e30

// Times turns times into places on an x axis, in seconds.
func Times(at []time.Time) []float64 {
	x := make([]float64, len(at))
	for i, t := range at {
		x[i] = float64(t.UnixMilli()) / 1000
	}
	return x
}

func (s LineSpec) points() int {
	if len(s.Series) == 0 {
		return 0
	}
	return len(s.Series[0].Values)
}

func (s LineSpec) check() error {
	if len(s.Series) > maxSeries {
		return fmt.Errorf("chart %q: %d series, at most %d can be told apart", s.Title, len(s.Series), maxSeries)
	}
	if s.X != nil && len(s.X) != s.points() {
		return fmt.Errorf("chart %q: %d places for %d points", s.Title, len(s.X), s.points())
	}
	for i, x := range s.X {
		if !(math.Abs(x) <= biggest) || i > 0 && x <= s.X[i-1] {
			return fmt.Errorf("chart %q: place %d is %v: places ascend", s.Title, i, x)
		}
	}
	for _, one := range s.Series {
		if len(one.Values) != s.points() {
			return fmt.Errorf("chart %q: series %q has %d points, the first has %d", s.Title, one.Name, len(one.Values), s.points())
		}
		for i, v := range one.Values {
			if math.Abs(v) > biggest {
				return fmt.Errorf("chart %q: series %q: value %d is %v", s.Title, one.Name, i, v)
			}
		}
	}
	return nil
}

func (s LineSpec) label(v float64) string {
	if s.Y == nil {
		return Number(v)
	}
	return s.Y(v)
}

func (s LineSpec) xLabel(i int) string {
	if s.XLabel == nil {
		return fmt.Sprint(i + 1)
	}
	return s.XLabel(i)
}

// bounds returns the least and the greatest value, whether all are whole, and whether there are any.
func (s LineSpec) bounds() (lo, hi float64, whole, some bool) {
	lo, hi, whole = math.Inf(1), math.Inf(-1), true
	for _, one := range s.Series {
		for _, v := range one.Values {
			if !math.IsNaN(v) {
				lo, hi, some = math.Min(lo, v), math.Max(hi, v), true
				whole = whole && v == math.Trunc(v)
			}
		}
	}
	return lo, hi, whole, some
}

func (s LineSpec) head() (title, note, desc string) {
	if s.Desc != "" {
		return s.Title, s.Note, s.Desc
	}
	if _, _, _, some := s.bounds(); !some {
		return s.Title, s.Note, "No data."
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Line chart from %s to %s.", s.xLabel(0), s.xLabel(s.points()-1))
	for _, one := range s.Series {
		known := slices.DeleteFunc(slices.Clone(one.Values), math.IsNaN)
		if len(known) == 0 {
			fmt.Fprintf(&b, " %s: no data.", one.Name)
			continue
		}
		fmt.Fprintf(&b, " %s: starts at %s, ends at %s, lowest %s, highest %s.", one.Name, s.label(known[0]),
			s.label(known[len(known)-1]), s.label(slices.Min(known)), s.label(slices.Max(known)))
	}
	return s.Title, s.Note, b.String()
}
