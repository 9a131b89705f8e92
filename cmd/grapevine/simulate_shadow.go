package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"grapevine/rewards"
	"grapevine/storage"
)

// programShadowCmd reports what a shadow programme would have decided about live orders.
type programShadowCmd struct {
	Shop string `required:"" placeholder:"ID" help:"The shop."`
	Name string `arg:"" help:"The shadow programme's name."`
	Day  string `xor:"span" placeholder:"DATE" help:"One day, 2026-03-01, by the shop's clock."`
	Days *int   `xor:"span" placeholder:"N" help:"The last so many days, today among them; without it 7."`
	JSON bool   `help:"Print JSON."`
}

// The ways in which a shadow differs from what was decided.
const (
	wouldReward   = "would_have_rewarded"
	wouldRefuse   = "would_have_refused"
	wouldHold     = "would_have_held"
	wouldRelease  = "would_not_have_held"
	otherAmount   = "other_amount"
	otherAdvocate = "other_advocate"
	otherTime     = "other_time"
	otherReason   = "other_reason"
)

// shadowDay is what a day's orders come to.
type shadowDay struct {
	Day         string           `json:"day"`
	Orders      int64            `json:"orders"`
	Same        int64            `json:"same"`
	Differences map[string]int64 `json:"differences"`
	LiveCost    int64            `json:"live_cost"` // of what was rewarded, waits or is held; minor units
	ShadowCost  int64            `json:"shadow_cost"`
	Currency    string           `json:"currency"`
	Rows        []shadowRow      `json:"rows"` // those that differ
}

// shadowRow is an order on which the two differ.
type shadowRow struct {
	Order      string          `json:"order"`
	Name       string          `json:"name"`
	Difference string          `json:"difference"`
	Live       rewards.Outcome `json:"live"`
	LiveReason rewards.Reason  `json:"live_reason"`
	LiveCost   int64           `json:"live_cost"`
	Shadow     rewards.Outcome `json:"shadow"`
	Reason     rewards.Reason  `json:"shadow_reason"`
	Cost       int64           `json:"shadow_cost"`
}

// Run prints the report of each day on which orders were judged. Days are those of the last look at an
// order, by the shop's clock.
func (c *programShadowCmd) Run(ctx context.Context, s *settings, io streams) error {
	return s.with(ctx, func(db *storage.DB) error {
		shop, err := db.CallableShop(ctx, c.Shop)
		if err != nil {
			return err
		}
		zone, err := time.LoadLocation(shop.TimeZone)
		if err != nil {
			zone = time.UTC
		}
		from, to, err := c.span(time.Now().In(zone))
		if err != nil {
			return err
		}
		days := []shadowDay{}
		err = db.ShadowRows(ctx, shop.ID, c.Name, from, to, func(r storage.ShadowRow) error {
			day := r.JudgedAt.In(zone).Format(time.DateOnly)
			if len(days) == 0 || days[len(days)-1].Day != day {
				days = append(days, shadowDay{Day: day, Differences: map[string]int64{}, Currency: r.Cost.Currency, Rows: []shadowRow{}})
			}
			days[len(days)-1].add(r)
			return nil
		})
		if err != nil {
			return err
		}
		if c.JSON {
			return io.asJSON(days)
		}
		return printShadow(io, c.Name, days)
	})
}

// shadowDays is how many days are reported on where nobody says how many.
const shadowDays = 7

// span is the time that is reported on.
func (c *programShadowCmd) span(now time.Time) (from, to time.Time, err error) {
	if c.Day != "" {
		from, err = day(c.Day, "--day", now.Location())
		return from, from.AddDate(0, 0, 1), err
	}
	days := shadowDays
	if c.Days != nil {
		days = *c.Days
	}
	if days < 1 {
		return from, to, misuse("--days %d: ask for one day at least", days)
	}
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	return today.AddDate(0, 0, 1-days), today.AddDate(0, 0, 1), nil
}

func (d *shadowDay) add(r storage.ShadowRow) {
	d.Orders++
	d.LiveCost += r.LiveCost.Minor
	d.ShadowCost += r.Cost.Minor
	kind := differs(r)
	if kind == "" {
		d.Same++
		return
	}
	d.Differences[kind]++
	d.Rows = append(d.Rows, shadowRow{Order: r.OrderID, Name: r.Name, Difference: kind, Live: r.LiveOutcome, LiveReason: r.LiveReason,
		LiveCost: r.LiveCost.Minor, Shadow: r.Outcome, Reason: r.Reason, Cost: r.Cost.Minor})
}

// differs names how a shadow's verdict differs; "" where it does not.
func differs(r storage.ShadowRow) string {
	good := func(o rewards.Outcome) bool { return o == rewards.OutcomeRewarded || o == rewards.OutcomePending }
	held := rewards.OutcomeHeld
	switch live, shadow := r.LiveOutcome, r.Outcome; {
	case shadow == held && live != held:
		return wouldHold
	case live == held && shadow != held:
		return wouldRelease
	case good(shadow) && !good(live) && live != held:
		return wouldReward
	case good(live) && !good(shadow) && shadow != held:
		return wouldRefuse
	case good(live) && r.LiveAdvocate != "" && r.AdvocateID != r.LiveAdvocate:
		return otherAdvocate
	case r.Cost.Minor != r.LiveCost.Minor:
		return otherAmount
	case live != shadow:
		return otherTime
	case r.Reason != r.LiveReason:
		return otherReason
	}
	return ""
}

// shownShadows is how many rows of a day a terminal gets; the JSON has all.
const shownShadows = 20

func printShadow(io streams, name string, days []shadowDay) error {
	if len(days) == 0 {
		_, err := fmt.Fprintf(io.out, "No order was judged beside %s in these days.\n", name)
		return err
	}
	w := tabwriter.NewWriter(io.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "DAY\tORDERS\tSAME\tLIVE COST\tSHADOW COST\tDIFFERENCES")
	for _, d := range days {
		var kinds []string
		for _, k := range slices.Sorted(maps.Keys(d.Differences)) {
			kinds = append(kinds, fmt.Sprintf("%d %s", d.Differences[k], strings.ReplaceAll(k, "_", " ")))
		}
		money := func(n int64) string { return rewards.Money{Minor: n, Currency: d.Currency}.String() }
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%s\t%s\n", d.Day, d.Orders, d.Same, money(d.LiveCost), money(d.ShadowCost), strings.Join(kinds, ", "))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, d := range days {
		for _, r := range d.Rows[:min(len(d.Rows), shownShadows)] {
			fmt.Fprintf(io.out, "%s  %s  %s: live %s, shadow %s\n", d.Day, r.Name, strings.ReplaceAll(r.Difference, "_", " "),
				strings.TrimSpace(fmt.Sprint(r.Live, " ", r.LiveReason)), strings.TrimSpace(fmt.Sprint(r.Shadow, " ", r.Reason)))
		}
		if more := len(d.Rows) - shownShadows; more > 0 {
			fmt.Fprintf(io.out, "%s  and %d more: --json tells all\n", d.Day, more)
		}
	}
	_, err := fmt.Fprintln(io.out, "\nA shadow's caps and budget are not asked: it gives nothing that could use them up.")
	return err
}
