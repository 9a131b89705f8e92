package programfile

import (
	"errors"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"grapevine/rewards"
)

// short is the least that a file must say; each case adds to it.
const short = `program: offer
friend: {discount: {percent: "10"}}
advocate: {reward: {kind: store_credit, amount: "10.00"}}
`

func zero(currency string) rewards.Money { return rewards.Money{Currency: currency} }

func TestAShortFileHasGoodDefaults(t *testing.T) {
	t.Parallel()
	p, err := Parse([]byte(short), "USD", nil)
	if err != nil {
		t.Fatal(err)
	}
	usd := zero("USD")
	want := rewards.Program{
		Name: "offer", Title: "offer", Currency: "USD",
		Friend:  rewards.Discount{Percent: 1000, Amount: usd, Minimum: usd},
		Rules:   []rewards.Rule{{Name: "advocate", For: rewards.ForAdvocate, Reward: rewards.RewardSpec{Kind: rewards.KindStoreCredit, Amount: rewards.Money{Minor: 1000, Currency: "USD"}, Discount: rewards.Discount{Amount: usd, Minimum: usd}}}},
		Qualify: rewards.Qualify{Customers: rewards.CustomersNew, Minimum: usd}, Attribution: rewards.Attribution{Window: 30 * 24 * time.Hour}, Hold: 14 * 24 * time.Hour,
		PartialRefund: rewards.RefundProportional, Budget: usd,
	}
	if !reflect.DeepEqual(p, want) {
		t.Fatalf("%+v", p)
	}
}

func TestTheFileOfTheContract(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	p, err := Parse([]byte(`program: give10get10
title: Give 10 %, get $10
from: 2026-11-01            # optional, the shop's time zone
until: 2027-01-31           # optional
friend:                     # one discount in the shop, made at apply; one code in it per advocate
  discount: {percent: "10", minimum: "30.00", once_per_customer: true}   # or amount: "5.00", or free_shipping: true
advocate:
  reward: {kind: store_credit, amount: "10.00", expires: 180d}           # or percent: "5" of the eligible total
qualify: {customers: new, minimum: "30.00"}
attribution: {window: 30d, touch: last}
hold: 14d                   # 0s = at once
partial_refund: proportional   # or keep, or take_back
limits: {per_advocate: 50, per_advocate_period: 365d, budget: "5000.00"}
`), "EUR", berlin)
	if err != nil {
		t.Fatal(err)
	}
	eur := func(n int64) rewards.Money { return rewards.Money{Minor: n, Currency: "EUR"} }
	if got := p.From.UTC().Format(time.RFC3339); got != "2026-10-31T23:00:00Z" {
		t.Errorf("from %s", got)
	}
	if got := p.Until.UTC().Format(time.RFC3339); got != "2027-01-31T23:00:00Z" { // the last day belongs to it
		t.Errorf("until %s", got)
	}
	p.From, p.Until = nil, nil
	want := rewards.Program{
		Name: "give10get10", Title: "Give 10 %, get $10", Currency: "EUR",
		Friend: rewards.Discount{Percent: 1000, Amount: eur(0), Minimum: eur(3000), OncePerCustomer: true},
		Rules: []rewards.Rule{{Name: "advocate", For: rewards.ForAdvocate, Reward: rewards.RewardSpec{Kind: rewards.KindStoreCredit, Amount: eur(1000), Expires: 180 * 24 * time.Hour,
			Discount: rewards.Discount{Amount: eur(0), Minimum: eur(0)}}}},
		Qualify: rewards.Qualify{Customers: rewards.CustomersNew, Minimum: eur(3000)}, Attribution: rewards.Attribution{Window: 30 * 24 * time.Hour}, Hold: 14 * 24 * time.Hour,
		PartialRefund: rewards.RefundProportional, PerAdvocate: 50, PerAdvocateSpan: 365 * 24 * time.Hour, Budget: eur(500_000),
	}
	if !reflect.DeepEqual(p, want) {
		t.Fatalf("%+v", p)
	}
}

