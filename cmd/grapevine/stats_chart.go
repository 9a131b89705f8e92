package main

import (
	"fmt"
	"math"
	"time"

	"grapevine/internal/chart"
	"grapevine/rewards"
)

// statsChart draws the groups of a report: periods as lines, all others as bars.
func statsChart(r rewards.FigureReport) ([]byte, error) {
	ref := r.Total.Referred()
	note := fmt.Sprintf("%s to %s, in %s. %d of %d orders were referred, for %s of revenue at a cost of %s.", r.From, r.To, r.Currency,
		ref.Orders, r.Total.All.Orders, ref.Revenue.Decimal(), r.Total.Cost().Decimal())
	panels := []chart.Panel{
		bars(r, "Referred revenue", func(f rewards.Figures) int64 { return f.Referred().Revenue.Minor }),
		bars(r, "Cost", func(f rewards.Figures) int64 { return f.Cost().Minor }),
	}
	if r.By.OverTime() {
		panels = lines(r)
	}
	return chart.Stack(chart.Figure{ID: "stats", Title: "Referrals by " + string(r.By), Note: note, Panels: panels})
}

// lines draws money and orders over time.
func lines(r rewards.FigureReport) []chart.Panel {
	at := make([]time.Time, len(r.Groups))
	series := map[string][]float64{}
	for i, f := range r.Groups {
		at[i] = f.From
		for name, v := range map[string]int64{"revenue": f.Referred().Revenue.Minor, "cost": f.Cost().Minor, "referred": f.Referred().Orders, "others": f.Others().Orders} {
			series[name] = append(series[name], float64(v))
		}
	}
	day := func(i int) string { return groupName(r.By, r.Groups[i]) }
	return []chart.Panel{
		chart.LineSpec{Title: "Money", Note: "Revenue of referred orders, and what they cost.", X: chart.Times(at), XLabel: day, Y: inMoney(r.Currency),
			Series: []chart.Series{{Name: "Revenue", Values: series["revenue"]}, {Name: "Cost", Values: series["cost"]}}},
		chart.LineSpec{Title: "Orders", X: chart.Times(at), XLabel: day,
			Series: []chart.Series{{Name: "Referred", Values: series["referred"]}, {Name: "Others", Values: series["others"]}}},
	}
}

func bars(r rewards.FigureReport, title string, of func(rewards.Figures) int64) chart.Panel {
	spec := chart.BarSpec{Title: title, Value: inMoney(r.Currency)}
	for _, f := range r.Groups {
		spec.Bars = append(spec.Bars, chart.Bar{Label: groupName(r.By, f), Value: float64(of(f))})
	}
	return spec
}

// inMoney writes a value of a chart, which is in minor units.
func inMoney(currency string) func(float64) string {
	return func(v float64) string {
		return rewards.Money{Minor: int64(math.Round(v)), Currency: currency}.String()
	}
}
