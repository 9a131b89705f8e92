package rewards

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// The bounds of a folded code. What comes in may be longer by spaces and invisible characters.
const (
	maxCodeLength = 64
	maxCodeInput  = 1024 // bytes that FoldCode looks at at all
)

// FoldCode brings a code as somebody typed it into the one form that codes are stored and compared in:
// NFKC, no format characters, no surrounding space, upper case. ok is false for what can be no code:
// empty, longer than 64 characters, or with anything but A-Z, 0-9, "-" and "_" after folding.
//
// Full-width letters fold to plain ones. Letters that only look alike never match: Cyrillic А stays
// what it is, and so do ſ and the Kelvin sign, which Unicode would turn into s and K.
func FoldCode(s string) (folded string, ok bool) {
	if len(s) > maxCodeInput {
		return "", false
	}
	if strings.ContainsAny(s, "\u017f\u1e9b\ufb05\u212a") { // ſ ẛ ﬅ and KELVIN SIGN
		return "", false
	}
	s = strings.Map(dropFormat, norm.NFKC.String(strings.Map(dropFormat, s)))
	s = strings.Map(upperASCII, strings.TrimSpace(s))
	if s == "" || len(s) > maxCodeLength || strings.ContainsFunc(s, notInCode) {
		return "", false
	}
	return s, true
}

// dropFormat takes out what nobody sees: zero-width spaces, joiners, direction marks.
func dropFormat(r rune) rune {
	if unicode.Is(unicode.Cf, r) {
		return -1
	}
	return r
}

// upperASCII leaves all but a-z alone: strings.ToUpper would turn ı into I and ſ into S.
func upperASCII(r rune) rune {
	if 'a' <= r && r <= 'z' {
		return r - 'a' + 'A'
	}
	return r
}

func notInCode(r rune) bool {
	return !('A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '-' || r == '_')
}

const (
	maxNamePart    = 10
	namelessCode   = "FRIEND"
	personalRandom = 4
	rewardPrefix   = "GV-" // what reward codes begin with, see NewMint
)

// PersonalCode makes a friend code that can be read aloud: "ANNA-7Q2M". The name part is the first word
// of firstName that has Latin letters, without accents, at most ten; FRIEND where there is none. random
// draws n characters of the code alphabet (RandomCode).
func PersonalCode(firstName string, random func(n int) string) string {
	name := namelessCode
	for word := range strings.FieldsSeq(firstName) {
		if letters := asciiLetters(word); letters != "" {
			name = letters[:min(len(letters), maxNamePart)]
			break
		}
	}
	return name + "-" + random(personalRandom)
}

// plainLetters spells the Latin letters that have no decomposition in Unicode.
var plainLetters = strings.NewReplacer("ł", "l", "Ł", "L", "ø", "o", "Ø", "O", "đ", "d", "Đ", "D", "ð", "d", "Ð", "D",
	"ß", "ss", "ẞ", "SS", "æ", "ae", "Æ", "AE", "œ", "oe", "Œ", "OE", "þ", "th", "Þ", "TH", "ı", "i", "ħ", "h", "Ħ", "H")

func asciiLetters(s string) string {
	return strings.Map(func(r rune) rune {
		if r = upperASCII(r); 'A' <= r && r <= 'Z' {
			return r
		}
		return -1
	}, norm.NFKD.String(plainLetters.Replace(s)))
}

// The bounds of a code that somebody wishes for.
const (
	minCustomCode = 4
	maxCustomCode = 32
)

// ValidCustomCode folds a friend code that an advocate or a merchant wishes for, and checks that it
// makes a good one: 4 to 32 letters, digits, "-" and "_", beginning and ending with a letter or digit,
// and not looking like a reward code. Kind Invalid, code bad_code; the text says what is wrong.
func ValidCustomCode(s string) (folded string, err error) {
	folded, ok := FoldCode(s)
	switch {
	case !ok:
		return "", Errorf(Invalid, "bad_code", "%.80q has other characters than A-Z, 0-9, - and _, or is empty or too long", s)
	case len(folded) < minCustomCode || len(folded) > maxCustomCode:
		return "", Errorf(Invalid, "bad_code", "%q has %d characters, not %d to %d", folded, len(folded), minCustomCode, maxCustomCode)
	case strings.Trim(folded, "-_") != folded:
		return "", Errorf(Invalid, "bad_code", "%q does not begin and end with a letter or digit", folded)
	case strings.HasPrefix(folded, rewardPrefix):
		return "", Errorf(Invalid, "bad_code", "%q begins like a reward code", folded)
	}
	return folded, nil
}
