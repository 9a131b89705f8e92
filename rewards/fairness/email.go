package fairness

import (
	_ "embed" // for the list
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// nearEmail is how many edits two names at one domain may be apart, nearLetters how long they must be for
// that to mean anything.
const (
	nearEmail   = 2
	nearLetters = 5
)

//go:embed disposable.txt
var disposableText string

// disposables are sorted by bytes, as the file is.
var disposables = sync.OnceValue(func() []string {
	domains := make([]string, 0, strings.Count(disposableText, "\n"))
	for line := range strings.Lines(disposableText) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			domains = append(domains, line)
		}
	}
	return domains
})

// Disposable tells whether a mail domain, or one that it lies in, gives mailboxes away to be thrown away.
// The list is embedded; its source, licence and date stand at its head.
func Disposable(emailDomain string) bool {
	for d := cleanDomain(emailDomain); d != ""; {
		if _, ok := slices.BinarySearch(disposables(), d); ok {
			return true
		}
		_, d, _ = strings.Cut(d, ".")
	}
	return false
}

// FreeMail tells whether a mail domain is a provider's where people who do not know each other have their
// mailboxes: a free provider's or a telephone company's.
func FreeMail(emailDomain string) bool {
	d := cleanDomain(emailDomain)
	if _, ok := slices.BinarySearch(freeDomains, d); ok {
		return true
	}
	brand, rest, _ := strings.Cut(d, ".")
	_, ok := slices.BinarySearch(freeBrands, brand)
	return ok && countryEnding(rest)
}

// countryEnding tells whether what follows a brand is "com", a country, or a country's part for companies.
func countryEnding(s string) bool {
	first, last, two := strings.Cut(s, ".")
	if !two {
		return first == "com" || len(first) == 2
	}
	return (first == "com" || first == "co") && len(last) == 2
}

func cleanDomain(s string) string {
	return strings.TrimSuffix(strings.ToLower(strings.TrimSpace(s)), ".")
}

// compareEmails looks at two addresses that are not one.
func compareEmails(p *Pair, a, b string) {
	localA, domainA, ok := cutEmail(a)
	localB, domainB, too := cutEmail(b)
	if !ok || !too || domainA != domainB {
		return
	}
	p.SameDomain = !FreeMail(domainA)
	if p.SameEmail {
		return
	}
	baseA, _, _ := strings.Cut(localA, "+")
	baseB, _, _ := strings.Cut(localB, "+")
	p.AliasEmail = same(baseA, baseB)
	p.NearEmail = !p.AliasEmail && long(localA) && long(localB) && within(localA, localB, nearEmail)
}

func long(local string) bool { return utf8.RuneCountInString(local) >= nearLetters }

func cutEmail(s string) (local, domain string, ok bool) {
	at := strings.LastIndexByte(s, '@')
	if at < 1 || at == len(s)-1 {
		return "", "", false
	}
	return s[:at], cleanDomain(s[at+1:]), true
}
