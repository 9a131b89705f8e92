package programfile

import (
	"slices"
	"strings"

	"grapevine/rewards"
)

// check looks at the programme as a whole. It returns what is refused, and keeps what is warned of.
func (f *File) check() Problems {
	refused := f.checkWorth()
	f.checkEnd()
	f.checkPoints()
	f.checkCounted()
	f.checkTimes()
	f.checkTiers()
	f.checkFactors()
	f.checkWords()
	f.Warnings = f.Warnings.sorted()
	return refused
}

func (f *File) warn(path, format string, args ...any) {
	f.Warnings = append(f.Warnings, f.at(path, format, args...))
}

// written tells whether a path is in the file.
func (f *File) written(path string) bool { return f.lines[path] > 0 }

// first returns where the first rule that fits is written, "" without one.
func (f *File) first(fits func(rewards.Rule) bool) string {
	if i := slices.IndexFunc(f.Program.Rules, fits); i >= 0 {
		return f.rules[f.Program.Rules[i].Name]
	}
	return ""
}

// ofKind returns where the first rule of a kind is written.
func (f *File) ofKind(kind rewards.RewardKind) string {
	return f.first(func(r rewards.Rule) bool { return r.Reward.Kind == kind })
}

// inMoney tells whether a reward counts against a budget.
func inMoney(r rewards.Rule) bool {
	k := r.Reward.Kind
	return r.Reward.Priced() && k != rewards.KindPoints && k != rewards.KindEntry && k != rewards.KindTicket
}

// checkEnd warns of an offer that may cost more and more for ever.
func (f *File) checkEnd() {
	p := f.Program
	money := f.first(inMoney) != "" || p.Points != nil
	if p.Budget.Minor > 0 && !money {
		f.warn("limits.budget", "a budget counts rewards that are an amount of money, and none of these is; write limits.per_advocate as well, or until")
	}
	if len(p.Rules) == 0 || p.Shadow || p.Until != nil || p.PerAdvocate > 0 || p.Budget.Minor > 0 {
		return
	}
	f.warn(f.rules[p.Rules[0].Name], "nothing ends what this may cost: write until, limits.budget or limits.per_advocate")
}

func (f *File) checkPoints() {
	p := f.Program
	at := f.ofKind(rewards.KindPoints)
	switch {
	case at == "" && p.Points != nil:
		f.warn("points", "nobody earns points here; write a reward of kind: points, or take this out")
	case at != "" && p.Points == nil:
		f.warn(at, `points can be exchanged for nothing; write what they are worth: points: {per: 100, worth: %q}`, "1.00")
	}
	if at := f.first(func(r rewards.Rule) bool { return r.Reward.Kind == rewards.KindPoints && r.Reward.Expires == 0 }); at != "" {
		f.warn(at, "these points never end; write expires: 365d here or under points")
	}
}

// checkCounted warns of what is collected and never used, or used and never collected.
func (f *File) checkCounted() {
	p := f.Program
	entries, gifts := f.ofKind(rewards.KindEntry), f.ofKind(rewards.KindDonation)
	if entries != "" && p.Contest == nil {
		f.warn(entries, "nobody ever wins; write contest: {winners: 3}")
	}
	if entries == "" && p.Contest != nil {
		f.warn("contest", "nobody earns an entry; write a reward of kind: entry")
	}
	if gifts == "" && p.Goal.Minor > 0 {
		f.warn("goal", "nothing is collected towards it; write a reward of kind: donation")
	}
	for _, r := range p.Rules {
		if r.Reward.Kind == rewards.KindTag && r.Reward.Expires > 0 {
			f.warn(f.rules[r.Name]+".expires", "the shop does not take a tag away by itself; Grapevine only counts the reward as ended")
		}
	}
}

// checkTiers warns of referrals before the first tier.
func (f *File) checkTiers() {
	type class struct {
		who            rewards.Beneficiary
		group, variant string
	}
	lowest := map[class]rewards.Rule{}
	for _, r := range f.Program.Rules {
		c := class{r.For, r.Group, r.Variant}
		if x, ok := lowest[c]; !r.Milestone && (!ok || r.From < x.From) {
			lowest[c] = r
		}
	}
	for _, r := range f.Program.Rules {
		if low := lowest[class{r.For, r.Group, r.Variant}]; low.Name == r.Name && r.From > 1 {
			f.warn(f.rules[r.Name], "referrals 1 to %d earn nothing by this; write a tier from: 1, or leave it so", r.From-1)
		}
	}
}

// checkWords warns of words that another one makes idle.
func (f *File) checkWords() {
	p := f.Program
	if p.Priority != 0 && len(p.InsteadOf) == 0 {
		f.warn("priority", "it only tells which of several programmes runs instead of another; write instead_of, or take it out")
	}
	if f.written("qualify.customers") && p.Qualify.Customers == rewards.CustomersNew && p.Qualify.FirstOrders > 1 {
		f.warn("qualify.customers", "the first %d orders of a friend count; write customers: any, or take first_orders out", p.Qualify.FirstOrders)
	}
	tested := slices.ContainsFunc(p.Rules, func(r rewards.Rule) bool { return r.Variant != "" })
	if len(p.Variants) > 0 && !tested {
		f.warn("variants", "the variants do not differ; write what the advocate or the friend of one gets")
	}
}

// checkFactors warns of factors that nothing is multiplied by.
func (f *File) checkFactors() {
	p := f.Program
	multiplies := func(group string) bool {
		own := slices.ContainsFunc(p.Rules, func(r rewards.Rule) bool { return group != "" && r.Group == group })
		return slices.ContainsFunc(p.Rules, func(r rewards.Rule) bool {
			return r.For == rewards.ForAdvocate && r.Reward.Priced() && (r.Group == group || r.Group == "" && !own)
		})
	}
	const idle = "multiplies nothing: no advocate gets an amount here, and a percentage off, free shipping, a product or a tag stay what they are"
	if !multiplies("") && !slices.ContainsFunc(p.Groups, func(g rewards.Group) bool { return multiplies(g.Name) }) {
		if len(p.Boosts) > 0 {
			f.warn("boosts", idle)
		}
		if slices.ContainsFunc(p.Levels, func(l rewards.Level) bool { return l.Factor != rewards.One }) {
			f.warn("advocate.levels", idle)
		}
	}
	for _, g := range p.Groups {
		if g.Factor != rewards.One && !multiplies(g.Name) {
			f.warn("advocate.groups."+g.Name+".multiply", idle)
		}
	}
}

// list writes names for people: "a, b and c".
func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
