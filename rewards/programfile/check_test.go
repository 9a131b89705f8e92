package programfile

import (
	"strings"
	"testing"
	"time"

	"grapevine/rewards"
)

// calm is a file that nothing is to be warned of.
const calm = `program: offer
friend: {discount: {percent: "10"}}
advocate: {reward: {kind: store_credit, amount: "10.00"}}
qualify: {minimum: "30.00"}
limits: {per_advocate: 5}
`

// told is one problem or warning: where, and words of it.
type told struct {
	line  int
	path  string
	words string
}

func (w told) is(p Problem) bool {
	return p.Line == w.line && p.Path == w.path && strings.Contains(p.Text, w.words)
}

func same(t *testing.T, got Problems, want []told) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%v", got)
	}
	for i, w := range want {
		if !w.is(got[i]) {
			t.Errorf("%s; want %+v", got[i], w)
		}
	}
}

func mustRead(t *testing.T, source string) File {
	t.Helper()
	f, err := Read([]byte(source), "USD", time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestWhatIsProbablyNotMeantIsWarnedOf(t *testing.T) {
	t.Parallel()
	bound := "limits: {per_advocate: 5}\n"
	for name, tc := range map[string]struct {
		source string
		want   []told
	}{
		"a calm file":                   {calm, nil},
		"the friend only":               {"program: offer\nfriend: {discount: {amount: 5}}\n", nil},
		"a shadow costs nothing":        {"program: offer\nmode: shadow\ninstead_of: [x]\nadvocate: {reward: {kind: cash, percent: 5}}\n", nil},
		"without end, any order":        {short, []told{{3, "advocate.reward", "up to 10.00 USD for an order of next to nothing"}, {3, "advocate.reward", "nothing ends what this may cost"}}},
		"an end by a day":               {strings.Replace(calm, "limits: {per_advocate: 5}", "until: 2027-01-01", 1), nil},
		"an end by a budget":            {strings.Replace(calm, "per_advocate: 5", "budget: 500", 1), nil},
		"a budget for what is no money": {reward("{kind: tag, tag: vip}") + "limits: {budget: 5}\n", []told{{5, "limits.budget", "none of these is"}}},
		"the friend's discount on top":  {strings.Replace(calm, `percent: "10"`, `amount: "25.00"`, 1), []told{{3, "advocate.reward", "up to 35.00 USD is given for an order of 30.00 USD"}}},
		"a milestone above the minimum": {strings.Replace(calm, `"10.00"}}`, `"10.00"}, milestones: [{at: 5, reward: {kind: store_credit, amount: 25}}]}`, 1),
			[]told{{3, "advocate.milestones[1].reward", "can earn up to 35.00 USD"}}},
		"milestones that meet": {reward("{kind: cash, percent: 40}\n  milestones: [{every: 3, reward: {kind: cash, percent: 40}}, {every: 5, reward: {kind: cash, percent: 40}}]") + bound,
			[]told{{4, "advocate.reward", "with the milestones up to 120 % of one order"}}},
		"points for nothing":    {reward("{kind: points, amount: 5, expires: 30d}") + bound, []told{{4, "advocate.reward", "exchanged for nothing"}}},
		"points that never end": {reward("{kind: points, per: 1}") + bound + "points: {per: 100, worth: 1}\n", []told{{4, "advocate.reward", "never end"}}},
		"nobody earns points":   {calm + "points: {per: 100, worth: 1}\n", []told{{6, "points", "nobody earns points"}}},
		"points that end":       {reward("{kind: points, per: 1}") + bound + "points: {per: 100, worth: 1, expires: 365d}\n", nil},
		"nobody earns an entry": {calm + "contest: {winners: 1}\n", []told{{6, "contest", "nobody earns an entry"}}},
		"nobody ever wins":      {reward("{kind: entry}") + bound, []told{{4, "advocate.reward", "nobody ever wins"}}},
		"an empty goal":         {calm + "goal: 5\n", []told{{6, "goal", "nothing is collected"}}},
		"a tag that ends":       {reward("{kind: tag, tag: vip, expires: 1d}") + bound, []told{{4, "advocate.reward.expires", "does not take a tag away"}}},
		"boosts that overlap": {calm + "boosts:\n- {title: a, from: 2026-12-05, until: 2026-12-06, multiply: 2}\n- {title: b, from: 2026-12-06, until: 2026-12-07, multiply: 3}\n",
			[]told{{8, "boosts[2]", "b and a share days"}}},
		"boosts side by side":      {calm + "boosts:\n- {title: a, from: 2026-12-05, until: 2026-12-06, multiply: 2}\n- {title: b, from: 2026-12-07, until: 2026-12-07, multiply: 3}\n", nil},
		"a boost before the offer": {calm + "from: 2026-12-07\nboosts:\n- {title: a, from: 2026-12-05, until: 2026-12-06, multiply: 2}\n", []told{{8, "boosts[1]", "outside the days"}}},
		"a boost on its last day":  {calm + "until: 2026-12-05\nboosts:\n- {title: a, from: 2026-12-05, until: 2026-12-06, multiply: 2}\n", nil},
		"a boost of a tag":         {reward("{kind: tag, tag: vip}") + bound + "boosts:\n- {title: a, from: 2026-12-05, until: 2026-12-06, multiply: 2}\n", []told{{6, "boosts", "multiplies nothing"}}},
		"levels and groups of a tag": {reward("{kind: tag, tag: vip}\n  levels: [{name: a, referrals: 1, multiply: 2}]\n  groups:\n    staff: {multiply: 2}") + bound,
			[]told{{5, "advocate.levels", "multiplies nothing"}, {7, "advocate.groups.staff.multiply", "multiplies nothing"}}},
		"a factor on a group's own tag": {reward("{kind: entry}\n  groups:\n    staff: {multiply: 2, reward: {kind: tag, tag: vip}}") + bound + "contest: {winners: 1}\n",
			[]told{{6, "advocate.groups.staff.multiply", "multiplies nothing"}}},
		"a gap before the tiers":  {offer("advocate: {tiers: [{from: 3, reward: {kind: cash, percent: 5}}]}\nlimits: {per_advocate: 5}"), []told{{2, "advocate.tiers[1].reward", "referrals 1 to 2 earn nothing"}}},
		"a priority over nothing": {calm + "priority: 5\n", []told{{6, "priority", "write instead_of"}}},
		"new and not new":         {strings.Replace(calm, "{minimum", "{customers: new, first_orders: 3, minimum", 1), []told{{4, "qualify.customers", "the first 3 orders"}}},
		"variants alike":          {calm + "variants: [{name: a, weight: 1}, {name: b, weight: 1}]\n", []told{{6, "variants", "do not differ"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			same(t, mustRead(t, tc.source).Warnings, tc.want)
		})
	}
}

func TestAPlatformThatLacksSomethingIsToldWithTheLine(t *testing.T) {
	t.Parallel()
	all := Platform{Name: "acme", Kinds: rewards.RewardKinds, FreeShipping: true, Scopes: true, Links: true, Collections: true, Countries: true, Renewals: true}
	for name, tc := range map[string]struct {
		source string
		lacks  func(p *Platform)
		want   []told
	}{
		"a kind": {"program: offer\nadvocate:\n  rewards:\n  - {kind: entry}\n  -\n    kind: gift_card\n    amount: 5\n", func(p *Platform) { p.Kinds = []rewards.RewardKind{rewards.KindStoreCredit} },
			[]told{{6, "advocate.rewards[2].kind", "acme shops have no gift_card; they have store_credit, points, cash, donation, entry and ticket"}}},
		"a kind in every variant": {offer("advocate: {reward: {kind: gift_card, amount: 5}}\nvariants: [{name: a, weight: 1}, {name: b, weight: 1}, {name: c, weight: 1, advocate: {reward: {kind: cash, amount: 5}}}]"),
			func(p *Platform) { p.Kinds = nil }, []told{{2, "advocate.reward.kind", "no gift_card"}}},
		"what points are exchanged for":  {reward("{kind: points, per: 1}") + "points: {per: 100, worth: 1}\n", func(p *Platform) { p.Kinds = nil }, []told{{5, "points.kind", "no store_credit"}}},
		"free shipping for the friend":   {friend("{free_shipping: true}"), func(p *Platform) { p.FreeShipping = false }, []told{{3, "friend.discount.free_shipping", "no codes for free shipping"}}},
		"free shipping for the advocate": {reward("{kind: discount_code, free_shipping: true}"), func(p *Platform) { p.FreeShipping = false }, []told{{4, "advocate.reward.free_shipping", "no codes for free shipping"}}},
		"codes for products":             {friend("{percent: 5, products: [a]}"), func(p *Platform) { p.Scopes = false }, []told{{3, "friend.discount.products", "for all goods"}}},
		"codes for collections":          {reward("{kind: discount_code, percent: 5, collections: [a]}"), func(p *Platform) { p.Scopes = false }, []told{{4, "advocate.reward.collections", "for all goods"}}},
		"links":                          {offer("advocate: {reward: {kind: cash, amount: 5}}"), func(p *Platform) { p.Links = false }, []told{{1, "friend", "write discount"}}},
		"links, with a friend's reward":  {offer("friend: {reward: {kind: cash, amount: 5}}"), func(p *Platform) { p.Links = false }, []told{{2, "friend", "write discount"}}},
		"links, for another's codes":     {offer("advocate: {reward: {kind: cash, amount: 5}}\ninstead_of: [x]"), func(p *Platform) { p.Links = false }, nil},
		"collections of the goods": {short + "qualify:\n  collections: [a]\n  except_collections: [b]\n", func(p *Platform) { p.Collections = false },
			[]told{{5, "qualify.collections", "do not tell the collections"}, {6, "qualify.except_collections", "do not tell the collections"}}},
		"countries":     {short + "qualify: {countries: [DE]}\n", func(p *Platform) { p.Countries = false }, []told{{4, "qualify.countries", "do not tell the country"}}},
		"subscriptions": {short + "qualify:\n  customers: new\n  payments: 3\n", func(p *Platform) { p.Renewals = false }, []told{{6, "qualify.payments", "acme shops bill no subscriptions"}}},
		"one payment":   {short + "qualify: {payments: 1}\n", func(p *Platform) { p.Renewals = false }, nil},
		"nothing":       {short, func(p *Platform) { *p = Platform{Name: "acme", Kinds: []rewards.RewardKind{rewards.KindStoreCredit}} }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, on := mustRead(t, tc.source), all
			same(t, f.Missing(on), nil)
			tc.lacks(&on)
			same(t, f.Missing(on), tc.want)
		})
	}
}

func TestCreditThatIsNoAccountIsWarnedOf(t *testing.T) {
	t.Parallel()
	coupon := Platform{Name: "acme", CreditNote: "store credit is a coupon for one order"}
	const words = "a coupon for one order"
	for name, tc := range map[string]struct {
		source string
		on     Platform
		want   []told
	}{
		"credit, and a coupon":            {calm, coupon, []told{{3, "advocate.reward.kind", words}}},
		"credit, and an account":          {calm, Platform{Name: "acme"}, nil},
		"no credit":                       {strings.Replace(calm, "store_credit", "gift_card", 1), coupon, nil},
		"credit for both":                 {"program: offer\nfriend:\n  reward: {kind: store_credit, amount: 5}\nadvocate:\n  reward: {kind: store_credit, amount: 5}\nqualify: {minimum: 30}\nlimits: {per_advocate: 5}\n", coupon, []told{{3, "friend.reward.kind", words}, {5, "advocate.reward.kind", words}}},
		"credit in two variants":          {offer("advocate: {reward: {kind: store_credit, percent: 5}}\nlimits: {per_advocate: 5}\nvariants: [{name: a, weight: 1}, {name: b, weight: 1}, {name: c, weight: 1, advocate: {reward: {kind: cash, percent: 5}}}]"), coupon, []told{{2, "advocate.reward.kind", words}}},
		"what points are exchanged for":   {reward("{kind: points, per: 1, expires: 30d}") + "limits: {per_advocate: 5}\npoints: {per: 100, worth: 1}\n", coupon, []told{{6, "points", words}}},
		"points, with the kind written":   {reward("{kind: points, per: 1, expires: 30d}") + "limits: {per_advocate: 5}\npoints:\n  per: 100\n  worth: 1\n  kind: store_credit\n", coupon, []told{{9, "points.kind", words}}},
		"points for something else":       {reward("{kind: points, per: 1, expires: 30d}") + "limits: {per_advocate: 5}\npoints: {per: 100, worth: 1, kind: gift_card}\n", coupon, nil},
		"beside what is warned of anyway": {short, coupon, []told{{3, "advocate.reward", "for an order of next to nothing"}, {3, "advocate.reward", "nothing ends"}, {3, "advocate.reward.kind", words}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := mustRead(t, tc.source)
			before := len(f.Warnings)
			same(t, f.WarningsOn(tc.on), tc.want)
			if len(f.Warnings) != before {
				t.Error("the file's own warnings have become more")
			}
		})
	}
}

func TestProgrammesThatOverlapAreToldWithTheLine(t *testing.T) {
	t.Parallel()
	season := func(name, more string) string {
		return "program: " + name + "\nadvocate: {reward: {kind: cash, percent: 5}}\ninstead_of:\n- base\n- other\n" + more
	}
	for name, tc := range map[string]struct {
		source string
		others []string
		want   []told
	}{
		"alone":                         {season("a", ""), nil, nil},
		"another one":                   {season("a", ""), []string{season("b", "")}, []told{{4, "instead_of[1]", "b runs instead of base too, at the same time and with the same priority 0"}, {5, "instead_of[2]", "b runs instead of other too"}}},
		"another priority":              {season("a", "priority: 2\n"), []string{season("b", "")}, nil},
		"other days":                    {season("a", "from: 2026-12-02\n"), []string{season("b", "until: 2026-12-01\n")}, nil},
		"the same day":                  {season("a", "from: 2026-12-01\n"), []string{season("b", "until: 2026-12-01\n")}, []told{{4, "instead_of[1]", "b runs"}, {5, "instead_of[2]", "b runs"}}},
		"its own earlier version":       {season("a", ""), []string{season("a", "title: Old\n")}, nil},
		"a shadow":                      {season("a", ""), []string{season("b", "mode: shadow\n")}, nil},
		"one that is in nobody's place": {calm, []string{season("b", "")}, nil},
		"a programme that there is not": {strings.Replace(season("a", ""), "- other", "- nowhere", 1), nil, []told{{5, "instead_of[2]", "there is no programme nowhere"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var others []rewards.Program
			for _, source := range append([]string{strings.Replace(calm, "offer", "base", 1), strings.Replace(calm, "offer", "other", 1)}, tc.others...) {
				others = append(others, mustRead(t, source).Program)
			}
			same(t, mustRead(t, tc.source).Overlaps(others), tc.want)
		})
	}
}
