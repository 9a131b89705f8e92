package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"grapevine/rewards"
)

// printStats prints the whole as lines, and the groups as a table.
func printStats(out io.Writer, r rewards.FigureReport) error {
	f := r.Total
	of := ""
	if r.Program != "" {
		of = ", programme " + r.Program
	}
	fmt.Fprintf(out, "%s to %s (%s), in %s%s\n\n", r.From, r.To, r.Zone, r.Currency, of)
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	line := func(name, format string, args ...any) { fmt.Fprintf(w, "%s\t%s\n", name, fmt.Sprintf(format, args...)) }
	ref := f.Referred()
	line("Orders", "%d, revenue %s, %s each", f.All.Orders, f.All.Revenue.Decimal(), average(f.All.Average()))
	line("Referred", "%d, revenue %s, %s each (others %s each); by a link %d", ref.Orders, ref.Revenue.Decimal(), average(ref.Average()), average(f.Others().Average()), f.ByLink)
	line("  of them", "rewarded %d, pending %d, held %d", f.Rewarded.Orders, f.Pending.Orders, f.Held.Orders)
	line("Referral rate", "%s of orders, %s of revenue", percent(f.ReferralRate()), percent(f.RevenueShare()))
	if !r.Quick {
		line("Advocates", "%d with a code (%d new), %d with a referral: conversion %s", f.Sharing, f.NewSharing, f.Active, percent(f.Conversion()))
		line("Friends", "%d, %s for each advocate with a referral; %d refer themselves (%s)", f.Friends, times(f.FriendsEach()), f.Onward, percent(f.OnwardShare()))
		line("Viral coefficient", "%s", times(f.Viral()))
	}
	for _, k := range f.Rewards {
		line("Rewards, "+string(k.Kind), "%d made; %s promised: %s waiting, %s given, %s lost%s", k.Made, k.Promised(), k.Waiting.Decimal(), k.Given.Decimal(), k.Lost.Decimal(), unpriced(k))
	}
	line("Discounts of friends", "%s, and %s on rejected orders", f.TookOff.Decimal(), f.TookOffRejected.Decimal())
	line("Cost", "%s; return %s", f.Cost().Decimal(), times(f.Return()))
	beside(line, r)
	if err := w.Flush(); err != nil || r.By == rewards.ByNothing {
		return err
	}
	return printGroups(out, r)
}

// beside are the lines that are of no period's orders.
func beside(line func(name, format string, args ...any), r rewards.FigureReport) {
	var why []string
	for _, reason := range r.Rejected {
		why = append(why, fmt.Sprintf("%s %d", reason.Reason, reason.Orders))
	}
	if why != nil {
		line("Rejected", "%s", strings.Join(why, ", "))
	}
	if h := r.Total.Historic; h.Orders > 0 {
		line("Imported orders", "%d, revenue %s; counted nowhere else", h.Orders, h.Revenue.Decimal())
	}
	if r.Total.Elsewhere > 0 {
		line("Other currencies", "%d orders; counted nowhere else", r.Total.Elsewhere)
	}
	for _, v := range r.Value {
		text := fmt.Sprintf("referred %s (of %d), others %s (of %d)", average(v.Referred.Average()), v.Referred.Customers, average(v.Others.Average()), v.Others.Customers)
		if !v.Enough() {
			text += fmt.Sprintf("; too few: at least %d of each are needed", rewards.EnoughCustomers)
		}
		line(fmt.Sprintf("Customer in %d days", v.Days), "%s", text)
	}
	if r.HeldNow > 0 {
		line("Held now", "%d orders", r.HeldNow)
	}
	for _, w := range r.Review {
		line("Rewards "+string(w.Status)+" now", "%d, %s", w.Rewards, w.Amount)
	}
	for _, b := range r.Budgets {
		line("Budget of "+b.Program, "%s of %s used (%s), payback %s", b.Used.Decimal(), b.Budget.Decimal(), percent(b.Spent()), times(b.Payback()))
	}
}

