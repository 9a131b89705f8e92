package simulation_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"grapevine/rewards"
	"grapevine/rewards/simulation"
)

// feed runs a history of imported orders past a programme, and another where there is one.
func feed(t *testing.T, o simulation.Options, p rewards.Program, compare *rewards.Program, orders ...rewards.Order) simulation.Report {
	t.Helper()
	if o.Codes == nil {
		o.Codes = codes(3)
	}
	if o.To.IsZero() {
		o.To = dayZero.AddDate(0, 0, 60)
	}
	run, err := simulation.New(o, p, compare)
	if err != nil {
		t.Fatal(err)
	}
	for _, order := range orders {
		if err := run.Order(imported(order)); err != nil {
			t.Fatal(err)
		}
	}
	return run.Report(0)
}

// history is a week of one shop, with figures that can be reckoned by hand.
func history() []rewards.Order {
	day := func(n int) time.Time { return dayZero.AddDate(0, 0, n) }
	half := placed("5", day(3), "emil", "code-1")
	half.Lines[0].Quantity, half.Lines[0].Current, half.Payment = 2, 1, rewards.PaymentPartiallyRefunded
	gone := placed("6", day(4), "fred", "code-1")
	gone.Cancelled = true
	unpaid := placed("8", day(6), "hans", "code-0")
	unpaid.Payment, unpaid.PaidAt = rewards.PaymentPending, nil
	return []rewards.Order{
		placed("1", day(0), "bert", ""),
		placed("2", day(1), "carl", "code-0"),   // new: 10.00
		placed("3", day(1), "dora", "code-0"),   // new: 10.00
		placed("4", day(2), "bert", "code-0"),   // known since the first order
		half,                                    // new: 5.00 of 10.00
		gone,                                    // cancelled
		placed("7", day(5), "c2", "code-2"),     // her own code
		unpaid,                                  // pending
		placed("9", day(60), "late", "code-0"),  // after the period
		placed("10", day(61), "late", "code-0"), // after the period
	}
}

func TestFiguresThatCanBeReckonedByHand(t *testing.T) {
	t.Parallel()
	rep := feed(t, simulation.Options{}, credit(), nil, history()...)
	want := simulation.Figures{
		Referrals: 4, Rewarded: 3, Pending: 1, Rejected: 3,
		Reasons: []simulation.ReasonCount{
			{Outcome: "pending", Reason: "not_paid", Orders: 1}, {Outcome: "rejected", Reason: "cancelled", Orders: 1},
			{Outcome: "rejected", Reason: "existing_customer", Orders: 1}, {Outcome: "rejected", Reason: "self_referral", Orders: 1},
		},
		NewCustomers: 4, Revenue: 17_500, ShareBP: 5384, // of 325.00
		Costs: []simulation.KindCost{{Kind: "store_credit", Unit: "USD", Rewards: 4, Given: 2500, Pending: 1000}},
		Cost:  3500, Discount: 2000, LostDiscount: 1000, Spend: 5500, Return: "3.18",
		Curve: []simulation.Point{
			{Day: "2026-03-02", Referrals: 2, Revenue: 10_000, Cost: 2000}, {Day: "2026-03-03", Referrals: 2, Revenue: 10_000, Cost: 2000},
			{Day: "2026-03-04", Referrals: 3, Revenue: 12_500, Cost: 2500}, {Day: "2026-03-05", Referrals: 3, Revenue: 12_500, Cost: 2500},
			{Day: "2026-03-06", Referrals: 3, Revenue: 12_500, Cost: 2500}, {Day: "2026-03-07", Referrals: 4, Revenue: 17_500, Cost: 3500},
		},
		CurveStep: "day",
		Months:    []simulation.Part{{Name: "2026-03", Referrals: 4, NewCustomers: 4, Revenue: 17_500, Cost: 3500, Discount: 2000}},
		Rules:     []simulation.RuleCost{{Rule: "advocate", For: "advocate", Kind: "store_credit", Unit: "USD", Rewards: 4, Amount: 3500}},
		Levels:    []simulation.Part{}, Variants: []simulation.Part{},
		Top: []simulation.Part{
			{Name: "adv-0", Referrals: 3, NewCustomers: 3, Revenue: 15_000, Cost: 3000, Discount: 1500},
			{Name: "adv-1", Referrals: 1, NewCustomers: 1, Revenue: 2500, Cost: 500, Discount: 500},
		},
		Advocates: 2,
	}
	if got, want := asJSON(t, rep.Program.Figures), asJSON(t, want); got != want {
		t.Errorf("figures\n%s, want\n%s", got, want)
	}
	orders := simulation.Orders{Read: 8, Referred: 7, Imported: 7, Assumed: 7, Revenue: 32_500}
	if rep.Orders != orders {
		t.Errorf("orders %+v, want %+v", rep.Orders, orders)
	}
}

