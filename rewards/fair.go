package rewards

import (
	"fmt"
	"strings"
	"time"

	"grapevine/rewards/fairness"
)

// The spans that an advocate's pace is measured by.
const (
	paceDay   = 24 * time.Hour
	paceMonth = 30 * paceDay
)

// caseOf adds to what the store found about friend and advocate how busy the advocate was before the order.
func (b *Book) caseOf(o Order, c Claim) fairness.Case {
	found := b.Cases[CaseKey(o.ID, c.AdvocateID)]
	for _, r := range b.Referrals[UsedKey(c.Program, c.AdvocateID)] {
		ago := o.PlacedAt.Sub(r.PlacedAt)
		if r.OrderID == o.ID || ago < 0 || ago > paceMonth {
			continue
		}
		found.Counts.AdvocateMonth++
		if ago <= paceDay {
			found.Counts.AdvocateDay++
		}
	}
	return found
}

// fair asks the fairness rules. What they reject or hold a person may overrule.
func (t *trial) fair() {
	settings := t.p.Fairness.WithDefaults()
	t.d.Signals = fairness.Judge(settings, t.fullCase())
	worst, points := fairness.Sum(settings, t.d.Signals)
	t.d.Points = points
	if len(t.d.Signals) == 0 {
		t.note("fairness", true, "no signals of abuse")
		return
	}
	var names []string
	for _, s := range t.d.Signals {
		names = append(names, fmt.Sprintf("%s (%s): %s", s.Rule, s.Verdict, s.Evidence))
	}
	evidence := fmt.Sprintf("%d points: %s", points, strings.Join(names, "; "))
	switch worst {
	case fairness.Reject:
		t.doubt(rejection(t.d.Signals), "fairness", false, "%s", evidence)
	case fairness.Hold:
		t.hold(ReasonFraudReview, "fairness", false, "%s", evidence)
	default:
		t.note("fairness", true, "%s", evidence)
	}
}

// fullCase is the claim's case with what the order itself tells.
func (t *trial) fullCase() fairness.Case {
	c, o := t.won.Case, t.f.Order
	c.Counts.ShopRiskCancel, c.Counts.ShopRiskInvestigate = o.Risk == RiskCancel, o.Risk == RiskInvestigate
	if c.Counts.Pieces = t.f.Pieces; c.Counts.Pieces == 0 {
		c.Counts.Pieces = o.pieces()
	}
	if minimum := t.p.Qualify.Minimum; minimum.Minor > 0 {
		over := t.left.Original.Minor - minimum.Minor
		c.Counts.NearMinimum = over >= 0 && over <= minimum.Minor/20
	}
	return c
}

// rejection is the reason of the first signal that rejects.
func rejection(signals []fairness.Signal) Reason {
	for _, s := range signals {
		if s.Verdict == fairness.Reject {
			for _, r := range fairness.Rules() {
				if r.Name == s.Rule && r.Rejects != "" {
					return Reason(r.Rejects)
				}
			}
			break
		}
	}
	return ReasonFraudRejected
}
