package programfile

import (
	"math/big"
	"slices"
	"strings"

	"grapevine/rewards"
)

// cost is what the rewards of one order can come to: an amount in minor units, and a share of the order.
type cost struct {
	fixed, share *big.Rat
	path         string // of its dearest rule
}

// at is the cost of an order that is worth so many minor units.
func (c cost) at(worth int64) *big.Rat {
	w := new(big.Rat).SetInt64(worth)
	return w.Add(w.Mul(w, c.share), c.fixed)
}

// checkWorth refuses an offer whose rewards for one order can come to more than the order, and warns where
// that hangs on milestones, on the friend's discount, or on how small an order may be. An order is worth
// its eligible total, from which the friend's discount is off already.
func (f *File) checkWorth() Problems {
	p := f.Program
	minimum := p.Qualify.Minimum.Minor
	least, whole := new(big.Rat).SetInt64(minimum), big.NewRat(1, 1)
	each, share := f.dearest(false)
	peak, peakShare := f.dearest(true)
	switch {
	case share.share.Cmp(whole) > 0:
		return Problems{f.at(share.path, "all together up to %s %% of an order would be given away; write smaller percentages or factors", percentOf(share.share))}
	case minimum > 0 && each.at(minimum).Cmp(least) > 0:
		return Problems{f.at(each.path, "an order of %s would earn up to %s, more than it is worth; raise qualify.minimum, or give less", p.Qualify.Minimum, f.amount(each.at(minimum)))}
	case minimum == 0 && each.fixed.Sign() > 0:
		f.warn(each.path, "the smallest order earns this too: up to %s for an order of next to nothing; write qualify.minimum", f.amount(each.fixed))
	case peakShare.share.Cmp(whole) > 0:
		f.warn(peakShare.path, "with the milestones up to %s %% of one order would be given away", percentOf(peakShare.share))
	case minimum > 0 && peak.at(minimum).Cmp(least) > 0:
		f.warn(peak.path, "with the milestones an order of %s can earn up to %s, more than it is worth", p.Qualify.Minimum, f.amount(peak.at(minimum)))
	case minimum > 0 && each.path != "":
		sum := new(big.Rat).SetInt64(p.Friend.Amount.Minor)
		if sum.Add(sum, each.at(minimum)).Cmp(least) > 0 {
			f.warn(each.path, "with the friend's discount up to %s is given for an order of %s; raise qualify.minimum, or give less", f.amount(sum), p.Qualify.Minimum)
		}
	}
	return nil
}

// dearest finds what costs most for the smallest order that counts, and what costs the largest share of an
// order, over all kinds of advocate and all referrals.
func (f *File) dearest(milestones bool) (amount, share cost) {
	p := f.Program
	amount, share = newCost(), newCost()
	variants := p.Variants
	if len(variants) == 0 {
		variants = []rewards.Variant{{}}
	}
	numbers := []int{1}
	for _, r := range p.Rules {
		numbers = append(numbers, r.From)
	}
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	prices := f.prices()
	for _, g := range f.classes() {
		for _, v := range variants {
			for _, n := range numbers {
				c := f.cost(prices, g, v.Name, n, milestones)
				if c.at(p.Qualify.Minimum.Minor).Cmp(amount.at(p.Qualify.Minimum.Minor)) > 0 {
					amount = c
				}
				if c.share.Cmp(share.share) > 0 {
					share = c
				}
			}
		}
	}
	return amount, share
}

func newCost() cost { return cost{fixed: new(big.Rat), share: new(big.Rat)} }

// classes are the groups whose rewards can differ: those with rules of their own, and one that stands for
// all the others with the largest of their factors.
func (f *File) classes() []rewards.Group {
	all := []rewards.Group{{Factor: rewards.One}}
	for _, g := range f.Program.Groups {
		if f.first(func(r rewards.Rule) bool { return r.Group == g.Name }) != "" {
			all = append(all, g)
		} else {
			all[0].Factor = max(all[0].Factor, g.Factor)
		}
	}
	return all
}