func TestWhatAFileMaySay(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		source, currency string
		ok               func(p rewards.Program) bool
	}{
		"an amount without quotes is exact": {strings.Replace(short, `"10.00"`, "10.10", 1), "USD", func(p rewards.Program) bool { return p.Rules[0].Reward.Amount.Minor == 1010 }},
		"a whole number is an amount":       {strings.Replace(short, `"10.00"`, "10", 1), "USD", func(p rewards.Program) bool { return p.Rules[0].Reward.Amount.Minor == 1000 }},
		"yen":                               {strings.Replace(short, `"10.00"`, `"500"`, 1), "JPY", func(p rewards.Program) bool { return p.Rules[0].Reward.Amount.Minor == 500 }},
		"dinar":                             {strings.Replace(short, `"10.00"`, `"1.250"`, 1), "KWD", func(p rewards.Program) bool { return p.Rules[0].Reward.Amount.Minor == 1250 }},
		"a share": {strings.Replace(short, `amount: "10.00"`, `percent: "12.5"`, 1), "USD", func(p rewards.Program) bool {
			return p.Rules[0].Reward.Percent == 1250 && p.Rules[0].Reward.Amount.IsZero()
		}},
		"at once":           {short + "hold: 0s\n", "USD", func(p rewards.Program) bool { return p.Hold == 0 }},
		"a hold in hours":   {short + "hold: 36h\n", "USD", func(p rewards.Program) bool { return p.Hold == 36*time.Hour }},
		"a hold in minutes": {short + "hold: 15m\n", "USD", func(p rewards.Program) bool { return p.Hold == 15*time.Minute }},
		"the first touch": {short + "attribution: {touch: first, window: 7d}\n", "USD", func(p rewards.Program) bool {
			return p.Attribution.TouchFirst && p.Attribution.Window == 7*24*time.Hour
		}},
		"one day":     {short + "from: 2026-11-01\nuntil: 2026-11-01\n", "USD", func(p rewards.Program) bool { return p.Until.Sub(*p.From) == 24*time.Hour }},
		"quoted days": {short + "from: \"2026-11-01\"\n", "USD", func(p rewards.Program) bool { return p.From.Equal(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)) }},
		"a code of a percentage": {strings.Replace(short, `store_credit, amount: "10.00"`, `discount_code, percent: 15, minimum: "20"`, 1), "USD",
			func(p rewards.Program) bool {
				return p.Rules[0].Reward.Discount.Percent == 1500 && p.Rules[0].Reward.Discount.Minimum.Minor == 2000 && p.Rules[0].Reward.Expires == 0
			}},
		"a code of an amount": {strings.Replace(short, "store_credit", "discount_code", 1), "USD",
			func(p rewards.Program) bool {
				return p.Rules[0].Reward.Discount.Amount.Minor == 1000 && p.Rules[0].Reward.Amount.IsZero() && p.Rules[0].Reward.Priced()
			}},
		"a code for free shipping": {strings.Replace(short, `store_credit, amount: "10.00"`, "discount_code, free_shipping: true", 1), "USD",
			func(p rewards.Program) bool {
				return p.Rules[0].Reward.Discount.FreeShipping && !p.Rules[0].Reward.Priced()
			}},
		"no free shipping":        {strings.Replace(short, `percent: "10"`, `percent: "10", free_shipping: false`, 1), "USD", func(p rewards.Program) bool { return !p.Friend.FreeShipping }},
		"no minimum":              {short + "qualify: {minimum: \"0\"}\n", "USD", func(p rewards.Program) bool { return p.Qualify.Minimum.IsZero() }},
		"a budget in percentages": {strings.Replace(short, `store_credit, amount: "10.00"`, `discount_code, percent: 15`, 1) + "limits: {budget: 5}\n", "USD", func(p rewards.Program) bool { return p.Budget.Minor == 500 }},
		"Windows line ends":       {strings.ReplaceAll(short, "\n", "\r\n"), "USD", func(p rewards.Program) bool { return p.Name == "offer" }},
		"a byte order mark":       {"\ufeff" + short, "USD", func(p rewards.Program) bool { return p.Name == "offer" }},
		"a document marker":       {"---\n" + short + "...\n", "USD", func(p rewards.Program) bool { return p.Name == "offer" }},
		"JSON is YAML":            {`{"program":"offer","friend":{"discount":{"amount":"5"}},"advocate":{"reward":{"kind":"store_credit","percent":"5"}}}`, "USD", func(p rewards.Program) bool { return p.Friend.Amount.Minor == 500 }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if p, err := Parse([]byte(tc.source), tc.currency, time.UTC); err != nil || !tc.ok(p) {
				t.Fatalf("%+v, %v", p, err)
			}
		})
	}
}

func TestAnUnknownCurrencyIsRefused(t *testing.T) {
	t.Parallel()
	_, err := Parse([]byte(short), "XTS", nil)
	if got := problems(t, err); len(got) != 1 || !strings.Contains(got[0].Text, `"XTS" is not in ISO 4217`) {
		t.Fatal(err)
	}
}

func TestAllProblemsAreToldAtOnceInOrder(t *testing.T) {
	t.Parallel()
	_, err := Parse([]byte("program: Offer\nfrind: 1\nfriend: {discount: {}}\nadvocate: {reward: {kind: gold}}\nhold: soon\nhold: 1d\n"), "USD", nil)
	var lines []int
	for _, p := range problems(t, err) {
		lines = append(lines, p.Line)
		if p.Line == 0 || !strings.HasPrefix(p.String(), "line ") {
			t.Errorf("no line: %s", p)
		}
	}
	if len(lines) != 6 || lines[0] != 1 || lines[1] != 2 || lines[2] != 3 || lines[3] != 4 || lines[4] != 5 || lines[5] != 6 {
		t.Fatal(err)
	}
	if rewards.KindOf(err) != rewards.Invalid || rewards.CodeOf(err) != "bad_program" || strings.Count(err.Error(), "\n") != 5 {
		t.Fatal(err)
	}
}

func problems(t *testing.T, err error) Problems {
	t.Helper()
	var ps Problems
	if !errors.As(err, &ps) || len(ps) == 0 {
		t.Fatalf("no problems: %v", err)
	}
	return ps
}

var ruleName = regexp.MustCompile(`^[a-z0-9-]{1,96}$`)

func FuzzParse(f *testing.F) {
	for _, x := range Templates() {
		f.Add(x.Source, "USD")
	}
	for _, x := range refused {
		f.Add([]byte(x.source), "USD")
	}
	for _, x := range accepted {
		f.Add([]byte(x.source), "USD")
	}
	f.Fuzz(func(t *testing.T, source []byte, currency string) {
		p, err := Parse(source, currency, time.UTC)
		if err != nil && (rewards.CodeOf(err) != "bad_program" || !reflect.DeepEqual(p, rewards.Program{})) {
			t.Fatalf("%+v, %v", p, err)
		}
		if err == nil {
			sound(t, p, currency)
		}
	})
}
