package rewards

import "strings"

// The currencies of ISO 4217 by their number of decimals. Funds codes, metals and test codes are left
// out: a shop cannot sell in them.
const (
	zeroDecimals  = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
	twoDecimals   = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG"
	threeDecimals = "BHD IQD JOD KWD LYD OMR TND"
)

// Exponent returns the number of decimals of an ISO 4217 currency, and whether it is known. The code
// must be three upper-case letters.
func Exponent(currency string) (int, bool) {
	exp, ok := exponents[currency]
	return exp, ok
}

// exponents holds the lists by currency.
var exponents = func() map[string]int {
	all := map[string]int{}
	for exp, list := range map[int]string{0: zeroDecimals, 2: twoDecimals, 3: threeDecimals} {
		for currency := range strings.FieldsSeq(list) {
			all[currency] = exp
		}
	}
	return all
}()
