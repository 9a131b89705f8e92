package stripetest

import "testing"

func TestAmountsAreReadAndWritten(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, currency string
		want           int64
		back           string
	}{
		{"19.99", "usd", 1999, "19.99"},
		{"19.9", "usd", 1990, "19.90"},
		{"19", "usd", 1900, "19.00"},
		{"-0.05", "usd", -5, "-0.05"},
		{"1500", "jpy", 1500, "1500"},
		{"5.12", "kwd", 5120, "5.120"},
		{"500", "isk", 50000, "500"},
		{"1000", "ugx", 100000, "1000"},
		{"", "usd", 0, "0.00"},
	} {
		got, err := parseAmount(c.text, c.currency)
		if err != nil || got != c.want || formatAmount(got, c.currency) != c.back {
			t.Errorf("%q in %s is %d and %q, %v; want %d and %q", c.text, c.currency, got, formatAmount(got, c.currency), err, c.want, c.back)
		}
	}
	for _, c := range []struct{ text, currency string }{
		{"1.999", "usd"}, {"1.5", "jpy"}, {"5.123", "kwd"}, {"1.50", "isk"}, {"1,50", "usd"}, {".5", "usd"}, {"1.-5", "usd"}, {"a", "usd"}, {"99999999999999999999", "usd"},
	} {
		if got, err := parseAmount(c.text, c.currency); err == nil {
			t.Errorf("%q in %s is %d", c.text, c.currency, got)
		}
	}
}

func TestSharesAddUp(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		total   int64
		weights []int64
		want    []int64
	}{
		{10, []int64{1, 1, 1}, []int64{4, 3, 3}},
		{500, []int64{300, 600}, []int64{167, 333}},
		{5, []int64{0, 7, 0}, []int64{0, 5, 0}},
		{0, []int64{3, 4}, []int64{0, 0}},
		{5, []int64{0, 0}, []int64{0, 0}},
	} {
		got := spread(c.total, c.weights)
		for i := range c.want {
			if got[i] != c.want[i] {
				t.Errorf("%d over %v is %v, want %v", c.total, c.weights, got, c.want)
				break
			}
		}
	}
}

func TestPathsOfBracketedNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"limit": "limit", "expand[]": "expand.3", "expand[0]": "expand.0", "metadata[a.b]": "metadata.a\x00b",
		"restrictions[currency_options][eur][minimum_amount]": "restrictions.currency_options.eur.minimum_amount",
		"": "", "a]": "", "a[b": "", "a[b]c": "", "a[b[c]]": "", "a.b": "",
	} {
		got, ok := pathOf(name, 3)
		if ok != (want != "") || ok && got != want {
			t.Errorf("%q is %q, %t, want %q", name, got, ok, want)
		}
	}
}
