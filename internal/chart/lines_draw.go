package chart

import (
	"math"
	"slices"
	"strings"
)

const (
	plotHeight   = 236.0
	maxTickLabel = 130.0 // the width of a y label at most
	maxXLabel    = 120.0
	fewPoints    = 31 // up to here each point gets a dot
)

func (s LineSpec) draw(c *canvas, y float64) float64 {
	lo, hi, whole, some := s.bounds()
	if !some {
		return c.nothing(y, s.Empty)
	}
	y = s.legend(c, y)
	ax := newAxis(lo, hi, whole, s.label)
	left := 0.0
	for i, label := range ax.labels {
		ax.labels[i] = truncate(label, smallSize, maxTickLabel)
		left = max(left, width(ax.labels[i], smallSize))
	}
	left += margin + 10
	top := y + 8
	ys := scale{ax.ticks[0], ax.ticks[len(ax.ticks)-1], top + plotHeight, -plotHeight}
	for i, v := range ax.ticks {
		class := "grid"
		if v == 0 {
			class = "zero"
		}
		at := ys.of(v)
		c.add(`<path class="%s" d="M%s %sH%s"/>`, class, point(left), point(at), point(figureWidth-margin))
		c.text(left-10, at+4, "tick", "end", ax.labels[i])
	}
	xs := s.xScale(left + 12)
	s.xAxis(c, xs, top+plotHeight+20)
	for i, one := range s.Series {
		s.series(c, i+1, one, xs, ys)
	}
	return top + plotHeight + 28
}

// legend names the series, each with a piece of its line. One series is named by the title.
func (s LineSpec) legend(c *canvas, y float64) float64 {
	if len(s.Series) == 1 && s.Title != "" {
		return y
	}
	x := margin
	for i, one := range s.Series {
		name := truncate(one.Name, textSize, inner/float64(len(s.Series))-56)
		c.add(`<path class="line s%d" d="M%s %sh28"/>`, i+1, point(x), point(y+8))
		c.text(x+36, y+12.5, "name", "start", name)
		x += 36 + width(name, textSize) + 20
	}
	return y + 22
}

func (s LineSpec) x(i int) float64 {
	if s.X != nil {
		return s.X[i]
	}
	return float64(i)
}

func (s LineSpec) xScale(left float64) scale {
	right := figureWidth - margin - 12
	return scale{s.x(0), s.x(s.points() - 1), left, right - left}
}

// xAxis names as many points as fit beside one another, evenly by their number, the first among them.
func (s LineSpec) xAxis(c *canvas, xs scale, y float64) {
	n := s.points()
	widest := 0.0
	for i := 0; i < n; i += max(1, n/200) {
		widest = max(widest, width(truncate(s.xLabel(i), smallSize, maxXLabel), smallSize))
	}
	fit := max(1, int(xs.span/(widest+24)))
	step := 1
	if n > fit {
		step = int(math.Ceil(niceStep(float64(n) / float64(fit))))
	}
	end := 0.0
	for i := 0; i < n; i += step {
		label := truncate(s.xLabel(i), smallSize, maxXLabel)
		half, at := width(label, smallSize)/2, xs.of(s.x(i))
		text := min(max(at, margin+half), figureWidth-margin/2-half) // inside the picture
		if text-half < end {
			continue
		}
		c.add(`<path class="zero" d="M%s %sv5"/>`, point(at), point(y-20))
		c.text(text, y, "tick", "middle", label)
		end = text + half + 12
	}
}

// series draws one line, in pieces where it has gaps, and a dot for what a line would not show.
func (s LineSpec) series(c *canvas, number int, one Series, xs, ys scale) {
	var path strings.Builder
	var dots []place
	for _, run := range runs(one.Values) {
		var piece []place
		for i := run.from; i < run.to; i++ {
			piece = append(piece, place{xs.of(s.x(i)), ys.of(one.Values[i])})
		}
		piece = thin(piece)
		if len(piece) == 1 || len(one.Values) <= fewPoints {
			dots = append(dots, piece...)
		}
		for i, p := range piece {
			command := "L"
			if i == 0 {
				command = "M"
			}
			path.WriteString(command + point(p.x) + " " + point(p.y))
		}
	}
	if path.Len() > 0 {
		c.add(`<path class="line s%d" d="%s"/>`, number, path.String())
	}
	drawn := ""
	for _, p := range dots {
		at := `cx="` + point(p.x) + `" cy="` + point(p.y) + `"`
		if at != drawn {
			c.add(`<circle class="d%d" %s r="3"/>`, number, at)
		}
		drawn = at
	}
}

// run is a stretch of values without gaps, to is behind its end.
type run struct{ from, to int }

func runs(values []float64) []run {
	var found []run
	for i := 0; i < len(values); {
		n := slices.IndexFunc(values[i:], math.IsNaN)
		if n < 0 {
			n = len(values) - i
		}
		if n > 0 {
			found = append(found, run{i, i + n})
		}
		i += n + 1
	}
	return found
}

// place is a point of the drawing.
type place struct{ x, y float64 }

// thin keeps of many points in one column of pixels the first, the lowest, the highest and the last:
// the picture is the same, and no peak is lost.
func thin(points []place) []place {
	var kept []place
	for from := 0; from < len(points); {
		to, low, high := from, from, from
		for ; to < len(points) && math.Floor(points[to].x) == math.Floor(points[from].x); to++ {
			if points[to].y < points[low].y {
				low = to
			}
			if points[to].y > points[high].y {
				high = to
			}
		}
		keep := []int{from, min(low, high), max(low, high), to - 1}
		for _, i := range slices.Compact(keep) {
			kept = append(kept, points[i])
		}
		from = to
	}
	return kept
}
