package chart

import (
	"math"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestTicksAreRound(t *testing.T) {
	t.Parallel()
	rounded := func(v float64) string { return Number(math.Round(v)) }
	for name, tc := range map[string]struct {
		lo, hi float64
		whole  bool
		label  func(float64) string
		want   []string
	}{
		"zero is part of it":             {lo: 40, hi: 97, whole: true, want: []string{"0", "20", "40", "60", "80", "100"}},
		"below zero":                     {lo: -12, hi: 30, want: []string{"-20", "-10", "0", "10", "20", "30"}},
		"only below zero":                {lo: -3, hi: -1, whole: true, want: []string{"-3", "-2", "-1", "0"}},
		"fractions without their dust":   {hi: 0.6, want: []string{"0", "0.2", "0.4", "0.6"}},
		"steps of a quarter":             {hi: 1.2, want: []string{"0", "0.25", "0.5", "0.75", "1", "1.25"}},
		"whole figures get whole steps":  {hi: 2, whole: true, want: []string{"0", "1", "2"}},
		"whole steps between 2 and 3":    {hi: 12, whole: true, want: []string{"0", "3", "6", "9", "12"}},
		"nothing but zero":               {whole: true, want: []string{"0", "1"}},
		"next to nothing":                {hi: 5e-324, want: []string{"0", "0.2", "0.4", "0.6", "0.8", "1"}},
		"labels that would read alike":   {hi: 2.2, label: rounded, want: []string{"0", "1", "2", "3"}},
		"labels that always read alike":  {hi: 5, label: func(float64) string { return "much" }, want: []string{"much", "much"}},
		"figures beyond plain digits":    {hi: 3e20, want: []string{"0", "1e+20", "2e+20", "3e+20"}},
		"figures that hardly are at all": {hi: 1e-9, want: []string{"0", "0.0000000002", "0.0000000004", "0.0000000006", "0.0000000008", "0.000000001"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tc.label == nil {
				tc.label = Number
			}
			if got := newAxis(tc.lo, tc.hi, tc.whole, tc.label).labels; !slices.Equal(got, tc.want) {
				t.Errorf("ticks %q, want %q", got, tc.want)
			}
		})
	}
}

func TestAnAxisCoversItsValues(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lo, hi := rapid.Float64Range(-biggest, biggest).Draw(t, "lo"), rapid.Float64Range(-biggest, biggest).Draw(t, "hi")
		lo, hi = min(lo, hi), max(lo, hi)
		whole := rapid.Bool().Draw(t, "whole")
		if whole {
			lo, hi = math.Trunc(lo), math.Trunc(hi)
		}
		a := newAxis(lo, hi, whole, Number)
		first, last := a.ticks[0], a.ticks[len(a.ticks)-1]
		slack := (last - first) * 1e-6
		if first > lo+slack || last < hi-slack || !slices.Contains(a.ticks, 0) || len(a.ticks) > 8 || !slices.IsSorted(a.ticks) {
			t.Fatalf("ticks %v for %v to %v", a.ticks, lo, hi)
		}
	})
}

func TestThinningKeepsEveryPeak(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 4000).Draw(t, "points")
		columns := float64(rapid.IntRange(1, 40).Draw(t, "columns"))
		all := make([]place, n)
		for i := range all {
			all[i] = place{float64(i) / float64(n) * columns, float64((i * 7919) % 1009)}
		}
		all[rapid.IntRange(0, n-1).Draw(t, "peak")].y = 5000
		all[rapid.IntRange(0, n-1).Draw(t, "trough")].y = -5000
		kept := thin(all)
		if len(kept) > 4*int(columns) || kept[0] != all[0] || kept[len(kept)-1] != all[n-1] {
			t.Fatalf("%d of %d points kept for %v columns, %v to %v", len(kept), n, columns, kept[0], kept[len(kept)-1])
		}
		if got, want := extremes(kept), extremes(all); !reflect.DeepEqual(got, want) {
			t.Fatalf("lowest and highest by column %v, want %v", got, want)
		}
	})
}

func extremes(points []place) map[int][2]float64 {
	found := map[int][2]float64{}
	for _, p := range points {
		column := int(math.Floor(p.x))
		e, ok := found[column]
		if !ok {
			e = [2]float64{p.y, p.y}
		}
		found[column] = [2]float64{min(e[0], p.y), max(e[1], p.y)}
	}
	return found
}
