package storage

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"grapevine/rewards"
)

// benchOrders is how many orders the shop of BenchmarkFigures has: over a year, every fifth of them referred.
const benchOrders = 200_000

// BenchmarkFigures asks for a year's report of a large shop.
func BenchmarkFigures(b *testing.B) {
	eachBench(b, func(b *testing.B, d *DB) {
		shop, err := d.FindShop(b.Context(), "s0.example")
		if err != nil {
			b.Fatal(err)
		}
		year := fillYear(b, d, shop.ID)
		for _, by := range []rewards.Grouping{rewards.ByNothing, rewards.ByDay, rewards.ByMonth, rewards.ByProgram, rewards.ByAdvocate} {
			f := year
			f.By = by
			b.Run("by-"+string(by), func(b *testing.B) {
				for b.Loop() {
					if _, err := d.Figures(b.Context(), shop.ID, f); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		b.Run("month-by-day", func(b *testing.B) {
			f := rewards.FigureFilter{From: year.To.Add(-29), To: year.To, By: rewards.ByDay}
			for b.Loop() {
				if _, err := d.Figures(b.Context(), shop.ID, f); err != nil {
					b.Fatal(err)
				}
			}
		})
	})
}

// fillYear stores orders past the engine, which would take an hour: their records are as long as judged ones.
func fillYear(b *testing.B, d *DB, shopID string) rewards.FigureFilter {
	b.Helper()
	ctx, r := b.Context(), rand.New(rand.NewPCG(1, 2))
	if _, _, err := d.ApplyProgram(ctx, shopID, creditProgram(), ""); err != nil {
		b.Fatal(err)
	}
	var people []rewards.Advocate
	for i := range 2000 {
		a, _, err := d.CreateAdvocate(ctx, shopID, rewards.NewAdvocate{CustomerID: fmt.Sprint("c", i)})
		if err != nil {
			b.Fatal(err)
		}
		people = append(people, a)
	}
	begin := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	for at := 0; at < benchOrders; at += 2000 {
		var rows []orderRecord
		var effect rewards.Effect
		for i := at; i < at+2000; i++ {
			o := benchOrder(i, begin.Add(time.Duration(i)*(365*24*time.Hour/benchOrders)), r.IntN(80_000))
			rec := rewards.Record{Facts: rewards.Facts{Order: o, At: o.PlacedAt}, Decision: rewards.Decision{Outcome: rewards.OutcomeNone, Reason: rewards.ReasonNoAttribution}}
			rec.Eligible, _ = o.Eligible()
			if i%5 == 0 {
				c, e := benchReferral(d, &rec, people[r.IntN(len(people))])
				effect.Rewards, effect.Postings = append(effect.Rewards, c), append(effect.Postings, e...)
			}
			rows = append(rows, orderRecord{shopID, rec})
		}
		err := d.write(ctx, "filling", func(x *txn) error {
			if err := x.saveOrders(rows, always); err != nil {
				return err
			}
			return x.saveEffect(shopID, effect)
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	// The ledger tells of today: its entries are spread over the year.
	for _, sql := range []string{"UPDATE rewards SET created_at = (SELECT o.placed_at FROM orders o WHERE o.shop_id = rewards.shop_id AND o.order_id = rewards.order_id)",
		"UPDATE ledger SET at = (SELECT r.created_at FROM rewards r WHERE r.shop_id = ledger.shop_id AND r.id = ledger.reward_id)"} {
		benchUnlocked(b, d, sql)
	}
	return rewards.FigureFilter{From: rewards.Date{Year: 2024, Month: 1, Day: 1}, To: rewards.Date{Year: 2024, Month: 12, Day: 30}}
}

func benchUnlocked(b *testing.B, d *DB, sql string) {
	b.Helper()
	unlock := "ALTER TABLE ledger DISABLE TRIGGER ledger_append_only"
	if d.lite {
		unlock = "DROP TRIGGER IF EXISTS ledger_no_update"
	}
	for _, s := range []string{unlock, sql, "ANALYZE"} {
		if _, err := d.direct(b.Context()).exec(s); err != nil {
			b.Fatal(err)
		}
	}
}

func benchOrder(i int, at time.Time, customer int) rewards.Order {
	none := int64(0)
	o := rewards.Order{ID: fmt.Sprint(5_588_900_000_000 + i), Name: fmt.Sprint("#", i), PlacedAt: at, UpdatedAt: at, PaidAt: &at, Currency: "USD", Payment: rewards.PaymentPaid,
		Customer: &rewards.Person{ID: fmt.Sprint("f", customer), EmailKey: fmt.Sprintf("%064d", customer), EarlierOrders: &none}}
	for n := range 3 {
		o.Lines = append(o.Lines, rewards.Line{ID: fmt.Sprint(11_000_000_000_000 + 3*i + n), ProductID: fmt.Sprint(7_000_000_000_000 + n), Quantity: 1, Current: 1, Amount: usd(1500 + int64(i%700))})
	}
	return o
}

// benchReferral makes an order one that was referred, with its reward given.
func benchReferral(d *DB, rec *rewards.Record, a rewards.Advocate) (rewards.RewardChange, []rewards.Posting) {
	o := &rec.Facts.Order
	o.Codes = []rewards.AppliedCode{{Code: a.Code, TookOff: usd(450)}}
	rec.Facts.Claims = []rewards.Claim{{Code: a.Code, AdvocateID: a.ID, CustomerID: a.CustomerID, Program: "give10", TookOff: usd(450)}}
	rec.Decision = rewards.Decision{Outcome: rewards.OutcomeRewarded, Program: "give10", Version: 1, Advocate: a.ID, Referral: 1, Reckoned: true,
		Candidates: []rewards.Candidate{{Code: a.Code, Advocate: a.ID, Won: true}}}
	for n := range 12 {
		rec.Decision.Checks = append(rec.Decision.Checks, rewards.Check{Name: fmt.Sprint("check", n), Passed: true, Evidence: "what a check saw is about as long as this"})
	}
	w := rewards.Reward{ID: d.mint.ID("rw_"), OrderID: o.ID, AdvocateID: a.ID, CustomerID: a.CustomerID, Beneficiary: rewards.ForAdvocate, Rule: "advocate",
		Program: "give10", Version: 1, Spec: creditProgram().Rules[0].Reward, Value: usd(1000), Net: usd(1000), Given: usd(1000), Loss: usd(0), Used: usd(0),
		Status: rewards.StatusApproved, CreatedAt: o.PlacedAt}
	return rewards.RewardChange{Reward: w, Actor: "engine"}, []rewards.Posting{
		{RewardID: w.ID, From: rewards.ProgramAccount("give10"), To: rewards.PendingAccount(a.ID), Amount: usd(1000), Reason: "earned"},
		{RewardID: w.ID, From: rewards.PendingAccount(a.ID), To: rewards.IssuedAccount(a.ID), Amount: usd(1000), Reason: "issued"}}
}
