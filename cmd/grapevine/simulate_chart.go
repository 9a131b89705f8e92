package main

import (
	"fmt"
	"math"
	"strings"
	"time"

	"grapevine/internal/chart"
	"grapevine/rewards"
	"grapevine/rewards/simulation"
	"grapevine/web/words"
)

// chartReasons is how many bars of reasons are drawn.
const chartReasons = 8

// simulationChart draws a report: what came together over time, why orders earned nothing, what rewards cost.
func simulationChart(r simulation.Report) ([]byte, error) {
	f := r.Program.Figures
	title := r.Program.Program + " on past orders"
	if r.Compare != nil {
		title = r.Program.Program + " against " + r.Compare.Program
	}
	note := fmt.Sprintf("%s to %s. %s orders, %s with a code or link. %s come to %s in rewards and discounts, for %s of revenue.", firstDay(r), r.To,
		grouped(r.Orders.Read), grouped(r.Orders.Referred), grouped(f.Referrals)+" referrals", roundMoney(r, f.Spend), roundMoney(r, f.Revenue))
	return chart.Stack(chart.Figure{ID: "simulation", Title: title, Note: note, Panels: []chart.Panel{
		curvePanel(r, "Cost of rewards", "Money promised to advocates and friends, added up. Points and codes that take a percentage off are not in it.",
			func(p simulation.Point) int64 { return p.Cost }),
		curvePanel(r, "Revenue of referrals", "What is left of these orders after refunds, added up.", func(p simulation.Point) int64 { return p.Revenue }),
		reasonPanel(r), costPanel(r),
	}})
}

func firstDay(r simulation.Report) string {
	if r.From == "" && len(r.Program.Figures.Curve) > 0 {
		return r.Program.Figures.Curve[0].Day
	}
	return r.From
}

// curvePanel draws one figure of the curve, for both sides over the days of both.
func curvePanel(r simulation.Report, title, note string, of func(simulation.Point) int64) chart.Panel {
	sides := []simulation.Side{r.Program}
	if r.Compare != nil {
		sides = append(sides, *r.Compare)
	}
	days, at := curveDays(sides)
	spec := chart.LineSpec{
		Title: title, Note: note, X: chart.Times(at), XLabel: func(i int) string { return at[i].Format("2 Jan 2006") },
		Y: func(v float64) string { return roundMoney(r, int64(math.Round(v))) },
	}
	for i, s := range sides {
		name := s.Program
		if i > 0 && name == r.Program.Program {
			name += " as applied"
		}
		values := make([]float64, len(days))
		sum, next := int64(0), 0
		for d, day := range days {
			for ; next < len(s.Figures.Curve) && s.Figures.Curve[next].Day <= day; next++ {
				sum = of(s.Figures.Curve[next])
			}
			values[d] = float64(sum)
		}
		spec.Series = append(spec.Series, chart.Series{Name: name, Values: values})
	}
	if b := r.Program.Figures.Budget; b != nil && title == "Cost of rewards" {
		limit := make([]float64, len(days))
		for i := range limit {
			limit[i] = float64(b.Budget)
		}
		spec.Series = append(spec.Series, chart.Series{Name: "Budget", Values: limit})
	}
	return spec
}

// curveDays are the days of all sides' points, rising.
func curveDays(sides []simulation.Side) (days []string, at []time.Time) {
	points := sides[0].Figures.Curve
	if len(sides) > 1 {
		points = merged(points, sides[1].Figures.Curve)
	}
	for _, p := range points {
		t, err := time.Parse(time.DateOnly, p.Day)
		if err == nil {
			days, at = append(days, p.Day), append(at, t)
		}
	}
	return days, at
}

func merged(a, b []simulation.Point) []simulation.Point {
	var out []simulation.Point
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].Day < b[0].Day:
			out, a = append(out, a[0]), a[1:]
		case len(a) == 0 || b[0].Day < a[0].Day:
			out, b = append(out, b[0]), b[1:]
		default:
			out, a, b = append(out, a[0]), a[1:], b[1:]
		}
	}
	return out
}

func reasonPanel(r simulation.Report) chart.Panel {
	spec := chart.BarSpec{
		Title: "Why orders with a code earned nothing, or not yet", Note: "Orders, by " + r.Program.Program + ".", Empty: "Every order with a code was rewarded.",
		Value: func(v float64) string { return grouped(int64(v)) },
	}
	for _, reason := range r.Program.Figures.Reasons {
		if len(spec.Bars) == chartReasons {
			break
		}
		spec.Bars = append(spec.Bars, chart.Bar{Label: sentence(string(reason.Reason)), Value: float64(reason.Orders)})
	}
	return spec
}

func costPanel(r simulation.Report) chart.Panel {
	spec := chart.BarSpec{
		Title: "What it costs, by kind", Note: "Rewards of money, given and pending, and what friends' codes took off.", Empty: "Nothing was spent.",
		Value: func(v float64) string { return groupedMoney(amount(r, int64(v))) },
	}
	add := func(f simulation.Figures, whose string) {
		for _, c := range f.Costs {
			if c.Unit == r.Currency && c.Given+c.Pending > 0 {
				spec.Bars = append(spec.Bars, chart.Bar{Label: kindName(c.Kind) + whose, Value: float64(c.Given + c.Pending)})
			}
		}
		if f.Points > 0 {
			spec.Bars = append(spec.Bars, chart.Bar{Label: "Points, by what they buy" + whose, Value: float64(f.Points)})
		}
		if f.Discount > 0 {
			spec.Bars = append(spec.Bars, chart.Bar{Label: "Friends' discounts" + whose, Value: float64(f.Discount)})
		}
	}
	if r.Compare == nil {
		add(r.Program.Figures, "")
		return spec
	}
	other := r.Compare.Program
	if other == r.Program.Program {
		other += " as applied"
	}
	add(r.Program.Figures, ", "+r.Program.Program)
	add(r.Compare.Figures, ", "+other)
	return spec
}

func kindName(k rewards.RewardKind) string {
	return sentenceCase(strings.ReplaceAll(string(k), "_", " "))
}

func sentenceCase(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// sentence is a reason's sentence without what follows its first part.
func sentence(reason string) string {
	text, _, _ := strings.Cut(words.For(reason).Says, ",")
	return strings.TrimSuffix(text, ".")
}

// roundMoney leaves the minor units away where the amount is large.
func roundMoney(r simulation.Report, minor int64) string {
	m := amount(r, minor)
	whole, _, _ := strings.Cut(m.Decimal(), ".")
	if len(strings.TrimPrefix(whole, "-")) < 3 {
		return m.String()
	}
	m.Minor -= m.Minor % minorUnits(m.Currency)
	text, _, _ := strings.Cut(groupedMoney(m), ".")
	return strings.TrimSuffix(text, " "+m.Currency) + " " + m.Currency
}

func minorUnits(currency string) int64 {
	exp, _ := rewards.Exponent(currency)
	n := int64(1)
	for range exp {
		n *= 10
	}
	return n
}
