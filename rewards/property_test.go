package rewards_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"grapevine/rewards"
)

var cents = rewards.Money{Currency: "USD"}

func usd(minor int64) rewards.Money { return rewards.Money{Minor: minor, Currency: "USD"} }

// anyOffer draws an offer without limits.
func anyOffer(t *rapid.T) rewards.Program {
	p := rewards.Program{
		Name: "offer", Version: 1, Currency: "USD", AppliedAt: dayZero,
		Qualify: rewards.Qualify{
			Customers: rapid.SampledFrom([]rewards.Customers{rewards.CustomersNew, rewards.CustomersAny}).Draw(t, "customers"),
			Minimum:   usd(rapid.Int64Range(0, 6000).Draw(t, "minimum")),
			Payments:  rapid.IntRange(0, 3).Draw(t, "payments"),
		},
		Hold:          time.Duration(rapid.IntRange(0, 5).Draw(t, "hold")) * 24 * time.Hour,
		PartialRefund: rapid.SampledFrom([]rewards.PartialRefund{rewards.RefundProportional, rewards.RefundKeep, rewards.RefundTakeBack}).Draw(t, "policy"),
		Budget:        cents,
	}
	p.Rules = forAdvocate(rapid.SampledFrom([]rewards.RewardSpec{
		{Kind: rewards.KindStoreCredit, Amount: usd(1000)},
		{Kind: rewards.KindStoreCredit, Percent: 500, Expires: 1000 * time.Hour},
		{Kind: rewards.KindDiscountCode, Discount: rewards.Discount{Amount: usd(777)}},
		{Kind: rewards.KindDiscountCode, Discount: rewards.Discount{Percent: 1500}, Expires: time.Hour},
		{Kind: rewards.KindGiftCard, Amount: usd(1500)},
		{Kind: rewards.KindTag, Tag: "vip"},
		{Kind: rewards.KindProduct, ProductID: "77"},
		{Kind: rewards.KindPoints, Amount: rewards.Money{Minor: 120, Currency: rewards.UnitPoints}, Expires: 20 * 24 * time.Hour},
		{Kind: rewards.KindCash, Percent: 1000},
		{Kind: rewards.KindDonation, Amount: usd(200), Charity: "reef"},
		{Kind: rewards.KindEntry, Amount: rewards.Money{Minor: 3, Currency: rewards.UnitEntries}},
	}).Draw(t, "reward"))
	if rapid.Bool().Draw(t, "two-sided") {
		p.Rules = append(p.Rules, rewards.Rule{Name: "friend", For: rewards.ForFriend, Reward: rewards.RewardSpec{Kind: rewards.KindStoreCredit, Amount: usd(300)}})
	}
	return p
}

func offerWorld(p rewards.Program) *world {
	w := newWorld("USD")
	w.versions[p.Name] = []rewards.Program{p}
	for _, name := range []string{"anna", "bob"} {
		code, _ := rewards.FoldCode("CODE-" + name)
		w.owners[code] = rewards.Claim{Code: code, AdvocateID: "adv-" + name, CustomerID: "cust-" + name, EmailKey: "key-" + name, Program: p.Name, Since: dayZero}
	}
	return w
}

// anyOrder draws an order as it is placed.
func anyOrder(t *rapid.T, id string) rewards.Order {
	o := rewards.Order{
		ID: id, PlacedAt: dayZero, UpdatedAt: dayZero, Currency: "USD",
		Payment:   rapid.SampledFrom([]rewards.Payment{rewards.PaymentPending, rewards.PaymentPaid}).Draw(t, "payment"),
		Customer:  &rewards.Person{ID: "cust-" + id, EmailKey: "key-" + id, EarlierOrders: new(int64)},
		Codes:     []rewards.AppliedCode{{Code: rapid.SampledFrom([]string{"code-anna", "CODE-BOB"}).Draw(t, "code"), TookOff: usd(500)}},
		MoneyBack: cents,
		Renewal:   rapid.SampledFrom([]int{0, 0, 0, 1, 2, 4}).Draw(t, "payment of a subscription"),
	}
	for i := range rapid.IntRange(1, 3).Draw(t, "lines") {
		n := rapid.Int64Range(1, 4).Draw(t, "pieces")
		o.Lines = append(o.Lines, rewards.Line{ID: fmt.Sprint(i), Quantity: n, Current: n, Amount: usd(rapid.Int64Range(1, 9999).Draw(t, "amount"))})
	}
	return o
}

