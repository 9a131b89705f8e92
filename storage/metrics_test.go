package storage

import (
	"reflect"
	"testing"

	"grapevine/rewards"
)

// What the book comes to, by hand (dollars; R1 is order r1 and so on):
//
//	         order                          what became of it            revenue  code took
//	January  P1 x1, P2 x2, P3 x1            no code                100 + 50 + 30
//	         R1 anna, friend f1             rewarded                          80          8
//	         R2 anna, f2                    refunded in March, so gone
//	         R3 ben, f3                     rewarded, half came back          30          6
//	         J1 anna, x1                    rejected: x1 bought before        25          2.50
//	         J2 anna, by anna               rejected: her own code            20          2
//	         T1 test, U1 unpaid             no orders
//	         HI1 x9                         imported                         200
//	February P4 x3, P5 x2                   no code                      70 + 20
//	         R5 cleo, f5; R6 cleo, f6       rewarded, variant small      90 + 45    9 + 4.50
//	         R7 dora, x3; R8 dora, f8       rewarded, variant large      55 + 65  5.50 + 6.50
//	         H1 ben, f10                    held                              35          3.50
//	March    P6 x4, P7 f1                   no code                      15 + 10
//	         R9 ben, f11                    rewarded                         110         11
//	         R10 anna, f12                  pending, the hold runs           120         12
//	         C1 cancelled                   no order
//	         E1 in euros                    elsewhere
//	         HI2 x9                         imported                          20
//
// Cleo is f1. A reward of give10 is 10, of spring 5 (small) or 20 (large).
//
//	         ledger
//	January  R1, R2, R3 given 10 each; U1 waits with 10
//	February R3 gives 5 back; R5 given 5; R7, R8 given 20 each; R6 waits with 5, H1 with 10
//	March    R2's 10 were given and are lost now; R9 given 10; R10 waits with 10
func bookFigures() (total, january, february, march rewards.Figures) {
	zero := rewards.Figures{TookOff: usd(0), TookOffRejected: usd(0)}
	january, february, march, total = zero, zero, zero, zero
	credit := func(made, waiting, given, lost int64) []rewards.RewardFigures {
		return []rewards.RewardFigures{{Kind: rewards.KindStoreCredit, Unit: "USD", Made: made, Waiting: usd(waiting), Given: usd(given), Used: usd(0), Lost: usd(lost)}}
	}
	tally := func(orders, revenue int64) rewards.Tally { return rewards.Tally{Orders: orders, Revenue: usd(revenue)} }
	none := tally(0, 0)

	// 100+50+30+80+30+25+20; referred 80+30.
	january.All, january.Rewarded, january.Pending, january.Held = tally(7, 335_00), tally(2, 110_00), none, none
	january.Rejected, january.Historic = tally(2, 45_00), tally(1, 200_00)
	january.TookOff, january.TookOffRejected = usd(14_00), usd(4_50)
	january.Sharing, january.Active, january.Friends, january.Onward = 2, 2, 2, 1 // f1 and f3; f1 is Cleo
	january.Rewards = credit(4, 10_00, 30_00, 0)

	// 70+20+90+45+55+65+35; rewarded 90+45+55+65; x3 is no friend, for he bought before.
	february.All, february.Rewarded, february.Pending, february.Held = tally(7, 380_00), tally(4, 255_00), none, tally(1, 35_00)
	february.Rejected, february.Historic = none, none
	february.TookOff = usd(29_00)
	february.Sharing, february.NewSharing, february.Active, february.Friends = 4, 2, 3, 4
	february.Rewards = credit(5, 15_00, 40_00, 0)

	// 110+120+15+10.
	march.All, march.Rewarded, march.Pending, march.Held = tally(4, 255_00), tally(1, 110_00), tally(1, 120_00), none
	march.Rejected, march.Historic, march.Elsewhere = none, tally(1, 20_00), 1
	march.TookOff = usd(23_00)
	march.Sharing, march.Active, march.Friends = 4, 2, 2
	march.Rewards = credit(2, 10_00, 0, 10_00)

	total.All, total.Rewarded, total.Pending, total.Held = tally(18, 970_00), tally(7, 475_00), tally(1, 120_00), tally(1, 35_00)
	total.Rejected, total.Historic, total.Elsewhere = tally(2, 45_00), tally(2, 220_00), 1
	total.TookOff, total.TookOffRejected = usd(66_00), usd(4_50)
	total.Sharing, total.NewSharing, total.Active, total.Friends, total.Onward = 4, 2, 4, 8, 1
	total.Rewards = credit(11, 35_00, 70_00, 10_00)
	return total, january, february, march
}

