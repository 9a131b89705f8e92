package rewards

import (
	"cmp"
	"slices"
	"time"
)

// exchangeRule is the rule of rewards that points were exchanged for.
const exchangeRule = "exchange"

// Exchange turns an advocate's points into a reward in the shop, by the plan of the programme. held are her
// rewards in points of that programme; the ones that end first are used first. used is what the programme
// has used of its budget. The new reward's order is "".
//
// Kind Invalid, code no_points_plan, bad_points or below_minimum; Conflict, code not_enough_points or
// budget_exhausted.
func Exchange(p Program, held []Reward, points int64, used Money, mint Mint, now time.Time, actor string) (Effect, Reward, error) {
	worth, err := p.PointsWorth(points)
	if err != nil {
		return Effect{}, Reward{}, err
	}
	if total, err := used.Add(worth); err != nil || p.Budget.Minor > 0 && total.Minor > p.Budget.Minor {
		return Effect{}, Reward{}, Errorf(Conflict, "budget_exhausted", "%s of %s are used, %s are asked for", used, p.Budget, worth)
	}
	e, who, err := spendPoints(held, points, now, actor)
	if err != nil {
		return Effect{}, Reward{}, err
	}
	none := Money{Currency: p.Currency}
	spec := RewardSpec{Kind: p.Points.Kind, Amount: worth, Discount: Discount{Amount: none, Minimum: none}, Expires: p.Points.Life}
	if spec.Kind == KindDiscountCode {
		spec.Amount, spec.Discount.Amount = none, worth
	}
	r := Reward{
		ID: mint.ID("rw_"), AdvocateID: who.AdvocateID, CustomerID: who.CustomerID, Beneficiary: ForAdvocate, Rule: exchangeRule,
		Program: p.Name, Version: p.Version, Spec: spec, Value: worth, Net: worth, Given: none, Loss: none, Used: none, CreatedAt: now,
	}
	r.intend(mint, now)
	if err := e.post(r, ProgramAccount(p.Name), r.pendingAccount(), worth, "exchanged"); err != nil {
		return Effect{}, Reward{}, err
	}
	e.Rewards = append(e.Rewards, RewardChange{Reward: r, Actor: actor})
	e.Alerts = p.alerts(used, e.Budget[p.Name])
	e.fulfil(r.ID)
	return e, r, nil
}

// PointsWorth is what so many points come to by the plan; a part of a minor unit does not count. Kind
// Invalid, code no_points_plan, bad_points or below_minimum.
func (p Program) PointsWorth(points int64) (Money, error) {
	plan := p.Points
	switch {
	case plan == nil:
		return Money{}, Errorf(Invalid, "no_points_plan", "programme %s says nothing of what points are worth", p.Name)
	case points <= 0:
		return Money{}, Errorf(Invalid, "bad_points", "%d points cannot be exchanged", points)
	case points < plan.Minimum:
		return Money{}, Errorf(Invalid, "below_minimum", "%d points are fewer than the %d that can be exchanged at once", points, plan.Minimum)
	}
	worth, err := plan.Worth.times(points, plan.Per)
	if err == nil && worth.Minor <= 0 {
		err = Errorf(Invalid, "below_minimum", "%d points come to nothing", points)
	}
	return worth, err
}

// spendPoints uses up points, of the rewards that end first.
func spendPoints(held []Reward, points int64, now time.Time, actor string) (Effect, Reward, error) {
	held = slices.DeleteFunc(slices.Clone(held), func(r Reward) bool {
		return r.Unused().Currency != UnitPoints || r.Unused().Minor == 0 || !r.ExpiresAt.IsZero() && !r.ExpiresAt.After(now)
	})
	slices.SortFunc(held, func(a, b Reward) int { return cmp.Or(endOf(a).Compare(endOf(b)), cmp.Compare(a.ID, b.ID)) })
	var all Effect
	left := points
	for _, r := range held {
		if left == 0 {
			break
		}
		part := Money{Minor: min(left, r.Unused().Minor), Currency: UnitPoints}
		e, _, err := r.Use(part, "exchanged", actor)
		if err != nil {
			return Effect{}, Reward{}, err
		}
		all.Rewards, all.Postings = append(all.Rewards, e.Rewards...), append(all.Postings, e.Postings...)
		left -= part.Minor
	}
	if left > 0 {
		return Effect{}, Reward{}, Errorf(Conflict, "not_enough_points", "%d of %d points are there", points-left, points)
	}
	return all, held[0], nil
}

// endOf is when a reward ends; one that never does ends last.
func endOf(r Reward) time.Time {
	if r.ExpiresAt.IsZero() {
		return time.Unix(1<<40, 0)
	}
	return r.ExpiresAt
}