// later draws the next state of an order's life: paid in the end, and only ever less of it left.
func later(t *rapid.T, o rewards.Order) rewards.Order {
	o.UpdatedAt = o.UpdatedAt.Add(time.Hour)
	o.Lines = slices.Clone(o.Lines)
	switch rapid.SampledFrom([]string{"nothing", "pay", "pay", "pay", "return", "return", "money", "fail", "dispute", "cancel", "refund"}).Draw(t, "what") {
	case "pay":
		if o.Payment == rewards.PaymentPending || o.Payment == rewards.PaymentVoided {
			o.Payment = rewards.PaymentPaid
		}
	case "fail":
		if o.Payment == rewards.PaymentPending {
			o.Payment = rewards.PaymentVoided
		}
	case "return":
		if i := rapid.IntRange(0, len(o.Lines)-1).Draw(t, "line"); o.Lines[i].Current > 0 && o.Payment != rewards.PaymentPending {
			o.Lines[i].Current--
			o.Payment = partly(o.Payment)
		}
	case "money":
		if o.Payment != rewards.PaymentPending {
			o.MoneyBack.Minor += rapid.Int64Range(1, 3000).Draw(t, "back")
			o.Payment = partly(o.Payment)
		}
	case "dispute": // begins, or ends
		o.Disputed = !o.Disputed
	case "cancel":
		o.Cancelled = true
	case "refund":
		if o.Payment != rewards.PaymentPending {
			o.Payment = rewards.PaymentRefunded
		}
	}
	return o
}

func partly(p rewards.Payment) rewards.Payment {
	if p == rewards.PaymentPaid {
		return rewards.PaymentPartiallyRefunded
	}
	return p
}

// Whatever was told in between, twice, late or not at all, the last state decides what the ledger holds.
func TestAnyWayOfHearingOfAnOrderEndsInTheSameLedger(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		offer := anyOffer(t)
		lives := map[string][]rewards.Order{}
		ids := []string{"o1", "o2", "o3"}[:rapid.IntRange(1, 3).Draw(t, "orders")]
		for _, id := range ids {
			life := []rewards.Order{anyOrder(t, id)}
			for range rapid.IntRange(0, 6).Draw(t, "states") {
				life = append(life, later(t, life[len(life)-1]))
			}
			// While the bank decides, it matters whether a reward was on its way before.
			life[len(life)-1].Disputed = false
			lives[id] = life
		}

		short := offerWorld(offer)
		for _, id := range ids {
			short.orders[id] = lives[id][len(lives[id])-1]
			short.confirm(t, id)
		}
		short.settleDown(t)

		long := offerWorld(offer)
		long.wander(t, ids, lives)
		for _, id := range ids {
			long.orders[id] = lives[id][len(lives[id])-1]
		}
		long.shop.silent, long.shop.losesAnswers = false, false
		long.confirm(t, ids...)
		long.settleDown(t)
		sameBalances(t, short, long)

		before := len(long.postings)
		long.wander(t, ids, lives) // all that again, now that it is old
		long.shop.silent, long.shop.losesAnswers = false, false
		long.settleDown(t)
		if len(long.postings) != before {
			t.Fatalf("a repetition posted %v", long.postings[before:])
		}
	})
}

// wander reads states of the lives in some order, never an older one that is passed off as new, and lets
// the shop be slow or forgetful.
func (w *world) wander(t *rapid.T, ids []string, lives map[string][]rewards.Order) {
	for range rapid.IntRange(0, 15).Draw(t, "steps") {
		id := rapid.SampledFrom(ids).Draw(t, "order")
		switch rapid.IntRange(0, 7).Draw(t, "step") {
		case 0:
			w.shop.silent = !w.shop.silent
		case 1:
			w.shop.losesAnswers = !w.shop.losesAnswers
		case 2:
			w.now = w.now.Add(time.Duration(rapid.IntRange(0, 100).Draw(t, "hours")) * time.Hour)
			if w.orders[id].ID != "" {
				w.work(t)
			}
		case 3:
			if _, ok := w.orders[id]; ok {
				w.trouble[id] = "unreadable"
				w.confirm(t, id)
				delete(w.trouble, id)
			}
		default:
			w.orders[id] = rapid.SampledFrom(lives[id]).Draw(t, "state")
			w.confirm(t, id)
			w.work(t)
		}
	}
}

// settleDown lets time pass until nothing is left to do.
func (w *world) settleDown(t tester) {
	t.Helper()
	for range 20 {
		w.now = w.now.Add(24 * time.Hour)
		w.work(t)
	}
	if len(w.jobs) > 0 {
		t.Fatalf("jobs are left: %v", w.jobs)
	}
}

func sameBalances(t tester, a, b *world) {
	t.Helper()
	for _, unit := range []string{"USD", rewards.UnitPoints, rewards.UnitEntries, rewards.UnitTickets} {
		for _, account := range []string{
			"program:offer", "loss:offer", "used:offer", "pending:adv-anna", "issued:adv-anna", "pending:adv-bob", "issued:adv-bob",
			"pending:friend", "issued:friend", "pending:charity/reef", "issued:charity/reef",
		} {
			if x, y := a.balanceIn(account, unit), b.balanceIn(account, unit); x != y {
				t.Fatalf("%s: %s the short way, %s the long way\n%+v\n%+v", account, x, y, a.rewards, b.rewards)
			}
		}
	}
	if x, y := a.shop.holds(), b.shop.holds(); x != y {
		t.Fatalf("the shop holds %d the short way, %d the long way", x, y)
	}
}

