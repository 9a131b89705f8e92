package shopifytest

import (
	"slices"
	"testing"
	"testing/quick"
)

func TestMoneyText(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		currency, in, text, decimal string
	}{
		{"USD", "10", "10.00", "10.0"}, {"USD", "0.05", "0.05", "0.05"}, {"USD", "-5.5", "-5.50", "-5.5"},
		{"JPY", "1500", "1500", "1500.0"}, {"JPY", "1500.00", "1500", "1500.0"}, {"KWD", "1.234", "1.234", "1.234"},
	} {
		m, err := ParseMoney(tc.in, tc.currency)
		if err != nil || m.String() != tc.text || m.decimal() != tc.decimal {
			t.Errorf("%s %s is %s and %s, want %s and %s (%v)", tc.in, tc.currency, m, m.decimal(), tc.text, tc.decimal, err)
		}
	}
	for _, in := range []string{"", "1.005", "1e3", "ten", "--1", "1.2.3", "99999999999999999999"} {
		if m, err := ParseMoney(in, "USD"); err == nil {
			t.Errorf("%q is read as %s", in, m)
		}
	}
}

func TestPartsAddUpToTheWhole(t *testing.T) {
	t.Parallel()
	adds := func(total uint32, weights []uint16) bool {
		ws := make([]int64, len(weights))
		var sum int64
		for i, w := range weights {
			ws[i] = int64(w)
			sum += ws[i]
		}
		var got int64
		for i, p := range allocate(int64(total), ws) {
			if p < 0 || ws[i] == 0 && p != 0 {
				return false
			}
			got += p
		}
		return got == int64(total) || sum == 0 && got == 0
	}
	if err := quick.Check(adds, nil); err != nil {
		t.Error(err)
	}
	if got := allocate(1000, []int64{19900, 19900, 19900}); !slices.Equal(got, []int64{334, 333, 333}) {
		t.Errorf("ten dollars over three equal lines: %v", got)
	}
}
