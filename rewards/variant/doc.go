// Package variant gives each shopper one of several offers, and says which of them works better, or
// that it is too early to tell.
//
//	Assign(seed, subject, weights) ─▶ arm, the same one each time
//	Compare(a, b), CompareAll(arms) ─▶ Verdict ─▶ one sentence for the owner
//
// # What a verdict rests on
//
// Two shares of conversions are compared by the two-sided z-test with a pooled variance. The interval
// of the difference is Newcombe's (Statistics in Medicine 17, 1998, pages 873 to 890, method 10): it is
// made of two Wilson intervals and stays right for shares of a few per cent, where the plain Wald
// interval is too narrow and reaches below nothing. The two are reckoned differently and may disagree
// at the very border of 5 %; the test decides.
//
// A verdict is right 95 times in 100 if the figures are looked at once, at a time that was fixed
// beforehand. Who looks each day and stops at the first "better" is wrong more often.
package variant
