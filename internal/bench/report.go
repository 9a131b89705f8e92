package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// figure is one thing that was measured, once a round.
type figure struct {
	Name    string    `json:"name"`
	Unit    string    `json:"unit"`
	Samples []float64 `json:"samples"`
	Median  float64   `json:"median"`
	Floor   *floor    `json:"floor,omitempty"`
}

// floor is what a median has to reach, or to stay below.
type floor struct {
	Bound float64 `json:"bound"`
	Below bool    `json:"below"`
	Met   bool    `json:"met"`
}

type report struct {
	figures []*figure
}

// floors are the promises, by name and unit of a figure.
var floors = map[string]floor{
	"postgres door ÷ pgbench|×":                    {Bound: 1.25},
	"postgres door ÷ HMAC only|×":                  {Bound: 0.33},
	"sqlite door ÷ pgbench|×":                      {Bound: 0.9},
	"postgres door service|MiB":                    {Bound: 64, Below: true},
	"postgres door+worker service|MiB":             {Bound: 64, Below: true},
	"sqlite door service|MiB":                      {Bound: 160, Below: true},
	"sqlite door+worker service|MiB":               {Bound: 160, Below: true},
	"postgres plain orders batched ÷ pgbench|×":    {Bound: 0.5},
	"postgres coded orders batched ÷ pgbench|×":    {Bound: 0.2},
	"postgres both at once, taken in ÷ pgbench|×":  {Bound: 0.35},
	"postgres both at once, decided ÷ pgbench|×":   {Bound: 0.35},
	"postgres both at once, lag p99|ms":            {Bound: 250, Below: true},
	"postgres both at once, left over|events":      {Below: true},
	"postgres both at once, rewards doubled|":      {Below: true},
	"postgres both at once service|MiB":            {Bound: 64, Below: true},
	"workers: 1, coded orders, rewards doubled|":   {Below: true},
	"workers: 2, coded orders, rewards doubled|":   {Below: true},
	"million: most memory|MiB":                     {Bound: 64, Below: true},
	"million: memory, last quarter ÷ second|×":     {Bound: 1.2, Below: true},
	"dashboard figures, slowest question's p50|ms": {Bound: 5, Below: true},
	"largest ÷ empty, webhook taken in|×":          {Bound: 1.5, Below: true},
	"largest ÷ empty, order without a code|×":      {Bound: 1.5, Below: true},
	"largest ÷ empty, order with a code|×":         {Bound: 1.5, Below: true},
	"two workers ÷ one, plain orders|×":            {Bound: 1.15},
	"postgres one connection p50|ms":               {Bound: 1, Below: true},
	"sqlite one connection p50|ms":                 {Bound: 1, Below: true},
	"postgres door at 70 % p99|ms":                 {Bound: 20, Below: true},
	"sqlite door at 70 % p99|ms":                   {Bound: 20, Below: true},
	"postgres plain orders batched ÷ singly|×":     {Bound: 4},
	"sqlite plain orders batched ÷ singly|×":       {Bound: 4},
	"postgres coded orders batched ÷ singly|×":     {Bound: 4},
	"sqlite coded orders batched ÷ singly|×":       {Bound: 4},
	"sqlite serve idle memory|MiB":                 {Bound: 40, Below: true},
	"postgres serve idle memory|MiB":               {Bound: 40, Below: true},
	"sqlite serve start to ready|ms":               {Bound: 1000, Below: true},
	"postgres serve start to ready|ms":             {Bound: 1000, Below: true},
	"simulation|s":                                 {Bound: 60, Below: true},
	"simulation, peak memory|MiB":                  {Bound: 200, Below: true},
	"simulation, compared|s":                       {Bound: 60, Below: true},
	"simulation, compared, peak memory|MiB":        {Bound: 200, Below: true},
}

// add notes one sample.
func (r *report) add(name, unit string, value float64) {
	f := r.find(name, unit)
	if f == nil {
		f = &figure{Name: name, Unit: unit}
		r.figures = append(r.figures, f)
	}
	f.Samples = append(f.Samples, value)
	f.Median = median(f.Samples)
	if want, ok := floors[name+"|"+unit]; ok {
		want.Met = f.Median >= want.Bound
		if want.Below {
			want.Met = f.Median <= want.Bound
		}
		f.Floor = &want
	}
}

func (r *report) find(name, unit string) *figure {
	for _, f := range r.figures {
		if f.Name == name && f.Unit == unit {
			return f
		}
	}
	return nil
}

// median is the middle sample, the mean of the two middle ones of an even number.
func median(samples []float64) float64 {
	s := slices.Sorted(slices.Values(samples))
	n := len(s)
	if n == 0 {
		return 0
	}
	return (s[(n-1)/2] + s[n/2]) / 2
}

// met tells whether all floors are.
func (r *report) met() bool {
	return !slices.ContainsFunc(r.figures, func(f *figure) bool { return f.Floor != nil && !f.Floor.Met })
}

func (r *report) table(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "what\tmedian\tleast\tmost\tunit\tfloor")
	for _, f := range r.figures {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", f.Name, digits(f.Median), digits(slices.Min(f.Samples)), digits(slices.Max(f.Samples)), f.Unit, f.Floor)
	}
	return t.Flush()
}

func (r *report) json(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r.figures)
}

// String is the floor as a reader wants it: "≥ 0.8 met".
func (f *floor) String() string {
	if f == nil {
		return ""
	}
	sign, word := "≥", "MISSED"
	if f.Below {
		sign = "≤"
	}
	if f.Met {
		word = "met"
	}
	return strings.Join([]string{sign, digits(f.Bound), word}, " ")
}

// digits keeps about three figures.
func digits(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return strings.TrimSuffix(fmt.Sprintf("%.2f", v), ".00")
}
