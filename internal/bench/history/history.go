// Package history makes up the past of a shop: customers who come back or do not, advocates whose codes
// are used by few or many, seasons, refunds, cancellations, abuse. The same plan gives the same past, order
// by order, on every machine. Nobody in it is real.
package history

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"grapevine/rewards"
)

// Plan says how large a past is. The zero value of a field stands for its share of Orders: 60 customers, 2
// advocates for each hundred orders.
type Plan struct {
	Seed      uint64
	Orders    int
	Customers int
	Advocates int
	// Live is the part in percent, at the end, that was judged as it came; what is earlier was imported.
	Live int
}

const (
	years       = 3
	hold        = 14 * 24 * time.Hour
	oursPercent = 8  // of orders carry an advocate's code or link
	adsPercent  = 15 // carry a code of the shop's own
)

// Begin and End are the past's first and last moment.
var (
	Begin = time.Date(2023, 9, 1, 0, 0, 0, 0, time.UTC)
	End   = Begin.AddDate(years, 0, 0)
)

// Advocate is somebody with a code.
type Advocate struct {
	ID, CustomerID, EmailKey, Code string
	Since                          time.Time
}

// Program is what the live part was judged by.
func Program() rewards.Program {
	ten := rewards.Money{Minor: 1000, Currency: "USD"}
	return rewards.Program{
		Name: "give10", Version: 1, Title: "Give 10 %, get $10", Currency: "USD", AppliedAt: Begin,
		Friend:        rewards.Discount{Percent: 1000, OncePerCustomer: true},
		Rules:         []rewards.Rule{{Name: "advocate", For: rewards.ForAdvocate, Reward: rewards.RewardSpec{Kind: rewards.KindStoreCredit, Amount: ten, Expires: 180 * 24 * time.Hour}}},
		Qualify:       rewards.Qualify{Customers: rewards.CustomersNew, Minimum: rewards.Money{Minor: 3000, Currency: "USD"}},
		Attribution:   rewards.Attribution{Window: 30 * 24 * time.Hour},
		Hold:          hold,
		PartialRefund: rewards.RefundProportional,
		PerAdvocate:   50, PerAdvocateSpan: 365 * 24 * time.Hour,
	}
}

func (p Plan) withDefaults() Plan {
	if p.Customers == 0 {
		p.Customers = max(p.Orders*60/100, 1)
	}
	if p.Advocates == 0 {
		p.Advocates = max(p.Orders*2/100, 1)
	}
	if p.Live == 0 {
		p.Live = 40
	}
	return p
}

// People lists who has a code, oldest first. Every advocate is a customer of the past.
func (p Plan) People() []Advocate {
	p = p.withDefaults()
	all := make([]Advocate, p.Advocates)
	span := End.Sub(Begin) * 9 / 10
	for i := range all {
		c := i * (p.Customers / p.Advocates)
		all[i] = Advocate{
			ID: fmt.Sprintf("adv_%08d", i), CustomerID: customerID(c), EmailKey: emailKey(c),
			Code:  fmt.Sprintf("%s-%04X", names[i%len(names)], i),
			Since: Begin.Add(span / time.Duration(p.Advocates) * time.Duration(i)).Truncate(time.Second),
		}
	}
	return all
}

var names = []string{"ANNA", "BEN", "CLARA", "DAVID", "EMMA", "FINN", "GRETA", "HUGO", "IDA", "JAN", "KIM", "LEA", "MAX", "NORA", "OLE", "PIA"}

func customerID(n int) string { return fmt.Sprint(7_000_000_000 + n) }

func emailKey(n int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "customer %d", n))
	return hex.EncodeToString(sum[:16])
}

// Each makes the past, oldest order first, as a store would hold it.
func (p Plan) Each(f func(rewards.Record) error) error {
	p = p.withDefaults()
	m := newMaker(p)
	return eachMoment(m.rand, p.Orders, func(i int, at time.Time) error {
		rec, err := m.record(i, at)
		if err != nil {
			return err
		}
		return f(rec)
	})
}

// eachMoment spreads n orders over the years: growth, weekdays, a busy end of the year, busy evenings.
func eachMoment(r *rand.Rand, n int, f func(i int, at time.Time) error) error {
	var weights []float64
	total := 0.0
	for day := Begin; day.Before(End); day = day.AddDate(0, 0, 1) {
		w := 1 + float64(len(weights))/1500
		w *= []float64{1.15, 0.95, 0.9, 0.92, 0.97, 1.05, 1.1}[day.Weekday()]
		w *= []float64{0.75, 0.8, 0.9, 0.95, 1, 0.95, 0.85, 0.85, 1, 1.05, 1.6, 1.5}[day.Month()-1]
		weights = append(weights, w)
		total += w
	}
	i, passed := 0, 0.0
	for d, w := range weights {
		passed += w
		upTo := int(passed / total * float64(n))
		if d == len(weights)-1 {
			upTo = n
		}
		seconds := make([]int, upTo-i)
		for k := range seconds {
			hour := []int{7, 9, 10, 11, 12, 13, 15, 17, 18, 19, 19, 20, 20, 20, 21, 21, 22, 23}[r.IntN(18)]
			seconds[k] = hour*3600 + r.IntN(3600)
		}
		slices.Sort(seconds)
		for _, s := range seconds {
			if err := f(i, Begin.AddDate(0, 0, d).Add(time.Duration(s)*time.Second)); err != nil {
				return err
			}
			i++
		}
	}
	return nil
}