func TestOrdersBeforeThePeriodMakeCustomersKnown(t *testing.T) {
	t.Parallel()
	rep := feed(t, simulation.Options{From: dayZero.AddDate(0, 0, 1)}, credit(), nil, history()...)
	if rep.Orders.Before != 1 || rep.Orders.Read != 7 || rep.Program.Figures.Rejected != 3 {
		t.Errorf("%+v, %d rejected", rep.Orders, rep.Program.Figures.Rejected)
	}
}

func TestTheHoldEndsWithThePeriod(t *testing.T) {
	t.Parallel()
	p := credit()
	p.Hold = 14 * 24 * time.Hour
	for name, tc := range map[string]struct {
		to                time.Time
		rewarded, pending int64
	}{
		"a day before the first hold ends": {to: dayZero.AddDate(0, 0, 14), pending: 4},
		"with the second day's holds over": {to: dayZero.AddDate(0, 0, 15), rewarded: 2, pending: 2},
		"long after":                       {to: dayZero.AddDate(0, 0, 50), rewarded: 3, pending: 1}, // one is not paid
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := feed(t, simulation.Options{To: tc.to}, p, nil, history()...).Program.Figures
			if f.Rewarded != tc.rewarded || f.Pending != tc.pending {
				t.Errorf("%d rewarded, %d pending", f.Rewarded, f.Pending)
			}
		})
	}
}

func TestWhenTheBudgetRunsOut(t *testing.T) {
	t.Parallel()
	p := credit()
	p.Budget = usd(2400)
	rep := feed(t, simulation.Options{}, p, nil, history()...)
	want := simulation.BudgetUse{Budget: 2400, Used: 2000, RanOut: "2026-03-04"}
	if rep.Program.Figures.Budget == nil || *rep.Program.Figures.Budget != want {
		t.Errorf("budget %+v, want %+v", rep.Program.Figures.Budget, want)
	}
}

