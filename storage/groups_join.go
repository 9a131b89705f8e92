package storage

import (
	"context"

	"grapevine/rewards"
)

// JoiningProgram is a group's programme as its source reads in a shop that joins.
type JoiningProgram struct {
	rewards.Program
	Source string
}

// JoinGroup puts a shop into a group: it gets the group's programmes beside its own, and its advocates become
// members, each with the group's advocates of the same e-mail. programs are all programmes of the group, read
// for this shop. A shop that is in the group stays as it is.
//
// Kind NotFound without shop or group; Conflict, code shop_grouped where it belongs to another group,
// shop_uninstalled where it has left, group_changed where programs are not the group's, program_exists where it
// has one of its own by a name of theirs; Invalid, code group_currency, where its currency is another.
func (d *DB) JoinGroup(ctx context.Context, groupID, shopID string, programs []JoiningProgram) error {
	return d.write(ctx, "putting a shop into a group", func(x *txn) error {
		g, _, err := x.lockGroup(groupID, shopID)
		if err != nil {
			return err
		}
		shop, err := x.shop(shopID)
		if err != nil || plain(shop.GroupID) == g.ID {
			return err
		}
		if err := mayJoin(g, shop); err != nil {
			return err
		}
		if _, err := x.exec("UPDATE shops SET group_id = ? WHERE shop_id = ?", g.ID, shopID); err != nil {
			return err
		}
		if err := x.takePrograms(g, shopID, programs); err != nil {
			return err
		}
		return x.joinMembers(g.ID, shopID)
	})
}

func mayJoin(g Group, shop shopRow) error {
	switch {
	case shop.GroupID != nil:
		return rewards.Errorf(rewards.Conflict, "shop_grouped", "%s belongs to group %s: `grapevine group remove %s --shop %s` takes it out", shop.Domain, *shop.GroupID, *shop.GroupID, shop.ShopID)
	case shop.Status == ShopUninstalled:
		return rewards.Errorf(rewards.Conflict, "shop_uninstalled", "%s has left: `grapevine shop add` adds it again", shop.Domain)
	case shop.Currency != g.Currency:
		return rewards.Errorf(rewards.Invalid, "group_currency", "%s is in %s, and group %s is in %s: a budget has one currency", shop.Domain, shop.Currency, g.ID, g.Currency)
	}
	return nil
}

// takePrograms gives a shop the programmes of the group.
func (x *txn) takePrograms(g Group, shopID string, programs []JoiningProgram) error {
	stored, err := x.groupPrograms(g.ID)
	if err != nil {
		return err
	}
	if len(stored) != len(programs) {
		return groupChanged(g.ID)
	}
	given := map[string]JoiningProgram{}
	for _, p := range programs {
		given[p.Name] = p
	}
	for _, row := range stored {
		p, ok := given[row.Program]
		if !ok || clean(p.Source) != row.Source || p.Currency != g.Currency {
			return groupChanged(g.ID)
		}
		if _, err := x.applyShared(g, shopID, p.Program, p.Source); err != nil {
			return err
		}
	}
	return nil
}

// LeaveGroup takes a shop out of its group. Its programmes stay with it as its own, with what it has used of
// their budgets; in the group that stays counted too. Its advocates are members no more. Kind NotFound;
// Conflict, code not_grouped, where it is not in the group.
func (d *DB) LeaveGroup(ctx context.Context, groupID, shopID string) error {
	return d.write(ctx, "taking a shop out of its group", func(x *txn) error {
		g, _, err := x.lockGroup(groupID, shopID)
		if err != nil {
			return err
		}
		shop, err := x.shop(shopID)
		if err != nil {
			return err
		}
		if plain(shop.GroupID) != g.ID {
			return rewards.Errorf(rewards.Conflict, "not_grouped", "%s is not in group %s: `grapevine group show %s` tells which shops are", shop.Domain, g.ID, g.ID)
		}
		var names []string
		if _, err := x.scan(&names, "SELECT program FROM offers WHERE shop_id = ? AND group_id = ? ORDER BY program", shopID, g.ID); err != nil {
			return err
		}
		if err := x.lockOffers(shopID, names); err != nil {
			return err
		}
		_, err = x.exec(`UPDATE group_programs SET left_minor = left_minor + (SELECT o.budget_used_minor FROM offers o WHERE o.shop_id = ? AND o.program = group_programs.program)
WHERE group_id = ? AND program IN ?`, shopID, g.ID, names)
		if err != nil {
			return err
		}
		if _, err := x.exec("UPDATE offers SET group_id = NULL WHERE shop_id = ? AND group_id = ?", shopID, g.ID); err != nil {
			return err
		}
		if err := x.leaveMembers(g.ID, shopID); err != nil {
			return err
		}
		_, err = x.exec("UPDATE shops SET group_id = NULL WHERE shop_id = ?", shopID)
		return err
	})
}
