package fairness

// Verdict is what a rule says of a referral.
type Verdict string

// The verdicts, from mild to severe.
const (
	None   Verdict = ""
	Flag   Verdict = "flag"   // paid on time, and shown
	Hold   Verdict = "hold"   // reserved, and not paid until a person has looked
	Reject Verdict = "reject" // no reward
)

// Off stands in Settings in place of a verdict: the rule is not asked.
const Off Verdict = "off"

// Known tells whether v is one of the verdicts that a signal can have, or Off.
func (v Verdict) Known() bool {
	return v == Flag || v == Hold || v == Reject || v == Off
}

// Worse returns the more severe of two verdicts. One that is not known ranks as Hold: what cannot be read
// is for a person.
func Worse(a, b Verdict) Verdict {
	if b.rank() > a.rank() {
		return b
	}
	return a
}

func (v Verdict) rank() int {
	switch v {
	case None, Off:
		return 0
	case Flag:
		return 1
	case Reject:
		return 3
	}
	return 2
}
