package main

import (
	"cmp"
	"context"
	"fmt"

	"grapevine/rewards"
	"grapevine/storage"
)

// ticketCmd looks at tickets and redeems them.
type ticketCmd struct {
	List   ticketListCmd   `cmd:"" help:"List tickets, by programme and number."`
	Show   ticketShowCmd   `cmd:"" help:"Show a ticket, by its code."`
	Redeem ticketRedeemCmd `cmd:"" help:"Let in whoever shows a ticket, once."`
	QR     ticketQRCmd     `cmd:"" name:"qr" help:"Draw a ticket's QR code as PNG or SVG."`
}

// ticketView is a ticket as commands print it, in the API's words.
type ticketView struct {
	Code       string `json:"code"`
	Number     int64  `json:"number"`
	Program    string `json:"program"`
	Advocate   string `json:"advocate"`
	Reward     string `json:"reward"`
	Status     string `json:"status"`
	Admits     int64  `json:"admits"`
	IssuedAt   string `json:"issued_at"`
	ExpiresAt  string `json:"expires_at,omitempty"`
	RedeemedAt string `json:"redeemed_at,omitempty"`
	RedeemedBy string `json:"redeemed_by,omitempty"`
}

func viewTicket(t rewards.Ticket) ticketView {
	return ticketView{Code: t.Code, Number: t.Number, Program: t.Program, Advocate: t.AdvocateID, Reward: t.RewardID, Status: string(t.Status), Admits: t.Admits,
		IssuedAt: when(t.IssuedAt), ExpiresAt: when(t.ExpiresAt), RedeemedAt: when(t.RedeemedAt), RedeemedBy: t.RedeemedBy}
}

// ticketListCmd lists tickets.
type ticketListCmd struct {
	Shop    string `required:"" placeholder:"ID" help:"The shop."`
	Program string `placeholder:"NAME" help:"Only of this programme."`
	Status  string `enum:",issued,redeemed,expired,reversed" default:"" help:"Only those that are issued, redeemed, expired or reversed."`
	Limit   int    `default:"1000" help:"At most so many."`
	JSON    bool   `help:"Print JSON."`
}

// Run prints one line a ticket.
func (c *ticketListCmd) Run(ctx context.Context, s *settings, io streams) error {
	if c.Limit < 1 || c.Limit > 100_000 {
		return misuse("--limit must be between 1 and 100000")
	}
	return s.withShop(ctx, c.Shop, func(db *storage.DB) error {
		found, err := db.Tickets(ctx, c.Shop, rewards.TicketFilter{Program: c.Program, Status: rewards.Status(c.Status)}, "", 0, c.Limit)
		if err != nil {
			return err
		}
		views := make([]ticketView, len(found))
		for i, t := range found {
			views[i] = viewTicket(t)
		}
		return list(io, c.JSON, views, "No tickets.", "PROGRAM NUMBER CODE STATUS ADMITS ADVOCATE REDEEMED BY", func(v ticketView) []string {
			return []string{v.Program, fmt.Sprint(v.Number), v.Code, v.Status, fmt.Sprint(v.Admits), v.Advocate, v.RedeemedAt, v.RedeemedBy}
		})
	})
}

// oneTicket is what the commands on one ticket take.
type oneTicket struct {
	Shop string `required:"" placeholder:"ID" help:"The ticket's shop."`
	Code string `arg:"" help:"The ticket's code, GV-…"`
	JSON bool   `help:"Print JSON."`
}

func (c *oneTicket) print(io streams, t rewards.Ticket) error {
	v := viewTicket(t)
	if c.JSON {
		return io.asJSON(v)
	}
	_, err := fmt.Fprintf(io.out, "%s  number %d of %s\n  status    %s\n  admits    %d\n  advocate  %s\n  issued    %s\n  expires   %s\n  redeemed  %s %s\n",
		v.Code, v.Number, v.Program, v.Status, v.Admits, v.Advocate, v.IssuedAt, cmp.Or(v.ExpiresAt, "never"), cmp.Or(v.RedeemedAt, "not yet"), v.RedeemedBy)
	return err
}

// ticketShowCmd shows a ticket.
type ticketShowCmd struct {
	oneTicket `embed:""`
}

// Run prints the ticket.
func (c *ticketShowCmd) Run(ctx context.Context, s *settings, io streams) error {
	return s.with(ctx, func(db *storage.DB) error {
		t, err := db.Ticket(ctx, c.Shop, c.Code)
		if err != nil {
			return err
		}
		return c.print(io, t)
	})
}

// ticketRedeemCmd redeems a ticket.
type ticketRedeemCmd struct {
	oneTicket `embed:""`
	By        string `placeholder:"WHO" help:"Who lets them in: a name, a door. It stays with the ticket."`
}

// Run redeems the ticket; a second time is a failure that says when and by whom it was redeemed.
func (c *ticketRedeemCmd) Run(ctx context.Context, s *settings, io streams) error {
	return s.with(ctx, func(db *storage.DB) error {
		t, err := db.RedeemTicket(ctx, c.Shop, c.Code, c.By, cliActor)
		if err != nil {
			return err
		}
		return c.print(io, t)
	})
}
