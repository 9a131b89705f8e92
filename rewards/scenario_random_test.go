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

// Stories that nobody wrote: orders that grow, shrink, change hands and come back, shops that refuse or lose
// answers, people who change their minds. The world checks its invariants after each step; in the end nothing
// may be left to do, and nothing deserved by an order that deserves nothing.
func TestAnyStoryKeepsBooksAndLimits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := improvised{T: t, w: offerWorld(richOffer(t))}
		acts := map[string]func(){
			"order": s.tells, "order goes on": s.tells, "and on": s.tells, "person": s.decides, "time": s.waits, "shop": s.shopTurns, "spend": s.spends,
			"use": s.uses, "exchange": s.exchanges, "expire": s.expires, "reissue": s.reissues,
		}
		names := slices.Sorted(maps.Keys(acts))
		for range 25 {
			acts[rapid.SampledFrom(names).Draw(t, "act")]()
		}
		s.ends()
	})
}

// richOffer draws an offer of several rewards, some of them from the second referral on or as milestones,
// within limits.
func richOffer(t *rapid.T) rewards.Program {
	p := anyOffer(t)
	p.Rules = slices.DeleteFunc(p.Rules, func(r rewards.Rule) bool { return r.For == rewards.ForAdvocate })
	for i := range rapid.IntRange(2, 3).Draw(t, "rules") {
		r := rewards.Rule{Name: fmt.Sprint("rule-", i), For: rewards.ForAdvocate, Reward: rapid.SampledFrom([]rewards.RewardSpec{
			{Kind: rewards.KindStoreCredit, Amount: usd(1000)},
			{Kind: rewards.KindCash, Percent: 100},
			{Kind: rewards.KindPoints, PerUnit: 2},
			{Kind: rewards.KindEntry, Amount: rewards.Money{Minor: 1, Currency: rewards.UnitEntries}},
			{Kind: rewards.KindDiscountCode, Discount: rewards.Discount{Amount: usd(777)}, Expires: 24 * time.Hour},
			{Kind: rewards.KindGiftCard, Percent: 1000},
			{Kind: rewards.KindTag, Tag: "vip"},
		}).Draw(t, "reward")}
		switch rapid.SampledFrom([]string{"each", "from the second", "second", "every second"}).Draw(t, "when") {
		case "from the second":
			r.From = 2
		case "second":
			r.Milestone, r.From, r.To = true, 2, 2
		case "every second":
			r.Milestone, r.Every = true, 2
		}
		p.Rules = append(p.Rules, r)
	}
	p.Points = &rewards.PointsPlan{Per: 100, Worth: usd(100), Kind: rewards.KindStoreCredit}
	p.Levels = []rewards.Level{{Name: "silver", Referrals: 2, Factor: 3 * rewards.One / 2}}
	if rapid.Bool().Draw(t, "with a budget") {
		p.Budget = usd(rapid.SampledFrom([]int64{1000, 1010, 2000, 4000}).Draw(t, "budget")) // just enough for so many
	}
	if rapid.Bool().Draw(t, "with a cap") {
		p.PerAdvocate = rapid.IntRange(1, 3).Draw(t, "cap")
	}
	return p
}

// improvised is a story that makes itself up.
type improvised struct {
	*rapid.T
	w *world
}

func (s improvised) orderID() string {
	return rapid.SampledFrom([]string{"o1", "o2", "o3"}).Draw(s.T, "order")
}

// tells has the shop tell a new order, or a new state of one.
func (s improvised) tells() {
	id := s.orderID()
	o, ok := s.w.orders[id]
	if !ok {
		o = anyOrder(s.T, id)
		if rapid.Bool().Draw(s.T, "tiny") {
			o.Lines = []rewards.Line{{ID: "1", Quantity: 1, Current: 1, Amount: usd(rapid.Int64Range(1, 99).Draw(s.T, "cents"))}}
		}
		o.Risk = rapid.SampledFrom([]rewards.Risk{rewards.RiskNone, rewards.RiskNone, rewards.RiskInvestigate}).Draw(s.T, "risk")
		if rapid.IntRange(0, 4).Draw(s.T, "guest") == 0 {
			o.Customer = nil
		}
	} else {
		o = s.changed(o)
	}
	s.w.now = s.w.now.Add(time.Second)
	o.UpdatedAt = s.w.now
	s.w.orders[id] = o
	s.w.confirm(s.T, id)
	s.w.work(s.T)
}

// changed draws what became of an order.
func (s improvised) changed(o rewards.Order) rewards.Order {
	o.Lines = slices.Clone(o.Lines)
	switch rapid.SampledFrom([]string{"less", "less", "more", "restored", "another code", "another customer", "disputed", "the same"}).Draw(s.T, "change") {
	case "less":
		return later(s.T, o)
	case "more":
		o.Lines = append(o.Lines, rewards.Line{ID: fmt.Sprint("more-", len(o.Lines)), Quantity: 1, Current: 1, Amount: usd(rapid.Int64Range(1, 9999).Draw(s.T, "more"))})
	case "disputed":
		o.Disputed = !o.Disputed
	case "restored":
		o.Cancelled, o.Payment, o.MoneyBack = false, rewards.PaymentPaid, cents
		for i := range o.Lines {
			o.Lines[i].Current = o.Lines[i].Quantity
		}
	case "another code":
		o.Codes = []rewards.AppliedCode{{Code: rapid.SampledFrom([]string{"code-anna", "CODE-BOB"}).Draw(s.T, "code"), TookOff: usd(600)}}
	case "another customer":
		o.Customer = &rewards.Person{ID: "cust-other-" + o.ID, EmailKey: "key-other-" + o.ID, EarlierOrders: new(int64)}
	}
	return o
}

