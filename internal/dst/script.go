package dst

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"grapevine/connectors/shopify/shopifytest"
	"grapevine/internal/secret"
	"grapevine/rewards"
	"grapevine/rewards/programfile"
	"grapevine/storage"
)

// advocate is somebody who refers others in one of the shops.
type advocate struct {
	shop    *shop
	id      string
	code    string
	buyer   *shopifytest.Customer
	program string
	blocked bool
	erased  bool
}

// act is one thing that somebody does, at its time.
type act struct {
	at    time.Duration
	label string
	do    func(d dice) error
}

// source writes a programme.
func source(name, reward, budget, minimum string) string {
	return fmt.Sprintf(`program: %s
title: Give 10 %%, get $10
friend:
  discount: {percent: "10", once_per_customer: false}
advocate:
  reward: %s
qualify: {customers: any, minimum: %q}
hold: 0s
partial_refund: proportional
fairness: {per_day: 1000, per_month: 1000, strangers: 1000}
%s`, name, reward, minimum, budget)
}

const (
	creditReward = `{kind: store_credit, amount: "10.00", expires: 180d}`
	codeReward   = `{kind: discount_code, amount: "10.00", minimum: "20.00", expires: 90d}`
)

// found installs the shops, and in each a programme and its advocates.
func (w *world) found(ctx context.Context) error {
	rng := rand.New(rand.NewPCG(w.plan.Seed, 0xf0))
	for _, s := range w.shops {
		installed, err := w.books.AddShop(ctx, storage.NewShop{Platform: "shopify", Domain: s.domain, Currency: "USD", TimeZone: "UTC", Token: secret.Text(s.token)})
		if err != nil {
			return err
		}
		s.id = installed.ID
		reward, budget := creditReward, ""
		if rng.IntN(2) == 0 {
			reward = codeReward
		}
		if rng.IntN(2) == 0 {
			s.cap = int64(1+rng.IntN(3)) * 1000
			budget = fmt.Sprintf("limits: {budget: \"%d.00\"}\n", s.cap/100)
		}
		s.reward, s.budget = reward, budget
		if err := w.apply(ctx, s, "30.00"); err != nil {
			return err
		}
		for i := range 1 + rng.IntN(2) {
			if err := w.join(ctx, s, fmt.Sprintf("ana%d", i)); err != nil {
				return err
			}
		}
	}
	return nil
}

// apply makes a shop's programme what its terms say.
func (w *world) apply(ctx context.Context, s *shop, minimum string) error {
	text := source("give10", s.reward, s.budget, minimum)
	p, err := programfile.Parse([]byte(text), "USD", time.UTC)
	if err != nil {
		return err
	}
	_, _, err = w.books.ApplyProgram(ctx, s.id, p, text)
	return err
}

// join makes somebody an advocate.
func (w *world) join(ctx context.Context, s *shop, name string) error {
	email := name + "@example.org"
	c, err := s.AddCustomer(shopifytest.CustomerInput{Email: email, FirstName: name})
	if err != nil {
		return err
	}
	a, _, err := w.books.CreateAdvocate(ctx, s.id, rewards.NewAdvocate{CustomerID: strconv.FormatInt(c.ID, 10), Email: email, FirstName: name, Code: strings.ToUpper(name) + "-7Q2M"})
	if err != nil {
		return err
	}
	w.people = append(w.people, &advocate{shop: s, id: a.ID, code: a.Code, buyer: c, program: "give10"})
	return nil
}

// script has everybody do their acts.
func (w *world) script() {
	defer w.acting.Add(-1)
	rng := rand.New(rand.NewPCG(w.plan.Seed, 0x5c))
	acts := w.orders(rng)
	acts = append(acts, w.troubles(rng)...)
	acts = append(acts, w.staff(rng)...)
	slices.SortStableFunc(acts, func(a, b act) int { return cmp.Compare(a.at, b.at) })
	begun := time.Now()
	for _, s := range w.shops {
		s.post()
	}
	for _, a := range acts {
		time.Sleep(a.at - time.Since(begun))
		if w.over {
			return
		}
		d := w.bus.park(nil, a.label)
		if err := a.do(d); err != nil {
			w.bus.note("%s: %v", a.label, err)
		}
		for _, s := range w.shops {
			s.post()
		}
	}
}

// at draws a time within the span.
func (w *world) at(rng *rand.Rand, from time.Duration) time.Duration {
	return from + time.Duration(rng.Int64N(int64(max(w.plan.Span-from, time.Minute))))
}

// orders are what people buy, and what becomes of it.
func (w *world) orders(rng *rand.Rand) (acts []act) {
	n, begin, rush := 2+rng.IntN(5), w.at(rng, 0), rng.IntN(2) == 0
	if w.plan.Orders > 0 {
		n = min(n, w.plan.Orders)
	}
	for i := range n {
		o := &bought{n: i, by: w.people[rng.IntN(len(w.people))], plain: rng.IntN(10) < 3, unpaid: rng.IntN(5) == 0, price: []string{"40.00", "80.00", "25.00", "33.50"}[rng.IntN(4)]}
		w.bought = append(w.bought, o)
		placed := w.at(rng, 0)
		if rush { // all within minutes
			placed = begin + time.Duration(rng.Int64N(int64(3*time.Minute)))
		}
		acts = append(acts, act{placed, fmt.Sprintf("order %d is placed", i), o.place})
		for k := range rng.IntN(3) {
			next := o.change(rng.IntN(8))
			acts = append(acts, act{w.at(rng, placed), fmt.Sprintf("order %d change %d", i, k), next})
		}
	}
	return acts
}

// bought is an order of the script.
type bought struct {
	n      int
	by     *advocate
	plain  bool
	unpaid bool
	price  string
	id     int64
}

func (o *bought) place(dice) error {
	in := shopifytest.OrderInput{
		Customer: &shopifytest.CustomerInput{Email: fmt.Sprintf("friend%d@example.com", o.n), FirstName: "Ben"},
		Paid:     !o.unpaid, Shipping: "5.00", Lines: []shopifytest.LineInput{{Title: "Tea", Price: o.price}, {Title: "Cup", Price: "10.00"}},
	}
	if !o.plain {
		in.Codes, in.ForceCodes = []shopifytest.CodeInput{{Code: o.by.code, Percent: "10"}}, true
	}
	placed, err := o.by.shop.PlaceOrder(in)
	if err == nil {
		o.id = placed.ID
	}
	return err
}

// change is one of the things that happen to orders.
func (o *bought) change(kind int) func(dice) error {
	return func(dice) (err error) {
		s := o.by.shop
		switch kind {
		case 0, 1:
			_, err = s.Pay(o.id, "")
		case 2:
			_, err = s.Refund(o.id, shopifytest.RefundInput{Lines: []shopifytest.RefundLineInput{{Index: 1}}})
		case 3:
			_, err = s.Refund(o.id, shopifytest.RefundInput{Lines: []shopifytest.RefundLineInput{{Index: 0}, {Index: 1}}})
		case 4:
			_, err = s.Cancel(o.id, shopifytest.CancelInput{Refund: true})
		case 5:
			_, err = s.Refund(o.id, shopifytest.RefundInput{Amount: "3.00"})
		case 6:
			_, err = s.Edit(o.id, shopifytest.EditInput{})
		case 7:
			err = s.DeleteOrder(o.id)
		}
		return err
	}
}