// plainly leaves the times of a group out.
func plainly(f rewards.Figures) rewards.Figures {
	f.Period = rewards.Period{}
	return f
}

func alike(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

func TestFiguresAreThoseOfTheBook(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		b := s.metricsBook()
		b.story()
		total, january, february, march := bookFigures()
		r := b.figures(quarter(rewards.ByMonth))
		alike(t, "total", plainly(r.Total), total)
		for i, want := range []rewards.Figures{january, february, march} {
			alike(t, want.All.Revenue.String(), plainly(r.Groups[i]), want)
		}
		alike(t, "rejected", r.Rejected, []rewards.ReasonFigure{{Reason: "existing_customer", Orders: 1}, {Reason: "refunded", Orders: 1}, {Reason: "self_referral", Orders: 1}})
		// Now: H1 is held; U1 and R10 wait.
		alike(t, "review", r.Review, []rewards.ReviewFigures{
			{Status: "held", Unit: "USD", Rewards: 1, Amount: usd(10_00)}, {Status: "pending", Unit: "USD", Rewards: 2, Amount: usd(20_00)}})
		alike(t, "held now", r.HeldNow, int64(1))
		// give10 has promised U1, H1, R10 (waiting), R1, R9 and half of R3 (given), R2 (lost): 30 + 25 + 10.
		alike(t, "budgets", r.Budgets, []rewards.BudgetFigures{{Program: "give10", Budget: usd(1000_00), Used: usd(65_00), Revenue: usd(375_00)}})
		b.ratios(t, r.Total)
		b.byProgram(t)
		b.byAdvocate(t)
		b.values(t)
	})
}

// ratios are those of the total: 9 referred orders with 630.00 of 18 with 970.00; cost 70 + 10 + 66 + 4.50.
func (b *metricsBook) ratios(t *testing.T, f rewards.Figures) {
	t.Helper()
	alike(t, "cost", f.Cost(), usd(150_50))
	for name, tc := range map[string]struct {
		got  rewards.Ratio
		part int64
		of   int64
		bp   int64
	}{
		"referral rate": {f.ReferralRate(), 9, 18, 5000},
		"revenue share": {f.RevenueShare(), 630_00, 970_00, 6494},
		"conversion":    {f.Conversion(), 4, 4, 10_000},
		"return":        {f.Return(), 630_00, 150_50, 41_860},
		"friends each":  {f.FriendsEach(), 8, 4, 20_000},
		"onward share":  {f.OnwardShare(), 1, 8, 1250},
		"viral":         {f.Viral(), 1, 4, 2500},
	} {
		bp, ok := tc.got.BasisPoints()
		alike(t, name, []any{tc.got.Part, tc.got.Whole, bp, ok}, []any{tc.part, tc.of, tc.bp, true})
	}
	mine, _ := f.Referred().Average()
	others, _ := f.Others().Average()
	alike(t, "averages", []rewards.Money{mine, others}, []rewards.Money{usd(70_00), usd(37_77)}) // 340.00 of 9
	alike(t, "promised", f.Rewards[0].Promised(), usd(115_00))
}

func (b *metricsBook) byProgram(t *testing.T) {
	t.Helper()
	tally := func(orders, revenue int64) rewards.Tally { return rewards.Tally{Orders: orders, Revenue: usd(revenue)} }
	type brief struct {
		Program, Variant                      string
		Rewarded, Pending, Held, Rejected     rewards.Tally
		TookOff, TookOffRejected              int64
		Sharing, New, Active, Friends, Onward int64
		Made, Waiting, Given, Lost, AllOrders int64
		RateBP                                int64
	}
	of := func(f rewards.Figures) brief {
		w := f.Rewards[0]
		bp, _ := f.ReferralRate().BasisPoints()
		return brief{f.Program, f.Variant, f.Rewarded, f.Pending, f.Held, f.Rejected, f.TookOff.Minor, f.TookOffRejected.Minor,
			f.Sharing, f.NewSharing, f.Active, f.Friends, f.Onward, w.Made, w.Waiting.Minor, w.Given.Minor, w.Lost.Minor, f.All.Orders, bp}
	}
	all := func(r rewards.FigureReport) (out []brief) {
		for _, f := range r.Groups {
			out = append(out, of(f))
		}
		return out
	}
	// R1 80, R3 30, R9 110; J2 belongs to no programme. f1, f3, f10, f11, f12. Of 18 orders 5 are 27.77 %.
	give := brief{"give10", "", tally(3, 220_00), tally(1, 120_00), tally(1, 35_00), tally(1, 25_00), 40_50, 2_50, 2, 0, 2, 5, 1, 7, 30_00, 25_00, 10_00, 18, 2777}
	// R5, R6, R7, R8; f5, f6, f8.
	spring := brief{"spring", "", tally(4, 255_00), tally(0, 0), tally(0, 0), tally(0, 0), 25_50, 0, 2, 2, 2, 3, 0, 4, 5_00, 45_00, 0, 18, 2222}
	small := brief{"spring", "small", tally(2, 135_00), tally(0, 0), tally(0, 0), tally(0, 0), 13_50, 0, 1, 1, 1, 2, 0, 2, 5_00, 5_00, 0, 18, 1111}
	large := brief{"spring", "large", tally(2, 120_00), tally(0, 0), tally(0, 0), tally(0, 0), 12_00, 0, 1, 1, 1, 1, 0, 2, 0, 40_00, 0, 18, 1111}
	alike(t, "by programme", all(b.figures(quarter(rewards.ByProgram))), []brief{give, spring})
	alike(t, "by variant", all(b.figures(quarter(rewards.ByVariant))), []brief{give, large, small})
	only := quarter(rewards.ByVariant)
	only.Program = "spring"
	r := b.figures(only)
	alike(t, "one programme by variant", all(r), []brief{large, small})
	got := of(r.Total)
	got.Program = "spring"
	alike(t, "one programme", got, spring)
}