// Orders that come, grow, shrink and go as they please never pass a limit and never unsettle the ledger:
// world.check looks after each transaction.
func TestLimitsAndLedgerHoldAtEveryMoment(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		offer := anyOffer(t)
		offer.Budget = usd(rapid.Int64Range(500, 4000).Draw(t, "budget"))
		offer.PerAdvocate = rapid.IntRange(1, 4).Draw(t, "cap")
		w := offerWorld(offer)
		ids := []string{"o1", "o2", "o3", "o4", "o5", "o6"}
		for _, id := range ids {
			w.orders[id] = anyOrder(t, id)
		}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			id := rapid.SampledFrom(ids).Draw(t, "order")
			w.anything(t, id, ids)
		}
		w.shop.silent, w.shop.losesAnswers = false, false
		w.settleDown(t)
	})
}

// anything does one thing that can happen to an order, its reward or the shop.
func (w *world) anything(t *rapid.T, id string, ids []string) {
	o := w.orders[id]
	switch rapid.IntRange(0, 12).Draw(t, "step") {
	case 0:
		w.shop.silent = !w.shop.silent
	case 1:
		w.shop.losesAnswers = !w.shop.losesAnswers
	case 2:
		w.shop.refuses = !w.shop.refuses
	case 3:
		w.now = w.now.Add(time.Duration(rapid.IntRange(0, 100).Draw(t, "hours")) * time.Hour)
		w.work(t)
	case 4:
		for _, ext := range slices.Sorted(maps.Keys(w.shop.byID)) {
			th := w.shop.byID[ext]
			th.amount -= rapid.Int64Range(0, th.amount).Draw(t, "spent")
		}
	case 5:
		w.confirm(t, ids...)
		w.work(t)
	case 6:
		o = later(t, o)
		o.Cancelled = false
		w.tell(t, o)
	case 7:
		o.Lines = append(slices.Clone(o.Lines), rewards.Line{ID: "more", Quantity: 1, Current: 1, Amount: usd(rapid.Int64Range(1, 9999).Draw(t, "more"))})
		w.tell(t, o)
	case 8:
		o.Payment, o.MoneyBack.Minor = rewards.PaymentPaid, 0
		w.tell(t, o)
	case 9:
		w.reissue(t, id)
	case 10:
		c := w.owners["CODE-ANNA"]
		c.Blocked = !c.Blocked
		w.owners["CODE-ANNA"] = c
	default:
		w.tell(t, later(t, o))
	}
}

func (w *world) tell(t *rapid.T, o rewards.Order) {
	o.UpdatedAt = w.now
	w.orders[o.ID] = o
	w.confirm(t, o.ID)
	w.work(t)
}

// reissue replaces a reward that is not spent: one that was spent twice is the one thing that passes a
// budget.
func (w *world) reissue(t *rapid.T, id string) {
	for _, r := range w.rewards[id] {
		e, _, err := rewards.Reissue(r, w.mint(), w.now, "user:mia")
		if err != nil {
			continue
		}
		w.store(t, e)
		w.check(t)
		w.work(t)
		return
	}
}

// only is a rulebook that knows one programme.
type only rewards.Program

func (o only) Judging(name string) (rewards.Program, bool) { return rewards.Program(o), name == o.Name }

// The same facts in another order of codes are the same verdict.
func TestTheWinnerDoesNotDependOnTheOrderOfCodes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		offer := anyOffer(t)
		find := only(offer)
		f := rewards.Facts{Order: anyOrder(t, "o1"), At: dayZero, PaidAt: dayZero}
		for i := range rapid.IntRange(1, 6).Draw(t, "claims") {
			f.Claims = append(f.Claims, rewards.Claim{
				Code: fmt.Sprint("C", i), AdvocateID: fmt.Sprint(i), CustomerID: rapid.SampledFrom([]string{"cust-o1", "x"}).Draw(t, "who"),
				Program: rapid.SampledFrom([]string{"offer", "other"}).Draw(t, "program"),
				Since:   dayZero.Add(time.Duration(rapid.IntRange(0, 2).Draw(t, "age")) * time.Hour), TookOff: usd(rapid.Int64Range(0, 2).Draw(t, "off")),
			})
		}
		first := rewards.Judge(find, f)
		f.Claims = rapid.Permutation(f.Claims).Draw(t, "shuffled")
		if second := rewards.Judge(find, f); fmt.Sprint(first) != fmt.Sprint(second) {
			t.Fatalf("%+v\n%+v", first, second)
		}
		won := 0
		for _, c := range first.Candidates {
			if c.Won {
				won++
			}
			if c.Won == (c.Reason != "") {
				t.Fatalf("candidate %+v", c)
			}
		}
		if won > 1 || len(first.Candidates) != len(f.Claims) {
			t.Fatalf("%+v", first)
		}
	})
}
