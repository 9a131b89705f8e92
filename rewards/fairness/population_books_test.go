package fairness_test

import (
	"fmt"
	"slices"
	"strings"

	"grapevine/rewards/fairness"
)

// books are what the made-up shop knows of the orders so far, by what they have in common.
type books struct {
	s      *shop
	places map[string][]purchase
	first  map[int]int // hour of a customer's first order
	last   map[int]int
	by     map[int]int // who referred a customer
	given  map[int][]purchase
}

func newBooks(s *shop) *books {
	return &books{s, map[string][]purchase{}, map[int]int{}, map[int]int{}, map[int]int{}, map[int][]purchase{}}
}

func (b *books) has(customer int) bool {
	_, ok := b.first[customer]
	return ok
}

// keys are the places of an order, by the kind of place.
func (b *books) keys(o purchase) map[string]string {
	p := b.s.people[o.buyer]
	phone, _ := fairness.CanonicalPhone(p.Phone, p.Address.Country)
	return map[string]string{
		"ip": "ip " + p.IP, "device": "device " + p.IP + p.Agent, "card": p.Card, "phone": phone, "address": p.Address.Canonical(),
	}
}

func (b *books) enter(o purchase) {
	for _, k := range b.keys(o) {
		b.places[k] = append(b.places[k], o)
	}
	if !b.has(o.buyer) {
		b.first[o.buyer] = o.hour
	}
	b.last[o.buyer] = o.hour
	if o.advocate >= 0 {
		b.by[o.buyer] = o.advocate
		b.given[o.advocate] = append(b.given[o.advocate], o)
	}
}

// of gathers the case of an order.
func (b *books) of(o purchase) fairness.Case {
	advocate, friend := b.s.people[o.advocate], b.s.people[o.buyer]
	if o.hour-b.last[o.advocate] > 24 {
		advocate.Agent = ""
	}
	if o.hour-b.last[o.advocate] > 30*24 {
		advocate.IP = ""
	}
	_, domain, _ := strings.Cut(friend.Email, "@")
	disposable := fairness.Disposable(domain)
	return fairness.Case{Pair: fairness.Compare(advocate, friend), Counts: b.counts(o), Disposable: &disposable}
}

func (b *books) counts(o purchase) fairness.Counts {
	keys := b.keys(o)
	recent := func(all []purchase, hours int, keep func(purchase) bool) int {
		people := map[int]bool{}
		for _, p := range all {
			if p.buyer != o.buyer && o.hour-p.hour <= hours && keep(p) {
				people[p.buyer] = true
			}
		}
		return len(people)
	}
	anyone := func(purchase) bool { return true }
	firsts := func(p purchase) bool { return b.first[p.buyer] == p.hour }
	others := func(p purchase) bool { return p.buyer != o.advocate && !slices.Contains(b.given[o.advocate], p) }
	given := b.given[o.advocate]
	n := fairness.Counts{
		FriendsByIP:     recent(b.places[keys["ip"]], 30*24, func(p purchase) bool { return p.advocate >= 0 }),
		FirstsByAddress: recent(b.places[keys["address"]], 7*24, firsts),
		FirstsByCard:    recent(b.places[keys["card"]], 7*24, firsts),
		FirstsByDevice:  recent(b.places[keys["device"]], 7*24, firsts),
		OthersByPhone:   recent(b.places[keys["phone"]], halfYear, others),
		OthersByCard:    recent(b.places[keys["card"]], halfYear, others),
		OthersByAddress: recent(b.places[keys["address"]], halfYear, others),
		AdvocateDay:     recent(given, 24, anyone), AdvocateMonth: recent(given, 30*24, anyone),
		StrangersDay: recent(given, 24, func(p purchase) bool { return !p.link }), ClicksKnown: true,
		NearMinimum: o.near, Ring: b.ring(o), Pieces: 2, Referrals: len(given),
	}
	if n.AdvocateDay > 0 {
		n.LinkShareBP = (n.AdvocateDay - n.StrangersDay) * 10_000 / n.AdvocateDay
	}
	if before, ok := b.by[o.buyer]; ok {
		n.AlreadyReferred = before != o.advocate
	}
	return n
}

// ring walks up from the advocate to whoever referred them, until the friend is met.
func (b *books) ring(o purchase) int {
	at := o.advocate
	for length := 2; length <= 6; length++ {
		up, ok := b.by[at]
		if !ok {
			return 0
		}
		if up == o.buyer {
			return length
		}
		at = up
	}
	return 0
}

// summary tells what became of whom, and for each rule how many of those it fired on were attacks
// (precision), and on how many it fired of the attacks that it is meant for (recall).
func summary(all []judged) string {
	var out strings.Builder
	row := func(name string, keep func(judged) bool) {
		n := map[fairness.Verdict]int{}
		for _, j := range all {
			if keep(j) {
				n[j.verdict]++
			}
		}
		fmt.Fprintf(&out, "%-22s %8d %6d %6d %6d\n", name, n[fairness.Reject], n[fairness.Hold], n[fairness.Flag], n[fairness.None])
	}
	fmt.Fprintf(&out, "%-22s %8s %6s %6s %6s\n", "referrals of", "rejected", "held", "shown", "paid")
	row("honest people", func(j judged) bool { return j.attack == "" })
	for _, k := range attacks {
		row(k.name, func(j judged) bool { return j.attack == k.name })
	}
	fmt.Fprintf(&out, "\n%-22s %8s %6s %9s %6s\n", "rule", "fired", "fraud", "precision", "recall")
	for _, r := range fairness.Rules() {
		ruleRow(&out, r.Name, all)
	}
	return out.String()
}

func ruleRow(out *strings.Builder, rule string, all []judged) {
	var fired, fraud, meant, found int
	for _, j := range all {
		hit := slices.Contains(j.rules, rule)
		if hit {
			fired++
		}
		if hit && j.attack != "" {
			fraud++
		}
		for _, k := range attacks {
			if k.name == j.attack && slices.Contains(strings.Fields(k.rules), rule) {
				meant++
				if hit {
					found++
				}
			}
		}
	}
	share := func(part, whole int) string {
		if whole == 0 {
			return "-"
		}
		return fmt.Sprintf("%.3f", float64(part)/float64(whole))
	}
	fmt.Fprintf(out, "%-22s %8d %6d %9s %6s\n", rule, fired, fraud, share(fraud, fired), share(found, meant))
}
