package programfile

import (
	"slices"

	"grapevine/rewards"
)

// offer reads what both sides get.
func (r *reader) offer(root section, p *rewards.Program) {
	none := r.none()
	p.Friend = rewards.Discount{Amount: none, Minimum: none}
	friend, advocate := root.sub("friend", "friend"), root.sub("advocate", "advocate")
	if friend.needOne("discount", "reward", "rewards") && friend.has("discount") {
		d := friend.sub("discount", "discount")
		if !d.unreadable() {
			p.Friend = r.discount(d)
			p.Friend.OncePerCustomer = d.flag("once_per_customer")
		}
		if len(p.InsteadOf) > 0 {
			friend.problem("discount", "the codes that friends type are those of the programmes that this one runs instead of; take it out, or take instead_of out")
		}
	}
	forFriend := r.given(friend, rewards.Rule{Name: "friend", For: rewards.ForFriend})
	var forAdvocate []written
	if advocate.needOne(keys["advocate"]...) {
		forAdvocate = r.terms(advocate, rewards.Rule{Name: "advocate", For: rewards.ForAdvocate})
	}
	rules := r.variants(root, p, forAdvocate, forFriend)
	r.standing(advocate, p)
	rules = append(rules, r.groups(advocate, p)...)
	r.keep(root, p, rules)
	if len(rules) == 0 && !friend.has("discount") && len(r.problems) == 0 {
		root.r.report(root.line, "", "nobody gets anything; %s", hints["advocate."])
	}
}

// keep puts the rules into the programme, and sees that their names differ.
func (r *reader) keep(root section, p *rewards.Program, rules []written) {
	if len(rules) > maxRules {
		r.report(root.line, "", "there are %d rewards, tiers and milestones; write at most %d", len(rules), maxRules)
		return
	}
	for _, x := range rules {
		if first, ok := r.rules[x.Name]; ok && len(r.problems) == 0 {
			r.report(r.lines[x.path], x.path, "would be called %s in the books, as %s is; choose another name or number", x.Name, first)
			return
		}
		r.rules[x.Name] = x.path
		p.Rules = append(p.Rules, x.Rule)
	}
}

// standing reads what an advocate's earlier referrals mean.
func (r *reader) standing(s section, p *rewards.Program) {
	p.CountingPeriod = s.positiveSpan("counting_period", 0)
	for _, x := range s.subs("levels", "level", maxLevels) {
		if x.unreadable() || !x.need("name", "referrals") {
			continue
		}
		l := rewards.Level{Name: x.label("name", maxID), Referrals: int(x.count("referrals", "referrals", maxCount)), Factor: x.factor("multiply")}
		if n := len(p.Levels); n > 0 && l.Referrals > 0 && l.Referrals <= p.Levels[n-1].Referrals {
			x.problem("referrals", "is not more than the %d of the level before; write the levels from low to high", p.Levels[n-1].Referrals)
		}
		if slices.ContainsFunc(p.Levels, func(o rewards.Level) bool { return o.Name == l.Name }) {
			x.problem("name", "%q is a level already; choose another name", l.Name)
		}
		p.Levels = append(p.Levels, l)
	}
}

// discount reads what a code takes off: exactly one of percent, amount and free_shipping.
func (r *reader) discount(s section) rewards.Discount {
	d := rewards.Discount{
		Percent: s.percent("percent"), Amount: s.positive("amount"), FreeShipping: s.flag("free_shipping"), Minimum: s.amount("minimum"),
		Products: s.ids("products"), Collections: s.ids("collections"),
	}
	given := s.those("percent", "amount")
	if d.FreeShipping {
		given = append(given, "free_shipping")
	}
	switch {
	case len(given) == 0 && !r.blamed(join(s.path, "free_shipping")):
		r.report(s.line, s.path, `nothing is taken off; write one of percent: "10", amount: %q, free_shipping: true`, r.sample())
	case len(given) > 1:
		s.problem(given[1], "stands beside %s; keep one of them", given[0])
	}
	s.only("products", "collections") // no platform has codes for both
	if goods := s.those("products", "collections"); d.FreeShipping && len(goods) > 0 {
		s.problem(goods[0], "free shipping is of the whole order; take it out")
	}
	return d
}
