package fairness

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// maxRing is the longest circle that is taken for a ring; longer ones come about by chance.
const maxRing = 5

// An advocate's late returns count from this many referrals on, and at this many times the shop's share.
const (
	lateReferrals = 5
	lateTimes     = 3
	lateShareBP   = 1000 // taken where the shop's share is not known
)

// linkShareBP is the share of orders by link below which a code is used by strangers.
const linkShareBP = 2000

func when(found func(*Case) bool, evidence string) func(*Settings, *Case) string {
	return func(_ *Settings, c *Case) string {
		if found(c) {
			return evidence
		}
		return ""
	}
}

func counted(count func(*Counts) int, evidence string) func(*Settings, *Case) string {
	return func(_ *Settings, c *Case) string {
		if n := count(&c.Counts); n > 0 {
			return fmt.Sprintf(evidence, n)
		}
		return ""
	}
}

// over tells of this order being one too many.
func over(earlier, limit int, format string) string {
	if earlier < limit {
		return ""
	}
	return fmt.Sprintf(format, earlier+1, limit)
}

func surnamePostcode(s *Settings, c *Case) string {
	if !c.Pair.SameSurnamePostcode || s.Household == Flag || s.Household == Off {
		return ""
	}
	return "one surname at one postcode"
}

func friendsPerIP(s *Settings, c *Case) string {
	return over(c.Counts.FriendsByIP, s.PerIP, "friends from this IP within 30 days: %d, allowed %d")
}

func velocityDay(s *Settings, c *Case) string {
	return over(c.Counts.AdvocateDay, s.PerDay, "referrals of the advocate within 24 hours: %d, allowed %d")
}

func velocityMonth(s *Settings, c *Case) string {
	return over(c.Counts.AdvocateMonth, s.PerMonth, "referrals of the advocate within 30 days: %d, allowed %d")
}

func accountFarm(s *Settings, c *Case) string {
	var places []string
	for _, p := range []struct {
		others int
		name   string
	}{{c.Counts.FirstsByAddress, "address"}, {c.Counts.FirstsByCard, "card"}, {c.Counts.FirstsByDevice, "browser"}} {
		if p.others+1 >= s.Firsts && p.others > 0 {
			places = append(places, fmt.Sprintf("one %s: %d", p.name, p.others+1))
		}
	}
	if places == nil {
		return ""
	}
	return "people with a first order within 7 days from " + strings.Join(places, ", ")
}

func ring(_ *Settings, c *Case) string {
	if c.Counts.Ring <= 0 || c.Counts.Ring > maxRing {
		return ""
	}
	return fmt.Sprintf("this referral closes a circle of %d people", c.Counts.Ring)
}

func codeLeak(s *Settings, c *Case) string {
	n := &c.Counts
	if n.StrangersDay <= s.Strangers || n.ClicksKnown && n.LinkShareBP >= linkShareBP {
		return ""
	}
	came := "the shop does not tell of links"
	if n.ClicksKnown {
		came = fmt.Sprintf("%d.%02d %% came by the link", n.LinkShareBP/100, n.LinkShareBP%100)
	}
	return fmt.Sprintf("strangers used the code %d times within 24 hours, allowed %d; %s; the code should be rotated", n.StrangersDay, s.Strangers, came)
}

func lateReturns(_ *Settings, c *Case) string {
	n := &c.Counts
	share := n.ShopLateBP
	if share <= 0 {
		share = lateShareBP
	}
	if n.Referrals < lateReferrals || int64(n.LateReturns)*10_000 <= lateTimes*int64(share)*int64(n.Referrals) {
		return ""
	}
	return fmt.Sprintf("late returns among the advocate's referrals: %d of %d", n.LateReturns, n.Referrals)
}

func orderSplitting(_ *Settings, c *Case) string {
	if c.Counts.SplitOrders <= 0 || !c.Counts.NearMinimum {
		return ""
	}
	return fmt.Sprintf("orders of this friend just above the minimum within 72 hours: %d", c.Counts.SplitOrders+1)
}

func bulkBuyer(s *Settings, c *Case) string {
	if c.Counts.Pieces <= s.Pieces {
		return ""
	}
	return fmt.Sprintf("pieces in the order: %d, usual up to %d", c.Counts.Pieces, s.Pieces)
}

// unread holds for trouble under a name that no rule has: it would be passed over otherwise.
func unread(_ *Settings, c *Case) string {
	if len(c.Trouble) == 0 {
		return ""
	}
	var why []string
	for _, name := range slices.Sorted(maps.Keys(c.Trouble)) {
		if !known(name) {
			why = append(why, name+": "+c.Trouble[name])
		}
	}
	return strings.Join(why, "; ")
}

// known tells whether a name is a rule's or that of something a rule looks at.
func known(name string) bool {
	for _, part := range [][]Rule{selfRules, likeRules, placeRules, existingRules, crowdRules, moneyRules} {
		for i := range part {
			if part[i].Name == name || slices.Contains(part[i].Data, name) {
				return true
			}
		}
	}
	return name == "unread"
}
