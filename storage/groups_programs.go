package storage

import (
	"context"

	"grapevine/rewards"
)

type groupProgramRow struct {
	GroupID   string
	Program   string
	Source    string
	AppliedAt stamp
	Currency  string
	UsedMinor int64
	LeftMinor int64
}

func (r groupProgramRow) program() GroupProgram {
	return GroupProgram{
		Name: r.Program, Source: r.Source, AppliedAt: r.AppliedAt.Time,
		Used: rewards.Money{Minor: r.UsedMinor, Currency: r.Currency}, Left: rewards.Money{Minor: r.LeftMinor, Currency: r.Currency},
	}
}

func (x *txn) groupPrograms(group string) (rows []groupProgramRow, err error) {
	_, err = x.scan(&rows, "SELECT group_id, program, source, applied_at, currency, used_minor, left_minor FROM group_programs WHERE group_id = ? ORDER BY program", group)
	return rows, err
}

// AppliedProgram is what became of a programme in one shop.
type AppliedProgram struct {
	rewards.Program
	Changed bool // false where it was that already
}

// ApplyGroupProgram stores a programme as a new version in every shop of a group, or in none: each shop has
// versions, a discount and codes of its own, and the group the budget. programs holds what the source says in
// each of the shops, by shop id: days begin in the shop's time zone. What it returns is by shop id too. Where
// nothing differs it does what ApplyProgram does.
//
// Kind NotFound without the group; Conflict, code group_changed where programs are not of the group's shops,
// group_empty where it has none, program_exists where a shop has a programme of its own by this name; Invalid,
// code group_currency, for a programme in another currency.
func (d *DB) ApplyGroupProgram(ctx context.Context, groupID string, programs map[string]rewards.Program, source string) (map[string]AppliedProgram, error) {
	applied := map[string]AppliedProgram{}
	err := d.write(ctx, "applying a group's programme", func(x *txn) error {
		clear(applied)
		g, shops, err := x.lockGroup(groupID)
		if err != nil {
			return err
		}
		if len(shops) == 0 {
			return rewards.Errorf(rewards.Conflict, "group_empty", "group %s has no shop: `grapevine group add %s --shop SHOP` adds one", g.ID, g.ID)
		}
		if len(programs) != len(shops) {
			return groupChanged(g.ID)
		}
		first := programs[shops[0]]
		if err := x.keepGroupProgram(g, first, source); err != nil {
			return err
		}
		for _, id := range shops {
			p, given := programs[id]
			if !given || p.Name != first.Name {
				return groupChanged(g.ID)
			}
			if applied[id], err = x.applyShared(g, id, p, source); err != nil {
				return err
			}
		}
		return nil
	})
	return applied, err
}

func groupChanged(id string) error {
	return rewards.Errorf(rewards.Conflict, "group_changed", "shops or programmes of group %s came or went meanwhile: run the command again", id)
}

// keepGroupProgram stores a programme as the group's, and remembers its largest budget.
func (x *txn) keepGroupProgram(g Group, p rewards.Program, source string) error {
	if p.Currency != g.Currency {
		return rewards.Errorf(rewards.Invalid, "group_currency", "programme %s is in %s, and group %s is in %s", p.Name, p.Currency, g.ID, g.Currency)
	}
	_, err := x.exec(`INSERT INTO group_programs (group_id, program, source, applied_at, currency, most_minor) VALUES (?, ?, ?, {now}, ?, ?)
ON CONFLICT (group_id, program) DO UPDATE SET source = excluded.source, applied_at = CASE WHEN group_programs.source = excluded.source THEN group_programs.applied_at ELSE excluded.applied_at END,
  most_minor = CASE WHEN group_programs.most_minor = 0 OR excluded.most_minor = 0 THEN 0 WHEN group_programs.most_minor > excluded.most_minor THEN group_programs.most_minor ELSE excluded.most_minor END`,
		g.ID, p.Name, clean(source), g.Currency, p.Budget.Minor)
	return err
}

// applyShared stores a group's programme in one of its shops.
func (x *txn) applyShared(g Group, shopID string, p rewards.Program, source string) (applied AppliedProgram, err error) {
	owner, known, err := x.programOwner(shopID, p.Name)
	if err != nil {
		return applied, err
	}
	if known && owner != g.ID {
		return applied, rewards.Errorf(rewards.Conflict, "program_exists",
			"shop %s has a programme %s of its own: give the group's another name, the shop's stays with the rewards that came of it", shopID, p.Name)
	}
	applied.Program, applied.Changed, err = x.applyProgram(shopID, g.ID, p, source)
	return applied, err
}

// programOwner tells whether a shop has a programme, and of which group it is, "" for the shop's own.
func (x *txn) programOwner(shopID, program string) (group string, known bool, err error) {
	n, err := x.scan(&group, "SELECT coalesce(group_id, '') FROM offers WHERE shop_id = ? AND program = ?", shopID, program)
	return group, n > 0, err
}
