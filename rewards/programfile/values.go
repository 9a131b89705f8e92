package programfile

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"grapevine/rewards"
)

// The bounds of what a file may say. Ten years is the longest life of anything here.
const (
	maxTitle = 255
	maxSpan  = 3650 * 24 * time.Hour
)

var (
	namePattern     = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)
	labelPattern    = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)
	durationPattern = regexp.MustCompile(`^(0|[1-9][0-9]{0,8})([smhd])$`)
)

// name reads a name that is part of addresses, accounts and job names.
func (s section) name(key string) string {
	if !s.need(key) {
		return ""
	}
	text, _, ok := s.scalar(key)
	if ok && !namePattern.MatchString(text) {
		s.problem(key, "%.80q is no name; write lower-case letters, digits, - and _, at most 64", text)
	}
	return text
}

// title reads a line of text, instead where there is none.
func (s section) title(key, instead string) string {
	text, quoted, ok := s.scalar(key)
	switch {
	case !ok:
		return instead
	case !quoted:
		s.problem(key, "put it in quotes: %q", text)
	case strings.TrimSpace(text) == "" || len(text) > maxTitle || strings.ContainsFunc(text, isControl):
		s.problem(key, "write one line of 1 to %d bytes", maxTitle)
	}
	return text
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// amount reads money in the shop's currency; zero money where the key is absent. Numbers without quotes
// are read by their digits, so 10.00 is exactly that; 1e1 and 0x0a are no amounts.
func (s section) amount(key string) rewards.Money {
	none := rewards.Money{Currency: s.r.currency}
	text, _, ok := s.scalar(key)
	if !ok || !s.r.known {
		return none
	}
	m, err := rewards.ParseMoney(text, s.r.currency)
	if err != nil {
		s.problem(key, "%s; write an amount in %s: %q", ownWords(err), s.r.currency, s.r.sample())
		return none
	}
	if m.Minor < 0 {
		s.problem(key, "%s is below zero; write an amount: %q", m, s.r.sample())
		return none
	}
	return m
}

// positive reads an amount that must be above zero where it is given.
func (s section) positive(key string) rewards.Money {
	before := len(s.r.problems)
	m := s.amount(key)
	if s.has(key) && m.Minor == 0 && s.r.known && len(s.r.problems) == before {
		s.problem(key, "must be above zero; leave it out or write %q", s.r.sample())
	}
	return m
}

// sample is an amount in the shop's currency, to show how one is written.
func (r *reader) sample() string {
	if exp, ok := rewards.Exponent(r.currency); !ok || exp == 0 {
		return "1000"
	} else if exp == 3 {
		return "10.000"
	}
	return "10.00"
}

func (s section) percent(key string) rewards.BasisPoints {
	text, _, ok := s.scalar(key)
	if !ok {
		return 0
	}
	p, err := rewards.ParsePercent(text)
	if err != nil || p == 0 {
		s.problem(key, `%.40q is not a percentage above 0 and up to 100; write "10" or "12.5"`, text)
	}
	return p
}

func (s section) flag(key string) bool {
	switch n := s.fields[key].(type) {
	case nil:
		return false
	case *ast.BoolNode:
		return n.Value
	default:
		s.problem(key, "%s; write true or false", describe(n))
		return false
	}
}

// choice reads one of a few words; the first is the default.
func (s section) choice(key string, words ...string) string {
	text, _, ok := s.scalar(key)
	if !ok {
		return words[0]
	}
	if !slices.Contains(words, text) {
		s.problem(key, "%.40q is not known; write one of: %s", text, strings.Join(words, ", "))
	}
	return text
}

// span reads a duration: one number with s, m, h or d. A day has 24 hours.
func (s section) span(key string, instead time.Duration) time.Duration {
	text, _, ok := s.scalar(key)
	if !ok {
		return instead
	}
	m := durationPattern.FindStringSubmatch(text)
	if m == nil {
		s.problem(key, "%.40q is no duration; write a number and its unit: 30s, 15m, 36h or 14d", text)
		return instead
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	unit := map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour}[m[2]]
	if err != nil || n > int64(maxSpan/unit) {
		s.problem(key, "%s is longer than ten years; write at most 3650d", text)
		return instead
	}
	return time.Duration(n) * unit
}

// positiveSpan reads a duration that must be above zero where it is given.
func (s section) positiveSpan(key string, instead time.Duration) time.Duration {
	before := len(s.r.problems)
	d := s.span(key, instead)
	if s.has(key) && d == 0 && len(s.r.problems) == before {
		s.problem(key, "must be above zero; leave it out or write a duration like 180d")
	}
	return d
}

// count reads a whole number above zero, of what is told; 0 where there is none.
func (s section) count(key, of string, most int64) int64 {
	text, quoted, ok := s.scalar(key)
	if !ok {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if quoted || err != nil || n < 1 || strconv.FormatInt(n, 10) != text {
		s.problem(key, "%.40q is not a number of %s above zero; write 50, without quotes", text, of)
		return 0
	}
	if n > most {
		s.problem(key, "%s %s are too many; write at most %d", text, of, most)
		return 0
	}
	return n
}

// rank reads a whole number from 0 to 1000; 0 where there is none.
func (s section) rank(key string) int {
	text, quoted, ok := s.scalar(key)
	if !ok {
		return 0
	}
	n, err := strconv.Atoi(text)
	if quoted || err != nil || n < 0 || n > 1000 || strconv.Itoa(n) != text {
		s.problem(key, "%.40q is no rank; write a whole number from 0 to 1000, without quotes", text)
		return 0
	}
	return n
}

// factor reads what rewards are multiplied by, from 0.01 to 100; One where there is none.
func (s section) factor(key string) rewards.Factor {
	text, _, ok := s.scalar(key)
	if !ok {
		return rewards.One
	}
	p, err := rewards.ParsePercent(text) // the same numbers, and hundredths as well
	if err != nil || p == 0 {
		s.problem(key, `%.40q is no factor above 0 and up to 100; write "2" or "1.5"`, text)
		return rewards.One
	}
	return rewards.Factor(p) * rewards.One / 100
}

// day reads a date at midnight in the shop's time zone; nil where there is none. plus moves it on by days.
func (s section) day(key string, plus int) *time.Time {
	text, _, ok := s.scalar(key)
	if !ok {
		return nil
	}
	d, err := time.Parse(time.DateOnly, text)
	if err != nil || d.Year() < 2000 || d.Year() > 9000 {
		s.problem(key, "%.40q is no date; write year-month-day: 2026-11-01", text)
		return nil
	}
	at := time.Date(d.Year(), d.Month(), d.Day()+plus, 0, 0, 0, 0, s.r.location)
	return &at
}

// days reads a first and a last day: from the midnight of the one to the midnight after the other.
func (s section) days(first, last string) (from, until *time.Time) {
	from, until = s.day(first, 0), s.day(last, 1)
	if from != nil && until != nil && !until.After(*from) {
		s.problem(last, "lies before %s; write a later day", first)
	}
	return from, until
}

// ownWords is an error's own words without its code.
func ownWords(err error) string {
	var e *rewards.Error
	if errors.As(err, &e) {
		return e.Text()
	}
	return err.Error()
}
