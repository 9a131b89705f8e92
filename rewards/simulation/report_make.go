package simulation

import (
	"cmp"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"time"

	"grapevine/rewards"
)

const (
	topAdvocates = 10
	// dailyPoints is the longest curve that has a point for each day; longer ones have one a week.
	dailyPoints = 100
)

// Report draws the sums. undated is how many orders could not be fed, because nobody knows when they were
// placed.
func (r *Run) Report(undated int64) Report {
	rep := Report{
		To: r.opts.To.Add(-1).In(r.opts.Zone).Format(time.DateOnly), Zone: r.opts.Zone.String(), Currency: r.sides[0].p.Currency,
		Orders: r.all.Orders, Live: r.live.Live, Checks: Checks{Orders: r.all.Imported, Rules: []string{}},
	}
	if !r.opts.From.IsZero() {
		rep.From = r.opts.From.In(r.opts.Zone).Format(time.DateOnly)
	}
	rep.Orders.Undated, rep.Orders.Revenue = undated, r.all.revenue.Minor
	if r.all.Imported > 0 {
		rep.Checks.Rules = Unchecked()
	}
	rep.Program = r.side(r.sides[0])
	if len(r.sides) > 1 {
		other, diff := r.side(r.sides[1]), r.diff
		diff.sum(rep.Program.Figures, other.Figures)
		rep.Compare, rep.Diff = &other, &diff
	}
	rep.Notes = r.notes(rep)
	return rep
}

func (r *Run) side(s *side) Side {
	return Side{Program: s.p.Name, Version: s.p.Version, Title: s.p.Title, Figures: s.figures(r.all.revenue.Minor)}
}

func (s *side) figures(all int64) Figures {
	t := &s.sums
	f := Figures{
		Rewarded: t.outcomes[rewards.OutcomeRewarded], Pending: t.outcomes[rewards.OutcomePending],
		Held: t.outcomes[rewards.OutcomeHeld], Rejected: t.outcomes[rewards.OutcomeRejected],
		NewCustomers: t.news, Revenue: t.left[rewards.OutcomeRewarded] + t.left[rewards.OutcomePending], HeldRevenue: t.left[rewards.OutcomeHeld],
		Discount: t.discount[true], LostDiscount: t.discount[false], Unpriced: t.unpriced,
		Reasons: t.reasonList(), Costs: t.costList(), Months: list(t.months, byName), Rules: t.ruleList(),
		Levels: list(t.levels, byName), Variants: list(t.variants, byName), Top: list(t.top, byRevenue), Advocates: int64(len(t.top)),
	}
	f.Referrals = f.Rewarded + f.Pending
	f.Top = f.Top[:min(len(f.Top), topAdvocates)]
	f.ShareBP = ratio(f.Revenue, all, 10_000)
	for _, c := range f.Costs {
		switch {
		case c.Kind == rewards.KindPoints:
			f.Points += s.worth(c.Given + c.Pending)
		case rewards.IsMoney(rewards.Money{Currency: c.Unit}):
			f.Cost += c.Given + c.Pending
		}
	}
	f.Spend = f.Cost + f.Points + f.Discount
	if f.Spend > 0 {
		hundredths := ratio(f.Revenue, f.Spend, 100)
		f.Return = fmt.Sprintf("%d.%02d", hundredths/100, hundredths%100)
	}
	if s.p.Budget.Minor > 0 {
		f.Budget = &BudgetUse{Budget: s.p.Budget.Minor, Used: s.budget.Minor}
		if !t.ranOut.IsZero() {
			f.Budget.RanOut = t.ranOut.In(t.zone).Format(time.DateOnly)
		}
	}
	f.Curve, f.CurveStep = t.curve()
	return f
}

// worth is what points are exchanged for, 0 where the programme does not say.
func (s *side) worth(points int64) int64 {
	if s.p.Points == nil {
		return 0
	}
	return ratio(points, s.p.Points.Per, s.p.Points.Worth.Minor)
}

// ratio is a × times ÷ b towards zero; 0 where b is.
func ratio(a, b, times int64) int64 {
	if b == 0 {
		return 0
	}
	q := new(big.Int).Mul(big.NewInt(a), big.NewInt(times))
	return q.Quo(q, big.NewInt(b)).Int64()
}

func byName(a, b Part) int { return cmp.Compare(a.Name, b.Name) }

func byRevenue(a, b Part) int {
	return cmp.Or(cmp.Compare(b.Revenue, a.Revenue), cmp.Compare(a.Name, b.Name))
}

func list(parts map[string]*Part, order func(a, b Part) int) []Part {
	all := make([]Part, 0, len(parts))
	for _, p := range parts {
		all = append(all, *p)
	}
	slices.SortFunc(all, order)
	return all
}

func (s *sums) reasonList() []ReasonCount {
	all := make([]ReasonCount, 0, len(s.reasons))
	for r, n := range s.reasons {
		r.Orders = n
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b ReasonCount) int {
		return cmp.Or(cmp.Compare(b.Orders, a.Orders), cmp.Compare(a.Outcome, b.Outcome), cmp.Compare(a.Reason, b.Reason))
	})
	return all
}

func (s *sums) costList() []KindCost {
	all := make([]KindCost, 0, len(s.costs))
	for _, c := range s.costs {
		all = append(all, *c)
	}
	slices.SortFunc(all, func(a, b KindCost) int {
		return cmp.Or(cmp.Compare(slices.Index(rewards.RewardKinds, a.Kind), slices.Index(rewards.RewardKinds, b.Kind)), cmp.Compare(a.Unit, b.Unit))
	})
	return all
}

// ruleList is in the programme's order.
func (s *sums) ruleList() []RuleCost {
	all := make([]RuleCost, 0, len(s.rules))
	for _, r := range s.program.Rules {
		if c := s.rules[r.Name]; c != nil {
			all = append(all, *c)
		}
	}
	return all
}

// curve adds the days up, a point for each day or week between the first referral and the last.
func (s *sums) curve() ([]Point, string) {
	if len(s.days) == 0 {
		return []Point{}, "day"
	}
	numbers := slices.Sorted(maps.Keys(s.days))
	first, last := numbers[0], numbers[len(numbers)-1]
	step, name := int64(1), "day"
	if last-first >= dailyPoints {
		step, name = 7, "week"
	}
	var points []Point
	var sum day
	i := 0
	for end := first; ; end += step {
		for ; i < len(numbers) && numbers[i] <= end; i++ {
			d := s.days[numbers[i]]
			sum.cost, sum.revenue, sum.referrals = sum.cost+d.cost, sum.revenue+d.revenue, sum.referrals+d.referrals
		}
		points = append(points, Point{Day: dayOf(min(end, last)).Format(time.DateOnly), Referrals: sum.referrals, Revenue: sum.revenue, Cost: sum.cost})
		if end >= last {
			return points, name
		}
	}
}
