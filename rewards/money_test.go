package rewards_test

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"grapevine/rewards"
)

func TestParseMoney(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		amount, currency string
		want             int64
		code             string
	}{
		"cents":                          {"19.99", "USD", 1999, ""},
		"no decimals written":            {"19", "USD", 1900, ""},
		"one decimal":                    {"19.9", "USD", 1990, ""},
		"yen have none":                  {"500", "JPY", 500, ""},
		"yen written with zeros":         {"500.00", "JPY", 500, ""},
		"dinar have three":               {"1.250", "KWD", 1250, ""},
		"below zero":                     {"-0.05", "EUR", -5, ""},
		"minus zero is zero":             {"-0.00", "EUR", 0, ""},
		"forty zeros behind":             {"1.0000000000000000000000000000000000000000", "EUR", 100, ""},
		"the largest that fits":          {"92233720368547758.07", "USD", math.MaxInt64, ""},
		"one cent too many":              {"92233720368547758.08", "USD", 0, "bad_amount"},
		"half a cent":                    {"0.005", "USD", 0, "bad_amount"},
		"half a yen":                     {"0.5", "JPY", 0, "bad_amount"},
		"thousands with a comma":         {"1,000.00", "USD", 0, "bad_amount"},
		"full-width digits":              {"１２", "USD", 0, "bad_amount"},
		"a power of ten":                 {"1e2", "USD", 0, "bad_amount"},
		"nothing":                        {"", "USD", 0, "bad_amount"},
		"a space":                        {" 1", "USD", 0, "bad_amount"},
		"a line end":                     {"1\n", "USD", 0, "bad_amount"},
		"a plus":                         {"+1", "USD", 0, "bad_amount"},
		"zeros in front":                 {"007", "USD", 0, "bad_amount"},
		"a bare point":                   {"1.", "USD", 0, "bad_amount"},
		"no such currency":               {"1", "XXX", 0, "unknown_currency"},
		"a currency in small letters":    {"1", "usd", 0, "unknown_currency"},
		"a piece of the currency list":   {"1", "D A", 0, "unknown_currency"},
		"two currencies' inner letters":  {"1", "SDE", 0, "unknown_currency"},
		"a currency code that is longer": {"1", "USDX", 0, "unknown_currency"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := rewards.ParseMoney(tc.amount, tc.currency)
			if tc.code != "" {
				if rewards.KindOf(err) != rewards.Invalid || rewards.CodeOf(err) != tc.code || got != (rewards.Money{}) {
					t.Fatalf("%v, %v", got, err)
				}
				return
			}
			if want := (rewards.Money{Minor: tc.want, Currency: tc.currency}); got != want || err != nil {
				t.Fatalf("%v, %v", got, err)
			}
		})
	}
}

func FuzzParseMoney(f *testing.F) {
	for _, s := range []string{"19.99", "-0.05", "500", "1,0", "1e3", "", "0.1000000000000000000", "99999999999999999999"} {
		f.Add(s, "USD")
	}
	f.Add("1.250", "KWD")
	f.Fuzz(func(t *testing.T, s, currency string) {
		m, err := rewards.ParseMoney(s, currency)
		if err != nil {
			return
		}
		again, err := rewards.ParseMoney(m.Decimal(), currency)
		if err != nil || again != m {
			t.Fatalf("%q is %v, written %q, read %v (%v)", s, m, m.Decimal(), again, err)
		}
		exact, ok := new(big.Rat).SetString(s)
		back, _ := new(big.Rat).SetString(m.Decimal())
		if !ok || exact.Cmp(back) != 0 {
			t.Fatalf("%q became %s", s, m.Decimal())
		}
	})
}

func TestRates(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		points            rewards.BasisPoints
		decimal, fraction string
	}{
		"10": {1000, "10", "0.1"}, "12.5": {1250, "12.5", "0.125"}, "0.01": {1, "0.01", "0.0001"}, "100": {10_000, "100", "1"}, "0": {0, "0", "0"}, "33.30": {3330, "33.3", "0.333"},
	} {
		p, err := rewards.ParsePercent(text)
		if err != nil || p != want.points || p.Decimal() != want.decimal || p.Fraction() != want.fraction {
			t.Errorf("%s: %d %s %s %v", text, p, p.Decimal(), p.Fraction(), err)
		}
	}
	for _, text := range []string{"-1", "100.01", "0.001", "ten", ""} {
		if p, err := rewards.ParsePercent(text); rewards.KindOf(err) != rewards.Invalid {
			t.Errorf("%s: %d %v", text, p, err)
		}
	}
}

