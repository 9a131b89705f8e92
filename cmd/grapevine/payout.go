package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"grapevine/rewards"
	"grapevine/storage"
)

// payoutCmd pays cash and donations by list.
type payoutCmd struct {
	Create    payoutCreateCmd    `cmd:"" help:"Put all that is due on a new list, and fix its amounts."`
	Export    payoutExportCmd    `cmd:"" help:"Write a list as CSV, to pay it."`
	Paid      payoutPaidCmd      `cmd:"" help:"Mark a list as paid, once."`
	Cancel    payoutCancelCmd    `cmd:"" help:"Close a list unpaid: what stood on it may stand on another."`
	List      payoutListCmd      `cmd:"" help:"List the lists, newest first."`
	Show      payoutShowCmd      `cmd:"" help:"Show a list with its lines."`
	Donations payoutDonationsCmd `cmd:"" help:"Show what came together for charities, against the programmes' goals."`
}

// payoutCreateCmd makes a list.
type payoutCreateCmd struct {
	Shop     string `required:"" placeholder:"ID" help:"The shop."`
	Kind     string `enum:"cash,donation" default:"cash" help:"cash or donation."`
	Program  string `placeholder:"NAME" help:"Only of this programme."`
	Until    string `placeholder:"DATE" help:"Only what was earned up to and on this day of the shop, 2026-11-30."`
	Currency string `placeholder:"CODE" help:"Only in this currency; without it the shop's."`
	JSON     bool   `help:"Print JSON."`
}

// Run makes the list and prints it.
func (c *payoutCreateCmd) Run(ctx context.Context, s *settings, io streams) error {
	return s.with(ctx, func(db *storage.DB) error {
		w := rewards.PayoutWanted{Kind: rewards.RewardKind(c.Kind), Program: c.Program, Currency: c.Currency}
		if c.Until != "" {
			zone, err := db.TimeZone(ctx, c.Shop)
			if err != nil {
				return err
			}
			day, err := time.ParseInLocation(time.DateOnly, c.Until, zone)
			if err != nil {
				return misuse("--until %s is not a day like 2026-11-30", c.Until)
			}
			w.Until = day.AddDate(0, 0, 1)
		}
		p, err := db.CreatePayout(ctx, c.Shop, w, cliActor)
		if err != nil {
			return err
		}
		if err := printPayout(io, c.JSON, p); err != nil || c.JSON {
			return err
		}
		_, err = fmt.Fprintf(io.out, "\nExport it with: grapevine payout export --shop %s %s --out payout.csv\nOnce it is paid: grapevine payout paid --shop %s %s --reference TEXT\n", c.Shop, p.ID, c.Shop, p.ID)
		return err
	})
}

// onePayout is what the commands on one list take.
type onePayout struct {
	Shop string `required:"" placeholder:"ID" help:"The list's shop."`
	ID   string `arg:"" help:"The list's id, po_…"`
	JSON bool   `help:"Print JSON."`
}

// payoutShowCmd shows a list.
type payoutShowCmd struct {
	onePayout `embed:""`
}

// Run prints the list.
func (c *payoutShowCmd) Run(ctx context.Context, s *settings, io streams) error {
	return s.with(ctx, func(db *storage.DB) error {
		p, err := db.Payout(ctx, c.Shop, c.ID)
		if err != nil {
			return err
		}
		return printPayout(io, c.JSON, p)
	})
}

// payoutPaidCmd marks a list as paid.
type payoutPaidCmd struct {
	onePayout `embed:""`
	Reference string `required:"" placeholder:"TEXT" help:"Your own reference of the payment: it stays with the list."`
}

// Run books what is still there, and says where that is less than was listed or told.
func (c *payoutPaidCmd) Run(ctx context.Context, s *settings, io streams) error {
	if strings.TrimSpace(c.Reference) == "" {
		return misuse("--reference is empty; say by which payment it was paid")
	}
	return s.with(ctx, func(db *storage.DB) error {
		p, err := db.PayPayout(ctx, c.Shop, c.ID, c.Reference, cliActor)
		if err != nil {
			return err
		}
		return printPayout(io, c.JSON, p)
	})
}

// payoutCancelCmd closes a list unpaid.
type payoutCancelCmd struct {
	onePayout `embed:""`
}

// Run cancels the list.
func (c *payoutCancelCmd) Run(ctx context.Context, s *settings, io streams) error {
	return s.with(ctx, func(db *storage.DB) error {
		p, err := db.CancelPayout(ctx, c.Shop, c.ID, cliActor)
		if err != nil {
			return err
		}
		return printPayout(io, c.JSON, p)
	})
}

// payoutListCmd lists lists.
type payoutListCmd struct {
	Shop   string `required:"" placeholder:"ID" help:"The shop."`
	Kind   string `enum:",cash,donation" default:"" help:"Only cash, or donation."`
	Status string `enum:",open,paid,cancelled" default:"" help:"Only those that are open, paid or cancelled."`
	Limit  int    `default:"50" help:"At most so many."`
	JSON   bool   `help:"Print JSON."`
}

// Run prints one line a list.
func (c *payoutListCmd) Run(ctx context.Context, s *settings, io streams) error {
	if c.Limit < 1 || c.Limit > 1000 {
		return misuse("--limit must be between 1 and 1000")
	}
	return s.withShop(ctx, c.Shop, func(db *storage.DB) error {
		var views []payoutView
		page := rewards.Page{Limit: min(c.Limit, 100)}
		for len(views) < c.Limit {
			found, next, err := db.Payouts(ctx, c.Shop, rewards.PayoutFilter{Kind: rewards.RewardKind(c.Kind), Status: rewards.PayoutStatus(c.Status)}, page)
			if err != nil {
				return err
			}
			for _, p := range found[:min(len(found), c.Limit-len(views))] {
				views = append(views, viewPayout(p))
			}
			if page.Cursor = next; next == "" {
				break
			}
		}
		return list(io, c.JSON, views, "No lists yet: `grapevine payout create` makes one.", "ID KIND STATUS TOTAL LEFT PAID CREATED CLOSED REFERENCE", func(v payoutView) []string {
			return []string{v.ID, v.Kind, v.Status, v.Total.String(), v.Left.String(), v.Paid.String(), v.CreatedAt, v.ClosedAt, v.Reference}
		})
	})
}

// payoutDonationsCmd adds up donations.
type payoutDonationsCmd struct {
	Shop string `required:"" placeholder:"ID" help:"The shop."`
	JSON bool   `help:"Print JSON."`
}

// Run prints one line a charity.
func (c *payoutDonationsCmd) Run(ctx context.Context, s *settings, io streams) error {
	return s.withShop(ctx, c.Shop, func(db *storage.DB) error {
		found, err := db.Donations(ctx, c.Shop)
		if err != nil {
			return err
		}
		views := make([]donationsView, len(found))
		for i, d := range found {
			views[i] = viewDonations(d)
		}
		if c.JSON {
			return io.asJSON(views)
		}
		type line struct {
			donationsView
			charityView
		}
		var lines []line
		for _, v := range views {
			for _, ch := range v.Charities {
				lines = append(lines, line{v, ch})
			}
		}
		return list(io, false, lines, "No donations.", "PROGRAM RAISED GOAL CHARITY PROMISED GIVEN PAID LOST", func(l line) []string {
			return []string{l.Program, l.Raised.String(), l.Goal.String(), l.Charity, l.Promised.String(), l.Given.String(), l.Paid.String(), l.Lost.String()}
		})
	})
}