// prices is what each rule comes to without factors.
func (f *File) prices() []cost {
	var all []cost
	for _, r := range f.Program.Rules {
		fixed, share := f.worth(r.Reward)
		all = append(all, cost{fixed: fixed, share: share, path: f.rules[r.Name]})
	}
	return all
}

// cost sums the rewards of one class of advocate at her n-th referral. Of milestones at multiples all are
// counted: some referral is a multiple of all of them.
func (f *File) cost(prices []cost, g rewards.Group, variant string, n int, milestones bool) cost {
	sum, dearest := newCost(), new(big.Rat)
	basis := max(f.Program.Qualify.Minimum.Minor, 1)
	for i, r := range f.Program.Rules {
		mine := r.Group == g.Name || r.For == rewards.ForFriend
		reached := n >= r.From && (r.To == 0 || n <= r.To)
		if !mine || !reached || r.Variant != "" && r.Variant != variant || r.Milestone && !milestones {
			continue
		}
		factor := big.NewRat(1, 1)
		if r.For == rewards.ForAdvocate {
			factor = f.largest(g.Factor)
		}
		fixed, share := new(big.Rat).Mul(prices[i].fixed, factor), new(big.Rat).Mul(prices[i].share, factor)
		sum.fixed.Add(sum.fixed, fixed)
		sum.share.Add(sum.share, share)
		if here := (cost{fixed: fixed, share: share}).at(basis); here.Cmp(dearest) > 0 {
			sum.path, dearest = prices[i].path, here
		}
	}
	return sum
}

// worth is what a reward comes to in money: an amount in minor units and a share of the order. What has no
// amount is not counted; points are where the file says what they are worth.
func (f *File) worth(spec rewards.RewardSpec) (fixed, share *big.Rat) {
	fixed, share = new(big.Rat), new(big.Rat)
	switch plan := f.Program.Points; spec.Kind {
	case rewards.KindProduct, rewards.KindTag, rewards.KindEntry, rewards.KindTicket:
	case rewards.KindDiscountCode:
		fixed.SetInt64(spec.Discount.Amount.Minor)
	case rewards.KindPoints:
		if plan == nil || plan.Per <= 0 {
			break
		}
		each := big.NewRat(plan.Worth.Minor, plan.Per)
		fixed.Mul(each, new(big.Rat).SetInt64(spec.Amount.Minor))
		whole := big.NewRat(1, 1) // a whole unit of money, in minor units
		for exp, _ := rewards.Exponent(f.Program.Currency); exp > 0; exp-- {
			whole.Mul(whole, big.NewRat(10, 1))
		}
		share.Quo(share.Mul(each, new(big.Rat).SetInt64(spec.PerUnit)), whole)
	default:
		fixed.SetInt64(spec.Amount.Minor)
		share.SetFrac64(int64(spec.Percent), 10_000)
	}
	return fixed, share
}

// largest is the largest factor that boosts, levels and this group together come to.
func (f *File) largest(group rewards.Factor) *big.Rat {
	boost, level := rewards.One, rewards.One
	for _, b := range f.Program.Boosts {
		boost = max(boost, b.Factor)
	}
	for _, l := range f.Program.Levels {
		level = max(level, l.Factor)
	}
	all := big.NewRat(1, 1)
	for _, x := range []rewards.Factor{boost, level, group} {
		all.Mul(all, big.NewRat(int64(x), int64(rewards.One)))
	}
	return all
}

// amount writes minor units, towards zero. What leaves int64 is written as the most that fits.
func (f *File) amount(minor *big.Rat) rewards.Money {
	n := new(big.Int).Quo(minor.Num(), minor.Denom())
	m := rewards.Money{Minor: 1<<63 - 1, Currency: f.Program.Currency}
	if n.IsInt64() {
		m.Minor = n.Int64()
	}
	return m
}

func percentOf(share *big.Rat) string {
	text := new(big.Rat).Mul(share, big.NewRat(100, 1)).FloatString(1)
	return strings.TrimSuffix(text, ".0")
}
