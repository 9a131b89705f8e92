package rewards

import "slices"

// alertLevels are the parts of a budget, in percent, whose passing is told.
var alertLevels = []int{50, 80, 100}

// alert tells which levels of its budget a programme passed by this change.
func (s *settling) alert(p Program) {
	s.Alerts = append(s.Alerts, p.alerts(s.book.budgetUsed(p), s.Budget[p.Name])...)
}

// alerts tells which levels of the budget are passed where so much more of it is used than before.
func (p Program) alerts(before, more Money) (all []BudgetAlert) {
	if p.Budget.Minor <= 0 || more.Minor <= 0 {
		return nil
	}
	after, err := before.Add(more)
	if err != nil {
		return nil
	}
	for _, level := range alertLevels {
		line, err := p.Budget.Share(BasisPoints(level * 100))
		if err == nil && before.Minor < line.Minor && after.Minor >= line.Minor {
			all = append(all, BudgetAlert{Program: p.Name, Level: level, Used: after, Budget: p.Budget})
		}
	}
	return all
}

// shadows judges the order by every programme that runs in the shadow of one whose code it carries. A
// shadow sees what the live programme saw; its limits are not asked, because it gives nothing.
func (b *Book) shadows(f Facts) (all []ShadowVerdict) {
	room := Room{}
	if f.Room != nil {
		room.Referrals = f.Room.Referrals
	}
	f.Room, f.Granted = &room, false
	for _, name := range sortedNames(b.Versions) {
		p, _ := VersionAt(b.Versions[name], f.Order.PlacedAt)
		if !p.Shadow || !slices.ContainsFunc(f.Claims, func(c Claim) bool { return p.JudgesFor(c.Program) }) {
			continue
		}
		d := Judge(beside{p, newRulebook(b.Versions, f)}, f)
		if d.Program != "" && d.Program != p.Name { // the order belongs to a code that is not its business
			continue
		}
		cost, err := d.Cost(p.Currency)
		if err != nil {
			cost = Money{Currency: p.Currency}
		}
		all = append(all, ShadowVerdict{Program: p.Name, Version: p.Version, Decision: d, Cost: cost})
	}
	return all
}

// beside is the rulebook of a shadow: it judges the codes of the programmes that it names, and those of
// others are judged as they are without it.
type beside struct {
	shadow Program
	others dated
}

// Judging implements Rulebook.
func (b beside) Judging(program string) (Program, bool) {
	if b.shadow.JudgesFor(program) {
		return b.shadow, true
	}
	return b.others.Judging(program)
}

func sortedNames(all map[string][]Program) []string {
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
