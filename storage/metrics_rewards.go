package storage

import (
	"slices"
	"sort"

	"grapevine/rewards"
)

// rewardKey are the columns by which rewards are told apart, behind the number of the period; o is the
// order of the reward where orderOf joins it.
func rewardKey(by rewards.Grouping) string {
	switch by {
	case rewards.ByProgram:
		return "r.program, '' AS variant, '' AS advocate"
	case rewards.ByVariant:
		return "r.program, coalesce(o.variant, '') AS variant, '' AS advocate"
	case rewards.ByAdvocate:
		return "'' AS program, '' AS variant, r.advocate_id AS advocate"
	}
	return "'' AS program, '' AS variant, '' AS advocate"
}

func orderOf(by rewards.Grouping) string {
	if by == rewards.ByVariant {
		return " LEFT JOIN orders o ON o.shop_id = r.shop_id AND o.order_id = r.order_id"
	}
	return ""
}

// moved sums how the ledger moved. What left a programme's account lies in one of the four others.
func (g *figuring) moved(s *sheet) error {
	var q statement
	q.add("SELECT n, program, variant, advocate, kind, unit, CAST(sum(waiting) AS bigint) AS waiting, CAST(sum(held) AS bigint) AS held," +
		" CAST(sum(used) AS bigint) AS used, CAST(sum(lost) AS bigint) AS lost FROM (SELECT m.n, " + rewardKey(s.by) + ", r.kind, m.unit, m.waiting, m.held, m.used, m.lost FROM (SELECT v.n, l.reward_id, l.currency AS unit")
	for _, c := range []struct{ account, name string }{{"pending", "waiting"}, {"issued", "held"}, {"used", "used"}, {"loss", "lost"}} {
		q.add(", sum(CASE WHEN l.account LIKE '" + c.account + ":%' THEN l.amount_minor ELSE 0 END) AS " + c.name)
	}
	q.add(g.during("ledger", "l.at", "", "")+" GROUP BY v.n, l.reward_id, l.currency) m", g.shop.Shop)
	q.add(" JOIN rewards r ON r.shop_id = ? AND r.id = m.reward_id"+orderOf(s.by)+" WHERE r.shop_id = ?", g.shop.Shop, g.shop.Shop)
	g.mine(&q, s, "r.program", "r.advocate_id")
	q.add(") c GROUP BY n, program, variant, advocate, kind, unit")
	rows, err := ask[struct {
		Key                       groupKey `gorm:"embedded"`
		Kind, Unit                string
		Waiting, Held, Used, Lost int64
	}](g, s, &q)
	for _, r := range rows {
		f := s.rewards(r.Key, r.Kind, r.Unit)
		f.Waiting.Minor, f.Given.Minor, f.Used.Minor, f.Lost.Minor = r.Waiting, r.Held+r.Used, r.Used, r.Lost
	}
	return err
}

// made counts the rewards that came about; the replacement of a code is no other reward.
func (g *figuring) made(s *sheet) error {
	var q statement
	q.add("SELECT n, program, variant, advocate, kind, unit, count(*) AS made, sum(CASE WHEN value_minor = 0 THEN 1 ELSE 0 END) AS unpriced" +
		" FROM (SELECT v.n, " + rewardKey(s.by) + ", r.kind, r.currency AS unit, r.value_minor")
	q.add(g.during("rewards", "r.created_at", "", orderOf(s.by))+" AND r.replaces = ''", g.shop.Shop)
	g.mine(&q, s, "r.program", "r.advocate_id")
	q.add(") c GROUP BY n, program, variant, advocate, kind, unit")
	rows, err := ask[struct {
		Key            groupKey `gorm:"embedded"`
		Kind, Unit     string
		Made, Unpriced int64
	}](g, s, &q)
	for _, r := range rows {
		f := s.rewards(r.Key, r.Kind, r.Unit)
		f.Made, f.Unpriced = r.Made, r.Unpriced
	}
	return err
}

// sharing counts the advocates who had a code. An advocate's variant is not stored, and SQL cannot reckon
// it: so the advocates pass by one by one, and only their numbers are kept.
func (g *figuring) sharing(s *sheet) error {
	if s.by == rewards.ByAdvocate {
		return nil
	}
	program := "''"
	var versions map[string][]rewards.Program
	if s.by == rewards.ByProgram || s.by == rewards.ByVariant {
		var err error
		program = "coalesce(c.program, '')"
		if versions, err = g.programVersions(g.shop.Shop, nil); err != nil {
			return err
		}
	}
	var q statement
	q.add("SELECT advocate_id, program, min(created_at) AS started, CASE WHEN count(*) = count(retired_at) THEN max(retired_at) END AS ended"+
		" FROM (SELECT c.advocate_id, "+program+" AS program, c.created_at, c.retired_at FROM codes c WHERE c.shop_id = ? AND c.status <> 'failed'", g.shop.Shop)
	if g.f.Program != "" {
		q.add(" AND c.program = ?", g.f.Program)
	}
	q.add(") c GROUP BY advocate_id, program")
	type holder struct {
		AdvocateID, Program string
		Started, Ended      stamp
	}
	changes := map[groupKey]int64{} // of the number of holders, from one period to the next
	err := stream(g.txn, q.text.String(), func(h holder) error {
		k := groupKey{Program: h.Program}
		if s.by == rewards.ByVariant {
			if all := versions[h.Program]; len(all) > 0 {
				k.Variant = all[len(all)-1].VariantOf(h.AdvocateID)
			}
		}
		if h.Program != "" || program == "''" {
			s.share(changes, k, h.Started, h.Ended)
		}
		return nil
	}, q.args...)
	s.cumulate(changes)
	return err
}

