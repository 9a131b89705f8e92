package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"grapevine/rewards"
	"grapevine/rewards/simulation"
	"grapevine/web/words"
)

// shownReasons is how many reasons and moves a terminal gets; the JSON has all.
const shownReasons = 12

// figureLine is one figure as people and as programs read it.
type figureLine struct {
	key, title  string
	text, plain string
	value       int64
	comparable  bool // a difference of two such values means something
	money       bool
}

func amount(r simulation.Report, minor int64) rewards.Money {
	return rewards.Money{Minor: minor, Currency: r.Currency}
}

// figureLines are a side's figures in the order in which they are told; each side has the same.
func figureLines(r simulation.Report, f simulation.Figures) []figureLine {
	count := func(key, title string, n int64) figureLine {
		return figureLine{key: key, title: title, text: grouped(n), plain: strconv.FormatInt(n, 10), value: n, comparable: true}
	}
	money := func(key, title string, minor int64) figureLine {
		m := amount(r, minor)
		return figureLine{key: key, title: title, text: groupedMoney(m), plain: m.Decimal(), value: minor, comparable: true, money: true}
	}
	share := rewards.BasisPoints(f.ShareBP).Decimal()
	lines := []figureLine{
		count("referrals", "referrals that count", f.Referrals), count("rewarded", "  rewarded", f.Rewarded), count("pending", "  pending", f.Pending),
		count("held", "held for a person", f.Held), count("rejected", "rejected", f.Rejected),
		count("new_customers", "new customers", f.NewCustomers), count("advocates", "advocates who referred", f.Advocates),
		money("revenue", "revenue of referrals", f.Revenue),
		{key: "revenue_share_percent", title: "  of all revenue", text: share + " %", plain: share, value: f.ShareBP},
		money("cost", "rewards of money", f.Cost),
		money("points_worth", "points, by what they buy", f.Points),
		money("friend_discount", "friends' discounts", f.Discount),
		money("spend", "spent in all", f.Spend),
		{key: "return_on_spend", title: "revenue for each 1 spent", text: cmp.Or(f.Return, "-"), plain: f.Return},
		count("rewards_without_amount", "rewards without an amount", f.Unpriced),
	}
	ranOut, used := "", ""
	if f.Budget != nil {
		used, ranOut = amount(r, f.Budget.Used).Decimal(), f.Budget.RanOut
	}
	return append(lines,
		figureLine{key: "budget_used", title: "budget used", text: cmp.Or(used, "-"), plain: used},
		figureLine{key: "budget_ran_out", title: "budget ran out on", text: cmp.Or(ranOut, "-"), plain: ranOut})
}

// grouped writes a number with commas between thousands.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	neg := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	if neg {
		return "-" + s
	}
	return s
}

func groupedMoney(m rewards.Money) string {
	whole, cents, ok := strings.Cut(m.Decimal(), ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return m.String()
	}
	text := grouped(n)
	if n == 0 && strings.HasPrefix(whole, "-") {
		text = "-0"
	}
	if ok {
		text += "." + cents
	}
	return text + " " + m.Currency
}

// printSimulation prints the report for people.
func printSimulation(w io.Writer, r simulation.Report) error {
	head := r.Program.Program
	if r.Compare != nil {
		head += " against " + r.Compare.Program
		if r.Compare.Version > 0 {
			head += fmt.Sprintf(" (version %d)", r.Compare.Version)
		}
	}
	fmt.Fprintf(w, "%s, %s to %s (%s)\n%s orders, %s of them with a code or link; %s earlier ones make customers known\n\n",
		head, cmp.Or(r.From, "the first order"), r.To, r.Zone, grouped(r.Orders.Read), grouped(r.Orders.Referred), grouped(r.Orders.Before))
	if err := printFigures(w, r); err != nil {
		return err
	}
	printReasons(w, r)
	if err := printCosts(w, r); err != nil {
		return err
	}
	if r.Diff != nil {
		printDiff(w, r)
	}
	printLive(w, r)
	fmt.Fprintln(w)
	for _, n := range r.Notes {
		fmt.Fprintln(w, "- "+n.Text)
	}
	_, err := fmt.Fprintln(w)
	return err
}

func printFigures(w io.Writer, r simulation.Report) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', tabwriter.AlignRight)
	mine := figureLines(r, r.Program.Figures)
	if r.Compare == nil {
		for _, l := range mine {
			fmt.Fprintf(t, "%s\t%s\t\n", padded(l.title), l.text)
		}
		return t.Flush()
	}
	other := figureLines(r, r.Compare.Figures)
	fmt.Fprintf(t, "%s\t%s\t%s\tdifference\t\n", padded(""), r.Program.Program, r.Compare.Program)
	for i, l := range mine {
		difference := ""
		if delta := l.value - other[i].value; l.comparable && delta != 0 {
			difference = grouped(delta)
			if l.money {
				difference = groupedMoney(amount(r, delta))
			}
			if delta > 0 {
				difference = "+" + difference
			}
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t\n", padded(l.title), l.text, other[i].text, difference)
	}
	return t.Flush()
}

