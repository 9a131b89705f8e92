package rewards

import (
	"slices"

	"grapevine/rewards/variant"
)

// grants reckons what the order brings whom: the rules that fit the advocate's number of referrals, her
// group and her variant, multiplied by boosts, level and group. A rule whose reward comes to nothing for
// this order is noted and left out; an order of which every reward comes to nothing is too small.
func (t *trial) grants() error {
	n := 1
	if t.f.Room != nil {
		n += t.f.Room.Referrals
	}
	t.d.Referral, t.d.Variant = n, t.p.VariantOf(t.won.AdvocateID)
	factor := t.factor(n)
	tried, small, gone := 0, 0, 0
	for _, r := range t.p.Rules {
		if !t.p.applies(r, t.won.Group, t.d.Variant) || !r.fits(n) || t.reached(r, n) {
			continue
		}
		if r.For == ForFriend && t.f.Approved() && t.f.Order.nobody() { // a person cannot approve whom to give it to
			continue
		}
		tried++
		g, err := t.grant(r, factor, n)
		switch {
		case err != nil:
			return err
		case r.Reward.Priced() && g.Value.Minor <= 0:
			small++
		case r.Reward.Priced() && g.Net.Minor <= 0:
			gone++
		default:
			t.d.Grants = append(t.d.Grants, g)
		}
	}
	if len(t.d.Grants) == 0 && tried > 0 && t.rejected == "" {
		t.reject(ReasonBelowMinimum, "reward", small < tried, "%d of %d rewards come to nothing for %s", small, tried, t.left.Original)
		t.reject(ReasonRefunded, "reward_left", gone == 0, "%s of %s left", t.left.Left, t.left.Original)
	}
	_, err := t.d.asked(t.p.Currency) // what cannot be summed cannot be limited
	return err
}

// reached tells whether the advocate has this milestone already.
func (t *trial) reached(r Rule, n int) bool {
	return r.Milestone && t.f.Room != nil && slices.Contains(t.f.Room.Milestones, MilestoneKey(r.Name, n))
}

func (t *trial) grant(r Rule, factor Factor, n int) (Grant, error) {
	g := Grant{Rule: r.Name, For: r.For, Kind: r.Reward.Kind}
	if r.Milestone {
		g.Milestone = MilestoneKey(r.Name, n)
	}
	var err error
	if g.Value, err = r.Reward.Earned(t.left.Original); err != nil {
		return g, err
	}
	if r.Reward.Priced() && factor != One && r.For == ForAdvocate {
		if g.Value, err = g.Value.times(int64(factor), int64(One)); err != nil {
			return g, err
		}
	}
	g.Net, err = t.p.Net(g.Value, t.left)
	return g, err
}

// factor multiplies what applies to this order and this advocate: the largest boost of the day it was
// placed, her level, her group.
func (t *trial) factor(n int) Factor {
	total, placed := One, t.f.Order.PlacedAt
	boost := Boost{Factor: One}
	for _, b := range t.p.Boosts {
		if !placed.Before(b.From) && placed.Before(b.Until) && b.Factor > boost.Factor {
			boost = b
		}
	}
	if boost.Factor != One {
		t.note("boost", true, "%s: × %s", boost.Title, boost.Factor.Decimal())
		total = total.and(boost.Factor)
	}
	if level, ok := t.p.LevelAt(n - 1); ok {
		t.d.Level = level.Name
		t.note("level", true, "%s after %d referrals: × %s", level.Name, n-1, level.Factor.Decimal())
		total = total.and(level.Factor)
	}
	for _, g := range t.p.Groups {
		if g.Name == t.won.Group {
			t.note("group", true, "%s: × %s", g.Name, g.Factor.Decimal())
			total = total.and(g.Factor)
		}
	}
	return total
}

// maxFactor bounds what factors together come to.
const maxFactor = 1000 * One

func (f Factor) and(g Factor) Factor { return min(f*g/One, maxFactor) }

// LevelAt is the status of an advocate with so many referrals. ok is false below the first level.
func (p Program) LevelAt(referrals int) (level Level, ok bool) {
	for _, l := range p.Levels {
		if referrals >= l.Referrals {
			level, ok = l, true
		}
	}
	return level, ok
}

// VariantOf is the arm that an advocate is in, always the same one; "" where nothing is tested.
func (p Program) VariantOf(advocate string) string {
	if len(p.Variants) == 0 {
		return ""
	}
	weights := make([]int, len(p.Variants))
	for i, v := range p.Variants {
		weights[i] = v.Weight
	}
	i := variant.Assign(p.Name, advocate, weights)
	if i < 0 { // no arm has a weight
		return ""
	}
	return p.Variants[i].Name
}

// applies tells whether a rule is for this group and variant. A group with rules of its own has only those.
func (p Program) applies(r Rule, group, arm string) bool {
	if r.Variant != "" && r.Variant != arm {
		return false
	}
	own := group != "" && slices.ContainsFunc(p.Rules, func(x Rule) bool { return x.For == r.For && x.Group == group })
	if own {
		return r.Group == group
	}
	return r.Group == ""
}
