package stripe

import (
	"context"
	"net/http"
	"testing"

	"grapevine/connectors"
	"grapevine/connectors/stripe/stripetest"
	"grapevine/rewards"
)

// customer is one with credits of 10.00 for each of some rewards.
func (w *world) credited(ids ...string) (customer string, credits []string) {
	w.Helper()
	customer, err := w.sim.AddCustomer(anna)
	w.no(err)
	for _, id := range ids {
		credits = append(credits, w.do(id, rewards.GrantCredit{RewardID: id, CustomerID: customer, Amount: usd(1000)}).ExternalID)
	}
	return customer, credits
}

// baseline is what a look before the first try tells.
func (w *world) baseline(a rewards.TakeCredit) string {
	w.Helper()
	r, err := w.conn.Find(context.Background(), w.shop, a)
	if rewards.KindOf(err) != rewards.NotFound {
		w.Fatalf("found %+v, %v", r, err)
	}
	return r.Refs[rewards.RefNewest]
}

// takes takes a credit back as the pipeline does.
func (w *world) takes(customer, credit string, amount int64, siblings rewards.Siblings) connectors.Receipt {
	w.Helper()
	a := rewards.TakeCredit{CustomerID: customer, CreditID: credit, AccountID: customer, Amount: usd(amount), Siblings: siblings}
	a.After = w.baseline(a)
	r := w.do("take/"+credit, a)
	again := w.do("take/"+credit, a)
	found, err := w.conn.Find(context.Background(), w.shop, a)
	if r.Taken.Minor > 0 {
		w.no(err)
		same(w, "found", []any{found.ExternalID, found.Taken, found.Spent}, []any{r.ExternalID, r.Taken, r.Spent})
		same(w, "done again", again, r)
	}
	return r
}

// left is a customer's credit.
func (w *world) left(customer string) string {
	w.Helper()
	balance, _, err := w.sim.Credit(customer)
	w.no(err)
	return balance
}

func TestCreditIsTakenBackAsFarAsItIsThere(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		between func(w *world, customer string)
		amount  int64
		taken   int64
		left    string
	}{
		"nothing was spent":                     {func(*world, string) {}, 1000, 1000, "0.00"},
		"a part is taken":                       {func(*world, string) {}, 400, 400, "6.00"},
		"some was spent":                        {func(w *world, c string) { w.bill(c, "7.00") }, 1000, 300, "0.00"},
		"all was spent":                         {func(w *world, c string) { w.bill(c, "17.00") }, 1000, 0, "0.00"},
		"all was spent, then the merchant gave": {func(w *world, c string) { w.bill(c, "10.00"); w.adjust(c, "50.00") }, 1000, 0, "50.00"},
		"the merchant gave, then some was spent": {func(w *world, c string) {
			w.adjust(c, "50.00")
			w.bill(c, "55.00")
		}, 1000, 500, "0.00"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, stripetest.Options{})
			customer, credits := w.credited("rw_1")
			tc.between(w, customer)
			r := w.takes(customer, credits[0], tc.amount, rewards.Siblings{})
			same(t, "receipt", []any{r.ExternalID, r.Taken, r.Spent}, []any{credits[0], usd(tc.taken), tc.taken < tc.amount})
			same(t, "left", w.left(customer), tc.left)
		})
	}
}

func (w *world) bill(customer, amount string) {
	w.Helper()
	_, err := w.sim.Bill(customer, amount, "", false)
	w.no(err)
}

// adjust gives a customer credit, as the merchant does.
func (w *world) adjust(customer, amount string) {
	w.Helper()
	w.no(w.sim.AdjustBalance(customer, "-"+amount)) // below zero it is hers
}

