package programfile

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"grapevine/rewards"
	"grapevine/rewards/fairness"
)

const day = 24 * time.Hour

func usd(minor int64) rewards.Money { return rewards.Money{Minor: minor, Currency: "USD"} }

// spec is a reward with the zero amounts that a reader writes.
func spec(kind rewards.RewardKind, amount rewards.Money) rewards.RewardSpec {
	return rewards.RewardSpec{Kind: kind, Amount: amount, Discount: rewards.Discount{Amount: usd(0), Minimum: usd(0)}}
}

func units(n int64, unit string) rewards.Money { return rewards.Money{Minor: n, Currency: unit} }

// rule is an advocate's rule.
func rule(name string, s rewards.RewardSpec, more ...func(*rewards.Rule)) rewards.Rule {
	r := rewards.Rule{Name: name, For: rewards.ForAdvocate, Reward: s}
	for _, f := range more {
		f(&r)
	}
	return r
}

func friendRule(name string, s rewards.RewardSpec) rewards.Rule {
	return rewards.Rule{Name: name, For: rewards.ForFriend, Reward: s}
}

func from(n, to int) func(*rewards.Rule) { return func(r *rewards.Rule) { r.From, r.To = n, to } }

func milestone(r *rewards.Rule) { r.Milestone = true }

func group(name string) func(*rewards.Rule) { return func(r *rewards.Rule) { r.Group = name } }

func arm(name string) func(*rewards.Rule) { return func(r *rewards.Rule) { r.Variant = name } }

// rulesAre compares all rules of a programme.
func rulesAre(want ...rewards.Rule) func(p rewards.Program) bool {
	return func(p rewards.Program) bool { return reflect.DeepEqual(p.Rules, want) }
}

// offer is a file with these lines below its name.
func offer(lines string) string { return "program: offer\n" + lines + "\n" }

var (
	five = spec(rewards.KindStoreCredit, usd(500))
	ten  = spec(rewards.KindStoreCredit, usd(1000))
)

func with(s rewards.RewardSpec, change func(*rewards.RewardSpec)) rewards.RewardSpec {
	change(&s)
	return s
}

