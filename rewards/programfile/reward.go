package programfile

import (
	"slices"
	"strings"

	"grapevine/rewards"
)

// maxPoints bounds points, so that what they are worth stays far inside int64.
const maxPoints = 1_000_000_000

// maxCopies bounds entries and tickets for one order.
const maxCopies = 1000

// kindKeys lists what a reward of each kind may say beside its kind.
var kindKeys = map[rewards.RewardKind][]string{
	rewards.KindDiscountCode: {"percent", "amount", "free_shipping", "minimum", "products", "collections", "expires"},
	rewards.KindStoreCredit:  {"amount", "percent", "expires"},
	rewards.KindGiftCard:     {"amount", "percent", "expires"},
	rewards.KindPoints:       {"amount", "per", "expires"},
	rewards.KindCash:         {"amount", "percent"},
	rewards.KindProduct:      {"product", "expires"},
	rewards.KindTag:          {"tag", "expires"},
	rewards.KindDonation:     {"amount", "percent", "charity"},
	rewards.KindEntry:        {"count"},
	rewards.KindTicket:       {"count"},
}

// reward reads what somebody gets.
func (r *reader) reward(s section) rewards.RewardSpec {
	none := r.none()
	spec := rewards.RewardSpec{Amount: none, Discount: rewards.Discount{Amount: none, Minimum: none}}
	if s.unreadable() || !s.need("kind") {
		return spec
	}
	kind, _, ok := s.scalar("kind")
	if !ok {
		return spec
	}
	spec.Kind = rewards.RewardKind(kind)
	mine, known := kindKeys[spec.Kind]
	if !known {
		s.problem("kind", "%.40q is not known; write one of: %s", kind, kinds())
		return spec
	}
	for _, key := range s.order {
		if key != "kind" && !slices.Contains(mine, key) {
			s.problem(key, "a reward of kind %s has no %s; its keys are %s", kind, key, strings.Join(mine, ", "))
		}
	}
	spec.Expires = s.positiveSpan("expires", 0)
	switch spec.Kind {
	case rewards.KindDiscountCode:
		spec.Discount = r.discount(s)
	case rewards.KindPoints:
		r.pointsGiven(s, &spec)
	case rewards.KindProduct:
		s.need("product")
		spec.ProductID = s.id("product")
	case rewards.KindTag:
		s.need("tag")
		spec.Tag = s.tag("tag")
	case rewards.KindEntry, rewards.KindTicket:
		spec.Amount = rewards.Money{Minor: 1, Currency: spec.Kind.Unit(r.currency)}
		if s.has("count") {
			spec.Amount.Minor = s.count("count", map[rewards.RewardKind]string{rewards.KindEntry: "entries", rewards.KindTicket: "tickets"}[spec.Kind], maxCopies)
		}
	default: // money
		r.money(s, &spec)
	}
	return spec
}

func kinds() string {
	var all []string
	for _, k := range rewards.RewardKinds {
		all = append(all, string(k))
	}
	return strings.Join(all, ", ")
}

// money reads a reward that is an amount, or a part of the order's.
func (r *reader) money(s section, spec *rewards.RewardSpec) {
	spec.Amount, spec.Percent = s.positive("amount"), s.percent("percent")
	if spec.Kind == rewards.KindDonation && s.need("charity") {
		spec.Charity = s.name("charity")
	}
	switch given := s.those("amount", "percent"); len(given) {
	case 0:
		r.report(s.line, s.path, `a %s of what? write amount: %q, or percent: "5" of the eligible total`, spec.Kind, r.sample())
	case 2:
		s.problem("percent", "stands beside amount; keep one of them")
	}
}

// pointsGiven reads so many points, or so many for each whole unit of money.
func (r *reader) pointsGiven(s section, spec *rewards.RewardSpec) {
	spec.Amount = rewards.Money{Minor: s.count("amount", "points", maxPoints), Currency: rewards.UnitPoints}
	spec.PerUnit = s.count("per", "points", maxPoints)
	switch given := s.those("amount", "per"); len(given) {
	case 0:
		r.report(s.line, s.path, "how many points? write amount: 100, or per: 1 for each whole %s", r.currency)
	case 2:
		s.problem("per", "stands beside amount; keep one of them")
	}
}

// tag reads a tag as shops write them. The longest that a Shopify customer can have is 40 characters, and
// commas stand between tags.
func (s section) tag(key string) string {
	text := s.label(key, 40)
	if strings.Contains(text, ",") || text != strings.TrimSpace(text) {
		s.problem(key, "%q is no tag; write one, without commas and without spaces around it", text)
	}
	return text
}
