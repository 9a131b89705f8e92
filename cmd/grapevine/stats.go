package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"grapevine/rewards"
	"grapevine/storage"
	"grapevine/web/api"
)

// statsCmd shows a shop's figures.
type statsCmd struct {
	Shop    string `required:"" placeholder:"ID" help:"The shop."`
	Program string `placeholder:"NAME" help:"Of this programme alone; orders that nobody referred are counted all the same."`
	From    string `placeholder:"DATE" help:"The first day, 2026-03-01, in the shop's time zone; without it 30 days before the last."`
	To      string `placeholder:"DATE" help:"The last day; without it today."`
	By      string `enum:",day,week,month,program,variant,advocate" default:"" help:"Tell apart by day, week, month, program, variant or advocate."`
	Top     int    `default:"20" help:"How many advocates are listed, at most 200."`
	Quick   bool   `help:"Leave out the numbers of people and the value of customers, which take long where orders are many."`
	JSON    bool   `xor:"form" help:"Print JSON, as the API answers it."`
	CSV     bool   `xor:"form" help:"Print one line a group as CSV, without --by one line."`
	Chart   string `placeholder:"FILE" help:"Draw the groups as SVG into a file."`
}

// Run reckons the figures. It reads only.
func (c *statsCmd) Run(ctx context.Context, s *settings, io streams) error {
	f, err := c.filter()
	if err != nil {
		return err
	}
	return s.with(ctx, func(db *storage.DB) error {
		r, err := db.Figures(ctx, c.Shop, f)
		if err != nil {
			return err
		}
		if c.Chart != "" {
			if err := writeChart(c.Chart, r); err != nil {
				return err
			}
		}
		switch {
		case c.JSON:
			return io.asJSON(api.FigureView(r))
		case c.CSV:
			return statsCSV(io.out, r)
		}
		return printStats(io.out, r)
	})
}

func (c *statsCmd) filter() (f rewards.FigureFilter, err error) {
	f = rewards.FigureFilter{Program: c.Program, By: rewards.Grouping(c.By), Top: c.Top, Quick: c.Quick}
	for _, d := range []struct {
		flag, value string
		date        *rewards.Date
	}{{"--from", c.From, &f.From}, {"--to", c.To, &f.To}} {
		if d.value == "" {
			continue
		}
		if *d.date, err = rewards.ParseDate(d.value); err != nil {
			return f, misuse("%s: %q is no day like 2026-03-01", d.flag, d.value)
		}
	}
	if f.From != (rewards.Date{}) && f.To != (rewards.Date{}) && f.To.Before(f.From) {
		return f, misuse("--from %s lies after --to %s", f.From, f.To)
	}
	if c.Top < 1 || c.Top > 200 {
		return f, misuse("--top must be between 1 and 200")
	}
	if err := drawable(c.Chart); err != nil {
		return f, err
	}
	if c.Chart != "" && f.By == rewards.ByNothing {
		return f, misuse("--chart draws groups: say --by day, week, month, program, variant or advocate")
	}
	return f, nil
}

// drawable refuses a name that would make other programs take the drawing for something else.
func drawable(chart string) error {
	if chart != "" && !strings.EqualFold(filepath.Ext(chart), ".svg") {
		return misuse("--chart %s: the name has to end in .svg", chart)
	}
	return nil
}

func writeChart(path string, r rewards.FigureReport) error {
	svg, err := statsChart(r)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, svg, 0o600); err != nil {
		return misuse("--chart: %w", err)
	}
	return nil
}
