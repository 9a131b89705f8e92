package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"grapevine/connectors"
	"grapevine/rewards"
	"grapevine/rewards/programfile"
	"grapevine/storage"
)

// programCmd applies and looks at programmes.
type programCmd struct {
	Apply  programApplyCmd  `cmd:"" help:"Apply a programme file; a change makes a new version."`
	List   programListCmd   `cmd:"" help:"List a shop's programmes."`
	Show   programShowCmd   `cmd:"" help:"Show a programme, and how its discount fares in the shop."`
	Schema programSchemaCmd `cmd:"" help:"Print the JSON Schema of programme files."`

	Templates programTemplatesCmd `cmd:"" help:"List programmes to start from, or print one."`
	Simulate  programSimulateCmd  `cmd:"" help:"Judge a shop's past orders by a programme file: what it would have cost, and earned."`
	Shadow    programShadowCmd    `cmd:"" help:"Compare what a shadow programme would have decided with what was decided."`
}

// maxProgramFile is far more than any programme needs.
const maxProgramFile = 256 << 10

// programApplyCmd applies a file.
type programApplyCmd struct {
	Shop  string `required:"" xor:"where" placeholder:"ID" help:"The shop."`
	Group string `required:"" xor:"where" placeholder:"ID" help:"The group, in all of whose shops the programme is applied."`
	File  string `arg:"" help:"The programme file; - for standard input."`
	JSON  bool   `help:"Print JSON."`
}

// programView is a programme as commands print it.
type programView struct {
	Program  string    `json:"program"`
	Version  int       `json:"version"`
	Title    string    `json:"title"`
	Changed  *bool     `json:"changed,omitempty"`
	Applied  string    `json:"applied_at"`
	Discount offerView `json:"discount"`
	Budget   *string   `json:"budget,omitempty"`
	Used     string    `json:"used"`
	// Group is whose programme it is and GroupUsed what all its shops have used; "" for one of the shop's own.
	Group     string `json:"group,omitempty"`
	GroupUsed string `json:"group_used,omitempty"`
	// Alerts are the levels of the budget that were passed, the lowest first.
	Alerts []alertView `json:"alerts,omitempty"`

	Warnings []warningView `json:"warnings,omitempty"` // of the file that was applied
}

// alertView is the passing of a level of a budget.
type alertView struct {
	Percent int    `json:"percent"`
	Used    string `json:"used"` // at that moment
	At      string `json:"at"`
}

// warningView is one thing that a file says and its owner probably does not mean.
type warningView struct {
	Line int    `json:"line"`
	Path string `json:"path,omitempty"`
	Text string `json:"text"`
}

// offerView is the programme's discount in the shop.
type offerView struct {
	Status     string `json:"status"` // pending, active, failed
	Reason     string `json:"reason,omitempty"`
	Shown      int    `json:"shown_version,omitempty"`
	ExternalID string `json:"external_id,omitempty"`
}

func viewProgram(p storage.StoredProgram) programView {
	v := programView{
		Program: p.Program.Name, Version: p.Program.Version, Title: p.Program.Title, Applied: when(p.Program.AppliedAt), Used: p.BudgetUsed.String(),
		Discount: offerView{Status: p.Offer.Status, Reason: p.Offer.Reason, Shown: p.Offer.Shown, ExternalID: p.Offer.ExternalID},
	}
	if b := p.Program.Budget; b.Minor != 0 {
		text := b.String()
		v.Budget = &text
	}
	if p.Group != "" {
		v.Group, v.GroupUsed = p.Group, p.GroupUsed.String()
	}
	for _, a := range p.Alerts {
		v.Alerts = append(v.Alerts, alertView{Percent: a.Level, Used: a.Used.String(), At: when(a.At)})
	}
	return v
}

