package stripe

import (
	"math"
	"strings"

	"grapevine/rewards"
)

// Stripe's amounts are whole numbers of a currency's smallest unit, as Stripe sees it. That is ISO 4217's, by
// which Grapevine counts, with these exceptions. Source: docs.stripe.com/currencies; Stripe's support page on
// ISK.
const (
	wholeUnits   = "MGA"         // ISO: two decimals; Stripe: none
	hundredths   = "ISK"         // ISO: none; Stripe: two, which are always zero
	notSettled   = "UGX IQD LYD" // sources do not agree (UGX), or Stripe does not sell in them
	scale        = 100
	nobodyKnows  = "unknown_currency"
	maxScaled    = math.MaxInt64 / scale
	maxCurrency  = 8
	noteCurrency = "Stripe's smallest unit of %.8q is not known for sure"
)

// currencyOf is a currency as ISO 4217 writes it: Stripe writes it small.
func currencyOf(stripe string) string { return strings.ToUpper(stripe) }

// unsettled tells whether amounts in a currency cannot be brought into ISO's unit. An unknown one is another
// thing: the rules hold an order in it by themselves.
func unsettled(currency string) bool {
	return currency != "" && strings.Contains(" "+notSettled+" ", " "+currency+" ")
}

// moneyOf brings an amount of Stripe's, in a currency as ISO writes it, into ISO's smallest unit, exactly. Kind
// Invalid, codes unknown_currency, bad_amount.
func moneyOf(amount int64, currency string) (rewards.Money, error) {
	m := rewards.Money{Minor: amount, Currency: currency}
	_, known := rewards.Exponent(currency)
	switch {
	case !known || unsettled(currency):
		return rewards.Money{}, rewards.Errorf(rewards.Invalid, nobodyKnows, noteCurrency, currency)
	case currency == wholeUnits:
		if amount > maxScaled || amount < -maxScaled {
			return rewards.Money{}, rewards.Errorf(rewards.Invalid, "amount_overflow", "%d %s", amount, currency)
		}
		m.Minor *= scale
	case currency == hundredths:
		if amount%scale != 0 {
			return rewards.Money{}, rewards.Errorf(rewards.Invalid, "bad_amount", "%d %s: the last two digits are not zero", amount, currency)
		}
		m.Minor /= scale
	}
	return m, nil
}

// payable is money rounded down to what Stripe takes of its currency: of three decimals the last must be zero, and
// there are no parts of an ariary. A share of a sale comes out finer, and nobody is given more than was promised.
func payable(m rewards.Money) rewards.Money {
	const tens = 10
	if digits, _ := rewards.Exponent(m.Currency); digits == 3 {
		m.Minor -= m.Minor % tens
	} else if m.Currency == wholeUnits {
		m.Minor -= m.Minor % scale
	}
	return m
}

// amountOf brings money into Stripe's amount and currency, exactly. Kind Invalid, codes unknown_currency,
// bad_amount.
func amountOf(m rewards.Money) (amount int64, currency string, err error) {
	_, known := rewards.Exponent(m.Currency)
	amount, currency = m.Minor, strings.ToLower(m.Currency)
	switch {
	case !known || unsettled(m.Currency):
		return 0, "", rewards.Errorf(rewards.Invalid, nobodyKnows, noteCurrency, m.Currency)
	case m.Currency == wholeUnits:
		if amount%scale != 0 {
			return 0, "", rewards.Errorf(rewards.Invalid, "bad_amount", "Stripe has no parts of one in %s, and %s has", m.Currency, m)
		}
		amount /= scale
	case m.Currency == hundredths:
		if amount > maxScaled || amount < -maxScaled {
			return 0, "", rewards.Errorf(rewards.Invalid, "amount_overflow", "%s", m)
		}
		amount *= scale
	}
	return amount, currency, nil
}