// decides has a person approve, reject, or take the last decision back.
func (s improvised) decides() {
	id := s.orderID()
	if _, seen := s.w.records[id]; !seen {
		return
	}
	var r *rewards.Review
	if v := rapid.SampledFrom([]rewards.Verdict{"", rewards.VerdictApprove, rewards.VerdictReject}).Draw(s.T, "verdict"); v != "" {
		r = &rewards.Review{Verdict: v, Actor: "user:mia", Reason: "so it is", At: s.w.now}
	}
	b := s.w.book(id)
	c, err := b.Review(id, r)
	if err != nil {
		s.Fatalf("review: %v", err)
	}
	s.w.records[id] = c.Record
	s.w.store(s.T, c.Effect)
	s.w.sameBook(s.T, b)
	s.stored(rewards.Effect{})
}

func (s improvised) stored(e rewards.Effect) {
	s.w.store(s.T, e)
	s.w.check(s.T)
	s.w.work(s.T)
}

func (s improvised) waits() {
	s.w.now = s.w.now.Add(time.Duration(rapid.IntRange(1, 60).Draw(s.T, "hours")) * time.Hour)
	s.w.work(s.T)
}

func (s improvised) shopTurns() {
	mood := rapid.SampledFrom([]string{"well", "well", "silent", "loses answers", "refuses"}).Draw(s.T, "mood")
	s.w.shop.silent, s.w.shop.losesAnswers, s.w.shop.refuses = mood == "silent", mood == "loses answers", mood == "refuses"
}

// any draws one of the rewards, ok is false where none fits.
func (s improvised) any(fits func(rewards.Reward) bool) (r rewards.Reward, ok bool) {
	all := slices.DeleteFunc(s.w.all(), func(r rewards.Reward) bool { return !fits(r) })
	if len(all) == 0 {
		return r, false
	}
	return all[rapid.IntRange(0, len(all)-1).Draw(s.T, "which")], true
}

// spends uses what a customer has in the shop.
func (s improvised) spends() {
	r, ok := s.any(func(r rewards.Reward) bool {
		th := s.w.shop.byID[r.ExternalID]
		return th != nil && th.unheard == nil && !th.gone && r.Status.Live()
	})
	if th := s.w.shop.byID[r.ExternalID]; ok && r.Spec.Kind.AsCode() {
		th.used = true
	} else if ok {
		th.amount = rapid.Int64Range(0, th.amount).Draw(s.T, "left")
	}
}

// uses pays a part of what is kept here.
func (s improvised) uses() {
	if r, ok := s.any(func(r rewards.Reward) bool { return r.Unused().Minor > 0 }); ok {
		part := r.Unused()
		part.Minor = rapid.Int64Range(1, part.Minor).Draw(s.T, "part")
		e, _, err := r.Use(part, "paid", "user:mia")
		if err != nil {
			s.Fatalf("use: %v", err)
		}
		s.stored(e)
	}
}

func (s improvised) exchanges() {
	held := slices.DeleteFunc(s.w.all(), func(r rewards.Reward) bool { return r.AdvocateID != "adv-anna" || r.Beneficiary != rewards.ForAdvocate })
	p := s.w.versions["offer"][0]
	e, _, err := rewards.Exchange(p, held, rapid.Int64Range(1, 300).Draw(s.T, "points"), s.w.budgets()[p.Name], s.w.mint(), s.w.now, "user:anna")
	switch rewards.KindOf(err) {
	case "":
		s.stored(e)
	case rewards.Conflict, rewards.Invalid: // not enough of them, or of the budget
	default:
		s.Fatalf("exchange: %v", err)
	}
}

func (s improvised) expires() {
	for _, r := range s.w.all() {
		if e, err := r.Expire(s.w.now); err == nil {
			s.stored(e)
		}
	}
}

// reissues replaces a code that its owner cannot use. One that was used already would be paid twice, which
// the budget does not stop.
func (s improvised) reissues() {
	r, ok := s.any(func(r rewards.Reward) bool {
		th := s.w.shop.byID[r.ExternalID]
		return r.Status == rewards.StatusFailed || th != nil && !th.used
	})
	if e, _, err := rewards.Reissue(r, s.w.mint(), s.w.now, "user:mia"); ok && err == nil {
		s.stored(e)
	}
}

// ends lets time pass and the shop behave.
func (s improvised) ends() {
	s.w.shop.silent, s.w.shop.losesAnswers, s.w.shop.refuses = false, false, false
	for range 3 {
		s.w.now = s.w.now.Add(10 * 24 * time.Hour)
		s.w.work(s.T)
		for _, id := range slices.Sorted(maps.Keys(s.w.orders)) {
			s.w.confirm(s.T, id)
		}
		s.w.work(s.T)
	}
	for _, r := range s.w.all() {
		if r.Next() != rewards.StepNone && r.Status != rewards.StatusRevoked { // one that is replaced stays until the other is there
			s.Fatalf("left to do: %+v", r)
		}
		if d := s.w.records[r.OrderID].Decision; r.OrderID != "" && !d.Stands() && r.Status.Live() && r.Net.Minor > 0 {
			s.Fatalf("order %s is %s %s, and has %+v", r.OrderID, d.Outcome, d.Reason, r)
		}
	}
}
