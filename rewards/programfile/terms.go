package programfile

import (
	"fmt"
	"slices"
	"strings"

	"grapevine/rewards"
)

// written is a rule with the path at which it is written.
type written struct {
	rewards.Rule
	path string
}

// terms reads what one kind of advocate gets: for each referral, by tiers, and at milestones. base is the
// rule that all of them begin from.
func (r *reader) terms(s section, base rewards.Rule) []written {
	s.only("reward", "rewards", "tiers")
	return slices.Concat(r.given(s, base), r.tiers(s, base), r.milestones(s, base))
}

// given reads a reward, or a list of them.
func (r *reader) given(s section, base rewards.Rule) []written {
	found := s.subs("rewards", "reward", maxRules)
	if s.has("reward") {
		found = []section{s.sub("reward", "reward")}
		if s.shape != "advocate" && s.shape != "terms" && s.shape != "group" { // terms tells of them with the tiers
			s.only("reward", "rewards")
		}
	}
	var all []written
	for i, x := range found {
		rule := written{base, x.path}
		if i > 0 {
			rule.Name = fmt.Sprintf("%s-%d", base.Name, i+1)
		}
		rule.Reward = r.reward(x)
		all = append(all, rule)
	}
	return all
}

// tiers reads rewards that depend on the number of the referral; each goes on to the next.
func (r *reader) tiers(s section, base rewards.Rule) []written {
	var all []written
	last, begin := 0, 0
	for _, x := range s.subs("tiers", "tier", maxRules) {
		if x.unreadable() || !x.need("from") {
			continue
		}
		x.needOne("reward", "rewards")
		from := int(x.count("from", "referrals", maxCount))
		if from > 0 && from <= last {
			x.problem("from", "is not more than the %d of the tier before; write the tiers from low to high", last)
		}
		for i := range all[begin:] {
			all[begin+i].To = from - 1
		}
		last, begin = from, len(all)
		tier := base
		tier.Name, tier.From = fmt.Sprintf("%s-from-%d", base.Name, from), from
		all = append(all, r.given(x, tier)...)
	}
	return all
}

// milestones reads rewards that come once, at a number of referrals or at each multiple of one.
func (r *reader) milestones(s section, base rewards.Rule) []written {
	prefix := strings.TrimSuffix(base.Name, "advocate")
	if prefix != "" && !strings.HasSuffix(prefix, "-") {
		prefix += "-"
	}
	var all []written
	for _, x := range s.subs("milestones", "milestone", maxRules) {
		if x.unreadable() {
			continue
		}
		x.needOne("reward", "rewards")
		x.only("at", "every")
		rule := base
		rule.Milestone = true
		if at := int(x.count("at", "referrals", maxCount)); x.has("at") {
			rule.From, rule.To, rule.Name = at, at, fmt.Sprintf("%smilestone-at-%d", prefix, at)
		} else if rule.Every = int(x.count("every", "referrals", maxCount)); x.has("every") {
			rule.Name = fmt.Sprintf("%smilestone-every-%d", prefix, rule.Every)
		} else {
			r.report(x.line, x.path, "at which referral? write at: 5, or every: 10")
		}
		all = append(all, r.given(x, rule)...)
	}
	return all
}

// groups reads the terms of advocates of a kind: a factor, rewards of their own, or both.
func (r *reader) groups(s section, p *rewards.Program) []written {
	var all []written
	names := s.sub("groups", "groups")
	if len(names.order) == 0 && !names.unreadable() && len(r.problems) == 0 {
		s.problem("groups", "no group is named; write one: {staff: {multiply: \"0.5\"}}")
	}
	if len(names.order) > maxNames {
		s.problem("groups", "there are %d groups; write at most %d", len(names.order), maxNames)
		return nil
	}
	for _, name := range names.order {
		g := names.sub(name, "group")
		if g.unreadable() || !g.needOne(keys["group"]...) {
			continue
		}
		if slices.Contains(reserved, name) {
			names.problem(name, "%s has a meaning of its own; choose another name", name)
			continue
		}
		p.Groups = append(p.Groups, rewards.Group{Name: name, Factor: g.factor("multiply")})
		all = append(all, r.terms(g, rewards.Rule{Name: name, For: rewards.ForAdvocate, Group: name})...)
	}
	return all
}

// reserved are names of rules that stand for something else.
var reserved = []string{"advocate", "friend", "exchange"}

// variants reads the arms of a test. What an arm says of one side stands in place of what the programme
// says of that side; the other arms keep the programme's.
func (r *reader) variants(root section, p *rewards.Program, advocate, friend []written) []written {
	arms := root.subs("variants", "variant", maxVariants)
	if len(arms) == 0 {
		return slices.Concat(advocate, friend)
	}
	if len(arms) == 1 {
		root.problem("variants", "one variant tests nothing; write two")
	}
	var all []written
	own := map[rewards.Beneficiary]int{}
	for _, x := range arms {
		if x.unreadable() || !x.need("name", "weight") {
			continue
		}
		v := rewards.Variant{Name: x.short("name"), Weight: int(x.count("weight", "advocates", 1_000_000))}
		if slices.ContainsFunc(p.Variants, func(o rewards.Variant) bool { return o.Name == v.Name }) {
			x.problem("name", "%q is a variant already; choose another name", v.Name)
		}
		p.Variants = append(p.Variants, v)
		if t := x.sub("advocate", "terms"); t.needOne(keys["terms"]...) && x.has("advocate") {
			own[rewards.ForAdvocate]++
			all = append(all, r.terms(t, rewards.Rule{Name: v.Name + "-advocate", For: rewards.ForAdvocate, Variant: v.Name})...)
		}
		if t := x.sub("friend", "gift"); t.needOne(keys["gift"]...) && x.has("friend") {
			own[rewards.ForFriend]++
			all = append(all, r.given(t, rewards.Rule{Name: v.Name + "-friend", For: rewards.ForFriend, Variant: v.Name})...)
		}
	}
	for _, side := range [][]written{advocate, friend} {
		all = append(all, r.shared(side, arms, own)...)
	}
	return all
}

// shared gives what the programme says of one side to the variants that say nothing of it.
func (r *reader) shared(side []written, arms []section, own map[rewards.Beneficiary]int) []written {
	if len(side) == 0 || own[side[0].For] == 0 {
		return side
	}
	if own[side[0].For] == len(arms) {
		r.report(r.lines[side[0].path], side[0].path, "nobody gets this: each variant says what its %ss get; take it out, or let a variant leave it open", side[0].For)
		return side
	}
	var all []written
	for _, x := range arms {
		name, _, _ := scalar(x.fields["name"])
		if x.has(string(side[0].For)) || name == "" {
			continue
		}
		for _, rule := range side {
			rule.Name, rule.Variant = name+"-"+rule.Name, name
			all = append(all, rule)
		}
	}
	return all
}
