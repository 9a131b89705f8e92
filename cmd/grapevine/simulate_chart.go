package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"grapevine/internal/chart"
	"grapevine/rewards"
	"grapevine/rewards/simulation"
)

// chartReasons is how many reasons are drawn.
const chartReasons = 6

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
		curvePanel(r, "Cost of rewards", "Money promised to advocates and friends, added up. Points are not in it.",
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
	sides := sidesOf(r)
	days, at := curveDays(sides)
	spec := chart.LineSpec{
		Title: title, Note: note, X: chart.Times(at), XLabel: func(i int) string { return at[i].Format("2 Jan 2006") },
		Y: func(v float64) string { return roundMoney(r, int64(math.Round(v))) },
	}
	for i, s := range sides {
		name := s.Program
		if i > 0 {
			name = compareName(r)
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
		Title: "Why orders with a code earned nothing, or not yet", Note: "Orders, the commonest reasons.", Empty: "Every order with a code was rewarded.",
		Value: func(v float64) string { return grouped(int64(v)) },
	}
	for _, reason := range r.Program.Figures.Reasons[:min(len(r.Program.Figures.Reasons), chartReasons)] {
		name := sentenceCase(strings.ReplaceAll(string(cmp.Or(reason.Reason, rewards.Reason(reason.Outcome))), "_", " "))
		for i, s := range sidesOf(r) {
			n := int64(0)
			for _, x := range s.Figures.Reasons {
				if x.Outcome == reason.Outcome && x.Reason == reason.Reason {
					n = x.Orders
				}
			}
			spec.Bars = append(spec.Bars, chart.Bar{Label: name + whose(r, i), Value: float64(n)})
		}
	}
	return spec
}

func costPanel(r simulation.Report) chart.Panel {
	spec := chart.BarSpec{
		Title: "What it costs, by kind", Note: "Rewards of money, given and pending, and what friends' codes took off.", Empty: "Nothing was spent.",
		Value: func(v float64) string { return groupedMoney(amount(r, int64(v))) },
	}
	sides := sidesOf(r)
	add := func(name string, of func(simulation.Figures) int64) {
		if !slices.ContainsFunc(sides, func(s simulation.Side) bool { return of(s.Figures) > 0 }) {
			return
		}
		for i, s := range sides {
			spec.Bars = append(spec.Bars, chart.Bar{Label: name + whose(r, i), Value: float64(of(s.Figures))})
		}
	}
	for _, kind := range rewards.RewardKinds {
		add(sentenceCase(strings.ReplaceAll(string(kind), "_", " ")), func(f simulation.Figures) (sum int64) {
			for _, c := range f.Costs {
				if c.Kind == kind && c.Unit == r.Currency {
					sum += c.Given + c.Pending
				}
			}
			return sum
		})
	}
	add("Points, by what they buy", func(f simulation.Figures) int64 { return f.Points })
	add("Friends' discounts", func(f simulation.Figures) int64 { return f.Discount })
	return spec
}

// sidesOf lists the programme, then the one it is compared with.
func sidesOf(r simulation.Report) []simulation.Side {
	if r.Compare == nil {
		return []simulation.Side{r.Program}
	}
	return []simulation.Side{r.Program, *r.Compare}
}

// whose names the side of a bar, where there are two.
func whose(r simulation.Report, side int) string {
	switch {
	case r.Compare == nil:
		return ""
	case side == 0:
		return ", " + r.Program.Program
	}
	return ", " + compareName(r)
}

// compareName tells a programme from its own applied version.
func compareName(r simulation.Report) string {
	if r.Compare.Program == r.Program.Program {
		return r.Compare.Program + " as applied"
	}
	return r.Compare.Program
}

func sentenceCase(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// roundMoney leaves the minor units away where the amount is large.
func roundMoney(r simulation.Report, minor int64) string {
	m := amount(r, minor)
	if minor == 0 {
		return "0 " + m.Currency
	}
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
