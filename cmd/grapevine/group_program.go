package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"grapevine/rewards"
	"grapevine/rewards/programfile"
	"grapevine/storage"
)

// groupAppliedView tells what became of a file in the shops of a group.
type groupAppliedView struct {
	Group    string            `json:"group"`
	Program  string            `json:"program"`
	Shops    []shopAppliedView `json:"shops"`
	Warnings []warningView     `json:"warnings,omitempty"`
}

// shopAppliedView is what became of it in one shop.
type shopAppliedView struct {
	Shop     string    `json:"shop"`
	Domain   string    `json:"domain"`
	Version  int       `json:"version"`
	Changed  bool      `json:"changed"`
	Discount offerView `json:"discount"`
}

// applyToGroup checks the file for every shop of the group before it is stored in any.
func (c *programApplyCmd) applyToGroup(ctx context.Context, s *settings, db *storage.DB, io streams, source []byte) error {
	g, err := db.Group(ctx, c.Group)
	if err != nil {
		return err
	}
	programs, needs := map[string]rewards.Program{}, map[string]bool{}
	var warnings programfile.Problems
	name := ""
	for _, sh := range g.Shops {
		f, can, err := s.readProgram(ctx, db, sh.ID, source)
		if err != nil {
			return fmt.Errorf("%s: in shop %s (%s, %s): %w", c.File, sh.ID, sh.Domain, sh.Platform, err)
		}
		programs[sh.ID], name = f.Program, f.Program.Name
		for _, w := range f.Warnings { // each once, though several shops may have it
			if !slices.Contains(warnings, w) {
				warnings = append(warnings, w)
			}
		}
		for _, need := range needsOf(f.Program, can) {
			needs[sh.Platform+" "+need] = true
		}
	}
	applied, err := db.ApplyGroupProgram(ctx, g.ID, programs, string(source))
	if err != nil {
		return err
	}
	v := groupAppliedView{Group: g.ID, Program: name}
	for _, w := range warnings {
		v.Warnings = append(v.Warnings, warningView{Line: w.Line, Path: w.Path, Text: w.Text})
	}
	for _, sh := range g.Shops {
		stored, err := db.Program(ctx, sh.ID, name)
		if err != nil {
			return err
		}
		v.Shops = append(v.Shops, shopAppliedView{sh.ID, sh.Domain, applied[sh.ID].Version, applied[sh.ID].Changed, viewProgram(stored).Discount})
	}
	if c.JSON {
		return io.asJSON(v)
	}
	for _, w := range warnings {
		fmt.Fprintf(io.err, "%s: warning: %s\n", c.File, w)
	}
	if len(needs) > 0 {
		fmt.Fprintf(io.err, "Its rewards need %s: `grapevine doctor` tells whether the tokens have them.\n", strings.Join(sortedKeys(needs), ", "))
	}
	return v.print(io)
}

func (v groupAppliedView) print(io streams) error {
	if _, err := fmt.Fprintf(io.out, "%s is the programme of all shops of %s (`grapevine group show %s` tells how it fares):\n", v.Program, v.Group, v.Group); err != nil {
		return err
	}
	for _, sh := range v.Shops {
		state := "its discount is " + sh.Discount.Status
		if !sh.Changed {
			state = "unchanged"
		}
		if _, err := fmt.Fprintf(io.out, "  %s  %s  version %d, %s\n", sh.Shop, sh.Domain, sh.Version, state); err != nil {
			return err
		}
	}
	return nil
}
