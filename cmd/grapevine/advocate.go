package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"grapevine/rewards"
	"grapevine/storage"
	"grapevine/web/words"
)

// advocateCmd looks after the people who share.
type advocateCmd struct {
	List    advocateListCmd    `cmd:"" help:"List advocates, newest first."`
	Show    advocateShowCmd    `cmd:"" help:"Show an advocate with her codes and what was done to her."`
	Block   advocateBlockCmd   `cmd:"" help:"Keep an advocate from earning; what is not given yet is judged again."`
	Unblock advocateUnblockCmd `cmd:"" help:"Let an advocate earn again, also for the orders that came meanwhile."`
	Team    advocateTeamCmd    `cmd:"" help:"Put an advocate into a team: staff, partner, creator, …"`
}

// advocateView is an advocate as commands print it, in the API's words.
type advocateView struct {
	ID         string        `json:"id"`
	CustomerID string        `json:"customer_id"`
	Code       string        `json:"code"`
	Program    string        `json:"program"`
	Status     string        `json:"status"`
	Reason     string        `json:"reason"`
	Team       string        `json:"team"`
	Since      string        `json:"created_at"`
	OldCodes   []oldCodeView `json:"old_codes"`
	History    []stepView    `json:"history"`
}

type oldCodeView struct {
	Code      string `json:"code"`
	Status    string `json:"status"`
	Reason    string `json:"reason"`
	Alias     bool   `json:"alias"`
	RetiredAt string `json:"retired_at"`
}

type stepView struct {
	At     string `json:"at"`
	Change string `json:"change"`
	Value  string `json:"value"`
	Reason string `json:"reason"`
	Actor  string `json:"actor"`
}

func viewAdvocate(a rewards.Advocate) advocateView {
	v := advocateView{
		ID: a.ID, CustomerID: a.CustomerID, Code: a.Code, Program: a.Program, Status: a.Status, Reason: a.Reason, Team: a.Team, Since: when(a.CreatedAt),
		OldCodes: []oldCodeView{}, History: []stepView{},
	}
	for _, c := range a.OldCodes {
		v.OldCodes = append(v.OldCodes, oldCodeView{c.Code, c.Status, c.Reason, c.Alias, when(c.RetiredAt)})
	}
	for _, c := range a.History {
		v.History = append(v.History, stepView{when(c.At), c.Change, c.Value, c.Reason, c.Actor})
	}
	return v
}

// advocateListCmd lists advocates.
type advocateListCmd struct {
	listing  `embed:""`
	Email    string `placeholder:"ADDRESS" help:"Only the one with this e-mail address."`
	Customer string `placeholder:"ID" help:"Only the one who is this customer of the shop."`
	Code     string `placeholder:"CODE" help:"Only the one whose code this is or was."`
}

// Run prints one line an advocate.
func (c *advocateListCmd) Run(ctx context.Context, s *settings, io streams) error {
	return s.withShop(ctx, c.Shop, func(db *storage.DB) error {
		filter := rewards.AdvocateFilter{Email: c.Email, CustomerID: c.Customer, Code: c.Code}
		views, err := gather(c.Limit, func(p rewards.Page) ([]rewards.Advocate, string, error) { return db.Advocates(ctx, c.Shop, filter, p) }, viewAdvocate)
		if err != nil {
			return err
		}
		return list(io, c.JSON, views, "No advocates.", "ID CUSTOMER CODE STATUS REASON TEAM SINCE", func(v advocateView) []string {
			return []string{v.ID, v.CustomerID, v.Code, v.Status, v.Reason, v.Team, v.Since}
		})
	})
}

// oneAdvocate is what the commands on one advocate take.
type oneAdvocate struct {
	Shop string `required:"" placeholder:"ID" help:"The advocate's shop."`
	ID   string `arg:"" help:"The advocate's id, adv_…"`
	JSON bool   `help:"Print JSON."`
}

// on does something to the advocate and prints her.
func (c *oneAdvocate) on(ctx context.Context, s *settings, io streams, do func(db *storage.DB) (rewards.Advocate, error)) error {
	return s.with(ctx, func(db *storage.DB) error {
		a, err := do(db)
		if err != nil {
			return err
		}
		return printAdvocate(io, c.JSON, a)
	})
}

func printAdvocate(io streams, asJSON bool, a rewards.Advocate) error {
	v := viewAdvocate(a)
	if asJSON {
		return io.asJSON(v)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s  customer %s\n  code    %s, of programme %s\n  status  %s %s\n  team    %s\n  since   %s\n", v.ID, v.CustomerID, v.Code, v.Program, v.Status, v.Reason, cmp.Or(v.Team, "none"), v.Since)
	for _, old := range v.OldCodes {
		fmt.Fprintf(&b, "  before  %s: %s %s: %s\n", old.Code, old.Status, old.RetiredAt, words.For(old.Reason).Says)
	}
	for _, step := range v.History {
		value := step.Value
		if step.Change == "team" {
			value = cmp.Or(value, "none")
		}
		fmt.Fprintln(&b, strings.TrimSuffix(fmt.Sprintf("  %s  %s by %s: %s", step.At, strings.TrimSpace(step.Change+" "+value), step.Actor, step.Reason), ": "))
	}
	_, err := fmt.Fprint(io.out, b.String())
	return err
}

// advocateShowCmd shows one advocate.
type advocateShowCmd struct {
	oneAdvocate `embed:""`
}

// Run prints the advocate.
func (c *advocateShowCmd) Run(ctx context.Context, s *settings, io streams) error {
	return c.on(ctx, s, io, func(db *storage.DB) (rewards.Advocate, error) { return db.Advocate(ctx, c.Shop, c.ID) })
}

// advocateBlockCmd blocks one.
type advocateBlockCmd struct {
	oneAdvocate `embed:""`
	Reason      string `required:"" placeholder:"TEXT" help:"Why."`
}

// Run blocks the advocate; a running serve judges her open orders again.
func (c *advocateBlockCmd) Run(ctx context.Context, s *settings, io streams) error {
	reason, err := reasonWords(c.Reason)
	if err != nil {
		return err
	}
	return c.on(ctx, s, io, func(db *storage.DB) (rewards.Advocate, error) {
		return db.BlockAdvocate(ctx, c.Shop, c.ID, reason, cliActor)
	})
}

// advocateUnblockCmd unblocks one.
type advocateUnblockCmd struct {
	oneAdvocate `embed:""`
	Reason      string `required:"" placeholder:"TEXT" help:"Why."`
}

// Run unblocks the advocate; a running serve judges the orders that came meanwhile again.
func (c *advocateUnblockCmd) Run(ctx context.Context, s *settings, io streams) error {
	reason, err := reasonWords(c.Reason)
	if err != nil {
		return err
	}
	return c.on(ctx, s, io, func(db *storage.DB) (rewards.Advocate, error) {
		return db.UnblockAdvocate(ctx, c.Shop, c.ID, reason, cliActor)
	})
}

// advocateTeamCmd puts one into a team.
type advocateTeamCmd struct {
	oneAdvocate `embed:""`
	Team        string `arg:"" optional:"" help:"The team; without it, none."`
}

// Run puts the advocate into the team.
func (c *advocateTeamCmd) Run(ctx context.Context, s *settings, io streams) error {
	return c.on(ctx, s, io, func(db *storage.DB) (rewards.Advocate, error) {
		return db.SetTeam(ctx, c.Shop, c.ID, c.Team, cliActor)
	})
}
