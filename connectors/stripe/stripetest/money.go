package stripetest

import (
	"math/big"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// Currencies that do not have two decimals in Stripe's API. ISK and UGX have none, but the API keeps two and
// wants zeros there; those with three want a zero in the last place. Source: docs.stripe.com/currencies, and
// Stripe's support page on ISK; for UGX sources do not agree, and this is the simulator's choice.
var (
	noDecimals    = []string{"bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"}
	threeDecimals = []string{"bhd", "jod", "kwd", "omr", "tnd"}
	zerosNeeded   = []string{"isk", "ugx"}
)

// exponent tells how many decimals the API's amounts have in a currency.
func exponent(currency string) int {
	switch {
	case slices.Contains(noDecimals, currency):
		return 0
	case slices.Contains(threeDecimals, currency):
		return 3
	}
	return 2
}

// step is what the API's amounts in a currency must be a multiple of.
func step(currency string) int64 {
	switch {
	case slices.Contains(threeDecimals, currency):
		return 10
	case slices.Contains(zerosNeeded, currency):
		return 100
	}
	return 1
}

// validCurrency tells whether the API takes a currency. It asks for the form alone.
func validCurrency(c string) bool {
	return len(c) == 3 && strings.Trim(strings.ToLower(c), "abcdefghijklmnopqrstuvwxyz") == ""
}

// parseAmount reads a decimal string as an amount of the API; "" is nothing.
func parseAmount(decimal, currency string) (int64, error) {
	if decimal == "" {
		return 0, nil
	}
	n, ok := parseFixed(decimal, exponent(currency))
	if !ok {
		return 0, refuse("invalid", "%q is no amount in %s", decimal, strings.ToUpper(currency))
	}
	if n%step(currency) != 0 {
		return 0, refuse("invalid", "%s in %s: Stripe's amounts are multiples of %d there", decimal, strings.ToUpper(currency), step(currency))
	}
	return n, nil
}

// parseFixed reads a decimal number as an integer of 10^-places; ok is false if it is none that fits.
func parseFixed(s string, places int) (n int64, ok bool) {
	whole, part, _ := strings.Cut(s, ".")
	part = strings.TrimRight(part, "0")
	if whole == "" || len(part) > places {
		return 0, false
	}
	n, err := strconv.ParseInt(whole+part+strings.Repeat("0", places-len(part)), 10, 64)
	return n, err == nil
}

// formatAmount writes an amount of the API as a decimal string.
func formatAmount(n int64, currency string) string {
	places := exponent(currency)
	if slices.Contains(zerosNeeded, currency) {
		n, places = n/100, 0
	}
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	s := strconv.FormatInt(n, 10)
	if places == 0 {
		return sign + s
	}
	if len(s) <= places {
		s = strings.Repeat("0", places+1-len(s)) + s
	}
	return sign + s[:len(s)-places] + "." + s[len(s)-places:]
}

// percentOf is n × ppm ÷ 1,000,000, half up, as a multiple of the currency's step.
func percentOf(n, ppm int64, currency string) int64 {
	unit := step(currency)
	d := big.NewInt(1_000_000 * unit)
	x := new(big.Int).Mul(big.NewInt(n), big.NewInt(ppm))
	x.Add(x, new(big.Int).Rsh(d, 1))
	return x.Quo(x, d).Int64() * unit
}

// spread splits total over weights so that the parts add up to it: what rounding leaves goes to the largest
// remainders, earlier ones first.
func spread(total int64, weights []int64) []int64 {
	parts := make([]int64, len(weights))
	var sum int64
	for _, w := range weights {
		sum += w
	}
	if sum == 0 {
		return parts
	}
	rest := make([]*big.Int, len(weights))
	order := make([]int, len(weights))
	left := total
	for i, w := range weights {
		q, r := new(big.Int).QuoRem(new(big.Int).Mul(big.NewInt(total), big.NewInt(w)), big.NewInt(sum), new(big.Int))
		parts[i], rest[i], order[i] = q.Int64(), r, i
		left -= parts[i]
	}
	sort.SliceStable(order, func(a, b int) bool { return rest[order[a]].Cmp(rest[order[b]]) > 0 })
	for i := range left {
		parts[order[i]]++
	}
	return parts
}