func TestSums(t *testing.T) {
	t.Parallel()
	eur := func(n int64) rewards.Money { return rewards.Money{Minor: n, Currency: "EUR"} }
	for name, tc := range map[string]struct {
		sum  func() (rewards.Money, error)
		want rewards.Money
		kind rewards.Kind
	}{
		"one and two":                     {func() (rewards.Money, error) { return eur(1).Add(eur(2)) }, eur(3), ""},
		"nothing adds to anything":        {func() (rewards.Money, error) { return rewards.Money{}.Add(eur(2)) }, eur(2), ""},
		"anything and nothing":            {func() (rewards.Money, error) { return eur(2).Add(rewards.Money{}) }, eur(2), ""},
		"nothing in a currency":           {func() (rewards.Money, error) { return eur(2).Add(eur(0)) }, eur(2), ""},
		"minus nothing":                   {func() (rewards.Money, error) { return eur(2).Sub(rewards.Money{}) }, eur(2), ""},
		"nothing minus something":         {func() (rewards.Money, error) { return rewards.Money{}.Sub(eur(2)) }, eur(-2), ""},
		"two currencies":                  {func() (rewards.Money, error) { return eur(1).Add(usd(1)) }, rewards.Money{}, rewards.Conflict},
		"too much":                        {func() (rewards.Money, error) { return eur(math.MaxInt64).Add(eur(1)) }, rewards.Money{}, rewards.Invalid},
		"too little":                      {func() (rewards.Money, error) { return eur(math.MinInt64).Sub(eur(1)) }, rewards.Money{}, rewards.Invalid},
		"minus what has no negative":      {func() (rewards.Money, error) { return eur(0).Sub(eur(math.MinInt64)) }, rewards.Money{}, rewards.Invalid},
		"as much as fits":                 {func() (rewards.Money, error) { return eur(math.MaxInt64).Sub(eur(0)) }, eur(math.MaxInt64), ""},
		"10 % of 19.99 is 1.99":           {func() (rewards.Money, error) { return eur(1999).Share(1000) }, eur(199), ""},
		"and of a debt as well":           {func() (rewards.Money, error) { return eur(-1999).Share(1000) }, eur(-199), ""},
		"all of it":                       {func() (rewards.Money, error) { return eur(1999).Share(10_000) }, eur(1999), ""},
		"more than all":                   {func() (rewards.Money, error) { return eur(1999).Share(10_001) }, rewards.Money{}, rewards.Invalid},
		"less than nothing":               {func() (rewards.Money, error) { return eur(1999).Share(-1) }, rewards.Money{}, rewards.Invalid},
		"two thirds, towards zero":        {func() (rewards.Money, error) { return eur(1000).Portion(2, 3) }, eur(666), ""},
		"a portion of the largest":        {func() (rewards.Money, error) { return eur(math.MaxInt64).Portion(math.MaxInt64-1, math.MaxInt64) }, eur(math.MaxInt64 - 1), ""},
		"all of the smallest":             {func() (rewards.Money, error) { return eur(math.MinInt64).Portion(7, 7) }, eur(math.MinInt64), ""},
		"a portion of no whole":           {func() (rewards.Money, error) { return eur(1).Portion(0, 0) }, rewards.Money{}, rewards.Invalid},
		"a portion larger than the whole": {func() (rewards.Money, error) { return eur(1).Portion(4, 3) }, rewards.Money{}, rewards.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := tc.sum(); got != tc.want || rewards.KindOf(err) != tc.kind {
				t.Fatalf("%v, %v", got, err)
			}
		})
	}
}

// Arithmetic in 64 bits agrees with exact arithmetic, or says that it cannot.
func TestMoneyIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m, n := usd(rapid.Int64().Draw(t, "m")), usd(rapid.Int64().Draw(t, "n"))
		whole := rapid.Int64Range(1, math.MaxInt64).Draw(t, "whole")
		part := rapid.Int64Range(0, whole).Draw(t, "part")
		big1 := func(x int64) *big.Int { return big.NewInt(x) }

		portion, err := m.Portion(part, whole)
		want := new(big.Int).Quo(new(big.Int).Mul(big1(m.Minor), big1(part)), big1(whole))
		if err != nil || big1(portion.Minor).Cmp(want) != 0 {
			t.Fatalf("%d × %d ÷ %d = %d, %v", m.Minor, part, whole, portion.Minor, err)
		}
		sum, err := m.Add(n)
		if exact := new(big.Int).Add(big1(m.Minor), big1(n.Minor)); exact.IsInt64() != (err == nil) || err == nil && exact.Int64() != sum.Minor {
			t.Fatalf("%d + %d = %d, %v", m.Minor, n.Minor, sum.Minor, err)
		}
		diff, err := m.Sub(n)
		if exact := new(big.Int).Sub(big1(m.Minor), big1(n.Minor)); n.Minor != math.MinInt64 && (exact.IsInt64() != (err == nil) || err == nil && exact.Int64() != diff.Minor) {
			t.Fatalf("%d - %d = %d, %v", m.Minor, n.Minor, diff.Minor, err)
		}
		back, err := rewards.ParseMoney(m.Decimal(), "USD")
		if m.Minor/100 < 1e17 && m.Minor/100 > -1e17 && (err != nil || back != m) {
			t.Fatalf("%d is written %s, read %v %v", m.Minor, m.Decimal(), back, err)
		}
	})
}

func TestMoneyInWords(t *testing.T) {
	t.Parallel()
	for want, m := range map[string]rewards.Money{
		"19.99 EUR": {Minor: 1999, Currency: "EUR"}, "-0.05 EUR": {Minor: -5, Currency: "EUR"}, "500 JPY": {Minor: 500, Currency: "JPY"},
		"0.007 KWD": {Minor: 7, Currency: "KWD"}, "1.00 XTS": {Minor: 100, Currency: "XTS"}, "0.00": {},
		"-92233720368547758.08 USD": {Minor: math.MinInt64, Currency: "USD"},
	} {
		if m.String() != want {
			t.Errorf("%d: %s, want %s", m.Minor, m, want)
		}
	}
	if !usd(1).Less(usd(2)) || usd(2).Less(usd(1)) || usd(1).Less(rewards.Money{Minor: 2, Currency: "EUR"}) || !(rewards.Money{}).Less(usd(1)) {
		t.Error("Less")
	}
	if !usd(0).IsZero() || usd(1).IsZero() {
		t.Error("IsZero")
	}
}