func TestARewardIsTakenBackInSeveralSteps(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	customer, credits := w.credited("rw_1", "rw_2")
	first := w.takes(customer, credits[0], 300, rewards.Siblings{Credits: credits[1:]})
	second := w.takes(customer, credits[0], 300, rewards.Siblings{Credits: credits[1:]}) // the same amount, and another debit
	same(t, "taken", []rewards.Money{first.Taken, second.Taken}, []rewards.Money{usd(300), usd(300)})
	for key := range first.Refs {
		if _, both := second.Refs[key]; both && key != rewards.RefAccount {
			t.Errorf("both are %s", key)
		}
	}
	other := w.takes(customer, credits[1], 1000, rewards.Siblings{Credits: credits[:1]})
	same(t, "the other reward", []any{other.Taken, w.left(customer)}, []any{usd(1000), "4.00"})
}

func TestADebitWhoseAnswerWasLostIsFound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	customer, credits := w.credited("rw_1")
	a := rewards.TakeCredit{CustomerID: customer, CreditID: credits[0], Amount: usd(700)}
	a.After = w.baseline(a)
	w.sim.FailNext(http.MethodPost, "/v1/customers", true)
	failed(t, "the debit", w.try("take", a), "unavailable shop_unavailable unclear")
	r, err := w.conn.Find(context.Background(), w.shop, a)
	w.no(err)
	same(t, "found", []any{r.Taken, r.Spent}, []any{usd(700), false})
	w.sim.ForgetIdempotencyKeys()
	same(t, "done again", w.do("take", a).Taken, usd(700))
	same(t, "left", w.left(customer), "3.00")
}

func TestCreditThatCannotBe(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	customer, credits := w.credited("rw_1")
	gone, err := w.sim.AddCustomer(simBuyer("gone@example.com"))
	w.no(err)
	w.no(w.sim.DeleteCustomer(gone))
	for name, tc := range map[string]struct {
		a    rewards.Action
		want string
	}{
		"for a guest":               {rewards.GrantCredit{RewardID: "rw_2", Amount: usd(1)}, "invalid bad_credit"},
		"of nothing":                {rewards.GrantCredit{RewardID: "rw_2", CustomerID: customer, Amount: usd(0)}, "invalid bad_credit"},
		"for nobody":                {rewards.GrantCredit{RewardID: "rw_2", CustomerID: "cus_nobody", Amount: usd(1)}, "invalid customer_missing"},
		"for somebody who left":     {rewards.GrantCredit{RewardID: "rw_2", CustomerID: gone, Amount: usd(1)}, "invalid customer_missing"},
		"in an unsettled currency":  {rewards.GrantCredit{RewardID: "rw_2", CustomerID: customer, Amount: rewards.Money{Minor: 5, Currency: "UGX"}}, "invalid unknown_currency"},
		"nothing is taken":          {rewards.TakeCredit{CustomerID: customer, CreditID: credits[0], Amount: usd(0)}, "invalid bad_credit"},
		"a credit that is not hers": {rewards.TakeCredit{CustomerID: customer, CreditID: "cbtxn_none", Amount: usd(1)}, "invalid credit_missing"},
		"from nobody":               {rewards.TakeCredit{CustomerID: "cus_nobody", CreditID: credits[0], Amount: usd(1)}, "invalid credit_missing"},
	} {
		t.Run(name, func(t *testing.T) { failed(t, name, w.try("k/"+name, tc.a), tc.want) })
	}
	same(t, "left", w.left(customer), "10.00")
}

func TestCreditsAreListedByTheirReward(t *testing.T) {
	t.Parallel()
	w := newWorld(t, stripetest.Options{})
	customer, credits := w.credited("rw_1", "rw_2")
	w.takes(customer, credits[0], 100, rewards.Siblings{})
	ids, err := w.conn.Credits(context.Background(), w.shop, rewards.Reward{ID: "rw_1", CustomerID: customer})
	same(t, "credits", []any{ids, err}, []any{credits[:1], nil})
	_, err = w.conn.Credits(context.Background(), w.shop, rewards.Reward{ID: "rw_1", Refs: map[string]string{rewards.RefAccount: "cus_nobody"}})
	failed(t, "nobody's", err, "not_found resource_missing")
}
