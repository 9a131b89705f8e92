package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime/debug"
	"time"

	"grapevine/connectors"
	"grapevine/internal/progress"
	"grapevine/rewards"
	"grapevine/rewards/programfile"
	"grapevine/rewards/simulation"
	"grapevine/storage"
)

// programSimulateCmd re-judges a shop's past by another programme.
type programSimulateCmd struct {
	Shop    string `required:"" placeholder:"ID" help:"The shop."`
	File    string `arg:"" help:"The programme file; - for standard input."`
	From    string `placeholder:"DATE" help:"The first day, 2026-03-01; without it the first order's."`
	To      string `placeholder:"DATE" help:"The last day; without it the newest order's."`
	Compare string `placeholder:"NAME|FILE" help:"Set the figures against those of an applied programme, or of another file."`
	JSON    bool   `xor:"form" help:"Print the report as JSON."`
	CSV     bool   `xor:"form" help:"Print the figures as CSV."`
	Out     string `placeholder:"FILE" help:"Write the report as JSON into a file."`
	Chart   string `placeholder:"FILE" help:"Draw it as SVG into a file."`
	Rows    string `placeholder:"FILE" help:"Write the orders as CSV into a file; with --compare those on which the two differ."`
}

// simulateGrowth lets the heap grow by this many percent before it is collected: a simulation holds tables of
// customers that hardly change, and leaves garbage in between.
const simulateGrowth = 50

// Run judges and prints. Nothing is written but the files that were asked for, and no shop is called.
func (c *programSimulateCmd) Run(ctx context.Context, s *settings, io streams) error {
	defer debug.SetGCPercent(debug.SetGCPercent(simulateGrowth))
	if err := drawable(c.Chart); err != nil {
		return err
	}
	return s.with(ctx, func(db *storage.DB) error {
		shop, err := db.CallableShop(ctx, c.Shop)
		if err != nil {
			return err
		}
		job, err := c.prepare(ctx, db, shop)
		if err != nil {
			return err
		}
		rows, err := newRowsFile(c.Rows, shop.Currency, c.Compare != "")
		if err != nil {
			return err
		}
		job.opts.Rows = rows.row
		report, err := job.run(ctx, db, progress.New(io.err, "orders", job.past.Orders, time.Now))
		if err = errors.Join(err, rows.close(err)); err != nil {
			return err
		}
		return c.deliver(io, report)
	})
}

// simulateJob is a run with all that it needs.
type simulateJob struct {
	shop    connectors.Shop
	past    storage.Past
	opts    simulation.Options
	program rewards.Program
	compare *rewards.Program
}

func (c *programSimulateCmd) prepare(ctx context.Context, db *storage.DB, shop connectors.Shop) (*simulateJob, error) {
	zone, err := time.LoadLocation(shop.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	j := &simulateJob{shop: shop, opts: simulation.Options{Zone: zone}}
	if j.program, err = parseProgram(c.File, shop.Currency, zone); err != nil {
		return nil, err
	}
	if c.Compare != "" {
		p, err := c.other(ctx, db, shop, zone)
		if err != nil {
			return nil, err
		}
		j.compare = &p
	}
	if j.past, err = db.Past(ctx, shop.ID); err != nil {
		return nil, err
	}
	if j.past.Orders == 0 {
		return nil, misuse("shop %s has no stored orders yet: `grapevine import orders --shop %s` brings in its past", shop.ID, shop.ID)
	}
	if j.opts.From, err = day(c.From, "--from", zone); err != nil {
		return nil, err
	}
	last, err := day(c.To, "--to", zone)
	if err != nil {
		return nil, err
	}
	if last.IsZero() {
		newest := j.past.Last.In(zone)
		last = time.Date(newest.Year(), newest.Month(), newest.Day(), 0, 0, 0, 0, zone)
	}
	if j.opts.From.After(last) {
		return nil, misuse("the first day, %s, lies after the last, %s: mend --from or --to", j.opts.From.Format(time.DateOnly), last.Format(time.DateOnly))
	}
	j.opts.To = last.AddDate(0, 0, 1)
	j.opts.Codes, err = db.CodesOf(ctx, shop.ID)
	return j, err
}

func parseProgram(path, currency string, zone *time.Location) (rewards.Program, error) {
	source, err := readFile(path)
	if err != nil {
		return rewards.Program{}, err
	}
	p, err := programfile.Parse(source, currency, zone)
	if err != nil {
		return p, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

// other is the programme to compare with: an applied one of this name, else a file.
func (c *programSimulateCmd) other(ctx context.Context, db *storage.DB, shop connectors.Shop, zone *time.Location) (rewards.Program, error) {
	stored, err := db.Program(ctx, shop.ID, c.Compare)
	if err == nil {
		return stored.Program, nil
	}
	if rewards.KindOf(err) != rewards.NotFound {
		return rewards.Program{}, err
	}
	if _, statErr := os.Stat(c.Compare); errors.Is(statErr, fs.ErrNotExist) {
		return rewards.Program{}, misuse("--compare %s is neither a programme of shop %s nor a file", c.Compare, shop.ID)
	}
	return parseProgram(c.Compare, shop.Currency, zone)
}

// day reads a day in a zone; the zero time for "".
func day(s, flag string, zone *time.Location) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.ParseInLocation(time.DateOnly, s, zone)
	if err != nil {
		return t, misuse("%s %s is no day: write it like 2026-03-01", flag, s)
	}
	return t, nil
}

func (j *simulateJob) run(ctx context.Context, db *storage.DB, bar *progress.Bar) (simulation.Report, error) {
	defer bar.End()
	sim, err := simulation.New(j.opts, j.program, j.compare)
	if err != nil {
		return simulation.Report{}, err
	}
	n := int64(0)
	query := storage.PastQuery{From: j.opts.From, To: j.opts.To, Codes: j.opts.Codes, Everything: sim.Everything()}
	err = db.PastOrders(ctx, j.shop.ID, query, func(batch []simulation.Order) error {
		for _, o := range batch {
			if err := sim.Order(o); err != nil {
				return err
			}
		}
		n += int64(len(batch))
		bar.Done(n)
		return nil
	})
	if err != nil {
		return simulation.Report{}, err
	}
	return sim.Report(j.past.Undated), nil
}

// deliver prints the report and writes the files.
func (c *programSimulateCmd) deliver(io streams, r simulation.Report) error {
	if c.Out != "" {
		text, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return fmt.Errorf("writing the report: %w", err)
		}
		if err := os.WriteFile(c.Out, append(text, '\n'), 0o600); err != nil {
			return useError{err}
		}
	}
	if c.Chart != "" {
		svg, err := simulationChart(r)
		if err != nil {
			return err
		}
		if err := os.WriteFile(c.Chart, svg, 0o600); err != nil {
			return useError{err}
		}
	}
	switch {
	case c.JSON:
		return io.asJSON(r)
	case c.CSV:
		return printSimulationCSV(io.out, r)
	}
	return printSimulation(io.out, r)
}
