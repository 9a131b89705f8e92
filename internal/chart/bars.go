package chart

import (
	"fmt"
	"math"
	"strings"
)

// BarSpec is a chart of horizontal bars from a common zero, one below the other in the order given.
type BarSpec struct {
	Title string
	Note  string // a sentence below the title
	// Desc tells the figures to who cannot see them. Where it is empty, an English summary is made.
	Desc  string
	Empty string // what stands in the place of a chart without data; English where it is empty
	Bars  []Bar
	Value func(v float64) string // writes a value; nil: Number
}

// Bar is one bar.
type Bar struct {
	Label string
	Value float64
}

const (
	barPitch      = 30.0
	barThick      = 18.0
	maxBarLabel   = 300.0
	maxValueLabel = 150.0
	toldBars      = 20 // the summary names no more
)

func (s BarSpec) check() error {
	for _, b := range s.Bars {
		if !(math.Abs(b.Value) <= biggest) {
			return fmt.Errorf("chart %q: bar %q is %v", s.Title, b.Label, b.Value)
		}
	}
	return nil
}

func (s BarSpec) value(v float64) string {
	if s.Value == nil {
		return Number(v)
	}
	return s.Value(v)
}

func (s BarSpec) head() (title, note, desc string) {
	switch {
	case s.Desc != "":
		return s.Title, s.Note, s.Desc
	case len(s.Bars) == 0:
		return s.Title, s.Note, "No data."
	}
	var told []string
	for _, b := range s.Bars[:min(len(s.Bars), toldBars)] {
		told = append(told, b.Label+": "+s.value(b.Value))
	}
	if more := len(s.Bars) - len(told); more > 0 {
		told = append(told, fmt.Sprintf("and %d more", more))
	}
	return s.Title, s.Note, "Bar chart. " + strings.Join(told, "; ") + "."
}

func (s BarSpec) draw(c *canvas, y float64) float64 {
	if len(s.Bars) == 0 {
		return c.nothing(y, s.Empty)
	}
	var lo, hi, labels, values float64
	for _, b := range s.Bars {
		lo, hi = math.Min(lo, b.Value), math.Max(hi, b.Value)
		labels = max(labels, width(truncate(b.Label, textSize, maxBarLabel), textSize))
		values = max(values, width(truncate(s.value(b.Value), smallSize, maxValueLabel), smallSize))
	}
	values += 8
	left, right := margin+labels+14, figureWidth-margin-values
	if lo < 0 {
		left += values
	}
	if lo == hi {
		hi = 1
	}
	xs := scale{lo, hi, left, right - left}
	zero := xs.of(0)
	for i, b := range s.Bars {
		s.bar(c, b, zero, xs.of(b.Value), y+float64(i)*barPitch)
	}
	end := y + float64(len(s.Bars))*barPitch
	c.add(`<path class="zero" d="M%s %sV%s"/>`, point(zero), point(y-2), point(end-barPitch+barThick+2))
	return end - barPitch + barThick + 8
}

// bar draws one bar from zero to its end; the value stands behind the end. A text that was cut keeps
// its whole in a title, which browsers show on hovering.
func (s BarSpec) bar(c *canvas, b Bar, zero, end, y float64) {
	label, value := truncate(b.Label, textSize, maxBarLabel), truncate(s.value(b.Value), smallSize, maxValueLabel)
	c.add(`<g><title>%s</title>`, escape(b.Label+": "+s.value(b.Value)))
	c.text(margin, y+barThick/2+4.5, "label", "start", label)
	class, anchor, gap := "bar", "start", 7.0
	if b.Value < 0 {
		class, anchor, gap = "bar minus", "end", -7.0
	}
	if end != zero {
		long := max(math.Abs(end-zero), 1) // a little is not nothing
		c.add(`<rect class="%s" x="%s" y="%s" width="%s" height="%s" rx="2"/>`, class,
			point(min(zero, zero+math.Copysign(long, b.Value))), point(y), point(long), point(barThick))
	}
	c.text(end+gap, y+barThick/2+4.5, "value", anchor, value)
	c.add(`</g>`)
}
