package storage

import (
	"time"

	"grapevine/rewards"
	"grapevine/webhooks"
)

// metricsZone is where the shop of the book lies: its clocks go forward on 10 March 2024.
var metricsZone = func() *time.Location {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		panic(err)
	}
	return zone
}()

// newYork reads "03-09 23:59" as a time of 2024 in the shop's zone.
func newYork(s string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", "2024-"+s, metricsZone)
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

// metricsBook is a shop whose figures were reckoned by hand: see metrics_test.go.
type metricsBook struct {
	*referred
	people map[string]rewards.Advocate
	mark   time.Time
}

// named is a mint whose advocates are called so, because the variant of an advocate comes from her id.
func named(names ...string) rewards.Mint {
	m := rewards.NewMint()
	id := m.ID
	m.ID = func(prefix string) string {
		if prefix != "adv_" || len(names) == 0 {
			return id(prefix)
		}
		name := names[0]
		names = names[1:]
		return prefix + name
	}
	return m
}

func (s *store) metricsBook() *metricsBook {
	s.t.Helper()
	s.DB = s.open(Options{Mint: named("anna", "ben", "cleo", "dora")})
	shop, err := s.AddShop(s.ctx, NewShop{Platform: "shopify", Domain: "book.myshopify.com", Currency: "USD", TimeZone: "America/New_York", Token: "shpat_canary"})
	s.no(err)
	b := &metricsBook{referred: &referred{store: s, shop: shop}, people: map[string]rewards.Advocate{}, mark: time.Date(2025, 12, 1, 0, 0, 0, 0, time.UTC)}
	b.lane = s.lane(shop.ID)
	s.unlock()
	return b
}

// on dates all that f leaves behind: the databases' clocks tell of today.
func (b *metricsBook) on(when string, f func()) {
	b.t.Helper()
	f()
	at := newYork(when)
	for table, column := range map[string]string{"ledger": "at", "rewards": "created_at", "codes": "created_at", "advocates": "created_at"} {
		b.raw("UPDATE "+table+" SET "+column+" = ? WHERE shop_id = ? AND "+column+" > ?", at, b.shop.ID, b.mark)
	}
}

// join makes a customer an advocate of the programme that was applied last.
func (b *metricsBook) join(customer string) {
	b.t.Helper()
	a, _, err := b.CreateAdvocate(b.ctx, b.shop.ID, rewards.NewAdvocate{CustomerID: customer})
	b.no(err)
	b.people[a.ID[len("adv_"):]] = a
}

// sale is an order of a customer over so many cents, paid at once.
func sale(id, when, customer string, cents int64) rewards.Order {
	at, none := newYork(when), int64(0)
	return rewards.Order{
		ID: id, Name: "#" + id, PlacedAt: at, UpdatedAt: at, PaidAt: &at, Currency: "USD", Payment: rewards.PaymentPaid,
		Customer: &rewards.Person{ID: customer, EarlierOrders: &none},
		Lines:    []rewards.Line{{ID: "l1", Quantity: 2, Current: 2, Amount: usd(cents)}},
	}
}

// by puts an advocate's code on an order, which took a tenth off.
func (b *metricsBook) by(name string, o rewards.Order) rewards.Order {
	o.Codes = []rewards.AppliedCode{{Code: b.people[name].Code, TookOff: usd(o.Lines[0].Amount.Minor / 10)}}
	return o
}

// plain stores orders that carry no code, as webhooks do.
func (b *metricsBook) plain(orders ...rewards.Order) {
	b.t.Helper()
	var all []webhooks.ShopOrder
	for _, o := range orders {
		all = append(all, webhooks.ShopOrder{ShopID: b.shop.ID, Order: o})
	}
	b.no(b.write(b.ctx, "recording", func(x *txn) error {
		return (&inboxTx{x: x, erased: map[[2]string]bool{}}).RecordPlain(b.ctx, all)
	}))
}

// imported stores orders from before the programme knew the shop.
func (b *metricsBook) imported(orders ...rewards.Order) {
	b.t.Helper()
	var all []orderRecord
	for _, o := range orders {
		facts := rewards.Facts{Order: o, Historic: true}
		eligible, err := o.Eligible()
		b.no(err)
		all = append(all, orderRecord{b.shop.ID, rewards.Record{Facts: facts, Eligible: eligible, Decision: rewards.Judge(rewards.Sole(rewards.Program{}), facts)}})
	}
	b.no(b.write(b.ctx, "importing", func(x *txn) error { return x.saveOrders(all, always) }))
}

// step has the shop answer to the next step of an order's reward.
func (b *metricsBook) step(orderID string, res rewards.StepResult) {
	b.t.Helper()
	j := b.begin(rewards.JobFulfil)
	if want := b.the(orderID).ID; j.Subject != want {
		b.t.Fatalf("reward %s is next, not %s of order %s", j.Subject, want, orderID)
	}
	if res.ExternalID != "" {
		res.ExternalID += "-" + j.Subject
	}
	b.no(b.Step(b.ctx, b.lane, j, res))
}

// rewarded judges an order and has its reward issued.
func (b *metricsBook) rewarded(o rewards.Order) {
	b.t.Helper()
	b.decide(o)
	b.step(o.ID, rewards.StepResult{Step: rewards.StepIssue, ExternalID: "ext"})
}

// variantProgram gives 5 or 20 dollars, and lets any customer count.
func variantProgram() rewards.Program {
	p := creditProgram()
	p.Name, p.Title, p.Qualify.Customers = "spring", "Spring", rewards.CustomersAny
	large := p.Rules[0]
	p.Rules[0].Variant, p.Rules[0].Reward.Amount = "small", usd(500)
	large.Name, large.Variant, large.Reward.Amount = "large", "large", usd(2000)
	p.Rules = append(p.Rules, large)
	p.Variants = []rewards.Variant{{Name: "small", Weight: 1}, {Name: "large", Weight: 1}}
	return p
}

// story tells the story of the book: 28 orders, four advocates, two programmes, two variants.
func (b *metricsBook) story() {
	b.t.Helper()
	b.imported(sale("hi1", "01-02 10:00", "c-x9", 20_000), sale("hi2", "03-01 10:00", "c-x9", 2_000))
	give := creditProgram()
	give.Hold, give.Budget = 14*24*time.Hour, usd(100_000)
	_, _, err := b.ApplyProgram(b.ctx, b.shop.ID, give, "")
	b.no(err)
	b.on("01-01 00:00", func() { b.join("c-anna"); b.join("c-ben") })
	// Codes were there before January.
	b.raw("UPDATE codes SET created_at = ? WHERE shop_id = ?", newYork("01-01 00:00").AddDate(0, 0, -17), b.shop.ID)
	b.january()
	b.february()
	b.march()
	// What on dates again no trigger has seen.
	b.raw("UPDATE figure_shops SET next_day = -1")
	b.rollUp()
}

func (b *metricsBook) january() {
	b.t.Helper()
	b.plain(sale("p1", "01-05 12:00", "c-x1", 10_000), sale("p2", "01-20 12:00", "c-x2", 5_000), sale("p3", "01-31 23:30", "c-x1", 3_000))
	b.on("01-24 09:00", func() { b.rewarded(b.by("anna", sale("r1", "01-10 12:00", "c-f1", 8_000))) })
	b.on("01-26 09:00", func() { b.rewarded(b.by("anna", sale("r2", "01-12 12:00", "c-f2", 4_000))) })
	b.on("01-29 09:00", func() { b.rewarded(b.by("ben", sale("r3", "01-15 12:00", "c-f3", 6_000))) })
	known := b.by("anna", sale("j1", "01-16 12:00", "c-x1", 2_500))
	test := b.by("ben", sale("t1", "01-18 12:00", "c-f4", 9_900))
	test.Test = true
	unpaid := b.by("ben", sale("u1", "01-19 12:00", "c-f9", 7_000))
	unpaid.Payment, unpaid.PaidAt = rewards.PaymentPending, nil
	b.on("01-19 12:00", func() {
		b.decide(known, b.by("anna", sale("j2", "01-17 12:00", "c-anna", 2_000)), test)
		b.decide(unpaid)
	})
}

func (b *metricsBook) february() {
	b.t.Helper()
	_, _, err := b.ApplyProgram(b.ctx, b.shop.ID, variantProgram(), "")
	b.no(err)
	b.on("02-02 10:00", func() { b.join("c-f1"); b.join("c-dora") })
	b.plain(sale("p4", "02-03 12:00", "c-x3", 7_000), sale("p5", "02-14 12:00", "c-x2", 2_000))
	b.on("02-08 12:00", func() { b.rewarded(b.by("cleo", sale("r5", "02-08 12:00", "c-f5", 9_000))) })
	b.on("02-10 09:00", func() { // half of r3 comes back, and half of its reward
		back := b.by("ben", sale("r3", "01-15 12:00", "c-f3", 6_000))
		back.UpdatedAt, back.Payment, back.Lines[0].Current = newYork("02-10 08:00"), rewards.PaymentPartiallyRefunded, 1
		b.decide(back)
		b.step("r3", rewards.StepResult{Step: rewards.StepReduce, Taken: usd(500)})
	})
	b.on("02-23 12:00", func() { b.rewarded(b.by("dora", sale("r7", "02-22 12:00", "c-x3", 5_500))) })
	b.on("02-26 12:00", func() { b.rewarded(b.by("dora", sale("r8", "02-25 12:00", "c-f8", 6_500))) })
	held := b.by("ben", sale("h1", "02-26 12:00", "c-f10", 3_500))
	held.Customer.EarlierOrders = nil // the shop does not tell: a person must look
	b.on("02-26 13:00", func() { b.decide(held) })
	b.on("02-20 12:00", func() { // its reward stays on its way
		b.decide(b.by("cleo", sale("r6", "02-20 12:00", "c-f6", 4_500)))
		b.raw("DELETE FROM jobs WHERE kind = 'fulfil'")
	})
}

func (b *metricsBook) march() {
	b.t.Helper()
	b.on("03-05 09:00", func() { // all of r2 comes back, but its reward was spent
		back := b.by("anna", sale("r2", "01-12 12:00", "c-f2", 4_000))
		back.UpdatedAt, back.Payment, back.Lines[0].Current = newYork("03-05 08:00"), rewards.PaymentRefunded, 0
		b.decide(back)
		b.step("r2", rewards.StepResult{Step: rewards.StepWithdraw, Taken: usd(0), Spent: true})
	})
	b.on("03-24 09:00", func() { b.rewarded(b.by("ben", sale("r9", "03-09 23:59", "c-f11", 11_000))) })
	gone, abroad := sale("c1", "03-12 12:00", "c-x7", 7_700), sale("e1", "03-13 12:00", "c-x6", 3_300)
	gone.Cancelled = true
	abroad.Currency, abroad.Lines[0].Amount.Currency = "EUR", "EUR"
	b.plain(sale("p6", "03-10 00:30", "c-x4", 1_500), sale("p7", "03-31 23:59", "c-f1", 1_000), gone, abroad,
		sale("p8", "04-01 00:00", "c-x5", 50_000), sale("p9", "05-20 12:00", "c-f3", 30_000))
	fresh := b.by("anna", sale("r10", "03-10 23:30", "c-f12", 12_000))
	fresh.PaidAt = nil // first seen as paid now, so that the hold runs
	b.on("03-11 09:00", func() { b.decide(fresh) })
}

// figures asks for figures, which must not fail.
func (b *metricsBook) figures(f rewards.FigureFilter) rewards.FigureReport {
	b.t.Helper()
	r, err := b.Figures(b.ctx, b.shop.ID, f)
	b.no(err)
	return r
}

// quarter is January to March.
func quarter(by rewards.Grouping) rewards.FigureFilter {
	return rewards.FigureFilter{From: rewards.Date{Year: 2024, Month: 1, Day: 1}, To: rewards.Date{Year: 2024, Month: 3, Day: 31}, By: by}
}
