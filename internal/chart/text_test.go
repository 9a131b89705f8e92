package chart

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestTextsAreCutAtTheirLimit(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "short", strings.Repeat("wide WWW ", 30), strings.Repeat("推薦", 60), strings.Repeat("é", 90), "two\nlines\tand more of them than fit in here"} {
		got := truncate(s, textSize, 180)
		whole := got == oneLine(s)
		if width(got, textSize) > 180 || whole == strings.HasSuffix(got, "…") || strings.ContainsAny(got, "\n\t") {
			t.Errorf("%q is cut to %q", s, got)
		}
	}
}

func TestNotesAreWrapped(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		in   string
		want []string
	}{
		"nothing":        {"", nil},
		"one line":       {"one two", []string{"one two"}},
		"two lines":      {"one two three four five", []string{"one two three", "four five"}},
		"more than fits": {"one two three four five six seven eight nine", []string{"one two three", "four five six…"}},
		"one long word":  {"incomprehensibilities", []string{"incomprehens…"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := wrap(tc.in, 10, 84, 2); !slices.Equal(got, tc.want) {
				t.Errorf("lines %q, want %q", got, tc.want)
			}
		})
	}
}

func TestNumbersNeedNoLocale(t *testing.T) {
	t.Parallel()
	for in, want := range map[float64]string{0: "0", math.Copysign(0, -1): "0", 12500: "12500", -0.25: "-0.25", 0.1 + 0.2: "0.3", 1.5e15: "1.5e+15"} {
		if got := Number(in); got != want {
			t.Errorf("%v is written %q, want %q", in, got, want)
		}
	}
}

// WCAG 2.2, definitions of contrast ratio and relative luminance.
func TestColoursStandOutFromThePaper(t *testing.T) {
	t.Parallel()
	light, dark, ok := strings.Cut(style, "@media (prefers-color-scheme:dark)")
	if !ok {
		t.Fatal("there is no dark block")
	}
	colour := regexp.MustCompile(`--gv-(\w+):(?:var\(--\w+,)?(#[0-9a-f]{6})`)
	for name, block := range map[string]string{"light": light, "dark": dark} {
		found := map[string]float64{}
		for _, m := range colour.FindAllStringSubmatch(block, -1) {
			found[m[1]] = luminance(t, m[2])
		}
		for _, one := range []string{"ink", "quiet", "s1", "s2", "s3", "s4", "minus"} {
			l, ok := found[one]
			hi, lo := max(l, found["paper"]), min(l, found["paper"])
			if ratio := (hi + 0.05) / (lo + 0.05); !ok || ratio < 4.5 {
				t.Errorf("%s: %s has a contrast of %.2f : 1", name, one, ratio)
			}
		}
	}
}

func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	var l float64
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		c, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		part := float64(c) / 255
		if part <= 0.04045 {
			part /= 12.92
		} else {
			part = math.Pow((part+0.055)/1.055, 2.4)
		}
		l += weight * part
	}
	return l
}