func printGroups(out io.Writer, r rewards.FigureReport) error {
	if len(r.Groups) == 0 {
		_, err := fmt.Fprintln(out, "\nThere are no groups: nothing was referred.")
		return err
	}
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintf(w, "\n%s\tORDERS\tREFERRED\tRATE\tREVENUE\tCOST\tRETURN\tADVOCATES\tACTIVE\tFRIENDS\n", strings.ToUpper(string(r.By)))
	for _, f := range r.Groups {
		ref := f.Referred()
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", groupName(r.By, f), f.All.Orders, ref.Orders, percent(f.ReferralRate()),
			ref.Revenue.Decimal(), f.Cost().Decimal(), times(f.Return()), people(r, f.Sharing, "-"), people(r, f.Active, "-"), people(r, f.Friends, "-"))
	}
	return w.Flush()
}

// people writes a number of people, or what stands for it in a report that did not ask for people.
func people(r rewards.FigureReport, n int64, none string) string {
	if r.Quick {
		return none
	}
	return strconv.FormatInt(n, 10)
}

// groupName is what a group is called.
func groupName(by rewards.Grouping, f rewards.Figures) string {
	switch by {
	case rewards.ByProgram:
		return f.Program
	case rewards.ByVariant:
		return strings.TrimSuffix(f.Program+"/"+f.Variant, "/")
	case rewards.ByAdvocate:
		return f.Advocate
	case rewards.ByMonth:
		return f.Day.String()[:len("2006-01")]
	case rewards.ByNothing:
		return "total"
	}
	return f.Day.String()
}

func unpriced(k rewards.RewardFigures) string {
	if k.Unpriced == 0 {
		return ""
	}
	return fmt.Sprintf("; %d have no amount", k.Unpriced)
}

func average(m rewards.Money, ok bool) string {
	if !ok {
		return "-"
	}
	return m.Decimal()
}

// percent and times write a ratio; "-" where there is nothing to compare with.
func percent(r rewards.Ratio) string {
	bp, ok := r.BasisPoints()
	if !ok {
		return "-"
	}
	return rewards.BasisPoints(bp).Decimal() + " %"
}

func times(r rewards.Ratio) string {
	bp, ok := r.BasisPoints()
	if !ok {
		return "-"
	}
	return rewards.BasisPoints(bp).Fraction()
}

// statsCSV writes one line a group. Ratios are in basis points, an empty one had nothing to compare with.
func statsCSV(out io.Writer, r rewards.FigureReport) error {
	w := csv.NewWriter(out)
	groups := r.Groups
	if r.By == rewards.ByNothing {
		groups = []rewards.Figures{r.Total}
	}
	rows := [][]string{{"group", "currency", "orders", "revenue", "referred_orders", "referred_revenue", "rewarded_orders", "pending_orders", "held_orders",
		"rejected_orders", "historic_orders", "by_link", "discounts", "discounts_rejected", "waiting", "given", "lost", "cost", "advocates_sharing", "advocates_new",
		"advocates_active", "friends", "friends_referring", "referral_rate_bp", "revenue_share_bp", "conversion_bp", "return_bp", "viral_bp"}}
	for _, f := range groups {
		rows = append(rows, csvRow(r, f))
	}
	return w.WriteAll(rows)
}

func csvRow(r rewards.FigureReport, f rewards.Figures) []string {
	n := func(n int64) string { return strconv.FormatInt(n, 10) }
	p := func(n int64) string { return people(r, n, "") }
	bp := func(r rewards.Ratio) string {
		if bp, ok := r.BasisPoints(); ok {
			return n(bp)
		}
		return ""
	}
	var waiting, given, lost rewards.Money
	for _, k := range f.Rewards {
		if k.Unit == r.Currency {
			waiting.Minor, given.Minor, lost.Minor = waiting.Minor+k.Waiting.Minor, given.Minor+k.Given.Minor, lost.Minor+k.Lost.Minor
		}
	}
	m := func(m rewards.Money) string { return rewards.Money{Minor: m.Minor, Currency: r.Currency}.Decimal() }
	ref := f.Referred()
	return []string{groupName(r.By, f), r.Currency, n(f.All.Orders), m(f.All.Revenue), n(ref.Orders), m(ref.Revenue), n(f.Rewarded.Orders), n(f.Pending.Orders), n(f.Held.Orders),
		n(f.Rejected.Orders), n(f.Historic.Orders), n(f.ByLink), m(f.TookOff), m(f.TookOffRejected), m(waiting), m(given), m(lost), m(f.Cost()), p(f.Sharing), p(f.NewSharing),
		p(f.Active), p(f.Friends), p(f.Onward), bp(f.ReferralRate()), bp(f.RevenueShare()), bp(f.Conversion()), bp(f.Return()), bp(f.Viral())}
}