// share notes that somebody had a code from a time on, and until another unless that is zero.
func (s *sheet) share(changes map[groupKey]int64, k groupKey, started, ended stamp) {
	first := sort.Search(len(s.periods), func(n int) bool { return s.periods[n].Until.After(started.Time) })
	end := len(s.periods)
	if !ended.IsZero() {
		end = sort.Search(len(s.periods), func(n int) bool { return !s.periods[n].From.Before(ended.Time) })
	}
	if first >= end {
		return
	}
	k.N = first
	changes[k]++
	if !started.Before(s.periods[first].From) {
		s.of(k).NewSharing++
	}
	k.N = end
	changes[k]--
}

// cumulate turns changes of the number of holders into their number in each period.
func (s *sheet) cumulate(changes map[groupKey]int64) {
	groups := map[groupKey]bool{}
	for k := range changes {
		k.N = 0
		groups[k] = true
	}
	for k := range groups {
		var n int64
		for k.N = range s.periods {
			if n += changes[k]; n != 0 {
				s.of(k).Sharing = n
			}
		}
	}
}

// review sums what waits for the end of a hold or for a person.
func (g *figuring) review() (all []rewards.ReviewFigures, err error) {
	if g.rolled {
		return g.reviewDays(), nil
	}
	var q statement
	q.add("SELECT r.status, r.currency, count(*) AS n, CAST(sum(r.net_minor) AS bigint) AS minor FROM rewards r WHERE r.shop_id = ? AND r.status IN ('pending', 'held')", g.shop.Shop)
	if g.f.Program != "" {
		q.add(" AND r.program = ?", g.f.Program)
	}
	q.add(" GROUP BY r.status, r.currency ORDER BY r.status, r.currency")
	rows, err := answer[struct {
		Status, Currency string
		N, Minor         int64
	}](g, &q)
	for _, r := range rows {
		all = append(all, rewards.ReviewFigures{Status: rewards.Status(r.Status), Unit: r.Currency, Rewards: r.N, Amount: rewards.Money{Minor: r.Minor, Currency: r.Currency}})
	}
	return all, err
}

// heldNow counts the orders that wait for a person: by an index, and there are as many as people can look at.
func (g *figuring) heldNow() (held int64, err error) {
	var q statement
	q.add("SELECT count(*) FROM orders o WHERE o.shop_id = ? AND o.outcome = 'held' AND o.outcome <> 'none'", g.shop.Shop)
	if g.f.Program != "" {
		q.add(" AND o.program = ?", g.f.Program)
	}
	counts, err := answer[int64](g, &q)
	if err == nil {
		held = counts[0]
	}
	return held, err
}

// budgets tells what became of each budget since its beginning.
func (g *figuring) budgets() (all []rewards.BudgetFigures, err error) {
	var q statement
	q.add("SELECT program, budget_used_minor, currency FROM offers WHERE shop_id = ?", g.shop.Shop)
	if g.f.Program != "" {
		q.add(" AND program = ?", g.f.Program)
	}
	q.add(" ORDER BY program")
	rows, err := answer[budgetRow](g, &q)
	if err != nil {
		return nil, err
	}
	versions, err := g.programVersions(g.shop.Shop, nil)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, r := range rows {
		v := versions[r.Program]
		if len(v) == 0 || v[len(v)-1].Budget.Minor <= 0 {
			continue
		}
		names = append(names, r.Program)
		all = append(all, rewards.BudgetFigures{Program: r.Program, Budget: v[len(v)-1].Budget,
			Used: rewards.Money{Minor: r.BudgetUsedMinor, Currency: r.Currency}, Revenue: rewards.Money{Currency: g.shop.Currency}})
	}
	if len(names) == 0 {
		return nil, nil
	}
	earned, err := g.earned(names)
	for program, minor := range earned {
		i := slices.IndexFunc(all, func(b rewards.BudgetFigures) bool { return b.Program == program })
		all[i].Revenue.Minor = minor
	}
	return all, err
}

// earned sums the revenue of all referred orders of programmes.
func (g *figuring) earned(programs []string) (map[string]int64, error) {
	sums := map[string]int64{}
	if g.rolled {
		for _, r := range g.read {
			if r.What == "earned" && r.Unit == g.shop.Currency && slices.Contains(programs, r.Program) {
				sums[r.Program] = r.A
			}
		}
		return sums, nil
	}
	var q statement
	q.add("SELECT o.program, CAST(sum(o.eligible_minor) AS bigint) AS minor FROM orders o WHERE o.shop_id = ? AND "+goodOrder+" AND "+asReferral+
		" AND o.currency = ? AND o.program IN ? GROUP BY o.program", g.shop.Shop, g.shop.Currency, programs)
	rows, err := answer[struct {
		Program string
		Minor   int64
	}](g, &q)
	for _, r := range rows {
		sums[r.Program] = r.Minor
	}
	return sums, err
}
