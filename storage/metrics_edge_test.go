package storage

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"grapevine/rewards"
)

func TestAShopWithoutOrdersHasFiguresOfNothing(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		b := &metricsBook{referred: &referred{store: s, shop: s.shop()}}
		r := b.figures(rewards.FigureFilter{By: rewards.ByDay})
		none := rewards.Tally{Revenue: usd(0)}
		want := rewards.Figures{All: none, Rewarded: none, Pending: none, Held: none, Rejected: none, Historic: none, TookOff: usd(0), TookOffRejected: usd(0)}
		alike(t, "total", plainly(r.Total), want)
		if len(r.Groups) != 30 || r.From.Add(29) != r.To {
			t.Errorf("%d days from %s to %s", len(r.Groups), r.From, r.To)
		}
		for _, ratio := range []rewards.Ratio{r.Total.ReferralRate(), r.Total.Conversion(), r.Total.Return(), r.Total.Viral()} {
			if bp, ok := ratio.BasisPoints(); ok {
				t.Errorf("%+v is %d", ratio, bp)
			}
		}
		if _, ok := r.Total.All.Average(); ok {
			t.Error("no order has an average")
		}
		_, err := s.Figures(s.ctx, "shop_none", rewards.FigureFilter{})
		s.kind(err, rewards.NotFound, "shop_not_found")
		_, err = s.Figures(s.ctx, b.shop.ID, rewards.FigureFilter{Program: "none"})
		s.kind(err, rewards.NotFound, "program_not_found")
		_, err = s.Figures(s.ctx, b.shop.ID, rewards.FigureFilter{From: rewards.Date{Year: 2024, Month: 2, Day: 1}, To: rewards.Date{Year: 2024, Month: 1, Day: 1}})
		s.kind(err, rewards.Invalid, "bad_range")
	})
}

func TestFiguresKeepTheDecimalsOfTheCurrency(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		for currency, want := range map[string]string{"JPY": "1235", "KWD": "1.235"} {
			shop, err := s.AddShop(s.ctx, NewShop{Platform: "shopify", Domain: currency + ".myshopify.com", Currency: currency, TimeZone: "Asia/Tokyo", Token: "shpat_canary"})
			s.no(err)
			b := &metricsBook{referred: &referred{store: s, shop: shop}}
			// Half past midnight of 2 March in Tokyo.
			o := sale("o1", "03-01 10:30", "c1", 1235)
			o.Currency, o.Lines[0].Amount.Currency = currency, currency
			b.plain(o)
			day := rewards.Date{Year: 2024, Month: 3, Day: 2}
			r := b.figures(rewards.FigureFilter{From: day, To: day, By: rewards.ByWeek})
			if got := r.Total.All.Revenue; got.Decimal() != want || got.Currency != currency || r.Groups[0].Day != (rewards.Date{Year: 2024, Month: 2, Day: 26}) {
				t.Errorf("%s in the week from %s, want %s", got, r.Groups[0].Day, want)
			}
		}
	})
}

func TestCustomersWhoseDaysStillRunAreNotCompared(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		b := &metricsBook{referred: &referred{store: s, shop: s.shop()}}
		now := time.Now().UTC()
		for name, ago := range map[string]int{"young": 80, "old": 91, "elder": 370} {
			o := sale(name, "01-01 10:00", "c-"+name, 1000)
			o.PlacedAt = now.AddDate(0, 0, -ago)
			b.plain(o)
		}
		today := rewards.DateOf(now)
		r := b.figures(rewards.FigureFilter{From: today.Add(-800), To: today.Add(200)})
		var got []int64
		for _, v := range r.Value {
			got = append(got, v.Others.Customers, v.Others.Revenue.Minor)
		}
		alike(t, "value", got, []int64{2, 2000, 1, 1000})
	})
}

// What groups add up to is the whole, whatever the book.
func TestGroupsAddUpToTheWhole(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		b := s.metricsBook()
		b.story()
		b.scatter(rand.New(rand.NewPCG(7, 11)))
		for _, program := range []string{"", "give10", "spring"} {
			f := quarter(rewards.ByNothing)
			f.Program, f.Top = program, 200
			total := b.figures(f).Total
			for _, by := range rewards.Groupings {
				f.By = by
				r := b.figures(f)
				alike(t, program+" the whole by "+string(by), plainly(r.Total), plainly(total))
				alike(t, program+" by "+string(by), sums(r.Groups, by.OverTime()), sums([]rewards.Figures{total}, by.OverTime()))
			}
		}
	})
}

