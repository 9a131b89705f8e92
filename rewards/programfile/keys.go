package programfile

import "grapevine/rewards/fairness"

// keys lists what may stand in each kind of section. Sections that look alike share their name, wherever
// they stand: a milestone holds the same rewards as the advocate does.
var keys = map[string][]string{
	"programme": {"program", "title", "from", "until", "mode", "instead_of", "priority", "friend", "advocate", "boosts", "variants", "points",
		"contest", "goal", "qualify", "attribution", "fairness", "hold", "partial_refund", "limits"},
	"friend":   {"discount", "reward", "rewards"},
	"discount": {"percent", "amount", "free_shipping", "minimum", "once_per_customer", "products", "collections"},
	"advocate": {"reward", "rewards", "tiers", "milestones", "levels", "counting_period", "groups"},
	"reward": {"kind", "amount", "percent", "free_shipping", "minimum", "products", "collections", "per", "product", "tag", "charity", "count",
		"expires"},
	"tier":        {"from", "reward", "rewards"},
	"milestone":   {"at", "every", "reward", "rewards"},
	"level":       {"name", "referrals", "multiply"},
	"groups":      nil, // the owner's own names
	"group":       {"multiply", "reward", "rewards", "tiers", "milestones"},
	"boost":       {"title", "from", "until", "multiply"},
	"variant":     {"name", "weight", "advocate", "friend"},
	"terms":       {"reward", "rewards", "tiers", "milestones"},
	"gift":        {"reward", "rewards"},
	"points":      {"per", "worth", "kind", "minimum", "expires", "life"},
	"contest":     {"winners", "once_per_advocate"},
	"qualify":     {"customers", "first_orders", "payments", "minimum", "products", "collections", "except_products", "except_collections", "countries", "other_discounts"},
	"attribution": {"window", "touch", "bind"},
	"fairness":    {"household", "per_day", "per_month", "per_ip", "firsts", "strangers", "pieces", "review_points", "rules"},
	"rules":       ruleNames(),
	"limits":      {"per_advocate", "per_advocate_period", "budget"},
}

func ruleNames() []string {
	var names []string
	for _, r := range fairness.Rules() {
		names = append(names, r.Name)
	}
	return names
}

// hints says what to write where something is missing, by kind of section and key. A key of "" is for a
// section that says nothing at all.
var hints = map[string]string{
	"programme.program":  "give the programme a name: program: give10get10",
	"friend.":            `write what the friend gets: discount: {percent: "10"}, or reward: {kind: store_credit, amount: "5.00"}`,
	"advocate.":          `write what the advocate gets: reward: {kind: store_credit, amount: "10.00"}`,
	"reward.kind":        "write what it is: kind: store_credit, or discount_code, or another of grapevine program schema",
	"reward.product":     `write the shop's id of the product that is free: product: "8012345678901"`,
	"reward.tag":         "write the tag that the customer gets in the shop: tag: vip",
	"reward.charity":     "write a short name of who gets it: charity: red-cross",
	"tier.":              `write from which referral on it brings what: {from: 5, reward: {kind: store_credit, amount: "20.00"}}`,
	"tier.from":          "write from which referral on: from: 5",
	"milestone.":         `write which referral brings what: {at: 5, reward: {kind: store_credit, amount: "25.00"}}`,
	"level.name":         "write what it is called: name: silver",
	"level.referrals":    "write from how many referrals on: referrals: 5",
	"group.":             `write what is other for this group: multiply: "0.5", or a reward of its own`,
	"boost.title":        "write what people call it: title: Weekend",
	"boost.from":         "write its first day: from: 2026-12-05",
	"boost.until":        "write its last day, which still counts: until: 2026-12-06",
	"boost.multiply":     `write what rewards are multiplied by: multiply: "2"`,
	"variant.name":       "write a short name: name: a",
	"variant.weight":     "write how many of a hundred advocates it is for: weight: 50",
	"terms.":             `write what the advocate gets: reward: {kind: store_credit, amount: "10.00"}`,
	"gift.":              `write what the friend gets for the next time: reward: {kind: store_credit, amount: "5.00"}`,
	"points.per":         "write how many points: per: 100",
	"points.worth":       `write what so many points are worth: worth: "1.00"`,
	"contest.winners":    "write how many are drawn: winners: 3",
	"gift.discount":      "the friend's discount is one for all; to test two discounts write two programmes, each with codes of its own",
	"terms.levels":       "levels are the same for all; write them under the programme's advocate",
	"terms.groups":       "groups are the same for all; write them under the programme's advocate",
	"milestone.from":     "a milestone comes once: write at: 5, or every: 10",
	"tier.at":            "a tier goes on: write from: 5, or write it as a milestone",
	"advocate.milestone": "write milestones, a list",
}
