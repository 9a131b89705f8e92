package fairness_test

import (
	"cmp"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"grapevine/rewards/fairness"
)

var update = flag.Bool("update", false, "write the golden files anew")

// purchase is one order of the made-up shop. attack is what it is labelled with, "" honest.
type purchase struct {
	hour            int
	buyer, advocate int // customers; advocate -1 without one
	link, near      bool
	attack          string
}

// shop is ten thousand made-up customers with half a year of orders.
type shop struct {
	r      *rand.Rand
	people []fairness.Person
	orders []purchase
}

const (
	customers = 10_000
	halfYear  = 180 * 24
)

func pick(r *rand.Rand, from string) string {
	words := strings.Fields(from)
	return words[r.IntN(len(words))]
}

func (s *shop) surname() string {
	return pick(s.r, "Berg Tal Stein Linden Hof Feld Bach Wald Moos Ried Au Horn") + pick(s.r, "er mann bauer ner huber inger rath meier wirth ing")
}

// stranger adds somebody who shares nothing with anybody.
func (s *shop) stranger() int {
	n, r := len(s.people), s.r
	first := pick(r, "Anna Karl Lena Emil Clara Paul Ida Felix Greta Oskar Hanna Jonas Marie Anton Frieda Theo Luise Kurt")
	last := s.surname()
	s.people = append(s.people, fairness.Person{
		CustomerID: fmt.Sprint(n), First: first, Last: last,
		Email: fmt.Sprintf("%s.%s%d@%s", strings.ToLower(first), strings.ToLower(last), n, pick(r, "gmail.com gmx.de web.de outlook.com")),
		Phone: fmt.Sprintf("0151 %08d", 20_000_000+n), Card: fmt.Sprintf("card%d", n),
		IP: fmt.Sprintf("198.%d.%d.%d", 18+n>>16, n>>8&255, n&255), Agent: "browser" + fmt.Sprint(r.IntN(200)),
		Address: fairness.Address{Line1: fmt.Sprintf("%sstraße %d", pick(r, "Linden Haupt Schul Garten Berg Wald"), n), Postcode: fmt.Sprintf("%05d", 10_000+r.IntN(500)), Country: "DE"},
	})
	return n
}

// honest adds an honest customer: alone, in somebody's household, or a colleague of somebody.
func (s *shop) honest() int {
	n := s.stranger()
	p, other := &s.people[n], s.people[s.r.IntN(n+1)]
	switch chance := s.r.IntN(100); {
	case chance < 15:
		p.Last, p.Address, p.IP = other.Last, other.Address, other.IP
	case chance < 20:
		p.Email = fmt.Sprintf("%s%d@firm%d.example", strings.ToLower(p.First), n, s.r.IntN(100))
	case chance < 22:
		p.IP = fmt.Sprintf("203.0.113.%d", s.r.IntN(40)) // an office or a dormitory
	}
	return n
}

func (s *shop) buy(hour, buyer, advocate int, attack string) {
	s.orders = append(s.orders, purchase{hour, buyer, advocate, attack == "" && s.r.IntN(10) < 8, s.r.IntN(30) == 0, attack})
}

// populate fills the shop with its honest customers: of three in ten a friend told them of it.
func (s *shop) populate() {
	for range customers {
		n := s.honest()
		hour, advocate := s.r.IntN(halfYear), -1
		if n > 0 && s.r.IntN(10) < 3 {
			advocate = s.r.IntN(n)
			if s.r.IntN(10) == 0 { // one in ten is of the household
				f, a := &s.people[n], s.people[advocate]
				f.Last, f.Address, f.IP = a.Last, a.Address, a.IP
			}
		}
		s.buy(hour, n, advocate, "")
		for range s.r.IntN(3) {
			hour += 24 * (5 + s.r.IntN(60))
			s.buy(hour, n, -1, "")
		}
	}
}

