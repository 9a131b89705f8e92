package main

import (
	"context"
	"fmt"

	"grapevine/rewards"
	"grapevine/storage"
)

// cliActor is who acts where nobody says more: whoever is at the keyboard.
const cliActor = "user:cli"

// pointsCmd looks at points and exchanges them.
type pointsCmd struct {
	Show     pointsShowCmd     `cmd:"" help:"Show what an advocate has of points, and what ends when."`
	Exchange pointsExchangeCmd `cmd:"" help:"Exchange an advocate's points for a reward in the shop."`
}

// amountView is an amount as the API shows it; nil where there is none.
type amountView struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
}

func viewAmount(m rewards.Money) *amountView {
	if m.Currency == "" {
		return nil
	}
	return &amountView{m.Decimal(), m.Currency}
}

func (a *amountView) String() string {
	if a == nil {
		return ""
	}
	return a.Amount + " " + a.Currency
}

// pointsView is a balance as commands print it, in the API's words.
type pointsView struct {
	Program string         `json:"program"`
	Points  int64          `json:"points"`
	Worth   *amountView    `json:"worth"`
	Minimum int64          `json:"minimum"`
	Ends    []pointsEndRow `json:"ends"`
}

type pointsEndRow struct {
	Points int64   `json:"points"`
	At     *string `json:"at"` // nil: never
}

func viewPoints(b rewards.PointsBalance) pointsView {
	v := pointsView{Program: b.Program, Points: b.Unused.Minor, Worth: viewAmount(b.Worth), Minimum: b.Minimum, Ends: []pointsEndRow{}}
	for _, e := range b.Ends {
		row := pointsEndRow{Points: e.Points}
		if at := when(e.At); at != "" {
			row.At = &at
		}
		v.Ends = append(v.Ends, row)
	}
	return v
}

// pointsShowCmd shows balances.
type pointsShowCmd struct {
	Shop     string `required:"" placeholder:"ID" help:"The shop."`
	Advocate string `required:"" placeholder:"ID" help:"The advocate, adv_…"`
	JSON     bool   `help:"Print JSON."`
}

// Run prints a line for each time at which points end.
func (c *pointsShowCmd) Run(ctx context.Context, s *settings, io streams) error {
	return s.with(ctx, func(db *storage.DB) error {
		balances, err := db.Points(ctx, c.Shop, c.Advocate)
		if err != nil {
			return err
		}
		views := make([]pointsView, len(balances))
		for i, b := range balances {
			views[i] = viewPoints(b)
		}
		if c.JSON {
			return io.asJSON(views)
		}
		type line struct {
			pointsView
			end   pointsEndRow
			first bool // of its programme: the balance is told once, so that nobody adds it up
		}
		var lines []line
		for _, v := range views {
			for i, e := range v.Ends {
				lines = append(lines, line{v, e, i == 0})
			}
		}
		return list(io, false, lines, "No points.", "PROGRAM POINTS WORTH ENDING AT", func(l line) []string {
			at := "never"
			if l.end.At != nil {
				at = *l.end.At
			}
			if !l.first {
				return []string{"", "", "", fmt.Sprint(l.end.Points), at}
			}
			return []string{l.Program, fmt.Sprint(l.Points), l.Worth.String(), fmt.Sprint(l.end.Points), at}
		})
	})
}

// pointsExchangeCmd exchanges points.
type pointsExchangeCmd struct {
	Shop     string `required:"" placeholder:"ID" help:"The shop."`
	Advocate string `required:"" placeholder:"ID" help:"The advocate, adv_…"`
	Program  string `required:"" placeholder:"NAME" help:"The programme that gave the points."`
	Points   int64  `required:"" placeholder:"N" help:"How many."`
	JSON     bool   `help:"Print JSON."`
}

// exchangeView is what points were exchanged for.
type exchangeView struct {
	Reward string      `json:"reward"`
	Kind   string      `json:"kind"`
	Value  *amountView `json:"value"`
	Status string      `json:"status"`
}

// Run makes the reward; a running serve has the shop make it.
func (c *pointsExchangeCmd) Run(ctx context.Context, s *settings, io streams) error {
	if c.Points < 1 {
		return misuse("--points must be above 0")
	}
	return s.with(ctx, func(db *storage.DB) error {
		r, err := db.ExchangePoints(ctx, c.Shop, c.Advocate, c.Program, c.Points, cliActor)
		if err != nil {
			return err
		}
		v := exchangeView{Reward: r.ID, Kind: string(r.Spec.Kind), Value: viewAmount(r.Value), Status: string(r.Status)}
		if c.JSON {
			return io.asJSON(v)
		}
		_, err = fmt.Fprintf(io.out, "%d points became %s, a %s of %s. A running serve has the shop make it.\n", c.Points, v.Reward, v.Kind, v.Value)
		return err
	})
}
