package fairness

import (
	"fmt"
	"maps"
	"slices"
)

// The defaults of what a shop leaves open. Sources: facts of ReferralCandy's help (more than three referred
// purchases from one IP) and of published advice to shops (five a day, ten a month); the others are ours.
const (
	DefaultPerDay       = 5
	DefaultPerMonth     = 10
	DefaultPerIP        = 3
	DefaultFirsts       = 3
	DefaultStrangers    = 10
	DefaultPieces       = 20
	DefaultReviewPoints = 60
)

// Settings are a programme's own choices. A zero field stands for its default; to switch a limit off,
// switch its rule off in Override.
type Settings struct {
	// Household is what an address shared with the advocate means: Flag, Hold (the default), Reject or Off.
	// Flag and Off also let one surname at one postcode pass.
	Household Verdict `json:"household,omitempty"`
	// Override gives rules, by name, another verdict, or Off.
	Override     map[string]Verdict `json:"override,omitempty"`
	PerDay       int                `json:"per_day,omitempty"`       // referrals of an advocate in 24 hours
	PerMonth     int                `json:"per_month,omitempty"`     // the same in 30 days
	PerIP        int                `json:"per_ip,omitempty"`        // friends from one IP in 30 days
	Firsts       int                `json:"firsts,omitempty"`        // first orders from one place in 7 days that are a farm
	Strangers    int                `json:"strangers,omitempty"`     // uses of a code without its link in a day
	Pieces       int64              `json:"pieces,omitempty"`        // in one order
	ReviewPoints int                `json:"review_points,omitempty"` // flags with as many points together hold
}

// WithDefaults fills what is zero or below.
func (s Settings) WithDefaults() Settings {
	if s.Household == None {
		s.Household = Hold
	}
	s.PerDay = positive(s.PerDay, DefaultPerDay)
	s.PerMonth = positive(s.PerMonth, DefaultPerMonth)
	s.PerIP = positive(s.PerIP, DefaultPerIP)
	s.Firsts = positive(s.Firsts, DefaultFirsts)
	s.Strangers = positive(s.Strangers, DefaultStrangers)
	s.ReviewPoints = positive(s.ReviewPoints, DefaultReviewPoints)
	s.Pieces = positive(s.Pieces, DefaultPieces)
	return s
}

func positive[N int | int64](n, otherwise N) N {
	if n > 0 {
		return n
	}
	return otherwise
}

// Problems returns what is wrong with settings, a sentence each, in a fixed order: a rule that there is
// not, a verdict that there is not, a verdict that a rule may not have, a limit below zero.
func (s Settings) Problems() []string {
	var found []string
	if s.Household != None && !s.Household.Known() {
		found = append(found, fmt.Sprintf("household: %q is none of flag, hold, reject, off", s.Household))
	}
	for _, name := range slices.Sorted(maps.Keys(s.Override)) {
		v := s.Override[name]
		r, ok := RuleNamed(name)
		switch {
		case !ok:
			found = append(found, fmt.Sprintf("%s: there is no such rule", name))
		case !v.Known():
			found = append(found, fmt.Sprintf("%s: %q is none of flag, hold, reject, off", name, v))
		case v != Off && v.rank() > r.most().rank():
			found = append(found, fmt.Sprintf("%s: this rule can do no more than %s", name, r.most()))
		}
	}
	for _, n := range []struct {
		name  string
		value int64
	}{
		{"per_day", int64(s.PerDay)}, {"per_month", int64(s.PerMonth)}, {"per_ip", int64(s.PerIP)}, {"firsts", int64(s.Firsts)},
		{"strangers", int64(s.Strangers)}, {"pieces", s.Pieces}, {"review_points", int64(s.ReviewPoints)},
	} {
		if n.value < 0 {
			found = append(found, fmt.Sprintf("%s: %d is below zero", n.name, n.value))
		}
	}
	return found
}

// verdict returns what a rule says when it fires, or Off.
func (s *Settings) verdict(r *Rule) Verdict {
	v, own := s.Override[r.Name]
	if !own || v == None {
		v = r.Verdict
		if r.household {
			v = s.Household
		}
	}
	switch {
	case v == Off:
		return Off
	case !v.Known():
		v = Hold
	}
	if v.rank() > r.most().rank() {
		return r.most()
	}
	return v
}
