// Package fairness is the rules that tell an honest referral from one that is not.
//
//	Person, Person ─▶ Compare ─▶ Pair ─┐
//	the shop's other orders ─▶ Counts ─┴▶ Case ─▶ Judge ─▶ signals ─▶ Sum ─▶ verdict
//
// A rule that fires leaves a signal: which rule in which version, its verdict, its points, and a sentence
// of evidence that holds no personal data. Reject means no reward, hold that a person must look, flag that
// the reward is paid and the signal shown. Flags that add up to enough points hold.
//
// What is compared is known for a moment only: a Pair and Counts say what was found alike and how often,
// and are stored with a decision, so that it can be derived again. A rule that errs, or that lacks what it
// needs, holds. An address on the Internet alone never rejects, and one that is shared never holds.
//
// The package is pure and imports the standard library and golang.org/x/text only.
package fairness
