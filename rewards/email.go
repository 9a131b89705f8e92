package rewards

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// The longest address that can be delivered. Source: RFC 5321 §4.5.3.1.
const (
	maxEmail      = 254
	maxEmailLocal = 64
)

// plusProviders deliver name+anything to name. Providers that do not are left alone: there, two
// addresses that differ by a tag are two people. Source: each provider's help pages on aliases.
var plusProviders = []string{
	"gmail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "icloud.com", "me.com", "mac.com",
	"fastmail.com", "fastmail.fm", "proton.me", "protonmail.com", "pm.me", "hey.com", "zohomail.com",
}

// CanonicalEmail brings an address into the form under which two spellings of one mailbox are equal:
// trimmed, lower case, NFKC, without the plus tag of providers that ignore it, without dots for Gmail,
// and gmail.com for googlemail.com. It is for keyed look-ups only; mail goes to the address as given.
// ok is false for what can be no address.
func CanonicalEmail(s string) (canonical string, ok bool) {
	if len(s) > 4*maxEmail {
		return "", false
	}
	s = foldEmail(s)
	at := strings.LastIndexByte(s, '@')
	if at < 1 || len(s) > maxEmail {
		return "", false
	}
	local, domain := s[:at], strings.TrimSuffix(s[at+1:], ".")
	if domain == "googlemail.com" {
		domain = "gmail.com"
	}
	if slices.Contains(plusProviders, domain) {
		local, _, _ = strings.Cut(local, "+")
	}
	if domain == "gmail.com" {
		local = foldEmail(strings.ReplaceAll(local, ".", "")) // without the dot a mark may meet a letter
	}
	if !goodLocal(local) || !goodDomain(domain) {
		return "", false
	}
	return local + "@" + domain, true
}

// foldEmail folds until nothing changes: lower case can make a new composition possible, and the
// ideographic full stop stands for a dot (RFC 3490).
func foldEmail(s string) string {
	s = strings.TrimSpace(strings.Map(dropFormat, s))
	for range 4 {
		t := strings.ReplaceAll(norm.NFKC.String(strings.ToLower(norm.NFKC.String(s))), "。", ".")
		t = strings.TrimSpace(strings.Map(dropFormat, t))
		if t == s {
			break
		}
		s = t
	}
	return s
}

func goodLocal(s string) bool {
	return s != "" && len(s) <= maxEmailLocal && !strings.ContainsFunc(s, notInEmail)
}

func goodDomain(s string) bool {
	if strings.ContainsFunc(s, notInEmail) || !strings.Contains(s, ".") {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "-") != label {
			return false
		}
	}
	return true
}

// notInEmail refuses what needs quoting: nobody has such an address, and it invites trickery.
func notInEmail(r rune) bool {
	return r == unicode.ReplacementChar || unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(`"(),:;<>@[\]`, r)
}
