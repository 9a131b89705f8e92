package woocommercetest

import (
	"errors"
	"math/big"
	"strconv"
	"strings"
)

// Money is an amount in millionths of the shop's currency: finer than any number of decimals that a shop can
// be set to. WooCommerce reckons in floating point and rounds to the decimals of the shop.
type Money int64

const (
	moneyDecimals = 6
	unit          = Money(1_000_000)
)

var errMoney = errors.New("not a decimal amount")

// ParseMoney reads a decimal such as "22.50" or "-10"; more than six decimals are rounded.
func ParseMoney(s string) (Money, error) {
	s = strings.TrimSpace(s)
	if s == "" || strings.ContainsAny(s, "/_xXpP") {
		return 0, errMoney
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return 0, errMoney
	}
	r.Mul(r, new(big.Rat).SetInt64(int64(unit)))
	text := r.FloatString(0)
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, errMoney
	}
	return Money(v), nil
}

// step is the smallest amount with so many decimals.
func step(decimals int) Money {
	m := unit
	for range decimals {
		m /= 10
	}
	return m
}

// round rounds half away from zero to so many decimals, as PHP's round does.
func (m Money) round(decimals int) Money {
	s := step(decimals)
	if m < 0 {
		return -((-m + s/2) / s * s)
	}
	return (m + s/2) / s * s
}

// Text is the amount with exactly so many decimals: "22.50".
func (m Money) Text(decimals int) string {
	m = m.round(decimals)
	sign := ""
	if m < 0 {
		sign, m = "-", -m
	}
	whole := strconv.FormatInt(int64(m/unit), 10)
	if decimals == 0 {
		return sign + whole
	}
	rest := strconv.FormatInt(int64(unit+m%unit), 10)[1:]
	return sign + whole + "." + rest[:decimals]
}

// short is the amount without zeros at its end, as PHP writes a float: "2.5", "5".
func (m Money) short() string {
	s := strings.TrimRight(m.Text(moneyDecimals), "0")
	return strings.TrimSuffix(s, ".")
}

// share is m × part / whole, rounded half away from zero to so many decimals.
func (m Money) share(part, whole int64, decimals int) Money {
	if whole == 0 {
		return 0
	}
	r := new(big.Rat).SetFrac64(part, whole)
	r.Mul(r, new(big.Rat).SetInt64(int64(m)))
	r.Quo(r, new(big.Rat).SetInt64(int64(step(decimals))))
	v, err := strconv.ParseInt(r.FloatString(0), 10, 64)
	if err != nil {
		return 0
	}
	return Money(v) * step(decimals)
}