// Run checks the file, and what it asks of the platform, then stores it. The discount in the shop is made
// by a running serve.
func (c *programApplyCmd) Run(ctx context.Context, s *settings, io streams) error {
	source, err := readFile(c.File)
	if err != nil {
		return err
	}
	return s.with(ctx, func(db *storage.DB) error {
		if c.Group != "" {
			return c.applyToGroup(ctx, s, db, io, source)
		}
		f, can, err := s.readProgram(ctx, db, c.Shop, source)
		if err != nil {
			return fmt.Errorf("%s: %w", c.File, err)
		}
		p, changed, err := db.ApplyProgram(ctx, c.Shop, f.Program, string(source))
		if err != nil {
			return err
		}
		stored, err := db.Program(ctx, c.Shop, p.Name)
		if err != nil {
			return err
		}
		return c.print(io, stored, changed, f.Warnings, needsOf(stored.Program, can))
	})
}

// readProgram reads a file as a shop means it (its currency, its days) and checks that it fits the shop and
// what its platform carries. Its warnings are those of the platform too.
func (s *settings) readProgram(ctx context.Context, db *storage.DB, shopID string, source []byte) (f programfile.File, can connectors.Capabilities, err error) {
	shop, err := db.CallableShop(ctx, shopID)
	if err != nil {
		return f, can, err
	}
	zone, err := time.LoadLocation(shop.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	if f, err = programfile.Read(source, shop.Currency, zone); err != nil {
		return f, can, err
	}
	platform, err := s.platform(shop.Platform)
	if err != nil {
		return f, can, err
	}
	can = platform.Capabilities()
	f.Warnings = f.WarningsOn(platformOf(shop.Platform, can))
	return f, can, fits(ctx, db, shop, can, f)
}

// fits refuses a programme that does not fit the shop's others, or asks for what its platform does not have.
func fits(ctx context.Context, db *storage.DB, shop connectors.Shop, can connectors.Capabilities, f programfile.File) error {
	stored, err := db.Programs(ctx, shop.ID)
	if err != nil {
		return err
	}
	others := make([]rewards.Program, len(stored))
	for i, p := range stored {
		others[i] = p.Program
	}
	return append(f.Overlaps(others), f.Missing(platformOf(shop.Platform, can))...).Err()
}

// platformOf is what a programme file can ask of a platform.
func platformOf(name string, can connectors.Capabilities) programfile.Platform {
	return programfile.Platform{
		Name: name, Kinds: can.Rewards, FreeShipping: can.FreeShipping,
		Scopes: can.Scopes, Links: can.Links, Collections: can.Collections, Countries: can.Countries,
		Renewals: can.Renewals, CreditNote: can.CreditNote,
	}
}

func (c *programApplyCmd) print(io streams, stored storage.StoredProgram, changed bool, warnings programfile.Problems, needs []string) error {
	v := viewProgram(stored)
	v.Changed = &changed
	for _, w := range warnings {
		v.Warnings = append(v.Warnings, warningView{Line: w.Line, Path: w.Path, Text: w.Text})
	}
	if c.JSON {
		return io.asJSON(v)
	}
	for _, w := range warnings {
		fmt.Fprintf(io.err, "%s: warning: %s\n", c.File, w)
	}
	if !changed {
		_, err := fmt.Fprintf(io.out, "%s is unchanged: version %d stays\n", v.Program, v.Version)
		return err
	}
	if len(needs) > 0 {
		fmt.Fprintf(io.err, "Its rewards need %s: `grapevine doctor` tells whether the token has them.\n", strings.Join(needs, ", "))
	}
	if stored.Program.Friend.None() {
		_, err := fmt.Fprintf(io.out, "%s is at version %d; it has no discount of its own\n", v.Program, v.Version)
		return err
	}
	_, err := fmt.Fprintf(io.out, "%s is at version %d; its discount in the shop is %s (`grapevine program show --shop %s %s` tells how it went)\n", v.Program, v.Version, v.Discount.Status, c.Shop, v.Program)
	return err
}

// needsOf are the permissions that a programme's rewards take beside those that every shop gives.
func needsOf(p rewards.Program, can connectors.Capabilities) (needs []string) {
	for _, rule := range p.Rules {
		needs = append(needs, can.Needs[rule.Reward.Kind]...)
	}
	slices.Sort(needs)
	return slices.Compact(needs)
}

// readFile reads a file of bounded size, or standard input for "-".
func readFile(path string) ([]byte, error) {
	in := os.Stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, useError{err}
		}
		defer f.Close()
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, maxProgramFile+1))
	if err != nil {
		return nil, useError{err}
	}
	if len(b) > maxProgramFile {
		return nil, misuse("%s is larger than %d KiB", path, maxProgramFile>>10)
	}
	return b, nil
}

