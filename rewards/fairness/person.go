package fairness

import (
	"net/netip"
	"strings"
)

// Person is what is known of somebody, plain, for the moment of a comparison only. It is never stored.
// A field that is not known is "", and nothing is alike with it.
type Person struct {
	CustomerID  string // the shop's id
	Email       string // canonical form, see rewards.CanonicalEmail
	Phone       string // as given
	First, Last string
	Address     Address
	IP          string // within the look-back
	Agent       string // the user agent that came with IP, if that was within 24 hours of the order
	Card        string // fingerprint of the means of payment
}

// Compare tells what can be told from two plain persons.
func Compare(advocate, friend Person) Pair {
	a, f := advocate, friend
	p := Pair{
		SameCustomer: same(a.CustomerID, f.CustomerID),
		SameEmail:    same(a.Email, f.Email),
		SameCard:     same(a.Card, f.Card),
		SamePhone:    samePhone(a, f),
		SameAddress:  same(a.Address.Canonical(), f.Address.Canonical()),
		SameIP:       sameIP(a.IP, f.IP),
	}
	p.SameDevice = p.SameIP && same(strings.TrimSpace(a.Agent), strings.TrimSpace(f.Agent))
	compareEmails(&p, a.Email, f.Email)
	compareNames(&p, a, f)
	return p
}

func same(a, b string) bool { return a != "" && a == b }

func samePhone(a, f Person) bool {
	if a.Phone == "" || f.Phone == "" {
		return false
	}
	p, ok := CanonicalPhone(a.Phone, a.Address.Country)
	q, too := CanonicalPhone(f.Phone, f.Address.Country)
	return ok && too && p == q
}

// sameIP compares IPv4 addresses, and of IPv6 addresses the network of 64 bits: devices change the rest by
// themselves (RFC 8981). Addresses that are not on the Internet say nothing: they are a proxy's.
func sameIP(a, b string) bool {
	p, ok := network(a)
	q, too := network(b)
	return ok && too && p == q
}

func network(s string) (netip.Prefix, bool) {
	ip, err := netip.ParseAddr(strings.TrimSpace(s))
	if err != nil {
		return netip.Prefix{}, false
	}
	ip = ip.Unmap().WithZone("")
	if !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return netip.Prefix{}, false
	}
	bits := 32
	if ip.Is6() {
		bits = 64
	}
	p, err := ip.Prefix(bits)
	return p, err == nil
}
