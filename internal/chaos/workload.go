package main

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"grapevine/connectors/shopify/shopifytest"
)

// Who buys.
const (
	friend   = "friend"   // never bought before
	regular  = "regular"  // bought before anybody shared: earns nobody anything
	advocate = "advocate" // with her own code
)

const (
	advocates = 2 // of each shop
	// mailDomain is that of every person: found in a log, it is a leak.
	mailDomain = "canary-mail.example"
)

// sale is an order that is going to be placed.
type sale struct {
	Shop     int
	Advocate int     // whose code is used; -1: none
	Lines    []int64 // prices in whole units
	Buyer    string
	Test     bool
	Unpaid   bool // at first
}

// What happens to an order.
const (
	placed    = "placed"
	paid      = "paid"
	partly    = "refunded in part"
	refunded  = "refunded"
	cancelled = "cancelled"
)

// deed is one thing that happens in a shop.
type deed struct {
	At   time.Duration
	What string
	Sale int // which order, by its place among all
	sale
}

// drawDeeds lets orders come over the whole load, and some of them change a while later.
func (p *plan) drawDeeds(rng *rand.Rand) {
	n := int(p.Load/time.Second) * 14
	for i := range n {
		at := between(rng, 0, p.Load)
		s := p.drawSale(rng)
		p.Deeds = append(p.Deeds, deed{at, placed, i, s})
		later := at + between(rng, time.Millisecond, 2*time.Second)
		if s.Unpaid && rng.IntN(3) > 0 {
			p.Deeds = append(p.Deeds, deed{later, paid, i, s})
			later += between(rng, time.Millisecond, time.Second)
		}
		switch fate := rng.IntN(20); {
		case s.Unpaid && fate < 10:
		case fate < 3 && len(s.Lines) > 1:
			p.Deeds = append(p.Deeds, deed{later, partly, i, s})
		case fate < 5:
			p.Deeds = append(p.Deeds, deed{later, refunded, i, s})
		case fate < 6:
			p.Deeds = append(p.Deeds, deed{later, cancelled, i, s})
		}
	}
	slices.SortStableFunc(p.Deeds, func(a, b deed) int { return cmp.Compare(a.At, b.At) })
}

func (p *plan) drawSale(rng *rand.Rand) sale {
	s := sale{Shop: rng.IntN(len(p.Shops)), Advocate: rng.IntN(advocates), Buyer: friend}
	switch kind := rng.IntN(20); {
	case kind < 4:
		s.Advocate = -1
	case kind == 4:
		s.Buyer = regular
	case kind == 5:
		s.Buyer = advocate
	case kind == 6:
		s.Test = true
	case kind < 9:
		s.Unpaid = true
	}
	for range 1 + rng.IntN(3) {
		s.Lines = append(s.Lines, int64(12+rng.IntN(70)))
	}
	return s
}

// play does everything of the plan in the shops, in its time.
func (w *world) play() {
	treat := rand.New(rand.NewPCG(w.plan.Seed, 0x905))
	for _, d := range w.plan.Deeds {
		w.until(d.At)
		sh := w.shops[d.Shop]
		if err := sh.do(d); err != nil {
			w.fail("the workload: order %d %s: %v", d.Sale, d.What, err)
		}
		w.step("order %d of %s %s", d.Sale, sh.domain, d.What)
		for _, delivery := range sh.sim.TakeWebhooks() {
			w.post.take(treat, sh, delivery)
		}
	}
}

// do does one thing in the shop.
func (sh *shop) do(d deed) error {
	if d.What == placed {
		o, err := sh.sim.PlaceOrder(sh.order(d))
		if err == nil {
			sh.orders[d.Sale] = o.ID
		}
		return err
	}
	id := sh.orders[d.Sale]
	o, err := sh.sim.Order(id)
	if err != nil || o.CancelledAt != nil {
		return err
	}
	switch d.What {
	case paid:
		_, err = sh.sim.Pay(id, "")
	case partly:
		_, err = sh.sim.Refund(id, shopifytest.RefundInput{Lines: []shopifytest.RefundLineInput{{Index: 0}}})
	case refunded:
		var all shopifytest.RefundInput
		for i := range o.Lines {
			all.Lines = append(all.Lines, shopifytest.RefundLineInput{Index: i})
		}
		_, err = sh.sim.Refund(id, all)
	case cancelled:
		_, err = sh.sim.Cancel(id, shopifytest.CancelInput{Refund: true})
	}
	return err
}

// order is the checkout of a sale.
func (sh *shop) order(d deed) shopifytest.OrderInput {
	in := shopifytest.OrderInput{Paid: !d.Unpaid, Test: d.Test}
	mail := fmt.Sprintf("friend%d@%s", d.Sale, mailDomain)
	switch d.Buyer {
	case regular:
		mail = "regular@" + mailDomain
	case advocate:
		mail = sh.people[max(d.Advocate, 0)].mail
	}
	in.Customer = &shopifytest.CustomerInput{Email: mail, FirstName: "Canary"}
	for _, price := range d.Lines {
		in.Lines = append(in.Lines, shopifytest.LineInput{Title: "Teapot", Price: fmt.Sprintf("%d.00", price)})
	}
	if d.Advocate >= 0 {
		in.Codes = []shopifytest.CodeInput{{Code: sh.people[d.Advocate].Code}}
	}
	return in
}
