package rewards_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"grapevine/rewards"
)

// forAdvocate is the rule of a programme with one reward.
func forAdvocate(spec rewards.RewardSpec) []rewards.Rule {
	return []rewards.Rule{{Name: "advocate", For: rewards.ForAdvocate, Reward: spec}}
}

func simpleOffer() rewards.Program {
	return rewards.Program{
		Name: "offer", Version: 1, Currency: "USD", AppliedAt: dayZero, Budget: cents,
		Qualify:       rewards.Qualify{Customers: rewards.CustomersNew, Minimum: cents},
		PartialRefund: rewards.RefundProportional, Rules: forAdvocate(rewards.RewardSpec{Kind: rewards.KindStoreCredit, Amount: usd(1000)}),
	}
}

func simpleOrder(id string) rewards.Order {
	return rewards.Order{
		ID: id, PlacedAt: dayZero, UpdatedAt: dayZero, Currency: "USD", Payment: rewards.PaymentPaid,
		Customer: &rewards.Person{ID: "cust-" + id, EarlierOrders: new(int64)},
		Codes:    []rewards.AppliedCode{{Code: "code-anna", TookOff: usd(500)}},
		Lines:    []rewards.Line{{ID: "1", Quantity: 1, Current: 1, Amount: usd(9000)}},
	}
}

func TestOrdersOfOneBatchSeeWhatTheOthersUsedUp(t *testing.T) {
	t.Parallel()
	offer := simpleOffer()
	offer.Budget, offer.PerAdvocate = usd(2500), 3
	w := offerWorld(offer)
	ids := []string{"o1", "o2", "o3", "o4"}
	for _, id := range ids {
		w.orders[id] = simpleOrder(id)
	}
	w.confirm(t, ids...)
	for i, want := range []rewards.Reason{"", "", rewards.ReasonBudgetExhausted, rewards.ReasonBudgetExhausted} {
		if got := w.records[ids[i]].Decision.Reason; got != want {
			t.Errorf("order %s: %q", ids[i], got)
		}
	}
}

func TestAnEmptyBookWorks(t *testing.T) {
	t.Parallel()
	b := &rewards.Book{
		ShopCurrency: "USD", Now: dayZero, Versions: map[string][]rewards.Program{"offer": {simpleOffer()}},
		Owners: map[string]rewards.Claim{"CODE-ANNA": {AdvocateID: "a", CustomerID: "c", Program: "offer"}},
		Mint:   rewards.NewMint(),
	}
	c, err := b.Apply(simpleOrder("o1"), "", "")
	if err != nil || c.Record.Decision.Outcome != rewards.OutcomeRewarded || len(c.Rewards) != 1 || c.Rewards[0].Was != "" || c.Rewards[0].Actor != "engine" {
		t.Fatalf("%+v, %v", c, err)
	}
	if len(b.Rewards["o1"]) != 1 || b.BudgetUsed["offer"] != usd(1000) || len(b.AdvocateUsed[rewards.UsedKey("offer", "a")]) != 1 {
		t.Fatalf("%+v", b)
	}
	again, err := b.Apply(simpleOrder("o1"), "", "")
	if err != nil || len(again.Rewards)+len(again.Postings)+len(again.Jobs)+len(again.Budget) > 0 {
		t.Fatalf("the same again: %+v, %v", again.Effect, err)
	}
}

func TestAnOrderNeedsAnID(t *testing.T) {
	t.Parallel()
	if _, err := (&rewards.Book{}).Apply(rewards.Order{}, "", ""); rewards.KindOf(err) != rewards.Invalid || rewards.CodeOf(err) != "no_order_id" {
		t.Fatal(err)
	}
}

func TestAnOlderStateChangesNothing(t *testing.T) {
	t.Parallel()
	w := offerWorld(simpleOffer())
	w.orders["o1"] = simpleOrder("o1")
	w.confirm(t, "o1")
	before := w.records["o1"]
	old := simpleOrder("o1")
	old.UpdatedAt, old.Cancelled = dayZero.Add(-time.Second), true
	c, err := w.book("o1").Apply(old, "", "")
	if err != nil || !reflect.DeepEqual(c, rewards.Change{Record: before}) {
		t.Fatalf("%+v, %v", c, err)
	}
}

