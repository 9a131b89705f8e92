package fairness

import "slices"

// The reason codes that a rejection carries, as the domain spells them.
const (
	RejectsSelf     = "self_referral"
	RejectsExisting = "existing_customer"
	RejectsFraud    = "fraud_rejected"
)

// Rule is one row of the table: what staff read about it, and what it does when it fires.
type Rule struct {
	Name    string  `json:"name"` // stable, as stored and set
	Version int     `json:"version"`
	Title   string  `json:"title"` // one sentence for staff
	Verdict Verdict `json:"verdict"`
	Points  int     `json:"points"`
	// Rejects is the reason code of a rejection by this rule.
	Rejects string `json:"rejects"`
	// Most is the worst verdict that a shop may give the rule, None for any.
	Most Verdict `json:"most,omitempty"`
	// Data names what the rule looks at, for Case.Trouble.
	Data []string `json:"data,omitempty"`

	household bool // its verdict is the shop's word on households
	// check returns the evidence, "" where the rule does not fire.
	check func(*Settings, *Case) string
}

func (r *Rule) most() Verdict {
	if r.Most == None {
		return Reject
	}
	return r.Most
}

// Rules returns the table in its order. The caller may change the slice.
func Rules() []Rule { return slices.Clone(table) }

// RuleNamed returns the rule of that name.
func RuleNamed(name string) (Rule, bool) {
	i := slices.IndexFunc(table, func(r Rule) bool { return r.Name == name })
	if i < 0 {
		return Rule{}, false
	}
	return table[i], true
}