func TestADifferenceIsToldOrderByOrder(t *testing.T) {
	t.Parallel()
	was, is := credit(), credit()
	is.Qualify.Minimum = usd(3000)
	is.Rules[0].Reward.Amount = usd(1200)
	var rows []simulation.Row
	rep := feed(t, simulation.Options{Rows: func(r simulation.Row) error { rows = append(rows, r); return nil }}, is, &was, history()...)
	verdict := func(o rewards.Outcome, why rewards.Reason, advocate string, cost int64, given string) simulation.Verdict {
		return simulation.Verdict{Outcome: o, Reason: why, Advocate: advocate, Cost: cost, Rewards: given}
	}
	ten, twelve := verdict("rewarded", "", "adv-0", 1000, "advocate 10.00 USD"), verdict("rewarded", "", "adv-0", 1200, "advocate 12.00 USD")
	five := verdict("rewarded", "", "adv-1", 500, "advocate 5.00 USD")
	waiting := verdict("pending", "not_paid", "adv-0", 1000, "advocate 10.00 USD")
	day := func(n int) time.Time { return dayZero.AddDate(0, 0, n) }
	want := []simulation.Row{
		{Order: "2", Name: "#2", PlacedAt: day(1), Before: &ten, After: twelve, Why: "another amount"},
		{Order: "3", Name: "#3", PlacedAt: day(1), Before: &ten, After: twelve, Why: "another amount"},
		{Order: "5", Name: "#5", PlacedAt: day(3), Before: &five, After: verdict("rejected", "below_minimum", "adv-1", 0, ""), Why: "minimum: eligible 25.00 USD, minimum 30.00 USD"},
		{Order: "8", Name: "#8", PlacedAt: day(6), Before: &waiting, After: verdict("pending", "not_paid", "adv-0", 1200, "advocate 12.00 USD"), Why: "another amount"},
	}
	if got, want := asJSON(t, rows), asJSON(t, want); got != want {
		t.Errorf("rows\n%s, want\n%s", got, want)
	}
	diff := simulation.Diff{Orders: 4, Referrals: -1, Revenue: -2500, Cost: 100, Spend: -400, Rows: want, Moves: []simulation.Move{
		{From: "rewarded", To: "rewarded", Orders: 2, Cost: 400},
		{From: "pending", FromReason: "not_paid", To: "pending", ToReason: "not_paid", Orders: 1, Cost: 200},
		{From: "rewarded", To: "rejected", ToReason: "below_minimum", Orders: 1, Cost: -500},
	}}
	if got, want := asJSON(t, rep.Diff), asJSON(t, diff); got != want {
		t.Errorf("difference\n%s, want\n%s", got, want)
	}
}

func TestWhatImportedOrdersTellOfFairness(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return dayZero.AddDate(0, 0, n) }
	p := credit()
	p.Qualify.Customers = rewards.CustomersAny
	pace := []rewards.Order{}
	for i := range 7 {
		pace = append(pace, placed(fmt.Sprint("p", i), dayZero.Add(time.Duration(i)*time.Hour), fmt.Sprint("friend", i), "code-0"))
	}
	for name, tc := range map[string]struct {
		orders []rewards.Order
		want   simulation.ReasonCount
	}{
		"six referrals in a day":       {pace, simulation.ReasonCount{Outcome: "held", Reason: "fraud_review", Orders: 2}},
		"two refer each other":         {[]rewards.Order{placed("1", day(0), "c1", "code-0"), placed("2", day(9), "c0", "code-1")}, simulation.ReasonCount{Outcome: "held", Reason: "fraud_review", Orders: 1}},
		"a friend of another advocate": {[]rewards.Order{placed("1", day(0), "x", "code-0"), placed("2", day(9), "x", "code-1")}, simulation.ReasonCount{Outcome: "rejected", Reason: "existing_customer", Orders: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rep := feed(t, simulation.Options{}, p, nil, tc.orders...)
			if !slices.Contains(rep.Program.Figures.Reasons, tc.want) {
				t.Errorf("reasons %+v, want %+v", rep.Program.Figures.Reasons, tc.want)
			}
			if rep.Checks.Orders == 0 || !slices.Contains(rep.Checks.Rules, "same_address") || slices.Contains(rep.Checks.Rules, "ring") {
				t.Errorf("not checked: %+v", rep.Checks)
			}
		})
	}
}

func TestDatesOutsideThePeriodAreSetAside(t *testing.T) {
	t.Parallel()
	next, week, early := dayZero.AddDate(1, 0, 0), dayZero.AddDate(0, 0, 3), dayZero.AddDate(0, 0, -9)
	for name, tc := range map[string]struct {
		from, until *time.Time
		referrals   int64
		aside       bool
	}{
		"a programme of next year":        {from: &next, referrals: 4, aside: true},
		"a programme that ended long ago": {until: &early, referrals: 4, aside: true},
		"a programme of the first days":   {until: &week, referrals: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := credit()
			p.From, p.Until = tc.from, tc.until
			rep := feed(t, simulation.Options{From: dayZero.AddDate(0, 0, -1)}, p, nil, history()...)
			aside := slices.ContainsFunc(rep.Notes, func(n simulation.Note) bool { return n.Code == "dates_set_aside" })
			if rep.Program.Figures.Referrals != tc.referrals || aside != tc.aside {
				t.Errorf("%d referrals, dates set aside: %v", rep.Program.Figures.Referrals, aside)
			}
		})
	}
}