func TestVeryManyCodesAreNotStored(t *testing.T) {
	t.Parallel()
	w := offerWorld(simpleOffer())
	o := simpleOrder("o1")
	for i := range 10_000 {
		o.Codes = append(o.Codes, rewards.AppliedCode{Code: fmt.Sprint("X", i)})
	}
	w.orders["o1"] = o
	w.confirm(t, "o1")
	rec := w.records["o1"]
	if rec.Decision.Reason != rewards.ReasonTooManyCodes || len(rec.Facts.Order.Codes) != rewards.MaxCodes+1 || len(o.Codes) != 10_001 {
		t.Fatalf("%s, %d codes", rec.Decision.Reason, len(rec.Facts.Order.Codes))
	}
}

func TestAClockThatRunsAheadKeepsTheVersion(t *testing.T) {
	t.Parallel()
	w := offerWorld(simpleOffer())
	o := simpleOrder("o1")
	o.PlacedAt, o.Payment = dayZero.Add(time.Hour), rewards.PaymentPending // the shop's clock
	w.orders["o1"] = o
	w.confirm(t, "o1")
	second := simpleOffer()
	second.Version, second.AppliedAt, second.Rules[0].Reward.Amount = 2, dayZero.Add(time.Minute), usd(1)
	w.versions["offer"] = append(w.versions["offer"], second)
	w.now = dayZero.Add(2 * time.Hour)
	o.Payment = rewards.PaymentPaid
	w.orders["o1"] = o
	w.confirm(t, "o1")
	if r := w.rewards["o1"][0]; r.Version != 1 || r.Value != usd(1000) {
		t.Fatalf("%+v", r)
	}
}

func TestCreditAlwaysEnds(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		kind    rewards.RewardKind
		expires time.Duration
		want    time.Time
	}{
		"a credit with an end":      {rewards.KindStoreCredit, 36 * time.Hour, dayZero.Add(36 * time.Hour)},
		"a credit without one":      {rewards.KindStoreCredit, 0, dayZero.Add(3650 * 24 * time.Hour)},
		"a code with an end":        {rewards.KindDiscountCode, time.Hour + time.Millisecond, dayZero.Add(time.Hour)},
		"a code without one, never": {rewards.KindDiscountCode, 0, time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			offer := simpleOffer()
			offer.Rules = forAdvocate(rewards.RewardSpec{Kind: tc.kind, Amount: usd(1000), Expires: tc.expires, Discount: rewards.Discount{Amount: usd(1000)}})
			w := offerWorld(offer)
			w.orders["o1"] = simpleOrder("o1")
			w.confirm(t, "o1")
			r := w.rewards["o1"][0]
			if !r.ExpiresAt.Equal(tc.want) || (r.Code != "") != (tc.kind == rewards.KindDiscountCode) || r.Status != rewards.StatusIssuing {
				t.Fatalf("%+v", r)
			}
		})
	}
}

func TestVersionAt(t *testing.T) {
	t.Parallel()
	v := func(n int, day int) rewards.Program {
		return rewards.Program{Version: n, AppliedAt: dayZero.AddDate(0, 0, day)}
	}
	versions := []rewards.Program{v(1, 0), v(2, 5), v(3, 10)}
	for day, want := range map[int]int{-9: 1, 0: 1, 4: 1, 5: 2, 9: 2, 10: 3, 99: 3} {
		if p, ok := rewards.VersionAt(versions, dayZero.AddDate(0, 0, day)); !ok || p.Version != want {
			t.Errorf("day %d: version %d", day, p.Version)
		}
	}
	if _, ok := rewards.VersionAt(nil, dayZero); ok {
		t.Error("a version of nothing")
	}
}

func TestRuns(t *testing.T) {
	t.Parallel()
	from, until := dayZero, dayZero.Add(time.Hour)
	p := rewards.Program{From: &from, Until: &until}
	for at, want := range map[time.Time]bool{
		from.Add(-1): false, from: true, until.Add(-1): true, until: false,
	} {
		if p.Runs(at) != want {
			t.Errorf("%s: %v", at, !want)
		}
	}
	if !(rewards.Program{}).Runs(dayZero) {
		t.Error("an open offer does not run")
	}
}

// A rate that no file can hold is no ground for paying.
func TestADamagedProgrammeHolds(t *testing.T) {
	t.Parallel()
	offer := simpleOffer()
	offer.Rules = forAdvocate(rewards.RewardSpec{Kind: rewards.KindStoreCredit, Percent: 20_000})
	w := offerWorld(offer)
	w.orders["o1"] = simpleOrder("o1")
	w.confirm(t, "o1")
	if d := w.records["o1"].Decision; d.Outcome != rewards.OutcomeHeld || d.Reason != rewards.ReasonUnreadableOrder || len(w.rewards["o1"]) != 0 {
		t.Fatalf("%+v", d)
	}
}
