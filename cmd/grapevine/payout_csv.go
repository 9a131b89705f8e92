package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"grapevine/rewards"
	"grapevine/storage"
)

// payoutExportCmd writes a list as CSV.
type payoutExportCmd struct {
	onePayout `embed:""`
	Out       string `placeholder:"FILE" help:"Write into this file, which must not be there; without it to standard output."`
}

// Run writes a line for each payee who is owed something, and tells on standard error where that is not
// what was listed. With --json it prints the list.
func (c *payoutExportCmd) Run(ctx context.Context, s *settings, io streams) error {
	return s.with(ctx, func(db *storage.DB) (err error) {
		out := io.out
		if c.Out != "" && !c.JSON { // it is opened first: what was told has to be in a file
			f, openErr := os.OpenFile(c.Out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // it names people
			if openErr != nil {
				return misuse("--out: %w; choose a name that is free, in a folder that is there", openErr)
			}
			defer func() {
				if closeErr := f.Close(); err == nil {
					err = closeErr
				}
				if err != nil {
					os.Remove(c.Out)
				}
			}()
			out = f
		}
		p, err := db.ExportPayout(ctx, c.Shop, c.ID)
		if err != nil {
			return err
		}
		if c.JSON {
			return io.asJSON(viewPayout(p))
		}
		for _, d := range differences(p) {
			fmt.Fprintln(io.err, d)
		}
		if p.Status != rewards.PayoutOpen {
			fmt.Fprintf(io.err, "This list is %s: do not pay it again.\n", p.Status)
		}
		return writePayout(out, p)
	})
}

// payoutColumns are those of the file. New ones come behind.
var payoutColumns = []string{"payout_id", "advocate_id", "customer_id", "email", "amount", "currency", "referrals", "reward_ids", "charity", "listed_amount"}

// writePayout writes the payees of a list to whom something is due, of a paid one those who were paid.
func writePayout(to io.Writer, p rewards.Payout) error {
	w := csv.NewWriter(to)
	if err := w.Write(payoutColumns); err != nil {
		return fmt.Errorf("writing the list: %w", err)
	}
	for _, l := range p.Lines {
		due := l.Left
		if p.Status == rewards.PayoutPaid {
			due = l.Paid
		}
		if due.Minor <= 0 {
			continue
		}
		row := []string{p.ID, l.AdvocateID, l.CustomerID, l.Email, due.Decimal(), due.Currency, strconv.Itoa(l.Referrals), strings.Join(l.Rewards, " "), l.Charity, l.Amount.Decimal()}
		for i := range row {
			row[i] = inert(row[i])
		}
		if err := w.Write(row); err != nil {
			return fmt.Errorf("writing the list: %w", err)
		}
	}
	w.Flush()
	return w.Error()
}

// inert keeps a spreadsheet from taking a value for a formula: one that begins like a formula gets an
// apostrophe in front. Source: OWASP, CSV Injection.
func inert(value string) string {
	if start := strings.TrimLeft(value, " "); start != "" && strings.ContainsRune("=+-@\t\r\n", rune(start[0])) {
		return "'" + value
	}
	return value
}