func TestRetiredCodesCountForEarlierOrders(t *testing.T) {
	t.Parallel()
	all := codes(1)
	c := all["CODE-0"]
	c.RetiredAt = dayZero.Add(time.Hour)
	all["CODE-0"] = c
	rep := feed(t, simulation.Options{Codes: all}, credit(), nil,
		placed("1", dayZero, "x", "code-0"), placed("2", dayZero.Add(time.Hour), "y", "code-0"))
	if rep.Program.Figures.Referrals != 1 || rep.Orders.Referred != 1 {
		t.Errorf("%d referrals of %d orders with a code", rep.Program.Figures.Referrals, rep.Orders.Referred)
	}
}

func TestWhatARunRefuses(t *testing.T) {
	t.Parallel()
	euro := credit()
	euro.Currency = "EUR"
	for name, tc := range map[string]struct {
		opts    simulation.Options
		compare *rewards.Program
		code    string
	}{
		"no end":                  {code: "bad_period"},
		"an end before the start": {opts: simulation.Options{From: dayZero, To: dayZero}, code: "bad_period"},
		"two currencies":          {opts: simulation.Options{To: dayZero}, compare: &euro, code: "currency_mismatch"},
	} {
		if _, err := simulation.New(tc.opts, credit(), tc.compare); rewards.KindOf(err) != rewards.Invalid || rewards.CodeOf(err) != tc.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	run, err := simulation.New(simulation.Options{To: dayZero.AddDate(0, 0, 9)}, credit(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Order(imported(placed("1", dayZero, "x", ""))); err != nil {
		t.Fatal(err)
	}
	if err := run.Order(imported(placed("2", dayZero.Add(-1), "x", ""))); rewards.CodeOf(err) != "orders_unsorted" {
		t.Errorf("an older order: %v", err)
	}
}

// TestEarlierOrdersAreCountedOnce covers who is known by what.
func TestEarlierOrdersAreCountedOnce(t *testing.T) {
	t.Parallel()
	p := credit()
	p.Qualify.FirstOrders = 2
	order := func(id string, hour int, customer, email, code string) rewards.Order {
		o := placed(id, dayZero.Add(time.Duration(hour)*time.Hour), "", code)
		o.Customer = &rewards.Person{ID: customer, EmailKey: email}
		return o
	}
	for name, tc := range map[string]struct {
		orders []rewards.Order
		counts int64
	}{
		"by customer and e-mail at once":    {[]rewards.Order{order("1", 0, "x", "m", ""), order("2", 1, "x", "m", "code-0")}, 1},
		"by customer, then by e-mail":       {[]rewards.Order{order("1", 0, "x", "other", ""), order("2", 0, "y", "m", ""), order("3", 1, "x", "m", "code-0")}, 0},
		"at the same moment is not earlier": {[]rewards.Order{order("1", 0, "x", "m", ""), order("2", 0, "x", "m", ""), order("3", 0, "x", "m", "code-0")}, 1},
		"guests are known by e-mail":        {[]rewards.Order{order("1", 0, "", "m", ""), order("2", 1, "", "m", ""), order("3", 2, "", "m", "code-0")}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if rep := feed(t, simulation.Options{}, p, nil, tc.orders...); rep.Program.Figures.Referrals != tc.counts {
				t.Errorf("%d referrals, want %d: %+v", rep.Program.Figures.Referrals, tc.counts, rep.Program.Figures.Reasons)
			}
		})
	}
}