// scatter adds sixty orders at any time of the quarter, most of them with a code. Their rewards are of now.
func (b *metricsBook) scatter(r *rand.Rand) {
	b.t.Helper()
	names := []string{"anna", "ben", "cleo", "dora"}
	for i := range 60 {
		o := sale(fmt.Sprint("s", i), "01-01 00:00", fmt.Sprint("c-s", r.IntN(40)), 1+r.Int64N(20_000))
		o.PlacedAt = o.PlacedAt.Add(time.Duration(r.Int64N(int64(91 * 24 * time.Hour)))).Truncate(time.Millisecond)
		if i%5 == 0 {
			b.plain(o)
			continue
		}
		b.decide(b.by(names[r.IntN(4)], o))
	}
}

// sums adds up what can be added up: numbers of people cannot. Orders of the shop, and rejected ones without
// a programme, belong to periods only.
func sums(groups []rewards.Figures, overTime bool) map[string]int64 {
	all := map[string]int64{}
	for _, f := range groups {
		for name, t := range map[string]rewards.Tally{"rewarded": f.Rewarded, "pending": f.Pending, "held": f.Held} {
			all[name] += t.Orders
			all[name+" revenue"] += t.Revenue.Minor
		}
		all["took off"] += f.TookOff.Minor
		if overTime {
			all["all"] += f.All.Orders
			all["all revenue"] += f.All.Revenue.Minor
			all["historic"] += f.Historic.Revenue.Minor
			all["elsewhere"] += f.Elsewhere
			all["rejected"] += f.Rejected.Revenue.Minor
			all["took off rejected"] += f.TookOffRejected.Minor
			all["new"] += f.NewSharing
		}
		for _, r := range f.Rewards {
			all["made"] += r.Made
			all["waiting"] += r.Waiting.Minor
			all["given"] += r.Given.Minor
			all["lost"] += r.Lost.Minor
		}
	}
	return all
}

func TestAnExperimentComparesTheVariantsAsTheyAreNow(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		s.DB = s.open(Options{Mint: named("anna", "ben", "cleo", "dora", "eve")})
		b := &metricsBook{referred: s.referred(variantProgram()), people: map[string]rewards.Advocate{}}
		for _, c := range []string{"c-ben", "c-cleo", "c-dora", "c-eve"} {
			b.join(c)
		}
		// By their ids Cleo and Eve have the small reward, Anna, Ben and Dora the large one.
		at := time.Now().UTC()
		now := func(o rewards.Order) rewards.Order { o.PlacedAt, o.UpdatedAt = at, at; return o }
		before := b.by("eve", sale("o1", "01-10 10:00", "c-1", 1000)) // from before the variants were there
		b.decide(before, now(b.by("cleo", sale("o2", "01-10 10:00", "c-2", 4000))),
			now(b.by("cleo", sale("o3", "01-10 10:00", "c-3", 500))), now(b.by("dora", sale("o4", "01-10 10:00", "c-4", 2500))))
		e, err := s.Experiment(s.ctx, b.shop.ID, "spring")
		s.no(err)
		tally := func(orders, revenue int64) rewards.Tally { return rewards.Tally{Orders: orders, Revenue: usd(revenue)} }
		alike(t, "arms", e.Arms, []rewards.ArmFigures{
			{Name: "small", Weight: 1, Subjects: 2, Converted: 1, Referred: tally(2, 4500)},
			{Name: "large", Weight: 1, Subjects: 3, Converted: 1, Referred: tally(1, 2500)}})
		alike(t, "sentence", e.Verdicts[0].String(), "Too early to tell: small has 2 subjects, at least 100 are needed; to see a difference of the present size it takes about 140 more subjects in small and 140 more subjects in large.")
		_, err = s.Experiment(s.ctx, b.shop.ID, "give10")
		s.kind(err, rewards.NotFound, "experiment_not_found")
	})
}

func TestOrdersThatCameByALinkAreCounted(t *testing.T) {
	eachStore(t, func(t *testing.T, s *store) {
		r := s.referred(creditProgram())
		linked := r.order("o1")
		linked.Codes, linked.Touches = nil, []rewards.Touch{{Code: r.advocate.Code, At: linked.PlacedAt.Add(-time.Hour)}}
		r.decide(linked, r.order("o2"))
		day := rewards.DateOf(linked.PlacedAt)
		report, err := s.Figures(s.ctx, r.shop.ID, rewards.FigureFilter{From: day, To: day.Add(1)})
		s.no(err)
		f := report.Total
		alike(t, "links", []int64{f.Rewarded.Orders, f.ByLink, f.TookOff.Minor}, []int64{2, 1, 500})
	})
}
