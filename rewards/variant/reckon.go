package variant

import "math"

// pValue is the two-sided z-test of two shares with a pooled variance, not corrected for continuity
// (NIST/SEMATECH e-Handbook of Statistical Methods, 7.3.3).
func pValue(a, b Arm) float64 {
	na, nb := float64(a.Subjects), float64(b.Subjects)
	pooled := (float64(a.Converted) + float64(b.Converted)) / (na + nb)
	z := (b.share() - a.share()) / math.Sqrt(pooled*(1-pooled)*(1/na+1/nb))
	return math.Erfc(math.Abs(z) / math.Sqrt2)
}

// quantile is how many standard deviations to either side of the mean hold this part of all.
func quantile(part float64) float64 { return math.Sqrt2 * math.Erfinv(part) }

// newcombe bounds the difference of b's share less a's, in percentage points.
func newcombe(a, b Arm, z float64) (low, high float64) {
	pa, pb := a.share(), b.share()
	lowA, highA := wilson(a, z)
	lowB, highB := wilson(b, z)
	low = pb - pa - math.Hypot(pb-lowB, highA-pa)
	high = pb - pa + math.Hypot(highB-pb, pa-lowA)
	return 100 * low, 100 * high
}

// wilson bounds one share (E. B. Wilson, Journal of the American Statistical Association 22, 1927).
func wilson(a Arm, z float64) (low, high float64) {
	n, p := float64(a.Subjects), a.share()
	middle := p + z*z/(2*n)
	half := z * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return (middle - half) / (1 + z*z/n), (middle + half) / (1 + z*z/n)
}

// needed is how many subjects each of two arms must have, so that shares p and q are told apart with
// the chance that power names, in a two-sided test at the level alpha (Fleiss, Levin and Paik,
// Statistical Methods for Rates and Proportions, 3rd edition, section 4.2, without the correction for
// continuity). Infinite for like shares.
func needed(p, q, alpha float64) float64 {
	mean := (p + q) / 2
	root := quantile(1-alpha)*math.Sqrt(2*mean*(1-mean)) + quantile(2*power-1)*math.Sqrt(p*(1-p)+q*(1-q))
	if p == q {
		return math.Inf(1)
	}
	return root * root / ((p - q) * (p - q))
}
