package fairness

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// letters that no decomposition makes Latin ones of.
var letters = strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "ł", "l", "đ", "d", "ð", "d", "þ", "th", "ı", "i")

// fold brings text into the form in which two spellings of one name are equal: lower case, no accents, and
// a, o, u for ä, ö, ü whether they were written as ae, oe, ue or not.
func fold(s string) string {
	if plain(s) {
		return dropE(strings.ToLower(s))
	}
	s = letters.Replace(strings.ToLower(norm.NFKD.String(s)))
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(s))
	return dropE(s)
}

func plain(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// dropE drops each e that follows an a, o or u.
func dropE(s string) string {
	if !strings.Contains(s, "ae") && !strings.Contains(s, "oe") && !strings.Contains(s, "ue") {
		return s
	}
	var b strings.Builder
	vowel := false
	for _, r := range s {
		if vowel && r == 'e' {
			continue
		}
		vowel = r == 'a' || r == 'o' || r == 'u'
		b.WriteRune(r)
	}
	return b.String()
}

// foldName folds a name and keeps its letters only, each word apart by one space.
func foldName(s string) string {
	s = strings.NewReplacer("'", "", "\u2019", "").Replace(fold(s))
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) }), " ")
}

func compareNames(p *Pair, a, f Person) {
	lastA, lastF := foldName(a.Last), foldName(f.Last)
	firstA, firstF := foldName(a.First), foldName(f.First)
	p.NearName = same(lastA, lastF) && nearFirst(firstA, firstF) || same(lastA, firstF) && same(firstA, lastF)
	p.SameSurnamePostcode = same(lastA, lastF) && same(a.Address.postcode(), f.Address.postcode()) &&
		a.Address.country() == f.Address.country()
}

// nearFirst tells whether two first names may be one: equal, an initial of the other, a first of several,
// or one edit apart where they are long enough not to be two names.
func nearFirst(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	if utf8.RuneCountInString(a) > utf8.RuneCountInString(b) {
		a, b = b, a
	}
	initial := utf8.RuneCountInString(a) == 1 && strings.HasPrefix(b, a)
	return a == b || initial || strings.HasPrefix(b, a+" ") || long(a) && within(a, b, 1)
}

// within tells whether two words are at most so many edits apart: letters inserted, dropped or replaced,
// or two neighbours swapped (the optimal string alignment distance). Words beyond 64 letters are too long.
func within(a, b string, most int) bool {
	const longest = 64
	s, t := []rune(a), []rune(b)
	if len(s) > longest || len(t) > longest || max(len(s), len(t))-min(len(s), len(t)) > most {
		return false
	}
	var rows [3][longest + 1]int
	two, one, now := &rows[0], &rows[1], &rows[2]
	for j := range len(t) + 1 {
		one[j] = j
	}
	for i := 1; i <= len(s); i++ {
		now[0] = i
		for j := 1; j <= len(t); j++ {
			cost := 1
			if s[i-1] == t[j-1] {
				cost = 0
			}
			now[j] = min(one[j]+1, now[j-1]+1, one[j-1]+cost)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				now[j] = min(now[j], two[j-2]+1)
			}
		}
		two, one, now = one, now, two
	}
	return one[len(t)] <= most
}
