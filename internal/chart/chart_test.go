package chart_test

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"grapevine/internal/chart"
)

func TestWhatCannotBeDrawn(t *testing.T) {
	t.Parallel()
	one := func(v ...float64) []chart.Series { return []chart.Series{{"one", v}} }
	for name, figure := range map[string]chart.Figure{
		"no panel":                       {Title: "Nothing"},
		"an id with a space":             {ID: "a b", Panels: []chart.Panel{chart.BarSpec{}}},
		"an id that starts with a digit": {ID: "1a", Panels: []chart.Panel{chart.BarSpec{}}},
		"five series":                    {Panels: []chart.Panel{chart.LineSpec{Series: make([]chart.Series, 5)}}},
		"series of different lengths":    {Panels: []chart.Panel{chart.LineSpec{Series: append(one(1, 2), one(1)...)}}},
		"a place too few":                {Panels: []chart.Panel{chart.LineSpec{Series: one(1, 2), X: []float64{1}}}},
		"places that go back":            {Panels: []chart.Panel{chart.LineSpec{Series: one(1, 2), X: []float64{2, 1}}}},
		"a place that is no number":      {Panels: []chart.Panel{chart.LineSpec{Series: one(1), X: []float64{math.NaN()}}}},
		"an infinite value":              {Panels: []chart.Panel{chart.LineSpec{Series: one(math.Inf(-1))}}},
		"a bar without an end":           {Panels: []chart.Panel{chart.BarSpec{Bars: []chart.Bar{{"bar", math.Inf(1)}}}}},
		"a bar that is no number":        {Panels: []chart.Panel{chart.BarSpec{Bars: []chart.Bar{{"bar", math.NaN()}}}}},
		"a second panel that is wrong":   {Panels: []chart.Panel{chart.BarSpec{}, chart.BarSpec{Bars: []chart.Bar{{"bar", math.NaN()}}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if svg, err := chart.Stack(figure); err == nil || svg != nil {
				t.Errorf("drawn without an error:\n%s", svg)
			}
		})
	}
}

func TestAnythingThatIsDrawnIsWellFormed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		text := rapid.String()
		lines := chart.LineSpec{Title: text.Draw(r, "title"), Note: text.Draw(r, "note"), Desc: "-" + text.Draw(r, "desc")}
		value := rapid.OneOf(rapid.Float64Range(-1e30, 1e30), rapid.Float64Range(-9, 9), rapid.Just(math.NaN()))
		n := rapid.IntRange(0, 50).Draw(r, "points")
		for range rapid.IntRange(0, 4).Draw(r, "series") {
			lines.Series = append(lines.Series, chart.Series{Name: text.Draw(r, "name"), Values: rapid.SliceOfN(value, n, n).Draw(r, "values")})
		}
		bars := chart.BarSpec{Title: text.Draw(r, "bars")}
		for range rapid.IntRange(0, 9).Draw(r, "bars") {
			bars.Bars = append(bars.Bars, chart.Bar{Label: text.Draw(r, "label"), Value: rapid.Float64Range(-1e30, 1e30).Draw(r, "value")})
		}
		svg, err := chart.Stack(chart.Figure{Title: "t" + text.Draw(r, "figure"), Panels: []chart.Panel{lines, bars}})
		if err != nil {
			r.Fatal(err)
		}
		wellFormed(t, svg)
		if t.Failed() {
			r.Fatal("see above")
		}
	})
}

func TestASingleChartIsAFigureOfOne(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		draw func() ([]byte, error)
		want string
	}{
		"lines": {func() ([]byte, error) {
			return chart.Lines(chart.LineSpec{Title: "Orders", Series: []chart.Series{{"Placed", []float64{4, math.NaN(), 9, 2}}}})
		}, `<desc id="chart-desc">Line chart from 1 to 4. Placed: starts at 4, ends at 2, lowest 2, highest 9.</desc>`},
		"bars": {func() ([]byte, error) {
			return chart.Bars(chart.BarSpec{Title: "Orders", Bars: []chart.Bar{{"Placed", 4}, {"Paid", 2.5}}})
		}, `<desc id="chart-desc">Bar chart. Placed: 4; Paid: 2.5.</desc>`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			svg, err := tc.draw()
			if err != nil || !strings.Contains(string(svg), tc.want) || !strings.Contains(string(svg), `<title id="chart-title">Orders</title>`) {
				t.Errorf("error %v, want %s in\n%s", err, tc.want, svg)
			}
		})
	}
}
