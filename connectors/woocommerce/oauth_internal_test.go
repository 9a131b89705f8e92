package woocommerce

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

// The example of RFC 5849 §3.4.1.1, as far as it applies: its parameters are doubly escaped and sorted.
func TestTheTextThatIsSigned(t *testing.T) {
	t.Parallel()
	query := url.Values{"b5": {"=%3D"}, "a3": {"2 q"}, "c@": {""}, "a2": {"r b"}, "oauth_nonce": {"7d8f3e4a"}, "c2": {""}}
	const want = "GET&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26b5%3D%253D%25253D%26c2%3D%26c%2540%3D%26oauth_nonce%3D7d8f3e4a"
	if got := signatureBase("GET", "http://example.com/request", query); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	sign("GET", "http://example.com/request", query, "ck_1", "cs_1", time.Unix(1_800_000_000, 0))
	if query.Get("oauth_timestamp") != "1800000000" || len(query.Get("oauth_signature")) != 44 || query.Get("oauth_nonce") == "7d8f3e4a" {
		t.Errorf("got %v", query)
	}
}

func TestWhatACouponTookOffIsRoundedTowardsZero(t *testing.T) {
	t.Parallel()
	for in, want := range map[text]string{"8": "8.00", "2.5": "2.50", "4.166667": "4.16", "0.009": "0.00", "": "0.00", "-0": "0.00", "-1.5": "0.00", "1.50": "1.50"} {
		if got, err := tookOff(in, "GBP"); err != nil || got.Decimal() != want {
			t.Errorf("%q: got %s, %v; want %s", in, got, err, want)
		}
	}
	if got, err := tookOff("2.5", "JPY"); err != nil || got.Minor != 2 {
		t.Errorf("yen: %s, %v", got, err)
	}
	for _, bad := range []text{"x", "1e3", "1.2.3", "1,5", "."} {
		if got, err := tookOff(bad, "GBP"); err == nil {
			t.Errorf("%q is %s", bad, got)
		}
	}
}

func TestTwoDecimalsOfThree(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		echo, want string
		same       bool
	}{
		{"10.00", "10", true}, {"12.50", "12.5", true}, {"1.26", "1.255", true}, {"1.25", "1.255", false}, {"1.255", "1.255", true},
		{"", "0", true}, {"0.00", "0", true}, {"0.01", "0", false}, {"9.99", "10", false}, {"x", "10", false}, {"10", "x", false},
	} {
		if got := sameDecimal(tc.echo, tc.want); got != tc.same {
			t.Errorf("%q for %q: %v", tc.echo, tc.want, got)
		}
	}
}

func TestAMemoForgets(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 10, 9, 0, 0, 0, time.UTC)
	m := memo{done: map[string]deed{}}
	m.add("a", "terms", now)
	if !m.has("a", "terms", now.Add(memoFor-1)) || m.has("a", "terms", now.Add(memoFor)) || m.has("b", "terms", now) || m.has("a", "others", now) {
		t.Error("it holds what was noted, for its time")
	}
	m.drop("a")
	if m.has("a", "terms", now) {
		t.Error("what was dropped is there")
	}
	for i := range memoMax + 1 {
		m.add(strings.Repeat("x", i%7)+time.Duration(i).String(), "terms", now)
	}
	if len(m.done) > memoMax {
		t.Errorf("it holds %d", len(m.done))
	}
}