// byAdvocate: anna R1 + R10, ben R3 + H1 + R9, cleo R5 + R6, dora R7 + R8.
func (b *metricsBook) byAdvocate(t *testing.T) {
	t.Helper()
	f := quarter(rewards.ByAdvocate)
	type row struct {
		Who              string
		Orders, Revenue  int64
		Friends, Rejects int64
		Given, Waiting   int64
	}
	var got []row
	for _, g := range b.figures(f).Groups {
		got = append(got, row{g.Advocate, g.Referred().Orders, g.Referred().Revenue.Minor, g.Friends, g.Rejected.Orders, g.Rewards[0].Given.Minor, g.Rewards[0].Waiting.Minor})
	}
	// Anna was given 10 for R1 and 10 for R2, which are lost; J1 came with her code.
	alike(t, "by advocate", got, []row{
		{"adv_anna", 2, 200_00, 2, 1, 10_00, 10_00}, {"adv_ben", 3, 175_00, 3, 0, 15_00, 20_00},
		{"adv_cleo", 2, 135_00, 2, 0, 5_00, 5_00}, {"adv_dora", 2, 120_00, 1, 0, 40_00, 0}})
	f.Top = 1
	if r := b.figures(f); len(r.Groups) != 1 || r.Groups[0].Advocate != "adv_anna" {
		t.Errorf("the first of all is %+v", r.Groups)
	}
}

// values: first orders are R1, R3, R5, R6, R8, H1, R9, R10 of referred customers; P1, P2, P4, P6, P8 and HI1 of
// others. Of x1 P1, P3 and J1 count: 155; x2 70, x3 P4 and R7: 125, x4 15, x5 500, x9 220. f1 has R1 and P7: 90;
// f3 30, and P9 with 300 more after 126 days; f5 90, f6 45, f8 65, f10 35, f11 110, f12 120. J2 was the first
// order of anna, and rejected; R2 is gone, and U1 was never paid.
func (b *metricsBook) values(t *testing.T) {
	t.Helper()
	f := quarter(rewards.ByNothing)
	f.To = rewards.Date{Year: 2025, Month: 6, Day: 30}
	value := func(n, revenue int64) rewards.CustomerValue {
		return rewards.CustomerValue{Customers: n, Revenue: usd(revenue)}
	}
	r := b.figures(f)
	alike(t, "value", r.Value, []rewards.ValueFigures{
		{Days: 90, Referred: value(8, 585_00), Others: value(6, 1085_00)}, {Days: 365, Referred: value(8, 885_00), Others: value(6, 1085_00)}})
	if r.Value[0].Enough() {
		t.Error("eight customers are not enough")
	}
	// x9 was the first to buy, on 2 January at ten; the 90 days of that end ten hours after the quarter.
	r = b.figures(quarter(rewards.ByNothing))
	alike(t, "value in the quarter", r.Value[0], rewards.ValueFigures{Days: 90, Referred: value(0, 0), Others: value(0, 0)})
	f.Program = "spring" // f5, f6 and f8 came by it; the friends of the other programme are on neither side
	alike(t, "value of one programme", b.figures(f).Value[0], rewards.ValueFigures{Days: 90, Referred: value(3, 200_00), Others: value(6, 1085_00)})
}