// attacks are the scripted attackers: what a friend number i of theirs looks like, how many hours lie
// between two, and the rules that are meant to find them.
var attacks = []struct {
	name   string
	apart  int
	rules  string
	friend func(s *shop, f *fairness.Person, a fairness.Person, i int)
}{
	{"one mailbox", 100, "same_email", func(_ *shop, f *fairness.Person, a fairness.Person, _ int) { f.Email = a.Email }},
	{"tags", 100, "alias_email", func(_ *shop, f *fairness.Person, a fairness.Person, i int) {
		f.Email = strings.Replace(a.Email, "@", fmt.Sprintf("+%d@", i), 1)
	}},
	{"catch-all domain", 100, "same_domain", func(_ *shop, f *fairness.Person, _ fairness.Person, i int) {
		f.Email = fmt.Sprintf("%d%s@catch.example", i, strings.ToLower(f.First+f.Last))
	}},
	{"one telephone", 100, "same_phone", func(_ *shop, f *fairness.Person, a fairness.Person, _ int) {
		f.Phone = "+49 (0) " + strings.TrimPrefix(strings.ReplaceAll(a.Phone, " ", "-"), "0")
	}},
	{"one card", 100, "same_card", func(_ *shop, f *fairness.Person, a fairness.Person, _ int) { f.Card = a.Card }},
	{"one address", 100, "same_address", func(_ *shop, f *fairness.Person, a fairness.Person, _ int) {
		f.Address = a.Address
		f.Address.Line1 = strings.ToUpper(strings.Replace(a.Address.Line1, "straße ", "-Str. ", 1))
	}},
	{"throw-away mail", 100, "disposable_email", func(s *shop, f *fairness.Person, _ fairness.Person, i int) {
		f.Email = fmt.Sprintf("x%d@%s", i, pick(s.r, "mailinator.com yopmail.com guerrillamail.com"))
	}},
	{"numbered names", 100, "near_email near_name", func(_ *shop, f *fairness.Person, a fairness.Person, i int) {
		f.First, f.Last = a.First[:1]+".", a.Last
		f.Email = strings.Replace(a.Email, "@", fmt.Sprintf("%d@", i), 1)
	}},
	{"farm", 20, "account_farm friends_per_ip", func(_ *shop, f *fairness.Person, _ fairness.Person, _ int) {
		f.IP, f.Agent = "192.0.2.77", "farm"
	}},
	{"ring", 100, "ring", nil},
	{"coupon site", 1, "code_leak", func(*shop, *fairness.Person, fairness.Person, int) {}},
	{"old customers anew", 100, "known_phone known_card", func(s *shop, f *fairness.Person, _ fairness.Person, i int) {
		if old := s.people[1000+i]; i%2 == 0 {
			f.Phone = old.Phone
		} else {
			f.Card = old.Card
		}
	}},
}

// attack adds the attackers, each with a few weeks of friends at the end of the half year.
func (s *shop) attack() {
	for _, k := range attacks {
		a := s.stranger()
		s.people[a].Email = fmt.Sprintf("boss%d@%s", a, map[bool]string{true: "catch.example", false: "web.de"}[k.name == "catch-all domain"])
		hour := halfYear - 1500 + s.r.IntN(200)
		s.buy(hour, a, -1, "")
		if k.friend == nil {
			b, c := s.stranger(), s.stranger()
			s.buy(hour+20, b, a, "first of the ring")
			s.buy(hour+40, c, b, "second of the ring")
			s.buy(hour+60, a, c, k.name)
			continue
		}
		friends := 8
		if k.apart == 1 {
			friends = 30
		}
		for i := range friends {
			f := s.stranger()
			k.friend(s, &s.people[f], s.people[a], i)
			s.buy(hour+48+i*k.apart, f, a, k.name)
		}
	}
}

// judged is what became of one referral.
type judged struct {
	attack  string
	verdict fairness.Verdict
	rules   []string
}

func TestAPopulationIsJudgedAsBefore(t *testing.T) {
	t.Parallel()
	s := &shop{r: rand.New(rand.NewPCG(2026, 11))}
	s.populate()
	s.attack()
	slices.SortStableFunc(s.orders, func(a, b purchase) int { return cmp.Compare(a.hour, b.hour) })
	books := newBooks(s)
	var all []judged
	for _, o := range s.orders {
		if o.advocate >= 0 && books.has(o.advocate) {
			signals := fairness.Judge(fairness.Settings{}, books.of(o))
			verdict, _ := fairness.Sum(fairness.Settings{}, signals)
			j := judged{o.attack, verdict, nil}
			for _, g := range signals {
				j.rules = append(j.rules, g.Rule)
			}
			all = append(all, j)
		}
		books.enter(o)
	}
	golden(t, "testdata/population.txt", summary(all))
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Fatalf("the verdicts have changed; look at the difference, then run go test ./rewards/fairness -update\n%s", got)
	}
}
