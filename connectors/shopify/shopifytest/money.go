package shopifytest

import (
	"encoding/json"
	"fmt"
	"math/big"
	"sort"
	"strconv"
	"strings"
)

// Money is an amount in the minor unit of its currency: {1999, "EUR"} is 19.99 EUR. In JSON it is
// {"amount":"19.99","currency":"EUR"}.
type Money struct {
	Minor    int64
	Currency string
}

// exponent tells how many decimals a currency has (ISO 4217); unknown ones have two.
func exponent(currency string) int {
	switch currency {
	case "CLP", "ISK", "JPY", "KRW", "PYG", "VND", "XAF", "XOF":
		return 0
	case "BHD", "JOD", "KWD", "OMR", "TND":
		return 3
	}
	return 2
}

// ParseMoney reads a decimal string exactly; digits beyond the currency's exponent must be zeros.
func ParseMoney(decimal, currency string) (Money, error) {
	minor, err := parseFixed(decimal, exponent(currency))
	if err != nil {
		return Money{}, fmt.Errorf("amount %q in %s: %w", decimal, currency, err)
	}
	return Money{minor, currency}, nil
}

// parseFixed reads a decimal number as an integer of 10^-places.
func parseFixed(s string, places int) (int64, error) {
	digits, negative := strings.CutPrefix(s, "-")
	whole, frac, _ := strings.Cut(digits, ".")
	for len(frac) > places && strings.HasSuffix(frac, "0") {
		frac = frac[:len(frac)-1]
	}
	if whole == "" || len(frac) > places {
		return 0, fmt.Errorf("not a decimal number with at most %d decimals", places)
	}
	all := whole + frac + strings.Repeat("0", places-len(frac))
	for _, r := range all {
		if r < '0' || r > '9' {
			return 0, fmt.Errorf("not a decimal number")
		}
	}
	n, err := strconv.ParseInt(all, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("out of range")
	}
	if negative {
		n = -n
	}
	return n, nil
}

// formatFixed is the reverse of parseFixed.
func formatFixed(n int64, places int) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	s := strconv.FormatInt(n, 10)
	if places == 0 {
		return sign + s
	}
	if len(s) <= places {
		s = strings.Repeat("0", places-len(s)+1) + s
	}
	return sign + s[:len(s)-places] + "." + s[len(s)-places:]
}

// String writes the amount with all its decimals, as webhook bodies do: "10.00".
func (m Money) String() string { return formatFixed(m.Minor, exponent(m.Currency)) }

// decimal writes the amount as Shopify's GraphQL scalar Decimal does, without trailing zeros but
// with at least one decimal: "10.0".
func (m Money) decimal() string { return trimDecimal(m.String()) }

func trimDecimal(s string) string {
	whole, frac, _ := strings.Cut(s, ".")
	frac = strings.TrimRight(frac, "0")
	if frac == "" {
		frac = "0"
	}
	return whole + "." + frac
}

type moneyJSON struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
}

// MarshalJSON writes {"amount","currency"}.
func (m Money) MarshalJSON() ([]byte, error) {
	return json.Marshal(moneyJSON{m.String(), m.Currency})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (m *Money) UnmarshalJSON(b []byte) error {
	var j moneyJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	parsed, err := ParseMoney(j.Amount, j.Currency)
	*m = parsed
	return err
}

// share is total × part ÷ whole, towards zero; the whole of it where part equals whole.
func share(total, part, whole int64) int64 {
	if whole == 0 {
		return 0
	}
	n := new(big.Int).Mul(big.NewInt(total), big.NewInt(part))
	return n.Quo(n, big.NewInt(whole)).Int64()
}

// rounded is total × part ÷ whole, half away from zero, for what is not negative.
func rounded(total, part, whole int64) int64 {
	n := new(big.Int).Mul(big.NewInt(total), big.NewInt(part))
	n.Add(n, big.NewInt(whole/2))
	return n.Quo(n, big.NewInt(whole)).Int64()
}

// allocate splits total over the weights so that the parts add up to it: shares towards zero, the
// units left over to the greatest remainders, earlier ones first.
func allocate(total int64, weights []int64) []int64 {
	parts := make([]int64, len(weights))
	var sum int64
	for _, w := range weights {
		sum += w
	}
	if sum == 0 {
		return parts
	}
	left := total
	order := make([]int, len(weights))
	remainders := make([]*big.Int, len(weights))
	for i, w := range weights {
		q, r := new(big.Int).QuoRem(new(big.Int).Mul(big.NewInt(total), big.NewInt(w)), big.NewInt(sum), new(big.Int))
		parts[i], remainders[i], order[i] = q.Int64(), r, i
		left -= parts[i]
	}
	sort.SliceStable(order, func(a, b int) bool { return remainders[order[a]].Cmp(remainders[order[b]]) > 0 })
	for _, i := range order[:left] {
		parts[i]++
	}
	return parts
}
