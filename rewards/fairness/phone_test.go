package fairness_test

import (
	"strings"
	"testing"

	"grapevine/rewards/fairness"
)

func TestCanonicalPhone(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ phone, country, want string }{
		"international form needs no country":     {"+49 151 23456789", "", "+4915123456789"},
		"international form outweighs a country":  {"+49 151 23456789", "FR", "+4915123456789"},
		"a link":                                  {"tel:+49-151-23456789", "", "+4915123456789"},
		"full-width digits":                       {"＋４９ １５１ ２３４５６７８９", "", "+4915123456789"},
		"a zero in brackets":                      {"+44 (0)20 7946 0958", "", "+442079460958"},
		"a trunk zero that was left in":           {"+49 0151 23456789", "", "+4915123456789"},
		"Italy keeps its zero":                    {"+39 06 6982 1234", "", "+390669821234"},
		"dialled from a German line":              {"0049 151 23456789", "de", "+4915123456789"},
		"dialled from an American line":           {"011 49 151 23456789", "US", "+4915123456789"},
		"dialled from an Australian line":         {"0011 49 151 23456789", "AU", "+4915123456789"},
		"dialled from nobody knows where":         {"0049 151 23456789", "", ""},
		"a German number at home":                 {"0151/234 567 89", " de ", "+4915123456789"},
		"a German number without its zero":        {"151 23456789", "DE", ""},
		"a French number at home":                 {"06 12 34 56 78", "FR", "+33612345678"},
		"a French number without its zero":        {"612345678", "FR", "+33612345678"},
		"a French number that is too short":       {"06 12 34 56 7", "FR", ""},
		"a British number at home":                {"020 7946 0958", "GB", "+442079460958"},
		"an American number at home":              {"(415) 555-2671", "US", "+14155552671"},
		"an American number with its one":         {"1-415-555-2671", "US", "+14155552671"},
		"an American number with a wrong area":    {"115-555-2671", "US", ""},
		"an American number abroad, one too many": {"+1 1 415 555 2671", "", "+14155552671"},
		"a Spanish number at home":                {"612 345 678", "ES", "+34612345678"},
		"an Italian number at home":               {"06 6982 1234", "IT", "+390669821234"},
		"a Hungarian number at home":              {"06 30 123 4567", "HU", "+36301234567"},
		"a Danish number at home":                 {"32 12 34 56", "DK", "+4532123456"},
		"an Indian number at home":                {"98765 43211", "IN", "+919876543211"},
		"a Dutch number at home":                  {"06-12345678", "NL", "+31612345678"},
		"a country that has no plan here":         {"010 1234 5678", "KR", ""},
		"a calling code that has no plan here":    {"+82 10 1234 5678", "", "+821012345678"},
		"no country":                              {"0151 23456789", "", ""},
		"an extension":                            {"+49 30 1234567 ext 8", "", ""},
		"letters":                                 {"1-800-FLOWERS", "US", ""},
		"two numbers":                             {"0151 23456789, 0152 23456789", "DE", ""},
		"nothing":                                 {"", "DE", ""},
		"a plus":                                  {"+", "DE", ""},
		"too short":                               {"+49 1", "", ""},
		"too long":                                {"+821012345678901234", "", ""},
		"all nines":                               {"+34 999 999 999", "", ""},
		"one to nine":                             {"123456789", "ES", ""},
		"all noughts":                             {"0000000000", "DE", ""},
		"a code that begins with zero":            {"+0151 23456789", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := fairness.CanonicalPhone(tc.phone, tc.country)
			if got != tc.want || ok != (tc.want != "") {
				t.Fatalf("%q, %v", got, ok)
			}
		})
	}
}

func FuzzCanonicalPhone(f *testing.F) {
	for _, s := range []string{"+49 151 23456789", "0151/234", "(415) 555-2671", "+44 (0)20 7946 0958", "00", "+", "tel:+1", "06 30 123 4567"} {
		for _, c := range []string{"DE", "us", "HU", "IT", ""} {
			f.Add(s, c)
		}
	}
	f.Fuzz(func(t *testing.T, s, country string) {
		e164, ok := fairness.CanonicalPhone(s, country)
		if !ok {
			if e164 != "" {
				t.Fatalf("%q is no number and becomes %q", s, e164)
			}
			return
		}
		if len(e164) > 16 || len(e164) < 7 || e164[0] != '+' || strings.Trim(e164[1:], "0123456789") != "" || e164[1] == '0' {
			t.Fatalf("%q becomes %q", s, e164)
		}
		for _, c := range []string{country, "", "DE", "US"} {
			if again, ok := fairness.CanonicalPhone(e164, c); !ok || again != e164 {
				t.Fatalf("%q becomes %q and then %q in %q", s, e164, again, c)
			}
		}
	})
}
