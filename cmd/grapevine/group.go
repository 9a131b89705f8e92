package main

import (
	"context"
	"fmt"

	"grapevine/storage"
)

// groupCmd looks after groups of shops.
type groupCmd struct {
	Create  groupCreateCmd  `cmd:"" help:"Make a group, without shops yet."`
	List    groupListCmd    `cmd:"" help:"List the groups."`
	Show    groupShowCmd    `cmd:"" help:"Show a group: its shops, its programmes with what was used of their budgets, how many members."`
	Add     groupAddCmd     `cmd:"" help:"Put a shop into a group: it gets the group's programmes."`
	Remove  groupRemoveCmd  `cmd:"" help:"Take a shop out of its group: it keeps the programmes as its own."`
	Members groupMembersCmd `cmd:"" help:"List the people who share in a group's shops, newest first."`
}

// groupCreateCmd makes a group.
type groupCreateCmd struct {
	Name     string `arg:"" help:"Its name, unique."`
	Currency string `required:"" placeholder:"USD" help:"The currency of all its shops and budgets."`
	JSON     bool   `help:"Print JSON."`
}

// Run makes the group and prints it.
func (c *groupCreateCmd) Run(ctx context.Context, s *settings, io streams) error {
	return s.with(ctx, func(db *storage.DB) error {
		g, err := db.CreateGroup(ctx, c.Name, c.Currency)
		if err != nil {
			return err
		}
		if c.JSON {
			return io.asJSON(viewGroup(g))
		}
		_, err = fmt.Fprintf(io.out, "%s is group %q, in %s; `grapevine group add %s --shop SHOP` puts a shop into it\n", g.ID, g.Name, g.Currency, g.ID)
		return err
	})
}

// groupListCmd lists groups.
type groupListCmd struct {
	JSON bool `help:"Print JSON."`
}

// Run prints one line a group.
func (c *groupListCmd) Run(ctx context.Context, s *settings, io streams) error {
	return s.with(ctx, func(db *storage.DB) error {
		groups, err := db.Groups(ctx)
		if err != nil {
			return err
		}
		views := make([]groupView, len(groups))
		for i, g := range groups {
			views[i] = viewGroup(g)
		}
		return list(io, c.JSON, views, "No group yet: `grapevine group create` makes one.", "ID NAME CURRENCY SHOPS PROGRAMMES MEMBERS", func(v groupView) []string {
			return []string{v.ID, v.Name, v.Currency, fmt.Sprint(len(v.Shops)), fmt.Sprint(len(v.Programs)), fmt.Sprint(v.Members)}
		})
	})
}

// oneGroup is what the commands on a group itself take.
type oneGroup struct {
	ID   string `arg:"" help:"The group's id, grp_…"`
	JSON bool   `help:"Print JSON."`
}

// print prints the group as it is now, with a sentence about what was done.
func (c *oneGroup) print(ctx context.Context, db *storage.DB, io streams, done string) error {
	g, err := db.Group(ctx, c.ID)
	if err != nil {
		return err
	}
	if c.JSON {
		return io.asJSON(viewGroup(g))
	}
	if done != "" {
		_, err = fmt.Fprintln(io.out, done)
	}
	if err == nil {
		_, err = fmt.Fprint(io.out, groupText(viewGroup(g)))
	}
	return err
}

// groupShowCmd shows one group.
type groupShowCmd struct {
	oneGroup `embed:""`
}

// Run prints the group.
func (c *groupShowCmd) Run(ctx context.Context, s *settings, io streams) error {
	return s.with(ctx, func(db *storage.DB) error { return c.print(ctx, db, io, "") })
}

// groupAddCmd puts a shop into a group.
type groupAddCmd struct {
	oneGroup `embed:""`
	Shop     string `required:"" placeholder:"ID" help:"The shop."`
}

// Run reads the group's programmes as the shop means them, and lets it join.
func (c *groupAddCmd) Run(ctx context.Context, s *settings, io streams) error {
	return s.with(ctx, func(db *storage.DB) error {
		g, err := db.Group(ctx, c.ID)
		if err != nil {
			return err
		}
		var programs []storage.JoiningProgram
		for _, p := range g.Programs {
			f, _, err := s.readProgram(ctx, db, c.Shop, []byte(p.Source))
			if err != nil && !isIn(g, c.Shop) {
				return fmt.Errorf("programme %s of the group does not fit shop %s: %w", p.Name, c.Shop, err)
			}
			programs = append(programs, storage.JoiningProgram{Program: f.Program, Source: p.Source})
		}
		if err := db.JoinGroup(ctx, c.ID, c.Shop, programs); err != nil {
			return err
		}
		return c.print(ctx, db, io, fmt.Sprintf("%s is in the group; a running `grapevine serve` makes the discounts there (`grapevine program list --shop %s` tells how it went)", c.Shop, c.Shop))
	})
}

// groupRemoveCmd takes a shop out of its group.
type groupRemoveCmd struct {
	oneGroup `embed:""`
	Shop     string `required:"" placeholder:"ID" help:"The shop."`
}

// Run takes the shop out and tells what stays.
func (c *groupRemoveCmd) Run(ctx context.Context, s *settings, io streams) error {
	return s.with(ctx, func(db *storage.DB) error {
		if err := db.LeaveGroup(ctx, c.ID, c.Shop); err != nil {
			return err
		}
		return c.print(ctx, db, io, fmt.Sprintf("%s has left the group. Its programmes go on as its own, each with its whole budget and what the shop has used of it: `grapevine program apply --shop %s FILE` changes them", c.Shop, c.Shop))
	})
}

// groupMembersCmd lists members.
type groupMembersCmd struct {
	oneGroup `embed:""`
	Limit    int `default:"50" help:"At most so many."`
}

// Run prints one line for each shop that a member is an advocate of.
func (c *groupMembersCmd) Run(ctx context.Context, s *settings, io streams) error {
	return s.with(ctx, func(db *storage.DB) error {
		views, err := gather(c.Limit, pageOfMembers(ctx, db, c.ID), viewMember)
		if err != nil {
			return err
		}
		if c.JSON {
			return list(io, true, views, "", "", func(memberView) []string { return nil })
		}
		var lines []memberLine
		for _, m := range views {
			for _, a := range m.Advocates {
				lines = append(lines, memberLine{m.ID, a})
			}
		}
		return list(io, false, lines, "No members: who becomes an advocate of one of its shops, with an e-mail address, is one.", "MEMBER SHOP ADVOCATE CUSTOMER CODE STATUS", func(l memberLine) []string {
			return []string{l.member, l.Shop, l.Advocate, l.Customer, l.Code, l.Status}
		})
	})
}
