package fairness

import (
	"slices"
	"strings"
	"unicode"
)

// Address is where an order goes, as the shop gave it. Country is ISO 3166-1 alpha-2.
type Address struct{ Line1, Line2, City, Postcode, Country string }

// maxLine is far above any real address line. What is longer is not compared.
const maxLine = 256

// Canonical brings an address into the form under which two spellings of one place are equal: street and
// number, unit, postcode and country, folded, with abbreviations and words for a unit made one. It is ""
// where there is not enough to compare: no country, no number, neither a postcode nor a city, or a place
// where many people fetch their parcels. The form given as Line1, Postcode and Country gives itself again.
func (a Address) Canonical() string {
	country, place := a.country(), a.postcode()
	if place == "" { // folded as a postcode is, so that the form gives itself again
		place = Address{Postcode: a.City, Country: a.Country}.postcode()
	}
	if country == "" || place == "" || len(a.Line1) > maxLine || len(a.Line2) > maxLine {
		return ""
	}
	line := street(a.Line1, a.Line2)
	for range 8 { // folding once can make a word that folds again
		again := street(line, "")
		if again == line {
			break
		}
		line = again
	}
	road, _, _ := strings.Cut(line, "#")
	if street(line, "") != line || !strings.ContainsFunc(line, unicode.IsDigit) || !strings.ContainsFunc(road, unicode.IsLetter) {
		return ""
	}
	return line + "|" + place + "|" + country
}

// country folds the country's code, "" for what is none. It is not a word: the letters of AE stay. The United
// Kingdom is GB in ISO 3166, and UK to many.
func (a Address) country() string {
	c := strings.ToLower(strings.TrimSpace(a.Country))
	switch {
	case len(c) != 2 || strings.Trim(c, "abcdefghijklmnopqrstuvwxyz") != "":
		return ""
	case c == "uk":
		return "gb"
	}
	return c
}

// numberedPostcodes are countries whose postcodes are digits only; letters before them are the country's.
var numberedPostcodes = []string{"at", "ch", "cz", "de", "dk", "es", "fi", "fr", "it", "no", "pl", "se", "sk", "us"}

func (a Address) postcode() string {
	p, country := code(a.Postcode), a.country()
	if digits := strings.TrimLeftFunc(p, unicode.IsLetter); slices.Contains(numberedPostcodes, country) && digits != "" {
		p = digits
	}
	if country == "us" && len(p) == 9 && strings.Trim(p, "0123456789") == "" {
		p = p[:5] // the rest is the postman's walk (ZIP+4)
	}
	return p
}

// code folds what is written in letters and digits and with spaces as one likes.
func code(s string) string {
	if len(s) > maxLine {
		return ""
	}
	for range 8 { // without a space between them two letters can fold into one
		again := strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				return r
			}
			return -1
		}, fold(s))
		if again == s {
			return s
		}
		s = again
	}
	return ""
}

// street makes one word of an address's lines, "" for a place that many people share. Units go to the end.
func street(line1, line2 string) string {
	words := append(words(line1), unitAlone(words(line2))...)
	words = leadingUnit(words)
	var road, units []string
	for i := 0; i < len(words); i++ {
		w := words[i]
		switch {
		case slices.Contains(sharedPlaces, w):
			return ""
		case w == "#" && i+1 < len(words) && words[i+1] != "#":
			i++
			unit := words[i]
			if number(unit) && i+1 < len(words) && oneLetter(words[i+1]) {
				i++
				unit += words[i]
			}
			units = append(units, "#"+unit)
		case w != "#" && w != "/":
			road = append(road, w)
		}
	}
	slices.Sort(units)
	return join(road) + strings.Join(slices.Compact(units), "")
}

// join puts words together, apart only where two numbers would become one.
func join(words []string) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 && number(w) && number(words[i-1]) {
			b.WriteByte(' ')
		}
		b.WriteString(w)
	}
	return b.String()
}

// unitAlone marks a second line that is only a number for the unit that it is.
func unitAlone(words []string) []string {
	if len(words) > 0 && number(words[0]) && (len(words) == 1 || len(words) == 2 && oneLetter(words[1])) {
		return append([]string{"#"}, words...)
	}
	return words
}

// leadingUnit reads 4/12 before a street's name as unit 4 at number 12, as Australia and New Zealand write.
// The other slashes stand between a number and a unit, as Austria writes.
func leadingUnit(words []string) []string {
	if len(words) > 3 && number(words[0]) && words[1] == "/" && number(words[2]) && !number(words[3]) && words[3] != "/" {
		return append(slices.Clone(words[2:]), "#", words[0])
	}
	for i := 1; i+1 < len(words); i++ {
		if words[i] == "/" && number(words[i-1]) && number(words[i+1]) {
			words[i] = "#"
		}
	}
	return words
}

// words cuts a line into folded words and numbers, "#" for what says that a unit follows, and "/".
func words(line string) []string {
	var found []string
	var word strings.Builder
	digits := false
	end := func() {
		if w := short(word.String()); w != "" {
			found = append(found, w)
		}
		word.Reset()
	}
	for _, r := range fold(line) {
		switch {
		case r == '#' || r == '/':
			end()
			found = append(found, string(r))
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			if r != '\'' && r != '\u2019' {
				end()
			}
		default:
			if unicode.IsDigit(r) != digits {
				end()
				digits = !digits
			}
			word.WriteRune(r)
		}
	}
	end()
	return found
}

// short gives a word its short form, "#" to a word for a unit, and "" to a word for a number.
func short(w string) string {
	if s, ok := shortWords[w]; ok {
		return s
	}
	for _, e := range endings {
		if rest, ok := strings.CutSuffix(w, e.long); ok {
			return rest + e.short
		}
	}
	return w
}

func number(w string) bool { return w != "" && unicode.IsDigit([]rune(w)[0]) }

func oneLetter(w string) bool { return len([]rune(w)) == 1 && unicode.IsLetter([]rune(w)[0]) }
