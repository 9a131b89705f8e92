package simulation_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	"grapevine/rewards"
	"grapevine/rewards/simulation"
)

// dayZero is a Sunday.
var dayZero = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func usd(minor int64) rewards.Money { return rewards.Money{Minor: minor, Currency: "USD"} }

// credit pays ten dollars of store credit for a new customer's order, at once.
func credit() rewards.Program {
	return rewards.Program{
		Name: "give10", Version: 3, Title: "Give 10, get 10", Currency: "USD",
		Rules:         []rewards.Rule{{Name: "advocate", For: rewards.ForAdvocate, Reward: rewards.RewardSpec{Kind: rewards.KindStoreCredit, Amount: usd(1000)}}},
		Qualify:       rewards.Qualify{Customers: rewards.CustomersNew},
		Attribution:   rewards.Attribution{Window: 30 * 24 * time.Hour},
		PartialRefund: rewards.RefundProportional,
	}
}

// codes are those of a few advocates: CODE-0 of adv-0, who is the customer c0.
func codes(n int) map[string]simulation.Code {
	all := map[string]simulation.Code{}
	for i := range n {
		code := fmt.Sprintf("CODE-%d", i)
		all[code] = simulation.Code{Claim: rewards.Claim{
			Code: code, AdvocateID: fmt.Sprintf("adv-%d", i), CustomerID: fmt.Sprintf("c%d", i), EmailKey: fmt.Sprintf("e%d", i),
			Program: "give10", Since: dayZero.AddDate(0, -1, 0),
		}}
	}
	return all
}

// placed is a paid order of fifty dollars with a code, "" for none.
func placed(id string, at time.Time, customer, code string) rewards.Order {
	o := rewards.Order{
		ID: id, Name: "#" + id, PlacedAt: at, UpdatedAt: at, PaidAt: &at, Currency: "USD", Payment: rewards.PaymentPaid,
		Lines: []rewards.Line{{ID: "1", Quantity: 1, Current: 1, Amount: usd(5000)}}, MoneyBack: usd(0),
	}
	if customer != "" {
		o.Customer = &rewards.Person{ID: customer, EmailKey: "e" + customer}
	}
	if code != "" {
		o.Codes = []rewards.AppliedCode{{Code: code, TookOff: usd(500)}}
	}
	return o
}

// imported is an order as the import stores it.
func imported(o rewards.Order) simulation.Order {
	rec := rewards.Record{Facts: rewards.Facts{Order: o, At: o.PlacedAt, Historic: true}}
	rec.Eligible, _ = o.Eligible()
	rec.Decision = rewards.Judge(nil, rec.Facts)
	return stored(rec)
}

// stored is an order as the store streams it.
func stored(rec rewards.Record) simulation.Order {
	o := rec.Facts.Order
	out := simulation.Order{PlacedAt: o.PlacedAt, Test: o.Test, Gone: o.Cancelled, Left: rec.Eligible.Left}
	if o.Customer != nil {
		out.Customer, out.Email = simulation.KeyOf(o.Customer.ID), simulation.KeyOf(o.Customer.EmailKey)
	}
	if len(o.Codes)+len(o.Touches) > 0 {
		out.Record = &rec
	}
	return out
}

// anyProgram draws a programme with tiers, milestones, levels and limits.
func anyProgram(r *rand.Rand) rewards.Program {
	p := credit()
	pick := func(n int) bool { return r.IntN(n) == 0 }
	p.Rules[0].To = 2
	p.Rules = append(p.Rules,
		rewards.Rule{Name: "more", For: rewards.ForAdvocate, From: 3, Reward: rewards.RewardSpec{Kind: rewards.KindStoreCredit, Percent: 3000}},
		rewards.Rule{Name: "fourth", For: rewards.ForAdvocate, Every: 4, Milestone: true, Reward: rewards.RewardSpec{Kind: rewards.KindPoints, Amount: rewards.Money{Minor: 50, Currency: rewards.UnitPoints}}},
		rewards.Rule{Name: "friend", For: rewards.ForFriend, Reward: rewards.RewardSpec{Kind: rewards.KindGiftCard, Amount: usd(300)}})
	if pick(2) {
		p.Levels = []rewards.Level{{Name: "silver", Referrals: 2, Factor: 15_000}}
	}
	if pick(2) {
		p.CountingPeriod = 5 * 24 * time.Hour
	}
	if pick(3) {
		p.Variants = []rewards.Variant{{Name: "a", Weight: 1}, {Name: "b", Weight: 1}}
		p.Rules[1].Variant = "a"
	}
	return anyLimits(r, p)
}

// anyLimits draws what bounds a programme.
func anyLimits(r *rand.Rand, p rewards.Program) rewards.Program {
	pick := func(n int) bool { return r.IntN(n) == 0 }
	if pick(2) {
		p.PerAdvocate, p.PerAdvocateSpan = 3, 9*24*time.Hour
	}
	if pick(2) {
		p.Budget = usd(20_000)
	}
	if pick(2) {
		p.Qualify.Customers = rewards.CustomersAny
	}
	if pick(3) {
		p.Qualify.Minimum = usd(4800)
	}
	if pick(2) {
		p.Attribution.Bind = true
	}
	return p
}

// anyOrder draws an order as its life ended.
func anyOrder(r *rand.Rand, i int, at time.Time) rewards.Order {
	code := ""
	if r.IntN(10) < 7 {
		code = fmt.Sprintf("code-%d", r.IntN(4))
	}
	o := placed(fmt.Sprintf("o%03d", i), at, fmt.Sprintf("c%d", r.IntN(40)), code)
	o.Lines[0].Quantity = 2
	o.Lines[0].Current = 2
	switch r.IntN(12) {
	case 0:
		o.Cancelled = true
	case 1:
		o.Lines[0].Current, o.Payment = 1, rewards.PaymentPartiallyRefunded
	case 2:
		o.Test = true
	case 3:
		o.Payment, o.PaidAt = rewards.PaymentPending, nil
	case 4:
		o.Codes = append(o.Codes, rewards.AppliedCode{Code: "code-1", TookOff: usd(700)})
	case 5:
		o.Codes, o.Touches = nil, []rewards.Touch{{Code: "code-2", At: at.Add(-time.Hour)}}
	}
	none := int64(0)
	o.Customer.EarlierOrders = &none
	return o
}
