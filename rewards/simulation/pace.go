package simulation

import (
	"time"

	"grapevine/rewards"
	"grapevine/rewards/fairness"
)

// The spans that an advocate's pace is measured by, as rewards.Book does.
const (
	paceDay   = 24 * time.Hour
	paceMonth = 30 * paceDay
)

// longestRing is the longest circle that is looked for; longer ones come about by chance.
const longestRing = 5

// fill adds to a claim's case what the run itself knows: the advocate's pace, and for orders that nobody
// judged when they came, whether the friend had another advocate and whether a circle closes.
func (s *side) fill(c *rewards.Claim, o rewards.Order, first *standing) {
	n := &c.Case.Counts
	n.AdvocateDay, n.AdvocateMonth = 0, 0
	if a := s.advocates[c.AdvocateID]; a != nil {
		n.AdvocateDay = len(a.referrals) - within(a.referrals, o.PlacedAt, paceDay)
		n.AdvocateMonth = len(a.referrals) - within(a.referrals, o.PlacedAt, paceMonth)
	}
	if !c.Case.Historic {
		return
	}
	n.AlreadyReferred = first != nil && first.advocate != c.AdvocateID
	if o.Customer != nil {
		n.Ring = s.ring(c.AdvocateID, s.advocateOf[o.Customer.ID])
	}
}

// within finds the first of some rising times that is no longer ago than a span.
func within(times []time.Time, now time.Time, span time.Duration) int {
	return after(times, now.Add(-1), span) // at the very end of the span still counts
}

// ring is the length of the circle that closes when this advocate refers that one; 0 for none.
func (s *side) ring(advocate, friend string) int {
	if friend == "" {
		return 0
	}
	at := advocate
	for length := 2; length <= longestRing; length++ {
		a := s.advocates[at]
		if a == nil || a.friendOf == "" {
			return 0
		}
		if at = a.friendOf; at == friend {
			return length
		}
	}
	return 0
}

// Unchecked lists the rules of fairness that imported orders cannot be checked by: what they compare is not
// in an export.
func Unchecked() []string {
	var names []string
	for _, r := range fairness.Rules() {
		if !onImport[r.Name] {
			names = append(names, r.Name)
		}
	}
	return names
}

// onImport are the rules that can be checked on an imported order.
var onImport = map[string]bool{
	"same_customer": true, "same_email": true, // they are self-referrals before fairness is asked
	"already_referred": true, "velocity_day": true, "velocity_month": true, "ring": true,
	"near_minimum": true, "bulk_buyer": true, "unread": true,
}
