package chart_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"grapevine/internal/chart"
)

var update = flag.Bool("update", false, "rewrite testdata/*.svg")

func euros(minor float64) string { return fmt.Sprintf("%.2f €", minor/100) }

// wave makes n values that rise and fall around a base.
func wave(n int, base, swing, slow float64) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = math.Round(base + swing*math.Sin(float64(i)/slow) + float64(i*7919%97)/10)
	}
	return v
}

func days(n int) (places []float64, label func(int) string) {
	at := make([]time.Time, n)
	for i := range at {
		at[i] = time.Date(2026, 3, 1+i, 0, 0, 0, 0, time.UTC)
	}
	return chart.Times(at), func(i int) string { return at[i].Format("2 Jan") }
}

var reasons = chart.BarSpec{
	Title: "Rejected, by reason", Note: "Orders that carried a code and earned nothing.",
	Bars: []chart.Bar{{"The friend has bought here before", 184}, {"Below the minimum order value", 97}, {"Advocate and friend are one person", 41},
		{"The code had been retired & replaced by <another> one when the order was placed, so the order counted for nobody", 12},
		{"Cap reached", 3}, {"Country not served", 0}},
}

// charts is the gallery: each is a golden file.
func charts() map[string]chart.Figure {
	x, label := days(60)
	gaps := wave(60, 40, 20, 5)
	for _, i := range []int{3, 4, 20, 22, 58} {
		gaps[i] = math.NaN()
	}
	peak := wave(10_000, 500, 90, 900)
	peak[6_123], peak[8_001] = 2400, -700
	cost := chart.LineSpec{Title: "Cost of rewards", Note: "What was promised each day, before refunds.", X: x, XLabel: label, Y: euros,
		Series: []chart.Series{{"Today's programme", wave(60, 8000, 3000, 9)}, {"With the proposed cap of three rewards a month", wave(60, 6000, 1500, 7)}}}
	four := chart.LineSpec{Title: "Referrals by variant", X: x, XLabel: label, Series: []chart.Series{{"Control", wave(60, 30, 9, 4)},
		{"Gift card", wave(60, 55, 9, 6)}, {"Free shipping for ever", gaps}, {"Points", wave(60, 90, 12, 11)}}}
	balance := chart.LineSpec{Title: "Margin after rewards", XLabel: label, Y: euros,
		Series: []chart.Series{{"Margin", []float64{-120_050, -80_000, -30_000, 15_000, 42_500, 38_000, 61_000}}}}
	single := func(p chart.Panel) chart.Figure { return chart.Figure{Panels: []chart.Panel{p}} }
	return map[string]chart.Figure{
		"lines":     single(cost),
		"four":      single(four),
		"negative":  single(balance),
		"one_point": single(chart.LineSpec{Title: "First day", Series: []chart.Series{{"Referrals", []float64{3}}}}),
		"flat":      single(chart.LineSpec{Title: "A quiet month", Series: []chart.Series{{"Referrals", make([]float64, 30)}}}),
		"many":      single(chart.LineSpec{Title: "Ten thousand orders", Series: []chart.Series{{"Order value", peak}}}),
		"long_labels": single(chart.LineSpec{Title: strings.Repeat("A title that says more than it should ", 5), Note: strings.Repeat("And a note that goes on. ", 30),
			Series: []chart.Series{{strings.Repeat("endless", 9), wave(12, 5, 3, 2)}, {"<script>alert('1')</script>", wave(12, 8, 3, 2)}},
			XLabel: func(i int) string { return fmt.Sprintf("the week that began on day %d", i*7) },
			Y:      func(v float64) string { return chart.Number(v) + " pieces of merchandise each" }}),
		"bars":          single(reasons),
		"bars_negative": single(chart.BarSpec{Title: "Change against last month", Value: euros, Bars: []chart.Bar{{"Store credit", 52_300}, {"Gift cards", -18_050}, {"Points", -200}, {"推薦プログラム", 12_000}}}),
		"bars_zero":     single(chart.BarSpec{Title: "Nothing was spent", Value: euros, Bars: []chart.Bar{{"Store credit", 0}, {"Gift cards", 0}}}),
		"empty":         {Title: "Before the first order", Panels: []chart.Panel{chart.LineSpec{Title: "Cost", Series: []chart.Series{{"Cost", nil}}}, chart.BarSpec{Title: "Reasons", Empty: "Noch nichts zu sehen"}}},
		"figure": {ID: "simulation", Title: "Simulation: spring programme", Note: "1 March to 29 April 2026, 12,408 orders judged again. Nothing was issued and no shop was called.",
			Panels: []chart.Panel{cost, chart.BarSpec{Title: "Cost by kind", Value: euros, Bars: []chart.Bar{{"Store credit", 412_000}, {"Discount codes", 187_550}, {"Donations", 25_000}}}, reasons}},
	}
}

func TestTheGallery(t *testing.T) {
	t.Parallel()
	for name, figure := range charts() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := draw(t, figure)
			path := filepath.Join("testdata", name+".svg")
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s is drawn differently; look at it with -update", path)
			}
			if again := draw(t, charts()[name]); !bytes.Equal(got, again) {
				t.Error("the second drawing differs from the first")
			}
		})
	}
}

func draw(t *testing.T, f chart.Figure) []byte {
	t.Helper()
	svg, err := chart.Stack(f)
	if err != nil {
		t.Fatal(err)
	}
	wellFormed(t, svg)
	return svg
}

// wellFormed reads a picture as XML and checks that its title and its description are tied to it.
func wellFormed(t *testing.T, svg []byte) {
	t.Helper()
	dec := xml.NewDecoder(bytes.NewReader(svg))
	texts, ids := map[string]string{}, []string(nil)
	open := ""
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, svg)
		}
		switch token := token.(type) {
		case xml.StartElement:
			open = ""
			for _, a := range token.Attr {
				switch {
				case a.Name.Local == "id":
					open = a.Value
				case a.Name.Local == "aria-labelledby":
					ids = strings.Fields(a.Value)
				case strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf"):
					t.Errorf("<%s %s=%q>", token.Name.Local, a.Name.Local, a.Value)
				}
			}
		case xml.CharData:
			if open != "" {
				texts[open] += string(token)
			}
		case xml.EndElement:
			open = ""
		}
	}
	if len(ids) != 2 || texts[ids[0]] == "" || texts[ids[1]] == "" {
		t.Errorf("labelled by %v, which say %q", ids, texts)
	}
}