// padded keeps the first column to the left, where the others stand to the right.
func padded(s string) string { return fmt.Sprintf("%-26s", s) }

func printReasons(w io.Writer, r simulation.Report) {
	fmt.Fprintln(w, "\nWhy orders were held, rejected or wait:")
	shown := r.Program.Figures.Reasons
	for _, reason := range shown[:min(len(shown), shownReasons)] {
		fmt.Fprintf(w, "  %9s  %-8s  %s\n", grouped(reason.Orders), reason.Outcome, words.For(string(reason.Reason)).Says)
	}
	if len(shown) == 0 {
		fmt.Fprintln(w, "  none")
	}
}

func printCosts(w io.Writer, r simulation.Report) error {
	f := r.Program.Figures
	fmt.Fprintln(w, "\nRewards by kind:")
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', tabwriter.AlignRight)
	for _, c := range f.Costs {
		unit := func(n int64) string { return rewards.Money{Minor: n, Currency: c.Unit}.String() }
		fmt.Fprintf(t, "  %s\t%s\tgiven %s\tpending %s\theld %s\t\n", c.Kind, grouped(c.Rewards), unit(c.Given), unit(c.Pending), unit(c.Held))
	}
	for _, c := range f.Rules {
		fmt.Fprintf(t, "  rule %s\t%s\t%s\t\t\t\n", c.Rule, grouped(c.Rewards), rewards.Money{Minor: c.Amount, Currency: c.Unit})
	}
	for kind, parts := range map[string][]simulation.Part{"level": f.Levels, "variant": f.Variants} {
		for _, p := range parts {
			fmt.Fprintf(t, "  %s %s\t%s\t%s\trevenue %s\t\t\n", kind, cmp.Or(p.Name, "none"), grouped(p.Referrals), amount(r, p.Cost), amount(r, p.Revenue))
		}
	}
	if len(f.Top) > 0 {
		fmt.Fprintf(t, "  best advocate %s\t%s\t%s\trevenue %s\t\t\n", f.Top[0].Name, grouped(f.Top[0].Referrals), amount(r, f.Top[0].Cost), amount(r, f.Top[0].Revenue))
	}
	return t.Flush()
}

func printDiff(w io.Writer, r simulation.Report) {
	d := r.Diff
	if d.Orders == 0 {
		fmt.Fprintln(w, "\nBoth programmes judge every order alike.")
		return
	}
	fmt.Fprintf(w, "\n%s orders are judged otherwise than by %s:\n", grouped(d.Orders), r.Compare.Program)
	say := func(o rewards.Outcome, why rewards.Reason) string {
		return strings.TrimSuffix(fmt.Sprintf("%s (%s)", o, why), " ()")
	}
	for _, m := range d.Moves[:min(len(d.Moves), shownReasons)] {
		fmt.Fprintf(w, "  %9s  %s -> %s, cost %s\n", grouped(m.Orders), say(m.From, m.FromReason), say(m.To, m.ToReason), groupedMoney(amount(r, m.Cost)))
	}
	fmt.Fprintln(w, "The first of them (--rows FILE lists all):")
	for _, row := range d.Rows[:min(len(d.Rows), 5)] {
		fmt.Fprintf(w, "  %s  %s -> %s: %s\n", row.Name, say(row.Before.Outcome, row.Before.Reason), say(row.After.Outcome, row.After.Reason), row.Why)
	}
}

func printLive(w io.Writer, r simulation.Report) {
	if r.Live.Judged == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s of %s orders that %s judged when they came come out the same here.\n", grouped(r.Live.Same), grouped(r.Live.Judged), r.Live.Program)
	for _, row := range r.Live.Differ {
		fmt.Fprintf(w, "  %s  was %s %s, here %s %s: %s\n", row.Order, row.Stored.Outcome, row.Stored.Reason, row.Simulated.Outcome, row.Simulated.Reason, row.Why)
	}
}

func monthsOf(r simulation.Report) []string {
	all := map[string]bool{}
	for _, p := range r.Program.Figures.Months {
		all[p.Name] = true
	}
	if r.Compare != nil {
		for _, p := range r.Compare.Figures.Months {
			all[p.Name] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

func partOf(parts []simulation.Part, name string) simulation.Part {
	for _, p := range parts {
		if p.Name == name {
			return p
		}
	}
	return simulation.Part{}
}
