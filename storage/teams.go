package storage

import (
	"context"
	"regexp"

	"grapevine/rewards"
)

// teamForm is that of a team's name, as programme files name their groups.
var teamForm = regexp.MustCompile(`^[a-z0-9_-]{1,32}$`)

// SetTeam puts an advocate into a team (staff, partner, creator, …), or into none for "". Programmes may
// have terms of their own for a team; they hold for orders that are judged from now on. Kind Invalid, code
// bad_team, for a name that cannot be one; Conflict, code advocate_retired.
func (d *DB) SetTeam(ctx context.Context, shopID, id, team, actor string) (rewards.Advocate, error) {
	if team != "" && !teamForm.MatchString(team) {
		return rewards.Advocate{}, rewards.Errorf(rewards.Invalid, "bad_team", "%.40q is no name for a team: a-z, 0-9, - and _, at most 32", team)
	}
	err := d.write(ctx, "putting an advocate into a team", func(x *txn) error {
		row, err := x.lockAdvocate(shopID, id)
		if err != nil || row.Team == team {
			return err
		}
		if row.Status == "retired" {
			return rewards.Errorf(rewards.Conflict, "advocate_retired", "advocate %s is retired", id)
		}
		if _, err := x.exec("UPDATE advocates SET team = ? WHERE shop_id = ? AND id = ?", team, shopID, id); err != nil {
			return err
		}
		return x.noteChange(shopID, id, rewards.AdvocateChange{Change: "team", Value: team, Actor: actor})
	})
	if err != nil {
		return rewards.Advocate{}, err
	}
	return d.Advocate(ctx, shopID, id)
}