// programListCmd lists programmes.
type programListCmd struct {
	Shop string `required:"" placeholder:"ID" help:"The shop."`
	JSON bool   `help:"Print JSON."`
}

// Run prints one line a programme.
func (c *programListCmd) Run(ctx context.Context, s *settings, io streams) error {
	return s.withShop(ctx, c.Shop, func(db *storage.DB) error {
		programs, err := db.Programs(ctx, c.Shop)
		if err != nil {
			return err
		}
		views := make([]programView, len(programs))
		for i, p := range programs {
			views[i] = viewProgram(p)
		}
		return list(io, c.JSON, views, "No programme yet: `grapevine program apply` applies one.", "PROGRAM VERSION TITLE DISCOUNT USED", func(v programView) []string {
			return []string{v.Program, fmt.Sprint(v.Version), v.Title, v.Discount.Status, v.Used}
		})
	})
}

// programShowCmd shows one programme.
type programShowCmd struct {
	Shop string `required:"" placeholder:"ID" help:"The shop."`
	Name string `arg:"" help:"The programme's name."`
	JSON bool   `help:"Print JSON."`
}

// Run prints the programme and its discount's state.
func (c *programShowCmd) Run(ctx context.Context, s *settings, io streams) error {
	return s.with(ctx, func(db *storage.DB) error {
		p, err := db.Program(ctx, c.Shop, c.Name)
		if err != nil {
			return err
		}
		v := viewProgram(p)
		if c.JSON {
			return io.asJSON(v)
		}
		budget := "none"
		if v.Budget != nil {
			budget = *v.Budget
		}
		_, err = fmt.Fprintf(io.out, "%s  %s\n  version   %d, applied %s\n  discount  %s %s %s\n  budget    %s, used %s\n", v.Program, v.Title, v.Version, v.Applied, v.Discount.Status, v.Discount.ExternalID, v.Discount.Reason, budget, v.Used)
		if v.Group != "" && err == nil {
			_, err = fmt.Fprintf(io.out, "  group     %s, whose shops have used %s of the budget together\n", v.Group, v.GroupUsed)
		}
		for _, a := range v.Alerts {
			if err == nil {
				_, err = fmt.Fprintf(io.out, "  passed    %d %% of the budget at %s, with %s\n", a.Percent, a.At, a.Used)
			}
		}
		if err == nil {
			_, err = fmt.Fprintf(io.out, "\n%s", p.Source)
		}
		if hint := mend(v.Discount.Reason); err == nil && hint != "" {
			_, err = fmt.Fprintf(io.out, "\nThe discount failed: %s\n", hint)
		}
		return err
	})
}

// programSchemaCmd prints the schema.
type programSchemaCmd struct{}

// Run prints the JSON Schema.
func (programSchemaCmd) Run(_ context.Context, io streams) error {
	_, err := io.out.Write(programfile.Schema())
	return err
}

// programTemplatesCmd gives programmes to start from.
type programTemplatesCmd struct {
	Name string `arg:"" optional:"" help:"The template to print; without it all are listed."`
	JSON bool   `help:"Print JSON."`
}

// templateView is a template as the listing shows it.
type templateView struct {
	Template string `json:"template"`
	Title    string `json:"title"`
	Source   string `json:"source"`
}

// Run prints a template's file, or what there is.
func (c *programTemplatesCmd) Run(_ context.Context, io streams) error {
	var names []string
	var views []templateView
	for _, t := range programfile.Templates() {
		if t.Name == c.Name {
			_, err := io.out.Write(t.Source)
			return err
		}
		names = append(names, t.Name)
		views = append(views, templateView{Template: t.Name, Title: t.Title, Source: string(t.Source)})
	}
	if c.Name != "" {
		return misuse("there is no template %q; there are %v", c.Name, names)
	}
	return list(io, c.JSON, views, "", "TEMPLATE TITLE", func(v templateView) []string { return []string{v.Template, v.Title} })
}