// accepted are files that use one thing each, with what they say of it.
var accepted = map[string]struct {
	source string
	ok     func(p rewards.Program) bool
}{
	"the advocate only": {offer(`advocate: {reward: {kind: store_credit, amount: 10}}`), func(p rewards.Program) bool {
		return p.Friend.None() && rulesAre(rule("advocate", ten))(p)
	}},
	"the friend only": {offer(`friend: {discount: {percent: 10}}`), func(p rewards.Program) bool { return p.Friend.Percent == 1000 && len(p.Rules) == 0 }},
	"both for the next time": {offer("friend: {reward: {kind: store_credit, amount: 5}}\nadvocate: {reward: {kind: store_credit, amount: 10}}"),
		rulesAre(rule("advocate", ten), friendRule("friend", five))},
	"two things for each": {offer("friend: {rewards: [{kind: store_credit, amount: 5}, {kind: tag, tag: new}]}\nadvocate: {rewards: [{kind: store_credit, amount: 10}, {kind: entry}]}"),
		rulesAre(rule("advocate", ten), rule("advocate-2", spec(rewards.KindEntry, units(1, rewards.UnitEntries))), friendRule("friend", five),
			friendRule("friend-2", with(spec(rewards.KindTag, usd(0)), func(s *rewards.RewardSpec) { s.Tag = "new" })))},
	"a discount on products": {friend(`{percent: 10, products: ["8012345678901", 12, gid://shopify/Product/7]}`), func(p rewards.Program) bool {
		return slices.Equal(p.Friend.Products, []string{"8012345678901", "12", "gid://shopify/Product/7"})
	}},
	"a discount on collections": {friend("{percent: 10, collections: [3]}"), func(p rewards.Program) bool { return slices.Equal(p.Friend.Collections, []string{"3"}) }},
	"a code on products": {reward("{kind: discount_code, amount: 5, products: [1], minimum: 20, expires: 30d}"), func(p rewards.Program) bool {
		want := rewards.Discount{Amount: usd(500), Minimum: usd(2000), Products: []string{"1"}}
		return reflect.DeepEqual(p.Rules[0].Reward.Discount, want) && p.Rules[0].Reward.Expires == 30*day
	}},
	"a code on collections": {reward("{kind: discount_code, percent: 5, collections: [1]}"), func(p rewards.Program) bool {
		return slices.Equal(p.Rules[0].Reward.Discount.Collections, []string{"1"})
	}},
	"a gift card":         {reward("{kind: gift_card, amount: 10, expires: 365d}"), rulesAre(rule("advocate", with(spec(rewards.KindGiftCard, usd(1000)), func(s *rewards.RewardSpec) { s.Expires = 365 * day })))},
	"a gift card's share": {reward("{kind: gift_card, percent: 5}"), rulesAre(rule("advocate", with(spec(rewards.KindGiftCard, usd(0)), func(s *rewards.RewardSpec) { s.Percent = 500 })))},
	"points":              {reward("{kind: points, amount: 100}"), rulesAre(rule("advocate", spec(rewards.KindPoints, units(100, rewards.UnitPoints))))},
	"points by money": {reward("{kind: points, per: 2, expires: 90d}"), rulesAre(rule("advocate", with(spec(rewards.KindPoints, units(0, rewards.UnitPoints)), func(s *rewards.RewardSpec) {
		s.PerUnit, s.Expires = 2, 90*day
	})))},
	"cash":         {reward("{kind: cash, amount: 10}"), rulesAre(rule("advocate", spec(rewards.KindCash, usd(1000))))},
	"a commission": {reward("{kind: cash, percent: 12.5}"), rulesAre(rule("advocate", with(spec(rewards.KindCash, usd(0)), func(s *rewards.RewardSpec) { s.Percent = 1250 })))},
	"a product": {reward("{kind: product, product: 8012345678901, expires: 60d}"), rulesAre(rule("advocate", with(spec(rewards.KindProduct, usd(0)), func(s *rewards.RewardSpec) {
		s.ProductID, s.Expires = "8012345678901", 60*day
	})))},
	"a tag": {reward("{kind: tag, tag: early access, expires: 60d}"), rulesAre(rule("advocate", with(spec(rewards.KindTag, usd(0)), func(s *rewards.RewardSpec) {
		s.Tag, s.Expires = "early access", 60*day
	})))},
	"a donation": {reward("{kind: donation, amount: 2, charity: red-cross}"), rulesAre(rule("advocate", with(spec(rewards.KindDonation, usd(200)), func(s *rewards.RewardSpec) { s.Charity = "red-cross" })))},
	"an entry":   {reward("{kind: entry}"), rulesAre(rule("advocate", spec(rewards.KindEntry, units(1, rewards.UnitEntries))))},
	"tickets":    {reward("{kind: ticket, count: 2}"), rulesAre(rule("advocate", spec(rewards.KindTicket, units(2, rewards.UnitTickets))))},
	"tiers": {offer("advocate:\n  tiers:\n    - from: 1\n      reward: {kind: store_credit, amount: 5}\n    - {from: 5, rewards: [{kind: store_credit, amount: 10}, {kind: entry}]}\n    - {from: 9, reward: {kind: ticket}}"),
		rulesAre(rule("advocate-from-1", five, from(1, 4)), rule("advocate-from-5", ten, from(5, 8)),
			rule("advocate-from-5-2", spec(rewards.KindEntry, units(1, rewards.UnitEntries)), from(5, 8)),
			rule("advocate-from-9", spec(rewards.KindTicket, units(1, rewards.UnitTickets)), from(9, 0)))},
	"milestones": {offer("advocate: {reward: {kind: store_credit, amount: 5}, milestones: [{at: 5, reward: {kind: store_credit, amount: 10}}, {every: 10, rewards: [{kind: entry}, {kind: ticket}]}]}"),
		rulesAre(rule("advocate", five), rule("milestone-at-5", ten, from(5, 5), milestone),
			rule("milestone-every-10", spec(rewards.KindEntry, units(1, rewards.UnitEntries)), milestone, func(r *rewards.Rule) { r.Every = 10 }),
			rule("milestone-every-10-2", spec(rewards.KindTicket, units(1, rewards.UnitTickets)), milestone, func(r *rewards.Rule) { r.Every = 10 }))},
	"milestones only": {offer("advocate: {milestones: [{at: 3, reward: {kind: store_credit, amount: 10}}]}"), rulesAre(rule("milestone-at-3", ten, from(3, 3), milestone))},
	"levels": {offer("advocate: {reward: {kind: store_credit, amount: 5}, levels: [{name: Silver, referrals: 5}, {name: Gold, referrals: 20, multiply: 1.5}], counting_period: 365d}"), func(p rewards.Program) bool {
		return p.CountingPeriod == 365*day && reflect.DeepEqual(p.Levels, []rewards.Level{{Name: "Silver", Referrals: 5, Factor: 10_000}, {Name: "Gold", Referrals: 20, Factor: 15_000}})
	}},
	"groups": {offer("advocate:\n  reward: {kind: store_credit, amount: 5}\n  groups:\n    staff: {multiply: 0.5}\n    partner:\n      tiers: [{from: 1, reward: {kind: cash, amount: 10}}]\n      milestones: [{at: 2, reward: {kind: ticket}}]"), func(p rewards.Program) bool {
		return reflect.DeepEqual(p.Groups, []rewards.Group{{Name: "staff", Factor: 5000}, {Name: "partner", Factor: 10_000}}) &&
			rulesAre(rule("advocate", five), rule("partner-from-1", spec(rewards.KindCash, usd(1000)), from(1, 0), group("partner")),
				rule("partner-milestone-at-2", spec(rewards.KindTicket, units(1, rewards.UnitTickets)), from(2, 2), milestone, group("partner")))(p)
	}},
	"rewards of a group": {offer("advocate: {groups: {maker: {rewards: [{kind: store_credit, amount: 5}, {kind: store_credit, amount: 10}]}}}"),
		rulesAre(rule("maker", five, group("maker")), rule("maker-2", ten, group("maker")))},
	"boosts": {short + "boosts:\n  - {title: Weekend, from: 2026-12-05, until: 2026-12-06, multiply: 2}\n", func(p rewards.Program) bool {
		at := time.Date(2026, 12, 5, 0, 0, 0, 0, time.UTC)
		return reflect.DeepEqual(p.Boosts, []rewards.Boost{{Title: "Weekend", From: at, Until: at.Add(2 * day), Factor: 20_000}})
	}},
	"variants of all": {offer("variants: [{name: a, weight: 9, advocate: {reward: {kind: store_credit, amount: 5}}}, {name: b, weight: 1, advocate: {reward: {kind: store_credit, amount: 10}}}]"), func(p rewards.Program) bool {
		return reflect.DeepEqual(p.Variants, []rewards.Variant{{Name: "a", Weight: 9}, {Name: "b", Weight: 1}}) &&
			rulesAre(rule("a-advocate", five, arm("a")), rule("b-advocate", ten, arm("b")))(p)
	}},
	"a variant beside the programme's own": {offer("advocate: {reward: {kind: store_credit, amount: 5}, milestones: [{at: 2, reward: {kind: ticket}}]}\nvariants: [{name: a, weight: 1}, {name: b, weight: 1, advocate: {milestones: [{at: 3, reward: {kind: store_credit, amount: 10}}]}}]"),
		rulesAre(rule("b-milestone-at-3", ten, from(3, 3), milestone, arm("b")), rule("a-advocate", five, arm("a")),
			rule("a-milestone-at-2", spec(rewards.KindTicket, units(1, rewards.UnitTickets)), from(2, 2), milestone, arm("a")))},
	"a variant for the friend": {offer("advocate: {reward: {kind: store_credit, amount: 10}}\nvariants: [{name: a, weight: 1}, {name: b, weight: 1, friend: {reward: {kind: store_credit, amount: 5}}}]"),
		rulesAre(rewards.Rule{Name: "b-friend", For: rewards.ForFriend, Reward: five, Variant: "b"}, rule("advocate", ten))},
	"a plan of points": {reward("{kind: points, per: 1}") + "points: {per: 100, worth: 1, kind: discount_code, minimum: 500, expires: 365d, life: 180d}\n", func(p rewards.Program) bool {
		return *p.Points == rewards.PointsPlan{Per: 100, Worth: usd(100), Kind: rewards.KindDiscountCode, Minimum: 500, Expires: 365 * day, Life: 180 * day} && p.Rules[0].Reward.Expires == 365*day
	}},
	"a short plan of points": {reward("{kind: points, per: 1, expires: 30d}") + "points: {per: 100, worth: 1, expires: 365d}\n", func(p rewards.Program) bool {
		return p.Points.Kind == rewards.KindStoreCredit && p.Rules[0].Reward.Expires == 30*day
	}},
	"a contest": {reward("{kind: entry}") + "contest: {winners: 3, once_per_advocate: true}\n", func(p rewards.Program) bool {
		return *p.Contest == rewards.ContestPlan{Winners: 3, OncePerHolder: true}
	}},
	"a goal":       {reward("{kind: donation, amount: 1, charity: wwf}") + "goal: 10000\n", func(p rewards.Program) bool { return p.Goal == usd(1_000_000) }},
	"a season":     {offer("instead_of: [give10get10, share]\npriority: 10\nadvocate: {reward: {kind: store_credit, amount: 10}}"), func(p rewards.Program) bool { return p.JudgesFor("share") && p.Priority == 10 && !p.Shadow }},
	"a shadow":     {offer("mode: shadow\ninstead_of: [give10get10]\nadvocate: {reward: {kind: store_credit, amount: 10}}"), func(p rewards.Program) bool { return p.Shadow }},
	"live":         {short + "mode: live\npriority: 0\n", func(p rewards.Program) bool { return !p.Shadow && p.Priority == 0 }},
	"first orders": {short + "qualify: {first_orders: 3}\n", func(p rewards.Program) bool { return p.Qualify.FirstOrders == 3 }},
	"payments of a subscription": {short + "qualify: {customers: any, first_orders: 2, payments: 6}\n", func(p rewards.Program) bool {
		return reflect.DeepEqual(p.Qualify, rewards.Qualify{Customers: rewards.CustomersAny, FirstOrders: 2, Payments: 6, Minimum: usd(0)})
	}},
	"a scope": {short + "qualify: {products: [1], collections: [2], except_products: [3], except_collections: [4]}\n", func(p rewards.Program) bool {
		return reflect.DeepEqual(p.Qualify.Scope, rewards.Scope{Products: []string{"1"}, Collections: []string{"2"}, ExceptProducts: []string{"3"}, ExceptCollection: []string{"4"}})
	}},
	"countries":       {short + "qualify: {countries: [DE, NO, XK]}\n", func(p rewards.Program) bool { return slices.Equal(p.Qualify.Countries, []string{"DE", "NO", "XK"}) }},
	"no other codes":  {short + "qualify: {other_discounts: refuse}\n", func(p rewards.Program) bool { return p.Qualify.Alone }},
	"friends stay":    {short + "attribution: {bind: first_order}\n", func(p rewards.Program) bool { return p.Attribution.Bind }},
	"friends move on": {short + "attribution: {bind: none}\n", func(p rewards.Program) bool { return !p.Attribution.Bind }},
	"fairness": {short + "fairness: {household: flag, per_day: 1, per_month: 2, per_ip: 3, firsts: 4, strangers: 5, pieces: 6, review_points: 7, rules: {ring: off, same_address: reject}}\n", func(p rewards.Program) bool {
		return reflect.DeepEqual(p.Fairness, fairness.Settings{Household: fairness.Flag, PerDay: 1, PerMonth: 2, PerIP: 3, Firsts: 4, Strangers: 5, Pieces: 6, ReviewPoints: 7,
			Override: map[string]fairness.Verdict{"ring": fairness.Off, "same_address": fairness.Reject}})
	}},
	"whole percent of the order": {reward("{kind: donation, percent: 100, charity: wwf}"), func(p rewards.Program) bool { return p.Rules[0].Reward.Percent == 10_000 }},
	"as much as the order":       {short + "qualify: {minimum: 10}\n", func(p rewards.Program) bool { return p.Qualify.Minimum == usd(1000) }},
}

