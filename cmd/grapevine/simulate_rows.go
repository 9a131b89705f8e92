package main

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"grapevine/rewards"
	"grapevine/rewards/simulation"
)

// rowsFile takes one line for each order; without a path it takes nothing.
type rowsFile struct {
	path     string
	currency string
	compare  bool
	file     *os.File
	buffer   *bufio.Writer
	csv      *csv.Writer
}

func newRowsFile(path, currency string, compare bool) (*rowsFile, error) {
	r := &rowsFile{path: path, currency: currency, compare: compare}
	if path == "" {
		return r, nil
	}
	var err error
	if r.file, err = os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600); err != nil {
		return nil, useError{err}
	}
	r.buffer = bufio.NewWriterSize(r.file, 1<<16)
	r.csv = csv.NewWriter(r.buffer)
	head := []string{"order", "name", "placed_at", "outcome", "reason", "advocate", "cost", "rewards"}
	if compare {
		head = []string{"order", "name", "placed_at", "outcome_before", "reason_before", "advocate_before", "cost_before", "rewards_before",
			"outcome", "reason", "advocate", "cost", "rewards", "why"}
	}
	return r, r.csv.Write(head)
}

// row writes a line.
func (r *rowsFile) row(row simulation.Row) error {
	if r.file == nil {
		return nil
	}
	line := []string{cell(row.Order), cell(row.Name), row.PlacedAt.Format(time.RFC3339)}
	if r.compare {
		line = append(line, r.verdict(*row.Before)...)
	}
	line = append(line, r.verdict(row.After)...)
	if r.compare {
		line = append(line, cell(row.Why))
	}
	return r.csv.Write(line)
}

func (r *rowsFile) verdict(v simulation.Verdict) []string {
	return []string{string(v.Outcome), string(v.Reason), v.Advocate, rewards.Money{Minor: v.Cost, Currency: r.currency}.Decimal(), v.Rewards}
}

// close ends the file; one that could not be finished is taken away.
func (r *rowsFile) close(failed error) error {
	if r.file == nil {
		return nil
	}
	r.csv.Flush()
	err := r.csv.Error()
	if err == nil {
		err = r.buffer.Flush()
	}
	if closing := r.file.Close(); err == nil {
		err = closing
	}
	if err != nil {
		err = fmt.Errorf("writing %s: %w", r.path, err)
	}
	if err != nil || failed != nil {
		os.Remove(r.path)
	}
	return err
}

// cell keeps a spreadsheet from taking a text for a formula.
func cell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

// printSimulationCSV prints the figures, one a line, and the same of each month.
func printSimulationCSV(w io.Writer, r simulation.Report) error {
	out := csv.NewWriter(w)
	head := []string{"period", "figure", cell(r.Program.Program)}
	if r.Compare != nil {
		head = append(head, cell(r.Compare.Program)+" (compared)")
	}
	out.Write(head) // a csv.Writer keeps its error for the end
	for i, line := range figureLines(r, r.Program.Figures) {
		text := []string{"all", line.key, line.plain}
		if r.Compare != nil {
			text = append(text, figureLines(r, r.Compare.Figures)[i].plain)
		}
		out.Write(text)
	}
	for _, month := range monthsOf(r) {
		for _, f := range []struct {
			name string
			of   func(simulation.Part) string
		}{
			{"referrals", func(p simulation.Part) string { return strconv.FormatInt(p.Referrals, 10) }},
			{"new_customers", func(p simulation.Part) string { return strconv.FormatInt(p.NewCustomers, 10) }},
			{"revenue", func(p simulation.Part) string { return amount(r, p.Revenue).Decimal() }},
			{"cost", func(p simulation.Part) string { return amount(r, p.Cost).Decimal() }},
			{"friend_discount", func(p simulation.Part) string { return amount(r, p.Discount).Decimal() }},
		} {
			text := []string{month, f.name, f.of(partOf(r.Program.Figures.Months, month))}
			if r.Compare != nil {
				text = append(text, f.of(partOf(r.Compare.Figures.Months, month)))
			}
			out.Write(text)
		}
	}
	out.Flush()
	return out.Error()
}
