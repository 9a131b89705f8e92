package woocommercetest

import "testing"

func TestMoney(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][3]string{
		"22.50": {"22.50", "22.5", "23"}, "5": {"5.00", "5", "5"}, "-10": {"-10.00", "-10", "-10"}, "0.333": {"0.33", "0.333", "0"},
		"0.005": {"0.01", "0.005", "0"}, "-0.005": {"-0.01", "-0.005", "0"}, " 1e2 ": {"100.00", "100", "100"}, "0.0000005": {"0.00", "0.000001", "0"},
	} {
		m, err := ParseMoney(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := [3]string{m.Text(2), m.short(), m.Text(0)}; got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	for _, bad := range []string{"", "x", "1/2", "1_000", "0x10", "1,5", "1e400", "99999999999999999999"} {
		if m, err := ParseMoney(bad); err == nil {
			t.Errorf("%q: %d", bad, m)
		}
	}
}

func TestEncode(t *testing.T) {
	t.Parallel()
	got := string(encode(map[string]string{"a": "https://x/é <b> \"q\" \\ 🍇"}))
	want := `{"a":"https:\/\/x\/\u00e9 <b> \"q\" \\ \ud83c\udf47"}`
	if got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