func TestWhatAFileSaysIsRead(t *testing.T) {
	t.Parallel()
	for name, tc := range accepted {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := Parse([]byte(tc.source), "USD", time.UTC)
			if err != nil || !tc.ok(p) {
				t.Fatalf("%+v, %v", p, err)
			}
			sound(t, p, "USD")
		})
	}
}

// sound checks what holds for every programme that is accepted.
func sound(t *testing.T, p rewards.Program, currency string) {
	t.Helper()
	if !namePattern.MatchString(p.Name) || p.Currency != currency || p.Hold < 0 || p.Qualify.Minimum.Minor < 0 || len(p.Rules) == 0 && p.Friend.None() {
		t.Fatalf("%+v", p)
	}
	var names []string
	for _, r := range p.Rules {
		names = append(names, r.Name)
		s := r.Reward
		worth := s.Amount.Minor > 0 || s.Percent > 0 || s.PerUnit > 0 || !s.Discount.None() || s.ProductID != "" || s.Tag != ""
		if !ruleName.MatchString(r.Name) || !worth || s.Amount.Minor < 0 || r.From < 0 || r.To != 0 && r.To < r.From || s.Expires < 0 || s.Discount.Amount.Minor < 0 {
			t.Fatalf("%+v", r)
		}
		if want := s.Kind.Unit(currency); s.Amount.Minor > 0 && s.Amount.Currency != want {
			t.Fatalf("%+v is not in %s", r, want)
		}
	}
	if slices.Sort(names); len(slices.Compact(names)) != len(p.Rules) {
		t.Fatalf("names %v", names)
	}
	if !p.Friend.None() && len(p.InsteadOf) > 0 || p.Shadow && len(p.InsteadOf) == 0 {
		t.Fatalf("%+v", p)
	}
	for _, b := range p.Boosts {
		if b.Factor <= rewards.One || !b.Until.After(b.From) || strings.TrimSpace(b.Title) == "" {
			t.Fatalf("%+v", b)
		}
	}
}
