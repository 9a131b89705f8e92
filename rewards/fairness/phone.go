package fairness

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// The bounds of a number in international form, its calling code included. Source: ITU-T E.164.
const (
	minPhone = 8
	maxPhone = 15
)

// CanonicalPhone brings a telephone number into the form of E.164. A number that is not written in
// international form needs its country, as ISO 3166-1 alpha-2. ok is false where the form would be a guess: an
// unknown country, a number of the wrong length, letters, an extension, or a number typed to fill the field.
func CanonicalPhone(phone, country string) (e164 string, ok bool) {
	digits, international, ok := dialled(phone)
	if !ok {
		return "", false
	}
	home, known := plans[strings.ToUpper(strings.TrimSpace(country))]
	if !international && known && home.abroad != "" && strings.HasPrefix(digits, home.abroad) {
		digits, international = digits[len(home.abroad):], true
	}
	if international {
		return abroad(digits)
	}
	if !known {
		return "", false
	}
	return home.national(digits)
}

// dialled returns the digits of a number, and whether it is in international form.
func dialled(s string) (digits string, international, ok bool) {
	if len(s) > 64 {
		return "", false, false
	}
	s = strings.TrimSpace(norm.NFKC.String(s))
	if rest, found := strings.CutPrefix(strings.ToLower(s), "tel:"); found {
		s = strings.TrimSpace(rest)
	}
	s, international = strings.CutPrefix(s, "+")
	if international {
		s = strings.Replace(s, "(0)", "", 1)
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case !strings.ContainsRune(" -./()\u2010\u2011\u2012\u2013\u2014\u2212\u200e\u202a\u202c\t", r):
			return "", false, false
		}
	}
	return b.String(), international, b.Len() > 0
}

// abroad checks a number in international form, which may wrongly have kept its trunk prefix.
func abroad(digits string) (string, bool) {
	if len(digits) < minPhone || digits[0] == '0' {
		return "", false
	}
	for n := 3; n > 0; n-- {
		if p, ok := planOf[digits[:n]]; ok {
			return p.subscriber(digits[n:])
		}
	}
	if len(digits) > maxPhone || filler(digits) {
		return "", false
	}
	return "+" + digits, true
}

// national checks a number in a country's own form.
func (p plan) national(digits string) (string, bool) {
	rest, had := strings.CutPrefix(digits, p.trunk)
	switch {
	case p.trunk == "":
	case had && len(rest) >= p.least:
		return p.subscriber(rest)
	case p.least != p.most:
		return "", false // a number without its area, or one that already has its calling code
	}
	if len(digits) < p.least || len(digits) > p.most {
		return "", false
	}
	return p.subscriber(digits)
}

// subscriber puts the calling code before a number without its trunk prefix.
func (p plan) subscriber(digits string) (string, bool) {
	if p.trunk != "" && (p.trunk[0] == '0' || len(digits) > p.most) {
		digits = strings.TrimPrefix(digits, p.trunk)
	}
	if len(digits) < p.least || len(digits) > p.most || len(p.code)+len(digits) > maxPhone || filler(digits) {
		return "", false
	}
	if p.trunk != "" && digits[0] == '0' || p.code == "1" && digits[0] < '2' {
		return "", false
	}
	return "+" + p.code + digits, true
}

// filler tells whether digits were typed because a form asked for some: many people have typed the same.
func filler(digits string) bool {
	return strings.Count(digits, digits[:1]) == len(digits) ||
		strings.HasPrefix("01234567890123456789", digits) || strings.HasPrefix("1234567890123456789", digits)
}
