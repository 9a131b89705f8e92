package rewards

import (
	"fmt"
	"math"
	"math/bits"
	"regexp"
	"strconv"
	"strings"
)

// Money is an amount in the minor unit of its currency: {1999, "EUR"} is €19.99, {500, "JPY"} is ¥500,
// {1250, "KWD"} is 1.250 dinar. The zero value is no money in no currency and can be added to any.
type Money struct {
	Minor    int64  `json:"minor"`
	Currency string `json:"currency"` // ISO 4217, upper case; or a unit of our own, see UnitPoints
}

// BasisPoints is a rate in hundredths of a percent: 1000 is 10 %.
type BasisPoints int64

// decimal is the one form of number that money and rates are read from. Source: Shopify's Decimal
// scalar and its webhook bodies; "1,000.00", "１２", "1e2" and "" are refused.
var decimal = regexp.MustCompile(`^(-?)(0|[1-9][0-9]{0,17})(?:\.([0-9]{1,40}))?$`)

// ParseMoney reads a decimal string exactly. Digits beyond the currency's exponent must be zero.
// Kind Invalid, code unknown_currency or bad_amount.
func ParseMoney(amount, currency string) (Money, error) {
	exp, ok := Exponent(currency)
	if !ok {
		return Money{}, Errorf(Invalid, "unknown_currency", "currency %q is not in ISO 4217", currency)
	}
	minor, err := parseDecimal(amount, exp)
	if err != nil {
		return Money{}, err
	}
	return Money{Minor: minor, Currency: currency}, nil
}

// ParsePercent reads "10" or "12.5" as basis points; between 0 and 100. Kind Invalid.
func ParsePercent(s string) (BasisPoints, error) {
	n, err := parseDecimal(s, 2)
	if err != nil {
		return 0, err
	}
	if n < 0 || n > 10_000 {
		return 0, Errorf(Invalid, "bad_percent", "%s %% is not between 0 and 100", s)
	}
	return BasisPoints(n), nil
}

// parseDecimal reads s as an integer of 10^-exp.
func parseDecimal(s string, exp int) (int64, error) {
	m := decimal.FindStringSubmatch(s)
	if m == nil {
		return 0, Errorf(Invalid, "bad_amount", "%.40q is not a decimal number", s)
	}
	frac := m[3]
	if len(frac) > exp {
		if strings.Trim(frac[exp:], "0") != "" {
			return 0, Errorf(Invalid, "bad_amount", "%.40q has more than %d decimals", s, exp)
		}
		frac = frac[:exp]
	}
	frac += strings.Repeat("0", exp-len(frac))
	n, err := strconv.ParseInt(m[1]+m[2]+frac, 10, 64)
	if err != nil {
		return 0, Errorf(Invalid, "bad_amount", "%.40q is too large", s)
	}
	return n, nil
}

// Add returns m + n. Kind Conflict on different currencies, Invalid on overflow.
func (m Money) Add(n Money) (Money, error) {
	if m == (Money{}) {
		return n, nil
	}
	if n == (Money{}) {
		return m, nil
	}
	if m.Currency != n.Currency {
		return Money{}, Errorf(Conflict, "currency_mismatch", "%s and %s do not add", m.Currency, n.Currency)
	}
	s := m.Minor + n.Minor
	if (s > m.Minor) != (n.Minor > 0) && n.Minor != 0 {
		return Money{}, Errorf(Invalid, "amount_overflow", "%d + %d leaves the range of int64", m.Minor, n.Minor)
	}
	return Money{Minor: s, Currency: m.Currency}, nil
}

// Sub returns m − n, with the errors of Add.
func (m Money) Sub(n Money) (Money, error) {
	if n.Minor == math.MinInt64 {
		return Money{}, Errorf(Invalid, "amount_overflow", "%d has no negative", n.Minor)
	}
	return m.Add(Money{Minor: -n.Minor, Currency: n.Currency})
}

// Share returns the given rate of m, towards zero: 10 % of 19.99 is 1.99. Kind Invalid for a rate
// below 0 or above 100 %.
func (m Money) Share(rate BasisPoints) (Money, error) {
	if rate < 0 || rate > 10_000 {
		return Money{}, Errorf(Invalid, "bad_percent", "rate %d is not between 0 and 10000 basis points", rate)
	}
	return m.Portion(int64(rate), 10_000)
}

// Portion returns m × part ÷ whole, towards zero, without overflow on the way. part must lie in
// [0, whole] and whole be above zero; Kind Invalid otherwise.
func (m Money) Portion(part, whole int64) (Money, error) {
	if whole <= 0 || part < 0 || part > whole {
		return Money{}, Errorf(Invalid, "bad_portion", "%d of %d is not a portion", part, whole)
	}
	neg, abs := m.Minor < 0, uint64(m.Minor)
	if neg {
		abs = -abs
	}
	hi, lo := bits.Mul64(abs, uint64(part))
	q, _ := bits.Div64(hi, lo, uint64(whole)) // part ≤ whole, so the quotient fits
	out := int64(q)
	if neg {
		out = -out
	}
	return Money{Minor: out, Currency: m.Currency}, nil
}

// IsZero tells whether the amount is zero, whatever the currency.
func (m Money) IsZero() bool { return m.Minor == 0 }

// Less tells whether m is below n; amounts of different currencies never compare as less.
func (m Money) Less(n Money) bool {
	return (m.Currency == n.Currency || m == (Money{}) || n == (Money{})) && m.Minor < n.Minor
}

// IsMoney tells an amount in a currency from one in a unit of our own. No amount at all counts as money.
func IsMoney(m Money) bool {
	return m.Currency != UnitPoints && m.Currency != UnitEntries && m.Currency != UnitTickets
}

// Decimal writes the amount as the shops' APIs want it: "19.99", "-0.05", "500".
func (m Money) Decimal() string {
	exp, ok := Exponent(m.Currency)
	if !ok && IsMoney(m) {
		exp = 2
	}
	neg, abs := "", uint64(m.Minor)
	if m.Minor < 0 {
		neg, abs = "-", -abs
	}
	digits := strconv.FormatUint(abs, 10)
	if exp == 0 {
		return neg + digits
	}
	if len(digits) <= exp {
		digits = strings.Repeat("0", exp-len(digits)+1) + digits
	}
	cut := len(digits) - exp
	return neg + digits[:cut] + "." + digits[cut:]
}

// String is for logs and evidence: "19.99 EUR".
func (m Money) String() string {
	if m.Currency == "" {
		return m.Decimal()
	}
	return m.Decimal() + " " + m.Currency
}

// Decimal writes a rate as percent: "10", "12.5".
func (b BasisPoints) Decimal() string {
	s := fmt.Sprintf("%d.%02d", b/100, b%100)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// Fraction writes a rate as the fraction that Shopify's API wants: 1000 is "0.1".
func (b BasisPoints) Fraction() string {
	s := fmt.Sprintf("%d.%04d", b/10_000, b%10_000)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}
