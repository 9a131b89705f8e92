package programfile

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// The most that lists of a file may hold.
const (
	maxRules    = 64
	maxVariants = 8
	maxBoosts   = 32
	maxLevels   = 32
	maxIDs      = 250
	maxNames    = 32
)

// maxID is the length of a platform's id, in characters: a Shopify gid has about 40.
const maxID = 64

// list of short texts, each read by a function that returns what is wrong with it, "" for nothing.
func (s section) texts(key string, most int, wrong func(text string) string) []string {
	var all []string
	for i, n := range s.list(key, most) {
		path, line := fmt.Sprintf("%s[%d]", join(s.path, key), i+1), lineOf(n)
		text, _, ok := scalar(n)
		if !ok {
			s.r.report(line, path, "%s; write one value", describe(n))
			continue
		}
		s.r.note(path, line)
		switch bad := wrong(text); {
		case bad != "":
			s.r.report(line, path, "%.80q %s", text, bad)
		case slices.Contains(all, text):
			s.r.report(line, path, "%q stands here twice; delete one", text)
		default:
			all = append(all, text)
		}
	}
	return all
}

// names reads names of programmes.
func (s section) names(key string) []string {
	return s.texts(key, maxNames, func(text string) string {
		if namePattern.MatchString(text) {
			return ""
		}
		return "is no name of a programme; grapevine program list shows them"
	})
}

// ids reads the platform's ids of products or collections, as the platform writes them.
func (s section) ids(key string) []string { return s.texts(key, maxIDs, badID) }

// id reads one id.
func (s section) id(key string) string {
	text, _, ok := s.scalar(key)
	if bad := badID(text); ok && bad != "" {
		s.problem(key, "%.80q %s", text, bad)
	}
	return text
}

var idPattern = regexp.MustCompile(`^[^\s\x00-\x20\x7f]+$`)

func badID(text string) string {
	if utf8.RuneCountInString(text) > maxID || !idPattern.MatchString(text) {
		return `is no id; write it as the shop shows it: "8012345678901"`
	}
	return ""
}

// countries reads ISO 3166-1 codes of two letters.
func (s section) countries(key string) []string {
	return s.texts(key, maxIDs, func(text string) string {
		switch {
		case slices.Contains(countries, text):
			return ""
		case text == "UK":
			return "is not in ISO 3166; Great Britain is GB"
		case slices.Contains(countries, strings.ToUpper(text)):
			return "is not in ISO 3166; write " + strings.ToUpper(text)
		}
		return "is not in ISO 3166; write two capital letters: DE, FR, US"
	})
}

// label reads a line of text for people, of at most 64 characters.
func (s section) label(key string, most int) string {
	text, quoted, ok := s.scalar(key)
	switch {
	case !ok:
	case !quoted:
		s.problem(key, "put it in quotes: %q", text)
	case strings.TrimSpace(text) == "" || utf8.RuneCountInString(text) > most || strings.ContainsFunc(text, isControl):
		s.problem(key, "write one line of 1 to %d characters", most)
	}
	return text
}

// short reads a short name that becomes a part of names of rules.
func (s section) short(key string) string {
	text, _, ok := s.scalar(key)
	if ok && !labelPattern.MatchString(text) {
		s.problem(key, "%.80q is no name; write lower-case letters, digits and -, at most 32", text)
	}
	return text
}
