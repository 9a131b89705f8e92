package chart

import (
	"bytes"
	"encoding/xml"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// Number writes a figure in plain digits, without groups and without needless decimals: "12500",
// "-0.25". It is the label where a spec names none.
func Number(v float64) string {
	if math.Abs(v) >= 1e15 {
		return strconv.FormatFloat(v, 'g', 4, 64)
	}
	return strconv.FormatFloat(tidy(v), 'f', -1, 64)
}

// tidy takes away what binary fractions add: 0.30000000000000004 is 0.3, and -0 is 0.
func tidy(v float64) float64 {
	v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'e', 9, 64), 64) // its own output: always a number
	return v + 0
}

// point is a coordinate as it stands in the file.
func point(v float64) string {
	s := strconv.FormatFloat(v, 'f', 1, 64)
	s = strings.TrimSuffix(s, ".0")
	if s == "-0" {
		return "0"
	}
	return s
}

// escape makes text safe in XML, between tags and in attributes, on one line. What XML cannot hold
// becomes U+FFFD.
func escape(s string) string {
	var b bytes.Buffer
	xml.EscapeText(&b, []byte(oneLine(s))) // a buffer takes all
	return b.String()
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// width estimates how wide a text is drawn at a font size, in the size's unit. Fonts differ, so it is
// on the wide side: it follows DejaVu Sans, the widest of those that systems use by default.
func width(s string, size float64) float64 {
	var em float64
	for _, r := range s {
		switch {
		case unicode.Is(unicode.Mn, r):
		case r >= 0x1100 && (unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana) || r >= 0x1F000):
			em += 1.05
		case strings.ContainsRune("ijlI.,:;'|!() ", r):
			em += 0.38
		case strings.ContainsRune("mwMW%@—", r):
			em += 0.98
		case unicode.IsUpper(r):
			em += 0.74
		default:
			em += 0.63
		}
	}
	return em * size
}

// truncate shortens a text so that it is no wider than the limit, and marks that with "…".
func truncate(s string, size, limit float64) string {
	s = oneLine(s)
	if width(s, size) <= limit {
		return s
	}
	runes := []rune(s)
	for len(runes) > 0 && width(string(runes), size)+width("…", size) > limit {
		runes = runes[:len(runes)-1]
	}
	return strings.TrimRight(string(runes), " ") + "…"
}

// wrap breaks a text into lines no wider than the limit. What does not fit into the last line is cut.
func wrap(s string, size, limit float64, lines int) []string {
	var done []string
	line := ""
	words := strings.Fields(s)
	for i, word := range words {
		longer := strings.TrimPrefix(line+" "+word, " ")
		if line == "" || width(longer, size) <= limit {
			line = longer
			continue
		}
		if len(done) == lines-1 {
			line = strings.Join(append([]string{line}, words[i:]...), " ")
			break
		}
		done, line = append(done, truncate(line, size, limit)), word
	}
	if line != "" {
		done = append(done, truncate(line, size, limit))
	}
	return done
}
